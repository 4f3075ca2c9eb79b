# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Objectives and encodings as data: JSON values and arrays, from which a worker makes equal ones.

What a worker imports stands in a description as package.module:name. A worker that others can reach
imports what it was told to allow, and nothing else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

import numpy as np

from vynapse.core import ControlTask, Loss
from vynapse.errors import ConfigError
from vynapse.evolution.box import Box
from vynapse.evolution.encoding import ArrayEncoding
from vynapse.evolution.episodes import EpisodesObjective
from vynapse.evolution.function import FunctionObjective
from vynapse.evolution.neat.encoding import NeatEncoding
from vynapse.evolution.objective import ExamplesObjective
from vynapse.evolution.policies import Policy
from vynapse.evolution.terms import TermsObjective
from vynapse.evolution.vectors import VectorEncoding
from vynapse.imports import import_object
from vynapse.live import path_of
from vynapse.networks.normalized import Seen
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import from_json
from vynapse.tasks.registry import make_any_task

Data = dict[str, Any]
KINDS: Final = ("examples", "terms", "episodes", "function")
"""The kinds of objectives that can be described."""
_BUILT_IN: Final = "vynapse.tasks.losses."


def objective_data(objective: Any) -> Data:
    """The description of an objective.

    Raises:
        ConfigError: it cannot be described.
    """
    if isinstance(objective, ExamplesObjective):
        return {
            "kind": "examples",
            "task": objective.task.rpartition(":")[2],  # for sentences; nothing to import
            "loss": _loss_data(objective.loss),
            "outputs": objective.outputs,
            "inputs": objective.inputs,
            "targets": objective.targets,
        }
    if isinstance(objective, TermsObjective):
        examples = objective_data(objective.examples)
        return {
            "kind": "terms",
            "examples": examples,
            "terms": [*objective.terms],
            "weights": objective.weights,
        }
    if isinstance(objective, EpisodesObjective):
        return _episodes_data(objective)
    if isinstance(objective, FunctionObjective):
        return {
            "kind": "function",
            "function": _path_of(objective.function, "function"),
            "objectives": objective.objectives,
            "descriptors": objective.descriptors,
            "batched": objective.batched,
        }
    raise _refused(f"an objective of type {type(objective).__name__}")


def objective_of(data: Mapping[str, Any]) -> Any:
    """The objective of a description.

    Raises:
        ConfigError: it cannot be made here.
        KeyError, TypeError, ValueError: it is no description.
    """
    make: Callable[[Mapping[str, Any]], Any] = {
        "examples": _examples_of,
        "terms": _terms_of,
        "episodes": _episodes_of,
        "function": _function_of,
    }[data["kind"]]
    return make(data)


def encoding_data(encoding: Any) -> Data:
    """The description of an encoding.

    Raises:
        ConfigError: it cannot be described.
    """
    if isinstance(encoding, ArrayEncoding):
        return {"kind": "array", "structure": encoding.structure.model_dump(mode="json")}
    if isinstance(encoding, NeatEncoding):
        _, arguments = encoding.__reduce__()
        return {"kind": "neat", "arguments": [*arguments]}
    if isinstance(encoding, VectorEncoding):
        return {"kind": "vector", "low": encoding.box.low, "high": encoding.box.high}
    from vynapse.evolution.modules import ModuleEncoding

    if isinstance(encoding, ModuleEncoding):
        _, (network, shape, device, examples, state) = encoding.__reduce__()
        return {
            "kind": "module",
            "structure": network.structure.model_dump(mode="json"),
            "tensors": network.tensors,
            "shape": [*shape],
            "device": device,
            "examples": examples,
            "state": state,
        }
    raise _refused(f"an encoding of type {type(encoding).__name__}")


def encoding_of(data: Mapping[str, Any]) -> Any:
    """The encoding of a description; raises as `objective_of` does."""
    kind = data["kind"]
    if kind == "array":
        return ArrayEncoding(from_json(data["structure"]))
    if kind == "neat":
        inputs, outputs, recurrent, updates = map(int, data["arguments"])
        return NeatEncoding(inputs, outputs, bool(recurrent), updates)
    if kind == "vector":
        start = np.clip(0.0, data["low"], data["high"])
        box = Box(-np.inf, np.inf, start)
        box.low, box.high = data["low"], data["high"]
        return VectorEncoding(box)
    if kind != "module":
        raise ValueError(f"no kind of encoding: {kind!r}")
    from vynapse.evolution.modules import ModuleEncoding

    network = NetworkState(from_json(data["structure"]), data["tensors"])
    shape = tuple(map(int, data["shape"]))
    encoding = ModuleEncoding(network, shape, data["device"], data["examples"])
    encoding.load(data["state"])
    return encoding


def refuse_foreign(data: Any, allowed: tuple[str, ...] | None) -> None:
    """Refuse a description that names something which this worker may not import.

    Args:
        data: a description.
        allowed: packages and modules that it may import; None for any.

    Raises:
        ConfigError: it names another.
    """
    if allowed is None:
        return
    for text in _texts(data):
        module, colon, _ = text.partition(":")
        dotted = all(map(str.isidentifier, module.split(".")))
        if not colon or not dotted or module.startswith(_BUILT_IN):
            continue
        if not any(module == known or module.startswith(f"{known}.") for known in allowed):
            raise ConfigError(
                f"the worker may not import {module[:99]!r}: start it with --allow {module[:99]}"
            )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _loss_data(loss: Loss) -> Data:
    """A loss is its class and its attributes; functions among these by their names."""
    attributes = {
        name: {"function": _path_of(value, "loss")} if callable(value) else value
        for name, value in vars(loss).items()
    }
    return {"class": _path_of(type(loss), "loss"), "attributes": attributes}


def _loss_of(data: Mapping[str, Any]) -> Loss:
    model = import_object(data["class"], "loss")
    if not (isinstance(model, type) and issubclass(model, Loss)):
        raise ConfigError(f"loss: {data['class']} is no loss")
    loss: Loss = object.__new__(model)
    for name, value in data["attributes"].items():
        if isinstance(value, dict):
            vars(loss)[name] = import_object(value["function"], "loss")
        else:
            vars(loss)[name] = tuple(value) if isinstance(value, list) else value
    return loss


def _examples_of(data: Mapping[str, Any]) -> ExamplesObjective:
    loss = _loss_of(data["loss"])
    return ExamplesObjective(
        str(data["task"]), loss, int(data["outputs"]), data["inputs"], data["targets"]
    )


def _terms_of(data: Mapping[str, Any]) -> TermsObjective:
    weights = data["weights"]
    kept = None if weights is None else tuple(map(float, weights))
    return TermsObjective(_examples_of(data["examples"]), tuple(data["terms"]), kept)


def _episodes_data(objective: EpisodesObjective) -> Data:
    made = objective.task.made_from
    if made is None or made.loss is not None:
        raise _refused(f"task {objective.task.name}, which was not made by its name,")
    seen = objective.seen
    return {
        "kind": "episodes",
        "task": {"name": made.name, "options": made.options},
        "episodes": objective.episodes,
        "seed": str(objective.seed),
        "seen": None if seen is None else dataclasses.asdict(seen),
    }


def _episodes_of(data: Mapping[str, Any]) -> EpisodesObjective:
    task = make_any_task(data["task"]["name"], data["task"]["options"])
    seen = None if data["seen"] is None else Seen(**data["seen"])
    return EpisodesObjective(
        cast("ControlTask", task), int(data["episodes"]), int(data["seed"]), seen
    )


def _function_of(data: Mapping[str, Any]) -> FunctionObjective:
    function = import_object(data["function"], "function")
    return FunctionObjective(
        function, Policy(), int(data["objectives"]), int(data["descriptors"]), bool(data["batched"])
    )


def _path_of(value: Any, where: str) -> str:
    path = path_of(value)
    if path is None:
        name = getattr(value, "__qualname__", type(value).__qualname__)
        raise ConfigError(
            f"{where}: {name} cannot be sent to other machines, which import it by its name: "
            "define it at the top level of a module"
        )
    return path


def _refused(what: str) -> ConfigError:
    return ConfigError(
        f"evaluator: {what} cannot be sent as data: choose kind processes or ray, or inline"
    )
