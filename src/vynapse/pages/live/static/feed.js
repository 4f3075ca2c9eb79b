// SPDX-FileCopyrightText: 2026 Vynapse contributors
// SPDX-License-Identifier: MIT OR Apache-2.0
// What the server sends, and runs as they are known from it.

import { say } from "./dom.js";

const RETRY = 3000;
const MOST = 12000;

/** Listens while the page is seen; tells `apply(message)` of each event with one of these names. */
export function follow(address, name, apply) {
  let source = null;
  let timer = 0;
  const open = () => {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(address);
    source.onopen = () => told("live");
    source.addEventListener(name, (event) => apply(JSON.parse(event.data)));
    source.onerror = () => {
      told("lost");
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, RETRY);
    };
  };
  const seen = () => {
    if (document.hidden) source?.close();
    else open();
  };
  document.addEventListener("visibilitychange", seen);
  open();
  return () => {
    document.removeEventListener("visibilitychange", seen);
    clearTimeout(timer);
    source.close();
  };
}

function told(state) {
  const node = document.getElementById("connection");
  node.dataset.state = state;
  say(node, state === "live" ? "live" : "connection lost");
}

/** A run as it is known: columns of equal length, events and state. */
export class Run {
  constructor(id) {
    this.id = id;
    this.forget();
  }

  forget() {
    this.columns = {};
    this.length = 0;
    this.events = [];
    this.state = { summary: {} };
  }

  /** Takes a message of the server in. */
  apply(message) {
    if (message.restart) this.forget();
    Object.assign(this.state, message.state);
    this.events.push(...message.events);
    const names = Object.keys(message.rows);
    const added = names.length ? message.rows[names[0]].length : 0;
    for (const name of names) this.columns[name] ??= new Array(this.length).fill(null);
    for (const [name, cells] of Object.entries(this.columns)) {
      cells.push(...(message.rows[name] ?? new Array(added).fill(null)));
    }
    this.length += added;
    if (this.length > MOST) this.thin();
  }

  /** Makes one row of every two: the last value of each column stands for both. */
  thin() {
    for (const [name, cells] of Object.entries(this.columns)) {
      const fewer = [];
      for (let at = 0; at < cells.length; at += 2) fewer.push(cells[at + 1] ?? cells[at]);
      this.columns[name] = fewer;
    }
    this.length = Math.ceil(this.length / 2);
  }

  /** The places and values of a column over an axis, where both were measured. */
  curve(column, over, factor = 1) {
    const [x, y] = [[], []];
    const [places, values] = [this.columns[over] ?? [], this.columns[column] ?? []];
    for (let at = 0; at < values.length; at += 1) {
      if (places[at] !== null && values[at] !== null && places[at] !== undefined) {
        x.push(places[at]);
        y.push(factor * values[at]);
      }
    }
    return [x, y];
  }

  /** The last value of a column. */
  last(column) {
    const cells = this.columns[column] ?? [];
    for (let at = cells.length - 1; at >= 0; at -= 1) if (cells[at] !== null) return cells[at];
    return null;
  }
}
