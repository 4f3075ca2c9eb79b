// SPDX-FileCopyrightText: 2026 Vynapse contributors
// SPDX-License-Identifier: MIT OR Apache-2.0
// How numbers, times and places look.

const PREFIXES = [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];

/** Four significant digits, whole numbers in full; a dash for what was not measured. */
export function number(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return String(value);
  const size = Math.abs(value);
  if (size >= 1e9 || (size > 0 && size < 1e-4)) return value.toExponential(2).replaceAll("-", "−");
  const text = Number.isInteger(value)
    ? value.toLocaleString("en")
    : value.toLocaleString("en", { maximumSignificantDigits: 4 });
  return text.replace("-", "−");
}

/** A number with the prefix of its size, as 632 G; for axes and amounts. */
export function prefixed(value, unit = "") {
  if (value === null || value === undefined) return "–";
  const [size, prefix] = PREFIXES.find(([least]) => Math.abs(value) >= least) ?? [1, ""];
  const text = (value / size).toLocaleString("en", { maximumSignificantDigits: 3 });
  const after = `${prefix}${unit}`;
  return after ? `${text} ${after}` : text;
}

/** 0.4 ms, 12.3 s or 1:02:03. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 0.1) return `${(1000 * seconds).toLocaleString("en", { maximumSignificantDigits: 2 })} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const whole = Math.ceil(seconds);
  const two = (part) => String(part).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** When a run began, in the reader's own time. */
export function moment(seconds) {
  if (!seconds) return "–";
  const date = new Date(1000 * seconds);
  const today = date.toDateString() === new Date().toDateString();
  const time = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (today) return time;
  return `${date.toLocaleDateString("en-CA")} ${time}`;
}

/** A name and its unit, as an axis says it. */
export function axis(label, unit) {
  return unit ? `${label} (${unit})` : label;
}

/** The addresses of pages. */
export const places = {
  list: () => "#/",
  run: (id) => `#/run/${encodeURIComponent(id)}`,
  compare: (ids) => `#/compare/${ids.map(encodeURIComponent).join("+")}`,
};
