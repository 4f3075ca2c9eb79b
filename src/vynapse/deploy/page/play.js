// A control task: the network plays it, episode after episode.
import { made } from "./answer.js";

const hill = (x) => 0.45 * Math.sin(3 * x) + 0.55;
const track = [["line", [-2.4, 0], [2.4, 0], 0.02, "#bebebe"]];
const cart = (x) => ["line", [x - 0.25, 0], [x + 0.25, 0], 0.22, "#1f77b4"];
const pole = ([x, y], angle, length, width, colour) =>
  ["line", [x, y], [x + length * Math.sin(angle), y + length * Math.cos(angle)], width, colour];
const ROD = "#d6612b";

const SCENES = {
  cartpole: ([x, , angle]) => [[-2.7, -0.4, 2.7, 1.4], [...track, cart(x), pole([x, 0.1], angle, 1, 0.07, ROD)]],
  "double-pole": ([x, , long, , small]) => [[-2.7, -0.4, 2.7, 1.4],
    [...track, cart(x), pole([x - 0.08, 0.1], long, 1, 0.05, ROD), pole([x + 0.08, 0.1], small, 0.1, 0.05, "#2c8c3c")]],
  acrobot: ([a, b]) => {
    const elbow = [Math.sin(a), -Math.cos(a)];
    const tip = [elbow[0] + Math.sin(a + b), elbow[1] - Math.cos(a + b)];
    return [[-2.3, -2.3, 2.3, 2.3], [["line", [-2.2, 1], [2.2, 1], 0.03, "#bebebe"],
      ["line", [0, 0], elbow, 0.14, "#1f77b4"], ["line", elbow, tip, 0.14, ROD]]];
  },
  "mountain-car": ([x]) => {
    const places = Array.from({ length: 60 }, (_, k) => -1.2 + 0.03 * k);
    const ground = places.map((p) => ["line", [p, hill(p)], [p + 0.03, hill(p + 0.03)], 0.012, "#bebebe"]);
    return [[-1.3, -0.05, 0.7, 1.25], [...ground, ["line", [0.45, hill(0.45)], [0.45, hill(0.45) + 0.15], 0.02, "#2c8c3c"],
      ["line", [x - 0.01, hill(x) + 0.045], [x + 0.01, hill(x) + 0.045], 0.09, "#1f77b4"]]];
  },
  pendulum: ([a]) => [[-1.3, -1.3, 1.3, 1.3], [pole([0, 0], -a, 1, 0.16, ROD)]],
};
SCENES["double-pole-no-velocities"] = SCENES["double-pole"];

function draw(pen, [[left, low, right, top], shapes], width) {
  const scale = width / (right - left);
  pen.canvas.height = Math.round((top - low) * scale);
  Object.assign(pen, { fillStyle: "#fff", lineCap: "round" });
  pen.fillRect(0, 0, pen.canvas.width, pen.canvas.height);
  for (const [, from, to, wide, colour] of shapes) {
    Object.assign(pen, { strokeStyle: colour, lineWidth: Math.max(1, wide * scale) });
    pen.beginPath();
    pen.moveTo((from[0] - left) * scale, (top - from[1]) * scale);
    pen.lineTo((to[0] - left) * scale, (top - to[1]) * scale);
    pen.stroke();
  }
}

// An action of the outputs, as core/control.py says.
export function actionOf(outputs, { actions, low, high }) {
  if (!actions) return Math.min(high, Math.max(low, low + (high - low) * outputs[0]));
  if (outputs.length === 1) return outputs[0] > 0.5 ? 1 : 0;
  return outputs.indexOf(Math.max(...outputs));
}

export function play(network, place, show, given, words, parts) {
  const task = given.control;
  const canvas = made("canvas", { width: 640, height: 320 });
  const pen = canvas.getContext("2d");
  const state = () => new Float64Array(parts.memory.buffer, parts.control_state(), parts.control_states(task.number));
  const seen = () => new Float32Array(parts.memory.buffer, parts.control_seen(), network.inputs);
  let [step, gained, episode, wait] = [0, 0, 0, 0];
  function begin() {
    task.starts.forEach(([low, high], k) => (state()[k] = low + (high - low) * Math.random()));
    [step, gained, episode, wait] = [0, 0, episode + 1, 30];
    network.reset();
  }
  function advance() {
    parts.control_look(task.number);
    const outputs = network.forward(seen());
    const over = parts.control_act(task.number, actionOf(outputs, task));
    gained += parts.control_reward();
    step += 1;
    show(outputs);
    if (over || step >= task.limit) wait = -60;
  }
  let before = 0;
  let behind = 0;
  function frame(now) {
    behind = Math.min(0.1, behind + (now - before) / 1000);
    before = now;
    for (; behind >= task.seconds; behind -= task.seconds) {
      if (wait > 0) wait -= 1;
      else if (wait < 0) { wait += 1; if (!wait) begin(); } else advance();
    }
    draw(pen, SCENES[task.name](state()), canvas.width);
    words(`Episode ${episode}, step ${step}, return ${Number(gained.toPrecision(5))}`);
    requestAnimationFrame(frame);
  }
  place.append(canvas, made("button", { onclick: begin }, "New episode"));
  begin();
  requestAnimationFrame(frame);
}
