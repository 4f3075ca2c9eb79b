# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a run would take, from its first steps: nothing is written.

A stage is built and makes one step, and as many more as fit into half a second, so that what
happens once is not taken for what happens each time. Later stages begin with the network of the
first, since theirs is not known yet.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from vynapse.core import Budget, Report, Trainer
from vynapse.experiment.machine import peak_megabytes
from vynapse.experiment.plan import Plan, prepare
from vynapse.experiment.process import limited_threads
from vynapse.experiment.recipe import Recipe
from vynapse.networks.state import NetworkState

_SECONDS: Final = 0.5
"""How long a stage is measured at least, unless it has ended."""


@dataclass(frozen=True, slots=True)
class StageEstimate:
    """What a stage would take if nothing but its limits of cost ended it.

    Attributes:
        mode: the mode of the stage.
        steps: how many.
        cost: what was counted, by amount; seconds are those of stepping.
    """

    mode: str
    steps: int
    cost: dict[str, int | float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would take.

    Attributes:
        task, mode: what the recipe names.
        device: where it would run.
        parameters: the size of the network that it begins with.
        megabytes: largest memory of this process so far.
        seconds: the time of all stages and of the measurements at the end, on this machine as it
            is now.
        stages: one by one.
    """

    task: str
    mode: str
    device: str
    parameters: int
    megabytes: float
    seconds: float
    stages: tuple[StageEstimate, ...]

    @property
    def flops(self) -> int | None:
        """The operations of all stages; None where one does not count them."""
        counted = [stage.cost.get("flops") for stage in self.stages]
        return None if None in counted else int(sum(filter(None, counted)))

    def json(self) -> dict[str, Any]:
        """JSON values that say the same."""
        stages = [{"mode": s.mode, "steps": s.steps, "cost": s.cost} for s in self.stages]
        return {
            "task": self.task,
            "mode": self.mode,
            "device": self.device,
            "parameters": self.parameters,
            "flops": self.flops,
            "megabytes": self.megabytes,
            "seconds": self.seconds,
            "stages": stages,
        }


def estimate(recipe: Recipe, start: NetworkState | None = None) -> Estimate:
    """What a run of a recipe would take.

    Args:
        recipe: what `load_recipe` gives.
        start: the network that it begins with, where the recipe names no weights.

    Raises:
        ConfigError, DataError, TrainingError: as the run would.
    """
    plan = prepare(recipe, start)
    network = plan.network()
    with limited_threads(recipe.threads):
        began = time.perf_counter()
        plan.task.score(network)
        scoring = time.perf_counter() - began
        stages = tuple(_stage(plan, index, network) for index in range(len(recipe.stages)))
    return Estimate(
        recipe.task_name,
        "+".join(stage.mode for stage in recipe.stages),
        plan.recipe.device,
        network.parameters(),
        peak_megabytes(),
        sum(stage.cost["seconds"] for stage in stages) + 2 * scoring,
        stages,
    )


def _stage(plan: Plan, index: int, network: NetworkState) -> StageEstimate:
    trainer, budget = plan.build(index, network if index else None)
    with closing(trainer), plan.training():
        marks = list(_marks(trainer, budget))
    last = marks[-1]
    share = last.share or 1.0
    steps = max(last.report.step, round(last.report.step / share))
    every = _validates_every(plan, index)
    seconds = last.seconds if share >= 1 else _seconds(marks, steps, every)
    cost: dict[str, int | float] = {
        name: round(_amount(marks, name, steps, every))
        for name in last.report.cost.counted()
        if name != "seconds"
    }
    return StageEstimate(plan.recipe.stages[index].mode, steps, {**cost, "seconds": seconds})


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where a trainer stands after a step: seconds in all, and those of validation."""

    report: Report
    seconds: float
    validating: float
    share: float | None


def _marks(trainer: Trainer, budget: Budget) -> Iterable[_Mark]:
    began = time.perf_counter()
    while True:
        report = trainer.step()
        seconds = time.perf_counter() - began
        known = dataclasses.replace(report.cost, seconds=seconds)
        share = budget.share(report.step, known)
        yield _Mark(report, seconds, trainer.timings().get("validation", 0.0), share)
        if seconds >= _SECONDS or share is None or share >= 1:
            return


def _seconds(marks: list[_Mark], steps: int, every: int | None) -> float:
    """The time of the steps that were made, and of the rest at the pace of all but the first."""
    first, last = marks[0], marks[-1]
    if len(marks) == 1:
        return last.seconds * steps / last.report.step
    made = last.report.step - first.report.step
    validating = last.validating - first.validating if every else 0.0
    pace = (last.seconds - first.seconds - validating) / made
    left = steps - last.report.step
    looks = left / every * first.validating if every else 0.0
    return last.seconds + left * pace + looks


def _amount(marks: list[_Mark], name: str, steps: int, every: int | None) -> float:
    """An amount of cost of all steps; what the first step has more than others is a validation."""
    first, last = marks[0], marks[-1]
    one, two = (mark.report.cost.counted()[name] for mark in (first, last))
    begun, made = first.report.step, last.report.step - first.report.step
    if made == 0:
        return two * steps / last.report.step
    looks = last.report.step // every - begun // every if every else 0
    if made == looks * begun:
        return two * steps / last.report.step
    pace = (two - one - looks * one) / (made - looks * begun)
    look = max(0.0, one - pace * begun)
    return pace * steps + look * (1 + (steps // every if every else 0))


def _validates_every(plan: Plan, index: int) -> int | None:
    """Steps between two validations, where that is a key of the mode; None: each step is alike."""
    settings, mode = plan.recipe.stages[index].settings, plan.modes()[index]
    if "evaluate_every" not in type(settings).model_fields:
        return None
    own: int | None = getattr(settings, "evaluate_every")  # noqa: B009 - a field of some modes
    if own is None and mode.steps_per_epoch is not None:
        own = mode.steps_per_epoch(plan.task, settings)
    return own
