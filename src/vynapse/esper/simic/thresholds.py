# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Task `heuristic`: what the thresholds of controller heuristic are worth on a task.

task: {name: heuristic, task: glyphs, seeds: 2}

A vector holds a number for each threshold: 0 is the lowest value that is tried, 1 the highest. What
it is worth is the mean validation loss of runs of mode grow, one for each seed, the same for all
vectors. So any search that takes a function takes it, mode deap above all. No test split is read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Final, NamedTuple, final

import numpy as np
from pydantic import Field, WithJsonSchema

from vynapse.chosen import Chosen
from vynapse.core import run
from vynapse.errors import TrainingError
from vynapse.esper.simic.settings import DEFAULT, Device, GrowthTaskSettings
from vynapse.esper.simic.task import GrowthTask
from vynapse.esper.tamiyo.controllers import CONTROLLERS
from vynapse.esper.tamiyo.heuristic_settings import HeuristicSettings
from vynapse.esper.tolaria.mode import MODE
from vynapse.esper.tolaria.presets import PRESETS
from vynapse.evolution.box import F64
from vynapse.evolution.function_task import FunctionTask
from vynapse.registry import Choice
from vynapse.settings import Settings, validate
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.registry import TASKS


class Threshold(NamedTuple):
    """A key of the heuristic that is searched over.

    Attributes:
        key: its name.
        low, high: the values that are tried.
        whole: it is a whole number.
    """

    key: str
    low: float
    high: float
    whole: bool = False


THRESHOLDS: Final = (
    Threshold("host_epochs", 0, 6, whole=True),
    Threshold("plateau_gain", 0.0, 0.4),
    Threshold("deadline", 0.0, 0.8),
    Threshold("reserve", 0.0, 0.6),
    Threshold("bottleneck", 0.0, 1.2),
    Threshold("widening", 1.1, 3.0),
    Threshold("least_health", 0.0, 0.95),
    Threshold("least_gain", -0.3, 0.1),
    Threshold("training_epochs", 1, 4, whole=True),
    Threshold("largest_drop", 0.0, 0.6),
    Threshold("stable_rise", 0.0, 0.3),
    Threshold("least_contribution", 0.0, 0.05),
)
"""What is searched over, in the order of the numbers of a vector."""


class ThresholdSettings(Settings):
    """Keys of task `heuristic`."""

    task: Annotated[
        Choice[TaskKind],
        Chosen(TASKS),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
    ] = Field(
        default_factory=lambda: TASKS.choose(DEFAULT),
        description="what the networks that grow are for: a name of `vynapse tasks`, or a mapping "
        "of the name and its keys",
    )
    network: dict[str, Any] | None = Field(
        None, description="where growth begins; null: where mode grow begins on the task"
    )
    epochs: int | None = Field(
        None, ge=1, description="epochs of a run; null: those of mode grow on the task"
    )
    flops: float | None = Field(
        None, gt=0, description="floating-point operations of a run; null for any number"
    )
    seeds: int = Field(2, ge=1, le=10**4, description="runs that a vector is measured by")
    first_seed: int = Field(1, ge=0, description="the seed of the first of them")
    device: Device = Field("cpu", description="where the networks are trained: cpu, or a GPU")


@final
class Worth:
    """A vector of thresholds -> the mean validation loss of growth by them.

    Args:
        settings: keys of the task.
    """

    def __init__(self, settings: ThresholdSettings) -> None:
        self._settings = settings
        self._task: GrowthTask | None = None

    def __call__(self, vector: F64) -> float:
        """Infinite where a run fails."""
        settings, losses = self._settings, []
        keys = heuristic(vector, settings.task.kind.name)
        for seed in range(settings.first_seed, settings.first_seed + settings.seeds):
            losses.append(self._loss(keys, seed))
        return math.fsum(losses) / len(losses)

    def __getstate__(self) -> dict[str, Any]:
        """Travel to another process without what was read here."""
        return {"_settings": self._settings, "_task": None}

    def _loss(self, keys: Mapping[str, Any], seed: int) -> float:
        if self._task is None:
            self._task = GrowthTask(_growth(self._settings))
        stage = self._task.stage(seed, self._settings.device)
        grow = self._task.grow.model_copy(update={"controller": CONTROLLERS.choose(keys)})
        trainer = MODE.build(stage, grow)
        try:
            report = run(trainer, stage.budget).report
        except TrainingError:
            return math.inf
        finally:
            trainer.close()
        return math.inf if report is None else report.loss


def heuristic(vector: F64, task: str) -> dict[str, Any]:
    """The keys of controller heuristic that a vector stands for.

    Args:
        vector: a number in [0, 1] for each of `THRESHOLDS`.
        task: the task, whose preset of mode grow has the other keys.
    """
    keys = {**_usual(task), "kind": "heuristic"}
    for threshold, share in zip(THRESHOLDS, np.clip(vector, 0, 1).tolist(), strict=True):
        value = threshold.low + (threshold.high - threshold.low) * share
        keys[threshold.key] = round(value) if threshold.whole else round(value, 4)
    return keys


def usual(task: str) -> F64:
    """The vector of the thresholds that the heuristic has on a task; where a search begins."""
    settings = validate(HeuristicSettings, _usual(task), "controller")
    shares = [((getattr(settings, t.key) or 0) - t.low) / (t.high - t.low) for t in THRESHOLDS]
    return np.clip(np.array(shares, np.float64), 0, 1)


def build(settings: ThresholdSettings) -> FunctionTask:
    """The task."""
    start = usual(settings.task.kind.name)
    return FunctionTask(Worth(settings), start, 0.0, 1.0, name="heuristic")


def _usual(task: str) -> dict[str, Any]:
    own = dict(PRESETS.get(task, {}).get("controller", {}))
    own.pop("kind", None)
    return own


def _growth(settings: ThresholdSettings) -> GrowthTaskSettings:
    names = ("network", "epochs", "flops")
    given = {name: getattr(settings, name) for name in names}
    own = {name: value for name, value in given.items() if value is not None}
    task = settings.task.as_data("name")
    return validate(GrowthTaskSettings, {"task": task, **own}, "task")


TASK = TaskKind(
    "heuristic",
    "what the thresholds of controller heuristic are worth: {name: heuristic, task: glyphs}",
    ThresholdSettings,
    build,
    network={"vector": {}},
    presets={
        "deap": {
            "budget": {"forwards": 40},
            "strategy": {"kind": "cma-es", "sigma": 0.15, "offspring": 8},
        }
    },
    comparison={"forwards": 40},
)
