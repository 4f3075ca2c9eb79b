# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Who decides about growth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from vynapse.core import State
from vynapse.esper.leyline.actions import Decision
from vynapse.esper.leyline.observation import Needs, Observation


@runtime_checkable
class Controller(Protocol):
    """Decides from an observation after each growth step, and once before the first.

    One method is enough. A controller that remembers something also has the methods of
    `Remembering`. A controller that has a true attribute `wants_fossil_contributions` gets fossils
    measured too; one with `wants_wider` is told which layers may become wider, and one with
    `wants_bottlenecks` how much they hold the network up.
    """

    def decide(self, observation: Observation) -> Sequence[Decision]:
        """What to do now, at most one action for each slot; none is to wait."""


@runtime_checkable
class Remembering(Controller, Protocol):
    """A controller whose decisions depend on what it has seen before."""

    def state(self) -> State:
        """All that a fresh controller of the same settings needs to go on alike."""

    def load(self, state: State) -> None:
        """Become the controller whose `state()` this was."""


def memory_of(controller: Controller) -> State:
    """What a controller remembers; nothing for one that does not say."""
    return controller.state() if isinstance(controller, Remembering) else {}


def remind(controller: Controller, state: State) -> None:
    """Give a controller the memory that `memory_of` returned."""
    if isinstance(controller, Remembering):
        controller.load(state)


def needs_of(controller: Controller) -> Needs:
    """What a controller wants to see at its next look."""
    bottlenecks = bool(getattr(controller, "wants_bottlenecks", False))
    return Needs(
        fossil_contributions=bool(getattr(controller, "wants_fossil_contributions", False)),
        wider=bottlenecks or bool(getattr(controller, "wants_wider", False)),
        bottlenecks=bottlenecks,
    )
