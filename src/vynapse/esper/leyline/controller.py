# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Who decides about growth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from vynapse.core import State
from vynapse.esper.leyline.actions import Decision
from vynapse.esper.leyline.observation import Observation


@runtime_checkable
class Controller(Protocol):
    """Looks at an observation after each growth step, and once before the first.

    One that has an attribute `wants_fossil_contributions` that is true gets fossils measured too.
    """

    def decide(self, observation: Observation) -> Sequence[Decision]:
        """What to do now, at most one action for each slot; none is to wait."""

    def state(self) -> State:
        """All that a fresh controller of the same settings needs to go on alike."""

    def load(self, state: State) -> None:
        """Become the controller whose `state()` this was."""
