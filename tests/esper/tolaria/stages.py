# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Stages of mode grow for tests, and a controller that follows a script."""

from collections.abc import Mapping, Sequence
from typing import Any

from vynapse.core import Budget, Cost, State
from vynapse.esper.leyline.actions import Action, Decision
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.tolaria.settings import GrowSettings
from vynapse.esper.tolaria.trainer import GrowthTrainer
from vynapse.networks.cnn import CNN
from vynapse.networks.mlp import MLP
from vynapse.networks.state import initial_state
from vynapse.networks.structure import Structure
from vynapse.seeding import Streams
from vynapse.settings import validate
from vynapse.tasks.registry import make_task
from vynapse.trainers.mode import Stage

SMALL: dict[str, tuple[str, Structure, str]] = {
    "mlp": ("digits", MLP(sizes=(64, 12, 8, 10), hidden="relu"), "mlp"),
    "cnn": ("digits", CNN(channels=(4, 6), dropout=0.1), "conv_light"),
}
"""Task, host, and a blueprint that fits its slots."""


def stage_of(name: str = "mlp", seed: int = 0, budget: Budget = Budget(steps=20)) -> Stage:  # noqa: B008 - frozen
    task = make_task(SMALL[name][0], {})
    streams = Streams(seed)
    network = initial_state(SMALL[name][1].fit(task.interface()), streams)
    return Stage(task, network, True, streams.child("stage.0"), budget=budget)


def settings_of(**changes: Any) -> GrowSettings:
    """Short epochs, so that a life fits into a test."""
    own: dict[str, Any] = {
        "training": {"learning_rate": 0.05, "batch_size": 32, "optimizer": "sgd", "momentum": 0.9},
        "controller": "no-op",
        "isolation": "shadow",
        "epoch_steps": 4,
        "probe_examples": 40,
    }
    return validate(GrowSettings, own | changes, "grow")


def make(name: str = "mlp", seed: int = 0, **changes: Any) -> GrowthTrainer:
    return GrowthTrainer(stage_of(name, seed), settings_of(**changes))


def flops_of(cost: Cost) -> int:
    """Operations that were counted."""
    assert cost.flops is not None
    return cost.flops


class Script:
    """Orders what stands under the present epoch."""

    def __init__(self, orders: Mapping[int, Sequence[Action]]) -> None:
        self.orders = orders
        self.seen: list[Observation] = []

    def decide(self, observation: Observation) -> list[Decision]:
        self.seen.append(observation)
        return [Decision(a, "the script says so") for a in self.orders.get(observation.epoch, ())]

    def state(self) -> State:
        return {}

    def load(self, state: State) -> None:
        pass
