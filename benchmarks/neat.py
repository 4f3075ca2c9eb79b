# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
# mypy: ignore-errors
# The peers have no types.
"""Mode neat beside neat-python, in one run on one core: XOR and CartPole.

    pip install neat-python gymnasium
    python benchmarks/neat.py [SEEDS] > benchmarks/results/neat.md

Whole generations are timed: measuring, selection, reproduction, speciation, and here what a run
keeps of each. The rates of neat-python are those of its own XOR example. Both sides run in turn,
and the best of their runs count: other work of the machine can only make one longer. XOR is solved
by the same criterion on both sides: the best genome of a generation has all four outputs on the
right side of 0.5. Of that genome hidden nodes are counted, and those of them on an enabled path
from an input to the output.
"""

import os
import statistics
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.pop(0)  # this file has the name of the package

import gymnasium
import neat
import numpy as np

from vynapse.experiment.config import load_recipe
from vynapse.experiment.plan import prepare

REPEATS = 5
PATTERNS = [((0.0, 0.0), 0.0), ((0.0, 1.0), 1.0), ((1.0, 0.0), 1.0), ((1.0, 1.0), 0.0)]
LIMIT = 300

CONFIG = """
[NEAT]
fitness_criterion = max
fitness_threshold = 100
pop_size = {population}
reset_on_extinction = False
no_fitness_termination = True
[DefaultGenome]
activation_default = sigmoid
activation_mutate_rate = 0.0
activation_options = sigmoid
aggregation_default = sum
aggregation_mutate_rate = 0.0
aggregation_options = sum
bias_init_mean = 0.0
bias_init_stdev = 1.0
bias_init_type = gaussian
bias_max_value = 30.0
bias_min_value = -30.0
bias_mutate_power = 0.5
bias_mutate_rate = 0.7
bias_replace_rate = 0.1
compatibility_disjoint_coefficient = 1.0
compatibility_excess_coefficient = 1.0
compatibility_weight_coefficient = 0.5
compatibility_include_node_genes = True
compatibility_enable_penalty = 0.0
conn_add_prob = 0.5
conn_delete_prob = 0.5
enabled_default = True
enabled_mutate_rate = 0.01
enabled_rate_to_true_add = 0.0
enabled_rate_to_false_add = 0.0
feed_forward = True
initial_connection = full
node_add_prob = 0.2
node_delete_prob = 0.2
num_hidden = 0
num_inputs = {inputs}
num_outputs = 1
response_init_mean = 1.0
response_init_stdev = 0.0
response_init_type = gaussian
response_max_value = 30.0
response_min_value = -30.0
response_mutate_power = 0.0
response_mutate_rate = 0.0
response_replace_rate = 0.0
single_structural_mutation = False
structural_mutation_surer = default
weight_init_mean = 0.0
weight_init_stdev = 1.0
weight_init_type = gaussian
weight_max_value = 30
weight_min_value = -30
weight_mutate_power = 0.5
weight_mutate_rate = 0.8
weight_replace_rate = 0.1
[DefaultSpeciesSet]
compatibility_threshold = 3.0
[DefaultStagnation]
species_fitness_func = max
max_stagnation = 20
species_elitism = 2
[DefaultReproduction]
elitism = 2
survival_threshold = 0.2
min_species_size = 2
"""


def at_work(edges, inputs, output):
    """Hidden nodes on a path from an input to the output."""

    def reached(begin, pairs):
        found = set(begin)
        while more := {to for origin, to in pairs if origin in found} - found:
            found |= more
        return found

    ahead = reached(inputs, edges)
    behind = reached([output], [(to, origin) for origin, to in edges])
    return len((ahead & behind) - {*inputs, output})


def configuration(population, inputs):
    with tempfile.NamedTemporaryFile("w", suffix=".cfg", delete=False) as file:
        file.write(CONFIG.format(population=population, inputs=inputs))
    try:
        return neat.Config(
            neat.DefaultGenome,
            neat.DefaultReproduction,
            neat.DefaultSpeciesSet,
            neat.DefaultStagnation,
            file.name,
        )
    finally:
        Path(file.name).unlink()


def theirs(population, seed, generations, stop_when_solved):
    """Seconds of each generation, which one solved XOR, the solver's hidden nodes, and those of
    them that work; None where it was not solved.
    """
    import random

    random.seed(seed)
    config = configuration(population, 2)
    search, times, found = neat.Population(config), [], []

    def measure(genomes, config):
        for _, genome in genomes:
            network = neat.nn.FeedForwardNetwork.create(genome, config)
            outputs = [network.activate(inputs)[0] for inputs, _ in PATTERNS]
            pairs = list(zip(outputs, PATTERNS, strict=True))
            genome.fitness = 4.0 - sum((output - wanted) ** 2 for output, (_, wanted) in pairs)
            right = all((output > 0.5) == (wanted > 0.5) for output, (_, wanted) in pairs)
            genome.solves = right
        best = max((genome for _, genome in genomes), key=lambda genome: genome.fitness)
        if best.solves and not found:
            edges = [pair for pair, gene in best.connections.items() if gene.enabled]
            works = at_work(edges, (-1, -2), 0)
            found.append((len(times) + 1, len(best.nodes) - 1, works))

    for _ in range(generations):
        begin = time.process_time()
        search.run(measure, 1)
        times.append(time.process_time() - begin)
        if found and stop_when_solved:
            break
    return times, *(found[0] if found else (None, None, None))


def ours(population, seed, generations, stop_when_solved):
    keys = [f"population={population}", f"budget={{steps: {generations}, target: null}}"]
    recipe = load_recipe("xor", "neat", seed=seed, overrides=keys)
    trainer, _ = prepare(recipe).build(0, None)
    times = []
    for _ in range(generations):
        begin = time.process_time()
        report = trainer.step()
        times.append(time.process_time() - begin)
        if "solved_step" in report.metrics and stop_when_solved:
            best = trainer.winner().structure
            edges = [(gene.source, gene.target) for gene in best.connections if gene.enabled]
            solved = int(report.metrics["solved_step"])
            return times, solved, best.hidden, at_work(edges, (0, 1, 2), 3)
    return times, None, None, None


def cartpole_theirs(seconds=4.0):
    """Environment steps per second of evaluating a first generation, one episode each."""
    config, environment, steps = configuration(50, 4), gymnasium.make("CartPole-v1"), 0
    search = neat.Population(config)
    begin = time.process_time()
    while time.process_time() - begin < seconds:
        for seed, genome in enumerate(search.population.values()):
            network = neat.nn.FeedForwardNetwork.create(genome, config)
            seen, _ = environment.reset(seed=seed)
            over = False
            while not over:
                seen, _, ended, cut, _ = environment.step(int(network.activate(seen)[0] > 0.5))
                steps, over = steps + 1, ended or cut
    return steps / (time.process_time() - begin)


def cartpole_ours(seconds=4.0):
    recipe = load_recipe("cartpole", "neat", overrides=["population=1000", "episodes=1"])
    trainer, _ = prepare(recipe).build(0, None)
    objective, steps = None, 0
    begin = time.process_time()
    while time.process_time() - begin < seconds:
        report = trainer.step()
        objective = report.cost.env_steps
        steps = objective
    return steps / (time.process_time() - begin)


def main():
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    # REUSE-IgnoreStart
    print("<!-- SPDX-FileCopyrightText: 2026 Vynapse contributors -->")
    print("<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n")
    # REUSE-IgnoreEnd
    print("# Mode neat beside neat-python\n")
    print(f"`python benchmarks/neat.py {seeds}`, one core, neat-python {version('neat-python')},")
    print(f"NumPy {np.__version__}, Gymnasium {version('gymnasium')}. The machine was loaded by")
    print(
        f"other work; times are those of the processor, {REPEATS} runs of both sides in turn, the"
    )
    print("best of each. The speed of a run is that of all its generations. As neat-python slows")
    print("down in a run, the last column compares with its first tenth of generations alone.\n")
    print("| XOR, generations/s | neat-python | mode neat | ratio | ratio to its first tenth |")
    print("| --- | --- | --- | --- | --- |")
    for population, count in ((150, 200), (1000, 60), (10_000, 15)):
        runs = [], []
        for _ in range(REPEATS):
            for own, solve in zip(runs, (theirs, ours), strict=True):
                own.append(solve(population, 1, count, False)[0])
        speeds = [1 / min(statistics.mean(times) for times in own) for own in runs]
        begun = 1 / min(statistics.mean(times[: len(times) // 10]) for times in runs[0])
        print(f"| population {population:,} | {speeds[0]:.3g} | {speeds[1]:.3g} | "
              f"{speeds[1] / speeds[0]:.0f} | {speeds[1] / begun:.0f} |")  # fmt: skip
    print("\n| XOR solved, population 150 | neat-python | mode neat |\n| --- | --- | --- |")
    runs = [
        [solve(150, seed, LIMIT, True)[1:] for seed in range(seeds)] for solve in (theirs, ours)
    ]
    solved = [[run for run in own if run[0] is not None] for own in runs]
    counts = [f"{len(own)} of {seeds}" for own in solved]
    print(f"| within {LIMIT} generations | {counts[0]} | {counts[1]} |")
    for place, what in enumerate(("generations", "hidden nodes", "hidden nodes at work")):
        middle, mean = (
            [how(run[place] for run in own) for own in solved]
            for how in (statistics.median, statistics.mean)
        )
        cells = " | ".join(f"{one:g} ({two:.3g})" for one, two in zip(middle, mean, strict=True))
        print(f"| {what}, median (mean) | {cells} |")
    speeds = cartpole_theirs(), cartpole_ours()
    print("\n| CartPole | neat-python | mode neat | ratio |\n| --- | --- | --- | --- |")
    ratio = speeds[1] / speeds[0]
    print(f"| environment steps/s, whole generations | {speeds[0]:,.0f} | {speeds[1]:,.0f} | "
          f"{ratio:.0f} |")  # fmt: skip


if __name__ == "__main__":
    main()
