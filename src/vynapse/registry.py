# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""One way to extend: every task, mode, strategy, controller, loss, … is a kind in a registry.

A kind has a name, a line about it, a model of its own keys, and a function that builds one. Where a
recipe wants one, three forms are understood:

    strategy: snes                            a name
    strategy: {kind: snes, sigma: 0.3}        a name and keys of that kind
    strategy: "package.module:name"           an object of the user's: a kind, a class or a function

Kinds that the package brings stand in `vynapse.catalogue`. Other packages bring theirs by an entry
point of the group `vynapse.strategies`, `vynapse.tasks`, …, which names an object that is a kind.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar, final

from pydantic import ConfigDict

from vynapse.catalogue import CATALOGUE
from vynapse.errors import ConfigError, suggestion
from vynapse.imports import import_object
from vynapse.plain import shown
from vynapse.settings import Settings, validate

T_co = TypeVar("T_co", covariant=True)
K = TypeVar("K", bound="Kind[Any]")


class NoKeys(Settings):
    """The settings of a kind that has no keys."""


class Keywords(Settings):
    """The keyword arguments of a user's function that declares no model of its keys."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    def given(self) -> dict[str, Any]:
        """The arguments by name."""
        return dict(self.model_extra or {})


@dataclass(frozen=True, slots=True)
class Kind(Generic[T_co]):
    """Something that recipes can name.

    Attributes:
        name: the word that stands for it.
        summary: one line about it, for lists.
        settings: the model of its keys, with a description for each.
        build: makes one from an instance of `settings`, followed by what its registry says.
    """

    name: str
    summary: str
    settings: type[Settings]
    build: Callable[..., T_co]


@final
@dataclass(frozen=True, slots=True)
class Choice(Generic[K]):
    """A kind and its keys, validated.

    Attributes:
        kind: what was chosen.
        settings: an instance of `kind.settings`.
    """

    kind: K
    settings: Settings

    def build(self, *context: Any) -> Any:
        """What the kind builds from these settings."""
        return self.kind.build(self.settings, *context)

    def as_data(self, key: str = "kind") -> dict[str, Any]:
        """JSON values from which `Registry.choose` makes an equal choice."""
        return {key: self.kind.name, **self.settings.model_dump(mode="json")}


@final
class Registry(Generic[K]):
    """Kinds of one sort by name. Built-in ones are imported when they are asked for.

    Args:
        group: the group of the catalogue; that of entry points has "vynapse." before it.
        word: what one is called in sentences.
        kind: the class of its kinds.
        key: the key under which the name of the kind stands.
        default: the kind of a mapping that names none; None where one has to be named.
        prefixes: kinds whose name may lead the value of one of their keys, by name: with
            {"gym": "id"}, "gym:CartPole-v1" stands for {kind: gym, id: CartPole-v1}.
        made: a class or a function may stand for a kind; else an object of the user's is one.
    """

    def __init__(
        self,
        group: str,
        word: str,
        kind: type[K],
        key: str = "kind",
        default: str | None = None,
        prefixes: Mapping[str, str] | None = None,
        *,
        made: bool = True,
    ) -> None:
        self._prefixes = dict(prefixes or {})
        self.group, self.word, self.key = group, word, key
        self._type, self._default, self._made = kind, default, made

    def names(self) -> list[str]:
        """All names, built-in first."""
        built_in = CATALOGUE[self.group]
        return [*built_in, *sorted(self._entries().keys() - built_in.keys())]

    def summaries(self) -> dict[str, str]:
        """One line by name. Built-in kinds are not imported for it."""
        built_in = CATALOGUE[self.group]
        return {
            name: built_in[name][1] if name in built_in else self.get(name).summary
            for name in self.names()
        }

    def get(self, name: str, where: str = "") -> K:
        """The kind called `name`.

        Args:
            name: a name, or package.module:name of an object of the user's.
            where: dotted key under which it stands; it begins the sentence of an error.

        Raises:
            ConfigError: there is none, and the nearest name is suggested; or it cannot be imported
                or is no such kind.
        """
        lead = where or self.word
        name, _ = self._split(name)
        if ":" in name:
            return self._own(name, lead)
        built_in = CATALOGUE[self.group]
        if name in built_in:
            found: Any = import_object(built_in[name][0], lead)
            return self._checked(found, name, lead)
        entry = self._entries().get(name)
        if entry is None:
            hint = suggestion(name, self.names())
            raise ConfigError(f"{lead}: unknown {self.word} {name!r}{hint}")
        try:
            return self._checked(entry.load(), name, lead)
        except (ImportError, AttributeError) as error:
            raise ConfigError(
                f"{lead}: {name!r} of package {entry.value!r} cannot be loaded: {error}"
            ) from None

    def choose(self, value: Any, where: str = "", also: Iterable[str] = ()) -> Choice[K]:
        """A kind and its keys from what stands in a recipe.

        Args:
            value: a name, or a mapping of the name and the kind's own keys; or a choice already.
            where: dotted key under which it stands.
            also: keys that are valid elsewhere, to be suggested for an unknown one.

        Raises:
            ConfigError: with a sentence for every problem.
        """
        if isinstance(value, Choice):
            return value
        content = {self.key: value} if isinstance(value, str) else value
        place = f"{where}.{self.key}" if where else self.key
        if not isinstance(content, Mapping):
            raise ConfigError(
                f"{place}: a name, or a mapping with the key {self.key}, was wanted, got "
                f"{shown(value)}{suggestion('', self.names())}"
            )
        name = content.get(self.key, self._default)
        if not isinstance(name, str):
            raise ConfigError(
                f"{place}: the name of a {self.word} was wanted, got {shown(name)}"
                f"{suggestion('', self.names())}"
            )
        kind = self.get(name, place)
        own = {str(key): item for key, item in content.items() if key != self.key}
        own = self._split(name)[1] | own
        return Choice(kind, validate(kind.settings, own, where, also))

    def _split(self, name: str) -> tuple[str, dict[str, Any]]:
        """A name without what a prefix leads, and that as a key."""
        prefix, colon, rest = name.partition(":")
        if colon and prefix in self._prefixes:
            return prefix, {self._prefixes[prefix]: rest}
        return name, {}

    def keys(self) -> set[str]:
        """The keys of all kinds together."""
        return {key for name in self.names() for key in self.get(name).settings.model_fields}

    def json_schema(self) -> dict[str, Any]:
        """A JSON schema of what `choose` takes."""
        kinds = [self._schema_of(name) for name in self.names()]
        return {"anyOf": [{"type": "string"}, *kinds]}

    def _schema_of(self, name: str) -> dict[str, Any]:
        kind = self.get(name)
        schema = kind.settings.model_json_schema()
        named = {self.key: {"const": name, "description": kind.summary}}
        schema["properties"] = {**named, **schema.get("properties", {})}
        needed = [] if name == self._default else [self.key]
        return schema | {"required": [*needed, *schema.get("required", ())]}

    def _entries(self) -> dict[str, EntryPoint]:
        return {entry.name: entry for entry in entry_points(group=f"vynapse.{self.group}")}

    def _checked(self, found: Any, name: str, lead: str) -> K:
        if not isinstance(found, self._type):
            raise ConfigError(
                f"{lead}: {name!r} must be a {self._type.__name__}, got {type(found).__name__}"
            )
        return _named(found, name)

    def _own(self, path: str, lead: str) -> K:
        """A kind made of a user's object, which may be one already."""
        found = import_object(path, lead)
        if isinstance(found, self._type):
            return _named(found, path)
        if not self._made:
            return self._checked(found, path, lead)
        if not callable(found):
            raise ConfigError(f"{lead}: a class or function was wanted, {path} is {found!r}")
        model = getattr(found, "Settings", None)
        if model is None:
            return self._type(path, _first_line(found), Keywords, _by_keywords(found, path, lead))
        if not (isinstance(model, type) and issubclass(model, Settings)):
            raise ConfigError(
                f"{lead}: {path}.Settings must be a subclass of vynapse.settings.Settings"
            )
        return self._type(path, _first_line(found), model, found)


def _named(kind: K, name: str) -> K:
    """The kind under the name that it was found by, so that it is found again."""
    return kind if kind.name == name else dataclasses.replace(kind, name=name)


def _first_line(found: Any) -> str:
    return (inspect.getdoc(found) or "").partition("\n")[0]


def _by_keywords(found: Callable[..., Any], path: str, lead: str) -> Callable[..., Any]:
    """Call a user's function with what its registry gives and with its keys as keywords."""

    def build(settings: Keywords, *context: Any) -> Any:
        given = settings.given()
        try:
            inspect.signature(found).bind(*context, **given)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{lead}: {path} does not take these options: {error}") from None
        return found(*context, **given)

    return build
