# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys of strategies with parents and children: selection, crossover and mutation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import numpy as np
from pydantic import Field

from vynapse.errors import ConfigError
from vynapse.evolution.crossover import Crossover, CrossoverKind
from vynapse.evolution.mutation import Adaptation, Mutation, PolynomialMutation
from vynapse.evolution.restarts import Restarts
from vynapse.evolution.selection import Selection, SelectionKind
from vynapse.evolution.strategies.kind import Ground
from vynapse.evolution.strategies.restart_keys import RestartKeys, spread
from vynapse.evolution.variation import VariationParts
from vynapse.settings import Count, Settings

OFFSPRING: Final = 100
"""Children of a generation where nothing is said."""


class Parts(VariationParts):
    """What all strategies with parents and children are made of."""

    restarts: Restarts
    measure_again: bool


class VariationKeys(Settings):
    """How children are made from parents."""

    selection: SelectionKind = Field(
        "tournament",
        description="how the parents of a child are chosen: best of a few drawn, in proportion "
        "to fitness (roulette; sus, with one spin for all), by linear rank, or evenly among the "
        "best (truncation)",
    )
    tournament_size: Count = Field(3, description="candidates of a tournament")
    rank_pressure: float = Field(
        1.5,
        ge=1,
        le=2,
        description="how much likelier than the average the best is chosen by selection rank",
    )
    truncation_share: float = Field(
        0.5, gt=0, le=1, description="part of the parents that selection truncation chooses from"
    )
    crossover_rate: float = Field(
        0.0, ge=0, le=1, description="probability that a child mixes the weights of two parents"
    )
    crossover: CrossoverKind = Field(
        "uniform",
        description="how two parents mix: each weight from either, pieces between cuts in turn "
        "(k-point), or evenly from the interval between them, made longer (blend)",
    )
    crossover_points: Count = Field(2, description="cuts of crossover k-point")
    blend_alpha: float = Field(
        0.5,
        ge=0,
        description="part of its length by which crossover blend makes the interval longer at "
        "each end",
    )
    mutation: Literal["gaussian", "polynomial"] = Field(
        "gaussian", description="how weights change: by a normal number, or inside bounds"
    )
    mutation_rate: float = Field(
        1.0, gt=0, le=1, description="probability that a weight of a child is mutated"
    )
    polynomial_eta: float = Field(
        20.0,
        ge=0,
        description="distribution index of mutation polynomial; larger means smaller steps",
    )
    weight_bound: float = Field(
        10.0, gt=0, description="largest magnitude of a weight under mutation polynomial"
    )
    sigma: float | None = Field(
        None,
        gt=0,
        description="standard deviation of the mutation, at first and after a restart; null for "
        "3 / sqrt(number of weights)",
    )
    adaptation: Adaptation = Field(
        "self",
        description="how sigma changes: none keeps it, decay shrinks it every generation, "
        "one-fifth follows the share of children better than their parents, self "
        "lets each individual inherit and mutate its own",
    )
    sigma_decay: float = Field(
        0.99, gt=0, le=1, description="factor of sigma in each generation under adaptation decay"
    )
    sigma_min: float = Field(1e-4, ge=0, description="sigma becomes no smaller by its adaptation")
    initial_sigma: float | None = Field(
        None,
        ge=0,
        description="standard deviation of the first generation round the given network, which is "
        "itself the first individual; null for 3 / sqrt(number of weights)",
    )


class BreedingKeys(RestartKeys, VariationKeys):
    """Keys of every strategy with parents and children; restarts stand last."""

    def parts(self, ground: Ground) -> Parts:
        """What the population is made of.

        Raises:
            ConfigError: keys contradict each other or do not fit the genome.
        """
        weights = ground.weights
        if problems := [*self.problems(), *self._misfits(ground)]:
            raise ConfigError(problems)
        return {
            "selection": Selection(
                self.selection, self.tournament_size, self.rank_pressure, self.truncation_share
            ),
            "crossover_rate": self.crossover_rate,
            "crossover": Crossover(self.crossover, self.crossover_points, self.blend_alpha),
            "mutation": self._mutation(weights),
            "initial_sigma": spread(self.initial_sigma, weights),
            "mask": ground.mask,
            "restarts": self.restarts(),
            "measure_again": ground.changing,
        }

    def _mutation(self, weights: int) -> Mutation | PolynomialMutation:
        if self.mutation == "polynomial":
            return PolynomialMutation(self.weight_bound, self.polynomial_eta, self.mutation_rate)
        return Mutation(
            spread(self.sigma, weights),
            self.adaptation,
            self.sigma_decay,
            self.sigma_min,
            self.mutation_rate,
        )

    def _misfits(self, ground: Ground) -> Iterator[str]:
        """A sentence for every key that does not fit the genome."""
        points, bound = self.crossover_points, self.weight_bound
        if self.crossover == "k-point" and points >= ground.weights:
            yield (
                f"strategy.crossover_points: fewer than the {ground.weights} weights of the "
                f"network were wanted, got {points}"
            )
        largest = float(np.abs(ground.centre(0)).max())
        if self.mutation == "polynomial" and largest > bound:
            yield (
                f"strategy.weight_bound: at least {largest:g} was wanted, the largest weight of "
                f"the given network, got {bound:g}"
            )

    def problems(self) -> Iterator[str]:
        """A sentence for every key that was set and is not used."""
        silent: set[str] = set()
        for key, options in _USES.items():
            if key in silent:
                continue
            choice = getattr(self, key)
            used = options[choice]
            for unused in sorted(frozenset[str]().union(*options.values()) - used - silent):
                silent |= {unused}
                if getattr(self, unused) != type(self).model_fields[unused].default:
                    yield f"strategy.{unused}: {key} {choice} does not use it: remove it"
        if self.crossover_rate == 0 and self.crossover != "uniform":
            yield (
                "strategy.crossover: crossover_rate 0 does not use it: set crossover_rate, e.g. 0.5"
            )
        yield from super().problems()


def self_adapted(sigma: float) -> Mapping[str, Any]:
    """Keys for a search of which the first step size alone is known."""
    return {"sigma": sigma, "initial_sigma": sigma, "sigma_min": 0.0}


_USES: Final[dict[str, dict[str, frozenset[str]]]] = {
    "selection": {
        "tournament": frozenset({"tournament_size"}),
        "roulette": frozenset(),
        "rank": frozenset({"rank_pressure"}),
        "sus": frozenset(),
        "truncation": frozenset({"truncation_share"}),
    },
    "crossover": {
        "uniform": frozenset(),
        "k-point": frozenset({"crossover_points"}),
        "blend": frozenset({"blend_alpha"}),
    },
    "mutation": {
        "gaussian": frozenset({"sigma", "adaptation", "sigma_decay", "sigma_min"}),
        "polynomial": frozenset({"polynomial_eta", "weight_bound"}),
    },
    "adaptation": {
        "none": frozenset(),
        "decay": frozenset({"sigma_decay", "sigma_min"}),
        "one-fifth": frozenset({"sigma_min"}),
        "self": frozenset({"sigma_min"}),
    },
}
"""Key -> its value -> keys that this value uses, of those that only some of its values use."""
