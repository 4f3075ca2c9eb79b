// SPDX-FileCopyrightText: 2026 Vynapse contributors
// SPDX-License-Identifier: MIT OR Apache-2.0
// A picture of curves: uPlot in the colours of the page, with named axes and a text for who cannot see it.

import { el, say } from "./dom.js";
import { number, prefixed } from "./format.js";

const FEW = 40;
const COLOURS = 7;
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
const WHOLE = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((times) => times * 10 ** power)).flat();
const charts = new Set();

/** The colour of the page's palette with this number; after the last the first comes again. */
export function colour(at) {
  return style(`--c${at % COLOURS}`);
}

function style(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Draws all pictures again, in the colours of another theme. */
export function repaint() {
  for (const chart of charts) chart.rebuild();
}

/** Frees the pictures of a page that is left. */
export function discard() {
  for (const chart of charts) chart.destroy();
}

export class Chart {
  /** A picture of a height in pixels; `heading` stands above it. */
  constructor(heading, height) {
    this.height = height;
    this.plot = null;
    this.shape = "";
    this.now = el("span", { class: "now" });
    this.box = el("div", { class: "plot", "aria-hidden": "true" });
    this.text = el("figcaption", { class: "hidden" });
    this.node = el("figure", { class: "chart" }, heading ? el("h3", {}, heading, this.now) : null, this.box, this.text);
    this.seen = new ResizeObserver(() => this.resize());
    this.seen.observe(this.box);
    charts.add(this);
  }

  /**
   * Shows lines: each has a label, x and y. `axes` names both axes and says
   * whether that of x has whole numbers, `log` asks for a logarithmic
   * one, `colours` gives numbers of the palette where they are not those of the lines.
   */
  show(lines, axes, log, now = "") {
    const positive = lines.every((line) => line.y.every((value) => value > 0));
    this.given = { lines, axes, log: log && positive };
    say(this.now, now);
    say(this.text, describe(lines, axes));
    const few = lines.every((line) => line.x.length <= FEW);
    const shape = JSON.stringify([lines.map((line) => [line.label, line.colour]), axes, this.given.log, few]);
    if (shape !== this.shape || this.plot === null) {
      this.shape = shape;
      this.few = few;
      this.rebuild();
    } else this.plot.setData(joined(lines));
  }

  rebuild() {
    if (!this.given || !this.box.clientWidth) return;
    this.plot?.destroy();
    this.plot = new uPlot(this.options(), joined(this.given.lines), this.box);
  }

  resize() {
    if (this.plot === null) this.rebuild();
    else if (this.box.clientWidth) this.plot.setSize({ width: this.box.clientWidth, height: this.height });
  }

  destroy() {
    this.seen.disconnect();
    this.plot?.destroy();
    charts.delete(this);
  }

  options() {
    const { lines, axes, log } = this.given;
    const [ink, grid] = [style("--soft"), style("--grid")];
    const font = `12px ${style("--font")}`;
    const common = { stroke: ink, font, labelFont: font, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: 5 } };
    return {
      width: this.box.clientWidth,
      height: this.height,
      padding: [10, 14, 0, 0],
      cursor: { drag: { x: true, y: false }, points: { size: 7 } },
      legend: { show: lines.length > 1 },
      scales: { x: { time: false, range: wide }, y: { distr: log ? 3 : 1, range: log ? undefined : roomy } },
      axes: [
        { ...common, label: axes.x, labelSize: 18, size: 30, incrs: axes.whole ? WHOLE : undefined, values: (_, ticks) => ticks.map((tick) => prefixed(tick)) },
        { ...common, label: axes.y, labelSize: 20, size: widest, space: 34,
          values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : short(tick))) },
      ],
      series: [{ label: axes.x, value: (_, value) => number(value) }, ...lines.map((line, at) => this.series(line, at))],
    };
  }

  series(line, at) {
    const number_ = line.colour ?? at;
    return {
      label: line.label,
      stroke: colour(number_),
      width: 2,
      dash: DASHES[Math.floor(number_ / COLOURS) % DASHES.length],
      spanGaps: true,
      points: { show: this.few, size: 5, fill: colour(number_) },
      paths: line.stepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
      value: (plot, value, own, at_) => number(at_ === null ? last(plot.data[own]) : value),
    };
  }
}

function short(tick) {
  const size = Math.abs(tick);
  if (size >= 1e4) return prefixed(tick);
  return (size > 0 && size < 1e-3 ? tick.toExponential(0) : String(Number(tick.toPrecision(4)))).replaceAll("-", "−");
}

function widest(plot, labels, at, cycle) {
  if (cycle > 1) return plot.axes[at]._size;
  const longest = (labels ?? []).reduce((long, label) => (label && label.length > long.length ? label : long), "");
  plot.ctx.font = plot.axes[at].font[0];
  return Math.max(34, Math.ceil(plot.ctx.measureText(longest).width / devicePixelRatio) + 14);
}

function wide(_, low, high) {
  if (low === null) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

function roomy(_, low, high) {
  if (low === null) return [0, 1];
  const room = low === high ? Math.abs(low) * 0.1 || 0.5 : (high - low) * 0.08;
  const floor = low >= 0 && low - room < 0 ? 0 : low - room;
  return [floor, high + room];
}

/** Lines over one common axis. */
function joined(lines) {
  if (lines.length === 1) return [lines[0].x, lines[0].y];
  const same = lines.every((line) => line.x.length === lines[0].x.length && line.x.every((x, at) => x === lines[0].x[at]));
  if (same) return [lines[0].x, ...lines.map((line) => line.y)];
  return uPlot.join(lines.map((line) => [line.x, line.y]));
}

function last(values) {
  for (let at = values.length - 1; at >= 0; at -= 1) if (values[at] !== null && values[at] !== undefined) return values[at];
  return null;
}

function describe(lines, axes) {
  return lines.map(({ label, x, y }) => {
    if (!y.length) return `${label}: not measured yet.`;
    const [first, last] = [number(y[0]), number(y[y.length - 1])];
    const low = y.reduce((best, value, at) => (value < y[best] ? at : best), 0);
    return `${label}: from ${first} to ${last} over ${axes.x} ${number(x[0])} to ${number(x[x.length - 1])}; ` +
      `lowest ${number(y[low])} at ${number(x[low])}.`;
  }).join(" ");
}
