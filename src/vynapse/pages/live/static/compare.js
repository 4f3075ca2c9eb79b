// SPDX-FileCopyrightText: 2026 Vynapse contributors
// SPDX-License-Identifier: MIT OR Apache-2.0
// Some runs beside each other: one curve of each in one picture, and a table of their figures.

import { Chart } from "./chart.js";
import { stretched } from "./curves.js";
import { choice, el, put, status, table, tick } from "./dom.js";
import { follow, Run } from "./feed.js";
import { axis, duration, number, places, prefixed } from "./format.js";

/** Shows a comparison in a node; returns what leaves it. */
export function comparison(node, ids) {
  document.title = `${ids.length} runs – Vynapse`;
  const runs = ids.map((id) => new Run(id));
  const set = { column: "loss", over: "#step", log: null, offered: "" };
  const [tools, figures] = [el("div", { class: "tools" }), el("div")];
  const chart = new Chart("", 380);
  put(node,
    el("nav", { class: "path", "aria-label": "place" }, el("a", { href: places.list() }, "Runs"), " / comparison"),
    el("h1", {}, `${ids.length} runs compared`),
    el("section", { class: "card", "aria-label": "Curves" }, tools, chart.node),
    el("section", { class: "card", "aria-label": "Figures" }, figures));
  let waiting = 0;
  const draw = () => {
    waiting = 0;
    const ready = runs.filter((run) => run.state.panels);
    if (ready.length) picture(chart, tools, ready, runs, set, draw);
    put(figures, comparing(runs));
  };
  const query = ids.map((id) => `run=${encodeURIComponent(id)}`).join("&");
  const end = follow(`events?${query}`, "run", (message) => {
    runs.find((run) => run.id === message.id)?.apply(message);
    waiting ||= requestAnimationFrame(draw);
  });
  return () => { cancelAnimationFrame(waiting); end(); };
}

function picture(chart, tools, ready, runs, set, draw) {
  const columns = new Map();
  for (const run of ready) for (const panel of run.state.panels) for (const one of panel.series) columns.set(one.column, [one.label, panel.series.length > 1 ? "" : panel.unit]);
  const axes = new Map(ready.flatMap((run) => run.state.axes.map((one) => [one.column, one])));
  const lines = ready.map((run) => {
    const [x, y] = run.curve(set.column, set.over);
    return { label: run.id, x, y, colour: runs.indexOf(run), stepped: set.column === "loss" };
  }).filter((line) => line.x.length);
  set.log ??= stretched(lines);
  const offered = JSON.stringify([[...columns.keys()], [...axes.keys()], set.log]);
  if (offered !== set.offered) {
    set.offered = offered;
    put(tools,
      choice("curve", [...columns].map(([column, [label]]) => [column, label]), set.column, (value) => { set.column = value; set.log = null; draw(); }),
      choice("over", [...axes.values()].map((one) => [one.column, axis(one.label, one.unit)]), set.over, (value) => { set.over = value; draw(); }),
      set.log === null ? null : tick("logarithmic", set.log, (on) => { set.log = on; draw(); }));
  }
  const over = axes.get(set.over);
  const [label, unit] = columns.get(set.column) ?? [set.column, ""];
  if (lines.length) chart.show(lines, { x: axis(over.label, over.unit), y: axis(label, unit), whole: set.over === "#step" }, set.log);
}

function comparing(runs) {
  const metrics = [...new Set(runs.flatMap((run) => Object.keys(run.state.summary.metrics ?? {})))];
  const tests = [...new Set(runs.flatMap((run) => Object.keys(run.state.summary.test ?? {})))];
  const words = (name) => name.replaceAll("_", " ");
  const header = ["run", "status", "task", "mode", "seed", "loss", ...metrics.map(words), ...tests.map((name) => `test ${words(name)}`), "steps", "time", "work", "parameters"];
  const rows = runs.map((run, at) => {
    const { summary } = run.state;
    return [
      el("span", { class: `key k${at % 7}` }, el("i", { "aria-hidden": "true" }, String(at + 1)), " ", el("a", { href: places.run(run.id) }, run.id)),
      summary.status ? status(summary.status) : "–", summary.task ?? "–", summary.mode ?? "–", number(summary.seed), number(summary.loss),
      ...metrics.map((name) => number(summary.metrics?.[name])), ...tests.map((name) => number(summary.test?.[name])),
      number(summary.steps ?? run.last("#step")), duration(summary.seconds), prefixed(summary.cost?.flops ?? run.last("flops"), "FLOP"), number(summary.parameters),
    ];
  });
  return table("Figures of the runs", header, rows, ["", "", "", "", ...header.slice(4).map(() => "number")]);
}
