# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From genomes to losses, on all examples or a mini-batch of them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.evidence import many
from vynapse.core import Split
from vynapse.errors import TrainingError
from vynapse.evolution import objective as objectives
from vynapse.evolution.encoding import ArrayEncoding
from vynapse.evolution.objective import TrainingExamples
from vynapse.networks.mlp import MLP
from vynapse.seeding import Streams
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.registry import make_task

STRUCTURE = MLP(sizes=(2, 3, 2))


def task(count: int = 23) -> ArrayTask:
    """Inputs are the number of their row, so that batches can be read back."""
    rows = np.arange(count, dtype=np.float32)
    split = Split(np.stack([rows, -rows], axis=1), (np.arange(count) % 2).astype(np.int64))
    return ArrayTask(
        "rows",
        Splits(split),
        input_shape=(2,),
        output_size=2,
        loss="cross_entropy",
        classes=("even", "odd"),
        prepare=lambda raw: raw / np.float32(10),
    )


def genomes(structure: MLP, count: int) -> np.ndarray:
    size = sum(int(np.prod(shape)) for shape in ArrayEncoding(structure).layout.values())
    return Streams(0).stream("genomes").normal(size, 0, np.arange(count))


def rows(examples: TrainingExamples, generation: int) -> list[int]:
    objective = examples.objective(generation)
    assert len(objective.inputs) == len(objective.targets)
    numbers = np.round(objective.inputs[:, 0] * 10).astype(int)
    np.testing.assert_array_equal(numbers % 2, objective.targets)
    return [int(number) for number in numbers]


def test_losses_are_those_of_the_decoded_networks() -> None:
    xor = make_task("xor", {})
    structure = MLP(sizes=(2, 2, 1), output="sigmoid")
    encoding, population = ArrayEncoding(structure), genomes(structure, 20)
    objective = TrainingExamples(xor, None, Streams(0).stream("batches")).objective(3)
    losses = objective.measure(encoding, population).losses
    assert losses.dtype == np.float64
    for genome, loss in zip(population, losses, strict=True):
        assert xor.evaluate(encoding.decode(genome).predictor(), "train").loss == loss


def test_blocks_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    objective = TrainingExamples(task(), None, Streams(0).stream("batches")).objective(0)
    encoding, population = ArrayEncoding(STRUCTURE), genomes(STRUCTURE, 10)
    whole = objective.measure(encoding, population).losses
    monkeypatch.setattr(objectives, "_OUTPUTS", 3 * 23 * 2)
    np.testing.assert_array_equal(objective.measure(encoding, population).losses, whole)


def test_networks_of_the_wrong_shape_are_refused_in_words() -> None:
    objective = TrainingExamples(task(), None, Streams(0).stream("batches")).objective(0)
    wrong = MLP(sizes=(2, 3))
    with pytest.raises(TrainingError, match=r"'rows' wants outputs of shape \(23, 2\).*\(23, 3\)"):
        objective.measure(ArrayEncoding(wrong), genomes(wrong, 2))


@pytest.mark.parametrize("size", [None, 23, 1000])
def test_all_examples_in_their_order(size: int | None) -> None:
    examples = TrainingExamples(task(), size, Streams(0).stream("batches"))
    assert examples.whole
    assert rows(examples, 0) == rows(examples, 7) == list(range(23))


@pytest.mark.parametrize("seed", range(many(sample=1, evidence=3)))
def test_an_epoch_of_mini_batches_visits_no_example_twice(seed: int) -> None:
    examples = TrainingExamples(task(), 5, Streams(seed).stream("batches"))
    assert not examples.whole
    epochs = [[row for g in range(4 * e, 4 * e + 4) for row in rows(examples, g)] for e in (0, 1)]
    for epoch in epochs:
        assert len(set(epoch)) == 20
    assert epochs[0] != epochs[1]


def test_a_mini_batch_is_a_function_of_the_generation_alone() -> None:
    def make() -> TrainingExamples:
        return TrainingExamples(task(), 5, Streams(4).stream("batches"))

    forwards = make()
    expected = [rows(forwards, generation) for generation in range(12)]
    backwards = make()
    assert [rows(backwards, g) for g in reversed(range(12))] == expected[::-1]
