# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Searches on islands that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from vynapse.core import Report, Trainer
from vynapse.networks.mlp import MLP
from vynapse.networks.state import initial_state
from vynapse.networks.structure import Structure
from vynapse.seeding import Streams
from vynapse.settings import validate
from vynapse.tasks.registry import make_any_task
from vynapse.trainers.islands.trainer import IslandsTrainer
from vynapse.trainers.mode import MODES, Stage

OWN: Mapping[str, dict[str, Any]] = {
    "deap": {"strategy": {"mu": 4, "offspring": 8}},
    "neat": {"population": 12, "add_node": 0.3, "add_connection": 0.3},
    "hybrid": {"population": 12, "add_node": 0.3, "refine": {"top_k": 2, "steps": 2}},
}
"""Keys of the modes that can search on islands."""


def stage_of(task: str = "xor", structure: Structure | None = None, seed: int = 0) -> Stage:
    """A stage on a task, from its seed."""
    made = make_any_task(task, {})
    fitted = (structure or MLP(sizes=(2, 2, 1))).fit(made.interface())
    streams = Streams(seed)
    return Stage(made, initial_state(fitted, streams), True, streams.child("stage.0"))


def search(
    mode: str, islands: Mapping[str, Any] | None = None, stage: Stage | None = None, **own: Any
) -> Trainer:
    """The trainer of a mode on islands; None for one population."""
    entry = MODES.get(mode)
    keys = {**OWN[mode], **({} if islands is None else {"islands": dict(islands)}), **own}
    return entry.build(stage or stage_of(), validate(entry.settings, keys, mode))


def on_islands(mode: str, islands: Mapping[str, Any], **own: Any) -> IslandsTrainer:
    """The same, known to be on islands."""
    return cast("IslandsTrainer", search(mode, islands, **own))


def told(reports: list[Report]) -> list[Any]:
    """All that reports say, for comparisons."""
    return [(r.step, r.loss, r.cost, r.renewed, dict(r.metrics), repr(r.events)) for r in reports]
