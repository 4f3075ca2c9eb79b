# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Genomes of MLPs: the arithmetic of the predictor, at any population chunk."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence import many
from vynapse.core import Split
from vynapse.errors import CheckpointError
from vynapse.evolution.choice import choose_encoding
from vynapse.evolution.encoding import DATA_CHUNK, ArrayEncoding
from vynapse.evolution.objective import ExamplesObjective
from vynapse.networks.cnn import CNN
from vynapse.networks.mlp import MLP
from vynapse.networks.state import initial_state
from vynapse.seeding import Streams
from vynapse.tasks.arrays import ArrayTask, Splits

STRUCTURES = [
    MLP(sizes=(2, 2, 1), output="sigmoid"),
    MLP(sizes=(5, 7, 3), hidden="relu"),
    MLP(sizes=(3, 4, 4, 2), hidden="gelu", bias=False),
    MLP(sizes=(4, 1), hidden="identity", output="tanh"),
]
STACKED = [
    MLP(sizes=(64, 16, 3)),
    MLP(sizes=(30, 90, 10), output="sigmoid"),
    MLP(sizes=(64, 17, 9, 5), hidden="relu", bias=False),
]
"""First layers that are narrow and yet large."""


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


@pytest.mark.parametrize("structure", STACKED, ids=str)
@pytest.mark.parametrize("rows", [1, 2, 7, 100, DATA_CHUNK + 1])
def test_chunks_and_neighbours_change_no_bit_of_a_stacked_network(
    structure: MLP, rows: int
) -> None:
    """First layers of many networks are one product of one shape, whoever is in it."""
    encoding = ArrayEncoding(structure)
    for seed in range(many(sample=1, evidence=3)):
        genomes, inputs = population(structure, 70, seed), examples(structure, rows, seed)
        whole = encoding.forward(genomes, inputs)
        for chunk in (1, 5, 32, 69):
            parts = ArrayEncoding(structure, population_chunk=chunk).forward(genomes, inputs)
            np.testing.assert_array_equal(parts, whole, f"chunks of {chunk}")
        for count in (1, 2, 33, 69):
            fewer = encoding.forward(genomes[:count], inputs)
            np.testing.assert_array_equal(fewer, whole[:count], f"the first {count}")
        for index in (0, 13, 69):
            others = population(structure, 70, seed + 100)
            others[index] = genomes[index]
            np.testing.assert_array_equal(encoding.forward(others, inputs)[index], whole[index])


@pytest.mark.parametrize("structure", STACKED, ids=str)
@pytest.mark.parametrize("rows", [1, 2, 7, 100])
def test_a_stacked_network_computes_the_same_in_any_place(structure: MLP, rows: int) -> None:
    """But for its last bits: libraries may sum the columns of a product in different orders."""
    encoding = ArrayEncoding(structure)
    for seed in range(many(sample=1, evidence=3)):
        genomes, inputs = population(structure, 70, seed), examples(structure, rows, seed)
        whole = encoding.forward(genomes, inputs)
        tolerance = 1e-6 * float(np.abs(whole).max())
        turned = genomes[::-1].copy()
        found = encoding.forward(turned, inputs)[::-1]
        np.testing.assert_allclose(found, whole, rtol=0, atol=tolerance)
        for index, genome in enumerate(genomes[::9]):
            alone = encoding.forward(genome[None], inputs)[0]
            np.testing.assert_allclose(alone, whole[9 * index], rtol=0, atol=tolerance)
            predicted = encoding.decode(genome).predictor()(inputs)
            np.testing.assert_allclose(predicted, alone, rtol=0, atol=tolerance)


@pytest.mark.parametrize("seed", range(many(sample=1, evidence=3)))
def test_losses_of_stacked_networks(seed: int) -> None:
    """They depend on no chunk at all, and on the place in a stack in their last bits alone."""
    structure = STACKED[0]
    genomes, inputs = population(structure, 70, seed), examples(structure, 50, seed)
    classes = Streams(seed).stream("classes").integers(3, 50)
    task = ArrayTask(
        "any", Splits(Split(inputs, classes)), input_shape=(64,), output_size=3,
        loss="cross_entropy",
    )  # fmt: skip
    objective = ExamplesObjective(task.name, task.loss, task.output_size, inputs, classes)
    losses = objective.measure(ArrayEncoding(structure), genomes).losses
    assert len(set(losses.tolist())) == 70
    for chunk in (1, 5, 32, 69):
        encoding = ArrayEncoding(structure, population_chunk=chunk)
        np.testing.assert_array_equal(objective.measure(encoding, genomes).losses, losses)
    alone = [objective.measure(ArrayEncoding(structure), one[None]).losses for one in genomes]
    np.testing.assert_allclose(np.concatenate(alone), losses, rtol=1e-6)


@pytest.mark.parametrize("structure", [*STRUCTURES, *STACKED], ids=str)
def test_the_order_of_genomes_in_memory_changes_no_bit(structure: MLP) -> None:
    encoding, genomes = ArrayEncoding(structure), population(structure, 70)
    for rows in (1, 9, DATA_CHUNK + 1):
        inputs = examples(structure, rows)
        wanted = encoding.forward(genomes, inputs)
        for held in (np.asfortranarray(genomes), genomes[::-1].copy()[::-1]):
            np.testing.assert_array_equal(encoding.forward(held, inputs), wanted)


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
    assert choose_encoding(cnn, (1, 4, 4)).path == "recorded"


def test_another_path_is_refused_on_resume() -> None:
    encoding = ArrayEncoding(STRUCTURES[0])
    encoding.load(encoding.state())
    with pytest.raises(CheckpointError, match="'vmap' on 'cuda'.*resume on the device"):
        encoding.load({"path": "vmap", "device": "cuda"})
