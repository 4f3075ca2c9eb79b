// SPDX-FileCopyrightText: 2026 Vynapse contributors
// SPDX-License-Identifier: MIT OR Apache-2.0
// One run. What is drawn comes from its data: no mode is known here.

import { el, put, say, status } from "./dom.js";
import { Curves } from "./curves.js";
import { budget, details, figures } from "./facts.js";
import { Events } from "./events.js";
import { follow, Run } from "./feed.js";
import { Network } from "./network.js";
import { places } from "./format.js";
import { Spans } from "./spans.js";

/** Shows a run in a node; returns what leaves it. */
export function run(node, id) {
  document.title = `${id} – Vynapse`;
  const known = new Run(id);
  const parts = {
    status: el("span", { role: "status" }),
    words: el("p", { class: "words" }),
    reason: el("p", { class: "reason", hidden: true }),
    figures: el("dl", { class: "figures" }),
    budget: el("div", { class: "budget" }),
    told: el("pre", { class: "told" }),
    details: el("div"),
  };
  const [curves, spans, network, events] = [new Curves(), new Spans(), new Network(id), new Events()];
  const story = el("details", { class: "card" }, el("summary", {}, "In words"), parts.told);
  put(node,
    el("nav", { class: "path", "aria-label": "place" }, el("a", { href: places.list() }, "Runs"), " / ", id),
    el("div", { class: "heading" }, el("h1", {}, id), parts.status),
    parts.words, parts.reason, parts.figures, parts.budget,
    curves.node, spans.node,
    el("div", { class: "pair" }, network.node, events.node),
    story, parts.details);
  let waiting = 0;
  const draw = () => {
    waiting = 0;
    const { state } = known;
    put(parts.status, status(state.summary.status));
    parts.reason.hidden = !state.summary.reason;
    say(parts.reason, state.summary.reason ?? "");
    if (!state.panels) return;
    say(parts.words, state.words);
    figures(parts.figures, known);
    budget(parts.budget, state);
    curves.show(known);
    spans.show(state.spans ?? {}, known.last("#step") ?? 0);
    network.show(state.network, state.summary.status);
    events.show(known.events);
    story.hidden = !state.told?.length;
    say(parts.told, (state.told ?? []).join("\n"));
  };
  const end = follow(`events?run=${encodeURIComponent(id)}`, "run", (message) => {
    known.apply(message);
    if (message.restart || message.state.summary.status !== "running") details(parts.details, known.state);
    waiting ||= requestAnimationFrame(draw);
  });
  return () => { cancelAnimationFrame(waiting); network.leave(); end(); };
}
