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
from typing import Annotated, Any, Final, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from vynapse.errors import ConfigError, like, suggestion
from vynapse.habits import HABITS
from vynapse.plain import plain, shown

S = TypeVar("S", bound="Settings")


def _as_name(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


NESTED: Final = "nested"
"""The type of an error of a part that is validated by itself; `ctx` holds its problems."""

Size = Annotated[int, Field(ge=1, le=10**7)]
"""How many of something are held in memory at once: units, individuals, workers, …"""

Count = Annotated[int, Field(ge=1, le=10**4)]
"""How many of something are gone through each time: candidates, cuts, …"""

Name = Annotated[str, BeforeValidator(_as_name)]
"""A name, which may be a whole number: YAML reads the name 2 as one."""

_WHOLE: Final = 2**64
"""Whole numbers of settings are below it in size."""


class Settings(BaseModel):
    """Base of every settings model: immutable, unknown keys and numbers without end refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, allow_inf_nan=False)

    @model_validator(mode="after")
    def _whole_numbers_fit(self) -> Settings:
        """They go into arrays and kernels, which hold 64 bits."""
        problems = [
            f"{key}: a whole number below 2^64 was wanted, got {shown(value)}"
            for key in type(self).model_fields
            if isinstance(value := getattr(self, key), int) and abs(value) >= _WHOLE
        ]
        if problems:
            raise PydanticCustomError(NESTED, "wrong", {"problems": problems})
        return self

    @classmethod
    def keys_within(cls) -> dict[str, Iterable[str]]:
        """The keys of each part that has keys of its own, by the name of the part."""
        return {name: _keys_at(cls, [name]) for name in cls.model_fields}


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
    given = plain(dict(content), where)
    try:
        return model.model_validate_json(json.dumps(given), strict=True)
    except ValidationError as error:
        problems = [
            sentence
            for detail in error.errors()
            for sentence in _sentences(detail, model, where, also, given)
        ]
        raise ConfigError(dict.fromkeys(problems)) from None


def _sentences(
    detail: ErrorDetails,
    model: type[Settings],
    where: str,
    also: Iterable[str],
    content: Mapping[str, Any],
) -> list[str]:
    path = _path(detail, model, content)
    parts = [where] if where else []
    key = ".".join(str(part) for part in [*parts, *path])
    if detail["type"] == NESTED:
        return [f"{key}.{problem}" if key else problem for problem in detail["ctx"]["problems"]]
    return [f"{key}: {_complaint(detail, path, model, also)}"]


def _path(
    detail: ErrorDetails, model: type[Settings], content: Mapping[str, Any]
) -> list[str | int]:
    """Where the error is. pydantic also names the members of unions, which are no keys."""
    path: list[str | int] = []
    here: Any = content
    for part in detail["loc"]:
        if isinstance(here, Mapping) and part in here:
            here = here[str(part)]
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
        elif path or part not in model.model_fields:
            continue
        path.append(part)
    absent = detail["loc"][-1:] if detail["type"] == "missing" else ()
    return path if path[-1:] == [*absent] else [*path, *absent]


def _complaint(
    detail: ErrorDetails, path: list[str | int], model: type[Settings], also: Iterable[str]
) -> str:
    kind, given = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        return f"unknown key{_nearest(path, model, also)}"
    if kind == "missing":
        return "a value is required"
    if kind == "too_short":
        return f"at least {detail['ctx']['min_length']} was wanted, got {shown(given)}"
    if kind == "too_long":
        wanted, found = detail["ctx"]["max_length"], detail["ctx"].get("actual_length", "more")
        return f"at most {wanted} were wanted, got {found}"
    if kind in _NUMBERS and str(given).lower().lstrip("+-") in _NO_NUMBERS:
        return f"a finite number was wanted, got {given}"
    wanted = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{wanted} was wanted, got {shown(given)}"


_NUMBERS: Final = frozenset({"float_type", "int_type", "float_parsing", "int_parsing"})
_NO_NUMBERS: Final = frozenset({"nan", "inf", "infinity", ".inf", ".nan"})


def ends_in(dotted: str, name: str) -> bool:
    """Whether the last part of a dotted key is `name`."""
    return dotted.rpartition(".")[2] == name


def _nearest(path: list[str | int], model: type[Settings], also: Iterable[str]) -> str:
    """The end of a sentence about an unknown key: a place where it is one, else what is like it."""
    name = str(path[-1])
    meant = HABITS.get(name.lower().replace("-", "_"), name)
    if len(path) > 1:
        known = _keys_at(model, path[:-1])
        return suggestion(meant if meant in known else name, known)
    within = [f"{part}.{key}" for part, keys in model.keys_within().items() for key in keys]
    every = [*model.model_fields, *within, *also]
    same = [dotted for word in (name, meant) for dotted in every if ends_in(dotted, word)]
    if same:
        return f": did you mean {same[0]!r}?"
    names, inner = [*model.model_fields, *also], {key.rpartition(".")[2]: key for key in within}
    if not like(name, names) and (near := like(name, inner)):
        return f": did you mean {inner[near]!r}?"
    return suggestion(name, names)


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
