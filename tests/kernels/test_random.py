# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Random numbers in bulk: in every instruction set and in NumPy the bits of `seeding.Stream`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from vynapse.kernels import native, random
from vynapse.seeding import F32, I64, Stream, Streams

NAMES = ["numpy", *(library.instruction_set for library in native.libraries())]

SEEDS = [0, 1, 2**32, 2**63 + 5, 2**64 - 1]
GENERATIONS = [0, 7, 2**32 - 1]
INDIVIDUALS = [np.array([0]), np.array([2**32 - 1, 3, 0, 3]), np.arange(100, 117)]
COUNTS = [0, 1, 2, 3, 4, 5, 63, 64, 65, 127, 130, 1001]
"""C makes up to 64 numbers of a row at once."""


@pytest.fixture(params=NAMES, autouse=True)
def _in_use(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test runs in every instruction set of this machine, and in NumPy."""
    monkeypatch.setenv(native.VARIABLE, request.param)
    native.status.cache_clear()
    assert native.status().name in (request.param, f"c-{request.param}")
    yield
    native.status.cache_clear()


def assert_bits(found: F32, wanted: F32, about: object = "") -> None:
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape), about
    assert found.tobytes() == wanted.tobytes(), about


def cases() -> Iterator[tuple[Stream, int, int, I64]]:
    """Every seed, generation and set of individuals, with counts of every kind."""
    for seed in SEEDS:
        for generation in GENERATIONS:
            for individuals in INDIVIDUALS:
                for count in COUNTS:
                    yield Streams(seed).stream("bulk"), count, generation, individuals


def test_uniform_has_the_bits_of_the_stream() -> None:
    for stream, count, generation, individuals in cases():
        wanted = stream.uniform(count, generation, individuals)
        assert wanted.shape == (len(individuals), count)
        found = random.uniform(stream, count, generation, individuals)
        assert_bits(found, wanted, (stream, count, generation))


def test_normal_has_the_bits_of_the_stream() -> None:
    for stream, count, generation, individuals in cases():
        wanted = stream.normal(count, generation, individuals)
        found = random.normal(stream, count, generation, individuals)
        assert_bits(found, wanted, (stream, count, generation))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("start", [4, 60, 64, 132, 2**30])
def test_normal_can_begin_further_on(seed: int, start: int) -> None:
    stream, individuals = Streams(seed).stream("further"), np.array([9, 0, 2**31])
    for count in COUNTS:
        found = random.normal(stream, count, 5, individuals, start)
        assert_bits(found, stream.normal(count, 5, individuals, start), count)
        if start < 200:
            longer = random.normal(stream, start + count, 5, individuals)
            np.testing.assert_array_equal(found, longer[:, start:])


@pytest.mark.parametrize("seed", [0, 2**40 + 1])
@pytest.mark.parametrize(("rows", "count"), [(3, (1 << 15) + 3), (100, 999), (70_000, 1)])
def test_many_numbers(seed: int, rows: int, count: int) -> None:
    """More than NumPy makes at once, in a row, in several rows and in many."""
    stream, individuals = Streams(seed).stream("many"), np.arange(rows)[::-1]
    wanted = stream.normal(count, 1, individuals)
    assert_bits(random.normal(stream, count, 1, individuals), wanted)
    wanted = stream.uniform(count, 1, individuals)
    assert_bits(random.uniform(stream, count, 1, individuals), wanted)


def relatives(seed: int, rows: int, count: int) -> tuple[F32, I64, F32]:
    """Parents, some of them twice, in an order and with gaps as callers may have them."""
    rng = np.random.default_rng(seed)
    parents = np.asfortranarray(rng.normal(0, 3, (5, count)).astype(np.float32))
    parents[0, ::2] = -0.0
    chosen = rng.integers(0, 5, 2 * rows)[::2]
    sigmas = rng.choice([0.0, 0.3, 1e-20, 7.0], 3 * rows).astype(np.float32)[::3]
    return parents, chosen, sigmas


@pytest.mark.parametrize("generation", GENERATIONS)
def test_children_are_parents_plus_normal_steps(generation: int) -> None:
    for seed in SEEDS:
        stream = Streams(seed).stream("children")
        for individuals in INDIVIDUALS:
            for count in COUNTS:
                parents, chosen, sigmas = relatives(seed, len(individuals), count)
                before = parents.copy()
                normal = stream.normal(count, generation, individuals)
                wanted = parents[chosen] + sigmas[:, None] * normal
                found = random.perturbed(stream, generation, individuals, parents, chosen, sigmas)
                assert_bits(found, wanted, (seed, count))
                np.testing.assert_array_equal(parents, before)


@pytest.mark.parametrize("wrong", [-1, 5, 2**40])
def test_a_parent_that_there_is_not_is_refused(wrong: int) -> None:
    stream = Streams(0).stream("children")
    parents, chosen, sigmas = relatives(0, 4, 10)
    chosen = chosen.copy()
    random.perturbed(stream, 0, np.arange(4), parents, chosen, sigmas)
    chosen[2] = wrong
    with pytest.raises(ValueError, match=r"chosen: parents from 0 to 4 were wanted, got"):
        random.perturbed(stream, 0, np.arange(4), parents, chosen, sigmas)


@pytest.mark.parametrize("count", [0, 1, 70])
@pytest.mark.parametrize("parents", [0, 3])
def test_no_individuals_have_no_numbers(count: int, parents: int) -> None:
    stream, nobody, empty = Streams(0).stream("x"), np.arange(0), np.empty((0, count), np.float32)
    assert_bits(random.uniform(stream, count, 0, nobody), empty)
    assert_bits(random.normal(stream, count, 0, nobody), empty)
    genomes, sigmas = np.ones((parents, count), np.float32), np.empty(0, np.float32)
    assert_bits(random.perturbed(stream, 0, nobody, genomes, nobody, sigmas), empty)
