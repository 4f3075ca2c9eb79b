// SPDX-FileCopyrightText: 2026 Vynapse contributors
// SPDX-License-Identifier: MIT OR Apache-2.0
// The network of a run, drawn by the server. It is shown as a picture, in which no script can run.

import { el, put, say } from "./dom.js";

const LEAST = 5000;
const WIDE = 1.4;

export class Network {
  constructor(id) {
    this.address = `api/network.svg?id=${encodeURIComponent(id)}`;
    this.id = id;
    this.version = null;
    this.asked = -LEAST;
    this.timer = 0;
    this.picture = el("div", { class: "network", tabindex: "0", role: "group", "aria-label": "Drawing of the best network" });
    this.note = el("p", { class: "soft" }, "No network has been saved yet.");
    this.node = el("section", { class: "card" }, el("div", { class: "heading" }, el("h2", {}, "Network"),
      el("a", { href: this.address, target: "_blank", rel: "noopener" }, "as a file")), this.picture, this.note);
  }

  /** Draws the network of this version, now and then while the run goes on. */
  show(version, status) {
    if (!version || version === this.version) return;
    clearTimeout(this.timer);
    const wait = this.asked + (status === "running" ? LEAST : 0) - performance.now();
    if (wait > 0) this.timer = setTimeout(() => this.show(version, status), wait);
    else this.draw(version);
  }

  draw(version) {
    this.version = version;
    this.asked = performance.now();
    if (!this.picture.firstChild) say(this.note, "It is being drawn…");
    const address = `${this.address}&version=${encodeURIComponent(version)}`;
    const picture = el("img", {
      src: address,
      alt: `The best network of ${this.id}: its nodes and what connects them`,
      onload: () => this.frame(picture),
      onerror: () => this.explain(address),
    });
  }

  /** A picture that is much wider than its place is shown in part, to be scrolled, so that it can be read. */
  frame(picture) {
    put(this.picture, picture);
    say(this.note, "");
    if (picture.naturalWidth > WIDE * this.picture.clientWidth) {
      picture.classList.add("wide");
      this.picture.scrollLeft = (this.picture.scrollWidth - this.picture.clientWidth) / 2;
    }
  }

  async explain(address) {
    try {
      const answer = await fetch(address);
      if (!answer.ok) this.refuse(await answer.text());
    } catch {
      this.refuse("The drawing cannot be had: the connection is lost.");
    }
  }

  refuse(text) {
    say(this.note, text);
  }

  leave() {
    clearTimeout(this.timer);
  }
}
