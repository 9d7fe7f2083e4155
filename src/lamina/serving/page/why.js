// Why an answer is what it is: columns, words, moments and frames with what each adds, and where in a picture it lies.

import {element} from "/shared.js";

const LEAST = 0.08; // of the most that a word adds, from which on it is marked
const MOST = 8; // columns that are drawn; the table holds all
const DRAWN = {columns, places, steps, frames};

export function reasons(found) {
  const box = element("section", {className: "why", "aria-label": "Why"});
  found.parts.forEach((part, number) => {
    const drawn = found.drawn.find((each) => each.column === part.column);
    box.append(...DRAWN[part.kind](part, found, drawn), ...check(part, found.checked[number]));
  });
  if (!found.parts.length) box.append(element("p", {textContent: "Nothing of it could be read, so there is nothing to explain."}));
  return box;
}

export const percent = (share) => `${share > 0.995 && share < 1 ? "over 99" : Math.round(100 * share)} %`;
export const figure = (number) => number.toLocaleString("en", {maximumSignificantDigits: 6});

// What columns add, largest first.
function columns(part, found) {
  const effect = (each) => each.effect ?? each.fall;
  if (part.columns.every((each) => !effect(each))) {
    return [lead(`These are the usual values themselves, with which others are compared: nothing tells this row from them. Change one, and ask again.`)];
  }
  const value = (cell) => typeof cell === "number" ? figure(cell) : String(cell ?? "unknown");
  return [
    lead(`What speaks for ${what(found)} (+) and against it (−), beside a usual row, ${unit(found)}.`),
    bars(part.columns.slice(0, MOST).map((each) => [`${each.column} ${value(each.value)}`, effect(each)]), part.columns.map(effect)),
    table(["column", "here", "usual", "adds", "answer if usual"], part.columns.map((each) =>
      [each.column, value(each.value), value(each.usual), signed(effect(each)), answer(each.without, found)])),
  ];
}

// Where in a picture the evidence lies.
function places(part, found, drawn) {
  const caption = `Where in ${part.column} the evidence for ${what(found)} lies: light, within the white line`;
  return [element("figure", {}, element("img", {src: drawn.evidence ?? drawn.covered, alt: caption}),
    element("figcaption", {className: "soft", textContent: caption}))];
}

// The words of a text in their order, or bars along time.
function steps(part, found) {
  const effect = (each) => each.effect ?? each.fall;
  const all = part.parts.map(effect);
  const now = `${what(found)} gets ${answer(part.empty, found)}, with all of it ${answer(found.share, found)}`;
  const shown = table(["part", "adds", "answer without it"], part.parts.map((each) =>
    [each.part, signed(effect(each)), answer(each.without, found)]));
  if (!part.words) {
    const ends = part.parts[0]?.to === undefined ? ", from its first step to its last" : "";
    return [lead(`What each stretch of ${part.column} adds (+) or takes away (−)${ends}, ${unit(found)}. With no event in it, ${now}.`),
      bars(part.parts.map((each) => [each.part, effect(each)]), all), shown];
  }
  const most = largest(all);
  const words = part.parts.flatMap((each) => [word(each.part, effect(each) / most), " "]);
  return [lead(`Underlined in blue, solid: what speaks for ${what(found)}; in orange, dotted: against it. The thicker, the more (in the table ${unit(found)}). With no word, ${now}.`),
    element("p", {className: "words"}, ...words), shown];
}

function word(text, share) {
  if (Math.abs(share) < LEAST) return text;
  return element("mark", {className: share > 0 ? "for" : "against", textContent: text, style: `--much:${Math.abs(share).toFixed(2)}`});
}

// Key frames in their order, each above a bar of what hiding it takes away.
function frames(part, found, drawn) {
  const most = largest(part.parts.map((each) => each.effect));
  const seen = part.evidence ? ` Where in it the evidence lies is light, within the white line.` : "";
  const pictures = part.parts.map((each, number) => {
    const caption = `${each.part}: ${answer(each.without, found)} without`;
    return element("figure", {}, element("img", {src: drawn.frames[number], alt: caption}), bar(each.effect, most),
      element("figcaption", {className: "soft", textContent: caption}));
  });
  return [
    lead(`Full bars: how much the answer to ${what(found)} falls when a frame of ${part.column} is hidden; hollow: how much it rises, ${unit(found)}.${seen} ` +
      `With every frame hidden it gets ${answer(part.empty, found)}, with all of them ${answer(found.share, found)}.`),
    element("div", {className: "frames"}, ...pictures),
    table(["part", "the answer falls by", "answer without it"], part.parts.map((each) =>
      [each.part, signed(each.effect), answer(each.without, found)])),
  ];
}

// The same with random weights: what looks the same shows the example and not what was learned.
function check(part, said) {
  const alike = part.alike ?? part.evidence?.alike ?? part.covered?.alike;
  if (!said) return [];
  const warns = said.startsWith("much");
  return [element("p", {className: warns ? "unlike" : "soft", textContent:
    `${warns ? "⚠ " : ""}Check: the same network with random weights ranks the parts with a correlation of ${alike.toFixed(2)} to this, ${said}.`})];
}

const what = (found) => found.about === null ? found.target : `'${found.about}'`;
const unit = (found) => found.about === null ? "in units of the answer" : "in log-odds: +0.7 doubles the odds";
const lead = (text) => element("p", {className: "soft", textContent: text});
const largest = (values) => Math.max(...values.map(Math.abs), 1e-9);

// Two digits; what is next to nothing as a power of ten.
function signed(value) {
  const size = Math.abs(Number(value.toPrecision(2)));
  return `${value < 0 ? "−" : "+"}${size && size < 1e-4 ? size.toExponential(1) : figure(size)}`;
}

// A probability in percent, with as many digits as tell it from none and all, or the number that is answered.
function answer(share, found) {
  if (found.about === null) return figure(share);
  const left = 100 * Math.min(share, 1 - share);
  if (left < 0.005) return share < 0.5 ? "<0.01 %" : ">99.99 %";
  return `${(100 * share).toFixed(left >= 1 ? 0 : left >= 0.1 ? 1 : 2)} %`;
}

function bars(rows, all) {
  const most = largest(all);
  return element("dl", {}, ...rows.flatMap(([name, value]) => [
    element("dt", {textContent: name, title: name}), element("dd", {}, bar(value, most)), element("dd", {textContent: signed(value)})]));
}

const bar = (value, most) => element("span", {className: value < 0 ? "push against" : "push", style: `width:${100 * Math.abs(value) / most}%`});

function table(heads, rows) {
  const kind = (each) => /^[+−<>]|%$/.test(each) && each.length < 10 ? "number" : "";
  return element("details", {}, element("summary", {textContent: "As a table"}), element("table", {},
    element("thead", {}, element("tr", {}, ...heads.map((each) => element("th", {scope: "col", textContent: each})))),
    element("tbody", {}, ...rows.map(([first, ...rest]) => element("tr", {},
      element("th", {scope: "row", textContent: first}), ...rest.map((each) => element("td", {className: kind(each), textContent: each})))))));
}
