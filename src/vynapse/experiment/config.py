# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From a file, presets and overrides to a `Recipe`; everything wrong is reported at once.

Later sources win: defaults of the mode, presets of (task, mode), the recipe file, overrides.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml

from vynapse.core import AMOUNTS
from vynapse.errors import ConfigError, UnknownName, VynapseError, suggestion
from vynapse.experiment.presets import default_network, stage_preset
from vynapse.experiment.recipe import BudgetSettings, Recipe, StageChoice
from vynapse.experiment.weights import network_in
from vynapse.networks.structure import fit_to_task, long_form, parse_network
from vynapse.settings import validate
from vynapse.tasks.registry import make_task, task_settings
from vynapse.trainers.mode import MODES

T = TypeVar("T")
_TOP = frozenset(Recipe.model_fields)
_STAGE_KEYS = ("mode", "budget")


def load_recipe(
    task: str | None = None,
    mode: str | None = None,
    file: Path | None = None,
    overrides: Sequence[str] = (),
) -> Recipe:
    """A complete recipe.

    Args:
        task: name of the task; replaces the file's.
        mode: one-stage recipe of this mode; refused when the file has stages of its own.
        file: YAML (.yaml, .yml) or TOML (.toml).
        overrides: "dotted.key=value", the value in YAML. A key that is not a key of the recipe
            (`seed`, `network.mlp`, `task.bits`, `stages.1.budget.steps`, …) is a key of the only
            stage (`learning_rate`, `budget.steps`).

    Raises:
        ConfigError: one sentence per problem, each with its key and where that came from.
    """
    raw = read_recipe_file(file) if file else {}
    problems = _Problems(file)
    _merge_choices(raw, task, mode, problems)
    parts = [text for text in overrides if text.startswith("network.")]
    _apply_overrides(raw, [text for text in overrides if text not in parts], problems)
    if parts:
        _write_out_network(raw, problems)
        _apply_overrides(raw, parts, problems)
    problems.raise_any()
    return resolve(raw, problems)


def resolve(raw: Mapping[str, Any], problems: _Problems | None = None) -> Recipe:
    """Validate the content of a recipe file and fill in what it leaves out."""
    problems = problems or _Problems(None)
    for key in raw.keys() - _TOP:
        problems.add(f"{key}: unknown key{suggestion(str(key), _TOP)}")
    task_name, options = _task_part(raw.get("task"), problems)
    made = None
    if task_name is not None:
        options = problems.collect(lambda: _complete(task_name, options)) or options
        made = problems.collect(lambda: make_task(task_name, options))
    weights, network = raw.get("weights"), raw.get("network")
    stages = [
        _stage(index, stage, task_name or "", index == 0 and weights is None, problems)
        for index, stage in enumerate(_stage_list(raw, problems))
    ]
    if network is None and isinstance(weights, str):
        network = problems.collect(lambda: network_in(Path(weights).expanduser()))
    if made is not None:
        first = stages[0].mode if stages and stages[0] else None
        network = network if network is not None else default_network(made, first)
        problems.collect(lambda: fit_to_task(parse_network(network), made))
    elif network is not None:
        problems.collect(lambda: parse_network(network))
    rest = {key: value for key, value in raw.items() if key in _TOP}
    rest |= {
        "task": {"name": task_name or "", "options": options},
        "network": network if isinstance(network, dict) else {},
    }
    rest["stages"] = [s.model_dump(mode="json") for s in stages if s] or [{"mode": "none"}]
    recipe = problems.collect(lambda: validate(Recipe, rest))
    problems.raise_any()
    if recipe is None:
        raise ConfigError("the recipe is empty: name a task and a mode")
    return recipe


def read_recipe_file(file: Path) -> dict[str, Any]:
    """The mapping that a YAML or TOML file holds.

    Raises:
        ConfigError: absent, unreadable, malformed (with the line) or not a mapping.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{file}: cannot read the recipe: {reason}") from None
    try:
        content = tomllib.loads(text) if file.suffix == ".toml" else parse_yaml(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise ConfigError(f"{file}: not valid YAML{line}: {problem}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{file}: a mapping of keys to values was wanted, got {content!r}")
    return {str(key): value for key, value in content.items()}


class _Loader(yaml.SafeLoader):
    """YAML 1.1 takes 1e-3 for a text; here it is the number that everybody means."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def parse_yaml(text: str) -> Any:
    """The value that a YAML text stands for; numbers may be written like 1e-3."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader


class _Problems:
    """Collects sentences, each led by where its key came from."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.found: list[str] = []
        self.overridden: set[str] = set()

    def add(self, sentence: str) -> None:
        key = sentence.partition(": ")[0]
        if any(key == own or key.startswith(f"{own}.") for own in self.overridden):
            self.found.append(f"command line: {sentence}")
        else:
            self.found.append(f"{self.file}: {sentence}" if self.file else sentence)

    def collect(self, make: Callable[[], T]) -> T | None:
        """The result of `make`, or None after noting what it complained of."""
        try:
            return make()
        except ConfigError as error:
            for sentence in error.problems:
                self.add(sentence)
        except UnknownName as error:
            self.add(str(error))
        return None

    def raise_any(self) -> None:
        if self.found:
            raise ConfigError(dict.fromkeys(self.found))


def _merge_choices(
    raw: dict[str, Any], task: str | None, mode: str | None, problems: _Problems
) -> None:
    if task is not None:
        given = raw.get("task")
        named = given.get("name") if isinstance(given, dict) else given
        if named is None or named != task:
            raw["task"] = {"name": task}
    if mode is not None:
        if raw.get("stages") not in (None, []):
            modes = [s.get("mode") for s in raw["stages"] if isinstance(s, dict)]
            if modes != [mode]:
                problems.add(f"stages: the recipe has stages {modes}, leave out --mode {mode}")
        else:
            raw["stages"] = [{"mode": mode}]


def _apply_overrides(raw: dict[str, Any], overrides: Sequence[str], problems: _Problems) -> None:
    for text in overrides:
        key, equals, value_text = text.partition("=")
        if not equals or not key:
            problems.add(f"--set {text}: key=value was wanted, e.g. learning_rate=0.01")
            continue
        try:
            value = parse_yaml(value_text)
        except yaml.YAMLError:
            problems.add(f"--set {key}: {value_text!r} is not a value in YAML")
            continue
        path = key.strip().split(".")
        if path[0] not in _TOP:
            count = len(raw.get("stages") or ())
            if count != 1:
                problems.add(
                    f"--set {key}: the recipe has {count} stages, write stages.N.{key} (from 0)"
                )
                continue
            path = ["stages", "0", *path]
        if path[:1] == ["task"] and isinstance(raw.get("task"), str):
            raw["task"] = {"name": raw["task"]}
        problems.overridden.add(".".join(path))
        _set(raw, path, value, problems)


def _write_out_network(raw: dict[str, Any], problems: _Problems) -> None:
    """Give `network` its long form, the task's default if need be, so that parts can be set."""
    network = raw.get("network")
    if network is None:
        name, options = _task_part(raw.get("task"), problems)
        task = problems.collect(lambda: make_task(name, options)) if name else None
        stages = raw.get("stages") or [{}]
        network = default_network(task, stages[0].get("mode")) if task else {}
    raw["network"] = long_form(network)


def _set(tree: Any, path: list[str], value: Any, problems: _Problems) -> None:
    for depth, part in enumerate(path):
        last = depth == len(path) - 1
        where = ".".join(path[: depth + 1])
        if isinstance(tree, list):
            if not part.isdigit() or int(part) >= len(tree):
                problems.add(f"{where}: an index below {len(tree)} was wanted, got {part}")
                return
            key: Any = int(part)
        elif isinstance(tree, dict):
            key = part
            before = tree.get(key)
            if path[0] == "stages":
                # a name is the short form of a mapping of that kind: keys before it or after it
                # are keys of that kind
                if isinstance(before, str) and not last:
                    tree[key] = {"kind": before}
                elif isinstance(value, str) and last and isinstance(before, dict):
                    value = value if "kind" in before else {"kind": value, **before}
            if not last and not isinstance(tree.get(key), (dict, list)):
                tree[key] = {}
        else:
            problems.add(f"{where}: {'.'.join(path[:depth])} has no keys")
            return
        if last:
            tree[key] = value
        else:
            tree = tree[key]


def _task_part(value: Any, problems: _Problems) -> tuple[str | None, dict[str, Any]]:
    if isinstance(value, str):
        return value, {}
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        return value["name"], {str(k): v for k, v in value.items() if k != "name"}
    problems.add(f"task: a name such as xor or a mapping with a name was wanted, got {value!r}")
    return None, {}


def _task_keys(name: str) -> list[str]:
    try:
        model = task_settings(name)
    except VynapseError:
        return []
    return list(model.model_fields) if model else []


def _complete(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options of a task with its defaults filled in, where it says what its options are."""
    model = task_settings(name)
    if model is None:
        return options
    return validate(model, options, "task").model_dump(mode="json")


def _stage_list(raw: Mapping[str, Any], problems: _Problems) -> list[dict[str, Any]]:
    value = raw.get("stages")
    if not isinstance(value, list) or not value or not all(isinstance(s, dict) for s in value):
        problems.add("stages: a list of stages, each with a mode, was wanted: name a --mode")
        return []
    return value


def _stage(
    index: int, raw: dict[str, Any], task: str, fresh: bool, problems: _Problems
) -> StageChoice | None:
    where = f"stages.{index}"
    name = raw.get("mode")
    if not isinstance(name, str):
        problems.add(f"{where}.mode: the name of a mode was wanted, got {name!r}")
        return None
    try:
        mode = MODES.get(name)
    except VynapseError as error:
        problems.add(f"{where}.mode: {error}")
        return None
    preset = stage_preset(task if fresh else None, mode)
    own = {str(k): v for k, v in raw.items() if k not in _STAGE_KEYS}
    budget_raw = raw.get("budget", {})
    if not isinstance(budget_raw, dict):
        problems.add(f"{where}.budget: a mapping such as {{steps: 100}} was wanted")
        return None
    budget = problems.collect(
        lambda: validate(BudgetSettings, _budget(preset, budget_raw), f"{where}.budget")
    )
    settings = _merged({k: v for k, v in preset.items() if k not in _STAGE_KEYS}, own)
    elsewhere = [
        *_TOP,
        *(f"budget.{key}" for key in BudgetSettings.model_fields),
        *(f"task.{key}" for key in _task_keys(task)),
    ]
    valid = problems.collect(lambda: validate(mode.settings, settings, where, elsewhere))
    if budget is None or valid is None:
        return None
    if not budget.limited():
        problems.add(f"{where}.budget: a limit is required, e.g. steps: 1000")
    for limit in budget.costs():
        if limit not in mode.limits():
            known = ", ".join(mode.limits())
            what = "knows no epochs" if limit == "epochs" else f"does not count {limit}"
            problems.add(f"{where}.budget.{limit}: mode {name!r} {what}: set one of {known}")
    return StageChoice(mode=name, budget=budget, settings=valid.model_dump(mode="json"))


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


def _budget(preset: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The preset's limits of cost apply only while the recipe sets none of its own."""
    merged = dict(preset.get("budget", {}))
    if given.keys() & {"steps", "epochs", *AMOUNTS}:
        merged = {key: merged[key] for key in ("target", "patience") if key in merged}
    return merged | dict(given)
