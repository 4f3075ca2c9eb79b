# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Philox against its published vectors, and the laws of addressed random numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.seeding import Streams, name_to_word, philox

# Known-answer vectors of the Random123 distribution, philox4x32-10: counter, key, result.
VECTORS = [
    (
        (0x00000000,) * 4,
        (0x00000000,) * 2,
        (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
    ),
    (
        (0xFFFFFFFF,) * 4,
        (0xFFFFFFFF,) * 2,
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "expected"), VECTORS)
def test_philox_gives_the_published_words(counter, key, expected) -> None:
    assert tuple(word.item() for word in philox(counter, key)) == expected


def test_the_key_layout_is_final() -> None:
    """Kernels and recorded runs rely on it: key = seed; block, individual, generation, stream."""
    seed = 0x0123456789ABCDEF
    words = Streams(seed).stream("layout").words(8, generation=5, individual=7)
    by_hand = philox((1, 7, 5, name_to_word("layout")), (0x89ABCDEF, 0x01234567))
    assert words[4:].tolist() == [word.item() for word in by_hand]


@given(
    count=st.integers(1, 40),
    generation=st.integers(0, 2**32 - 1),
    rows=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=5),
)
def test_a_number_depends_on_its_address_alone(count, generation, rows) -> None:
    stream = Streams(11).stream("address")
    together = stream.normal(count, generation, np.array(rows))
    for row, individual in zip(together, rows, strict=True):
        assert np.array_equal(row, stream.normal(count, generation, individual))
        assert np.array_equal(row, stream.normal(count + 9, generation, individual)[:count])


@given(
    seed=st.integers(0, 2**64 - 1),
    count=st.integers(0, 40),
    block=st.integers(0, 20),
    individual=st.integers(0, 2**32 - 1),
)
def test_normal_can_begin_at_any_block(seed, count, block, individual) -> None:
    stream, start = Streams(seed).stream("start"), 4 * block
    longer = stream.normal(start + count, 3, individual)
    assert np.array_equal(stream.normal(count, 3, individual, start), longer[start:])
    words = stream.words(start + count, 3, individual)
    assert np.array_equal(stream.words(count, 3, individual, start), words[start:])


@pytest.mark.parametrize("start", [1, 2, 7])
def test_a_start_within_a_block_is_refused(start) -> None:
    stream = Streams(0).stream("start")
    for draw in (stream.words, stream.normal):
        with pytest.raises(ValueError, match=f"start: a multiple of 4 was wanted, got {start}"):
            draw(8, start=start)


@given(
    seed=st.integers(0, 2**64 - 1),
    count=st.integers(1, 20),
    generations=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4),
    rows=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4),
)
def test_generations_together_are_each_alone(seed, count, generations, rows) -> None:
    stream, when, who = Streams(seed).stream("array"), np.array(generations), np.array(rows)
    for draw in (stream.words, stream.uniform, stream.normal):
        together = draw(count, when, who)
        assert together.shape == (len(when), len(who), count)
        for part, generation in zip(together, generations, strict=True):
            assert np.array_equal(part, draw(count, generation, who))
        of_one = draw(count, when, rows[0])
        assert of_one.shape == (len(when), count)
        assert np.array_equal(of_one, together[:, 0])
        folded = draw(count, when[:, None], who)
        assert np.array_equal(folded, together[:, None])


@pytest.mark.parametrize("seed", [0, 1, 2**63 + 5])
def test_distributions(seed) -> None:
    stream = Streams(seed).stream("distribution")
    count = 400_000
    uniform = stream.uniform(count)
    assert uniform.min() > 0
    assert uniform.max() < 1
    histogram = np.histogram(uniform, 64, (0, 1))[0]
    chi_square = ((histogram - count / 64) ** 2 / (count / 64)).sum()
    assert chi_square < 120  # 63 degrees of freedom: exceeded once in 50,000 seeds
    normal = stream.normal(count, generation=1).astype(np.float64)
    for moment, expected, spread in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((normal**moment).mean() - expected) < 5 * np.sqrt(spread / count)
    inside = (np.abs(normal) < 1).mean()
    assert inside == pytest.approx(0.682689, abs=0.004)
    pairs = normal.reshape(-1, 2)
    assert abs((pairs[:, 0] * pairs[:, 1]).mean()) < 5 / np.sqrt(count / 2)


@given(bound=st.integers(1, 2**32), generation=st.integers(0, 1000))
def test_integers_stay_below_their_bound(bound, generation) -> None:
    values = Streams(3).stream("integers").integers(bound, 50, generation)
    assert values.min() >= 0
    assert values.max() < bound


@given(count=st.integers(0, 300), generation=st.integers(0, 100))
def test_permutation_holds_every_index_once(count, generation) -> None:
    order = Streams(4).stream("order").permutation(count, generation)
    assert sorted(order.tolist()) == list(range(count))


def test_names_seeds_and_children_separate_streams() -> None:
    root = Streams(5)
    draws = [
        root.stream("a").words(4),
        root.stream("b").words(4),
        Streams(6).stream("a").words(4),
        root.child("stage.0").stream("a").words(4),
        root.child("stage.1").stream("a").words(4),
        root.stream("a").words(4, generation=1),
        root.stream("a").words(4, individual=1),
    ]
    assert len({tuple(draw.tolist()) for draw in draws}) == len(draws)


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_out_of_range_is_refused(seed) -> None:
    with pytest.raises(ValueError, match="seed must be in"):
        Streams(seed)


def test_a_bound_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="bound must be in"):
        Streams(0).stream("x").integers(0, 1)
