# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""One genome as JSON and back, and what is wrong with one that came from outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from vynapse.errors import ConfigError
from vynapse.evolution.neat.settings import NodeActivation
from vynapse.evolution.neat.start import activation_number
from vynapse.kernels.reference.neat_forward import NODE_ACTIVATIONS
from vynapse.kernels.reference.neat_genomes import Genomes
from vynapse.settings import Settings, validate

_NAMES = tuple(NODE_ACTIVATIONS)
Id = Annotated[int, Field(ge=0, lt=2**31)]


class NodeGene(Settings):
    """An output or a hidden node."""

    id: Id
    activation: NodeActivation


class Gene(Settings):
    """A connection without its weight."""

    innovation: Id
    source: Id
    target: Id
    enabled: bool


class ConnectionGene(Gene):
    """A connection."""

    weight: float = Field(allow_inf_nan=False)


class GenomeFile(Settings):
    """A genome by itself. Ids: inputs first, then the bias, then the outputs."""

    format: Literal["vynapse-neat-genome-1"]
    inputs: int = Field(ge=1)
    outputs: int = Field(ge=1)
    recurrent: bool
    nodes: tuple[NodeGene, ...]
    connections: tuple[ConnectionGene, ...]


def to_json(genomes: Genomes, row: int, recurrent: bool) -> dict[str, Any]:
    """A genome as a tree of JSON values; `from_json` gives the same arrays."""
    nodes, genes = int(genomes.nodes[row]), int(genomes.genes[row])
    node_columns = (genomes.node[row, :nodes].tolist(), genomes.activation[row, :nodes].tolist())
    names = ("innovation", "source", "target", "weight")
    columns = [getattr(genomes, name)[row, :genes].tolist() for name in names]
    enabled = (genomes.enabled[row, :genes] != 0).tolist()
    return {
        "format": "vynapse-neat-genome-1",
        "inputs": genomes.inputs,
        "outputs": genomes.outputs,
        "recurrent": recurrent,
        "nodes": [
            {"id": identity, "activation": _NAMES[kind]}
            for identity, kind in zip(*node_columns, strict=True)
        ],
        "connections": [
            {**dict(zip(names, gene, strict=True)), "enabled": on}
            for *gene, on in zip(*columns, enabled, strict=True)
        ],
    }


def from_json(content: dict[str, Any], where: str = "genome") -> tuple[Genomes, bool]:
    """A population of one, and whether it is recurrent.

    Args:
        content: the JSON values that `to_json` makes.
        where: what it is called in the sentences of errors.

    Raises:
        ConfigError: with everything that is wrong.
    """
    file = validate(GenomeFile, content, where)
    genes = sorted(file.connections, key=lambda gene: gene.innovation)
    genomes = genomes_of(file.inputs, file.outputs, file.nodes, genes)
    genomes.weight[0] = [gene.weight for gene in genes]
    check(genomes, file.recurrent, where)
    return genomes, file.recurrent


def genomes_of(
    inputs: int, outputs: int, nodes: Sequence[NodeGene], connections: Sequence[Gene]
) -> Genomes:
    """A population of one, with weights 0; nodes and genes are put in their order."""
    nodes = sorted(nodes, key=lambda node: node.id)
    genes = sorted(connections, key=lambda gene: gene.innovation)
    numbers = {
        name: np.array([[getattr(gene, name) for gene in genes]], np.int32)
        for name in ("innovation", "source", "target")
    }
    return Genomes(
        inputs,
        outputs,
        np.array([len(nodes)], np.int32),
        np.array([len(genes)], np.int32),
        np.array([[node.id for node in nodes]], np.int32),
        np.array([[activation_number(node.activation) for node in nodes]], np.int32),
        **numbers,
        weight=np.zeros((1, len(genes)), np.float32),
        enabled=np.array([[gene.enabled for gene in genes]], np.uint8),
    )


def check(genomes: Genomes, recurrent: bool, where: str = "genome") -> None:
    """Whether genomes from outside are sound.

    Raises:
        ConfigError: a node or gene that cannot be, or a cycle in a feed-forward genome.
    """
    for row in range(len(genomes)):
        problem = _problem(genomes, row)
        if problem:
            raise ConfigError(f"{where}: {problem}")
        if not recurrent and _has_cycle(genomes, row):
            raise ConfigError(
                f"{where}: a feed-forward network was wanted, genome {row} has a cycle: say "
                "recurrent: true, or take a connection away"
            )


def _problem(genomes: Genomes, row: int) -> str:
    """The first thing wrong with a genome, or nothing."""
    ids = genomes.node[row, : genomes.nodes[row]].tolist()
    count = int(genomes.genes[row])
    outputs = list(range(genomes.inputs + 1, genomes.first_hidden))
    if ids[: len(outputs)] != outputs or len(set(ids)) < len(ids):
        return f"nodes: each once, and the outputs {outputs} first, were wanted, got ids {ids}"
    known = {*ids, *range(genomes.inputs + 1)}
    pairs: set[tuple[int, int]] = set()
    innovations = genomes.innovation[row, :count].tolist()
    times = Counter(innovations)
    ends = (genomes.source[row, :count].tolist(), genomes.target[row, :count].tolist())
    for innovation, source, target in zip(innovations, *ends, strict=True):
        if source not in known or target not in known:
            missing = source if source not in known else target
            return f"connections: innovation {innovation} names node {missing}, which is not there"
        if target <= genomes.inputs:
            return f"connections: innovation {innovation} leads to input {target}: inputs have none"
        if (source, target) in pairs or times[innovation] > 1:
            return f"connections: innovation {innovation} stands there twice"
        pairs.add((source, target))
    return ""


def _has_cycle(genomes: Genomes, row: int) -> bool:
    """Disabled genes and those that lead to no output count: crossover may bring them to bear."""
    count = int(genomes.genes[row])
    source, target = genomes.source[row, :count], genomes.target[row, :count]
    while len(source):
        fed = np.isin(source, target)  # genes that come from a node which others lead to
        if fed.all():
            return True
        source, target = source[fed], target[fed]
    return False
