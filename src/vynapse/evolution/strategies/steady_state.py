# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Strategy `steady-state`: children enter one after the other in the place of the worst."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field

from vynapse.evolution.steady_population import SteadyState
from vynapse.evolution.strategies.breeding import BreedingKeys, self_adapted
from vynapse.evolution.strategies.kind import Ground, Strategy
from vynapse.evolution.strategies.restart_keys import doubling
from vynapse.evolution.strategies.snes import default_size
from vynapse.settings import Settings, Size

CHILDREN: Final = 10
"""Children of a step where nothing is said."""


class _Population(Settings):
    mu: Size = Field(
        20, ge=1, description="individuals of the population; so many children are a generation"
    )
    offspring: Size | None = Field(None, ge=1, description="children made in a step; null for 10")


class SteadyStateSettings(BreedingKeys, _Population):
    """Keys of strategy `steady-state`."""


def build(settings: SteadyStateSettings, ground: Ground) -> SteadyState:
    """A fresh population."""
    children = settings.offspring or CHILDREN
    parts = settings.parts(ground)
    return SteadyState(
        ground.centre_in_float32, ground.streams, size=settings.mu, children=children, **parts
    )


def suggest(parameters: int, sigma: float, size: int | None) -> Mapping[str, Any]:
    """A quarter of the population is made in a step; every second child has two parents."""
    mu = size or 4 * default_size(parameters)
    sizes = {"mu": mu, "offspring": max(1, mu // 4), "crossover_rate": 0.5}
    return {**sizes, **self_adapted(sigma), **doubling(parameters, mu)}


STRATEGY = Strategy(
    name="steady-state",
    summary="each child takes the place of the worst of the population as soon as it is measured",
    settings=SteadyStateSettings,
    build=build,
    suggest=suggest,
)
