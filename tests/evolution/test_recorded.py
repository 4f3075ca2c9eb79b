# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Convolutional networks of a population: recorded once, and the losses are those of the loop."""

from __future__ import annotations

import pickle
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence import many
from tests.evolution.convolutional import LOOPED, RECORDED, SHAPE
from vynapse.errors import CheckpointError
from vynapse.evolution import recorded
from vynapse.evolution.modules import DATA_CHUNK, ModuleEncoding
from vynapse.graph.rewrite import fusion
from vynapse.networks.factory import Factory
from vynapse.networks.state import NetworkState, initial_state
from vynapse.seeding import Streams
from vynapse.tasks.losses.cross_entropy import CrossEntropy

LOOP = {"path": "loop", "device": "cpu"}


def shape_of(name: str) -> tuple[int, ...]:
    return (2, 9) if name == "line" else SHAPE


def start(name: str, seed: int = 0) -> NetworkState:
    return initial_state(Factory(factory=f"tests.evolution.convolutional:{name}"), Streams(seed))


def encoding_of(name: str) -> ModuleEncoding:
    return ModuleEncoding(start(name), shape_of(name))


@cache
def both(name: str) -> tuple[ModuleEncoding, ModuleEncoding]:
    """Recorded, and called one by one."""
    fast, slow = encoding_of(name), encoding_of(name)
    assert fast.path == "recorded"
    slow.load(LOOP)
    return fast, slow


def around(encoding: ModuleEncoding, name: str, seed: int, count: int = 3) -> np.ndarray:
    genome = encoding.encode(None, start(name, seed))
    noise = Streams(seed).stream("noise").normal(genome.size, 0, np.arange(count))
    return genome + np.float32(0.1) * noise


def pictures(name: str, count: int, seed: int = 0) -> np.ndarray:
    shape = shape_of(name)
    values = Streams(seed).stream("x").normal(int(np.prod(shape)), 0, np.arange(count))
    return values.reshape(count, *shape)


@settings(max_examples=many(sample=12, evidence=200))
@given(
    name=st.sampled_from(sorted(RECORDED)),
    seed=st.integers(0, 1000),
    count=st.integers(1, 2 * DATA_CHUNK),
)
def test_losses_are_those_of_the_loop(name: str, seed: int, count: int) -> None:
    fast, slow = both(name)
    genomes, x = around(fast, name, seed), pictures(name, count, seed)
    targets = np.arange(count) % 4
    mine, loops = (CrossEntropy().array(way.forward(genomes, x), targets) for way in (fast, slow))
    np.testing.assert_allclose(mine, loops, rtol=1e-5)


@pytest.mark.parametrize("name", sorted(LOOPED))
def test_what_cannot_be_recorded_is_called_one_by_one(name: str) -> None:
    encoding = encoding_of(name)
    assert encoding.path == "loop"
    assert encoding.forward(around(encoding, name, 0), pictures(name, 5)).shape == (3, 5, 4)


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_a_network_has_the_same_bits_in_any_company_and_in_another_process(name: str) -> None:
    encoding = encoding_of(name)
    genomes, x = around(encoding, name, 0, count=5), pictures(name, 300)
    outputs = encoding.forward(genomes, x)
    alone = [encoding.forward(genomes[row : row + 1], x)[0] for row in (3, 0, 4, 1, 2)]
    np.testing.assert_array_equal(outputs[[3, 0, 4, 1, 2]], np.stack(alone))
    again = pickle.loads(pickle.dumps(encoding))
    assert again.state() == encoding.state()
    np.testing.assert_array_equal(again.forward(genomes, x), outputs)


def test_the_rows_of_a_pass_follow_from_the_network_and_are_kept() -> None:
    encoding = encoding_of("convnext")
    known = encoding.state()
    # the largest tensor: 6x6 places of 96 values
    assert known["recorded"]["rows"] == recorded._MOST_ROWS
    encoding.load({**known, "recorded": {"rows": 16, "fast_linear": False}})
    assert encoding.state()["recorded"] == {"rows": 16, "fast_linear": False}
    genomes, x = around(encoding, "convnext", 0), pictures("convnext", 40)
    outputs = encoding.forward(genomes, x)
    np.testing.assert_array_equal(encoding.forward(genomes, x[:16]), outputs[:, :16])


def test_a_run_is_resumed_as_it_was_computed_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoding = encoding_of("Residual")
    known = encoding.state()
    encoding.load(LOOP)  # a run of an earlier version goes on as it began
    assert encoding.path == "loop"
    with pytest.raises(CheckpointError, match="'recorded' on 'cpu'"):
        encoding_of("Branching").load(known)
    monkeypatch.setattr(fusion, "available", lambda: False)
    with pytest.raises(CheckpointError, match="oneDNN"):
        encoding.load({**known, "recorded": {"rows": 16, "fast_linear": True}})
