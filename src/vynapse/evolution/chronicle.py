# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a search has to tell beside its losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from vynapse.core import State
from vynapse.networks.state import NetworkState


@dataclass(frozen=True, slots=True)
class Entry:
    """What there is to tell of a step.

    Attributes:
        metrics: further measurements by name.
        events: kind and data of each.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    events: tuple[tuple[str, Mapping[str, Any]], ...] = ()


@runtime_checkable
class Chronicle(Protocol):
    """Looks on as a search goes on; it changes nothing of it."""

    def tell(self, step: int, winner: NetworkState | None, found: int) -> Entry:
        """What happened in a step.

        Args:
            step: number of the step, from 1.
            winner: the network to keep, where the step renewed it.
            found: the step in which the winner was the best of its generation; 0 for the network
                that the stage began with.
        """

    def state(self) -> State:
        """All that `load` needs."""

    def load(self, state: State) -> None:
        """Go on from `state`."""
