# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys of strategies that sample from a distribution, and the population made from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from vynapse.errors import ConfigError
from vynapse.evolution.distribution import Distribution, DistributionSearch
from vynapse.evolution.population import Population
from vynapse.evolution.strategies.kind import Ground
from vynapse.evolution.strategies.restart_keys import RestartKeys, doubling
from vynapse.settings import Settings


class StepSizeKeys(Settings):
    """The first step size."""

    sigma: float | None = Field(
        None,
        gt=0,
        description="standard deviation of the distribution, at first and after a restart; null "
        "for 3 / sqrt(number of weights)",
    )


class SamplingKeys(RestartKeys, StepSizeKeys):
    """Keys of every strategy that samples; `offspring` is the strategy's own."""

    def check(self, name: str, ground: Ground, offspring: int | None, least: int) -> None:
        """Refuse what does not fit together.

        Raises:
            ConfigError: with a sentence for every problem.
        """
        if problems := [*self.problems(), *_misfits(name, ground, offspring, least)]:
            raise ConfigError(problems)

    def search(self, law: Distribution, ground: Ground, size: int) -> Population[Any]:
        """A fresh population of `size` samples."""
        return DistributionSearch(
            ground.centre, law, size=size, mask=ground.mask, restarts=self.restarts()
        )


def _misfits(name: str, ground: Ground, offspring: int | None, least: int) -> Iterator[str]:
    if ground.free == 0:
        yield f"mask: strategy {name} needs a weight that may change, none is left"
    if offspring is not None and offspring < least:
        yield f"strategy.offspring: at least {least} were wanted with {name}, got {offspring}"


def sampled(parameters: int, sigma: float, size: int) -> Mapping[str, Any]:
    """Keys for a search of which the first step size alone is known."""
    return {"offspring": size, "sigma": sigma, **doubling(parameters, size)}
