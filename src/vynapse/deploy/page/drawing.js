// A picture that is drawn by hand.
import { made } from "./answer.js";

const SIDE = 280;

// Ink on a canvas, moved to its centre of mass and made as small as the pictures of the task.
function pixels(canvas, [, height, width]) {
  const small = made("canvas", { width, height });
  const pen = small.getContext("2d", { willReadFrequently: true });
  const data = canvas.getContext("2d").getImageData(0, 0, SIDE, SIDE).data;
  let [ink, x, y, left, right, top, bottom] = [0, 0, 0, SIDE, 0, SIDE, 0];
  for (let k = 0; k < SIDE * SIDE; k++) {
    const dark = 255 - data[4 * k];
    if (!dark) continue;
    const [column, line] = [k % SIDE, Math.floor(k / SIDE)];
    [ink, x, y] = [ink + dark, x + dark * column, y + dark * line];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
    [top, bottom] = [Math.min(top, line), Math.max(bottom, line)];
  }
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  if (ink) {
    const room = width >= 20 ? 20 / 28 : 1;
    const scale = Math.min((width * room) / (right - left + 1), (height * room) / (bottom - top + 1));
    pen.imageSmoothingQuality = "high";
    const at = width >= 20 ? [x / ink, y / ink] : [(left + right) / 2, (top + bottom) / 2];
    pen.drawImage(canvas, width / 2 - at[0] * scale, height / 2 - at[1] * scale, SIDE * scale, SIDE * scale);
  }
  const found = pen.getImageData(0, 0, width, height).data;
  return Float32Array.from({ length: width * height }, (_, k) => 1 - found[4 * k] / 255);
}

export function drawing(network, place, show, given) {
  const canvas = made("canvas", { width: SIDE, height: SIDE, "aria-label": "draw here" });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const { shape, factor, offset, top } = given.pixels;
  let last = null;
  function clear() {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, SIDE, SIDE);
    run();
  }
  function run() {
    const values = pixels(canvas, shape);
    show(network.forward(values.map((value) => value * top * factor[0] + offset[0])));
  }
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const next = at(event);
    Object.assign(pen, { lineWidth: 22, lineCap: "round", strokeStyle: "#000" });
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...next);
    pen.stroke();
    last = next;
    run();
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (last = null));
  place.append(canvas, made("button", { onclick: clear }, "Clear"));
  clear();
}
