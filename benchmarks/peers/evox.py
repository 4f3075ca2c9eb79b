# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""EvoX 1.4.0, set up as its documentation shows (evox.readthedocs.io).

"Quick Start" (PSO in a StdWorkflow: `init_step`, then `step`) and the notes of release 1.1.0, which
recommend `torch.compile(workflow.step)`. EvoX has no genetic algorithm of one objective.
"""

from collections.abc import Callable
from typing import Any

import torch
from evox.algorithms import PSO, OpenES
from evox.core import Problem
from evox.workflows import EvalMonitor, StdWorkflow
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


class Population(Problem):  # type: ignore[misc]
    """The losses of a population as EvoX wants them."""

    def __init__(self, losses: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.losses = losses

    def evaluate(self, pop: Tensor) -> Tensor:
        return self.losses(pop)


def algorithm_of(name: str, weights: int, population: int, sigma: float) -> Any:
    if name == "PSO":
        bound = torch.full((weights,), 5 * sigma)
        return PSO(population, lb=-bound, ub=bound)
    centre = sigma * torch.randn(weights)
    return OpenES(population, centre, learning_rate=0.1, noise_stdev=sigma, optimizer="adam")


def steps(step: Callable[[], None], count: int) -> None:
    for _ in range(count):
        step()


def case(
    name: str, losses: Callable[[Tensor], Tensor], weights: int, population: int, sigma: float,
    count: int,
) -> Case:  # fmt: skip
    torch.manual_seed(0)
    workflow = StdWorkflow(algorithm_of(name, weights, population, sigma), Population(losses))
    workflow.init_step()
    step = torch.compile(workflow.step)
    return Case(lambda: steps(step, count), count)


def xor(algorithm: str, population: int) -> Case:
    return case(algorithm, xor_losses, XOR_WEIGHTS, population, 1.0, 20)


def mlp(algorithm: str) -> Case:
    return case(algorithm, MlpLosses(), MLP_WEIGHTS, MLP_POPULATION, 0.05, 1)


SEARCHES: dict[str, Any] = {}
"""Workflow, compiled step and fresh monitor: another workflow would be compiled anew."""


def solve(algorithm: str, seed: int) -> Solved:
    """The best loss is read from the monitor, every ten generations."""
    torch.manual_seed(seed)
    search = algorithm_of(algorithm, XOR_WEIGHTS, SOLVE_POPULATION, 1.0)
    if algorithm not in SEARCHES:
        workflow = StdWorkflow(search, Population(xor_losses), EvalMonitor(full_fit_history=False))
        workflow.init_step()
        SEARCHES[algorithm] = workflow, torch.compile(workflow.step)
    workflow, step = SEARCHES[algorithm]
    workflow.algorithm.load_state_dict(search.state_dict())
    workflow.monitor.topk_fitness.fill_(torch.inf)
    workflow.init_step()
    generation, best = 1, float("inf")
    while best >= XOR_SOLVED and generation < SOLVE_GENERATIONS:
        count = min(10, SOLVE_GENERATIONS - generation)
        steps(step, count)
        generation += count
        best = float(workflow.monitor.get_best_fitness())
    return Solved(best, generation * SOLVE_POPULATION)
