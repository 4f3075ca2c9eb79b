// The page: fields and buttons, what the worker says, and the pictures.
import { Curves } from "./curve.js";
import { FIELDS, fromLink, linkOf, orderOf, valuesOf } from "./form.js";
import { drawGraph } from "./graph.js";
import { Scene } from "./scene.js";

const at = (id) => document.getElementById(id);
const NAMES = {
  xor: { inputs: ["a", "b"], outputs: ["a ⊕ b"] },
  spirals: { inputs: ["x", "y"], outputs: ["first", "second"] },
  cartpole: { inputs: ["place", "speed", "angle", "turning"], outputs: ["push"] },
};
const SCENES = { xor: "Its answer for every pair of inputs", spirals: "Its answer everywhere", cartpole: "The winner plays" };

const NO_LINK = "The link names a task or a mode that the lab does not have.";

let worker, given, order, latest, replayed = false, graph = null, scene, fresh = true;
const curves = new Curves(), seen = { task: "xor", mode: "deap", values: {} };

const held = at("lab");
const packed = async (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(inflated).arrayBuffer();
};

async function loaded() {
  if (held) {
    given = JSON.parse(held.textContent);
    const script = new Blob([at("worker").textContent], { type: "text/javascript" });
    return [URL.createObjectURL(script), await packed(given.module)];
  }
  const [content, module] = await Promise.all([fetch("lab.json"), fetch("lab.wasm")]);
  given = await content.json();
  return ["worker.js", await module.arrayBuffer()];
}

// ---- pictures

const colours = () => {
  const style = getComputedStyle(document.documentElement), found = {};
  for (const name of ["ink", "soft", "grid", "card", "plus", "minus", "second", "hidden", "input", "dot0", "dot1"])
    found[name] = style.getPropertyValue(`--${name}`).trim();
  for (const name of ["map0", "map1"])
    found[name] = style.getPropertyValue(`--${name}`).trim().split(/\s+/).map(Number);
  return found;
};

// A canvas as large as its place, and cleared.
function penOf(id) {
  const canvas = at(id), ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

let frames = 0, clock = performance.now(), waiting = false, redraw = true;
function draw() {
  waiting = false;
  frames++;
  const palette = colours();
  if (fresh) {
    curves.draw(penOf("curve"), palette, order?.task === "cartpole");
    fresh = false;
  }
  if (redraw) {
    const pen = penOf("network");
    if (graph) drawGraph(pen, graph, NAMES[order.task], palette);
  }
  if (scene?.lively) scene.move();
  if (scene && (redraw || scene.lively)) scene.draw(penOf("scene"), palette);
  redraw = false;
  if (scene?.lively && !document.hidden) ask();
}

// What is to be drawn in the next frame: what moves, the curves, or everything.
function ask(what = "") {
  fresh ||= Boolean(what);
  redraw ||= what === "all";
  if (!waiting) requestAnimationFrame(draw);
  waiting = true;
}

// ---- what the worker says

const shown = (loss) => {
  if (!Number.isFinite(loss)) return "–";
  if (order.task === "cartpole") return String(Math.round(-loss * 10) / 10);
  return loss >= 0.001 || loss === 0 ? loss.toFixed(4) : loss.toExponential(1);
};

function told(state) {
  latest = { ...latest, ...state };
  if (state.best?.length) curves.add(state);
  at("generation").textContent = state.generation.toLocaleString("en");
  at("loss").textContent = shown(state.loss);
  if (state.best?.length) at("best").textContent = shown(state.best.at(-1));
  if (state.mean?.length) at("mean").textContent = shown(state.mean.at(-1));
  if (state.graph) {
    graph = state.graph;
    scene.take(graph);
    const hidden = graph.nodes.filter((n) => n.kind === "hidden").length;
    const nodes = hidden === 1 ? "node" : "nodes";
    at("size").textContent = `${hidden} hidden ${nodes}, ${graph.edges.length} connections`;
  }
  const words = { target: "Solved", steps: "Ended" }[state.over];
  at("status").textContent = words ? `${words} after ${state.generation.toLocaleString("en")} generations` : state.running ? "Evolving" : "Paused";
  at("status").dataset.state = state.over || (state.running ? "runs" : "rests");
  at("run").textContent = state.running ? "Pause" : state.over ? "Again" : "Run";
  at("step").disabled = Boolean(state.over);
  if (state.over) ended(state);
  ask(state.graph ? "all" : "curves");
}

function ended(state) {
  at("hash").textContent = state.sha256;
  at("hash-row").hidden = false;
  const replay = given.replay, own = replay && JSON.stringify(replay.order) === JSON.stringify(order);
  at("verdict").hidden = !own;
  if (!own) return;
  const same = replay.sha256 === state.sha256;
  at("verdict").dataset.same = same;
  at("verdict").textContent = same
    ? `The same winner as in ${replay.name}/best.safetensors, bit for bit.`
    : `Another winner than in ${replay.name}/best.safetensors: ${replay.sha256}.`;
}

function fault(text) {
  at("fault").textContent = text;
  at("fault").hidden = !text;
}

// ---- fields

function fields() {
  const place = at("fields");
  place.replaceChildren();
  const add = (name, field) => {
    const input = Object.assign(document.createElement("input"), {
      id: `field-${name}`, value: seen.values[name], inputMode: field.text || name === "seed" ? "text" : "decimal",
      autocomplete: "off", placeholder: field.empty ?? "", spellcheck: false,
    });
    input.oninput = () => {
      seen.values[name] = input.value;
      try {
        orderOf(given.orders[seen.task][seen.mode], seen.values);
        fault("");
        input.removeAttribute("aria-invalid");
      } catch (error) {
        fault(error.message);
        input.setAttribute("aria-invalid", "true");
      }
    };
    input.onchange = () => start();
    const label = document.createElement("label");
    label.append(field.label, input);
    place.append(label);
  };
  add("seed", { label: "Seed" });
  for (const [name, field] of Object.entries(FIELDS[seen.mode])) add(name, field);
  for (const kind of ["task", "mode"])
    for (const button of document.querySelectorAll(`[data-${kind}]`))
      button.setAttribute("aria-pressed", String(button.dataset[kind] === seen[kind]));
  at("scene-title").textContent = SCENES[seen.task];
  at("curve-title").textContent = `${seen.task === "cartpole" ? "Return" : "Loss"} of each generation`;
}

function choose(task, mode, values) {
  const seed = seen.values.seed;
  Object.assign(seen, { task, mode, values: values ?? valuesOf(given.orders[task][mode]) });
  if (!values && seed !== undefined) seen.values.seed = seed;
  fields();
  start();
}

function pointsOf(task, data) {
  if (data.episodes) return [];
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
  const places = new Float32Array(bytes(data.train.inputs));
  const labels = data.train.labels ? new Int32Array(bytes(data.train.labels)) : new Float32Array(bytes(data.train.targets));
  return Array.from(labels, (label, k) => [places[2 * k], places[2 * k + 1], label]);
}

const pace = () => Number(at("pace").value);

// Begin a search: that of the fields, or a given one.
function start(asked, data) {
  try {
    order = asked ?? orderOf(given.orders[seen.task][seen.mode], seen.values);
  } catch (error) {
    return fault(error.message);
  }
  fault("");
  replayed = Boolean(asked);
  data ??= given.tasks[order.task];
  curves.clear();
  graph = null;
  scene = new Scene(order.task, pointsOf(order.task, data));
  at("hash-row").hidden = at("verdict").hidden = true;
  if (!asked) history.replaceState(null, "", linkOf(given.orders[seen.task][seen.mode], seen.values));
  worker.postMessage({ do: "start", order, data, pace: asked ? 0 : pace() });
}

function replay() {
  const { order: asked, data } = given.replay;
  Object.assign(seen, { task: asked.task, mode: asked.mode, values: valuesOf(asked) });
  fields();
  start(asked, data);
}

// ---- buttons, keys, link

function runOrPause() {
  if (latest?.over) return replayed ? replay() : start();
  worker.postMessage(latest?.running ? { do: "pause" } : { do: "run", pace: pace() });
}

async function share() {
  const link = location.href;
  try {
    await navigator.clipboard.writeText(link);
    at("said").textContent = "The link is copied.";
  } catch {
    at("said").textContent = link;
  }
  setTimeout(() => (at("said").textContent = ""), 6000);
}

function wire() {
  at("run").onclick = runOrPause;
  at("step").onclick = () => worker.postMessage({ do: "step" });
  at("again").onclick = () => start();
  at("share").onclick = share;
  at("pace").onchange = () => worker.postMessage({ do: "pace", pace: pace() });
  at("dice").onclick = () => {
    seen.values.seed = String(Math.floor(Math.random() * 1e6));
    fields();
    start();
  };
  for (const button of document.querySelectorAll("[data-task]"))
    button.onclick = () => choose(button.dataset.task, seen.mode);
  for (const button of document.querySelectorAll("[data-mode]"))
    button.onclick = () => choose(seen.task, button.dataset.mode);
  addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, button, a") || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { " ": runOrPause, s: () => at("step").click(), r: () => start(), n: () => at("dice").click() }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  addEventListener("resize", () => ask("all"));
  addEventListener("visibilitychange", () => ask("all"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    if (scene) scene.map = null;
    ask("all");
  });
  addEventListener("hashchange", () => {
    const link = fromLink(location.hash, given.orders);
    if (link) choose(link.task, link.mode, link.values);
    else fault(NO_LINK);
  });
  setInterval(() => {
    const now = performance.now();
    const rate = Math.round((1000 * frames) / (now - clock));
    at("frames").textContent = latest?.running ? `${rate} frames a second` : "";
    [frames, clock] = [0, now];
  }, 1000);
}

// Generations of an order in the worker without a picture: for measurements.
let measured = () => {};
function measure(asked, data) {
  return new Promise((resolve) => {
    measured = resolve;
    worker.postMessage({ do: "measure", order: asked, data: data ?? given.tasks[asked.task] });
  });
}

async function main() {
  const [script, module] = await loaded();
  worker = new Worker(script);
  worker.onerror = (event) => fault(`The worker could not be started: ${event.message}`);
  await new Promise((resolve) => {
    worker.onmessage = ({ data }) => {
      if (data.kind === "ready") resolve();
      else if (data.kind === "fault") fault(data.text);
      else if (data.kind === "measured") measured(data);
      else told(data);
    };
    worker.postMessage({ do: "load", module });
  });
  wire();
  const hash = location.hash, link = fromLink(hash, given.orders);
  at("replay").hidden = !given.replay;
  if (given.replay) at("replay").onclick = replay;
  if (given.replay && !link) replay();
  else choose(link?.task ?? "xor", link?.mode ?? "deap", link?.values);
  if (!link && hash.length > 1) fault(NO_LINK);
  window.vynapse = { measure, given, state: () => latest };
  if (!held && "serviceWorker" in navigator) navigator.serviceWorker.register("sw.js").catch(() => {});
}

main().catch((error) => fault(`The lab could not be started: ${error.message}`));
