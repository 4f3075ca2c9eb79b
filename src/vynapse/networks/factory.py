# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Structures of kind `factory`: whatever module a function of the user's returns.

Where the function has parameters called `outputs` or `input_shape` they are filled in from the
task.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field

from vynapse.core import Interface
from vynapse.errors import ConfigError
from vynapse.imports import import_object
from vynapse.networks.structure import Structure, StructureKind, structure_kind
from vynapse.settings import validate
from vynapse.user_code import guarded

if TYPE_CHECKING:
    from torch import nn


class Factory(Structure):
    """A module that a function of the user's returns."""

    kind: Literal["factory"] = "factory"
    factory: str = Field(
        pattern=r"^[\w.]+:[\w.]+$", description="package.module:callable that returns a module"
    )
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="keyword arguments of the callable; outputs and input_shape come from the task",
    )

    def fit(self, interface: Interface) -> Factory:
        facts = {"outputs": interface.outputs, "input_shape": list(interface.inputs)}
        keywords = _keywords(self.factory)
        taken = {key: fact for key, fact in facts.items() if key in keywords}
        for key, fact in taken.items():
            given = self.options.get(key, fact)
            if (list(given) if isinstance(given, Sequence) else given) != fact:
                raise ConfigError(
                    f"network.options.{key}: task {interface.name!r} has {fact}, the network has "
                    f"{given}: leave it out"
                )
        return self.model_copy(update={"options": {**self.options, **taken}})

    def module(self) -> nn.Module:
        from torch import nn

        factory = import_object(self.factory, "network.factory")
        with guarded(f"network.factory: {self.factory} refused", ConfigError):
            module = factory(**self.options)
        if not isinstance(module, nn.Module):
            raise ConfigError(
                f"network.factory: {self.factory} must return a torch.nn.Module, "
                f"it returned {type(module).__name__}"
            )
        return module

    def as_key(self) -> dict[str, Any]:
        """{factory: package.module:callable, options: …}."""
        return self.model_dump(mode="json", exclude={"kind"})

    @classmethod
    def from_key(cls, value: Mapping[str, Any], where: str) -> Factory:
        """The inverse of `as_key`."""
        return validate(cls, value, where)

    @classmethod
    def key_schema(cls) -> dict[str, Any]:
        schema = cls.model_json_schema()
        schema["properties"].pop("kind")
        return schema


def _keywords(factory: str) -> frozenset[str]:
    """Names of the keyword arguments of a callable; none where it does not tell them."""
    from vynapse.networks.modules import isolated_generators

    with isolated_generators(0):  # a module may draw numbers while it is imported
        found = import_object(factory, "network.factory")
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):  # no function, or one that is built in
        return frozenset()
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return frozenset(parameter.name for parameter in parameters if parameter.kind in named)


KIND: Final[StructureKind] = structure_kind(
    Factory, 'a module that a function of yours returns: factory: "package.module:function"'
)
