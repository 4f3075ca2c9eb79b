// Mode neat: the loop of PopulationTrainer (trainers/population.py) round the kernels.
import { childOf, decoded, halves } from "./engine.js";
import { genomeAt, graphOfGenome, hashOfGenome, kindOf } from "./networks.js";

const KEYS = [
  "excess", "disjoint", "weight_difference", "small_genome", "compatibility_threshold", "target_species",
  "threshold_step", "survival_threshold", "champion_size", "stagnation", "protected_species",
  "population_stagnation", "refocus_species", "mutation_only", "interspecies", "averaging", "disabled",
  "weight_mutation", "perturbation", "toggle", "activation_mutation", "delete_connection", "delete_node",
  "add_connection", "add_node", "sigma", "replacement", "initial_weight", "weight_limit", "connection_tries",
];
const STREAMS = ["decisions", "crossing", "weights", "normal", "links", "representatives", "initial"];
const SPREAD = 2.5; // half width of the weights of the network that a run begins with

export class Neat {
  constructor(engine, order, data) {
    this.engine = engine;
    this.order = order;
    this.episodes = data.episodes;
    this.seed = BigInt(order.seed);
    this.own = childOf(this.seed, "stages.0");
    this.generation = 0;
    this.improves = Boolean(data.validationIsTrain);
    this.loss = this.candidateLoss = Infinity;
    const { inputs, outputs } = order.network, genes = (inputs + 1) * outputs;
    const drawn = engine.uniform(this.seed, "network.initial", 0, 0, genes);
    const weights = drawn.map((x) => Math.fround(Math.fround(2 * x) - 1) * SPREAD);
    engine.do.neat_begin(engine.put(this.numbers()), engine.put(weights));
    if (!this.episodes) ["train", "validation"].forEach((name, which) => this.batch(data[name], which));
    this.score();
  }

  numbers() {
    const { engine, own } = this, { keys, network } = this.order;
    const given = { ...keys, target_species: keys.target_species ?? 0 };
    return Float64Array.from([
      keys.population, network.inputs, network.outputs, kindOf(network.output), kindOf(keys.activation),
      ...KEYS.map((name) => given[name]), keys.perturbation_kind === "normal" ? 1 : 0, ...halves(own),
      ...STREAMS.map((name) => engine.word(`neat.${name}`)),
    ]);
  }

  // Examples beside each other, one row for each input, padded to whole vectors.
  batch(split, which) {
    const { engine } = this, { inputs } = this.order.network, count = split.examples;
    const span = engine.do.neat_span(), stride = Math.ceil(count / span) * span;
    const given = decoded(split.inputs, Float32Array), turned = new Float32Array(inputs * stride);
    for (let b = 0; b < count; b++)
      for (let k = 0; k < inputs; k++) turned[k * stride + b] = given[b * inputs + k];
    const put = (text, Kind) => (text ? engine.put(decoded(text, Kind)) : 0);
    engine.do.neat_batch(which, engine.put(turned), put(split.targets, Float32Array),
      put(split.labels, Int32Array), count, stride);
  }

  get over() {
    const { target, steps } = this.order;
    if (target != null && this.loss < target) return "target";
    return this.generation >= steps ? "steps" : "";
  }

  step() {
    const { engine } = this, { keys } = this.order;
    if (this.episodes) {
      const seed = engine.seedFor(this.own, "evolution.episodes", this.generation);
      engine.do.neat_play(0, keys.episodes, ...halves(seed), engine.word("control.starts"));
    } else engine.do.neat_measure();
    const losses = engine.doubles(engine.do.neat_losses(), keys.population);
    let best = 0, sum = 0, finite = 0;
    losses.forEach((loss, row) => {
      if (!Number.isFinite(loss)) return void (losses[row] = Infinity);
      sum += loss;
      finite++;
      if (loss < losses[best]) best = row;
    });
    if (!finite) throw new Error("no network of a generation has a finite loss: make sigma smaller");
    while (!Number.isFinite(losses[best])) best++;
    const lowest = losses[best], species = engine.do.neat_species();
    const better = lowest < this.candidateLoss || Boolean(this.episodes);
    if (better) engine.do.neat_keep(best);
    engine.do.neat_tell();
    this.generation++;
    if (better) this.candidateLoss = lowest;
    if (this.improves && better) this.score();
    if (!this.improves && (this.generation - 1) % keys.evaluate_every === 0) {
      this.score();
      this.candidateLoss = Infinity;
    }
    return { loss: lowest, best: [lowest], mean: [sum / finite], species: [species] };
  }

  score() {
    const { engine } = this;
    let loss;
    if (this.episodes) {
      const seed = engine.seedFor(0n, "control.validation");
      loss = engine.do.neat_play(1, this.episodes.validation, ...halves(seed), engine.word("control.starts"));
    } else loss = engine.do.neat_score();
    if (!(loss < this.loss)) return;
    this.loss = loss;
    this.champion = genomeAt(engine, engine.do.neat_held());
    this.renewed = true;
  }

  hash() {
    return hashOfGenome(this.champion);
  }

  graph() {
    return graphOfGenome(this.champion);
  }
}
