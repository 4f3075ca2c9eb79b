# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From a file, presets and overrides to a `Recipe`; everything wrong is reported at once.

Later sources win: defaults of the mode, presets of (task, mode), the recipe file, overrides. Every
model of settings is validated once, and the task is made once: the recipe remembers it.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, final

from vynapse.core import AMOUNTS, Task
from vynapse.errors import ConfigError, suggestion
from vynapse.experiment.named_runs import named, with_absolute_names
from vynapse.experiment.overrides import TOP, Override, apply_overrides, key_of, merge_choices
from vynapse.experiment.presets import default_network, stage_preset
from vynapse.experiment.problems import Problems
from vynapse.experiment.reading import read_recipe_file
from vynapse.experiment.recipe import (
    MOST_STAGES,
    BudgetSettings,
    Made,
    Recipe,
    RunSettings,
    StageChoice,
)
from vynapse.experiment.short_form import written_out
from vynapse.experiment.weights import network_in
from vynapse.memory import refuse_too_large
from vynapse.networks.structure import Structure, long_form, parse_network
from vynapse.plain import shown
from vynapse.registry import Choice
from vynapse.settings import validate
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.registry import TASKS, made
from vynapse.trainers.mode import MODES, Mode

_STAGE_KEYS = ("mode", "budget")


def load_recipe(
    task: str | None = None,
    mode: str | None = None,
    file: Path | Mapping[str, Any] | None = None,
    overrides: Iterable[Override] = (),
    **keys: Any,
) -> Recipe:
    """A complete recipe: `load_recipe("xor", "deap", seed=1, sigma=0.3)`.

    Args:
        task: name of the task; replaces the file's.
        mode: one-stage recipe of this mode; refused when the file has stages of its own.
        file: YAML (.yaml, .yml) or TOML (.toml), or what such a file holds.
        overrides: dotted keys and values, or texts "dotted.key=value" with the value in YAML. A key
            that is not a key of the recipe (`seed`, `network.mlp`, `task.bits`,
            `stages.1.budget.steps`, …) is a key of the only stage (`learning_rate`,
            `budget.steps`).
        keys: further keys, which win.

    Raises:
        ConfigError: one sentence per problem, each with its key and where that came from.
    """
    problems = Problems(file if isinstance(file, Path) else None)
    content = read_recipe_file(file) if isinstance(file, Path) else copy.deepcopy(file or {})
    raw = written_out(content, problems)
    merge_choices(raw, task, mode, problems)
    every = [*overrides, *keys.items()]
    parts = [override for override in every if key_of(override).startswith("network.")]
    apply_overrides(raw, [override for override in every if override not in parts], problems)
    draft = _Draft(raw, problems)
    if parts:
        draft.write_out_network()
        apply_overrides(raw, parts, problems)
    problems.raise_any()
    return draft.recipe()


def resolve(raw: Mapping[str, Any]) -> Recipe:
    """Validate the content of a recipe file and fill in what it leaves out.

    Raises:
        ConfigError: one sentence per problem.
    """
    problems = Problems()
    return _Draft(written_out(raw, problems), problems).recipe()


@final
class _Draft:
    """The content of a recipe file on its way to a recipe."""

    def __init__(self, raw: dict[str, Any], problems: Problems) -> None:
        self._raw, self._problems = raw, problems
        self._choice: Choice[TaskKind] | None = None
        self._task: Task | None = None
        self._task_is_made = False

    def recipe(self) -> Recipe:
        """The complete recipe.

        Raises:
            ConfigError: with all problems.
        """
        raw, problems = self._raw, self._problems
        self._name_files()
        for key in raw.keys() - TOP:
            problems.add(f"{key}: unknown key{suggestion(str(key), TOP)}")
        task = self._made_task()
        fresh = raw.get("weights") is None
        stages = [
            self._stage(index, stage, first=index == 0 and fresh)
            for index, stage in enumerate(self._stage_list())
        ]
        network, structure = self._network(task)
        own = {key: raw[key] for key in RunSettings.model_fields if key in raw}
        keys = problems.collect(lambda: validate(RunSettings, own))
        problems.raise_any()
        if keys is None or self._choice is None or task is None or structure is None or not stages:
            raise ConfigError("the recipe is empty: name a task and a mode")
        recipe = Recipe(
            task=self._choice,
            network=network,
            stages=tuple(stage for stage in stages if stage),
            **{key: getattr(keys, key) for key in RunSettings.model_fields},
        )
        return recipe.with_made(Made(self._choice, task, network, structure))

    def _name_files(self) -> None:
        """Resolve the names of runs; a graph that was saved is network and weights at once.

        Raises:
            ConfigError: there is no such run.
        """
        raw = self._raw
        for key in ("weights", "network"):
            if isinstance(raw.get(key), str):
                raw[key] = named(raw[key], key)
        network, weights = raw.get("network"), raw.get("weights")
        graph = network.get("graph") if isinstance(network, dict) else None
        if weights is None and isinstance(graph, str) and graph.endswith(".json"):
            raw["weights"] = graph
        elif network is None and isinstance(weights, str) and weights.endswith(".json"):
            raw["network"] = {"graph": weights}

    def write_out_network(self) -> None:
        """Give `network` its long form, the default if need be, so that parts can be set."""
        network = self._raw.get("network")
        if network is None:
            network = self._default_network(self._made_task())
        self._raw["network"] = long_form(network)

    def _made_task(self) -> Task | None:
        """The task, made when it is first asked for."""
        if not self._task_is_made:
            self._task_is_made = True
            value = self._raw.get("task")
            if not isinstance(value, (str, Choice)) and not (
                isinstance(value, dict) and isinstance(value.get("name"), str)
            ):
                self._problems.add(
                    "task: a name such as xor or a mapping with a name was wanted, got "
                    f"{shown(value)}"
                )
                return None
            self._choice = self._problems.collect(lambda: TASKS.choose(value, "task"))
            choice = self._choice
            if choice is not None:
                self._task = self._problems.collect(lambda: made(choice, "task"))
        return self._task

    def _default_network(self, task: Task | None) -> dict[str, Any]:
        if task is None or self._choice is None:
            return {}
        stages = self._raw.get("stages")
        first = stages[0] if isinstance(stages, list) and stages else {}
        name = first.get("mode") if isinstance(first, dict) else None
        mode = name if isinstance(name, str) else None
        return default_network(self._choice.kind, task, mode)

    def _network(self, task: Task | None) -> tuple[dict[str, Any], Structure | None]:
        """The network as it stands in the recipe, and its structure fitted to the task."""
        problems = self._problems
        network: Any = self._raw.get("network")
        weights = self._raw.get("weights")
        if network is None and isinstance(weights, str):
            network = problems.collect(lambda: network_in(Path(weights).expanduser()))
            if network is None:
                return {}, None
        if isinstance(network, str) and (named := _holds_a_network(network)) is not None:
            network = problems.collect(lambda: network_in(named, "network"))
            if network is None:
                return {}, None
        if network is None and task is None:
            return {}, None  # said of the task already
        network = self._default_network(task) if network is None else network
        structure = problems.collect(lambda: parse_network(network))
        if structure is None or task is None:
            return {}, None
        fitted = problems.collect(lambda: _fitted(structure, task))
        return structure.in_recipe(network), fitted

    def _stage_list(self) -> list[dict[str, Any]]:
        value = self._raw.get("stages")
        if isinstance(value, list) and len(value) > MOST_STAGES:
            self._problems.add(
                f"stages: at most {MOST_STAGES} were wanted, got {len(value):,}: write a recipe "
                "that begins with the weights of another run"
            )
            return []
        if not isinstance(value, list) or not value or not all(isinstance(s, dict) for s in value):
            self._problems.add(
                "stages: a list of stages, each with a mode, was wanted: name a --mode"
            )
            return []
        return value

    def _stage(self, index: int, raw: dict[str, Any], *, first: bool) -> StageChoice | None:
        problems, where, name = self._problems, f"stages.{index}", raw.get("mode")
        if not isinstance(name, str):
            problems.add(f"{where}.mode: the name of a mode was wanted, got {shown(name)}")
            return None
        mode = problems.collect(lambda: MODES.get(name, f"{where}.mode"))
        if mode is None:
            return None
        kind = self._choice.kind if self._choice and first else None
        other = self._raw.get("network") is not None
        preset = stage_preset(kind, mode, other_network=other)
        given = {str(key): value for key, value in raw.items() if key not in _STAGE_KEYS}
        own = problems.collect(lambda: with_absolute_names(given, where, preset))
        if own is None:
            return None
        budget = self._budget(where, raw.get("budget", {}), preset, mode)
        settings = _merged({k: v for k, v in preset.items() if k not in _STAGE_KEYS}, own)
        valid = problems.collect(
            lambda: validate(mode.settings, settings, where, self._keys_elsewhere())
        )
        if budget is None or valid is None:
            return None
        return StageChoice(mode=name, budget=budget, settings=valid)

    def _budget(
        self, where: str, given: Any, preset: Mapping[str, Any], mode: Mode
    ) -> BudgetSettings | None:
        problems = self._problems
        if not isinstance(given, dict):
            problems.add(f"{where}.budget: a mapping such as {{steps: 100}} was wanted")
            return None
        merged = _merged_budget(preset.get("budget", {}), given)
        budget = problems.collect(lambda: validate(BudgetSettings, merged, f"{where}.budget"))
        if budget is None:
            return None
        if not budget.limited():
            problems.add(f"{where}.budget: a limit is required, e.g. steps: 1000")
        for limit in budget.costs():
            # a limit of the mode's own is wrong on tasks alone that the mode does not take at all
            if limit in given and limit not in mode.limits(self._task):
                what = "knows no epochs" if limit == "epochs" else f"does not count {limit}"
                known = ", ".join(mode.limits(self._task))
                problems.add(
                    f"{where}.budget.{limit}: mode {mode.name!r} {what}: set one of {known}"
                )
        return budget

    def _keys_elsewhere(self) -> list[str]:
        """Keys of a recipe that are not keys of a mode, to be suggested for an unknown one."""
        of_task = self._choice.kind.settings.model_fields if self._choice else ()
        return [
            *TOP,
            *(f"budget.{key}" for key in BudgetSettings.model_fields),
            *(f"task.{key}" for key in of_task),
        ]


_COPIES: Final = 4
"""Copies of the weights that training holds at least: weights, gradients and two moments."""


def _fitted(structure: Structure, task: Task) -> Structure:
    fitted = structure.fit(task.interface())
    refuse_too_large("network", "weights", _COPIES * (fitted.weights() or 0))
    return fitted


def _holds_a_network(text: str) -> Path | None:
    """The run directory or the file of Vynapse's whose network is meant; None for other text."""
    path = os.path.expanduser(text)
    return Path(path) if os.path.isdir(path) or path.endswith(".safetensors") else None


def _merged(preset: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of both, those of `own` where both have them, mappings key by key.

    A mapping that names another `kind` than the preset's takes its place as a whole; a name alone
    stands for a mapping of that kind.
    """
    merged = dict(preset)
    for key, value in own.items():
        before = merged.get(key)
        merged[key] = value
        if isinstance(before, dict):
            kind = before.get("kind")
            given = {"kind": value} if kind and isinstance(value, str) else value
            if isinstance(given, dict) and given.get("kind", kind) == kind:
                merged[key] = _merged(before, given)
    return merged


def _merged_budget(preset: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The preset's limits of cost apply only while the recipe sets none of its own."""
    merged = dict(preset)
    if given.keys() & {"steps", "epochs", *AMOUNTS}:
        merged = {key: merged[key] for key in ("target", "patience") if key in merged}
    return merged | dict(given)
