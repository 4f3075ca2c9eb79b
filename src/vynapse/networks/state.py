# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A network at rest: its structure and its weights, as data.

This is what a stage hands to the next, what a checkpoint of a winner holds and what
`network_sha256` is computed over. It becomes a `torch.nn.Module` with `module()`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors
from safetensors.numpy import save as save_safetensors

from vynapse.core import Array, Policy, Predict, predictor_of
from vynapse.errors import UNREADABLE, CheckpointError, ConfigError, storage_errors
from vynapse.networks.structure import Structure, canonical_json, from_json
from vynapse.seeding import Streams

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class NetworkState:
    """Structure and weights of one network.

    Attributes:
        structure: what it is made of.
        tensors: the module's `state_dict` as NumPy arrays, buffers included.
    """

    structure: Structure
    tensors: dict[str, Array]

    def __repr__(self) -> str:
        """Kind and size; the weights would fill pages."""
        values = sum(tensor.size for tensor in self.tensors.values())
        return (
            f"NetworkState({self.structure.kind}, {len(self.tensors)} tensors, {values:,} values)"
        )

    def sha256(self) -> str:
        """Over sorted names, dtypes, shapes and bytes of the tensors, and the structure."""
        digest = hashlib.sha256()
        for name in sorted(self.tensors):
            tensor = np.asarray(self.tensors[name], order="C")
            digest.update(f"{name}:{tensor.dtype.name}:{tensor.shape};".encode())
            digest.update(tensor.tobytes())
        digest.update(canonical_json(self.structure).encode())
        return digest.hexdigest()

    def parameters(self) -> int:
        """Number of values in all parameters; buffers, e.g. those of a norm, are no parameters."""
        if self.structure.layout() is not None:
            return sum(tensor.size for tensor in self.tensors.values())
        from vynapse.networks.modules import build

        return sum(parameter.numel() for parameter in build(self.structure).parameters())

    @classmethod
    def from_parts(cls, structure: dict[str, Any], tensors: dict[str, Array]) -> NetworkState:
        """From the structure's JSON form and the tensors."""
        return cls(from_json(structure), tensors)

    def to_bytes(self) -> bytes:
        """A safetensors file whose header also holds the structure."""
        contiguous = {name: np.asarray(t, order="C") for name, t in self.tensors.items()}
        return save_safetensors(contiguous, {"structure": canonical_json(self.structure)})

    @classmethod
    def read(cls, path: Path) -> NetworkState:
        """The network in a file that `to_bytes` made.

        Raises:
            CheckpointError: absent, damaged or without a structure, or its kind of network is not
                known here.
        """
        try:
            raw = path.read_bytes()
            length = int.from_bytes(raw[:8], "little")
            structure = json.loads(raw[8 : 8 + length])["__metadata__"]["structure"]
            return cls.from_parts(json.loads(structure), load_safetensors(raw))
        except FileNotFoundError:
            raise CheckpointError(f"network file {path} does not exist") from None
        except ConfigError as error:
            raise CheckpointError(f"network file {path}: {error}") from None
        except (SafetensorError, *UNREADABLE) as error:
            raise CheckpointError(f"network file {path} is damaged: {error}") from None

    def with_weights(self, module: nn.Module) -> NetworkState:
        """The same structure with the weights of a module that `module()` gave, trained since.

        Raises:
            ConfigError: the module has other weights by name or shape.
        """
        from vynapse.networks.modules import load_tensors, to_tensors

        tensors = to_tensors(module)
        load_tensors(self.module(), tensors)
        return NetworkState(self.structure, tensors)

    def save(self, path: Path | str) -> None:
        """Write a .safetensors file that the key `weights` of a recipe can name.

        Raises:
            StorageError: it cannot be written.
        """
        file = Path(path)
        with storage_errors(file):
            file.write_bytes(self.to_bytes())

    def module(self) -> nn.Module:
        """A fresh `torch.nn.Module` with these weights, in evaluation mode."""
        from vynapse.networks.modules import build

        return build(self.structure, self.tensors).eval()

    def predictor(self) -> Predict:
        """Prepared inputs (batch, ...) -> outputs (batch, out); in NumPy where that is enough.

        Raises:
            ConfigError: the network keeps a state between its inputs: use `policy`.
        """
        return predictor_of(self.policy())

    def policy(self) -> Policy:
        """The network as a policy; its state is None where it needs none."""
        return self.structure.policy(self.tensors)


def initial_state(structure: Structure, streams: Streams, attempt: int = 0) -> NetworkState:
    """A freshly initialised network, a function of (structure, seed, attempt) alone.

    Its structure draws it, from a stream or, where it is a module that initialises itself, from
    the global generators forked.
    """
    stream = streams.stream("network.initial")
    return NetworkState(structure, structure.initial(stream, attempt))
