# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Encodings: what a genome means as a network.

Shapes: `g` genomes, `p` parameters, `b` examples, `o` outputs. A population of weight genomes is
one float32 array (g, p).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, final, runtime_checkable

import numpy as np

from vynapse.core import Array, State
from vynapse.errors import CheckpointError
from vynapse.evolution.genomes import ArrayGenomes, G
from vynapse.evolution.learner import Learner
from vynapse.evolution.programs import dense_programs
from vynapse.kernels.reference.neat_genomes import Programs
from vynapse.networks import arrays
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import Structure
from vynapse.seeding import F32, I64

Genome = F32
"""One individual: (p,)."""
Genomes = F32
"""A population: (g, p)."""

DATA_CHUNK = 1024
"""Examples per matrix product. Fixed: a row's bits may depend on how many rows are beside it."""
_WORKING_SET = 1 << 18
"""Hidden values in flight (1 MiB of float32); sets the population chunk, which changes no bit."""
_NARROW = 128
"""First layers with fewer outputs leave half of the machine idle in a product of their own."""
_WORTH_IT = 1024
"""Weights of a first layer below which copying them together costs more than it gains."""
_COLUMNS = 512
"""Outputs of first layers that are computed in one product, at least."""


@runtime_checkable
class Encoding(Protocol[G]):
    """Genomes to networks and back. What a genome is, nobody else needs to know.

    Attributes:
        path: how `forward` computes: "numpy", "vmap" or "loop". Chosen once, kept in the state.
        together: genomes that `forward` computes at once; fewer take as long.
    """

    path: str
    together: int

    def decode(self, genome: Any) -> NetworkState:
        """The network that `genome` stands for; it shares no memory with the genome."""

    def encode(self, genome: Any, network: NetworkState) -> Any:
        """`network` as a genome; `genome` is what it was decoded from, None where it was not."""

    def forward(self, genomes: G, inputs: Array) -> Array:
        """Every genome on every example: g genomes and (b, *input_shape) -> (g, b, o)."""

    def flops(self, genomes: G) -> int:
        """Floating-point operations of one example through every genome, added up."""

    def select(self, genomes: G, rows: I64) -> G:
        """Some of the genomes, as copies."""

    def join(self, genomes: Sequence[Any]) -> G:
        """Single genomes together, as copies."""

    def pack(self, genomes: G) -> Any:
        """Genomes as data for checkpoints and wires: a tree as in `State`, or one array."""

    def unpack(self, packed: Any) -> G:
        """The genomes that `pack` made data of."""

    def state(self) -> State:
        """What was chosen at construction."""

    def load(self, state: State) -> None:
        """Choose as `state` says; CheckpointError where that cannot be had."""


@runtime_checkable
class WeightEncoding(Encoding[Genomes], Protocol):
    """Genomes are the weights of one fixed structure.

    Attributes:
        layout: names and shapes of the parameters, in genome order.
    """

    layout: Mapping[str, tuple[int, ...]]


@final
class ArrayEncoding(ArrayGenomes):
    """Weights of fully connected layers, in NumPy: matrix products of many genomes at once.

    Args:
        structure: the structure of the networks; it has `dense` layers.
        population_chunk: genomes per batched product; None fits the cache. It changes no bit.
    """

    path = "numpy"
    updates: int = 1

    def __init__(self, structure: Structure, population_chunk: int | None = None) -> None:
        layers = structure.dense()
        if layers is None:
            raise TypeError(f"fully connected layers were wanted, got {type(structure).__name__}")
        self.layout: Mapping[str, tuple[int, ...]] = arrays.layout(layers)
        self.structure, self._layers = structure, layers
        self._population_chunk = population_chunk
        inputs, outputs = layers.sizes[:2]
        narrow = outputs < _NARROW and inputs * outputs >= _WORTH_IT
        self.together = -(-_COLUMNS // outputs) if narrow else 1
        self._flops = arrays.forward_flops(layers)

    def decode(self, genome: Genome) -> NetworkState:
        """The network with these weights."""
        return NetworkState(self.structure, arrays.unflatten(self._layers, genome))

    def encode(self, genome: Genome | None, network: NetworkState) -> Genome:
        """The network's weights in layout order; `genome` could only name the same structure."""
        return arrays.flatten({name: network.tensors[name] for name in self.layout})

    def forward(self, genomes: Genomes, inputs: Array) -> Array:
        """(g, p) and (b, *input_shape) -> (g, b, o)."""
        rows, widest = min(len(inputs), DATA_CHUNK), max(self._layers.sizes[1:])
        chunk = self._population_chunk or _WORKING_SET // (rows * widest)
        chunk = max(1, chunk // self.together) * self.together
        outputs = np.empty((len(genomes), len(inputs), self._layers.sizes[-1]), np.float32)
        for low in range(0, len(inputs), DATA_CHUNK):
            examples = slice(low, low + DATA_CHUNK)
            for first in range(0, len(genomes), chunk):
                some = genomes[first : first + chunk]
                # products of one shape alone, so that a row's bits depend on nothing beside it
                padding = np.broadcast_to(some[:1], (-len(some) % self.together, some.shape[1]))
                # in rows: concatenate lays one row and copies of it out by columns
                full = np.ascontiguousarray(
                    np.concatenate([some, padding]) if len(padding) else some
                )
                computed = arrays.forward(self._layers, full, inputs[examples], self.together)
                outputs[first : first + chunk, examples] = computed[: len(some)]
        return outputs

    def flops(self, genomes: Genomes) -> int:
        """Operations of one example through every genome."""
        return len(genomes) * self._flops

    def flops_each(self, genomes: Genomes) -> Array:
        """The same for each genome (g,)."""
        return np.full(len(genomes), self._flops)

    def learner(self, genomes: Genomes) -> Learner:
        """The networks of (g, p), ready to learn."""
        from vynapse.evolution.dense_learner import DenseLearner

        return DenseLearner(self._layers, genomes)

    def programs(self, genomes: Genomes) -> Programs:
        """The networks as the kernels run them node by node."""
        return dense_programs(self._layers, genomes)

    def state(self) -> State:
        """Path and device; there is nothing to choose."""
        return {"path": self.path, "device": "cpu"}

    def load(self, state: State) -> None:
        """Raises CheckpointError when the run used another path."""
        if state["path"] != self.path:
            raise CheckpointError(
                f"the run evaluated its networks by {state['path']!r} on {state['device']!r}, "
                f"here it would be {self.path!r} on 'cpu': resume on the device it was started on"
            )
