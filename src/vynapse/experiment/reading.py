# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Recipe files, in YAML or TOML, and texts of the command line, as plain values.

Plain words are read by the core schema of YAML 1.2: `yes`, `010`, `1:30` and dates are texts, and
`1e-3` is a number. The command line has the same rule, and there a text that is no number, boolean,
null, list or mapping needs no quotes.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final

import yaml

from vynapse.errors import ConfigError
from vynapse.experiment.strict_yaml import NUMBER, StrictLoader, StrictYamlError
from vynapse.plain import plain

_WORDS: Final = re.compile(r"true|True|TRUE|false|False|FALSE|null|Null|NULL|~")
_BRACKETS: Final = {"[": "]", "{": "}", '"': '"', "'": "'"}


def read_recipe_file(file: Path) -> dict[str, Any]:
    """The mapping that a YAML or TOML file holds.

    Raises:
        ConfigError: absent, unreadable, malformed (with the line), a key that stands twice, a
            number that is not finite, or not a mapping.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{file}: cannot read the recipe: {reason}") from None
    try:
        content = tomllib.loads(text) if file.suffix == ".toml" else parse_yaml(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from None
    except StrictYamlError as error:
        raise ConfigError(f"{file}: line {error.line}: {error.sentence}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise ConfigError(f"{file}: not valid YAML{line}: {problem}") from None
    except RecursionError:
        raise ConfigError(f"{file}: lists and mappings are nested too deeply") from None
    except ValueError:  # TOML's whole numbers
        raise ConfigError(f"{file}: a number has more digits than can be read") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{file}: a mapping of keys to values was wanted, got {_named(content)}")
    try:
        whole: dict[str, Any] = plain(content)
    except ConfigError as error:
        raise ConfigError(f"{file}: {problem}" for problem in error.problems) from None
    return whole


def parse_yaml(text: str) -> Any:
    """The value that a YAML text stands for.

    Raises:
        YAMLError: it is no YAML, a key stands twice, or it is nested without end.
    """
    return yaml.load(text, Loader=StrictLoader)  # noqa: S506 - a SafeLoader


def text_value(text: str, where: str) -> Any:
    """The value of a text from the command line.

    A number, a boolean, null, a list or a mapping in YAML (or JSON) is that value; anything else
    is the text as it stands. Quotes round all of it mark a text, and are taken off.

    Args:
        text: what stands behind the equals sign.
        where: what it is the value of; it begins the sentence of an error.

    Raises:
        ConfigError: a list or mapping that is no YAML, or in which a key stands twice.
    """
    bare = text.strip()
    closing = _BRACKETS.get(bare[:1])
    if bare[:1] in "[{" and closing and closing not in bare:
        raise ConfigError(f"{where}: {text[:99]!r} is not a value in YAML")
    whole = closing is not None and len(bare) > 1 and bare[-1] == closing
    if not (whole or NUMBER.fullmatch(bare) or _WORDS.fullmatch(bare)):
        return text
    try:
        return parse_yaml(bare)
    except StrictYamlError as error:
        raise ConfigError(f"{where}: line {error.line}: {error.sentence}") from None
    except yaml.YAMLError:
        raise ConfigError(f"{where}: {text[:99]!r} is not a value in YAML") from None


def _named(content: object) -> str:
    return f"a {type(content).__name__}" if content is not None else "nothing"
