# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What modes share whose genomes are vectors and whose measured losses are final."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Annotated, cast

from pydantic import Field

from vynapse.chosen import Chosen
from vynapse.core import Array, State
from vynapse.evolution.evaluators.kind import EVALUATORS, EvaluatorKind
from vynapse.evolution.function_task import FunctionTask
from vynapse.evolution.population import Population
from vynapse.evolution.stepper import AskTellStepper
from vynapse.registry import Choice
from vynapse.settings import Settings
from vynapse.trainers.mode import Stage
from vynapse.trainers.population import PopulationTrainer


class EvaluatorKeys(Settings):
    """Where genomes are measured."""

    evaluator: Annotated[Choice[EvaluatorKind], Chosen(EVALUATORS)] = Field(
        "inline",
        validate_default=True,
        description="where vectors are measured; it changes no result",
    )


def function_of(stage: Stage) -> FunctionTask:
    """The task of a mode that accepts functions alone."""
    return cast("FunctionTask", stage.task)


def vector_trainer(
    stage: Stage,
    evaluating: Choice[EvaluatorKind],
    population: Population[Array],
    start: Array,
    front: Callable[[], State] | None = None,
) -> PopulationTrainer[Array]:
    """The trainer of a population of vectors.

    Args:
        stage: the stage of a function.
        evaluating: where vectors are measured.
        population: fresh.
        start: a genome; what the winner is until something was measured.
        front: what is kept beside the winner; None for nothing.
    """
    task, held = function_of(stage), ExitStack()
    encoding = task.encoding()
    evaluator = held.enter_context(evaluating.build())
    stepper = AskTellStepper(population, evaluator, encoding, task)
    return PopulationTrainer(
        encoding, stepper, start, budget=stage.budget, front=front, close=held.close
    )
