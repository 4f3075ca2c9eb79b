# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Vynapse: the trainer of mode deap, and the training kernel.

Populations have 20 % parents, as in the preset. Rates are those of one endless search, hence
without restarts; XOR is solved with the preset as it is. VYNAPSE_KERNELS=numpy is set from without.
"""

import numpy as np

from vynapse.core import Budget, Split, SupervisedTask, Trainer, run
from vynapse.kernels import native
from vynapse.kernels.train import Problem, Rule, Training, fresh
from vynapse.networks.mlp import MLP
from vynapse.networks.state import initial_state
from vynapse.seeding import Streams
from vynapse.settings import validate
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.registry import make_task
from vynapse.trainers.deap import build
from vynapse.trainers.deap_settings import DeapSettings
from vynapse.trainers.mode import Stage

from .problems import (
    CLASSES,
    HIDDEN,
    INPUTS,
    MLP_POPULATION,
    SOLVE_EVALUATIONS,
    XOR_SOLVED,
    XOR_WEIGHTS,
    XOR_X,
    XOR_Y,
    Case,
    Solved,
    mlp_rows,
)


def trainer(
    task: SupervisedTask, sizes: tuple[int, ...], seed: int, budget: Budget, **keys: object
) -> Trainer:
    streams = Streams(seed)
    network = initial_state(MLP(sizes=sizes).fit(task.interface()), streams)
    stage = Stage(task, network, True, streams, budget=budget)
    own = {key: keys.pop(key) for key in [*keys] if key in DeapSettings.model_fields}
    return build(stage, validate(DeapSettings, {**own, "strategy": keys}, "deap"))


def endless(
    task: SupervisedTask, sizes: tuple[int, ...], population: int, count: int, **keys: object
) -> Case:
    """Calls of `count` generations."""
    made = trainer(
        task, sizes, 0, Budget(), mu=population // 5, offspring=population, restart_patience=None,
        generations_per_call=count, evaluate_every=count, **keys,
    )  # fmt: skip
    done = 0

    def step() -> None:
        nonlocal done
        done += count
        while made.step().step < done:
            pass

    return Case(step, count)


def xor(_algorithm: str, population: int) -> Case:
    return endless(make_task("xor", {}), (2, 2, 1), population, 1000)


def mlp(_algorithm: str) -> Case:
    inputs, labels = mlp_rows()
    task = ArrayTask(
        "rows", Splits(Split(inputs, labels)), input_shape=(INPUTS,), output_size=CLASSES,
        loss="cross_entropy", classes=tuple("0123456789"),
    )  # fmt: skip
    return endless(
        task, (INPUTS, HIDDEN, CLASSES), MLP_POPULATION, 1, sigma=0.02, initial_sigma=0.05
    )


def solve(_algorithm: str, seed: int) -> Solved:
    budget = Budget(forwards=SOLVE_EVALUATIONS * len(XOR_Y), target=XOR_SOLVED)
    report = run(trainer(make_task("xor", {}), (2, 2, 1), seed, budget), budget).report
    if report is None:
        raise RuntimeError("a search makes at least one step")
    return Solved(report.loss, (report.cost.forwards or 0) // len(XOR_Y))


def train(_algorithm: str) -> Case:
    problem = Problem((2, 2, 1), "tanh", "sigmoid", True, "mse", XOR_X, XOR_Y[:, None])
    training = Training(problem, Rule("adam"), native.status().library)
    learner = fresh(np.random.default_rng(0).standard_normal(XOR_WEIGHTS, np.float32))
    rates = np.full(10_000 if native.status().library else 200, 0.01)
    return Case(lambda: training.run(learner, rates), len(rates))
