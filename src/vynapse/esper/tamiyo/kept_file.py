# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A key of a controller that names a file of JSON, or holds its content.

A recipe keeps the content, so the file may go.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic_core import PydanticCustomError

from vynapse.errors import ConfigError
from vynapse.settings import NESTED, Settings, validate

FILE_OR_CONTENT: Final = {"anyOf": [{"type": kind} for kind in ("string", "object", "null")]}
"""The JSON schema of such a key."""

_S = TypeVar("_S", bound=Settings)


def read_kept(path: Path, model: type[_S], what: str, origin: str) -> _S:
    """What a file holds.

    Args:
        path: the file.
        model: what its content has to be.
        what: a word for that.
        origin: which file was wanted, as a clause.

    Raises:
        ConfigError: there is none, or it is another file.
    """
    try:
        content: Any = json.loads(path.expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ConfigError(f"{str(path)!r} cannot be read ({why}): name {origin}") from None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ConfigError(f"{str(path)!r} is no {what}: name {origin}")
    return validate(model, content, str(path))


def with_content(keys: Any, key: str, model: type[_S], what: str, origin: str) -> Any:
    """The keys of a controller with the content of a file in place of its name.

    Args:
        keys: all keys, as given.
        key: the one that may name a file.
        model, what, origin: see `read_kept`.

    Raises:
        PydanticCustomError: the file cannot be read, or its content is wrong.
    """
    given = keys.get(key) if isinstance(keys, Mapping) else None
    if not isinstance(given, (str, Mapping)):
        return keys
    try:
        if isinstance(given, str):
            found = read_kept(Path(given), model, what, origin)
        else:
            found = validate(model, given)
    except ConfigError as error:
        joint = ": " if isinstance(given, str) else "."
        problems = [f"{key}{joint}{problem}" for problem in error.problems]
        raise PydanticCustomError(NESTED, "wrong", {"problems": problems}) from None
    # what a validator hands on is held to exact types, so that a list would be no tuple
    exact = {name: tuple(v) if isinstance(v, list) else v for name, v in keys.items()}
    return {**exact, key: found}
