# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Strategy `mu,lambda`: offspring and a few elites compete; parents are forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from vynapse.evolution.evolution_strategy import EvolutionStrategy
from vynapse.evolution.strategies import plus
from vynapse.evolution.strategies.breeding import OFFSPRING, BreedingKeys
from vynapse.evolution.strategies.kind import Ground, Strategy
from vynapse.settings import Settings, Size


class _Parents(Settings):
    mu: Size = Field(20, ge=1, description="parents, chosen among offspring and elites")
    offspring: Size | None = Field(
        None,
        ge=1,
        validate_default=True,
        description="lambda: networks made in a generation, at least mu; null for 100",
    )
    elites: int = Field(
        1,
        ge=0,
        validate_default=True,
        description="best parents that compete with the offspring, at most mu",
    )

    @field_validator("offspring")
    @classmethod
    def _enough_offspring(cls, value: int | None, info: Any) -> int | None:
        mu = info.data.get("mu", 1)
        if (value or OFFSPRING) < mu:
            raise ValueError(f"at least mu = {mu}, as mu,lambda chooses the parents among them,")
        return value

    @field_validator("elites")
    @classmethod
    def _few_elites(cls, value: int, info: Any) -> int:
        mu = info.data.get("mu", value)
        if value > mu:
            raise ValueError(f"at most mu = {mu}")
        return value


class CommaSettings(BreedingKeys, _Parents):
    """Keys of strategy `mu,lambda`."""


def build(settings: CommaSettings, ground: Ground) -> EvolutionStrategy:
    """A fresh population."""
    return EvolutionStrategy(
        ground.centre_in_float32,
        ground.streams,
        plus=False,
        mu=settings.mu,
        offspring=settings.offspring or OFFSPRING,
        elites=settings.elites,
        **settings.parts(ground),
    )


def suggest(parameters: int, sigma: float, size: int | None) -> Mapping[str, Any]:
    """The settings of `mu+lambda` and the number of elites."""
    return {**plus.suggest(parameters, sigma, size), "elites": 0}


STRATEGY = Strategy(
    name="mu,lambda",
    summary="offspring and the elites alone compete to be parents",
    settings=CommaSettings,
    build=build,
    suggest=suggest,
)
