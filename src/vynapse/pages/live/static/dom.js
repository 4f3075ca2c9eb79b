// SPDX-FileCopyrightText: 2026 Vynapse contributors
// SPDX-License-Identifier: MIT OR Apache-2.0
// Elements of the page. Text is always set as text: nothing that a run says is read as markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element with properties (on… listens, other names are attributes) and children. */
export function el(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** An element of a drawing. */
export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "checked" || name === "value") node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Replace what is in a node. */
export function put(node, ...children) {
  node.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
}

/** Set the text of a node where it differs. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A table from its header and rows of cells; a cell is a text or a node. */
export function table(caption, header, rows, kinds = []) {
  const cells = (row, tag) => row.map((cell, at) =>
    el(tag, { class: kinds[at] ?? "", scope: tag === "th" ? "col" : null, "data-label": tag === "td" ? header[at] : null }, cell));
  return el("div", { class: "scroll" },
    el("table", {},
      el("caption", { class: "hidden" }, caption),
      el("thead", {}, el("tr", {}, cells(header, "th"))),
      el("tbody", {}, rows.map((row) => el("tr", {}, cells(row, "td"))))));
}

/** A drop-down list with a label; options are pairs of value and text. */
export function choice(label, options, value, onchange) {
  const list = el("select", { onchange: () => onchange(list.value) },
    options.map(([name, text]) => el("option", { value: name }, text)));
  list.value = value;
  return el("label", { class: "choice" }, el("span", {}, label), list);
}

/** A box to tick, with its label. */
export function tick(label, checked, onchange) {
  const box = el("input", { type: "checkbox", checked, onchange: () => onchange(box.checked) });
  return el("label", { class: "tick" }, box, el("span", {}, label));
}

/** The status of a run as a word with a sign, so that colour is not all that tells it. */
export function status(name) {
  const signs = { finished: "✓", running: "●", interrupted: "❙❙", failed: "✕", unfinished: "◌", unreadable: "!" };
  return el("span", { class: `status ${name in signs ? name : ""}` },
    el("span", { "aria-hidden": "true" }, signs[name] ?? "·"), ` ${name}`);
}
