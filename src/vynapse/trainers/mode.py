# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a mode is, and what it is given to build its trainer from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vynapse.core import Budget, SupervisedTask, Trainer
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import Structure
from vynapse.seeding import Streams
from vynapse.settings import Settings


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a run, before its first step.

    Attributes:
        task: what the network is for.
        network: where to start: a fresh initialisation or the winner of the stage before.
        fresh: whether `network` is a fresh initialisation (then a restart may draw another).
        streams: random numbers of this stage.
        device: "cpu" or "cuda".
        budget: when the stage will stop; schedules run down over it.
        threads: how many may work at once.
    """

    task: SupervisedTask
    network: NetworkState
    fresh: bool
    streams: Streams
    device: str = "cpu"
    budget: Budget = field(default_factory=Budget)
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to improve networks, registered under `name` in the entry-point group `vynapse.modes`.

    Attributes:
        name: the word after `--mode`.
        summary: one line for `vynapse modes`.
        settings: model of the mode's own keys, with a description for each.
        build: makes the trainer; its second argument is an instance of `settings`.
        counts: the amounts of `Cost` that its reports hold beside seconds; a budget in another one
            is refused.
        columns: names of all metrics that its reports may carry.
        numpy_mlp: MLPs on the CPU are improved without torch: all of them, or those for which a
            function of the task, the structure and the settings says so.
        steps_per_epoch: steps of one pass over the training split, from the task and the settings;
            None where the mode knows no epochs.
    """

    name: str
    summary: str
    settings: type[Settings]
    build: Callable[[Stage, Any], Trainer]
    counts: tuple[str, ...] = ("forwards", "backwards", "flops")
    columns: tuple[str, ...] = ()
    numpy_mlp: bool | Callable[[SupervisedTask, Structure, Any], bool] = False
    steps_per_epoch: Callable[[SupervisedTask, Any], int] | None = None

    def limits(self) -> tuple[str, ...]:
        """The limits that a budget of this mode may have, beside a target and patience."""
        epochs = () if self.steps_per_epoch is None else ("epochs",)
        return ("steps", *epochs, *self.counts, "seconds")
