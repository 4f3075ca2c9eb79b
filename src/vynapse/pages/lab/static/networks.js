// Networks as the lab shows them and as `network_sha256` sees them: networks/state.py.
import { hex, sha256 } from "./sha256.js";

// Names and shapes of the tensors of fully connected layers, in genome order.
export function layoutOf(layers) {
  const found = [];
  layers.sizes.slice(1).forEach((outputs, k) => {
    const place = k * (layers.hidden === "identity" ? 1 : 2);
    found.push([`${place}.weight`, [outputs, layers.sizes[k]]]);
    if (layers.bias) found.push([`${place}.bias`, [outputs]]);
  });
  return found;
}

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
const shapeText = (shape) => (shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`);

function digest(tensors, structure) {
  const parts = [];
  for (const [name, shape, values] of [...tensors].sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
    parts.push(new TextEncoder().encode(`${name}:float32:${shapeText(shape)};`));
    parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  parts.push(new TextEncoder().encode(JSON.stringify(structure)));
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return hex(sha256(whole));
}

// The hash of layers with the weights of a genome.
export function hashOfLayers(layers, genome) {
  let at = 0;
  const tensors = layoutOf(layers).map(([name, shape]) => {
    const size = sizeOf(shape);
    at += size;
    return [name, shape, genome.slice(at - size, at)];
  });
  const { bias, hidden, output, sizes } = layers;
  return digest(tensors, { bias, hidden, kind: "mlp", output, sizes });
}

// Weights uniform in +-1 / sqrt(inputs): networks/arrays.py, initial.
export function initialWeights(engine, seed, layers, attempt) {
  const parts = [];
  let bound = 1;
  layoutOf(layers).forEach(([, shape], index) => {
    if (shape.length === 2) bound = Math.fround(1 / Math.sqrt(shape[1]));
    const drawn = engine.uniform(seed, "network.initial", attempt, index, sizeOf(shape));
    for (const x of drawn) parts.push(Math.fround(Math.fround(Math.fround(2 * x) - 1) * bound));
  });
  return Float32Array.from(parts);
}

// Layers and a genome as nodes and edges: to draw them, and to ask the network.
export function graphOfLayers(layers, genome) {
  const nodes = [], edges = [];
  let at = 0, below = [];
  layers.sizes.forEach((width, depth) => {
    const kind = depth === 0 ? "input" : depth === layers.sizes.length - 1 ? "output" : "hidden";
    const activation = kind === "output" ? layers.output : layers.hidden, here = [];
    for (let k = 0; k < width; k++) {
      const id = nodes.length;
      here.push(id);
      nodes.push({ id, kind, depth, activation, bias: 0 });
      if (depth > 0) for (const from of below) edges.push({ from, to: id, weight: genome[at++] });
    }
    if (depth > 0 && layers.bias) for (const id of here) nodes[id].bias = genome[at++];
    below = here;
  });
  return { nodes, edges };
}

const KINDS = ["identity", "tanh", "sigmoid", "relu", "gelu", "steep-sigmoid", "gauss"];
export const kindOf = (name) => KINDS.indexOf(name);

// The genome of NEAT that a structure of arrays in memory holds alone.
export function genomeAt(engine, place) {
  const [nodes, genes, node, activation, innovation, source, target, weight, enabled, inputs, outputs] =
    engine.whole(place, 13);
  const n = engine.whole(nodes, 1)[0], c = engine.whole(genes, 1)[0];
  return {
    inputs, outputs,
    node: engine.whole(node, n).slice(), activation: engine.whole(activation, n).slice(),
    innovation: engine.whole(innovation, c).slice(), source: engine.whole(source, c).slice(),
    target: engine.whole(target, c).slice(), weight: engine.floats(weight, c).slice(),
    enabled: engine.bytes(enabled, c).slice(),
  };
}

export function hashOfGenome(genome) {
  const connections = Array.from(genome.innovation, (innovation, g) => ({
    enabled: genome.enabled[g] !== 0, innovation, source: genome.source[g], target: genome.target[g],
  }));
  const nodes = Array.from(genome.node, (id, k) => ({ activation: KINDS[genome.activation[k]], id }));
  const { inputs, outputs } = genome;
  return digest([["weight", [genome.weight.length], genome.weight]], {
    connections, inputs, kind: "neat", nodes, outputs, recurrent: false, updates: 1,
  });
}

export function graphOfGenome(genome) {
  const { inputs, outputs } = genome, depth = new Map(), edges = [];
  for (let k = 0; k <= inputs; k++) depth.set(k, 0);
  for (const id of genome.node) depth.set(id, 1);
  genome.innovation.forEach((_, g) => {
    if (genome.enabled[g])
      edges.push({ from: genome.source[g], to: genome.target[g], weight: genome.weight[g] });
  });
  // the longest way from the inputs, in as many rounds as there are nodes
  for (let round = 0, moved = true; moved && round < genome.node.length; round++) {
    moved = false;
    for (const { from, to } of edges)
      if (depth.get(to) <= depth.get(from)) moved = Boolean(depth.set(to, depth.get(from) + 1));
  }
  const last = Math.max(1, ...depth.values());
  const nodes = [...depth].map(([id, d]) => {
    const end = id > inputs && id <= inputs + outputs;
    const kind = id < inputs ? "input" : id === inputs ? "bias" : end ? "output" : "hidden";
    const place = genome.node.indexOf(id);
    const activation = place < 0 ? "identity" : KINDS[genome.activation[place]];
    return { id, kind, depth: end ? last : d, activation, bias: kind === "bias" ? 1 : 0 };
  });
  return { nodes, edges };
}
