// SPDX-FileCopyrightText: 2026 Vynapse contributors
// SPDX-License-Identifier: MIT OR Apache-2.0
// Figures of a run: its result, its budget, where its time went, and where it came from.

import { el, put, table } from "./dom.js";
import { duration, number, prefixed } from "./format.js";

/** The main figures, as terms and values. */
export function figures(node, run) {
  const { summary } = run.state;
  const pairs = [["loss", number(summary.loss ?? run.last("loss"))]];
  const measured = summary.metrics ?? { accuracy: run.last("accuracy") };
  for (const [name, value] of Object.entries(measured)) if (value !== null) pairs.push([words(name), number(value)]);
  for (const [name, value] of Object.entries(summary.test ?? {})) if (name !== "loss" || value !== null) pairs.push([`test ${words(name)}`, number(value)]);
  pairs.push(["steps", number(summary.steps ?? run.last("#step"))]);
  pairs.push(["time", duration(summary.seconds ?? run.last("seconds"))]);
  const flops = summary.cost?.flops ?? run.last("flops");
  if (flops) pairs.push(["work", prefixed(flops, "FLOP")]);
  const size = summary.parameters ?? run.last("parameters");
  if (size) pairs.push(["parameters", number(size)]);
  if (summary.peak_megabytes) pairs.push(["memory", `${number(summary.peak_megabytes)} MB`]);
  if (summary.cpu_seconds) pairs.push(["CPU time", duration(summary.cpu_seconds)]);
  put(node, pairs.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function words(name) {
  return name.replaceAll("_", " ");
}

/** How much of the budget of the present stage is spent. */
export function budget(node, state) {
  const { share, limits, stage, stages, target, stop, remaining } = state.budget;
  const running = state.summary.status === "running";
  const parts = limits.map(({ name, done, limit }) => `${name.replaceAll("_", " ")} ${amount(name, done)} of ${amount(name, limit)}`);
  if (target !== null) parts.push(`target ${number(target)}`);
  if (running && remaining !== null) parts.push(`at this pace at most ${duration(remaining)} more`);
  if (!running && stop) parts.push(`ended by ${stop}`);
  const where = stages > 1 ? `stage ${stage + 1} of ${stages}: ` : "";
  const meter = share === null ? null : el("progress", { max: 1, value: share, "aria-label": "share of the budget that is spent" });
  put(node, meter, el("span", { class: "soft" }, `Budget: ${where}${parts.join(", ") || "no limit"}`));
}

function amount(name, value) {
  if (name === "seconds") return duration(value);
  return name === "flops" ? prefixed(value, "FLOP") : number(value);
}

/** Tables that are folded away: classes, stages, provenance and the recipe. */
export function details(node, state) {
  const open = new Set([...node.querySelectorAll("details[open]")].map((one) => one.dataset.name));
  const parts = [
    ["Stages", stages(state.summary)],
    ["Classes of the test split", classes(state.summary.test_per_class)],
    ["Provenance", state.provenance && table("Provenance", ["what", "value"], [["directory", state.run], ...state.provenance], ["", "code"])],
    ["Recipe", state.recipe && el("pre", {}, state.recipe)],
  ];
  put(node, parts.filter(([, part]) => part).map(([name, part]) =>
    el("details", { class: "card", "data-name": name, open: open.has(name) }, el("summary", {}, name), part)));
}

function stages(summary) {
  if (!summary.stages?.length) return null;
  const rows = summary.stages.map((stage, at) => [String(at), stage.mode, number(stage.loss), number(stage.steps), stage.stop ?? "–",
    prefixed(stage.cost?.flops, "FLOP"), duration(stage.cost?.seconds), spent(stage.timings)]);
  return table("Stages", ["stage", "mode", "loss", "steps", "ended by", "work", "time", "where the time went"], rows,
    ["number", "", "number", "number", "", "number", "number", ""]);
}

function spent(timings) {
  const { total, ...parts } = timings ?? {};
  if (!total) return "–";
  const shares = Object.entries(parts).map(([name, seconds]) => `${words(name)} ${Math.round((100 * seconds) / total)} %`);
  return shares.join(", ");
}

function classes(found) {
  if (!found || !Object.keys(found).length) return null;
  const measures = [...new Set(Object.values(found).flatMap((values) => Object.keys(values)))];
  const rows = Object.entries(found).map(([name, values]) => [name, ...measures.map((measure) => number(values[measure]))]);
  return table("Classes", ["class", ...measures.map(words)], rows, ["", ...measures.map(() => "number")]);
}
