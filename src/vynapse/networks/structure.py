# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a network is made of, as data: the `network:` key of a recipe.

    network: {mlp: [2, 2, 1]}
    network: {mlp: {sizes: [784, 128, 10], hidden: relu}}
    network: {cnn: {channels: [32, 64], norm: true}}
    network: {factory: "my_package.models:build", options: {width: 8}}
    network: {graph: net.yaml}

A structure is frozen; `canonical_json` of it is part of `network_sha256`. Structures are an open
set: each kind is one file with a subclass of `Structure`, and an entry of the catalogue's group
"structures" or an entry point `vynapse.structures` that names what `structure_kind` makes of it.
"""

from __future__ import annotations

import abc
import json
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from vynapse.core import Array, FunctionPolicy, Interface, Policy
from vynapse.errors import ConfigError, suggestion
from vynapse.networks.arrays import Layers
from vynapse.plain import shown
from vynapse.registry import Kind, Registry
from vynapse.seeding import Stream
from vynapse.settings import Settings, validate

if TYPE_CHECKING:
    from torch import nn


class Structure(Settings, abc.ABC):
    """What a network is made of. A new kind defines `kind`, `fit` and `module`; the rest follows.

        class Ring(Structure):
            kind: Literal["ring"] = "ring"
            units: int = Field(8, ge=1, description="units in the ring")

            def fit(self, interface): …
            def module(self): …

        RING = structure_kind(Ring, "units in a ring")

    Attributes:
        kind: the name of the kind; a subclass narrows it to a Literal.
        short: the key that a list stands for, `{mlp: [2, 1]}` for `{mlp: {sizes: [2, 1]}}`; None
            where there is no short form.
    """

    kind: str
    short: ClassVar[str | None] = None

    @abc.abstractmethod
    def fit(self, interface: Interface) -> Structure:
        """A structure in which all that the task decides is filled in; the same where it is.

        Raises:
            ConfigError: the network does not fit the task's inputs or outputs.
        """

    @abc.abstractmethod
    def module(self) -> nn.Module:
        """A fresh module that initialised itself, from torch's global generator.

        It is called with the global generators isolated, so it may draw from them.
        """

    def layout(self) -> Mapping[str, tuple[int, ...]] | None:
        """Names and shapes of the weights, in the order of the module's state dict.

        None, the default, says that a module has to be built to know. A structure that gives them
        also gives `initial`, `in_arrays` and `flops` without torch; all its tensors are float32
        parameters.
        """
        return None

    def weights(self) -> int | None:
        """How many weights it has, as far as that is known without building a module."""
        layout = self.layout()
        return None if layout is None else sum(map(math.prod, layout.values()))

    def initial(self, stream: Stream, attempt: int) -> dict[str, Array]:
        """Tensors of a fresh network, a function of the stream and the attempt alone."""
        from vynapse.networks import modules

        return modules.initialise(self, stream.seed_for(attempt))

    def in_arrays(self, tensors: Mapping[str, Array]) -> Policy | None:
        """A network with these tensors that computes without torch; None where there is none."""
        return None

    def policy(self, tensors: Mapping[str, Array]) -> Policy:
        """A network with these tensors: in arrays where it can be, else its module.

        A kind whose module keeps a state between inputs overrides it.
        """
        in_arrays = self.in_arrays(tensors)
        if in_arrays is not None:
            return in_arrays
        from vynapse.networks import modules

        return FunctionPolicy(modules.predictor(modules.build(self, dict(tensors)).eval()))

    def flops(self, input_shape: tuple[int, ...], examples: Array | None = None) -> int:
        """Floating-point operations of one example (`vynapse.networks.flops` says what counts).

        Args:
            input_shape: the shape of one input.
            examples: prepared inputs (n, *input_shape) of the task: a module that has to be run to
                know may not take made-up ones.
        """
        from vynapse.networks import modules
        from vynapse.networks.flops import module_flops

        return module_flops(modules.build(self), input_shape, examples)

    def dense(self) -> Layers | None:
        """The same network as fully connected layers, which the kernels know; None where it is not.

        They have the structure's tensors by their names, in the order of `layout`.
        """
        return None

    def picture(self, tensors: Mapping[str, Array]) -> str | None:
        """The network as the text of an .svg file; None, the default, for the graph of its module.

        For kinds whose parts say more than the operations of their modules.
        """
        return None

    def stochastic(self) -> bool:
        """Whether a forward pass of the module may draw random numbers; by default it may."""
        return True

    def with_widths(self, widths: Mapping[str, int]) -> tuple[Structure, dict[str, int]]:
        """The structure in which layers have these widths.

        Args:
            widths: outputs of layers that were pruned or widened, by the name of the layer in the
                module.

        Returns:
            It, and the widths that it has no key for: all, by default.
        """
        return self, dict(widths)

    def as_key(self) -> dict[str, Any]:
        """The `network` key of a recipe: what `parse_network` makes an equal structure from."""
        return {self.kind: self.model_dump(mode="json", exclude={"kind"})}

    def in_recipe(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The `network` key as a recipe keeps it: as it was given, unless that names a file."""
        return dict(given)

    @classmethod
    def from_key(cls, value: Mapping[str, Any], where: str) -> Structure:
        """The inverse of `as_key`; it also takes the short form.

        Args:
            value: the whole `network` key, in which one key is the name of this kind.
            where: the place of `value`, for the sentences of errors.

        Raises:
            ConfigError: with a sentence for every problem.
        """
        name = cls.kind_name()
        for other in value:
            if other != name:
                raise ConfigError(
                    f"{where}: one kind of network was wanted, got {name!r} and {other!r}: the "
                    f"keys of {name} stand below it"
                )
        content = cls.long_form(value)[name]
        if not isinstance(content, dict):
            wanted = "a mapping" if cls.short is None else "a list or a mapping"
            raise ConfigError(f"{where}.{name}: {wanted} was wanted, got {shown(content)}")
        return validate(cls, content, f"{where}.{name}")

    @classmethod
    def long_form(cls, value: Mapping[str, Any]) -> dict[str, Any]:
        """The `network` key with the short form of this kind written out."""
        content = value[cls.kind_name()]
        if cls.short is None or not isinstance(content, (list, tuple)):
            return dict(value)
        return {**value, cls.kind_name(): {cls.short: list(content)}}

    @classmethod
    def key_schema(cls) -> dict[str, Any]:
        """A JSON schema of what `from_key` takes."""
        whole = cls.model_json_schema()
        whole["properties"].pop("kind")
        forms = [whole] if cls.short is None else [whole["properties"][cls.short], whole]
        return {
            "type": "object",
            "additionalProperties": False,
            "required": [cls.kind_name()],
            "properties": {cls.kind_name(): {"anyOf": forms}},
        }

    @classmethod
    def kind_name(cls) -> str:
        """The name of the kind."""
        name: str = cls.model_fields["kind"].default
        return name


class StructureKind(Kind[Structure]):
    """A kind of structure; its settings are the class of its structures, which build themselves."""

    __slots__ = ()


STRUCTURES: Final = Registry("structures", "kind of network", StructureKind)
"""All kinds of structures."""


def structure_kind(model: type[Structure], summary: str) -> StructureKind:
    """What the catalogue or an entry point names for a kind of structure.

    Args:
        model: the class of its structures.
        summary: one line about it, for lists.
    """
    return StructureKind(model.kind_name(), summary, model, _itself)


def _itself(structure: Structure) -> Structure:
    return structure


def structure_class(name: str, where: str = "network") -> type[Structure]:
    """The class of the structures of a kind.

    Raises:
        ConfigError: there is no such kind, or what was registered under its name has another.
    """
    found = STRUCTURES.get(name, where).settings
    if not issubclass(found, Structure):
        raise ConfigError(f"{where}: {name!r} must be what structure_kind makes of a structure")
    if found.kind_name() != name:
        raise ConfigError(
            f"{where}: what is registered as {name!r} must make structures of kind {name!r}, "
            f"its kind is {found.kind_name()!r}"
        )
    return found


def canonical_json(structure: Structure) -> str:
    """The same structure always gives the same text."""
    return json.dumps(structure.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))


def from_json(value: Mapping[str, Any]) -> Structure:
    """The structure whose `model_dump` this was.

    Raises:
        ConfigError: there is no such kind here.
        ValueError: it is not the data of a structure.
    """
    if not isinstance(value.get("kind"), str):
        raise ValueError(f"a structure with its kind was wanted, got {value!r}")  # noqa: TRY004 - the value is wrong, not its type
    model = structure_class(value["kind"])
    return model.model_validate_json(json.dumps(dict(value)), strict=True)


def parse_network(value: object, where: str = "network") -> Structure:
    """A structure from the value of a recipe's `network` key.

    Args:
        value: a mapping as in the module docstring.
        where: the key, for error sentences.

    Raises:
        ConfigError: with every problem found.
    """
    if not isinstance(value, dict) or not value:
        raise ConfigError(
            f"{where}: a mapping like {{mlp: [2, 2, 1]}} was wanted, got {shown(value)}"
        )
    name = next(_kinds_in(value), None)
    if name is None:
        first = str(next(iter(value)))
        hint = suggestion(first, STRUCTURES.names())
        raise ConfigError(f"{where}: unknown kind of network {first[:99]!r}{hint}")
    return structure_class(name, where).from_key(value, where)


def long_form(value: object) -> dict[str, Any]:
    """{mlp: [2, 1]} as {mlp: {sizes: [2, 1]}}; what is not a short form comes back as it is."""
    whole = dict(value) if isinstance(value, dict) else {}
    for name in list(_kinds_in(whole)):
        whole = structure_class(name).long_form(whole)
    return whole


def _kinds_in(value: Mapping[Any, Any]) -> Iterator[str]:
    """The keys that name a kind of structure."""
    names = STRUCTURES.names()
    return (key for key in value if isinstance(key, str) and (key in names or ":" in key))


def network_schema() -> dict[str, Any]:
    """A JSON schema of the `network` key, with the keys of all kinds that exist."""
    return {"anyOf": [structure_class(name).key_schema() for name in STRUCTURES.names()]}
