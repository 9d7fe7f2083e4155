// A form made from what the model takes, and its answers with all that is said about them.

import {ask, element, find} from "/shared.js";
import {fields, make} from "/make.js";
import {record} from "/record.js";
import {figure, percent, reasons} from "/why.js";

const MOST = 100; // files asked about at once
const MEDIA = {image: ["image/*", "pictures", "a picture"], sound: ["audio/*", "sounds", "a sound"],
  video: ["video/*", "videos", "a video"], series: [".csv,.tsv,.txt", "", "a series"]};
let model = null;
let dropped = [];

async function start() {
  try {
    const {models} = await ask("/models");
    const names = models.map((each) => each.name);
    find("model").replaceChildren(...names.map((name) => element("option", {value: name, textContent: name})));
    find("choice").hidden = names.length < 2;
    find("model").onchange = () => show(models.find((each) => each.name === find("model").value));
    show(models[0]);
  } catch (error) {
    wrong(error);
  }
}

function show(chosen) {
  model = chosen;
  dropped = [];
  find("go").textContent = model.makes ? "Make" : "Ask";
  if (model.makes) return offer();
  const asked = model.outputs.map((each) => each.column).join(", ");
  find("about").replaceChildren(
    element("strong", {textContent: model.name}), ` answers ${asked}. `,
    element("span", {className: "soft", textContent: `Fingerprint ${model.fingerprint}.`}),
  );
  find("fields").replaceChildren(...model.inputs.map((each, number) =>
    each.kind in MEDIA ? drop(each, `field${number}`) : field(each, `field${number}`)).flat());
  find("example").hidden = model.inputs.every((each) => each.kind in MEDIA);
  find("ask").hidden = false;
  find("answers").replaceChildren();
}

// A model that makes something.
function offer() {
  find("about").replaceChildren(
    element("strong", {textContent: model.name}), ` makes ${model.makes === "text" ? "texts" : "pictures"}. `,
    element("span", {className: "soft", textContent: `Fingerprint ${model.fingerprint}.`}),
  );
  find("fields").replaceChildren(...fields(model));
  find("example").hidden = true;
  find("ask").hidden = false;
  find("answers").replaceChildren();
}

function field(each, id) {
  const input = element(each.kind === "text" ? "textarea" : "input", {id, name: each.column, autocomplete: "off"});
  const box = element("div", {}, element("label", {htmlFor: id, textContent: each.column}), input);
  if (each.kind === "number") input.inputMode = "decimal";
  if (each.kind === "date") input.placeholder = "2026-05-31";
  if (each.kind === "category" && each.words.length) {
    const list = element("datalist", {id: `${id}words`}, ...each.words.map((word) => element("option", {value: word})));
    input.setAttribute("list", list.id);
    box.append(list);
  }
  return box;
}

// A place to drop pictures, sounds, videos or a series, or to choose them with the keyboard; sounds can be recorded too.
function drop(each, id) {
  const alone = model.inputs.length === 1;
  const [accept, several, one] = MEDIA[each.kind];
  const multiple = alone && several !== "";
  const input = element("input", {id, type: "file", accept, multiple});
  const box = element("div", {className: "drop"},
    element("label", {htmlFor: id, textContent: `${each.column}: drop ${multiple ? several : one} here, or choose`}), input);
  const take = (files) => {
    dropped = [...files].slice(0, multiple ? MOST : 1);
    if (alone && dropped.length) send();
  };
  input.onchange = () => take(input.files);
  if (each.kind === "sound" && navigator.mediaDevices) box.append(recorder((file) => take([file])));
  box.ondragover = (event) => { event.preventDefault(); box.classList.add("over"); };
  box.ondragleave = () => box.classList.remove("over");
  box.ondrop = (event) => {
    event.preventDefault();
    box.classList.remove("over");
    take(event.dataTransfer.files);
  };
  return box;
}

// A button that records while it is pressed in, and gives what was heard as a WAV file.
function recorder(done) {
  const button = element("button", {type: "button", className: "quiet", textContent: "Record"});
  let stop = null;
  button.onclick = async () => {
    if (stop) {
      const file = stop();
      stop = null;
      button.textContent = "Record";
      return done(file);
    }
    try {
      stop = await record();
      button.textContent = "Stop and ask";
    } catch (error) {
      wrong(new Error(`The microphone cannot be used: ${error.message}`));
    }
  };
  return button;
}

find("example").onclick = () => {
  for (const input of find("fields").querySelectorAll("[name]")) input.value = model.example[input.name] ?? "";
};

find("ask").onsubmit = (event) => {
  event.preventDefault();
  send();
};

async function send() {
  if (model.makes) return wish();
  const form = new FormData();
  const media = model.inputs.filter((each) => each.kind in MEDIA).map((each) => each.column);
  for (const input of find("fields").querySelectorAll("[name]")) form.append(input.name, input.value);
  for (const column of media) {
    for (const file of dropped) form.append(column, file);
    if (!dropped.length && model.inputs.length > 1) form.append(column, "");
  }
  if (model.inputs.length === media.length && !dropped.length) return wrong(new Error("Choose a file first."));
  find("go").disabled = true;
  try {
    const {answers} = await ask(`/v1/models/${encodeURIComponent(model.name)}/predict`, {method: "POST", body: form});
    find("answers").replaceChildren(...answers.map((row, number) => card(row, dropped[number])));
  } catch (error) {
    wrong(error);
  }
  find("go").disabled = false;
}

async function wish() {
  find("go").disabled = true;
  try {
    await make(model);
  } catch (error) {
    wrong(error);
  }
  find("go").disabled = false;
}

function card(row, file) {
  const made = element("article");
  if (/^(audio|video)\//.test(file?.type ?? "")) {
    made.append(element(file.type.slice(0, 5), {controls: true, title: file.name, src: URL.createObjectURL(file)}));
  } else if (file && model.inputs.some((each) => each.kind === "image")) {
    const shown = element("img", {alt: file.name, src: URL.createObjectURL(file)});
    shown.onload = shown.onerror = () => URL.revokeObjectURL(shown.src);
    made.append(shown);
  }
  for (const [target, answer] of Object.entries(row)) made.append(said(target, answer));
  const target = Object.keys(row)[0];
  if (row[target].value !== null) {
    const form = asked(file);
    const button = element("button", {type: "button", className: "quiet", textContent: "Why?"});
    button.onclick = () => why(button, form, target);
    made.append(button);
  }
  for (const [target, answer] of Object.entries(row)) if (answer.windows) made.append(parts(target, answer.windows));
  return made;
}

// The fields as they are now, with one file.
function asked(file) {
  const form = new FormData();
  for (const input of find("fields").querySelectorAll("[name]")) form.append(input.name, input.value);
  for (const each of model.inputs.filter((each) => each.kind in MEDIA)) {
    if (file) form.append(each.column, file); else if (model.inputs.length > 1) form.append(each.column, "");
  }
  return form;
}

async function why(button, form, target) {
  button.disabled = true;
  button.textContent = "Looking inside …";
  try {
    const address = `/v1/models/${encodeURIComponent(model.name)}/explain?target=${encodeURIComponent(target)}`;
    const {explanations} = await ask(address, {method: "POST", body: form});
    button.replaceWith(reasons(explanations[0]));
  } catch (error) {
    button.replaceWith(element("p", {className: "wrong", role: "alert", textContent: error.message}));
  }
}

function said(target, answer) {
  const value = answer.value === null ? "no answer" : Array.isArray(answer.value) ? answer.value.join(", ") || "none"
    : typeof answer.value === "number" ? figure(answer.value) : String(answer.value);
  const box = element("div", {}, element("div", {className: "soft", textContent: target}), element("div", {className: "value", textContent: value}));
  if (answer.value !== null && answer.confidence !== undefined) box.append(element("div", {textContent: `${percent(answer.confidence)} sure`}));
  if (answer.interval) box.append(element("div", {textContent: `${figure(answer.interval[0])} to ${figure(answer.interval[1])}, nine times out of ten`}));
  if (answer.unlike) {
    const why = answer.reasons?.length ? `: ${answer.reasons.join("; ")}` : "";
    box.append(element("div", {className: "unlike", textContent: answer.value === null
      ? `⚠ Nothing of it could be read${why}.` : `⚠ Unlike what it learned from${why}. Do not trust the answer.`}));
  }
  if (answer.value !== null && answer.alternatives) {
    box.append(element("dl", {"aria-label": "Alternatives"}, ...Object.entries(answer.alternatives).sort((a, b) => b[1] - a[1]).flatMap(([word, share]) => [
      element("dt", {textContent: word, title: word}),
      element("dd", {}, element("meter", {value: share, "aria-label": word})),
      element("dd", {textContent: percent(share)}),
    ])));
  }
  return box;
}

// What was answered to each part of a long recording.
function parts(target, windows) {
  return element("details", {}, element("summary", {textContent: `${target}, part by part`}), element("ol", {},
    ...windows.map((each) => element("li", {textContent:
      `${each.from.toFixed(1)} to ${each.to.toFixed(1)} s: ${each.value ?? "no answer"}${each.confidence === undefined ? "" : `, ${percent(each.confidence)}`}`}))));
}

function wrong(error) {
  find("answers").replaceChildren(element("p", {className: "wrong", role: "alert", textContent: error.message}));
}

start();
