// SPDX-FileCopyrightText: 2026 Vynapse contributors
// SPDX-License-Identifier: MIT OR Apache-2.0
// What lasted how long: lives of seeds, of species, or of whatever else a mode tells of.

import { colour } from "./chart.js";
import { el, put, svg, table } from "./dom.js";
import { number, prefixed } from "./format.js";

const [ROW, BAR, LETTER] = [26, 18, 7.2];

export class Spans {
  constructor() {
    this.box = el("div", { class: "spans" });
    this.legend = el("p", { class: "legend" });
    this.rest = el("div");
    this.node = el("section", { class: "card", hidden: true }, el("h2", {}, "Lives"), this.legend, this.box,
      el("details", {}, el("summary", {}, "As a table"), this.rest));
    new ResizeObserver(() => this.draw()).observe(this.box);
    this.given = "";
  }

  show(rows, steps) {
    const given = JSON.stringify([rows, steps]);
    this.node.hidden = Object.keys(rows).length === 0;
    if (given === this.given || this.node.hidden) return;
    Object.assign(this, { given, rows, steps });
    this.names = [...new Set(Object.values(rows).flat().map((part) => part.name))];
    this.legend.hidden = this.names.length < 2;
    put(this.legend, this.names.map((name, at) => el("span", { class: `key k${at % 7}` }, el("i", { "aria-hidden": "true" }, letter(name)), ` ${name}`)));
    const cells = Object.entries(rows).flatMap(([row, parts]) => parts.map((part) => [row, part.name, number(part.begin), number(part.end)]));
    put(this.rest, table("What lasted from which step to which", ["row", "what", "from step", "to step"], cells, ["", "", "number", "number"]));
    this.draw();
  }

  draw() {
    const width = this.box.clientWidth;
    if (!this.given || !width) return;
    const names = Object.keys(this.rows);
    const left = Math.min(width * 0.35, 14 + LETTER * Math.max(...names.map((name) => name.length)));
    const [end, height] = [Math.max(1, this.steps), names.length * ROW];
    const x = (step) => left + ((width - left - 16) * step) / end;
    const marks = ticks(end, Math.max(2, Math.floor((width - left) / 90)));
    put(this.box, svg("svg", { width, height: height + 40, role: "img", "aria-label": "What lasted over the steps; the table below says the same" },
      marks.map((step) => svg("line", { x1: x(step), x2: x(step), y1: 0, y2: height, class: "grid" })),
      names.flatMap((name, at) => this.row(name, at, x, left)),
      marks.map((step) => svg("text", { x: x(step), y: height + 16, "text-anchor": "middle" }, prefixed(step))),
      svg("text", { x: (left + width) / 2, y: height + 34, "text-anchor": "middle" }, "step")));
  }

  row(name, at, x, left) {
    const [y, fits] = [at * ROW + (ROW - BAR) / 2, Math.floor((left - 10) / LETTER)];
    const shown = name.length > fits ? `${name.slice(0, fits - 1)}…` : name;
    const bars = this.rows[name].flatMap((part) => {
      const [begin, end] = [x(part.begin), x(part.end)];
      const number_ = this.names.indexOf(part.name);
      const bar = svg("rect", { x: begin, y, width: Math.max(1.5, end - begin - 1), height: BAR, rx: 2, fill: colour(number_) },
        svg("title", {}, `${name}: ${part.name}, steps ${part.begin} to ${part.end}`));
      const sign = svg("text", { x: (begin + end) / 2, y: y + 13, "text-anchor": "middle", class: "sign" }, letter(part.name));
      return end - begin > 16 && this.names.length > 1 ? [bar, sign] : [bar];
    });
    return [svg("text", { x: left - 8, y: y + 13, "text-anchor": "end" }, shown), ...bars];
  }
}

function letter(name) {
  return name.slice(0, 1).toUpperCase();
}

function ticks(end, count) {
  const rough = end / count;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((times) => times * size).find((one) => one >= rough));
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, at) => at * step);
}
