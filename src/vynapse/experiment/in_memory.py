# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A recipe of one stage run to its end without a directory."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from vynapse.core import run
from vynapse.errors import TrainingError
from vynapse.experiment.plan import prepare
from vynapse.experiment.process import limited_threads
from vynapse.experiment.recipe import Recipe
from vynapse.networks.state import NetworkState


def train(
    recipe: Recipe, start: NetworkState | None = None
) -> tuple[NetworkState, dict[str, Any], float]:
    """The network that a run of the recipe would find, its preprocessing and its loss.

    Raises:
        ConfigError, DataError, TrainingError: as the run would.
    """
    plan = prepare(recipe, start)
    trainer, first = plan.check(), plan.recipe.stages[0]
    with limited_threads(recipe.threads), closing(trainer), plan.training():
        trainer, budget = plan.build(0, None, trainer)
        run(trainer, budget)
        winner = trainer.winner()
    if not isinstance(winner, NetworkState):
        raise TrainingError(f"mode {first.mode!r} gave no network")
    return winner, dict(plan.task.preprocessing or {}), plan.task.score(winner).loss
