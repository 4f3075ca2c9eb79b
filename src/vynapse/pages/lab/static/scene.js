// What the winner does: its answers as a map, or an episode of CartPole that it plays.
import { asked } from "./graph.js";

const SIDE = 44; // points of a map in each direction

export class Scene {
  constructor(task, points) {
    this.task = task;
    this.points = points;
    this.reset();
  }

  reset() {
    this.state = Array.from({ length: 4 }, () => (Math.random() - 0.5) / 10);
    this.steps = 0;
    this.wait = 0;
    this.map = null;
  }

  take(graph) {
    this.ask = asked(graph);
    this.map = null;
  }

  // Whether it moves by itself.
  get lively() {
    return this.task === "cartpole" && Boolean(this.ask);
  }

  draw(pen, colours) {
    if (!this.ask) return;
    if (this.task === "cartpole") this.drawCart(pen, colours);
    else this.drawMap(pen, colours);
  }

  drawMap({ context: c, width, height }, colours) {
    const [low, high] = this.task === "xor" ? [-0.25, 1.25] : [-7, 7], side = Math.min(width, height);
    const left = (width - side) / 2, top = (height - side) / 2;
    if (!this.map) {
      const map = document.createElement("canvas"), pixels = new ImageData(SIDE, SIDE);
      map.width = map.height = SIDE;
      for (let row = 0; row < SIDE; row++)
        for (let column = 0; column < SIDE; column++) {
          const place = (k) => low + ((high - low) * (k + 0.5)) / SIDE;
          const out = this.ask([place(column), place(SIDE - 1 - row)]);
          const share = out.length === 1 ? out[0] : 1 / (1 + Math.exp(Math.max(-30, Math.min(30, out[0] - out[1]))));
          const mixed = colours.map0.map((from, k) => from + (colours.map1[k] - from) * share);
          pixels.data.set([...mixed, 255], 4 * (row * SIDE + column));
        }
      map.getContext("2d").putImageData(pixels, 0, 0);
      this.map = map;
    }
    c.imageSmoothingEnabled = true;
    c.drawImage(this.map, left, top, side, side);
    for (const [x, y, label] of this.points) {
      c.beginPath();
      const px = left + (side * (x - low)) / (high - low), py = top + side - (side * (y - low)) / (high - low);
      c.arc(px, py, this.task === "xor" ? 8 : 3, 0, 2 * Math.PI);
      c.fillStyle = label ? colours.dot1 : colours.dot0;
      c.fill();
      c.lineWidth = this.task === "xor" ? 2 : 1;
      c.strokeStyle = colours.card;
      c.stroke();
    }
  }

  // A step of CartPole-v1; an episode that has ended stays for a moment.
  move() {
    if (this.wait > 0) {
      if (--this.wait === 0) this.reset();
      return;
    }
    let [x, speed, angle, turning] = this.state;
    const force = 2 * this.ask(this.state)[0] - 1 > 0 ? 10 : -10, sine = Math.sin(angle), cosine = Math.cos(angle);
    const pushed = (force + 0.05 * turning * turning * sine) / 1.1;
    const turned = (9.8 * sine - cosine * pushed) / (0.5 * (4 / 3 - (0.1 * cosine * cosine) / 1.1));
    const moved = pushed - (0.05 * turned * cosine) / 1.1;
    this.state = [x + 0.02 * speed, speed + 0.02 * moved, angle + 0.02 * turning, turning + 0.02 * turned];
    this.steps++;
    const over = Math.abs(this.state[0]) > 2.4 || Math.abs(this.state[2]) > (24 * Math.PI) / 360;
    if (over || this.steps >= 500) this.wait = 40;
  }

  drawCart({ context: c, width, height }, colours) {
    const [x, , angle] = this.state, unit = width / 5.6, ground = height * 0.78;
    const at = width / 2 + x * unit, long = Math.min(height * 0.55, 1.4 * unit);
    c.strokeStyle = colours.soft;
    c.lineWidth = 1.5;
    c.beginPath();
    c.moveTo(width / 2 - 2.4 * unit, ground);
    c.lineTo(width / 2 + 2.4 * unit, ground);
    c.stroke();
    c.fillStyle = colours.ink;
    c.fillRect(at - 26, ground - 20, 52, 18);
    c.strokeStyle = colours.second;
    c.lineWidth = 7;
    c.lineCap = "round";
    c.beginPath();
    c.moveTo(at, ground - 20);
    c.lineTo(at + long * Math.sin(angle), ground - 20 - long * Math.cos(angle));
    c.stroke();
    c.lineCap = "butt";
    c.fillStyle = colours.soft;
    c.textAlign = "center";
    c.font = "13px system-ui, sans-serif";
    c.fillText(this.wait ? `ended after ${this.steps} steps` : `${this.steps} steps of 500`, width / 2, ground + 26);
  }
}
