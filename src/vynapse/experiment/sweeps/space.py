# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The space of a sweep: its axes in an order in which conditions come before what they decide."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, final

import numpy as np

from vynapse.errors import ConfigError, suggestion
from vynapse.experiment.sweeps.settings import MOST_POINTS, Axis
from vynapse.plain import shown
from vynapse.seeding import Stream

Values = dict[str, Any]
"""A point: keys of the recipe and their values; keys whose condition fails are absent."""

_DIGITS: Final = 6
"""Significant digits of numbers that are drawn from a range."""
_ATTEMPTS: Final = 20
"""How often a point is drawn that was there already."""


@final
class Space:
    """Axes by key.

    Args:
        axes: the axes as they stand in the file.

    Raises:
        ConfigError: conditions go round in a circle.
    """

    def __init__(self, axes: Mapping[str, Axis]) -> None:
        self.axes = _ordered(axes)

    def walk(self, choose: Callable[[str, Axis], Any]) -> Values:
        """The point whose value of each key that is active is what `choose` says."""
        point: Values = {}
        for key, axis in self.axes.items():
            if is_active(axis, point):
                point[key] = choose(key, axis)
        return point

    def drawn(self, stream: Stream, number: int, before: list[Values]) -> Values:
        """The point of a random search with that number.

        It is drawn anew, a few times, where it is among those before it.
        """
        point: Values = {}
        for attempt in range(_ATTEMPTS):
            numbers = stream.uniform(len(self.axes), number, attempt).tolist()
            at = dict(zip(self.axes, numbers, strict=True))
            point = self.walk(lambda key, axis, at=at: drawn_value(axis, at[key]))  # type: ignore[misc]
            if point not in before:
                break
        return point

    def grid(self) -> list[Values]:
        """All combinations, the last key fastest.

        Raises:
            ConfigError: they are too many.
        """
        found: list[Values] = []
        for point in self._combined(list(self.axes), {}):
            found.append(point)
            if len(found) > MOST_POINTS:
                raise ConfigError(
                    f"search.space: at most {MOST_POINTS:,} points were wanted, the grid has more: "
                    "search at random"
                )
        return found

    def check(self, point: Mapping[str, Any], where: str) -> Values:
        """A point that somebody names, once it is known to lie in the space.

        Raises:
            ConfigError: a key is unknown, absent or not active, or a value is not allowed.
        """
        problems = [
            f"{where}: unknown key {key!r}{suggestion(key, self.axes)}"
            for key in point.keys() - self.axes.keys()
        ]
        if problems:
            raise ConfigError(problems)

        def take(key: str, axis: Axis) -> Any:
            if key not in point:
                raise ConfigError(f"{where}: a value of {key} is wanted")
            if not allowed(axis, point[key]):
                raise ConfigError(
                    f"{where}.{key}: {told_axis(axis)} was wanted, got {shown(point[key])}"
                )
            return point[key]

        found = self.walk(take)
        for key in point.keys() - found.keys():
            raise ConfigError(f"{where}.{key}: its condition does not hold: leave it out")
        return found

    def _combined(self, keys: list[str], point: Values) -> Iterator[Values]:
        if not keys:
            yield dict(point)
            return
        axis = self.axes[keys[0]]
        if not is_active(axis, point):
            yield from self._combined(keys[1:], point)
            return
        for value in grid_values(axis):
            yield from self._combined(keys[1:], {**point, keys[0]: value})


def is_active(axis: Axis, point: Mapping[str, Any]) -> bool:
    """Whether the conditions of an axis hold; `point` has what stands before it."""
    return all(
        key in point and point[key] in (wanted if isinstance(wanted, list) else [wanted])
        for key, wanted in axis.when.items()
    )


def allowed(axis: Axis, value: Any) -> bool:
    """Whether an axis has a value."""
    if axis.values is not None:
        return value in axis.values
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or (axis.int and value != int(value)):
        return False
    return bool(_low(axis) <= value <= _high(axis))


def told_axis(axis: Axis) -> str:
    """What an axis may be, in words."""
    if axis.values is not None:
        return "one of " + ", ".join(json.dumps(value) for value in axis.values)
    scale = ", by factors" if axis.log else ""
    kind = "a whole number" if axis.int else "a number"
    return f"{kind} from {_low(axis):g} to {_high(axis):g}{scale}"


def grid_values(axis: Axis) -> list[Any]:
    """The values of an axis in a grid."""
    if axis.values is not None:
        return list(axis.values)
    low, high = _low(axis), _high(axis)
    if axis.count is None:
        if high - low >= MOST_POINTS:
            raise ConfigError(f"search.space: a count is wanted beside low {low:g}, high {high:g}")
        return list(range(int(low), int(high) + 1))
    if axis.count == 1:
        spread = [low]
    else:
        spread = (np.geomspace if axis.log else np.linspace)(low, high, axis.count).tolist()
    return list(dict.fromkeys(rounded(axis, value) for value in spread))


def drawn_value(axis: Axis, at: float) -> Any:
    """The value of an axis at a place in (0, 1)."""
    if axis.values is not None:
        return axis.values[int(at * len(axis.values))]
    low, high = _low(axis), _high(axis)
    if axis.int:  # each whole number has a cell of its own
        low, high = low - 0.5, high + 0.5
    if axis.log:
        return rounded(axis, math.exp(math.log(low) + at * (math.log(high) - math.log(low))))
    return rounded(axis, low + at * (high - low))


def rounded(axis: Axis, value: float) -> float:
    """A number of a range, with as many digits as people read."""
    value = min(_high(axis), max(_low(axis), float(f"{value:.{_DIGITS}g}")))
    return round(value) if axis.int else value


def _low(axis: Axis) -> float:
    return 0.0 if axis.low is None else axis.low


def _high(axis: Axis) -> float:
    return 0.0 if axis.high is None else axis.high


def _ordered(axes: Mapping[str, Axis]) -> dict[str, Axis]:
    """Axes, each after those that its conditions name."""
    left, found = dict(axes), dict[str, Axis]()
    while left:
        ready = [key for key, axis in left.items() if axis.when.keys() <= found.keys()]
        if not ready:
            raise ConfigError(
                f"search.space.{min(left)}.when: conditions go round in a circle: leave one out"
            )
        found[ready[0]] = left.pop(ready[0])
    return found
