# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A sweep file: a recipe, a space of keys, seeds, budgets.

    recipe: {task: digits, mode: sgd}
    search:
      kind: random
      trials: 24
      space:
        learning_rate: {low: 0.001, high: 1.0, log: true}
        batch_size: [16, 32, 64]
    seeds: [0, 1]
    budget: {per_run: {epochs: 5}}

Its space has dotted keys of the recipe, as `--set` has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from vynapse.errors import ConfigError, suggestion
from vynapse.experiment.reading import read_recipe_file
from vynapse.experiment.recipe import BudgetSettings
from vynapse.settings import NESTED, Count, Settings, validate

MOST_POINTS: Final = 10_000
"""Points of a sweep."""


class Axis(Settings):
    """What one key of the recipe may be: one of some values, or any number of a range."""

    values: list[Any] | None = Field(None, description="the values; a list alone means them")
    low: float | None = Field(None, description="lowest number of a range")
    high: float | None = Field(None, description="highest number of a range, which belongs to it")
    log: bool = Field(False, description="whether factors of the range are as likely as each other")
    int: bool = Field(False, description="whether only whole numbers are meant")
    count: Count | None = Field(
        None, description="numbers of the range that a grid takes; null: all whole ones"
    )
    when: dict[str, Any] = Field(
        default_factory=dict,
        description="other keys of the space and the value, or the list of values, that each must "
        "have; otherwise the recipe keeps what it says",
    )

    @model_validator(mode="after")
    def _one_form(self) -> Axis:
        problem = self._problem()
        if problem is not None:
            raise PydanticCustomError(NESTED, "wrong", {"problems": [problem]})
        return self

    def _problem(self) -> str | None:
        if self.values is not None:
            if not self.values:
                return "values: at least one was wanted"
            given = {name for name in ("low", "high", "count") if getattr(self, name) is not None}
            return f"{min(given)}: values stand here: leave one out" if given else None
        if self.low is None or self.high is None:
            return "low: a list of values, or low and high, was wanted"
        if not self.low < self.high:
            return f"low: a number below high {self.high:g} was wanted, got {self.low:g}"
        if self.log and self.low <= 0:
            return f"low: a number above 0 was wanted with log, got {self.low:g}"
        if self.int and not (self.low.is_integer() and self.high.is_integer()):
            return f"low: whole numbers were wanted with int, got {self.low:g} and {self.high:g}"
        return None


class SearchSettings(Settings):
    """Which points are tried."""

    kind: Literal["grid", "random", "tpe"] = Field(
        description="grid: all combinations; random: draws; tpe: a model of what was good so far "
        "(Bergstra et al. 2011, by Optuna)"
    )
    space: dict[str, Axis] = Field(
        min_length=1, description="dotted keys of the recipe, and what each may be"
    )
    trials: int | None = Field(
        None, ge=1, le=MOST_POINTS, description="points in all; a grid needs no number"
    )
    start: tuple[dict[str, Any], ...] = Field(
        (), description="points that are known to be good; they are tried first"
    )
    seed: int = Field(0, ge=0, lt=2**64, description="root of the random numbers of the search")
    startup: Count = Field(10, description="points that tpe draws at random before it has a model")

    @field_validator("space", mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        return {
            key: {"values": axis} if isinstance(axis, list) else axis for key, axis in value.items()
        }

    @model_validator(mode="after")
    def _has_an_end(self) -> SearchSettings:
        if self.kind != "grid" and self.trials is None:
            problem = f"trials: how many points was wanted with kind {self.kind}"
            raise PydanticCustomError(NESTED, "wrong", {"problems": [problem]})
        return self


class TotalBudget(Settings):
    """When no more points are given out: once all runs together have taken that much."""

    steps: int | None = Field(None, ge=1, description="steps")
    forwards: int | None = Field(None, ge=1, description="examples run forward, times networks")
    backwards: int | None = Field(None, ge=1, description="examples run backward, times networks")
    flops: float | None = Field(None, gt=0, description="floating-point operations")
    env_steps: int | None = Field(None, ge=1, description="steps of environments")
    seconds: float | None = Field(
        None, gt=0, description="seconds of stepping (makes the sweep irreproducible)"
    )

    def limits(self) -> dict[str, float]:
        """The limits that are set, by name."""
        held = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: float(limit) for name, limit in held.items() if limit is not None}


class SweepBudget(Settings):
    """How much is spent."""

    per_run: BudgetSettings | None = Field(
        None, description="when each run stops, in place of the limits of the recipe"
    )
    total: TotalBudget = Field(
        default_factory=TotalBudget, description="when no more points are given out"
    )


class PruneSettings(Settings):
    """When a hopeless point is given up, before its runs have spent their budgets."""

    kind: Literal["median", "halving"] = Field(
        description="median: a run ends that is worse than half of those before it with the same "
        "seed; halving: all points make a share of their runs, the better ones go on"
    )
    at: tuple[float, ...] = Field(
        (0.25, 0.5),
        min_length=1,
        description="shares of the budget of a run at which is decided, rising, between 0 and 1",
    )
    keep: float = Field(
        0.5, gt=0, lt=1, description="halving: the share of points that goes on, at each time"
    )
    first: Count = Field(5, description="median: points that are never given up")

    @field_validator("at")
    @classmethod
    def _rising(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 < share < 1 for share in value) or sorted(set(value)) != list(value):
            raise ValueError("rising shares between 0 and 1")
        return value


class SweepSettings(Settings):
    """A whole sweep file."""

    recipe: dict[str, Any] | str = Field(
        description="the recipe, also in its short form, or the path of its file, from the folder "
        "of the sweep file"
    )
    search: SearchSettings = Field(description="which points are tried")
    seeds: tuple[int, ...] = Field(
        (0,), min_length=1, max_length=MOST_POINTS, description="seeds of each point"
    )
    budget: SweepBudget = Field(default_factory=SweepBudget, description="how much is spent")
    prune: PruneSettings | None = Field(
        None, description="when hopeless points are given up; null: never"
    )

    @field_validator("seeds")
    @classmethod
    def _different(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(value)) != len(value) or min(value) < 0:
            raise ValueError("different whole numbers from 0 on")
        return value


def read_sweep(source: Path | Mapping[str, Any]) -> SweepSettings:
    """A sweep from its file, or from the content of one; the recipe stands in it as a mapping.

    Args:
        source: a YAML or TOML file, or what such a file holds.

    Raises:
        ConfigError: a sentence for each problem, led by the file.
    """
    lead = f"{source}: " if isinstance(source, Path) else ""
    content = read_recipe_file(source) if isinstance(source, Path) else dict(source)
    try:
        found = validate(SweepSettings, content)
        refuse_contradictions(found)
    except ConfigError as error:
        raise ConfigError(f"{lead}{problem}" for problem in error.problems) from None
    if isinstance(found.recipe, dict):
        return found
    home = source.parent if isinstance(source, Path) else Path()
    return found.model_copy(update={"recipe": read_recipe_file(home / found.recipe)})


_RESERVED: Final = {
    "seed": "seeds of each point stand under seeds",
    "task": "points of different tasks cannot be compared: name one of its keys, as task.bits",
    "task.name": "points of different tasks cannot be compared",
}


def refuse_contradictions(sweep: SweepSettings) -> None:
    """Refuse what no model alone can see.

    Raises:
        ConfigError: a sentence for each problem.
    """
    search, problems = sweep.search, list[str]()
    for key, axis in search.space.items():
        if key in _RESERVED:
            problems.append(f"search.space.{key}: {_RESERVED[key]}")
        for other in axis.when:
            where = f"search.space.{key}.when"
            known = search.space.keys() - {key}
            if other not in known:
                problems.append(f"{where}: unknown key {other!r}{suggestion(other, known)}")
            elif search.space[other].values is None:
                problems.append(f"{where}: {other} has a range: a key with values was wanted")
        if search.kind == "grid" and axis.values is None and axis.count is None and not axis.int:
            problems.append(f"search.space.{key}: a grid needs values, or a count beside low")
    if sweep.prune is not None:
        problems += _unprunable(sweep)
    if problems:
        raise ConfigError(problems)


def _unprunable(sweep: SweepSettings) -> list[str]:
    problems = []
    for key in sweep.search.space:
        if key.split(".")[0] == "budget" or ".budget" in key:
            problems.append(
                f"search.space.{key}: points are pruned at the same share of one budget: leave "
                "prune or the key out"
            )
    if sweep.prune is not None and sweep.prune.kind == "halving":
        if sweep.search.kind == "tpe":
            problems.append(
                "prune.kind: halving needs all points at the start, tpe has them one by one: "
                "take median, or search at random"
            )
        if sweep.budget.total.limits():
            problems.append(
                "budget.total: halving makes a share of all runs: leave budget.total or prune out"
            )
    return problems


def json_schema() -> dict[str, Any]:
    """A JSON schema (2020-12) of sweep files."""
    from vynapse.experiment.schema import json_schema as of_recipe

    schema = SweepSettings.model_json_schema()
    recipe = of_recipe()
    definitions = {**schema.pop("$defs", {}), **recipe.pop("$defs", {})}
    for key in ("$schema", "title"):
        recipe.pop(key, None)
    whole = {"description": schema["properties"]["recipe"]["description"]}
    schema["properties"]["recipe"] = {**whole, "anyOf": [*recipe["anyOf"], {"type": "string"}]}
    space = definitions["SearchSettings"]["properties"]["space"]
    space["additionalProperties"] = {"anyOf": [{"type": "array"}, {"$ref": "#/$defs/Axis"}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Vynapse sweep",
        "$defs": definitions,
    }
