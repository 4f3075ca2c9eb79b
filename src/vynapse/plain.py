# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What may stand in settings: texts, finite numbers, booleans, null, lists and mappings of these.

Recipes come from files, from the command line and from Python. `plain` makes one form of all three,
and refuses what no recipe can hold, each with its place.
"""

from __future__ import annotations

import json
import math
import numbers
import os
from collections.abc import Mapping
from typing import Any, Final, final

from vynapse.errors import ConfigError

DEEPEST: Final = 64
"""Levels of lists and mappings within each other."""
MOST: Final = 1_000_000
"""Values in all."""
DIGITS: Final = 309
"""Most digits of a whole number; with more it is larger than any float."""

_SHOWN: Final = 120
"""Characters of a value that a sentence shows."""


def plain(value: object, where: str = "") -> Any:
    """A copy of `value` made of JSON values alone.

    Tuples become lists, paths become texts, and numbers of NumPy become those of Python.

    Args:
        value: what stands in a recipe.
        where: dotted key under which it stands; it begins each sentence.

    Raises:
        ConfigError: with a sentence for each number that is not finite, each value that is no JSON
            value, and what is nested too deeply or too large.
    """
    copy = _Copy()
    made = copy.of(value, where, 0)
    if copy.problems:
        raise ConfigError(dict.fromkeys(copy.problems))
    return made


def shown(value: object) -> str:
    """A value as a sentence shows it: as JSON, cut where it is long."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**DIGITS:
        return f"a whole number of more than {DIGITS} digits"
    try:
        text = json.dumps(value, default=repr, ensure_ascii=False)
    except (ValueError, TypeError, RecursionError):
        text = f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


@final
class _Copy:
    """A copy on its way."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._count = 0

    def of(self, value: object, where: str, depth: int) -> Any:
        self._count += 1
        if self._count > MOST:
            raise ConfigError(f"{_root(where)}: at most {MOST:,} values were wanted, got more")
        if value is None or isinstance(value, (str, bool)):
            return value
        if isinstance(value, numbers.Real):
            return self._number(value, where)
        if isinstance(value, (Mapping, list, tuple)):
            if depth >= DEEPEST:
                raise ConfigError(
                    f"{_root(where)}: at most {DEEPEST} levels of lists and mappings were wanted, "
                    "got more"
                )
            if isinstance(value, Mapping):
                return self._mapping(value, where, depth)
            return [self.of(item, _below(where, n), depth + 1) for n, item in enumerate(value)]
        if isinstance(value, os.PathLike):
            return os.fspath(value)
        self._refuse(
            where, f"a text, a number, a boolean, a list or a mapping was wanted, got {value!r:.99}"
        )
        return None

    def _mapping(self, value: Mapping[Any, Any], where: str, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, item in value.items():
            if not isinstance(key, (str, int, float, bool, type(None))):
                self._refuse(where, f"texts were wanted as keys, got {shown(key)}")
                continue
            name = key if isinstance(key, str) else json.dumps(key)
            if name in made:
                self._refuse(_below(where, name), "each key once was wanted, got it twice")
            made[name] = self.of(item, _below(where, name), depth + 1)
        return made

    def _number(self, value: numbers.Real, where: str) -> int | float | None:
        if isinstance(value, numbers.Integral):
            whole = int(value)
            if abs(whole) < 10**DIGITS:
                return whole
            self._refuse(where, f"a number that fits was wanted, got {shown(whole)}")
            return None
        number = float(value)
        if math.isfinite(number):
            return number
        self._refuse(where, f"a finite number was wanted, got {number}")
        return None

    def _refuse(self, where: str, sentence: str) -> None:
        self.problems.append(f"{where}: {sentence}" if where else sentence)


def _below(where: str, part: str | int) -> str:
    return f"{where}.{part}" if where else str(part)


def _root(where: str) -> str:
    """The first parts of a place that may be very long."""
    return ".".join(where.split(".")[:4]) or "the recipe"
