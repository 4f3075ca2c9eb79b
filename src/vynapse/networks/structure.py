# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a network is made of, as data: the `network:` key of a recipe.

    network: {mlp: [2, 2, 1]}
    network: {mlp: {sizes: [784, 128, 10], hidden: relu}}
    network: {cnn: {channels: [32, 64], norm: true}}
    network: {factory: "my_package.models:build", options: {width: 8}}

Where a factory has parameters called `outputs` or `input_shape` they are filled in from the task.

A structure is frozen and hashable; `canonical_json` of it is part of `network_sha256`.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from vynapse.core import SupervisedTask
from vynapse.errors import ConfigError, suggestion
from vynapse.imports import import_object
from vynapse.settings import Settings, validate

Activation = Literal["tanh", "relu", "sigmoid", "gelu", "identity"]


class MLP(Settings):
    """Fully connected layers. Inputs of any shape are flattened."""

    kind: Literal["mlp"] = "mlp"
    sizes: tuple[int, ...] = Field(
        min_length=2, description="layer widths, inputs first, outputs last"
    )
    hidden: Activation = Field("tanh", description="activation after each hidden layer")
    output: Activation | None = Field(
        None, description="activation after the last layer; by default what the task asks for"
    )
    bias: bool = Field(True, description="layers have biases")


class CNN(Settings):
    """Blocks of 3x3 convolution, batch norm, ReLU and 2x2 max pooling; mean pooling; linear."""

    kind: Literal["cnn"] = "cnn"
    channels: tuple[int, ...] = Field((16, 32), min_length=1, description="channels of each block")
    norm: bool = Field(True, description="batch normalisation after each convolution")
    dropout: float = Field(0.0, ge=0, lt=1, description="dropout before the linear layer")
    input_shape: tuple[int, int, int] | None = Field(
        None, description="(channels, height, width); by default the task's"
    )
    outputs: int | None = Field(None, ge=1, description="outputs; by default the task's")


class Factory(Settings):
    """A module that a function of the user's returns."""

    kind: Literal["factory"] = "factory"
    factory: str = Field(
        pattern=r"^[\w.]+:[\w.]+$", description="package.module:callable that returns a module"
    )
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="keyword arguments of the callable; outputs and input_shape come from the task",
    )


Structure = MLP | CNN | Factory
_KINDS: dict[str, type[MLP] | type[CNN]] = {"mlp": MLP, "cnn": CNN}
_ADAPTER: TypeAdapter[Structure] = TypeAdapter(Annotated[Structure, Field(discriminator="kind")])


def canonical_json(structure: Structure) -> str:
    """The same structure always gives the same text."""
    return json.dumps(structure.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))


def from_json(value: dict[str, Any]) -> Structure:
    """The structure whose `model_dump` this was."""
    return _ADAPTER.validate_json(json.dumps(value), strict=True)


def parse_network(value: object, where: str = "network") -> Structure:
    """A structure from the value of a recipe's `network` key.

    Args:
        value: a mapping as in the module docstring.
        where: the key, for error sentences.

    Raises:
        ConfigError: with every problem found.
    """
    if not isinstance(value, dict) or not value:
        raise ConfigError(f"{where}: a mapping like {{mlp: [2, 2, 1]}} was wanted, got {value!r}")
    if "factory" in value:
        return validate(Factory, value, where)
    kind, *rest = value
    if rest or kind not in _KINDS:
        wrong = str(rest[0] if rest and kind in _KINDS else kind)
        hint = suggestion(wrong, [*_KINDS, "factory"])
        raise ConfigError(f"{where}: unknown kind of network {wrong!r}{hint}")
    content = long_form(value)[kind]
    if not isinstance(content, dict):
        raise ConfigError(f"{where}.{kind}: a list or a mapping was wanted, got {content!r}")
    return validate(_KINDS[kind], content, f"{where}.{kind}")


def long_form(value: object) -> dict[str, Any]:
    """{mlp: [2, 1]} as {mlp: {sizes: [2, 1]}}; what is not a short form comes back as it is."""
    whole = dict(value) if isinstance(value, dict) else {}
    for kind, key in (("mlp", "sizes"), ("cnn", "channels")):
        if isinstance(whole.get(kind), (list, tuple)):
            whole[kind] = {key: list(whole[kind])}
    return whole


def fit_to_task(structure: Structure, task: SupervisedTask) -> Structure:
    """Fill what the task decides and check what it demands.

    Raises:
        ConfigError: inputs or outputs of the network do not match the task, or a factory cannot
            be imported.
    """
    inputs = 1
    for side in task.input_shape:
        inputs *= side
    if isinstance(structure, MLP):
        if (structure.sizes[0], structure.sizes[-1]) != (inputs, task.output_size):
            raise ConfigError(
                f"network.mlp.sizes: task {task.name!r} has {inputs} inputs and "
                f"{task.output_size} outputs, the network has {structure.sizes[0]} and "
                f"{structure.sizes[-1]}"
            )
        return structure.model_copy(update={"output": structure.output or task.output_activation})
    if isinstance(structure, CNN):
        if len(task.input_shape) != 3:
            raise ConfigError(
                f"network.cnn: inputs of shape (channels, height, width) were wanted, those of "
                f"task {task.name!r} have shape {task.input_shape}: use mlp"
            )
        shape = structure.input_shape or task.input_shape
        outputs = structure.outputs or task.output_size
        if shape != task.input_shape or outputs != task.output_size:
            raise ConfigError(
                f"network.cnn: task {task.name!r} has inputs {task.input_shape} and "
                f"{task.output_size} outputs, the network has {shape} and {outputs}"
            )
        if min(shape[1:]) >> len(structure.channels) < 1:
            raise ConfigError(
                f"network.cnn.channels: {len(structure.channels)} poolings are too many for "
                f"inputs of {shape[1]}x{shape[2]}"
            )
        return structure.model_copy(update={"input_shape": shape, "outputs": outputs})
    return _fit_factory(structure, task)


def _fit_factory(structure: Factory, task: SupervisedTask) -> Factory:
    facts = {"outputs": task.output_size, "input_shape": list(task.input_shape)}
    keywords = _keywords(structure.factory)
    taken = {key: fact for key, fact in facts.items() if key in keywords}
    for key, fact in taken.items():
        given = structure.options.get(key, fact)
        if (list(given) if isinstance(given, Sequence) else given) != fact:
            raise ConfigError(
                f"network.options.{key}: task {task.name!r} has {fact}, the network has {given}: "
                "leave it out"
            )
    return structure.model_copy(update={"options": {**structure.options, **taken}})


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
