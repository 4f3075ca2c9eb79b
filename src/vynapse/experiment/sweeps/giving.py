# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which point comes next, as a function of the sweep and of the points before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import final

from vynapse.experiment.sweeps.folder import Origin, Point
from vynapse.experiment.sweeps.settings import SearchSettings
from vynapse.experiment.sweeps.space import Space, Values
from vynapse.experiment.sweeps.tpe import Told, proposed, refuse_missing
from vynapse.seeding import Streams

Losses = Callable[[Point], float | None]
"""The mean loss of a point, infinite where it failed; None while it is not known."""


@final
class Giver:
    """Gives points out.

    Args:
        search: what the file says.

    Attributes:
        space: where points lie.
        count: how many there are in all.

    Raises:
        ConfigError: a start point lies outside of the space, or the grid is too large.
        MissingExtra: tpe without Optuna.
    """

    def __init__(self, search: SearchSettings) -> None:
        self._search, self.space = search, Space(search.space)
        self._stream = Streams(search.seed).stream("sweep")
        named = [self.space.check(p, f"search.start.{n}") for n, p in enumerate(search.start)]
        self._known: list[tuple[Values, Origin]] = [(point, "start") for point in named]
        if search.kind == "grid":
            self._known += [(p, "grid") for p in self.space.grid() if p not in named]
        if search.kind == "tpe":
            refuse_missing()
        trials = search.trials
        self.count = len(self._known) if trials is None else trials
        if search.kind == "grid":
            self.count = min(self.count, len(self._known))

    def next(self, points: Sequence[Point], loss: Losses) -> tuple[Values, Origin]:
        """The point after those that were given out.

        Args:
            points: these, in order.
            loss: what each came to, for those who learn from it.
        """
        number = len(points)
        if number < len(self._known):
            return self._known[number]
        if self._search.kind == "random":
            before = [point.values for point in points]
            return self.space.drawn(self._stream, number, before), "random"
        told = [Told(point.values, loss(point)) for point in points]
        startup = self._search.startup
        return proposed(self.space, told, self._stream, number, startup), "tpe"

    def first(self, count: int) -> list[Values]:
        """Points that do not depend on what others came to, as many as there are of them."""
        found: list[Point] = []
        while len(found) < min(count, self.count):
            if len(found) >= len(self._known) and self._search.kind == "tpe":
                break
            values, origin = self.next(found, lambda _: None)
            found.append(Point(len(found), values, origin))
        return [point.values for point in found]
