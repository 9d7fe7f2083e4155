// Every address of the service from its OpenAPI document, and for each model lines to copy.

import {ask, element, find} from "/shared.js";

const LANGUAGES = {curl: "curl", python: "Python", javascript: "JavaScript"};

async function start() {
  const place = find("docs");
  try {
    const [document, {models}] = await Promise.all([ask("/openapi.json"), ask("/models")]);
    for (const {name} of models) place.append(...about(await ask(`/v1/models/${encodeURIComponent(name)}`), document));
    place.append(element("h2", {textContent: "Every address"}), addresses(document));
  } catch (error) {
    place.replaceChildren(element("p", {className: "wrong", role: "alert", textContent: error.message}));
  }
}

function about(model, document) {
  const address = `/v1/models/${model.name}/${model.makes ? "generate" : "predict"}`;
  const post = document.paths[address].post;
  const rows = model.makes ? wishes(post, document) : model.inputs.map((each) => row(each.column, each.expected + (each.words?.length ? `. Known: ${each.words.join(", ")}` : "")));
  const refusals = Object.entries(post.responses).map(([status, each]) => row(status, each.description));
  return [
    element("h2", {textContent: `POST ${address}`}),
    element("p", {textContent: model.makes ? `${post.summary}, as JSON.` : `${post.summary}: as JSON, as a form with files, or as a Parquet table.`}),
    ...Object.entries(model.snippets).flatMap(([language, lines]) => [
      element("h3", {textContent: LANGUAGES[language] ?? language}),
      element("pre", {tabIndex: 0, textContent: lines}),
    ]),
    element("h3", {textContent: model.makes ? "It takes" : "A row holds"}), element("table", {}, ...rows),
    element("h3", {textContent: "It answers"}), element("table", {}, ...refusals),
  ];
}

function wishes(post, document) {
  const name = post.requestBody.content["application/json"].schema.$ref.split("/").pop();
  return Object.entries(document.components.schemas[name].properties).map(([field, each]) => row(field, each.description ?? ""));
}

function addresses(document) {
  const rows = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, each]) => row(`${method.toUpperCase()} ${path}`, each.summary)));
  return element("table", {}, ...rows);
}

const row = (name, said) => element("tr", {}, element("th", {scope: "row", textContent: name}), element("td", {textContent: said}));

start();
