# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the built-in control tasks look like: a few shapes for a state, in metres."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, final

Point = tuple[float, float]
Colour = tuple[int, int, int]

INK: Final[Colour] = (60, 60, 60)
PALE: Final[Colour] = (190, 190, 190)
BODY: Final[Colour] = (31, 119, 180)
ROD: Final[Colour] = (214, 97, 43)
OTHER_ROD: Final[Colour] = (44, 140, 60)


@final
@dataclass(frozen=True, slots=True)
class Line:
    """A line through points, of a width in metres."""

    points: tuple[Point, ...]
    width: float
    colour: Colour


@final
@dataclass(frozen=True, slots=True)
class Disc:
    """A filled circle."""

    centre: Point
    radius: float
    colour: Colour


@final
@dataclass(frozen=True, slots=True)
class Scene:
    """Shapes, the first at the back.

    Attributes:
        low, high: corners of what is shown.
        shapes: the shapes.
    """

    low: Point
    high: Point
    shapes: tuple[Line | Disc, ...]


def _track(limit: float) -> tuple[Line, ...]:
    ends = [Line(((x, -0.12), (x, 0.12)), 0.03, PALE) for x in (-limit, limit)]
    return (Line(((-limit, 0.0), (limit, 0.0)), 0.02, PALE), *ends)


def _pole(foot: Point, angle: float, length: float, width: float, colour: Colour) -> Line:
    top = (foot[0] + length * math.sin(angle), foot[1] + length * math.cos(angle))
    return Line((foot, top), width, colour)


def _cart(x: float) -> Line:
    return Line(((x - 0.25, 0.0), (x + 0.25, 0.0)), 0.22, BODY)


def _cartpole(state: tuple[float, ...]) -> Scene:
    x, _, angle, _ = state
    pole = _pole((x, 0.1), angle, 1.0, 0.07, ROD)
    return Scene((-2.7, -0.4), (2.7, 1.4), (*_track(2.4), _cart(x), pole))


def _double_pole(state: tuple[float, ...]) -> Scene:
    x, _, long, _, short, _ = state
    poles = (
        _pole((x - 0.08, 0.1), long, 1.0, 0.05, ROD),
        _pole((x + 0.08, 0.1), short, 0.1, 0.05, OTHER_ROD),
    )
    return Scene((-2.7, -0.4), (2.7, 1.4), (*_track(2.4), _cart(x), *poles))


def _acrobot(state: tuple[float, ...]) -> Scene:
    first, second, _, _ = state
    elbow = (math.sin(first), -math.cos(first))
    tip = (elbow[0] + math.sin(first + second), elbow[1] - math.cos(first + second))
    return Scene(
        (-2.3, -2.3),
        (2.3, 2.3),
        (
            Line(((-2.2, 1.0), (2.2, 1.0)), 0.03, PALE),
            Line(((0.0, 0.0), elbow), 0.14, BODY),
            Line((elbow, tip), 0.14, ROD),
            Disc((0.0, 0.0), 0.1, INK),
            Disc(elbow, 0.1, INK),
        ),
    )


def _hill(x: float) -> float:
    return 0.45 * math.sin(3 * x) + 0.55


def _mountain_car(state: tuple[float, ...]) -> Scene:
    x = state[0]
    places = [-1.2 + 1.8 * step / 60 for step in range(61)]
    goal = _hill(0.45)
    return Scene(
        (-1.3, -0.05),
        (0.7, 1.25),
        (
            Line(tuple((place, _hill(place)) for place in places), 0.012, PALE),
            Line(((0.45, goal), (0.45, goal + 0.15)), 0.012, INK),
            Line(((0.45, goal + 0.13), (0.53, goal + 0.13)), 0.05, OTHER_ROD),
            Disc((x, _hill(x) + 0.045), 0.045, BODY),
        ),
    )


def _pendulum(state: tuple[float, ...]) -> Scene:
    # angles are 0 upright and grow against the clock
    rod = _pole((0.0, 0.0), -state[0], 1.0, 0.16, ROD)
    pivot = Disc((0.0, 0.0), 0.05, INK)
    return Scene((-1.3, -1.3), (1.3, 1.3), (rod, Disc(rod.points[1], 0.08, ROD), pivot))


SCENES: Final[Mapping[str, Callable[[tuple[float, ...]], Scene]]] = {
    "cartpole": _cartpole,
    "acrobot": _acrobot,
    "mountain-car": _mountain_car,
    "pendulum": _pendulum,
    "double-pole": _double_pole,
    "double-pole-no-velocities": _double_pole,
}
"""Scenes of a state, by the name that the kernels know a task by."""
