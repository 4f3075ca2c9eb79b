# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Recipe files, in YAML or TOML, as plain values."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

from vynapse.errors import ConfigError


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


def parse_text(text: str, where: str) -> Any:
    """The value of a text from the command line.

    Raises:
        ConfigError: it is no YAML.
    """
    try:
        return parse_yaml(text)
    except yaml.YAMLError:
        raise ConfigError(f"{where}: {text!r} is not a value in YAML") from None
