# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Structures of kind `neat`: a graph of single nodes, as NEAT evolves it.

    network: {neat: {}}        inputs and bias connected to every output

The structure is the genome without its weights, disabled genes included; the weights are one
tensor with a number for every gene. So a winner becomes a genome again without a changed bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from pydantic import Field

from vynapse.core import Array, Interface
from vynapse.errors import ConfigError
from vynapse.evolution.neat.genome import Gene, NodeGene, check, genomes_of, to_json
from vynapse.evolution.neat.settings import NodeActivation
from vynapse.kernels import neat
from vynapse.kernels.reference.neat_genomes import Genomes
from vynapse.networks.programs import ProgramPolicy
from vynapse.networks.structure import Structure, StructureKind, structure_kind
from vynapse.seeding import Stream

if TYPE_CHECKING:
    from torch import nn

WEIGHT: Final = "weight"
"""The name of the only tensor."""
_SPREAD: Final = np.float32(2.5)
"""Half width of a fresh weight, as the key `initial_weight` of mode neat."""


class Neat(Structure):
    """The topology of one genome. Ids: inputs first, then the bias, the outputs, hidden nodes."""

    kind: Literal["neat"] = "neat"
    inputs: int | None = Field(None, ge=1, description="number of inputs; null: the task's")
    outputs: int | None = Field(None, ge=1, description="number of outputs; null: the task's")
    recurrent: bool = Field(False, description="connections may close cycles")
    updates: int = Field(1, ge=1, description="updates for each input, with recurrent")
    nodes: tuple[NodeGene, ...] | None = Field(
        None, description="outputs, then hidden nodes; null: outputs alone"
    )
    connections: tuple[Gene, ...] | None = Field(
        None, description="genes without their weights; null: inputs and bias to every output"
    )

    def fit(self, interface: Interface) -> Neat:
        inputs, outputs = math.prod(interface.inputs), interface.outputs
        given = (self.inputs or inputs, self.outputs or outputs)
        if given != (inputs, outputs):
            raise ConfigError(
                f"network.neat: task {interface.name!r} has {inputs} inputs and {outputs} outputs, "
                f"the genome has {given[0]} and {given[1]}: take a genome of this task"
            )
        activation: NodeActivation = (
            "identity" if interface.activation == "identity" else "steep-sigmoid"
        )
        ends = range(inputs + 1, inputs + 1 + outputs)
        pairs = [(source, target) for target in ends for source in range(inputs + 1)]
        filled = self.model_copy(
            update={
                "inputs": inputs,
                "outputs": outputs,
                "nodes": self.nodes
                or tuple(NodeGene(id=end, activation=activation) for end in ends),
                "connections": self.connections
                if self.connections is not None
                else tuple(
                    Gene(innovation=number, source=source, target=target, enabled=True)
                    for number, (source, target) in enumerate(pairs)
                ),
            }
        )
        check(filled._blank(), self.recurrent, "network.neat")
        return filled

    @property
    def fitted(self) -> bool:
        """Whether the whole topology is known."""
        return None not in (self.inputs, self.outputs, self.nodes, self.connections)

    @property
    def hidden(self) -> int:
        """Number of hidden nodes."""
        return len(self.nodes or ()) - (self.outputs or 0)

    def minimal(self) -> bool:
        """Whether it is the topology that the paper begins with."""
        genes = self.connections or ()
        inputs, outputs = self.inputs or 0, self.outputs or 0
        whole = len(genes) == (inputs + 1) * outputs
        return self.hidden == 0 and whole and all(gene.enabled for gene in genes)

    def genome(self, tensors: Mapping[str, Array]) -> Genomes:
        """The genome with these weights, alone in its population."""
        one = self._blank()
        one.weight[0] = tensors[WEIGHT]
        return one

    def layout(self) -> dict[str, tuple[int, ...]]:
        return {WEIGHT: (len(self.connections or ()),)}

    def initial(self, stream: Stream, attempt: int) -> dict[str, Array]:
        """Uniform in +-2.5."""
        drawn = stream.uniform(len(self.connections or ()), attempt)
        return {WEIGHT: (np.float32(2) * drawn - np.float32(1)) * _SPREAD}

    def in_arrays(self, tensors: Mapping[str, Array]) -> ProgramPolicy:
        programs = neat.compile_genomes(self.genome(tensors), self.recurrent)
        return ProgramPolicy(programs, self.updates)

    def flops(self, input_shape: tuple[int, ...], examples: Array | None = None) -> int:
        """2 for each enabled connection and 1 for each node, in each update."""
        return int(genome_flops(self._blank(), self.recurrent, self.updates)[0])

    def picture(self, tensors: Mapping[str, Array]) -> str:
        """Nodes from inputs to outputs, connections by sign and strength."""
        from vynapse.evolution.neat import drawing

        inputs, outputs = self.inputs or 0, self.outputs or 0
        nodes = [drawing.Node(number, "input", f"input {number}") for number in range(inputs)]
        nodes.append(drawing.Node(inputs, "bias", "bias"))
        for place, node in enumerate(self.nodes or ()):
            kind = "output" if place < outputs else "hidden"
            nodes.append(drawing.Node(node.id, kind, node.activation))
        genes = zip(self.connections or (), tensors[WEIGHT].tolist(), strict=True)
        edges = [
            drawing.Edge(gene.source, gene.target, weight, gene.enabled, gene.innovation)
            for gene, weight in genes
        ]
        return drawing.to_svg(nodes, edges, recurrent=self.recurrent)

    def stochastic(self) -> bool:
        return False

    def module(self) -> nn.Module:
        from torch.nn.init import uniform_

        from vynapse.evolution.neat.network import NeatNetwork

        module = NeatNetwork(self._blank(), 0, self.recurrent, self.updates)
        uniform_(module.weight, -float(_SPREAD), float(_SPREAD))
        return module

    def _blank(self) -> Genomes:
        """The genome with weights 0."""
        if self.inputs is None or self.outputs is None or self.nodes is None:
            raise ConfigError(
                "network.neat: a structure fitted to a task was wanted, got an open one"
            )
        return genomes_of(self.inputs, self.outputs, self.nodes, self.connections or ())


def structure_of(genomes: Genomes, row: int, recurrent: bool, updates: int) -> Neat:
    """The topology of a genome."""
    content: dict[str, Any] = to_json(genomes, row, recurrent)
    genes = [{k: v for k, v in gene.items() if k != "weight"} for gene in content["connections"]]
    return Neat(
        inputs=genomes.inputs,
        outputs=genomes.outputs,
        recurrent=recurrent,
        updates=updates,
        nodes=tuple(NodeGene(**node) for node in content["nodes"]),
        connections=tuple(Gene(**gene) for gene in genes),
    )


def genome_flops(genomes: Genomes, recurrent: bool, updates: int) -> Array:
    """Operations of one example through each genome (p,): see `Neat.flops`."""
    each: Array = 2 * neat.expressed(genomes).astype(np.int64) + genomes.nodes
    return each * (updates if recurrent else 1)


KIND: Final[StructureKind] = structure_kind(
    Neat, "a graph of single nodes, as mode neat evolves it: neat: {}"
)
