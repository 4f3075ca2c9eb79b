# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A NEAT genome as an ordinary `torch.nn.Module`, and back: exactly, disabled genes included.

The weights are one parameter with a number for every gene, so the module can be trained with any
optimiser; genes that are disabled, or lead to no output, have gradient 0. The forward pass gathers
and adds up flat lists of edges, level by level: no matrix is padded with zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final, final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from vynapse.errors import ConfigError
from vynapse.evolution.neat.genome import check
from vynapse.kernels import neat
from vynapse.kernels.reference.neat_genomes import GENE_ARRAYS, NODE_ARRAYS, Genomes


def _steep_sigmoid(x: Tensor) -> Tensor:
    return torch.sigmoid(4.9 * x)


def _gauss(x: Tensor) -> Tensor:
    return torch.exp(-(x * x))


def _gelu(x: Tensor) -> Tensor:
    return functional.gelu(x, approximate="tanh")


def _identity(x: Tensor) -> Tensor:
    return x


# the order of kernels.reference.neat_forward.NODE_ACTIVATIONS
ACTIVATIONS: Final[tuple[Callable[[Tensor], Tensor], ...]] = (
    _identity,
    torch.tanh,
    torch.sigmoid,
    torch.relu,
    _gelu,
    _steep_sigmoid,
    _gauss,
)
_GENES: Final = tuple(name for name in GENE_ARRAYS if name != "weight")


@final
class NeatNetwork(nn.Module):
    """The network of a genome.

    Args:
        genomes: the population that it is in.
        row: its place there.
        recurrent: all nodes are computed at once, from their values before.
        updates: how often a recurrent network is updated for each input.

    Attributes:
        weight: the weight of every gene (c,).

    Raises:
        ConfigError: the genome is not sound, e.g. it has a cycle and is not recurrent.
    """

    def __init__(
        self, genomes: Genomes, row: int = 0, recurrent: bool = False, updates: int = 1
    ) -> None:
        super().__init__()
        one = genomes.take(np.array([row]))
        check(one, recurrent)
        self.inputs, self.outputs = one.inputs, one.outputs
        self.recurrent, self.updates = recurrent, updates
        self.weight = nn.Parameter(torch.from_numpy(one.weight[0].copy()))
        for name in (*NODE_ARRAYS, *_GENES):
            buffer = torch.from_numpy(getattr(one, name)[0].copy())
            self.register_buffer(name, buffer, persistent=False)  # the structure holds them
        self._plan(one)

    def _plan(self, one: Genomes) -> None:
        """Edges level by level as buffers: where from, which gene, which node of the level."""
        program = neat.compile_genomes(one, self.recurrent)
        steps = int(program.steps[0])
        first, level = program.first[0, : steps + 1], program.level[0, :steps]
        origin, kind = program.origin[0, : first[-1]], program.kind[0, :steps]
        gene = self._genes_of(one, program.node[0, :steps], first)
        bounds = [*np.searchsorted(level, np.unique(level)).tolist(), steps]
        self._levels = len(bounds) - 1
        self._kinds: list[list[tuple[int, list[int]]]] = []
        for number, (begin, end) in enumerate(pairwise(bounds)):
            edges = slice(first[begin], first[end])
            node = np.repeat(np.arange(end - begin), np.diff(first[begin : end + 1]))
            parts = {"origin": origin[edges], "gene": gene[edges], "node": node}
            for name, part in parts.items():
                self._keep(f"_{name}_{number}", part)
            kinds = kind[begin:end]
            groups = [(int(k), np.flatnonzero(kinds == k).tolist()) for k in np.unique(kinds)]
            self._kinds.append(groups)
            self._keep(f"_order_{number}", np.argsort(np.concatenate([g for _, g in groups])))
        self._steps = steps
        self._keep("_result", program.result[0])

    def _genes_of(self, one: Genomes, nodes: np.ndarray, first: np.ndarray) -> np.ndarray:
        """The gene of every edge of a compiled network: the enabled ones that lead to its nodes."""
        count = int(one.genes[0])
        live = one.enabled[0, :count] != 0
        ids = one.node[0, nodes]
        genes = [np.flatnonzero(live & (one.target[0, :count] == node)) for node in ids]
        flat = np.concatenate([*genes, np.zeros(0, np.int64)])
        if len(flat) != first[-1]:
            raise AssertionError("edges of a compiled network are those of its genome")
        return flat

    def _keep(self, name: str, indices: np.ndarray) -> None:
        tensor = torch.from_numpy(np.ascontiguousarray(indices, np.int64))
        self.register_buffer(name, tensor, persistent=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs (batch, o) for inputs (batch, …) that flatten to i numbers; from zero state."""
        return self.step(inputs, None)[0]

    def step(self, inputs: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """Outputs, and the values of the computed nodes (batch, n) for the next step.

        Args:
            inputs: (batch, …).
            state: what the step before returned, None for zeros. Feed-forward networks have none.
        """
        flat = inputs.reshape(inputs.shape[0], -1)
        if flat.shape[1] != self.inputs:
            raise ConfigError(
                f"inputs: {self.inputs} numbers for each example were wanted, got {flat.shape[1]}"
            )
        known = torch.cat((flat, flat.new_ones(flat.shape[0], 1)), dim=1)
        if not self.recurrent:
            values = known
            for level in range(self._levels):
                values = torch.cat((values, self._level(level, values)), dim=1)
            computed = values[:, self.inputs + 1 :]
        else:
            computed = flat.new_zeros(flat.shape[0], self._steps) if state is None else state
            for _ in range(self.updates):
                computed = self._level(0, torch.cat((known, computed), dim=1))
            values = torch.cat((known, computed), dim=1)
        return values.index_select(1, self._buffer("_result")), computed

    def _level(self, level: int, values: Tensor) -> Tensor:
        """Values of the nodes of a level (batch, nodes)."""
        origin, gene, node = (
            self._buffer(f"_{name}_{level}") for name in ("origin", "gene", "node")
        )
        nodes = sum(len(group) for _, group in self._kinds[level])
        total = values.new_zeros(values.shape[0], nodes)
        weighted = values.index_select(1, origin) * self.weight.index_select(0, gene)
        total = total.index_add(1, node, weighted)
        groups = self._kinds[level]
        if len(groups) == 1:
            return ACTIVATIONS[groups[0][0]](total)
        parts = [ACTIVATIONS[kind](total[:, group]) for kind, group in groups]
        return torch.cat(parts, dim=1).index_select(1, self._buffer(f"_order_{level}"))

    def _buffer(self, name: str) -> Tensor:
        buffer: Tensor = self.get_buffer(name)
        return buffer

    def genome(self) -> Genomes:
        """The genome, alone in a population, with the weights as they are now."""
        arrays = {name: self._buffer(name).cpu().numpy()[None].copy() for name in self._names()}
        weight = self.weight.detach().to(torch.float32).cpu().numpy()[None].copy()
        nodes, genes = arrays["node"].shape[1], weight.shape[1]
        counts = np.array([nodes], np.int32), np.array([genes], np.int32)
        return Genomes(self.inputs, self.outputs, *counts, **arrays, weight=weight)

    @staticmethod
    def _names() -> Iterator[str]:
        yield from (*NODE_ARRAYS, *_GENES)
