# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys of mode `deap`. Those of its strategy stand in the strategy's own file."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from vynapse.chosen import Chosen
from vynapse.errors import VynapseError
from vynapse.evolution.evaluators.kind import EVALUATORS, EvaluatorKind
from vynapse.evolution.strategies.kind import STRATEGIES, Strategy
from vynapse.registry import Choice
from vynapse.settings import NESTED, Size
from vynapse.trainers.episode_keys import EpisodeKeys
from vynapse.trainers.islands.keys import IslandKeys
from vynapse.trainers.refine import RefineKeys


class DeapSettings(IslandKeys, EpisodeKeys):
    """Keys of mode `deap`."""

    strategy: Annotated[Choice[Strategy], Chosen(STRATEGIES)] = Field(
        "mu+lambda",
        validate_default=True,
        description="how the population changes, with the keys of that strategy",
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
    generations_per_call: Size = Field(
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
    evaluator: Annotated[Choice[EvaluatorKind], Chosen(EVALUATORS)] = Field(
        "inline",
        validate_default=True,
        description="where networks are measured; it changes no result",
    )
    refine: RefineKeys | None = Field(
        None,
        description="the best genomes of a generation learn by gradient descent before selection; "
        "null for evolution alone",
    )

    @model_validator(mode="before")
    @classmethod
    def _keys_that_moved(cls, content: Any) -> Any:
        return under_strategy(content) if isinstance(content, Mapping) else content


_DEFAULTS: Final[Mapping[str, Any]] = {
    "mu": 20, "offspring": None, "elites": 1,
    "selection": "tournament", "tournament_size": 3, "rank_pressure": 1.5, "truncation_share": 0.5,
    "crossover_rate": 0.0, "crossover": "uniform", "crossover_points": 2, "blend_alpha": 0.5,
    "mutation": "gaussian", "mutation_rate": 1.0, "polynomial_eta": 20.0, "weight_bound": 10.0,
    "sigma": None, "adaptation": "self", "sigma_decay": 0.99, "sigma_min": 0.0001,
    "initial_sigma": None,
    "optimizer": "adam", "learning_rate": 0.05, "momentum": 0.9,
    "restart_patience": 100, "min_delta": 0.01, "restart_spread": None, "restart_growth": 1.0,
}  # fmt: skip
"""Keys that stood beside `strategy` until version 0.1, when it was a name alone, and the defaults
that they had with every strategy."""


def under_strategy(content: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a stage, with those that have moved in their new place.

    A warning names it. A run of version 0.1 names every key; what its strategy does not use has its
    default there, and is left out.
    """
    flat = {key: value for key, value in content.items() if key in _DEFAULTS}
    kept = {str(key): value for key, value in content.items() if key not in _DEFAULTS}
    if not flat:
        return kept
    given = content.get("strategy", {})
    strategy = {"kind": given} if isinstance(given, str) else given
    if not isinstance(strategy, Mapping):
        return kept
    try:
        kind = STRATEGIES.get(str(strategy.get("kind", "mu+lambda")), "strategy")
    except VynapseError:
        return kept  # the sentence about the strategy says enough
    known = kind.settings.model_fields
    unused = [key for key in flat if key not in known and flat[key] != _DEFAULTS[key]]
    twice = [key for key in flat if key in strategy]
    problems = [f"{key}: strategy {kind.name} does not use it: remove it" for key in unused]
    problems += [
        f"{key}: it stands in its new place strategy.{key} too: remove it" for key in twice
    ]
    if problems:
        raise PydanticCustomError(NESTED, "wrong", {"problems": problems})
    _warn([key for key in flat if flat[key] != _DEFAULTS[key]] or [*flat])
    return {**kept, "strategy": {**strategy, **{key: flat[key] for key in flat if key in known}}}


def _warn(keys: list[str]) -> None:
    shown = ", ".join(f"strategy.{key}" for key in keys[:4])
    more = f" and {len(keys) - 4} more" if len(keys) > 4 else ""
    logging.getLogger("vynapse.recipe").warning(
        "keys of a strategy stand under it: write %s%s (the old place, beside it, is read until "
        "version 0.3)",
        shown,
        more,
    )
