# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Weights that a run begins with: what the key `weights` of a recipe may name.

a run directory      its best network
NAME.safetensors     a network that Vynapse wrote, structure included; or weights alone
NAME.pt, NAME.pth    a state dict that torch saved: weights alone
NAME.json            a graph that was saved with its tensors beside it: weights alone

Weights alone belong to the network that the recipe names. Nothing in a file is ever executed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import is_zipfile

import numpy as np
from safetensors import SafetensorError, safe_open

from vynapse.core import Array, Interface
from vynapse.errors import ConfigError, GraphError, VynapseError
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.store import advice
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import Structure, canonical_json, from_json

if TYPE_CHECKING:
    from torch import Tensor


def network_in(path: Path, key: str = "weights") -> dict[str, Any]:
    """The `network` key for the structure that comes with weights.

    Args:
        path: a run directory or a file.
        key: the key of the recipe under which it stands, for the sentences of errors.

    Raises:
        ConfigError: they are absent or damaged, or are weights alone.
    """
    try:
        structure = _structure_in(_file(path))
        if structure is None:
            raise ConfigError(f"weights: {path} holds no structure: name the network it belongs to")
    except ConfigError as error:
        raise ConfigError(f"{key}{str(error).removeprefix('weights')}") from None
    return structure.as_key()


def read_weights(path: Path, structure: Structure, interface: Interface) -> NetworkState:
    """The network of a recipe with the weights at `path`.

    Args:
        path: a run directory or a file.
        structure: the network that the recipe names, fitted to the task.
        interface: the interface of the task.

    Raises:
        ConfigError: they are absent, damaged or not finite, or belong to another network.
    """
    file = _file(path)
    held = _structure_in(file)
    if held is None:
        return _fitted(structure, read_state_dict(file), path)
    try:
        same = held.fit(interface) == structure
        tensors = NetworkState.read(file).tensors
    except VynapseError as error:
        raise ConfigError(f"weights: {path}: {error}") from None
    if not same:
        raise ConfigError(
            f"weights: {path} holds the network {_short(held)}, the recipe names "
            f"{_short(structure)}: leave out network"
        )
    return _fitted(structure, tensors, path)


def _file(path: Path) -> Path:
    """The file of weights: `path`, or the winner of the run there."""
    if path.is_dir():
        try:
            file = RunDirectory.open(path).network
        except VynapseError as error:
            raise ConfigError(f"weights: {error}") from None
        if not file.exists():
            raise ConfigError(
                f"weights: {path} has saved no network yet: {advice(RunDirectory.open(path))}"
            )
        return file
    if path.suffix not in (".safetensors", ".pt", ".pth", ".json"):
        raise ConfigError(
            f"weights: a run directory or a file that ends in .safetensors, .pt, .pth or .json was "
            f"wanted, got {path}"
        )
    if not path.exists():
        raise ConfigError(f"weights: {path} does not exist")
    return path


def _structure_in(file: Path) -> Structure | None:
    """The structure in the header of a network file; None for weights alone."""
    if file.suffix != ".safetensors":
        return None
    try:
        with safe_open(file, "numpy") as content:
            metadata = content.metadata() or {}
        return from_json(json.loads(metadata["structure"])) if "structure" in metadata else None
    except ConfigError as error:
        raise ConfigError(f"weights: {file}: {error}") from None
    except (SafetensorError, ValueError, OSError) as error:
        raise _damaged(file, error) from None


def read_state_dict(file: Path) -> dict[str, Tensor]:
    """Names and arrays of weights alone, in .safetensors, .pt, .pth or beside .json.

    Raises:
        ConfigError: the file is damaged, or holds something else.
    """
    import torch
    from safetensors.torch import load_file

    if file.suffix == ".json":
        from vynapse.graph.formats.json import load

        try:
            return dict(load(file).tensors)
        except GraphError as error:
            raise ConfigError(f"weights: {error}") from None
    try:
        if file.suffix == ".safetensors":
            content: object = load_file(file)
        else:
            content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - for bytes of no sense torch raises whatever they lead to
        raise _damaged(file, error) from None
    tensors: dict[str, Tensor] = {}
    for name, value in content.items() if isinstance(content, Mapping) else [("", content)]:
        if not isinstance(name, str) or not isinstance(value, torch.Tensor):
            raise ConfigError(
                f"weights: {file}: a state dict of names and tensors was wanted, got "
                f"{type(value).__name__}{f' under {name!r}' if name else ''}: save "
                "module.state_dict() alone"
            )
        tensors[name] = value
    return tensors


def _fitted(
    structure: Structure, tensors: Mapping[str, Array | Tensor], path: Path
) -> NetworkState:
    """A network of this structure with these tensors, in its own order and kinds of number."""
    layout = structure.layout()
    if layout is not None:
        own = {name: np.empty(shape, np.float32) for name, shape in layout.items()}
        finite, tied = True, dict[str, str]()
    else:
        from vynapse.networks import foreign, modules

        module = modules.build(structure)
        own, finite = modules.to_tensors(module), False
        tied = foreign.tied(foreign.state_of(module).items())
    given = _completed(own, tensors, tied, path)
    found = {}
    for name, blank in own.items():
        where = f"weights: {path}: {name!r}"
        if tuple(given[name].shape) != blank.shape:
            raise ConfigError(
                f"{where} of shape {blank.shape} was wanted, got {tuple(given[name].shape)}"
            )
        values = _values(given[name], where)
        found[name] = _as_own(values, blank, where, like=None if finite else blank)
    for name, other in tied.items():
        if not np.array_equal(found[name], found[other], equal_nan=True):
            raise ConfigError(
                f"weights: {path}: {other!r} and {name!r} are one weight in the network, the "
                "file has two that differ"
            )
    return NetworkState(structure, found)


def _completed(
    own: Mapping[str, Array],
    tensors: Mapping[str, Array | Tensor],
    tied: Mapping[str, str],
    path: Path,
) -> dict[str, Array | Tensor]:
    """The tensors with those that a file leaves out because the network has them twice.

    Args:
        own: tensors of the network.
        tensors: the tensors of the file.
        tied: the network's tensors that are the same as another one -> the name of that.
        path: the path of the file, for sentences.

    Raises:
        ConfigError: names are missing or not wanted.
    """
    given = dict(tensors)
    for name, other in tied.items():  # save_model of safetensors keeps either name
        if name in given:
            given.setdefault(other, given[name])
    for name, other in tied.items():
        if other in given:
            given.setdefault(name, given[other])
    missing, extra = sorted(own.keys() - given.keys()), sorted(given.keys() - own.keys())
    if missing or extra:
        raise ConfigError(
            f"weights: {path} does not fit the network: missing {_some(missing)}, not wanted "
            f"{_some(extra)}{_prefix_hint(own, tensors)}"
        )
    return given


def _prefix_hint(own: Mapping[str, Array], tensors: Mapping[str, Array | Tensor]) -> str:
    """What to do where all names differ by one prefix, as `module.` of data-parallel training."""
    for longer, shorter, verb in ((tensors, own, "take off"), (own, tensors, "put before")):
        prefixes = {name.partition(".")[0] for name in longer}
        if len(prefixes) == 1:
            prefix = f"{prefixes.pop()}."
            if {name.removeprefix(prefix) for name in longer} == set(shorter):
                whose = "the file's" if longer is tensors else "the network's"
                return f": {whose} names begin with {prefix!r}: {verb} the file's names that prefix"
    return ""


def _values(given: Array | Tensor, where: str) -> Array:
    """The values of a weight, whatever holds them."""
    if isinstance(given, np.ndarray):
        if given.dtype.kind == "c":
            raise ConfigError(f"{where} is complex ({given.dtype}): real numbers were wanted")
        return given
    from vynapse.networks.tensors import as_array, problem_of

    if (problem := problem_of(given)) is not None:
        raise ConfigError(f"{where} {problem}")
    return as_array(given)


def _as_own(values: Array, blank: Array, where: str, like: Array | None) -> Array:
    """Values in the network's own kind of number, where that changes none but by rounding.

    Args:
        values: the values of the file.
        blank: a tensor of the network.
        where: the weight, for sentences.
        like: values that need not be finite, as a mask of -inf that the network begins with.
    """
    if blank.dtype.kind == "f" and values.dtype.kind != "f":
        raise ConfigError(f"{where}: floating-point numbers were wanted, got {values.dtype}")
    with np.errstate(over="ignore", invalid="ignore"):
        cast = values.astype(blank.dtype)
    if blank.dtype.kind != "f":
        if not np.array_equal(cast, values):
            raise ConfigError(f"{where}: values of {blank.dtype} were wanted, got {values.dtype}")
    elif like is None or not np.array_equal(cast, like, equal_nan=True):
        if not np.isfinite(values).all():
            raise ConfigError(f"{where} holds values that are not finite")
        if not np.isfinite(cast).all():
            raise ConfigError(f"{where} holds values too large for {blank.dtype}")
    return cast


def _damaged(file: Path, error: Exception) -> ConfigError:
    reason = str(error).strip().partition("\n")[0]
    if isinstance(error, KeyError) or not reason:  # the text of a KeyError is a key alone
        reason = "it is damaged, or was not written by torch.save or safetensors"
    if file.is_file() and not file.stat().st_size:
        reason = "it is empty"
    elif type(error).__name__ == "UnpicklingError":  # torch's text advises to execute the file
        reason = (
            "it holds more than tensors: save module.state_dict() alone"
            if is_zipfile(file)
            else "torch.save has not written it, or it is damaged"
        )
    return ConfigError(f"weights: {file} cannot be read: {reason}")


def _short(structure: Structure) -> str:
    text = canonical_json(structure)
    return text if len(text) <= 100 else f"{text[:97]}..."


def _some(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:3])) or "none"
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
