# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Why `vynapse.minimize` takes SNES unless told otherwise: strategies on four functions.

    python benchmarks/minimise.py

Each row: how many of 10 seeds reach 1e-6 within 3,000 evaluations per dimension from a start in
[-3, 3]^p with sigma 1, and the median evaluations of those that do.
"""

import statistics
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

import vynapse

Points = npt.NDArray[np.float64]
SEEDS = range(10)
STRATEGIES: tuple[str, ...] = ("snes", "cma-es", "mu,lambda", "generational")


def sphere(x: Points) -> Points:
    """Sum of squares; (g, p) -> (g,)."""
    return np.asarray((x**2).sum(axis=1))


def ellipsoid(x: Points) -> Points:
    """Sum of squares with weights from 1 to 10^6."""
    weights = 10 ** np.linspace(0, 6, x.shape[1])
    return np.asarray((weights * x**2).sum(axis=1))


def rosenbrock(x: Points) -> Points:
    """A bent valley with its end at (1, ..., 1)."""
    return np.asarray((100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2).sum(axis=1))


def rastrigin(x: Points) -> Points:
    """A sphere with a lattice of local minima."""
    return np.asarray((x**2 - 10 * np.cos(2 * np.pi * x) + 10).sum(axis=1))


def evaluations(function: Callable[[Points], Points], p: int, strategy: str) -> list[int]:
    """Of the seeds that reach 1e-6."""
    counts = []
    for seed in SEEDS:
        start = np.random.default_rng(seed).uniform(-3, 3, p)
        result = vynapse.minimize(
            function, start, sigma=1.0, strategy=strategy, evaluations=3000 * p, target=1e-6,
            seed=seed, batched=True,
        )  # fmt: skip
        if result.stop == "target":
            counts.append(result.evaluations)
    return counts


def main() -> None:
    print("| function | p |", " | ".join(STRATEGIES), "|")
    print("| --- |" + " --- |" * (1 + len(STRATEGIES)))
    for function in (sphere, ellipsoid, rosenbrock, rastrigin):
        for p in (2, 5, 10):
            cells = []
            for strategy in STRATEGIES:
                counts = evaluations(function, p, strategy)
                median = f", {statistics.median(counts):,.0f}" if counts else ""
                cells.append(f"{len(counts)}/{len(SEEDS)}{median}")
            print(f"| {function.__name__} | {p} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
