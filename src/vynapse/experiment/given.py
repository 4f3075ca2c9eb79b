# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a call in Python gives, as what stands in a recipe: data, networks, losses, tasks.

An object that another process can import is named by its path. Any other is made known to this
process under a path of the module `python`: the run's origin is then "python".
"""

from __future__ import annotations

import hashlib
import inspect
import re
import types
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from vynapse.core import Array, Loss, as_loss, as_task
from vynapse.data.held import PARTS, Held
from vynapse.errors import ConfigError, DataError
from vynapse.experiment.named_runs import means_a_run
from vynapse.live import enrol, path_of
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import parse_network
from vynapse.registry import Choice
from vynapse.settings import validate
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.registry import TASKS
from vynapse.tasks.row_inputs import as_numbers

if TYPE_CHECKING:
    from torch import nn

_UNKEPT: Final = "arrays.safetensors"
"""Stands for the file before there is a run."""


def is_data(task: object) -> bool:
    """Whether it holds examples: a pair of arrays, or a Dataset or DataLoader of torch."""
    return isinstance(task, (tuple, list)) or _dataset_of(task) is not None


def task_given(task: Any, options: Mapping[str, Any]) -> Any:
    """What stands for it under `task` in a recipe.

    Args:
        task: a name, a mapping with a name, a task, or examples.
        options: keys of the task; for examples also `validation` and `test` as pairs of arrays.

    Raises:
        ConfigError: an option is unknown.
        DataError: the examples are no arrays of numbers.
    """
    if isinstance(task, Choice):
        return task
    if is_data(task):
        return _arrays(task, options)
    if isinstance(task, Mapping):
        return {**task, **options}
    if isinstance(task, str):
        return {"name": task, **options} if options else task
    given = as_task(task)
    if given is None:
        raise ConfigError(
            "task: a name, a pair (X, y), a Dataset, a DataLoader or a vynapse.Task was wanted, "
            f"got {type(task).__name__}"
        )
    if options:
        raise ConfigError(f"task: a task that was made already takes no {', '.join(options)}")
    if given.made_from is not None:
        return {"name": given.made_from.name, **given.made_from.options}
    digest = hashlib.sha256(f"{given.name}:{given.fingerprint()}".encode()).hexdigest()
    return enrol(given.name, digest, given.for_run)


def network_given(network: Any) -> tuple[Any, nn.Module | None]:
    """What stands for it under `network`, and the module whose weights the run begins with.

    Args:
        network: what a recipe takes; "mlp:2,2,1" as on the command line; run:PATH or last for the
            structure of a run's; a path package.module:name; a function or a class that makes a
            module; a module.
    """
    if isinstance(network, str):
        if means_a_run(network):
            return network, None
        if short := re.fullmatch(r"(\w+):(\d{1,18}(?:,\d{1,18})*)", network):
            return {short[1]: [int(width) for width in short[2].split(",")]}, None
        return ({"factory": network} if re.fullmatch(r"[\w.]+:[\w.]+", network) else network), None
    if network is None or isinstance(network, Mapping):
        return network, None
    if callable(network) and hasattr(network, "state_dict") and not isinstance(network, type):
        from vynapse.networks import described

        options = described.describe(network)
        if options is not None:
            return {"factory": described.FACTORY, "options": options}, network
        return {"factory": _prototype(network)}, network
    if not callable(network):
        raise ConfigError(
            "network: a mapping like {'mlp': [2, 2, 1]}, a module, or a function that makes one "
            f"was wanted, got {type(network).__name__}"
        )
    return {"factory": _path(network)}, None


def start_given(network: Any, module: nn.Module) -> NetworkState:
    """The weights of a module, as the network that a run begins with."""
    from vynapse.networks.modules import to_tensors

    return NetworkState(parse_network(network), to_tensors(module))


def loss_given(loss: Any) -> Any:
    """What stands for it under `loss`: a name, a mapping, a `Loss` or a class of it, a function."""
    if loss is None or isinstance(loss, (str, Mapping)):
        return loss
    given = as_loss(loss)
    if given is not None:
        kind = type(given)
        path = None if vars(given) else path_of(kind)
        known = repr(sorted(vars(given).items())) + kind.__qualname__
        digest = hashlib.sha256(known.encode()).hexdigest()
        return {"kind": path or enrol(kind.__qualname__, digest, lambda: given)}
    if isinstance(loss, type) and issubclass(loss, Loss):
        return {"kind": _path(loss)}
    if callable(loss):
        return {"kind": "function", "function": _path(loss)}
    raise ConfigError(
        f"loss: a name, a vynapse.Loss or a function was wanted, got {type(loss).__name__}"
    )


def _path(value: Callable[..., Any]) -> str:
    """package.module:name of a function or a class, else the path by which this process has it."""
    path = path_of(value)
    if path is not None:
        return path
    name = getattr(value, "__qualname__", type(value).__qualname__)
    return enrol(name.replace("<locals>.", ""), _digest(value), value)


def _digest(value: Any) -> str:
    """A hash of the code of a function, or of the methods of a class."""
    owners = vars(value).values() if isinstance(value, type) else [value]
    codes = [getattr(owner, "__code__", None) for owner in owners]
    parts = [part for code in codes if code is not None for part in _code(code)]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _code(code: types.CodeType) -> Iterator[str]:
    yield code.co_code.hex()
    yield repr(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _code(constant)
        else:
            yield repr(constant)


def _prototype(module: nn.Module) -> str:
    import copy

    from vynapse.networks.described import identity

    kept = copy.deepcopy(module)
    digest = hashlib.sha256(identity(module).encode()).hexdigest()
    return enrol(
        type(module).__qualname__.replace("<locals>.", ""), digest, lambda: copy.deepcopy(kept)
    )


def _arrays(data: Any, options: Mapping[str, Any]) -> Choice[TaskKind]:
    given = dict(options)
    parts = {"train": data}
    for name in ("validation", "test"):
        if is_data(given.get(name)):
            parts[name] = given.pop(name)
    kind = TASKS.get("arrays")
    settings: Any = validate(kind.settings, {"file": _UNKEPT, **given}, "task")
    held = _held({name: _pair(part) for name, part in parts.items()}, settings.kind)
    return Choice(kind, settings.holding(held))


def _pair(data: Any) -> tuple[Array, Array]:
    if _dataset_of(data) is not None:
        from vynapse.experiment.datasets import arrays_of

        data = arrays_of(data)
    if len(data) != 2:
        raise DataError(f"data: a pair (X, y) was wanted, got {len(data)} parts")
    inputs, targets = as_numbers(data[0], "X"), _plain(data[1])
    if inputs.ndim < 2:
        raise DataError(
            f"X: an array (n, …) of two or more dimensions was wanted, got shape {inputs.shape}: "
            "X.reshape(-1, 1) makes one of single numbers"
        )
    if len(targets) != len(inputs):
        raise DataError(
            f"y: a target for each of {len(inputs)} rows was wanted, got {len(targets)}"
        )
    return inputs, targets


def _plain(targets: Any) -> Array:
    if hasattr(targets, "detach"):
        targets = targets.detach().cpu()
    array = np.asarray(targets)
    return array.astype(str) if array.dtype.kind in "OUS" else as_numbers(array, "y")


def _held(pairs: Mapping[str, tuple[Array, Array]], kind: str | None) -> Held:
    texts = any(targets.dtype.kind == "U" for _, targets in pairs.values())
    if texts and kind == "regression":
        raise DataError("y: numbers were wanted for a regression, got texts")
    classes, codes = None, {name: targets for name, (_, targets) in pairs.items()}
    if texts or (kind == "classification" and any(t.dtype.kind == "f" for t in codes.values())):
        values = np.unique(np.concatenate(list(codes.values())))
        classes = tuple(map(str, values.tolist()))
        codes = {name: np.searchsorted(values, own) for name, own in codes.items()}
        if len(classes) < 2:
            raise DataError(f"y: two or more classes were wanted, got {len(classes)}")
    tensors = {}
    for name, prefix in PARTS.items():
        if name in pairs:
            tensors[f"{prefix}inputs"] = pairs[name][0]
            tensors[f"{prefix}targets"] = np.ascontiguousarray(codes[name])
    return Held(tensors, classes)


def _dataset_of(data: Any) -> str | None:
    """The name of torch's class whose instance it is; torch is not loaded to find out."""
    names = {(kind.__module__, kind.__name__) for kind in inspect.getmro(type(data))}
    for name in ("DataLoader", "Dataset"):
        if any(own == name and home.startswith("torch.utils.data") for home, own in names):
            return name
    return None
