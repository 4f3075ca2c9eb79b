# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""pycma 4.5.0, set up as its documentation shows (cma-es.github.io/apidocs-pycma).

Rates: the ask-and-tell interface, `es.tell(X, losses)`, with all losses from one NumPy call, which
is faster than one call each. Solution: `cma.fmin2` with its own population size and up to nine
restarts of growing populations. Each timed call begins a new search, since a converged one
degenerates.
"""

from typing import Any

import cma  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from .problems import SOLVE_EVALUATIONS, XOR_SOLVED, XOR_WEIGHTS, XOR_X, XOR_Y, Case, Solved

FIRST, SECOND = XOR_X[:, :1].astype(float), XOR_X[:, 1:].astype(float)


def losses(genomes: NDArray[np.float64]) -> NDArray[np.float64]:
    g = genomes[:, None, :]
    hidden = np.tanh(FIRST * g[..., 0:2] + SECOND * g[..., 2:4] + g[..., 4:6])
    out = hidden[..., 0] * g[..., 6] + hidden[..., 1] * g[..., 7] + g[..., 8]
    error = 0.5 + 0.5 * np.tanh(0.5 * out) - XOR_Y
    means: NDArray[np.float64] = (error * error).mean(1)
    return means


def xor(_algorithm: str, population: int) -> Case:
    def run() -> None:
        options = {"popsize": population, "verbose": -9}
        es = cma.CMAEvolutionStrategy(XOR_WEIGHTS * [0.0], 1.0, options)
        for _ in range(50):
            genomes = es.ask()
            es.tell(genomes, losses(np.asarray(genomes)).tolist())

    return Case(run, 50)


def solve(_algorithm: str, seed: int) -> Solved:
    def loss(genome: Any) -> float:
        return float(losses(np.asarray(genome)[None])[0])

    options = {
        "seed": seed + 1,  # 0 means the clock
        "ftarget": XOR_SOLVED,
        "maxfevals": SOLVE_EVALUATIONS,
        "verbose": -9,
        "verb_disp": 0,
        "verb_log": 0,
    }
    start = np.random.default_rng(seed).standard_normal(XOR_WEIGHTS)
    best, es = cma.fmin2(loss, start, 1.0, options, restarts=9)
    return Solved(loss(best), int(es.result.evaluations))
