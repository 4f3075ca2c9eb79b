# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""EvoTorch 0.6.1, set up as its documentation shows (docs.evotorch.ai).

"Defining Problems" (a vectorised fitness), the reference of GeneticAlgorithm (mutation alone makes
it a simple evolution strategy; `re_evaluate=False` for a fitness without noise), and "Quickstart"
(SNES with `stdev_init=5` round bounds of 1).
"""

from collections.abc import Callable
from typing import Any

import torch
from evotorch import Problem
from evotorch.algorithms import SNES, GeneticAlgorithm
from evotorch.decorators import vectorized
from evotorch.operators import GaussianMutation
from torch import Tensor

from .problems import (
    MLP_POPULATION,
    MLP_WEIGHTS,
    SOLVE_GENERATIONS,
    SOLVE_POPULATION,
    XOR_SOLVED,
    XOR_WEIGHTS,
    Case,
    Solved,
)
from .torch_losses import MlpLosses, xor_losses

torch.set_num_threads(1)


def searcher(
    algorithm: str,
    losses: Callable[[Tensor], Tensor],
    weights: int,
    population: int,
    sigma: float,
    seed: int = 1,
) -> Any:
    def fitness(genomes: Tensor) -> Tensor:
        return losses(genomes)

    bounds = (-1.7 * sigma, 1.7 * sigma)  # as wide as a normal distribution of `sigma`
    problem = Problem(
        "min", vectorized(fitness), solution_length=weights, initial_bounds=bounds, seed=seed
    )
    if algorithm == "SNES":
        return SNES(problem, stdev_init=5 * sigma, popsize=population)
    mutation = GaussianMutation(problem, stdev=sigma)
    return GeneticAlgorithm(problem, popsize=population, operators=[mutation], re_evaluate=False)


def xor(algorithm: str, population: int) -> Case:
    search = searcher(algorithm, xor_losses, XOR_WEIGHTS, population, 1.0)
    return Case(lambda: search.run(20), 20)


def mlp(algorithm: str) -> Case:
    search = searcher(algorithm, MlpLosses(), MLP_WEIGHTS, MLP_POPULATION, 0.05)
    return Case(lambda: search.run(1), 1)


def solve(algorithm: str, seed: int) -> Solved:
    search = searcher(algorithm, xor_losses, XOR_WEIGHTS, SOLVE_POPULATION, 1.0, seed + 1)
    generation, best = 0, float("inf")
    while best >= XOR_SOLVED and generation < SOLVE_GENERATIONS:
        search.step()
        generation, best = generation + 1, float(search.status["best_eval"])
    return Solved(best, generation * SOLVE_POPULATION)
