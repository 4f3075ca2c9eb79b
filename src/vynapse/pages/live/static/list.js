// SPDX-FileCopyrightText: 2026 Vynapse contributors
// SPDX-License-Identifier: MIT OR Apache-2.0
// The list of runs: filtered, sorted, kept up to date, and some chosen to be compared.

import { el, put, say, status } from "./dom.js";
import { follow } from "./feed.js";
import { duration, moment, number, places, prefixed } from "./format.js";

const MOST = 8;
const SHOWN = 500;
const COLUMNS = [
  ["id", "run", (line) => el("a", { href: places.run(line.id) }, line.id)],
  ["task", "task", (line) => line.task ?? "–"],
  ["mode", "mode", (line) => line.mode ?? "–"],
  ["seed", "seed", (line) => number(line.seed), "number"],
  ["status", "status", (line) => status(line.status)],
  ["loss", "loss", (line) => number(line.loss), "number"],
  ["value", "metric", (line) => (line.metric ? `${line.metric.replaceAll("_", " ")} ${number(line.value)}` : "–"), "number"],
  ["steps", "steps", (line) => number(line.steps), "number"],
  ["seconds", "time", (line) => duration(line.seconds), "number"],
  ["flops", "work", (line) => prefixed(line.flops, "FLOP"), "number"],
  ["began", "began", (line) => moment(line.began), "number"],
];

// what the reader has set lasts while the page is open
const wanted = { filter: "", sort: "began", down: true, chosen: new Set() };

/** Shows the list in a node; returns what leaves it. */
export function list(node) {
  document.title = "Runs – Vynapse";
  const lines = new Map();
  const rows = new Map();
  const count = el("p", { class: "soft", role: "status" });
  const body = el("tbody");
  const heads = el("tr");
  const bar = el("div", { class: "chosen", hidden: true });
  const draw = () => {
    put(heads, el("th", { class: "box", scope: "col" }, el("span", { class: "hidden" }, "compare")), COLUMNS.map((column) => head(column, draw)));
    const shown = [...lines.values()].filter(fits).sort(before);
    say(count, told(shown.length, lines));
    put(body, shown.slice(0, SHOWN).map((line) => row(line, rows, () => chosen(bar, lines, draw))));
    chosen(bar, lines, draw);
  };
  put(node,
    el("div", { class: "heading" }, el("h1", {}, "Runs"), count),
    el("div", { class: "tools" }, filter(draw), sorter(draw)),
    el("div", { class: "scroll cards" }, el("table", { class: "runs" },
      el("caption", { class: "hidden" }, "Runs; a column's heading sorts by it"), el("thead", {}, heads), body)),
    bar);
  draw();
  return follow("events", "list", (message) => {
    if (message.restart) { lines.clear(); rows.clear(); }
    for (const line of message.changed) { lines.set(line.id, line); rows.delete(line.id); }
    for (const id of message.gone) { lines.delete(id); rows.delete(id); wanted.chosen.delete(id); }
    draw();
  });
}

function filter(draw) {
  const box = el("input", { type: "search", value: wanted.filter, placeholder: "Filter: words of name, task, mode or status",
    oninput: () => { wanted.filter = box.value; draw(); } });
  return el("label", { class: "filter" }, el("span", { class: "hidden" }, "Filter"), box);
}

// a phone shows cards without headings: there the order is chosen in a list
function sorter(draw) {
  const box = el("select", { onchange: () => { wanted.sort = box.value; wanted.down = box.value === "began"; draw(); } },
    COLUMNS.map(([key, title]) => el("option", { value: key }, title)));
  box.value = wanted.sort;
  return el("label", { class: "choice narrow" }, el("span", {}, "Sort by"), box);
}

function head([key, title, , kind], draw) {
  const own = wanted.sort === key;
  const turn = () => {
    wanted.down = own ? !wanted.down : key === "began";
    wanted.sort = key;
    draw();
    document.getElementById(`sort-${key}`)?.focus();
  };
  const arrow = el("span", { "aria-hidden": "true", class: "arrow" }, own ? (wanted.down ? "▾" : "▴") : "");
  return el("th", { scope: "col", class: kind ?? "", "aria-sort": own ? (wanted.down ? "descending" : "ascending") : "none" },
    el("button", { type: "button", id: `sort-${key}`, class: "sort", onclick: turn }, kind ? [arrow, title] : [title, arrow]));
}

function fits(line) {
  const text = [line.id, line.task, line.mode, line.status, `seed ${line.seed}`].join(" ").toLowerCase();
  return wanted.filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function before(one, other) {
  const [a, b] = [one[wanted.sort], other[wanted.sort]];
  if (a === b || (a ?? null) === (b ?? null)) return one.id < other.id ? -1 : 1;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  const order = typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b;
  return wanted.down ? -order : order;
}

function told(shown, lines) {
  const all = lines.size;
  const running = [...lines.values()].filter((line) => line.status === "running").length;
  const more = shown > SHOWN ? `; the first ${SHOWN} are shown` : "";
  if (!all) return "No run yet: vynapse run xor --mode deap begins one.";
  return `${shown === all ? number(all) : `${number(shown)} of ${number(all)}`} runs, ${number(running)} running${more}`;
}

function row(line, rows, changed) {
  if (!rows.has(line.id)) {
    const box = el("input", { type: "checkbox", "aria-label": `compare ${line.id}`, onchange: () => {
      if (box.checked) wanted.chosen.add(line.id);
      else wanted.chosen.delete(line.id);
      changed();
    } });
    const cells = COLUMNS.map(([key, title, cell, kind]) =>
      el("td", { class: `${kind ?? ""} of-${key}`, "data-label": title, title: key === "status" ? line.reason : null }, cell(line)));
    rows.set(line.id, el("tr", {}, el("td", { class: "box" }, box), cells));
  }
  const node = rows.get(line.id);
  const box = node.querySelector("input");
  box.checked = wanted.chosen.has(line.id);
  box.disabled = !box.checked && wanted.chosen.size >= MOST;
  return node;
}

function chosen(bar, lines, draw) {
  for (const id of wanted.chosen) if (lines.size && !lines.has(id)) wanted.chosen.delete(id);
  const ids = [...wanted.chosen];
  bar.hidden = ids.length === 0;
  for (const box of document.querySelectorAll("td.box input")) box.disabled = !box.checked && ids.length >= MOST;
  put(bar, el("span", {}, `${ids.length} chosen${ids.length >= MOST ? ", at most 8" : ""}`),
    el("a", { class: "button", href: places.compare(ids) }, "Compare"),
    el("button", { type: "button", class: "quiet", onclick: () => { wanted.chosen.clear(); draw(); } }, "Clear"));
}
