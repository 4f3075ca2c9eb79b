# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where genomes are measured, said beside a recipe: how a run computes, and never what."""

from __future__ import annotations

from typing import Any

from vynapse.errors import ConfigError
from vynapse.evolution.evaluators.kind import EVALUATORS, EvaluatorKind
from vynapse.experiment.recipe import Recipe
from vynapse.registry import Choice
from vynapse.trainers.mode import MODES

_KEY = "evaluator"
_OPTION = "--evaluator"


def evaluator_named(text: str) -> Choice[EvaluatorKind]:
    """The evaluator of KIND or KIND:COUNT; a KIND may be package.module:object.

    Raises:
        UnknownName: there is no such kind.
        ConfigError: COUNT is no whole number from 1 on, or the kind takes none.
    """
    name, colon, count = text.strip().rpartition(":")
    if not colon or (name not in EVALUATORS.names() and count.isidentifier()):
        name, colon, count = text.strip(), "", ""
    kind = EVALUATORS.get(name, _OPTION)
    if not colon:
        return EVALUATORS.choose(name, _OPTION)
    if kind.count is None:
        raise ConfigError(f"{_OPTION}: {name} takes no number, got {text!r}: name {name} alone")
    if not count.isdecimal() or not 1 <= len(count) <= 6 or int(count) < 1:
        raise ConfigError(
            f"{_OPTION}: KIND:COUNT with a whole number from 1 on was wanted, e.g. {name}:2, got "
            f"{text[:99]!r}"
        )
    return EVALUATORS.choose({"kind": name, kind.count: int(count)}, _OPTION)


def can_be_measured(recipe: Recipe) -> bool:
    """Whether a stage of the recipe has an evaluator."""
    return any(_KEY in MODES.get(stage.mode).how for stage in recipe.stages)


def measured_by(recipe: Recipe, evaluator: Choice[EvaluatorKind]) -> Recipe:
    """The recipe with this evaluator in every stage that has one.

    Raises:
        ConfigError: no stage has one.
    """
    if not can_be_measured(recipe):
        modes = ", ".join(dict.fromkeys(stage.mode for stage in recipe.stages))
        having = ", ".join(name for name in MODES.names() if _KEY in MODES.get(name).how)
        raise ConfigError(
            f"{_OPTION}: a mode that measures genomes ({having}) was wanted, got {modes}: leave "
            "the option out"
        )
    return _with(recipe, [{_KEY: evaluator}] * len(recipe.stages))


def computed_as(recipe: Recipe, other: Recipe) -> Recipe:
    """The recipe, computing as another one with the same identity does."""
    return _with(
        recipe,
        [
            {key: getattr(stage.settings, key) for key in MODES.get(stage.mode).how}
            for stage in other.stages
        ],
    )


def _with(recipe: Recipe, keys: list[dict[str, Any]]) -> Recipe:
    stages = []
    for stage, own in zip(recipe.stages, keys, strict=True):
        known = {key: own[key] for key in MODES.get(stage.mode).how if key in own}
        settings = stage.settings.model_copy(update=known)
        stages.append(stage.model_copy(update={"settings": settings}))
    return recipe.model_copy(update={"stages": tuple(stages)})
