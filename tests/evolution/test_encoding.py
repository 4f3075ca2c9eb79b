# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Genomes of MLPs: the arithmetic of the predictor, at any population chunk."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.errors import CheckpointError
from vynapse.evolution.choice import choose_encoding
from vynapse.evolution.encoding import DATA_CHUNK, ArrayEncoding
from vynapse.networks.state import initial_state
from vynapse.networks.structure import CNN, MLP
from vynapse.seeding import Streams

STRUCTURES = [
    MLP(sizes=(2, 2, 1), output="sigmoid"),
    MLP(sizes=(5, 7, 3), hidden="relu"),
    MLP(sizes=(3, 4, 4, 2), hidden="gelu", bias=False),
    MLP(sizes=(4, 1), hidden="identity", output="tanh"),
]


def population(structure: MLP, count: int, seed: int = 0) -> np.ndarray:
    size = sum(int(np.prod(shape)) for shape in ArrayEncoding(structure).layout.values())
    return Streams(seed).stream("genomes").normal(size, 0, np.arange(count))


def examples(structure: MLP, count: int, seed: int = 0) -> np.ndarray:
    return Streams(seed).stream("inputs").normal(structure.sizes[0], 1, np.arange(count))


@given(
    structure=st.sampled_from(STRUCTURES),
    count=st.integers(1, 40),
    rows=st.integers(1, 70),
    chunk=st.integers(1, 41),
    seed=st.integers(0, 99),
)
def test_population_chunks_change_no_bit(
    structure: MLP, count: int, rows: int, chunk: int, seed: int
) -> None:
    genomes, inputs = population(structure, count, seed), examples(structure, rows, seed)
    whole = ArrayEncoding(structure).forward(genomes, inputs)
    parts = ArrayEncoding(structure, population_chunk=chunk).forward(genomes, inputs)
    assert whole.shape == (count, rows, structure.sizes[-1])
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(parts, whole)


@pytest.mark.parametrize("structure", STRUCTURES, ids=str)
@pytest.mark.parametrize("rows", [4, DATA_CHUNK])
def test_forward_has_the_bits_of_the_predictor(structure: MLP, rows: int) -> None:
    encoding = ArrayEncoding(structure)
    genomes, inputs = population(structure, 9), examples(structure, rows)
    outputs = encoding.forward(genomes, inputs)
    for genome, output in zip(genomes, outputs, strict=True):
        np.testing.assert_array_equal(encoding.decode(genome).predictor()(inputs), output)


def test_data_beyond_a_chunk_are_computed_chunk_by_chunk() -> None:
    structure = STRUCTURES[1]
    encoding, genomes = ArrayEncoding(structure), population(structure, 3)
    inputs = examples(structure, 2 * DATA_CHUNK + 5)
    outputs = encoding.forward(genomes, inputs)
    for low in range(0, len(inputs), DATA_CHUNK):
        rows = slice(low, low + DATA_CHUNK)
        np.testing.assert_array_equal(outputs[:, rows], encoding.forward(genomes, inputs[rows]))


@pytest.mark.parametrize("structure", STRUCTURES, ids=str)
def test_encode_inverts_decode_and_shares_no_memory(structure: MLP) -> None:
    encoding = ArrayEncoding(structure)
    genome = population(structure, 1)[0]
    network = encoding.decode(genome)
    before = network.sha256()
    np.testing.assert_array_equal(encoding.encode(genome, network), genome)
    genome += 1
    assert network.sha256() == before


def test_flops_count_every_genome() -> None:
    encoding = ArrayEncoding(STRUCTURES[0])
    # 2 * (2 * 2 + 2 * 1) for products, 3 activations
    assert encoding.flops(population(STRUCTURES[0], 10)) == 10 * 15


def test_the_encoding_is_chosen_by_structure() -> None:
    mlp = initial_state(STRUCTURES[0], Streams(0))
    assert choose_encoding(mlp, (2,)).path == "numpy"
    cnn = initial_state(CNN(channels=(2,), input_shape=(1, 4, 4), outputs=2), Streams(0))
    assert choose_encoding(cnn, (1, 4, 4)).path == "loop"


def test_another_path_is_refused_on_resume() -> None:
    encoding = ArrayEncoding(STRUCTURES[0])
    encoding.load(encoding.state())
    with pytest.raises(CheckpointError, match="'vmap' on 'cuda'.*resume on the device"):
        encoding.load({"path": "vmap", "device": "cuda"})
