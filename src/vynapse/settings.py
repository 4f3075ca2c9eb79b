# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Frozen settings models, and one sentence for everything that is wrong in them.

Every configurable part has a `Settings` model beside it; the tree of a recipe is the tree of its
parts. Values are checked strictly, as JSON: a number in quotes is not a number.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from vynapse.errors import ConfigError, like, suggestion

S = TypeVar("S", bound="Settings")


class Settings(BaseModel):
    """Base of every settings model: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @classmethod
    def keys_within(cls) -> dict[str, Iterable[str]]:
        """The keys of each part that has keys of its own, by the name of the part."""
        return {name: _keys_at(cls, [name]) for name in cls.model_fields}


NESTED: Final = "nested"
"""The type of an error of a part that is validated by itself; `ctx` holds its problems."""


@runtime_checkable
class HasKeys(Protocol):
    """An annotation of a field whose value has keys of its own."""

    def keys(self) -> Iterable[str]:
        """All keys that may stand below the field."""


def validate(
    model: type[S], content: Mapping[str, Any], where: str = "", also: Iterable[str] = ()
) -> S:
    """An instance of `model`, or a ConfigError that holds a sentence for every problem.

    Args:
        model: the settings class.
        content: keys and values as read from YAML, TOML or JSON.
        where: dotted key under which `content` stands; it begins each sentence.
        also: keys that are valid elsewhere, to be suggested for an unknown key of `content`.
    """
    try:
        return model.model_validate_json(json.dumps(dict(content), default=str), strict=True)
    except ValidationError as error:
        problems = [
            sentence
            for detail in error.errors()
            for sentence in _sentences(detail, model, where, also)
        ]
        raise ConfigError(dict.fromkeys(problems)) from None


def _sentences(
    detail: ErrorDetails, model: type[Settings], where: str, also: Iterable[str]
) -> list[str]:
    if detail["type"] != NESTED:
        return [_sentence(detail, model, where, also)]
    key = ".".join(str(part) for part in ([where] if where else []) + list(detail["loc"]))
    return [f"{key}.{problem}" for problem in detail["ctx"]["problems"]]


def _sentence(detail: ErrorDetails, model: type[Settings], where: str, also: Iterable[str]) -> str:
    path = [part for part in detail["loc"] if not _is_tag(part)]
    key = ".".join(str(part) for part in ([where] if where else []) + path)
    kind, given = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        return f"{key}: unknown key{_nearest(path, model, also)}"
    if kind == "missing":
        return f"{key}: a value is required"
    if kind == "too_short":
        return f"{key}: at least {detail['ctx']['min_length']} was wanted, got {json.dumps(given)}"
    wanted = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{key}: {wanted} was wanted, got {json.dumps(given, default=str)}"


def _nearest(path: list[str | int], model: type[Settings], also: Iterable[str]) -> str:
    """The end of a sentence about an unknown key: a place where it is one, else what is like it."""
    name = str(path[-1])
    if len(path) > 1:
        return suggestion(name, _keys_at(model, path[:-1]))
    within = [f"{part}.{key}" for part, keys in model.keys_within().items() for key in keys]
    same = [dotted for dotted in (*within, *also) if dotted.rpartition(".")[2] == name]
    if same:
        return f": did you mean {same[0]!r}?"
    names, inner = [*model.model_fields, *also], {key.rpartition(".")[2]: key for key in within}
    if not like(name, names) and (near := like(name, inner)):
        return f": did you mean {inner[near]!r}?"
    return suggestion(name, names)


def _is_tag(part: str | int) -> bool:
    """Names that pydantic adds for members of a union, e.g. `tuple[int, ...]`."""
    return isinstance(part, str) and (not part.isidentifier() or part in _UNION_MEMBERS)


_UNION_MEMBERS = frozenset({"int", "float", "str", "bool", "none", "literal"})


def _keys_at(model: type[BaseModel], path: list[str | int]) -> list[str]:
    """The valid keys of the (possibly nested) model that stands at `path` below `model`."""
    for part in path:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        keyed = [item for item in (field.metadata if field else ()) if isinstance(item, HasKeys)]
        if keyed:
            return list(keyed[0].keys())
        inner = [a for a in _flatten(field.annotation) if _is_model(a)] if field else []
        if not inner:
            return []
        model = inner[0]
    return list(model.model_fields)


def _flatten(annotation: Any) -> list[Any]:
    arguments = typing.get_args(annotation)
    return [a for inner in arguments for a in _flatten(inner)] if arguments else [annotation]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
