// A form for a model that makes something, and what it made: pictures, or a text as it is written.

import {element, find, reach} from "/shared.js";

const WHOLE = new Set(["count", "length", "seed"]); // numbers without a fraction
const LONG = new Set(["prompt"]);

// A field for each thing that may be said; empty ones are left to the model.
export function fields(model) {
  return model.asks.map((each, number) => {
    const id = `field${number}`;
    const input = each.words
      ? element("select", {id, name: each.name}, element("option", {value: "", textContent: "any"}),
        ...each.words.map((word) => element("option", {value: word, textContent: word})))
      : element(LONG.has(each.name) ? "textarea" : "input", {id, name: each.name, autocomplete: "off"});
    if (each.kind === "number") input.inputMode = WHOLE.has(each.name) ? "numeric" : "decimal";
    if (each.name !== "seed" && model.example[each.name] !== undefined) input.value = model.example[each.name];
    return element("div", {className: LONG.has(each.name) ? "wide" : ""},
      element("label", {htmlFor: id, textContent: each.column ?? each.name.replace("_", " ")}),
      input, element("small", {textContent: each.help}));
  });
}

function wish(model) {
  const said = {};
  for (const each of model.asks) {
    const value = find("fields").querySelector(`[name="${each.name}"]`).value;
    if (value.trim() === "") continue;
    if (each.name === "given") said.given = {[each.column]: value};
    else said[each.name] = each.kind === "number" ? Number(value.replace(",", ".")) : value;
  }
  return said;
}

// Asks, and shows what comes. Throws an Error that says what the service said.
export async function make(model) {
  const said = wish(model);
  const streamed = model.streams && (said.count ?? 1) === 1;
  if (streamed) { said.stream = true; delete said.count; }
  const leave = new AbortController();
  const stop = element("button", {type: "button", className: "quiet", textContent: "Stop"});
  stop.onclick = () => leave.abort();
  const box = element("article", {}, stop);
  box.setAttribute("aria-busy", "true");
  find("answers").replaceChildren(box);
  try {
    const response = await reach(`/v1/models/${encodeURIComponent(model.name)}/generate`, {
      method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(said), signal: leave.signal,
    });
    if (streamed) await write(response, box); else draw(await response.json(), said, box);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    box.append(element("p", {className: "soft", textContent: "Stopped."}));
  } finally {
    stop.remove();
    box.removeAttribute("aria-busy");
  }
}

async function write(response, box) {
  const text = element("div", {className: "written"});
  box.prepend(text, again(response.headers.get("x-seed")));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) text.append(part.value);
}

function draw(found, said, box) {
  const what = said.text ?? Object.values(said.given ?? {})[0] ?? "picture";
  box.prepend(...found.made.map((each, number) => each.image
    ? element("img", {alt: `${what}, made ${number + 1}`, src: `data:${each.type};base64,${each.image}`})
    : element("div", {className: "written", textContent: each.text})), again(found.seed));
}

const again = (seed) => element("small", {className: "seed", textContent: `Seed ${seed}: say it to make the same again.`});
