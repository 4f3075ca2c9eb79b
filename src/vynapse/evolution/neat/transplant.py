# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Genomes of another run: their genes get the historical markings of this one.

Connections between inputs and outputs have the same meaning in every run. What a hidden node of
another run stands for is not known here, so each gets a new id, and its connections new markings.
"""

from __future__ import annotations

import numpy as np

from vynapse.core import Array
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.evolution.neat.start import FOUNDERS, uniform
from vynapse.kernels.neat_registry import Innovations, registry
from vynapse.kernels.reference.neat_genomes import GENE_ARRAYS, Genomes
from vynapse.seeding import Streams


def renumbered(genomes: Genomes, row: int, numbers: Innovations) -> Genomes:
    """A copy of one genome, alone in its population, with ids and markings of this run."""
    one = genomes[row]
    splits = numbers.splits
    known = int(np.count_nonzero(splits[:, 0] == FOUNDERS))
    own = one.node[0, one.outputs :].tolist()
    fresh = {old: numbers.hidden(FOUNDERS, known + k) for k, old in enumerate(own)}
    one.node[0, one.outputs :] = [fresh[old] for old in own]
    for side in (one.source, one.target):
        side[0] = [fresh.get(node, node) for node in side[0].tolist()]
    ends = zip(one.source[0].tolist(), one.target[0].tolist(), strict=True)
    one.innovation[0] = [numbers.connection(source, target) for source, target in ends]
    order = np.argsort(one.innovation[0], kind="stable")
    for name in GENE_ARRAYS:
        getattr(one, name)[0] = getattr(one, name)[0, order]
    return one


def start_from(
    settings: NeatSettings, genome: Genomes, streams: Streams
) -> tuple[Genomes, Innovations]:
    """A first generation of one topology: the first is the genome, the others vary its weights.

    Args:
        settings: keys of the search; weights vary by uniform numbers in +-`initial_weight`.
        genome: alone in its population.
        streams: random numbers for the variation.
    """
    numbers = registry(genome.first_hidden)
    genomes = renumbered(genome, 0, numbers).take(np.zeros(settings.population, np.int64))
    steps: Array = uniform(settings.population, genomes.gene_room, streams)
    steps[0] = 0
    genomes.weight += np.float32(settings.initial_weight) * steps
    return genomes, numbers
