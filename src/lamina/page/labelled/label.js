// One question after the other: what is asked about, a field for its label, and what was said so far.

const at = (id) => document.getElementById(id);
const KEYS = 9; // labels that a key takes

let asked = null; // what is asked now
let busy = false;

async function ask(what, body) {
  const sent = body === undefined ? {} : {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(body)};
  const answer = await fetch(`/api/v1/${what}`, sent);
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error ?? `It answered ${answer.status}.`);
  return found;
}

async function turn(what, body) {
  if (busy) return;
  busy = true;
  document.body.setAttribute("aria-busy", "true");
  at("wrong").textContent = "";
  try {
    show(await ask(what, body));
  } catch (error) {
    at("wrong").textContent = error instanceof TypeError ? "Nobody answers any more: lamina label has ended. What was said is kept." : error.message;
  } finally {
    busy = false;
    document.body.removeAttribute("aria-busy");
  }
}

const element = (name, given = {}, ...inside) => {
  const made = Object.assign(document.createElement(name), given);
  made.append(...inside);
  return made;
};

function show(found) {
  asked = found;
  const open = found.rows.length > 0 && !found.over;
  at("far").textContent = `${found.labelled.toLocaleString("en")} of ${found.examples.toLocaleString("en")} have a label`;
  at("progress").max = found.count;
  at("progress").value = Math.min(found.number - 1, found.count);
  at("title").textContent = !open ? "Done" : found.rows.length > 1 ? "What are these?" : "What is this?";
  at("why").textContent = open ? `${found.number} of ${found.count}: ${found.why}.${found.rows.length > 1 ? " One label for all of them; click away those that are something else." : ""}` : "";
  at("ask").hidden = !open && !(found.back && !found.over);
  for (const id of ["label", "go", "skip", "known"]) at(id).hidden = !open;
  document.querySelector("label[for=label]").hidden = !open;
  at("back").hidden = !found.back || found.over;
  at("keys").hidden = !open;
  at("end").hidden = open;
  at("more").hidden = open || found.over || found.all;
  at("enough").hidden = found.over;
  at("said").textContent = found.all ? `Every example has a label, or was skipped. The labels are in ${found.place}.` : `The labels are in ${found.place}. To learn from them:`;
  at("learn").textContent = found.learn;
  at("sheet").className = found.rows.length === 1 ? "one" : "";
  at("sheet").replaceChildren(...(open ? found.rows.map((row) => tile(row, found.rows.length > 1)) : []));
  at("words").replaceChildren(...found.known.map(({label}) => element("option", {value: label})));
  at("known").replaceChildren(...found.known.map(knownButton));
  at("label").value = "";
  at("label").placeholder = found.guess ? `perhaps ${found.guess}` : "";
  if (open) at("label").focus();
}

function knownButton({label, count}, place) {
  const key = place < KEYS ? [element("kbd", {textContent: place + 1}), " "] : [];
  const button = element("button", {type: "button"}, ...key, label, " ", element("small", {textContent: count.toLocaleString("en")}));
  button.addEventListener("click", () => answer(label));
  return button;
}

function tile(row, several) {
  const pictures = row.pictures.map((source) => element("img", {src: source, alt: row.name}));
  const name = element("span", {className: "name", textContent: row.name.split("/").at(-1), title: row.name});
  const cells = Object.entries(row.cells).flatMap(([column, cell]) => [element("dt", {textContent: column}), element("dd", {textContent: cell})]);
  const sounds = row.sounds.map((source) => element("audio", {src: source, controls: true, preload: "none"}));
  const made = element("div", {className: "tile"});
  if (several) {
    const button = element("button", {type: "button"}, ...pictures, name);
    button.dataset.row = row.row;
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true")));
    made.append(button);
  } else {
    made.append(...pictures, name);
  }
  made.append(...sounds);
  if (cells.length) made.append(element("dl", {}, ...cells));
  return made;
}

function answer(label) {
  const chosen = [...document.querySelectorAll("#sheet button[aria-pressed]")];
  const rows = chosen.length ? chosen.filter((each) => each.getAttribute("aria-pressed") === "true").map((each) => Number(each.dataset.row)) : null;
  if (label.trim() && rows && !rows.length) {
    at("wrong").textContent = "None of them is chosen: choose one, or skip.";
    return;
  }
  turn("answer", {number: asked.number, label, rows: label.trim() ? rows : null});
}

at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  if (at("label").value.trim()) answer(at("label").value);
});
at("skip").addEventListener("click", () => answer(""));
at("back").addEventListener("click", () => turn("back", {}));
at("more").addEventListener("click", () => turn("more", {}));
at("enough").addEventListener("click", () => turn("end", {}));
document.addEventListener("keydown", (event) => {
  if (!asked || asked.over || event.repeat) return;
  const digit = /^Digit([1-9])$/.exec(event.code);
  const taken = event.altKey && digit && asked.rows.length ? asked.known[Number(digit[1]) - 1] : null;
  if (taken) {
    event.preventDefault();
    answer(taken.label);
  } else if (event.key === "Escape" && asked.rows.length) {
    answer("");
  } else if ((event.ctrlKey || event.metaKey) && event.key === "z" && !at("label").value && asked.back) {
    event.preventDefault();
    turn("back", {});
  }
});
turn("question");
