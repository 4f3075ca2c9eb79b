# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A whole population of NEAT as one `torch.nn.Module`, so that any optimiser trains all of it.

    module = batched(genomes)
    optimizer = torch.optim.Adam(module.parameters())
    loss = ((module(inputs) - targets) ** 2).mean(dim=(1, 2)).sum()

A sum of losses keeps the networks apart: the gradient of one does not know of the others.

On the processor, in float32, the C kernels run all networks forward and backward. On a GPU,
in another type, or where the inputs want a gradient too, the edges of all networks lie in flat
lists, one for each level. Torch gathers, multiplies and adds them up; no matrix is padded.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Final, final

import numpy as np
import torch
from torch import Tensor, nn

from vynapse.errors import ConfigError
from vynapse.evolution.neat.genome import check
from vynapse.evolution.neat.network import ACTIVATIONS
from vynapse.kernels import neat
from vynapse.kernels.neat_passes import Passes
from vynapse.kernels.reference.neat_genomes import Genomes, Programs

_MOST_GENES: Final = 1 << 24
"""Places of genes go through float32 once, which holds whole numbers up to here."""


def batched(genomes: Genomes) -> BatchedNetworks:
    """All networks of a feed-forward population as one module.

    Args:
        genomes: p genomes; the module copies what it needs.

    Raises:
        ConfigError: a genome is not sound, or has a cycle.
    """
    return BatchedNetworks(genomes)


@final
class BatchedNetworks(nn.Module):
    """The networks of a feed-forward population.

    Args:
        genomes: the population.

    Attributes:
        weight: the weight of every gene (p, c). Those of disabled genes, of genes that lead to no
            output, and of places without a gene have gradient 0.

    Raises:
        ConfigError: a genome is not sound, or has a cycle.
    """

    def __init__(self, genomes: Genomes) -> None:
        super().__init__()
        self._genomes = genomes.take(np.arange(len(genomes)))
        check(self._genomes, recurrent=False)
        self.inputs, self.outputs = genomes.inputs, genomes.outputs
        self.weight = nn.Parameter(torch.from_numpy(self._genomes.weight.copy()))
        self._programs = neat.compile_genomes(self._genomes, recurrent=False)
        self._edges, self._genes = _edges_and_genes(self._genomes, self._programs)
        self._flat = _Flat(self._programs, self._genes)

    def __len__(self) -> int:
        return len(self._genomes)

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs (p, b, o) of every network for inputs (b, …) that flatten to i numbers."""
        flat = inputs.reshape(len(inputs), -1)
        self._fits(flat)
        if self._plain(flat):
            outputs: Tensor = _Kernels.apply(self.weight, flat, self)  # type: ignore[no-untyped-call]
        else:
            outputs = self.flat(flat)
        return outputs

    def _fits(self, flat: Tensor) -> None:
        if flat.shape[1] != self.inputs:
            raise ConfigError(
                f"inputs: {self.inputs} numbers for each example were wanted, got {flat.shape[1]}"
            )

    def _plain(self, flat: Tensor) -> bool:
        """Whether the kernels compute it."""
        own = self.weight.device.type == "cpu" and self.weight.dtype == torch.float32
        return own and flat.dtype == torch.float32 and not flat.requires_grad

    def flat(self, inputs: Tensor) -> Tensor:
        """The same (b, i) -> (p, b, o) by the flat lists, on any device and in any type."""
        outputs: Tensor = self._flat(self.weight, inputs)
        return outputs

    def passes(self, inputs: Tensor) -> KernelPasses | None:
        """The networks on inputs that stay the same, for many steps of learning; None where torch
        has to compute them.
        """
        flat = inputs.reshape(len(inputs), -1)
        if not self._plain(flat):
            return None
        self._fits(flat)
        return KernelPasses(self, neat.Batch(flat.numpy()))

    def genomes(self) -> Genomes:
        """The population, with the weights as they are now."""
        weight = self.weight.detach().to(torch.float32).cpu().numpy().copy()
        return dataclasses.replace(self._genomes, weight=weight, foreign=None)

    def programs(self, weight: Tensor) -> Programs:
        """The networks with these weights (p, c), valid until the next call."""
        values = weight.detach().numpy().reshape(-1)
        self._programs.weight.reshape(-1)[self._edges] = values[self._genes]
        return self._programs

    def by_genes(self, by_edges: Any) -> Tensor:
        """Numbers of edges (p, e) at the places of their genes (p, c)."""
        found = np.zeros(self.weight.numel(), np.float32)
        found[self._genes] = by_edges.reshape(-1)[self._edges]
        return torch.from_numpy(found).reshape(self.weight.shape)


@final
class KernelPasses:
    """All networks on the same inputs in the kernels, again and again; see `learning.Passes`.

    Args:
        module: the networks; its weights are read at every pass forward.
        batch: the inputs.
    """

    def __init__(self, module: BatchedNetworks, batch: neat.Batch) -> None:
        self._module = module
        self._passes = Passes(module.programs(module.weight), batch)

    def outputs(self) -> Tensor:
        """Outputs (p, b, o) with the weights as they are now."""
        self._module.programs(self._module.weight)
        return torch.from_numpy(self._passes.outputs())

    def gradient(self, slopes: Tensor) -> Tensor:
        """(p, b, o) -> (p, c), at the weights of the last pass forward."""
        return self._module.by_genes(self._passes.gradients(slopes.numpy()))


class _Kernels(torch.autograd.Function):
    """Forward and backward in the kernels; a second derivative is refused by torch."""

    @staticmethod
    def forward(context: Any, weight: Tensor, inputs: Tensor, module: BatchedNetworks) -> Tensor:
        batch = neat.Batch(inputs.numpy())
        context.save_for_backward(weight)
        context.module, context.batch = module, batch
        return torch.from_numpy(neat.forward(module.programs(weight), batch))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(context: Any, slopes: Tensor) -> tuple[Tensor, None, None]:
        (weight,) = context.saved_tensors
        module = context.module
        found = neat.gradients(module.programs(weight), context.batch, slopes.numpy())
        return module.by_genes(found), None, None


def _edges_and_genes(genomes: Genomes, programs: Programs) -> tuple[Any, Any]:
    """Flat places of the edges of all networks, and those of the genes they come from."""
    if genomes.gene_room > _MOST_GENES:
        raise ConfigError(f"genomes: at most {_MOST_GENES} genes were wanted in one")
    number = np.arange(genomes.gene_room, dtype=np.float32)
    numbered = dataclasses.replace(genomes, weight=np.tile(number, (len(genomes), 1)), foreign=None)
    gene = neat.compile_genomes(numbered, recurrent=False).weight
    counts = programs.first[np.arange(len(programs)), programs.steps]
    rows, columns = np.nonzero(np.arange(programs.weight.shape[1]) < counts[:, None])
    genes = gene[rows, columns].astype(np.int64)
    return rows * programs.weight.shape[1] + columns, rows * genomes.gene_room + genes


class _Flat(nn.Module):
    """The edges of all networks level by level, as indices that move with the module.

    Rows of values are numbers of all examples: first the inputs and the bias, which all networks
    share, then the computed nodes, in the order of level, activation and genome.
    """

    def __init__(self, programs: Programs, genes: Any) -> None:
        super().__init__()
        p, before = len(programs), programs.inputs + 1
        rows, places = np.nonzero(np.arange(programs.node.shape[1]) < programs.steps[:, None])
        level, kind = programs.level[rows, places], programs.kind[rows, places]
        order = np.lexsort((rows, kind, level))
        slot = np.zeros((p, before + programs.node.shape[1]), np.int64)
        slot[:, :before] = np.arange(before)
        slot[rows[order], before + places[order]] = before + np.arange(len(order))
        counts = np.diff(programs.first, axis=1)[rows, places]
        owner, target = np.repeat(rows, counts), np.repeat(slot[rows, before + places], counts)
        within = np.nonzero(
            np.arange(programs.weight.shape[1])
            < programs.first[np.arange(p), programs.steps][:, None]
        )
        origin = slot[owner, programs.origin[within]]
        edge_level = np.repeat(level, counts)
        self._levels: list[tuple[int, list[tuple[int, int]]]] = []
        begin = before
        for number in np.unique(level):
            edges, own = edge_level == number, level[order] == number
            for name, part in (
                ("origin", origin[edges]),
                ("gene", genes[edges]),
                ("node", target[edges] - begin),
            ):
                self._keep(f"{name}_{len(self._levels)}", part)
            kinds, sizes = np.unique(kind[order][own], return_counts=True)
            groups = list(zip(kinds.tolist(), sizes.tolist(), strict=True))
            self._levels.append((int(own.sum()), groups))
            begin += int(own.sum())
        self._shape = p, programs.outputs
        self._keep("result", slot[np.arange(p)[:, None], programs.result].reshape(-1))

    def _keep(self, name: str, indices: Any) -> None:
        tensor = torch.from_numpy(np.ascontiguousarray(indices, np.int64))
        self.register_buffer(name, tensor, persistent=False)

    def forward(self, weight: Tensor, inputs: Tensor) -> Tensor:
        """Outputs (p, b, o)."""
        weights, examples = weight.reshape(-1), len(inputs)
        values = torch.cat((inputs.T, inputs.new_ones(1, examples)))
        for number, (nodes, groups) in enumerate(self._levels):
            origin, gene, node = (
                self.get_buffer(f"{name}_{number}") for name in ("origin", "gene", "node")
            )
            weighted = values.index_select(0, origin) * weights.index_select(0, gene)[:, None]
            total = values.new_zeros(nodes, examples).index_add(0, node, weighted)
            parts = total.split([size for _, size in groups])
            active = [
                ACTIVATIONS[kind](part) for (kind, _), part in zip(groups, parts, strict=True)
            ]
            values = torch.cat((values, *active))
        results = values.index_select(0, self.get_buffer("result"))
        return results.reshape(*self._shape, examples).transpose(1, 2)
