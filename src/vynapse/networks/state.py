# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A network at rest: its structure and its weights, as data.

This is what a stage hands to the next, what a checkpoint of a winner holds and what
`network_sha256` is computed over. It becomes a `torch.nn.Module` with `module()`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vynapse.core import Array, Predict
from vynapse.networks import arrays
from vynapse.networks.structure import MLP, Structure, canonical_json
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

    def sha256(self) -> str:
        """Over sorted names, dtypes, shapes and bytes of the tensors, and the structure."""
        digest = hashlib.sha256()
        for name in sorted(self.tensors):
            tensor = np.ascontiguousarray(self.tensors[name])
            digest.update(f"{name}:{tensor.dtype.name}:{tensor.shape};".encode())
            digest.update(tensor.tobytes())
        digest.update(canonical_json(self.structure).encode())
        return digest.hexdigest()

    def parameters(self) -> int:
        """Number of values in all tensors."""
        return sum(tensor.size for tensor in self.tensors.values())

    def module(self) -> nn.Module:
        """A fresh `torch.nn.Module` with these weights, in evaluation mode."""
        from vynapse.networks.modules import build

        return build(self.structure, self.tensors).eval()

    def predictor(self) -> Predict:
        """Prepared inputs (batch, ...) -> outputs (batch, out); NumPy alone for an MLP."""
        if isinstance(self.structure, MLP):
            return arrays.predictor(self.structure, self.tensors)
        from vynapse.networks.modules import predictor

        return predictor(self.module())


def initial_state(structure: Structure, streams: Streams, attempt: int = 0) -> NetworkState:
    """A freshly initialised network, a function of (structure, seed, attempt) alone.

    Weights and biases are uniform in +-1/sqrt(inputs of the layer), as `torch.nn.Linear` draws
    them; modules other than MLPs initialise themselves with the global generators forked.
    """
    stream = streams.stream("network.initial")
    if isinstance(structure, MLP):
        return NetworkState(structure, arrays.initial(structure, stream, attempt))
    from vynapse.networks.modules import initialise

    return NetworkState(structure, initialise(structure, stream.seed_for(attempt)))
