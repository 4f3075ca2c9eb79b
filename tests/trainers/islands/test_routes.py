# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Who sends to whom."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vynapse.seeding import Streams
from vynapse.trainers.islands.keys import Topology
from vynapse.trainers.islands.routes import routes

STREAM = Streams(3).stream("islands.routes")
TOPOLOGIES: list[Topology] = ["ring", "star", "complete", "random"]


@given(st.sampled_from(TOPOLOGIES), st.integers(2, 40), st.integers(0, 10**6))
def test_nobody_sends_to_itself_and_all_send_somewhere(
    topology: Topology, count: int, generation: int
) -> None:
    found = routes(topology, count, generation, STREAM)
    assert len(found) == count
    assert all(island not in sources for island, sources in enumerate(found))
    assert all(sources == sorted(set(sources)) for sources in found)
    assert {source for sources in found for source in sources} == set(range(count))


def test_the_topologies_of_four_islands() -> None:
    assert routes("ring", 4, 1, STREAM) == [[3], [0], [1], [2]]
    assert routes("star", 4, 1, STREAM) == [[1, 2, 3], [0], [0], [0]]
    assert routes("complete", 3, 1, STREAM) == [[1, 2], [0, 2], [0, 1]]


def test_random_routes_change_from_one_migration_to_the_next() -> None:
    drawn = [routes("random", 6, generation, STREAM) for generation in range(10)]
    assert len({str(one) for one in drawn}) > 1
    assert drawn == [routes("random", 6, generation, STREAM) for generation in range(10)]
    assert all(sum(map(len, one)) == 6 for one in drawn), "each island sends to one other"
