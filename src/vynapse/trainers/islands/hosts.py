# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where islands live: here, or anywhere that answers the same calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, final, runtime_checkable

from vynapse.core import State
from vynapse.trainers.islands.island import Build, Island
from vynapse.trainers.islands.keys import IslandKeys
from vynapse.trainers.mode import Stage


@runtime_checkable
class Hosts(Protocol):
    """The islands of a search, by their numbers."""

    def all(self, method: str, arguments: Sequence[tuple[Any, ...]] | None = None) -> list[Any]:
        """What a method of `Island` gives on each island, in their order.

        Args:
            method: its name.
            arguments: those of each island; None for no arguments.
        """

    def one(self, island: int, method: str) -> Any:
        """The same on one island, without arguments."""

    def keep(self) -> None:
        """All islands stand at the same generation: a good moment to begin again from."""

    def load(self, states: Sequence[State]) -> None:
        """Every island goes on from its state."""

    def close(self) -> None:
        """The islands make no further step."""


@final
class Here:
    """Islands in this process, one after the other.

    Args:
        build: what makes the trainer of an island.
        stage: the stage.
        keys: the settings of all.
        count: islands.
    """

    def __init__(self, build: Build, stage: Stage, keys: IslandKeys, count: int) -> None:
        self._islands = [Island(build, stage, keys, number) for number in range(count)]

    def all(self, method: str, arguments: Sequence[tuple[Any, ...]] | None = None) -> list[Any]:
        """One island after the other."""
        given = arguments or [()] * len(self._islands)
        return [
            getattr(island, method)(*own) for island, own in zip(self._islands, given, strict=True)
        ]

    def one(self, island: int, method: str) -> Any:
        """What the method gives on one island."""
        return getattr(self._islands[island], method)()

    def keep(self) -> None:
        """They cannot be lost without this process."""

    def load(self, states: Sequence[State]) -> None:
        """Every island goes on from its state."""
        self.all("load", [(state,) for state in states])

    def close(self) -> None:
        """Let go of what they hold."""
        self.all("close")
