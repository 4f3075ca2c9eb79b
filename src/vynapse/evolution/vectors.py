# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The encoding whose genomes are vectors, and mean nothing but their numbers."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from vynapse.core import Array, State
from vynapse.errors import CheckpointError
from vynapse.evolution.box import F64, Box
from vynapse.evolution.genomes import ArrayGenomes
from vynapse.networks.state import NetworkState
from vynapse.networks.vector import NAME, Vector


@final
class VectorEncoding(ArrayGenomes):
    """Genomes (g, p) of float32 or float64; networks of kind `vector`, in float64.

    Args:
        box: where vectors have to lie; a genome outside stands for its mirror image inside.
    """

    path: str = "vector"

    def __init__(self, box: Box) -> None:
        self.box = box

    def decode(self, genome: Array) -> NetworkState:
        """The vector as a network without inputs."""
        return NetworkState(Vector(size=len(genome)), {NAME: self.inside(genome)})

    def encode(self, genome: Array | None, network: NetworkState) -> Array:
        """The numbers, in float32 where nothing else is known of the genome."""
        numbers = network.tensors[NAME]
        known: Any = np.float32 if genome is None else genome.dtype
        if genome is not None and np.array_equal(self.inside(genome), numbers):
            return genome.copy()
        return numbers.astype(known)

    def inside(self, genomes: Array) -> F64:
        """(..., p) in float64, reflected into the box."""
        return self.box.inside(genomes.astype(np.float64))

    def forward(self, genomes: Array, inputs: Array) -> Array:
        """The vectors, as answers to every example: (g, b, p)."""
        vectors = self.inside(genomes)[:, None]
        return np.broadcast_to(vectors, (len(genomes), len(inputs), vectors.shape[-1]))

    def flops(self, genomes: Array) -> int:
        """Nothing is computed."""
        return 0

    def state(self) -> State:
        """There is nothing to choose."""
        return {"path": self.path}

    def load(self, state: State) -> None:
        """Raises CheckpointError when the run used another path."""
        if state["path"] != self.path:
            raise CheckpointError(
                f"the run evaluated its genomes by {state['path']!r}, here it would be "
                f"{self.path!r}: the checkpoint is that of another task"
            )
