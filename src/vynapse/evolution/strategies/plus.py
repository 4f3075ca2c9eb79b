# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Strategy `mu+lambda`: parents compete with their offspring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from vynapse.evolution.evolution_strategy import EvolutionStrategy
from vynapse.evolution.strategies.breeding import OFFSPRING, BreedingKeys, self_adapted
from vynapse.evolution.strategies.kind import Ground, Strategy
from vynapse.evolution.strategies.restart_keys import doubling
from vynapse.evolution.strategies.snes import default_size
from vynapse.settings import Settings, Size


class _Parents(Settings):
    mu: Size = Field(20, ge=1, description="parents kept from one generation to the next")
    offspring: Size | None = Field(
        None, ge=1, description="lambda: networks made in a generation; null for 100"
    )


class PlusSettings(BreedingKeys, _Parents):
    """Keys of strategy `mu+lambda`."""


def build(settings: PlusSettings, ground: Ground) -> EvolutionStrategy:
    """A fresh population."""
    return EvolutionStrategy(
        ground.centre_in_float32,
        ground.streams,
        plus=True,
        mu=settings.mu,
        offspring=settings.offspring or OFFSPRING,
        elites=0,
        **settings.parts(ground),
    )


def suggest(parameters: int, sigma: float, size: int | None) -> Mapping[str, Any]:
    """Four children for each parent; four times as many of them as SNES has samples."""
    offspring = size or 4 * default_size(parameters)
    sizes = {"mu": max(1, offspring // 4), "offspring": offspring}
    return {**sizes, **self_adapted(sigma), **doubling(parameters, offspring)}


STRATEGY = Strategy(
    name="mu+lambda",
    summary="parents and their offspring compete to be parents",
    settings=PlusSettings,
    build=build,
    suggest=suggest,
)
