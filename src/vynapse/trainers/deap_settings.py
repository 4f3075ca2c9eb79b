# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys of mode `deap`, and what is wrong with a combination of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal

from pydantic import Field, field_validator

from vynapse.evolution.crossover import CrossoverKind
from vynapse.evolution.mutation import Adaptation
from vynapse.evolution.selection import SelectionKind
from vynapse.evolution.snes import default_size
from vynapse.settings import Settings

StrategyName = Literal[
    "mu+lambda", "mu,lambda", "generational", "steady-state", "openai-es", "snes", "cma-es"
]


class DeapSettings(Settings):
    """Keys of mode `deap`."""

    strategy: StrategyName = Field(
        "mu+lambda",
        description="who competes to be a parent: parents and offspring (mu+lambda), offspring "
        "and the elites alone (mu,lambda; generational, where all offspring become parents), or "
        "the population, whose worst are replaced (steady-state); openai-es, snes and cma-es "
        "sample from a distribution that learns",
    )
    mu: int = Field(
        20,
        ge=1,
        description="parents kept from one generation to the next; with steady-state the "
        "population",
    )
    offspring: int | None = Field(
        None,
        ge=1,
        validate_default=True,
        description="lambda: networks made in a generation; at least mu with mu,lambda; null for "
        "100, for 10 with steady-state, for 4 + 3 ln(number of weights) with snes and cma-es",
    )
    elites: int = Field(
        1,
        ge=0,
        validate_default=True,
        description="with mu,lambda and generational: best parents that compete with the "
        "offspring, at most as many as there are parents",
    )
    selection: SelectionKind = Field(
        "tournament",
        description="how the parents of a child are chosen: best of a few drawn, in proportion "
        "to fitness (roulette; sus, with one spin for all), by linear rank, or evenly among the "
        "best (truncation)",
    )
    tournament_size: int = Field(3, ge=1, description="candidates of a tournament")
    rank_pressure: float = Field(
        1.5,
        ge=1,
        le=2,
        description="with selection rank: how much likelier than the average the best is chosen",
    )
    truncation_share: float = Field(
        0.5, gt=0, le=1, description="with selection truncation: part of the parents that is chosen"
    )
    crossover_rate: float = Field(
        0.0, ge=0, le=1, description="probability that a child mixes the weights of two parents"
    )
    crossover: CrossoverKind = Field(
        "uniform",
        description="how two parents mix: each weight from either, pieces between cuts in turn "
        "(k-point), or evenly from the interval between them, made longer (blend)",
    )
    crossover_points: int = Field(2, ge=1, description="with crossover k-point: cuts")
    blend_alpha: float = Field(
        0.5,
        ge=0,
        description="with crossover blend: by how much of its length the interval is longer at "
        "either end",
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
        description="with mutation polynomial: distribution index; larger means smaller steps",
    )
    weight_bound: float = Field(
        10.0, gt=0, description="with mutation polynomial: no weight becomes larger in magnitude"
    )
    sigma: float | None = Field(
        None,
        gt=0,
        description="standard deviation of the mutation or of the distribution, at first and after "
        "a restart; null for 3 / sqrt(number of weights)",
    )
    adaptation: Adaptation = Field(
        "self",
        description="of sigma: none keeps it, decay shrinks it every generation, one-fifth "
        "follows the share of children better than their parents, self lets each individual "
        "inherit and mutate its own",
    )
    sigma_decay: float = Field(
        0.99, gt=0, le=1, description="with decay: factor of sigma in each generation"
    )
    sigma_min: float = Field(1e-4, ge=0, description="sigma becomes no smaller by its adaptation")
    initial_sigma: float | None = Field(
        None,
        ge=0,
        description="standard deviation of the first generation round the given network, which is "
        "itself the first individual; null for 3 / sqrt(number of weights)",
    )
    optimizer: Literal["adam", "sgd"] = Field(
        "adam", description="with openai-es: how the network at the centre follows the gradient"
    )
    learning_rate: float = Field(0.05, gt=0, description="with openai-es: of the optimizer")
    momentum: float = Field(0.9, ge=0, lt=1, description="with openai-es and sgd")
    restart_patience: int | None = Field(
        100,
        ge=1,
        description="generations without improvement until the population starts afresh (the best "
        "network is kept aside; mu children are a generation of steady-state); null for never",
    )
    min_delta: float = Field(
        0.01,
        ge=0,
        lt=1,
        description="the least drop of the training loss that counts as improvement, as a "
        "fraction of the loss",
    )
    restart_spread: float | None = Field(
        None,
        gt=0,
        description="the population starts afresh when the standard deviation of every weight is "
        "below this; null for never",
    )
    restart_growth: float = Field(
        1.0, ge=1, le=4, description="factor of mu and offspring at each restart"
    )
    mask: dict[str, float | list[Any]] = Field(
        default_factory=dict,
        description="weights that keep their values: glob over parameter names -> 0 (kept), 1 "
        "(evolved) or a nested list of them, one for each weight",
    )
    batch_size: int | None = Field(
        None,
        ge=1,
        description="training examples a generation is measured on; null for all",
    )
    generations_per_call: int = Field(
        100,
        ge=1,
        description="generations made in one call where the kernel does all the work of a "
        "generation; a run can stop, save and resume between two calls",
    )
    evaluate_every: int = Field(
        10,
        ge=1,
        description="generations between two scorings of the best network on the validation "
        "split, where that is not the training split",
    )

    @field_validator("offspring")
    @classmethod
    def _enough_offspring(cls, value: int | None, info: Any) -> int | None:
        mu = info.data.get("mu", 1)
        if info.data.get("strategy") == "mu,lambda" and (value or _OFFSPRING) < mu:
            raise ValueError(f"at least mu = {mu}, as mu,lambda chooses the parents among them,")
        return value

    @field_validator("elites")
    @classmethod
    def _few_elites(cls, value: int, info: Any) -> int:
        generational = info.data.get("strategy") == "generational"
        name = "offspring" if generational else "mu"
        parents = info.data.get(name, value) or _OFFSPRING
        if value > parents:
            raise ValueError(f"at most {name} = {parents}")
        return value

    def population_size(self, parameters: int) -> int:
        """`offspring`, or what it stands for when it is null and so many weights may change."""
        if self.offspring is not None:
            return self.offspring
        if self.strategy in {"snes", "cma-es"}:
            return default_size(parameters)
        return 10 if self.strategy == "steady-state" else _OFFSPRING

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
                if getattr(self, unused) != DeapSettings.model_fields[unused].default:
                    yield f"{unused}: {key} {choice} does not use it: remove it"
        if self.crossover_rate == 0 and "crossover" not in silent and self.crossover != "uniform":
            yield "crossover: crossover_rate 0 does not use it: set crossover_rate, e.g. 0.5"
        if self.restart_patience is None and self.min_delta != 0.01:
            yield "min_delta: without restart_patience it is not used: remove it"
        if self.restart_patience is None is self.restart_spread and self.restart_growth != 1:
            yield (
                "restart_growth: without restart_patience and restart_spread nothing restarts: "
                "set one of them or remove it"
            )


_OFFSPRING: Final = 100

_BREEDING: Final = frozenset(
    {
        "selection", "tournament_size", "rank_pressure", "truncation_share",
        "crossover_rate", "crossover", "crossover_points", "blend_alpha",
        "mutation", "mutation_rate", "polynomial_eta", "weight_bound",
        "adaptation", "sigma_decay", "sigma_min", "initial_sigma",
    }
)  # fmt: skip
_GAUSSIAN: Final = frozenset({"sigma", "adaptation", "sigma_decay", "sigma_min"})

_USES: Final[dict[str, dict[str, frozenset[str]]]] = {
    "strategy": {
        "mu+lambda": _BREEDING | {"mu"},
        "mu,lambda": _BREEDING | {"mu", "elites"},
        "generational": _BREEDING | {"elites"},
        "steady-state": _BREEDING | {"mu"},
        "openai-es": frozenset({"optimizer", "learning_rate", "momentum"}),
        "snes": frozenset(),
        "cma-es": frozenset(),
    },
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
        "gaussian": _GAUSSIAN,
        "polynomial": frozenset({"polynomial_eta", "weight_bound"}),
    },
    "adaptation": {
        "none": frozenset(),
        "decay": frozenset({"sigma_decay", "sigma_min"}),
        "one-fifth": frozenset({"sigma_min"}),
        "self": frozenset({"sigma_min"}),
    },
    "optimizer": {"adam": frozenset(), "sgd": frozenset({"momentum"})},
}
"""Key -> its value -> keys that this value uses, of those that only some of its values use."""
