// SPDX-FileCopyrightText: 2026 Vynapse contributors
// SPDX-License-Identifier: MIT OR Apache-2.0
// All curves of a run: that of the loss first and large, the others small. What never changed is told in words.

import { Chart } from "./chart.js";
import { choice, el, put, say, tick } from "./dom.js";
import { axis, number } from "./format.js";

const RATIO = 50;

export class Curves {
  constructor() {
    this.charts = new Map();
    this.over = "#step";
    this.log = null;
    this.tools = el("div", { class: "tools" });
    this.large = el("div", { class: "large" });
    this.small = el("div", { class: "small" });
    this.still = el("p", { class: "soft" });
    this.node = el("section", { class: "card", "aria-label": "Curves" },
      el("div", { class: "heading" }, el("h2", {}, "Curves"), this.tools), this.large, this.small, this.still);
    this.offered = "";
  }

  show(run) {
    this.run = run;
    const { axes, panels } = run.state;
    this.log ??= panels.length ? stretched(this.lines(panels[0])) : null;
    this.offer(axes);
    const still = [];
    panels.forEach((panel, at) => {
      const lines = this.lines(panel);
      const varies = lines.some(({ y }) => y.some((value) => value !== y[0]));
      const chart = this.charts.get(panel.title);
      if (at > 0 && !varies && !chart) {
        const [line] = lines.filter(({ y }) => y.length);
        if (line) still.push(`${panel.title} ${number(line.y[0])}`);
      } else this.draw(panel, lines, at);
    });
    say(this.still, still.length ? `Constant: ${still.join(", ")}.` : "");
  }

  draw(panel, lines, at) {
    if (!this.charts.has(panel.title)) {
      const chart = new Chart(panel.title, at ? 200 : 300);
      this.charts.set(panel.title, chart);
      (at ? this.small : this.large).append(chart.node);
    }
    const over = this.run.state.axes.find((one) => one.column === this.over) ?? this.run.state.axes[0];
    const axes = { x: axis(over.label, over.unit), y: axis(panel.title, panel.unit), whole: this.over === "#step" };
    const now = panel.series.length === 1 || at === 0 ? number(scaled(this.run, panel.series[0])) : "";
    this.charts.get(panel.title).show(lines, axes, this.log && at === 0, now);
  }

  lines(panel) {
    return panel.series.map(({ column, label, factor }) => {
      const [x, y] = this.run.curve(column, this.over, factor);
      return { label, x, y, stepped: column === "loss" };
    }).filter(({ x }, at) => x.length || at === 0);
  }

  offer(axes) {
    const offered = JSON.stringify([axes, this.log]);
    if (offered === this.offered) return;
    this.offered = offered;
    const again = () => this.show(this.run);
    put(this.tools,
      choice("over", axes.map(({ column, label, unit }) => [column, axis(label, unit)]), this.over, (value) => { this.over = value; again(); }),
      this.log === null ? null : tick("logarithmic loss", this.log, (on) => { this.log = on; again(); }));
  }
}

function scaled(run, { column, factor }) {
  const value = run.last(column);
  return value === null ? null : factor * value;
}

/** Whether values are of so different sizes that a logarithmic axis shows more; null where there can be none. */
export function stretched(lines) {
  const values = lines.flatMap(({ y }) => y);
  if (!values.length || values.some((value) => value <= 0)) return null;
  const [low, high] = values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
  return high / low > RATIO;
}
