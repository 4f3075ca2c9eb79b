# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is said beside a recipe file: a task, a mode, and single keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from vynapse.errors import ConfigError
from vynapse.experiment.problems import Problems
from vynapse.experiment.reading import text_value
from vynapse.experiment.recipe import Recipe
from vynapse.plain import plain, shown

TOP: Final = frozenset(Recipe.model_fields)
"""Keys at the top of a recipe; any other is a key of its only stage."""

Override = str | tuple[str, Any]
"""A dotted key and its value, or both as the text "dotted.key=value"."""


def merge_choices(
    raw: dict[str, Any], task: str | None, mode: str | None, problems: Problems
) -> None:
    """Put a task and a mode that were named into the content of a recipe file."""
    if task is not None:
        given = raw.get("task")
        named = given.get("name") if isinstance(given, dict) else given
        if named is None or named != task:
            raw["task"] = {"name": task}
    if mode is not None:
        stages = raw.get("stages")
        if isinstance(stages, list) and stages:
            modes = [stage.get("mode") for stage in stages if isinstance(stage, dict)]
            if modes != [mode]:
                problems.add(
                    f"stages: the recipe has stages {shown(modes)}, leave out --mode {mode}"
                )
        elif stages in (None, []):
            raw["stages"] = [{"mode": mode}]


def apply_overrides(raw: dict[str, Any], overrides: Iterable[Override], problems: Problems) -> None:
    """Put the values of overrides into the content of a recipe file, in order."""
    for override in overrides:
        parsed = _parsed(override, problems)
        if parsed is not None:
            _apply(raw, *parsed, problems)


def _apply(raw: dict[str, Any], key: str, value: Any, problems: Problems) -> None:
    path = key.split(".")
    if path[0] not in TOP:
        stages = raw.get("stages") or ()
        count = len(stages) if isinstance(stages, (list, tuple)) else 0
        if count != 1:
            problems.add(
                f"--set {key}: the recipe has {count} stages, write stages.N.{key} (from 0)"
            )
            return
        path = ["stages", "0", *path]
    if path[:1] == ["task"] and isinstance(raw.get("task"), str):
        raw["task"] = {"name": raw["task"]}
    problems.overridden.add(".".join(path))
    _set(raw, path, value, problems)


def key_of(override: Override) -> str:
    """The dotted key that an override sets."""
    return override.partition("=")[0].strip() if isinstance(override, str) else override[0]


def _parsed(override: Override, problems: Problems) -> tuple[str, Any] | None:
    """The key and its value as JSON values, or None after noting what is wrong with them."""
    key, equals, value = override.partition("=") if isinstance(override, str) else ("", "=", "")
    if isinstance(override, tuple):
        key, value = override
    key = key.strip()
    if not equals or not all(part.strip() for part in key.split(".")):
        problems.add(f"--set {shown(override)}: key=value was wanted, e.g. learning_rate=0.01")
        return None
    try:
        if isinstance(override, str):
            value = text_value(value, f"--set {key[:99]}")
        return key, plain(value, key)
    except ConfigError as error:
        problems.overridden.add(key)
        for sentence in error.problems:
            problems.add(sentence)
        return None


def _set(tree: Any, path: list[str], value: Any, problems: Problems) -> None:
    for depth, part in enumerate(path):
        last = depth == len(path) - 1
        where = ".".join(path[: depth + 1])
        if isinstance(tree, list):
            if not part.isdecimal() or int(part) >= len(tree):
                problems.add(f"{where}: an index below {len(tree)} was wanted, got {shown(part)}")
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
