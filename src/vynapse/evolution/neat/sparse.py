# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""First generations of sparse networks with hidden nodes, each with connections of its own.

Hidden node k is fed by the bias and by `sparse_inputs` of the inputs and of the k hidden nodes
before it, drawn without replacement. Every output is fed by the bias and by all hidden nodes.
"""

from __future__ import annotations

import numpy as np

from vynapse.core import Array
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.kernels import random
from vynapse.kernels.neat_registry import Innovations
from vynapse.kernels.reference.neat_genomes import Genomes, blank
from vynapse.seeding import I64, Streams


def sparse_genomes(
    settings: NeatSettings,
    inputs: int,
    outputs: int,
    nodes: list[int],
    registry: Innovations,
    streams: Streams,
) -> tuple[Genomes, Array]:
    """Genomes with weights 0 and activations 0, and how many connections lead to the target of
    each gene (c,).

    Args:
        settings: `population` and `sparse_inputs`.
        inputs, outputs: what the networks take and give.
        nodes: ids of the hidden nodes, rising.
        registry: it gets the connections.
        streams: random numbers of the draws.
    """
    ends = range(inputs + 1, inputs + 1 + outputs)
    feeding = [np.tile([inputs, *nodes], (settings.population, 1)) for _ in ends]
    for k in range(len(nodes)):
        feeding.append(_drawn(settings, inputs, nodes[:k], streams))
    counts = [each.shape[1] for each in feeding]
    source = np.concatenate(feeding, axis=1)
    target = np.repeat([*ends, *nodes], counts)
    genomes = blank(settings.population, inputs, outputs, outputs + len(nodes), source.shape[1])
    genomes.nodes[:], genomes.genes[:] = genomes.node_room, genomes.gene_room
    genomes.node[:, outputs:] = nodes
    genomes.source[:], genomes.target[:], genomes.enabled[:] = source, target, 1
    # pairs are numbered by target and source, which is the order of the genes of each genome
    scale = max([*ends, *nodes]) + 1
    pairs, places = np.unique(target * scale + source, return_inverse=True)
    numbers = [registry.connection(pair % scale, pair // scale) for pair in pairs.tolist()]
    genomes.innovation[:] = np.array(numbers, np.int32)[places.reshape(source.shape)]
    return genomes, np.repeat(counts, counts)


def _drawn(settings: NeatSettings, inputs: int, before: list[int], streams: Streams) -> I64:
    """What feeds the next hidden node of each genome, rising."""
    known = np.array([*range(inputs), *before])
    who = np.arange(settings.population, dtype=np.int64)
    chances = random.uniform(streams.stream("neat.sparse"), len(known), len(before), who)
    chosen = np.argsort(chances, axis=1, kind="stable")[:, : settings.sparse_inputs]
    bias = np.full((len(who), 1), inputs)
    return np.sort(np.concatenate((known[chosen], bias), axis=1), axis=1)
