// SPDX-FileCopyrightText: 2026 Vynapse contributors
// SPDX-License-Identifier: MIT OR Apache-2.0
// Which page is shown, and in which theme.

import { discard, repaint } from "./chart.js";
import { comparison } from "./compare.js";
import { put, say } from "./dom.js";
import { list } from "./list.js";
import { run } from "./run.js";

const main = document.getElementById("content");
let leave = () => {};

function page() {
  const [, kind, rest] = location.hash.match(/^#\/(run|compare)\/(.+)$/) ?? [];
  if (kind === "run") return run(main, decodeURIComponent(rest));
  if (kind === "compare") return comparison(main, rest.split("+").map(decodeURIComponent));
  return list(main);
}

function show() {
  if (location.hash === "#content") return main.focus();
  leave();
  discard();
  put(main);
  leave = page();
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
  return undefined;
}

const button = document.getElementById("theme");
const dark = matchMedia("(prefers-color-scheme: dark)");
const themes = ["auto", "light", "dark"];
let theme = "auto";

function paint(wanted) {
  theme = themes.includes(wanted) ? wanted : "auto";
  document.documentElement.dataset.theme = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
  say(button, `Theme: ${theme}`);
  repaint();
}

button.addEventListener("click", () => {
  paint(themes[(themes.indexOf(theme) + 1) % themes.length]);
  try {
    localStorage.setItem("vynapse-theme", theme);
  } catch { /* a browser may keep nothing; the theme lasts as long as the page */ }
});
dark.addEventListener("change", () => paint(theme));
let kept = null;
try {
  kept = localStorage.getItem("vynapse-theme");
} catch { /* as above */ }
paint(kept);

// the token has given a cookie; it need not stay in the address
if (new URLSearchParams(location.search).has("token")) history.replaceState(null, "", location.pathname + location.hash);
addEventListener("hashchange", show);
show();
