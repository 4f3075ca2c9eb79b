# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Who sends genomes to whom: a function of topology, number of islands and generation."""

from __future__ import annotations

from vynapse.seeding import Stream
from vynapse.trainers.islands.keys import Topology


def routes(topology: Topology, count: int, generation: int, stream: Stream) -> list[list[int]]:
    """For each island, those from which genomes come to it, rising.

    Args:
        topology: see the key.
        count: islands, at least 2.
        generation: the number of the generation after which they exchange genomes.
        stream: a random topology is drawn from it.
    """
    if topology == "ring":
        return [[(island - 1) % count] for island in range(count)]
    if topology == "star":
        return [list(range(1, count)), *([0] for _ in range(1, count))]
    if topology == "complete":
        return [[other for other in range(count) if other != island] for island in range(count)]
    steps = stream.integers(count - 1, count, generation).tolist()
    targets = [(island + 1 + step) % count for island, step in enumerate(steps)]
    return [[s for s, target in enumerate(targets) if target == island] for island in range(count)]
