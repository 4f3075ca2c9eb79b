# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode `nsga2`: the whole trade-off between the objectives of a function."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from vynapse.core import Array, State
from vynapse.errors import ConfigError
from vynapse.evolution.nsga2 import Nsga2
from vynapse.settings import Settings, Size
from vynapse.trainers.evaluated import EvaluatorKeys, function_of, vector_trainer
from vynapse.trainers.mode import Mode, Stage
from vynapse.trainers.population import COLUMNS, PopulationTrainer


class _Nsga2Keys(Settings):
    population: Size = Field(100, ge=2, description="parents, and children of a generation")
    crossover_rate: float = Field(
        0.9, ge=0, le=1, description="probability that a pair is crossed (simulated binary)"
    )
    crossover_eta: float = Field(
        15.0, ge=0, description="index of the crossover; larger is nearer to the parents"
    )
    mutation_rate: float | None = Field(
        None,
        ge=0,
        le=1,
        description="probability that a number is mutated (polynomial); null for 1 / size",
    )
    mutation_eta: float = Field(
        20.0, ge=0, description="index of the mutation; larger is a smaller step"
    )


class Nsga2Settings(EvaluatorKeys, _Nsga2Keys):
    """Keys of mode `nsga2`."""


def build(stage: Stage, settings: Nsga2Settings) -> PopulationTrainer[Array]:
    """The trainer of one stage; the winner has the lowest first objective.

    Raises:
        ConfigError: the task has no finite bounds.
    """
    task = function_of(stage)
    if not np.isfinite(task.box.high - task.box.low).all():
        raise ConfigError(
            "task.low: mode nsga2 searches a box, finite low and high were wanted, got infinite "
            "ones: give both"
        )
    population = Nsga2(
        task.box.low.astype(np.float32),
        task.box.high.astype(np.float32),
        stage.streams,
        population=settings.population,
        crossover_rate=settings.crossover_rate,
        crossover_eta=settings.crossover_eta,
        mutation_rate=settings.mutation_rate,
        mutation_eta=settings.mutation_eta,
    )
    encoding = task.encoding()

    def front() -> State:
        genomes, objectives = population.front()
        return {"vectors": encoding.inside(genomes), "objectives": objectives}

    start = encoding.encode(None, stage.network)
    return vector_trainer(stage, settings.evaluator, population, start, front)


MODE = Mode(
    name="nsga2",
    summary="NSGA-II: the trade-off between several objectives of a function",
    settings=Nsga2Settings,
    build=build,
    accepts=("objectives",),
    counts=("forwards",),
    columns=(*COLUMNS, "front"),
    in_arrays=True,
    how=frozenset({"evaluator"}),
)
