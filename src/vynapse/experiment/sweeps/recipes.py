# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From a point to the recipe of its runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, final

from vynapse.errors import ConfigError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.recipe import Made, Recipe
from vynapse.experiment.sweeps.settings import SweepSettings
from vynapse.experiment.sweeps.space import Space, Values, rounded
from vynapse.plain import shown
from vynapse.trainers.mode import MODES


@final
class Recipes:
    """The recipes of the points of a sweep; points of one task share its data.

    Args:
        sweep: its recipe stands in it as a mapping.
    """

    def __init__(self, sweep: SweepSettings) -> None:
        content = dict(sweep.recipe) if isinstance(sweep.recipe, dict) else {}
        limits = sweep.budget.per_run
        if limits is not None:
            content = _with_budget(content, limits.model_dump(exclude_unset=True))
        self._content = content
        self._first: Made | None = None
        self._last: tuple[Values, Recipe] | None = None

    def of(self, point: Values, seed: int | None = None) -> Recipe:
        """The recipe of a point; that of the last one is kept for its other seeds.

        Args:
            point: keys and values.
            seed: that of the run; None for the recipe's own.

        Raises:
            ConfigError: a sentence for each problem.
        """
        if self._last is None or self._last[0] != point:
            self._last = dict(point), self._made(point)
        recipe = self._last[1]
        if seed is None:
            return recipe
        return recipe.model_copy(update={"seed": seed}).with_made(recipe.made)

    def _made(self, point: Values) -> Recipe:
        content, keys = dict(self._content), dict(point)
        if "mode" in keys and "stages" not in content:
            content["mode"] = keys.pop("mode")
        try:
            recipe = load_recipe(file=content, overrides=list(keys.items()))
        except ConfigError as error:
            raise ConfigError(map(_plainly, error.problems)) from None
        known = recipe.made
        if known is None or self._first is None or self._first.choice != known.choice:
            self._first = known
            return recipe
        task = self._first.task
        return recipe.with_made(Made(known.choice, task, known.network, known.structure))


def told(point: Mapping[str, Any]) -> str:
    """A point in words: key=value, key=value."""
    return ", ".join(f"{key}={shown(value)}" for key, value in point.items())


def check(sweep: SweepSettings, space: Space, recipes: Recipes) -> None:
    """Make recipes of so many points that each value that may be tried is in one of them.

    Raises:
        ConfigError: the recipe of one of them is wrong, or a limit of the total budget is not
            counted.
    """
    wrong: dict[str, str] = {}
    for point in _covering(sweep, space):
        try:
            recipe = recipes.of(point)
        except ConfigError as error:
            for problem in error.problems:
                wrong.setdefault(problem, _placed(problem, point, space))
            continue
        found = _uncounted(sweep, recipe)
        if sweep.prune is not None and len(recipe.stages) > 1:
            found.append("prune: a recipe of one stage was wanted: leave prune out")
        wrong |= {problem: problem for problem in found}
    if wrong:
        raise ConfigError(dict.fromkeys(wrong.values()))


def _placed(problem: str, point: Values, space: Space) -> str:
    """A sentence led by where the key that it is about stands in the sweep file."""
    key = problem.partition(": ")[0]
    own = key.removeprefix("stages.0.")
    if own in space.axes:
        return f"search.space.{own}: {problem.removeprefix(f'{key}: ')}"
    return f"point {told(point)}: {problem}"


def _covering(sweep: SweepSettings, space: Space) -> Iterable[Values]:
    """Points among which there is each value of each key, and both ends of each range."""
    if sweep.search.kind == "grid":
        seen: set[tuple[str, str]] = set()
        for point in space.grid():
            new = {(key, repr(value)) for key, value in point.items()} - seen
            if new:
                yield point
            seen |= new
        return
    ends = {
        key: axis.values or [rounded(axis, end) for end in (axis.low, axis.high) if end is not None]
        for key, axis in space.axes.items()
    }
    for number in range(max(map(len, ends.values()))):
        for first in _conditions(space):
            own = {key: ends[key][number % len(ends[key])] for key in ends} | first
            yield space.walk(lambda key, _, own=own: own[key])  # type: ignore[misc]


def _conditions(space: Space) -> list[Values]:
    """For each key with a condition, values with which it holds; nothing where none has any."""
    found: list[Values] = [{}]
    for key in space.axes:
        wanted: Values = {}
        left = [key]
        while left:
            for other, value in space.axes[left.pop()].when.items():
                wanted.setdefault(other, value[0] if isinstance(value, list) else value)
                left.append(other)
        if wanted and wanted not in found:
            found.append(wanted)
    return found


def _uncounted(sweep: SweepSettings, recipe: Recipe) -> list[str]:
    """Sentences about limits of the total budget that a recipe does not count."""
    made = recipe.made
    if made is None:
        return []
    counted = {"steps", "seconds"}
    for stage in recipe.stages:
        counted |= set(MODES.get(stage.mode).counted(made.task))
    return [
        f"budget.total.{name}: mode {recipe.stages[0].mode!r} does not count {name}: set one of "
        f"{', '.join(sorted(counted))}"
        for name in sweep.budget.total.limits()
        if name not in counted
    ]


def _with_budget(content: dict[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a recipe whose only stage has other limits of cost.

    Raises:
        ConfigError: it has several stages.
    """
    stages = content.get("stages")
    if isinstance(stages, list) and len(stages) != 1:
        raise ConfigError(
            f"budget.per_run: the recipe has {len(stages)} stages: give each its budget there"
        )
    if isinstance(stages, list) and isinstance(stages[0], dict):
        own = {**_rules(stages[0].get("budget")), **limits}
        return {**content, "stages": [{**stages[0], "budget": own}]}
    return {**content, "budget": {**_rules(content.get("budget")), **limits}}


def _rules(budget: object) -> dict[str, Any]:
    """What of a budget is no limit of cost."""
    held = budget if isinstance(budget, dict) else {}
    return {name: held[name] for name in ("target", "patience") if name in held}


def _plainly(problem: str) -> str:
    return problem.removeprefix("command line: ").replace("--set ", "", 1)
