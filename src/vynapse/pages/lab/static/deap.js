// Mode deap: the loop of PopulationTrainer (trainers/population.py) round the kernels.
import { childOf, decoded, halves } from "./engine.js";
import { graphOfLayers, hashOfLayers, initialWeights, kindOf } from "./networks.js";

const ADAPTATIONS = ["none", "decay", "self"];

export class Deap {
  // An order: task, seed, steps, target and keys; `data` are the examples of the task.
  constructor(engine, order, data) {
    this.engine = engine;
    this.order = order;
    this.episodes = data.episodes;
    this.layers = order.network;
    this.seed = BigInt(order.seed);
    this.own = childOf(this.seed, "stages.0");
    this.generation = this.restarts = this.lastWaited = 0;
    this.begun = false;
    this.best = Infinity; // what counted as improvement last
    this.improves = Boolean(data.validationIsTrain);
    const place = this.place(data);
    this.parameters = place;
    this.sigma = order.keys.sigma ?? 3 / Math.sqrt(place);
    this.spread = order.keys.initial_sigma ?? 3 / Math.sqrt(place);
    this.law();
    if (this.episodes) engine.do.dense_shape();
    this.start = initialWeights(engine, this.seed, this.layers, 0);
    this.candidate = this.champion = this.start;
    this.candidateLoss = this.loss = Infinity;
    this.one = engine.put(this.start);
    this.losses = engine.room(8 * (2 * order.keys.mu + 2 * order.keys.offspring + 8));
    this.crown(this.start, this.scoreOf(this.start));
  }

  place(data) {
    const { engine, layers } = this, sizes = engine.put(Int32Array.from(layers.sizes));
    let parameters = 0;
    ["train", "validation"].forEach((name, which) => {
      const split = data[name] ?? { inputs: "", examples: 0 };
      const put = (text, Kind) => (text ? engine.put(decoded(text, Kind)) : 0);
      parameters = engine.do.evolve_problem(
        which, sizes, layers.sizes.length - 1, put(split.inputs, Float32Array),
        put(split.targets, Float32Array), put(split.labels, Int32Array), split.examples,
        layers.bias ? 1 : 0, kindOf(layers.hidden), kindOf(layers.output), split.labels ? 1 : 0);
    });
    return parameters;
  }

  law() {
    const { engine, own, parameters } = this, keys = this.order.keys;
    const numbers = [
      keys.mu, keys.offspring, keys.mu, keys.tournament_size, ADAPTATIONS.indexOf(keys.adaptation),
      keys.crossover_rate, keys.mutation_rate, keys.sigma_min, 1 / Math.sqrt(2 * parameters),
      keys.min_delta, this.episodes ? 0 : keys.restart_patience ?? 0, ...halves(own),
      engine.word("evolution.uniform"), engine.word("evolution.normal"),
    ];
    engine.do.evolve_law(engine.put(Float64Array.from(numbers)));
  }

  get over() {
    const { target, steps } = this.order;
    if (target != null && this.loss < target) return "target";
    return this.generation >= steps ? "steps" : "";
  }

  // Generations up to the end of a call, the next candidate, or the last one.
  due() {
    const done = this.generation, each = this.order.keys.generations_per_call;
    let end = (Math.floor(done / each) + 1) * each;
    if (!this.improves) {
      const every = this.order.keys.evaluate_every;
      end = Math.min(end, Math.ceil(done / every) * every + 1);
    }
    return Math.min(end, this.order.steps) - done;
  }

  // Up to `most` generations; what they did.
  step(most = Infinity) {
    const made = this.episodes ? this.generationOfEpisodes() : this.generations(Math.min(most, this.due()));
    if (made.loss < this.candidateLoss || this.episodes) {
      this.candidate = made.genome;
      this.candidateLoss = made.loss;
      if (this.improves) this.score();
    }
    if (!this.improves && (this.generation - 1) % this.order.keys.evaluate_every === 0) {
      this.score();
      this.candidateLoss = Infinity;
    }
    return made;
  }

  score() {
    const loss = this.scoreOf(this.candidate);
    if (loss < this.loss) this.crown(this.candidate, loss);
  }

  crown(genome, loss) {
    this.champion = genome;
    this.loss = loss;
    this.renewed = true;
  }

  scoreOf(genome) {
    const { engine } = this;
    this.take(genome);
    if (!this.episodes) return engine.do.evolve_measure(1, this.one);
    return this.play(this.one, 1, this.episodes.validation, engine.seedFor(0n, "control.validation"))[0];
  }

  play(genomes, count, episodes, seed) {
    const { engine } = this;
    engine.do.dense_play(genomes, count, episodes, ...halves(seed), engine.word("control.starts"), this.losses);
    return engine.doubles(this.losses, count);
  }

  generations(most) {
    const target = this.improves && this.order.target != null ? this.order.target : -Infinity;
    const made = { loss: Infinity, genome: null, best: [], mean: [], sigma: [] };
    let left = most, last = Infinity;
    while (left > 0 && (left === most || last >= target)) {
      const rows = this.begun ? this.evolve(Math.min(left, 1024), target) : this.begin();
      last = this.collect(rows, made);
      left -= rows;
    }
    this.generation += most - left;
    return made;
  }

  begin() {
    const { engine } = this;
    this.take(this.centre());
    if (!engine.do.evolve_first(this.one, this.spread, this.sigma)) throw new Error(NOTHING_FINITE);
    this.begun = true;
    return 1;
  }

  take(genome) {
    this.engine.floats(this.one, this.parameters).set(genome);
  }

  centre() {
    if (!this.restarts) return this.start;
    return initialWeights(this.engine, this.own, this.layers, this.restarts);
  }

  evolve(most, target) {
    const { engine } = this, patience = this.order.keys.restart_patience;
    const rows = engine.do.evolve_run(most, target);
    if (engine.do.evolve_stop() === 3) throw new Error(NOTHING_FINITE);
    if (patience && engine.do.evolve_waited() >= patience) this.restart();
    return rows;
  }

  restart() {
    this.restarts++;
    this.begun = false;
  }

  // Put the history of a call behind that of the calls before it.
  collect(rows, made) {
    const { engine } = this, loss = engine.do.evolve_champion_loss();
    made.best.push(...engine.floats(engine.do.evolve_best(), rows));
    made.mean.push(...engine.doubles(engine.do.evolve_mean(), rows));
    made.sigma.push(...engine.doubles(engine.do.evolve_sigma(), rows));
    if (loss < made.loss) {
      made.loss = loss;
      made.genome = engine.floats(engine.do.evolve_champion(), this.parameters).slice();
    }
    return loss;
  }

  // One generation that plays episodes of its own; parents play once more with their children.
  generationOfEpisodes() {
    const { engine, parameters } = this, keys = this.order.keys, again = this.begun ? keys.mu : 0;
    if (!this.begun) this.take(this.centre());
    const count = this.begun ? engine.do.evolve_breed(again) : engine.do.evolve_begin(this.one, this.spread);
    const rows = engine.do.evolve_rows(), seed = engine.seedFor(this.own, "evolution.episodes", this.generation);
    const losses = this.play(rows, count, keys.episodes, seed).slice();
    const best = losses.indexOf(Math.min(...losses));
    const genome = engine.floats(rows + 4 * best * parameters, parameters).slice();
    engine.do.evolve_tell(this.losses, count, again, this.begun ? 0 : this.sigma);
    this.begun = true;
    this.generation++;
    this.stagnation(losses[best]);
    const mean = losses.reduce((a, b) => a + b, 0) / count;
    const sigma = engine.doubles(engine.do.evolve_sigma(), 1)[0];
    return { loss: losses[best], genome, best: [losses[best]], mean: [mean], sigma: [sigma] };
  }

  stagnation(loss) {
    const { restart_patience: patience, min_delta: delta } = this.order.keys;
    if (this.best === Infinity || loss < this.best - delta * Math.abs(this.best)) {
      this.best = loss;
      this.lastWaited = 0;
    } else this.lastWaited++;
    if (patience && this.lastWaited >= patience) {
      this.best = Infinity;
      this.lastWaited = 0;
      this.restart();
    }
  }

  hash() {
    return hashOfLayers(this.layers, this.champion);
  }

  graph() {
    return graphOfLayers(this.layers, this.champion);
  }
}

const NOTHING_FINITE = "no network of a generation has a finite loss: make sigma smaller";
