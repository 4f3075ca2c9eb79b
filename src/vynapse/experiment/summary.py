# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The result of a run as one JSON object: the last line of `--json`, and `summary.json`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from vynapse.core import NO_COST, Cost, Evaluation, Task
from vynapse.errors import TrainingError
from vynapse.experiment.recipe import Recipe
from vynapse.networks.state import NetworkState
from vynapse.telemetry.story import Told
from vynapse.trainers.mode import Mode


def summarise(
    recipe: Recipe,
    task: Task,
    winner: NetworkState,
    stages: list[dict[str, Any]],
    path: Path,
) -> dict[str, Any]:
    """Score the winner in its own arithmetic, read the test split, and say it all.

    The keys are run, task, mode, seed, status, loss, metrics, per_class, test, test_per_class,
    undefined, converged, stop, steps, seconds, cost, parameters, network_sha256, stages, device,
    threads and reproducible. Loss, metrics and per_class are those of the validation split. test
    and test_per_class are None when the task has no test split, and converged is None when no
    target was set. A figure that is not defined is None, and undefined says why.

    Raises:
        TrainingError: the winner's loss is not a number.
    """
    validation = task.assess(winner)
    if validation.loss != validation.loss:
        raise TrainingError("the loss of the winner is not a number: lower the learning rate")
    test = task.final_test(winner)
    cost = sum((Cost(**stage["cost"]) for stage in stages), NO_COST).counted()
    last = recipe.stages[-1].budget.target
    return {
        "run": path.name,
        "task": recipe.task_name,
        "mode": "+".join(stage.mode for stage in recipe.stages),
        "seed": recipe.seed,
        "status": "finished",
        "loss": validation.loss,
        **_in_measure(task, validation.loss),
        "metrics": with_unknown(validation),
        "per_class": dict(validation.per_class),
        "test": None if test is None else {"loss": test.loss, **with_unknown(test)},
        "test_per_class": None if test is None else dict(test.per_class),
        "undefined": {
            name: dict(part.undefined)
            for name, part in (("validation", validation), ("test", test))
            if part is not None and part.undefined
        },
        "converged": None if last is None else stages[-1]["stop"] == "target",
        "stop": stages[-1]["stop"],
        "steps": sum(stage["steps"] for stage in stages),
        "seconds": cost.pop("seconds"),
        "cost": cost,
        "parameters": winner.parameters(),
        "network_sha256": winner.sha256(),
        "stages": stages,
        "device": recipe.device,
        "threads": recipe.threads,
        "reproducible": recipe.reproducible,
    }


def _in_measure(task: Task, loss: float) -> dict[str, float]:
    """The loss as people state it, where that is the other way round: {"return": 500.0}."""
    return {task.measure.name: -loss} if task.measure.higher_is_better else {}


def with_unknown(evaluation: Evaluation) -> dict[str, float | None]:
    """The metrics, and None for each that is not defined."""
    unknown = [name for name in evaluation.undefined if " of " not in name]
    return {**evaluation.metrics, **dict.fromkeys(unknown)}


def facts(modes: Iterable[Mode], events: Sequence[Told]) -> dict[str, Any]:
    """What the modes of a run make of its events, by the key in the summary."""
    found: dict[str, Any] = {}
    for story in dict.fromkeys(mode.story for mode in modes):
        found |= story.facts(events)
    return found
