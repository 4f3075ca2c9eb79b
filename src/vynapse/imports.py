# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Objects of the user's, named in a recipe as `package.module:name`; loads no torch."""

from __future__ import annotations

import importlib
from typing import Any

from vynapse.errors import ConfigError, suggestion
from vynapse.user_code import guarded, told


def import_object(path: str, key: str) -> Any:
    """The object at "package.module:name".

    Args:
        path: dotted module, a colon, and the name (dotted for a nested one).
        key: where `path` stands in the recipe; it begins the sentence of an error.

    Raises:
        ConfigError: the module cannot be imported, whatever it raises, or has no such name.
    """
    module_name, colon, name = path.partition(":")
    parts = module_name.split(".") + name.split(".")
    if not colon or not all(map(str.isidentifier, parts)):
        raise ConfigError(f"{key}: package.module:name was wanted, got {path!r}")
    with guarded(f"{key}: cannot import {module_name!r}", ConfigError):
        found = _imported(module_name, key)
    for part in name.split("."):
        if not hasattr(found, part):
            names = [known for known in vars(found) if not known.startswith("_")]
            near = suggestion(part, names)
            advice = near if "did you mean" in near else ""  # a module may have hundreds of names
            raise ConfigError(f"{key}: {module_name!r} has no {name!r}{advice}")
        found = getattr(found, part)
    return found


def _imported(name: str, key: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        reason = told(error).removeprefix(f"{type(error).__name__}: ")
        raise ConfigError(f"{key}: cannot import {name!r}: {reason}") from None
