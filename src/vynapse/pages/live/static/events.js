// SPDX-FileCopyrightText: 2026 Vynapse contributors
// SPDX-License-Identifier: MIT OR Apache-2.0
// What happened, the newest first.

import { el, put, tick } from "./dom.js";
import { number } from "./format.js";

const SHOWN = 200;

export class Events {
  constructor() {
    this.all = false;
    this.list = el("ol", { class: "events", tabindex: "0", "aria-label": "Events, the newest first" });
    this.node = el("section", { class: "card" },
      el("div", { class: "heading" }, el("h2", {}, "Events"),
        tick("every event", false, (on) => { this.all = on; this.drawn = ""; this.show(this.events); })),
      this.list);
    this.drawn = "";
  }

  show(events) {
    this.events = events;
    const shown = events.filter((event) => this.all || event.news).slice(-SHOWN).reverse();
    const drawn = `${shown.length} ${shown[0]?.seq} ${shown[shown.length - 1]?.seq}`;
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    put(this.list, shown.map((event) => el("li", { class: event.level },
      el("span", { class: "when" }, event.step === null ? "" : `step ${number(event.step)}`),
      el("span", {}, event.text),
      el("time", { datetime: event.time, class: "soft" }, clock(event.time)))));
  }
}

function clock(text) {
  const date = new Date(text);
  return Number.isNaN(date.valueOf()) ? "" : date.toLocaleTimeString("en-GB");
}
