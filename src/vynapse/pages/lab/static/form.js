// The parameters: fields, their check, and the link that holds them.

const whole = (label, least, most) => ({ label, least, most, step: 1, whole: true });
const real = (label, least, most, step, empty) => ({ label, least, most, step, empty });
export const FIELDS = {
  deap: {
    mu: whole("Parents", 1, 500),
    offspring: whole("Children", 1, 2000),
    sigma: real("Mutation strength", 0.0001, 10, "any", "3 / √weights"),
    crossover_rate: real("Crossover rate", 0, 1, 0.05),
    hidden: { label: "Hidden nodes", text: true },
    steps: whole("Generations at most", 1, 1000000),
  },
  neat: {
    population: whole("Population", 10, 2000),
    sigma: real("Mutation strength", 0.01, 20, "any"),
    add_node: real("New nodes", 0, 1, 0.01),
    add_connection: real("New connections", 0, 1, 0.01),
    steps: whole("Generations at most", 1, 1000000),
  },
};
const WEIGHTS = 3000;

// What the fields say at first.
export function valuesOf(order) {
  const values = { seed: order.seed };
  for (const name of Object.keys(FIELDS[order.mode])) {
    if (name === "steps") values.steps = String(order.steps);
    else if (name === "hidden") values.hidden = order.network.sizes.slice(1, -1).join(", ");
    else values[name] = String(order.keys[name] ?? "");
  }
  return values;
}

function numberOf(name, field, text) {
  const value = Number(text), whole = field.whole && !Number.isInteger(value);
  if (text.trim() === "" || Number.isNaN(value) || value < field.least || value > field.most || whole)
    throw new Error(
      `${field.label}: a ${field.whole ? "whole " : ""}number from ${field.least} to ${field.most} was wanted, got ` +
      `${text.trim().slice(0, 30) || "nothing"}.`);
  return value;
}

function seedOf(text) {
  if (!/^\d{1,20}$/.test(text.trim()) || BigInt(text.trim()) >= 1n << 64n)
    throw new Error(`Seed: a whole number from 0 to 18446744073709551615 was wanted, got ${text.trim().slice(0, 30) || "nothing"}.`);
  return String(BigInt(text.trim()));
}

function layersOf(text, network) {
  const widths = text.split(/[\s,]+/).filter(Boolean).map(Number);
  if (widths.some((n) => !Number.isInteger(n) || n < 1 || n > 64) || widths.length > 4)
    throw new Error(`Hidden nodes: up to four whole numbers from 1 to 64 were wanted, got ${text.slice(0, 30)}.`);
  const sizes = [network.sizes[0], ...widths, network.sizes.at(-1)];
  const weights = sizes.slice(1).reduce((sum, n, k) => sum + n * (sizes[k] + 1), 0);
  if (weights > WEIGHTS)
    throw new Error(`Hidden nodes: a network of up to ${WEIGHTS} weights was wanted, got ${weights}.`);
  return sizes;
}

// The order that the fields ask for; an error with one sentence where they ask for what cannot be.
export function orderOf(preset, values) {
  const order = structuredClone(preset);
  order.seed = seedOf(values.seed ?? "");
  for (const [name, field] of Object.entries(FIELDS[order.mode])) {
    const text = values[name] ?? "";
    if (name === "hidden") order.network.sizes = layersOf(text, preset.network);
    else if (field.empty && text.trim() === "") order.keys[name] = null;
    else if (name === "steps") order.steps = numberOf(name, field, text);
    else order.keys[name] = numberOf(name, field, text);
  }
  return order;
}

// The part of the address behind #: task and mode, and what differs from the preset.
export function linkOf(preset, values) {
  const first = valuesOf(preset), said = new URLSearchParams({ task: preset.task, mode: preset.mode });
  for (const [name, text] of Object.entries(values)) if (name === "seed" || text !== first[name]) said.set(name, text);
  return `#${said}`;
}

export function fromLink(hash, orders) {
  const said = new URLSearchParams(hash.replace(/^#/, "")), task = said.get("task"), mode = said.get("mode");
  if (!orders[task]?.[mode]) return null;
  const values = valuesOf(orders[task][mode]);
  for (const name of Object.keys(values)) if (said.has(name)) values[name] = said.get(name);
  return { task, mode, values };
}
