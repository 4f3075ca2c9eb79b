# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""First generations: minimal as in the paper (section 3.4), sparse, or copies of an MLP."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from vynapse.core import Array
from vynapse.errors import ConfigError
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.evolution.neat.sparse import sparse_genomes
from vynapse.kernels import random
from vynapse.kernels.neat_registry import Innovations
from vynapse.kernels.reference.neat_forward import NODE_ACTIVATIONS
from vynapse.kernels.reference.neat_genomes import Genomes, blank
from vynapse.kernels.reference.neat_registry import insert_gene
from vynapse.networks.arrays import Layers
from vynapse.seeding import Streams

_NUMBERS = {name: number for number, name in enumerate(NODE_ACTIVATIONS)}

FOUNDERS = -1
"""Stands for the split connection of hidden nodes that no mutation made."""


def activation_number(name: str) -> int:
    """The number that genomes know an activation by."""
    return _NUMBERS[name]


def first_generation(
    settings: NeatSettings, inputs: int, outputs: int, registry: Innovations, streams: Streams
) -> Genomes:
    """One topology, other weights in every genome: uniform in +-`initial_weight`.

    With `topology: sparse` each genome has connections of its own, and weights are divided by the
    square root of the number of connections that lead to the same node.
    """
    if settings.topology == "sparse":
        return _sparse(settings, inputs, outputs, registry, streams)
    connected = settings.topology == "minimal"
    room = (inputs + 1) * outputs if connected else 0
    one = blank(1, inputs, outputs, outputs, room)
    one.activation[:] = activation_number(settings.output_activation or settings.activation)
    for target in range(inputs + 1, inputs + 1 + outputs) if connected else ():
        for source in range(inputs + 1):
            number = registry.connection(source, target)
            insert_gene(one, 0, number, source, target, np.float32(0))
    genomes = one.take(np.zeros(settings.population, np.int64))
    genomes.weight[:] = uniform(settings.population, room, streams) * np.float32(
        settings.initial_weight
    )
    return genomes


def _sparse(
    settings: NeatSettings, inputs: int, outputs: int, registry: Innovations, streams: Streams
) -> Genomes:
    nodes = [registry.hidden(FOUNDERS, k) for k in range(settings.sparse_hidden)]
    genomes, beside = sparse_genomes(settings, inputs, outputs, nodes, registry, streams)
    own = activation_number(settings.output_activation or settings.activation)
    genomes.activation[:, :outputs] = own
    kinds = [activation_number(name) for name in settings.activations or (settings.activation,)]
    genomes.activation[:, outputs:] = np.resize(kinds, len(nodes))
    width = np.float32(settings.initial_weight) / np.sqrt(beside.astype(np.float32))
    genomes.weight[:] = uniform(settings.population, genomes.gene_room, streams) * width
    return genomes


def from_mlp(
    settings: NeatSettings,
    structure: Layers,
    tensors: dict[str, Array],
    registry: Innovations,
    streams: Streams,
) -> Genomes:
    """Genomes with the topology of an MLP: the first has its weights, the others vary them by
    uniform numbers in +-`initial_weight`.

    Args:
        settings: the settings of the search.
        structure: the structure of the MLP; its `output` must be known.
        tensors: its weights, as `networks.arrays` names them.
        registry: it gets the nodes and connections of the MLP.
        streams: the random streams of the variation.

    Raises:
        ConfigError: the activation of the outputs is not known.
    """
    if structure.output is None:
        raise ConfigError("network.mlp.output: an activation was wanted, got none: name it")
    sizes, weights = structure.sizes, list(tensors.values())
    inputs, outputs, hidden = sizes[0], sizes[-1], sum(sizes[1:-1])
    room = sum((i + 1) * o for i, o in pairwise(sizes))
    one = blank(1, inputs, outputs, outputs + hidden, room)
    one.nodes[0] = outputs + hidden
    nodes = [registry.hidden(FOUNDERS, k) for k in range(hidden)]
    one.node[0, outputs:] = nodes
    one.activation[0, :outputs] = activation_number(structure.output)
    one.activation[0, outputs:] = activation_number(structure.hidden)
    layers = [list(range(inputs))]
    for size in sizes[1:-1]:
        layers.append([nodes.pop(0) for _ in range(size)])
    layers.append(list(range(inputs + 1, inputs + 1 + outputs)))
    step = 2 if structure.bias else 1
    for layer, (sources, targets) in enumerate(pairwise(layers)):
        weight = weights[step * layer]
        bias = weights[step * layer + 1] if structure.bias else None
        for t, target in enumerate(targets):
            for s, source in enumerate(sources):
                number = registry.connection(source, target)
                insert_gene(one, 0, number, source, target, np.float32(weight[t, s]))
            if bias is not None:
                number = registry.connection(inputs, target)
                insert_gene(one, 0, number, inputs, target, np.float32(bias[t]))
    genomes = one.take(np.zeros(settings.population, np.int64))
    steps = uniform(settings.population, genomes.gene_room, streams)
    steps[0] = 0
    genomes.weight += np.float32(settings.initial_weight) * steps
    return genomes


def uniform(count: int, genes: int, streams: Streams) -> Array:
    """(count, genes) in (-1, 1)."""
    stream, who = streams.stream("neat.initial"), np.arange(count, dtype=np.int64)
    return np.float32(2) * random.uniform(stream, genes, 0, who) - np.float32(1)
