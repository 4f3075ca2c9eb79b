// A network as nodes and edges: asked in JavaScript, for pictures alone, and drawn.

const ACTIVATIONS = {
  identity: (x) => x,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  relu: (x) => Math.max(0, x),
  gelu: (x) => 0.5 * x * (1 + Math.tanh(0.7978845608 * (x + 0.044715 * x ** 3))),
  "steep-sigmoid": (x) => 1 / (1 + Math.exp(-4.9 * x)),
  gauss: (x) => Math.exp(-x * x),
};

// A function from inputs to outputs.
export function asked({ nodes, edges }) {
  const place = new Map(), sorted = [...nodes].sort((a, b) => a.depth - b.depth);
  sorted.forEach((node, k) => place.set(node.id, k));
  const into = sorted.map(() => [[], []]);
  for (const { from, to, weight } of edges) {
    into[place.get(to)][0].push(place.get(from));
    into[place.get(to)][1].push(weight);
  }
  const of = (kind) => sorted.flatMap((node, k) => (node.kind === kind ? [k] : []));
  const inputs = of("input"), outputs = of("output"), values = new Float64Array(sorted.length);
  const work = sorted.flatMap((node, k) => (node.kind === "input" || node.kind === "bias" ? [] : [k]));
  for (const k of of("bias")) values[k] = 1;
  return (given) => {
    inputs.forEach((k, i) => (values[k] = given[i]));
    for (const k of work) {
      const [from, weight] = into[k];
      let sum = sorted[k].bias;
      for (let e = 0; e < from.length; e++) sum += weight[e] * values[from[e]];
      values[k] = ACTIVATIONS[sorted[k].activation](sum);
    }
    return outputs.map((k) => values[k]);
  };
}

// Draw it from left to right; edges by sign and strength.
export function drawGraph(pen, { nodes, edges }, names, colours) {
  const { context: c, width, height } = pen, columns = new Map(), at = new Map();
  for (const node of nodes) columns.set(node.depth, [...(columns.get(node.depth) ?? []), node]);
  c.font = "12px system-ui, sans-serif";
  const room = (texts) => Math.max(...texts.map((text) => c.measureText(text).width)) + 22;
  const last = Math.max(...columns.keys(), 1), left = room([...names.inputs, "bias"]), right = room(names.outputs);
  for (const [depth, column] of columns)
    column.forEach((node, k) => {
      // in two ranks where they are many, and a little apart where columns are alike
      const shift = column.length > 20 ? (k % 2 ? 7 : -7) : node.kind === "hidden" ? ((k % 3) - 1) * 6 : 0;
      const x = left + ((width - left - right) * depth) / last + shift;
      // a line from column to column would run through those between
      const rise = node.kind === "hidden" && column.length < 4 ? (depth % 2 ? -1 : 1) * height * 0.08 : 0;
      at.set(node.id, [x, (height * (k + 1)) / (column.length + 1) + rise]);
    });
  const strongest = Math.max(1e-9, ...edges.map((edge) => Math.abs(edge.weight)));
  for (const { from, to, weight } of edges) {
    const share = Math.abs(weight) / strongest, [x0, y0] = at.get(from), [x1, y1] = at.get(to);
    c.strokeStyle = weight < 0 ? colours.minus : colours.plus;
    c.globalAlpha = (edges.length > 200 ? 0.06 : 0.25) + 0.7 * share;
    c.lineWidth = edges.length > 200 ? 0.4 + 1.2 * share : 0.8 + 3 * share;
    c.beginPath();
    c.moveTo(x0, y0);
    const middle = (x0 + x1) / 2;
    c.bezierCurveTo(middle, y0, middle, y1, x1, y1);
    c.stroke();
  }
  c.globalAlpha = 1;
  const radius = Math.max(3, Math.min(9, height / (2.6 * Math.max(...[...columns.values()].map((l) => l.length)))));
  c.textBaseline = "middle";
  let input = 0, output = 0;
  for (const node of nodes) {
    const [x, y] = at.get(node.id);
    c.beginPath();
    c.arc(x, y, radius, 0, 2 * Math.PI);
    c.fillStyle = node.kind === "hidden" ? colours.hidden : node.kind === "output" ? colours.plus : colours.input;
    c.fill();
    c.lineWidth = 1.5;
    c.strokeStyle = colours.card;
    c.stroke();
    c.fillStyle = colours.ink;
    c.textAlign = node.kind === "output" ? "left" : "right";
    if (node.kind === "input") c.fillText(names.inputs[input++] ?? "", x - radius - 5, y);
    if (node.kind === "bias") c.fillText("bias", x - radius - 5, y);
    if (node.kind === "output") c.fillText(names.outputs[output++] ?? "", x + radius + 5, y);
  }
}
