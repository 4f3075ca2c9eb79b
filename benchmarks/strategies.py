# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evaluations that SNES and CMA-ES need on sphere and ellipsoid, beside peer implementations.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install pints==0.6.1 cmaes==0.13.1
    python benchmarks/strategies.py --peers-python /tmp/peers/bin/python

The peers have an environment of their own; this script runs itself there for their part. SNES of
PINTS and CMA-ES of `cmaes` both keep the rates and the population size of the papers, as we do. All
start from the same standard normal vector of each seed with step size 1, in float64; evaluations
are counted until the best sample of a generation is below 1e-8.
"""

import argparse
import importlib
import json
import math
import subprocess
from collections.abc import Callable
from typing import Any

import numpy as np

DIMENSIONS, TARGET, LIMIT = 10, 1e-8, 100_000
SIZE = 4 + math.floor(3 * math.log(DIMENSIONS))
CONDITION = 10 ** (6 * np.arange(DIMENSIONS) / (DIMENSIONS - 1))

Function = Callable[[np.ndarray], np.ndarray]
FUNCTIONS: dict[str, Function] = {
    "sphere": lambda x: np.asarray((x**2).sum(axis=1)),
    "ellipsoid": lambda x: np.asarray((CONDITION * x**2).sum(axis=1)),
}


def start(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=DIMENSIONS)


def count(ask: Callable[[], Any], tell: Callable[[Any, Any], Any], function: Function) -> int:
    """Evaluations until the target is reached."""
    for evaluations in range(SIZE, LIMIT, SIZE):
        genomes = ask()
        losses = function(np.asarray(genomes))
        if losses.min() < TARGET:
            return evaluations
        tell(genomes, losses)
    raise SystemExit(f"no loss below {TARGET} in {LIMIT} evaluations")


def vynapse(name: str, function: Function, seed: int) -> int:
    from vynapse.evolution.distribution import DistributionSearch
    from vynapse.evolution.measured import Measured
    from vynapse.evolution.strategies.cma_es import CmaEs
    from vynapse.evolution.strategies.snes import Snes
    from vynapse.seeding import Streams

    law = (Snes if name == "SNES" else CmaEs)(Streams(seed), 1.0)
    search = DistributionSearch(lambda _restart: start(seed), law, size=SIZE)
    return count(
        search.ask, lambda genomes, losses: search.tell(genomes, Measured(losses)), function
    )


def peer(name: str, function: Function, seed: int) -> int:
    # absent from the environment that this file is checked in
    if name == "SNES":
        np.random.seed(seed)  # noqa: NPY002 - what PINTS draws from
        snes = importlib.import_module("pints").SNES(start(seed), np.ones(DIMENSIONS))
        snes.set_population_size(SIZE)
        return count(snes.ask, lambda _, losses: snes.tell(losses), function)
    cma = importlib.import_module("cmaes").CMA(start(seed), 1.0, seed=seed, population_size=SIZE)

    def tell(genomes: list[np.ndarray], losses: np.ndarray) -> None:
        cma.tell(list(zip(genomes, losses.tolist(), strict=True)))

    return count(lambda: [cma.ask() for _ in range(SIZE)], tell, function)


def table(solve: Callable[[str, Function, int], int], seeds: int) -> dict[str, list[int]]:
    return {
        f"{name}, {problem}": [solve(name, function, seed) for seed in range(seeds)]
        for name in ("SNES", "CMA-ES")
        for problem, function in FUNCTIONS.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers-python", help="the Python of an environment with the peers")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        print(json.dumps(table(peer, options.seeds)))
        return
    if options.peers_python is None:
        parser.error(f"--peers-python is needed:\n{__doc__}")
    command = [options.peers_python, __file__, "--peer", "--seeds", str(options.seeds)]
    theirs = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    print(f"| evaluations, median (range) of seeds 0 to {options.seeds - 1} ", end="")
    print("| vynapse | peer | ratio |\n| --- | --- | --- | --- |")
    for row, mine in table(vynapse, options.seeds).items():
        cells = [f"{np.median(v):,.0f} ({min(v):,} to {max(v):,})" for v in (mine, theirs[row])]
        ratio = np.median(mine) / np.median(theirs[row])
        print(f"| {row} | {' | '.join(cells)} | {ratio:.3f} |")


if __name__ == "__main__":
    main()
