// The worker: it evolves in slices, and says what has happened some sixty times a second.
import { Deap } from "./deap.js";
import { Engine } from "./engine.js";
import { Neat } from "./neat.js";

const SLICE = 12; // milliseconds between two reports

let engine, search, order, data, pace = 0, running = false, due = 0;
const wake = new MessageChannel();
wake.port1.onmessage = () => go();

function begin() {
  engine.clear();
  search = new (order.mode === "deap" ? Deap : Neat)(engine, order, data);
  report(nothing());
}

// What was made since the last report.
function report(made) {
  const said = {
    kind: "state", generation: search.generation, loss: search.loss, over: search.over, running,
    restarts: search.restarts ?? 0, ...made,
  };
  if (search.renewed) said.graph = search.graph();
  if (search.over) said.sha256 = search.hash();
  search.renewed = false;
  postMessage(said);
}

const nothing = () => ({ best: [], mean: [], sigma: [], species: [], winner: [] });

// Make a step, and put what it did behind that of the steps before it.
function add(all, most) {
  let winner = search.loss;
  const made = search.step(most);
  for (const name of Object.keys(all)) if (made[name]) all[name].push(...made[name]);
  made.best.forEach((best, k) => {
    if (k === made.best.length - 1) winner = search.loss;
    else if (search.improves) winner = Math.min(winner, best);
    all.winner.push(winner);
  });
}

// Steps for the length of a slice; at a pace, one step when it is time.
function go() {
  if (!running || !search) return;
  const all = nothing(), until = performance.now() + SLICE;
  try {
    if (pace) {
      const wait = due - performance.now();
      if (wait > 1) return void setTimeout(go, wait);
      due = Math.max(due + 1000 / pace, performance.now());
      add(all, 1);
    } else do add(all); while (!search.over && performance.now() < until);
    if (search.over) running = false;
    report(all);
  } catch (error) {
    running = false;
    return void postMessage({ kind: "fault", text: error.message });
  }
  if (running) wake.port2.postMessage(0);
}

// How long so many generations take, one after the other, and what they find.
function measure({ order: asked, data: given }) {
  engine.clear();
  search = undefined;
  const began = performance.now(), made = new (asked.mode === "deap" ? Deap : Neat)(engine, asked, given);
  while (!made.over) made.step();
  const milliseconds = performance.now() - began;
  postMessage({ kind: "measured", milliseconds, generation: made.generation, sha256: made.hash(), loss: made.loss });
}

const DO = {
  async load({ module }) {
    engine = await Engine.of(module);
    postMessage({ kind: "ready" });
  },
  start(given) {
    ({ order, data } = given);
    running = false;
    begin();
    DO.run(given);
  },
  run(given) {
    pace = given.pace;
    due = performance.now();
    if (running || search.over) return;
    running = true;
    go();
  },
  pace(given) {
    pace = given.pace;
  },
  pause() {
    running = false;
    report({});
  },
  step() {
    running = false;
    if (search.over) return;
    const all = nothing();
    add(all, 1);
    report(all);
  },
  measure,
};

onmessage = async ({ data: given }) => {
  try {
    await DO[given.do](given);
  } catch (error) {
    running = false;
    postMessage({ kind: "fault", text: error.message });
  }
};
