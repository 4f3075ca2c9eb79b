# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Weights that a run begins with: what the key `weights` of a recipe may name.

a run directory      its best network
NAME.safetensors     a network that Vynapse wrote, structure included; or weights alone
NAME.pt, NAME.pth    a state dict that torch saved: weights alone

Weights alone belong to the network that the recipe names. Nothing in a file is ever executed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import numpy as np
from safetensors import SafetensorError, safe_open

from vynapse.core import Array, Interface
from vynapse.errors import ConfigError, VynapseError
from vynapse.experiment.directory import RunDirectory
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import Structure, canonical_json, from_json


def network_in(path: Path) -> dict[str, Any]:
    """The `network` key for the structure that comes with weights.

    Raises:
        ConfigError: they are absent or damaged, or are weights alone.
    """
    structure = _structure_in(_file(path))
    if structure is None:
        raise ConfigError(f"weights: {path} holds no structure: name the network it belongs to")
    return structure.as_key()


def read_weights(path: Path, structure: Structure, interface: Interface) -> NetworkState:
    """The network of a recipe with the weights at `path`.

    Args:
        path: a run directory or a file.
        structure: the network that the recipe names, fitted to the task.
        interface: of the task.

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
    """The file of weights: `path`, or the best network of the run there."""
    if path.is_dir():
        try:
            file = RunDirectory.open(path).network
        except VynapseError as error:
            raise ConfigError(f"weights: {error}") from None
        if not file.exists():
            raise ConfigError(
                f"weights: {path} has saved no network yet: go on with vynapse resume {path}"
            )
        return file
    if path.suffix not in (".safetensors", ".pt", ".pth"):
        raise ConfigError(
            f"weights: a run directory or a file that ends in .safetensors, .pt or .pth was "
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


def read_state_dict(file: Path) -> dict[str, Array]:
    """Names and arrays of weights alone, in .safetensors, .pt or .pth.

    Raises:
        ConfigError: the file is damaged, or holds something else.
    """
    import torch
    from safetensors.torch import load_file

    try:
        if file.suffix == ".safetensors":
            content: object = load_file(file)
        else:
            content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - for bytes of no sense torch raises whatever they lead to
        raise _damaged(file, error) from None
    tensors: dict[str, Array] = {}
    for name, value in content.items() if isinstance(content, Mapping) else [("", content)]:
        if not isinstance(name, str) or not isinstance(value, torch.Tensor):
            raise ConfigError(
                f"weights: {file}: a state dict of names and tensors was wanted, got "
                f"{type(value).__name__}{f' under {name!r}' if name else ''}: save "
                "module.state_dict() alone"
            )
        # NumPy has no bfloat16
        plain = value.float() if value.dtype == torch.bfloat16 else value
        tensors[name] = plain.detach().numpy()
    return tensors


def _fitted(structure: Structure, tensors: Mapping[str, Array], path: Path) -> NetworkState:
    """A network of this structure with these tensors, in its own order and kinds of number."""
    layout = structure.layout()
    if layout is not None:
        own = {name: np.empty(shape, np.float32) for name, shape in layout.items()}
    else:
        from vynapse.networks import modules

        own = modules.to_tensors(modules.build(structure))
    missing, extra = sorted(own.keys() - tensors.keys()), sorted(tensors.keys() - own.keys())
    if missing or extra:
        raise ConfigError(
            f"weights: {path} does not fit the network: missing {_some(missing)}, not wanted "
            f"{_some(extra)}"
        )
    for name, blank in own.items():
        if tensors[name].shape != blank.shape:
            raise ConfigError(
                f"weights: {path}: {name!r} of shape {blank.shape} was wanted, got "
                f"{tensors[name].shape}"
            )
        if not np.isfinite(tensors[name]).all():
            raise ConfigError(f"weights: {path}: {name!r} holds values that are not finite")
    return NetworkState(structure, {n: tensors[n].astype(own[n].dtype) for n in own})


def _damaged(file: Path, error: Exception) -> ConfigError:
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
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
