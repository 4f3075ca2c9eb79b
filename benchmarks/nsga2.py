# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Hypervolume of NSGA-II on ZDT1 to ZDT3 after 25,000 evaluations, beside pymoo.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install pymoo
    python benchmarks/nsga2.py --peers-python /tmp/peers/bin/python

pymoo has an environment of its own; this script runs itself there for the peer's part. Both solve
the same 30 parameters with population 100, 250 generations, simulated binary crossover of index 15
with probability 0.9 and polynomial mutation of index 20 with probability 1/30 per parameter. Last
populations of both are measured by `vynapse.evolution.hypervolume` against the point (1.1, 1.1).
"""

import argparse
import importlib
import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

import numpy as np

PARAMETERS, POPULATION, GENERATIONS = 30, 100, 250
REFERENCE = (1.1, 1.1)


def zdt(name: str) -> Callable[[np.ndarray], np.ndarray]:
    """A problem of Zitzler, Deb & Thiele (2000): (g, p) in [0, 1] -> two objectives (g, 2)."""

    def shape(f: np.ndarray, g: np.ndarray) -> np.ndarray:
        ratio = f / g
        if name == "zdt1":
            return np.asarray(1 - np.sqrt(ratio))
        if name == "zdt2":
            return np.asarray(1 - ratio**2)
        return np.asarray(1 - np.sqrt(ratio) - ratio * np.sin(10 * np.pi * f))

    def objectives(genomes: np.ndarray) -> np.ndarray:
        wide = genomes.astype(np.float64)
        g = 1 + 9 * wide[:, 1:].mean(axis=1)
        return np.stack([wide[:, 0], g * shape(wide[:, 0], g)], axis=1)

    return objectives


NAMES = ("zdt1", "zdt2", "zdt3")


def vynapse_front(name: str, seed: int) -> np.ndarray:
    from vynapse.evolution.measured import Measured
    from vynapse.evolution.nsga2 import Nsga2
    from vynapse.seeding import Streams

    problem = zdt(name)
    low, high = np.zeros(PARAMETERS, np.float32), np.ones(PARAMETERS, np.float32)
    algorithm = Nsga2(low, high, Streams(seed), population=POPULATION)
    for _ in range(GENERATIONS):
        genomes = algorithm.ask()
        algorithm.tell(genomes, Measured.by_objectives(problem(genomes)))
    return algorithm.front()[1]


def pymoo_front(name: str, seed: int) -> np.ndarray:
    # absent from the environment that this file is checked in
    nsga2 = importlib.import_module("pymoo.algorithms.moo.nsga2")
    problems = importlib.import_module("pymoo.core.problem")
    crossover = importlib.import_module("pymoo.operators.crossover.sbx")
    mutation = importlib.import_module("pymoo.operators.mutation.pm")
    optimize = importlib.import_module("pymoo.optimize")
    objectives = zdt(name)

    class Zdt(problems.Problem):  # type: ignore[name-defined, misc]
        def _evaluate(self, x: np.ndarray, out: dict[str, Any], *_: Any, **__: Any) -> None:
            out["F"] = objectives(x)

    algorithm = nsga2.NSGA2(
        pop_size=POPULATION,
        crossover=crossover.SBX(prob=0.9, eta=15),
        mutation=mutation.PM(prob=1.0, prob_var=1 / PARAMETERS, eta=20),
    )
    problem = Zdt(n_var=PARAMETERS, n_obj=2, xl=0.0, xu=1.0)
    result = optimize.minimize(problem, algorithm, ("n_gen", GENERATIONS), seed=seed)
    if result.algorithm.evaluator.n_eval != POPULATION * GENERATIONS:
        raise SystemExit("pymoo did another number of evaluations")
    return np.asarray(result.F)


def fronts(solve: Callable[[str, int], np.ndarray], seeds: int) -> dict[str, Any]:
    """Last fronts of every problem and seed, and the seconds of one run."""
    begin = time.process_time()
    found = {name: [solve(name, seed).tolist() for seed in range(seeds)] for name in NAMES}
    seconds = (time.process_time() - begin) / (seeds * len(NAMES))
    return {"fronts": found, "seconds": seconds}


def hypervolumes(result: dict[str, Any], name: str) -> np.ndarray:
    from vynapse.evolution.hypervolume import hypervolume

    return np.array([hypervolume(np.array(f), REFERENCE) for f in result["fronts"][name]])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers-python", help="the Python of an environment with pymoo")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        print(json.dumps(fronts(pymoo_front, options.seeds)))
        return
    if options.peers_python is None:
        parser.error(f"--peers-python is needed:\n{__doc__}")
    command = [options.peers_python, __file__, "--peer", "--seeds", str(options.seeds)]
    peer = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    ours = fronts(vynapse_front, options.seeds)
    print(f"| hypervolume, median of seeds 0 to {options.seeds - 1} | vynapse | pymoo | ratio |")
    print("| --- | --- | --- | --- |")
    for name in NAMES:
        mine, its = hypervolumes(ours, name), hypervolumes(peer, name)
        cells = [f"{np.median(v):.4f} ({v.min():.4f} to {v.max():.4f})" for v in (mine, its)]
        print(f"| {name} | {' | '.join(cells)} | {np.median(mine) / np.median(its):.4f} |")
    times = f"{ours['seconds']:.2f} | {peer['seconds']:.2f}"
    print(f"| CPU seconds a run | {times} | {ours['seconds'] / peer['seconds']:.2f} |")


if __name__ == "__main__":
    main()
