# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The encoding whose genomes are those of NEAT; the kernels compute them."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import Any, final

import numpy as np

from vynapse.core import Array, State
from vynapse.errors import CheckpointError, ConfigError
from vynapse.evolution.learner import Learner
from vynapse.evolution.neat.guests import together
from vynapse.evolution.neat.states import genomes_of
from vynapse.evolution.neat.structure import WEIGHT, Neat, genome_flops, structure_of
from vynapse.kernels import neat
from vynapse.kernels.reference.neat_genomes import Genomes, Programs, expressed
from vynapse.networks.state import NetworkState
from vynapse.seeding import I64


@final
class NeatEncoding:
    """Genomes of NEAT; one by itself is a population of one.

    Args:
        inputs, outputs: numbers that the networks take and give.
        recurrent: connections may close cycles.
        updates: how often all nodes are updated for each input, with `recurrent`.
    """

    path: str = "neat"
    together: int = 1

    def __init__(
        self, inputs: int, outputs: int, recurrent: bool = False, updates: int = 1
    ) -> None:
        self.inputs, self.outputs = inputs, outputs
        self.recurrent, self.updates = recurrent, updates
        self._spare: list[Programs] = []  # what a forward pass has done with

    def __reduce__(self) -> tuple[type[NeatEncoding], tuple[int, int, bool, int]]:
        """Made anew elsewhere: room that C knows by its address is not data."""
        return NeatEncoding, (self.inputs, self.outputs, self.recurrent, self.updates)

    def decode(self, genome: Genomes) -> NetworkState:
        """The network: its structure is the topology, its only tensor the weights."""
        structure = structure_of(genome, 0, self.recurrent, self.updates)
        return NetworkState(structure, {WEIGHT: genome.weight[0, : genome.genes[0]].copy()})

    def encode(self, genome: Genomes | None, network: NetworkState) -> Genomes:
        """The genome again, without a changed bit.

        Raises:
            TypeError: the network is not of kind `neat`.
        """
        if not isinstance(network.structure, Neat):
            raise TypeError(f"a network of kind neat was wanted, got {network.structure.kind}")
        return network.structure.genome(network.tensors)

    def learner(self, genomes: Genomes) -> Learner:
        """The networks, ready to learn.

        Raises:
            ConfigError: they are recurrent.
        """
        from vynapse.evolution.neat.batched import BatchedNetworks

        if self.recurrent:
            raise ConfigError(
                "refine: recurrent networks have no gradient here: remove it, or set recurrent to "
                "false"
            )
        return BatchedNetworks(genomes)

    def taught(self, genomes: Genomes, rows: I64, weights: Any) -> Genomes:
        """A copy of the genomes, of which some have other weights."""
        changed = dataclasses.replace(genomes, weight=genomes.weight.copy(), foreign=None)
        changed.weight[rows, : weights.shape[1]] = weights
        return changed

    def programs(self, genomes: Genomes) -> Programs:
        """The networks, ready to run in the kernels."""
        return neat.compile_genomes(genomes, self.recurrent)

    def forward(self, genomes: Genomes, inputs: Array) -> Array:
        """(g genomes) and (b, …) that flatten to i numbers -> (g, b, o); from zero state."""
        flat = np.ascontiguousarray(inputs, np.float32).reshape(len(inputs), -1)
        try:
            spare = self._spare.pop()  # no other thread gets the same
        except IndexError:
            spare = None
        programs = neat.compile_genomes(genomes, self.recurrent, into=spare)
        outputs = neat.forward(programs, neat.Batch(flat), self.updates)
        if not self._spare:
            self._spare.append(programs)
        return outputs

    def flops(self, genomes: Genomes) -> int:
        """2 for each enabled connection and 1 for each node, in each update, of all genomes."""
        return int(self.flops_each(genomes).sum())

    def flops_each(self, genomes: Genomes) -> Array:
        """The same for each genome (g,)."""
        return genome_flops(genomes, self.recurrent, self.updates)

    def parameters_each(self, genomes: Genomes) -> Array:
        """Enabled connections of each genome (g,)."""
        return expressed(genomes)

    def seconds_each(self, genomes: Genomes, inputs: Array, passes: int) -> Array:
        """Seconds of the fastest pass of all inputs through each genome, measured (g,)."""
        batch = neat.Batch(np.ascontiguousarray(inputs, np.float32).reshape(len(inputs), -1))
        seconds = np.full(len(genomes), np.inf)
        for row in range(len(genomes)):
            programs = neat.compile_genomes(genomes[row], self.recurrent)
            for _ in range(passes):
                began = time.perf_counter()
                neat.forward(programs, batch, self.updates)
                seconds[row] = min(seconds[row], time.perf_counter() - began)
        return seconds

    def select(self, genomes: Genomes, rows: I64) -> Genomes:
        """Some genomes, as copies."""
        return genomes[int(rows[0])] if len(rows) == 1 else genomes.take(rows)

    def join(self, genomes: Sequence[Genomes]) -> Genomes:
        """Genomes together, as copies."""
        return together(genomes)

    def pack(self, genomes: Genomes) -> Any:
        """Every array by its name, a copy."""
        return genomes.arrays()

    def unpack(self, packed: Any) -> Genomes:
        """The genomes that `pack` made data of.

        Raises:
            CheckpointError: an array is absent or of another shape than the others say.
        """
        return genomes_of(self.inputs, self.outputs, packed)

    def state(self) -> State:
        """Path and device; there is nothing to choose."""
        return {"path": self.path, "device": "cpu"}

    def load(self, state: State) -> None:
        """Raises CheckpointError when the run used another path."""
        if state["path"] != self.path:
            raise CheckpointError(
                f"the run evaluated its networks by {state['path']!r}, mode neat does it by "
                f"{self.path!r}: the checkpoint is that of another mode"
            )
