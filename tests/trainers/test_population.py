# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The trainer of every evolutionary mode: champion, cost, invalid losses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pytest

from vynapse.core import Evaluation, Predict, Source, Split, State
from vynapse.errors import TrainingError
from vynapse.evolution.encoding import ArrayEncoding
from vynapse.evolution.evaluators.inline import Inline
from vynapse.evolution.measured import Measured
from vynapse.evolution.objective import TrainingExamples
from vynapse.networks.mlp import MLP
from vynapse.seeding import Streams
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.examples import ExampleTask
from vynapse.tasks.losses.mse import MeanSquaredError
from vynapse.trainers.population import PopulationTrainer

# one weight w: the network gives w * x
STRUCTURE = MLP(sizes=(1, 1), bias=False)


class Scripted:
    """Asks for the weights of a script, one list a generation."""

    def __init__(self, *script: list[float]) -> None:
        self.script, self.told = script, list[np.ndarray]()

    def ask(self) -> np.ndarray:
        return np.array(self.script[len(self.told)], np.float32)[:, None]

    def tell(self, genomes: np.ndarray, measured: Measured) -> None:
        self.told.append(measured.losses)

    def emigrants(self, count: int) -> tuple[np.ndarray, Measured]:
        return np.empty((0, 1), np.float32), Measured(np.empty(0))

    def receive(self, genomes: np.ndarray, measured: Measured) -> None:
        raise NotImplementedError

    def metrics(self) -> Mapping[str, float]:
        return {"told": float(len(self.told))}

    def state(self) -> State:
        return {"told": [told.copy() for told in self.told]}

    def load(self, state: State) -> None:
        self.told = list(state["told"])


def task(train: float, validation: float | None = None, examples: int = 4) -> ArrayTask:
    """Best weights are `train` on training and `validation` on validation examples."""

    def split(weight: float, count: int) -> Split:
        inputs = np.ones((count, 1), np.float32)
        return Split(inputs, weight * inputs)

    data = Splits(split(train, examples), None if validation is None else split(validation, 3))
    return ArrayTask("line", data, input_shape=(1,), output_size=1, loss="mse")


def trainer(
    population: Scripted, job: ExampleTask, batch: int | None = None, every: int = 10
) -> PopulationTrainer[Any]:
    return PopulationTrainer.on_examples(
        job,
        np.array([100.0], np.float32),
        ArrayEncoding(STRUCTURE),
        population,
        Inline(),
        TrainingExamples(job, batch, Streams(0).stream("batches")),
        every,
    )


def weight(trainer: PopulationTrainer[Any]) -> float:
    return float(trainer.winner().tensors["0.weight"][0, 0])


def test_before_the_first_step_the_winner_is_the_network_given() -> None:
    assert weight(trainer(Scripted([1.0]), task(0))) == 100


def test_the_champion_is_kept_when_the_population_gets_worse() -> None:
    run = trainer(Scripted([5, 3, 4], [9, 8], [2, 7]), task(0))
    reports = [run.step() for _ in range(3)]
    assert [report.loss for report in reports] == [9, 9, 4]
    assert [report.step for report in reports] == [1, 2, 3]
    assert reports[1].metrics == {
        "train_best": 64, "train_mean": (81 + 64) / 2, "invalid": 0, "told": 2,
    }  # fmt: skip
    assert weight(run) == 2


def test_candidates_are_the_best_on_training_since_the_last_one() -> None:
    script = Scripted([5, 4], [1, 6], [2, 3], [7, 8], [5, 6], [3, 4])
    run = trainer(script, task(0, validation=3), every=2)
    losses, winners = [], []
    for _ in range(6):
        losses.append(run.step().loss)
        winners.append(weight(run))
    # scored: generation 0: 4; 2: 1 (best of 1 and 2, but worse on validation); 4: 5
    assert winners == [4, 4, 4, 4, 4, 4]
    assert losses == [1] * 6


def test_with_mini_batches_the_candidate_is_the_last_generations_best() -> None:
    script = Scripted([5, 4], [1, 6], [2, 3])
    run = trainer(script, task(0, validation=2.25), batch=2, every=2)
    assert [run.step().loss for _ in range(3)] == [1.75**2, 1.75**2, 0.25**2]
    assert weight(run) == 2


def test_a_stage_never_ends_worse_than_it_began() -> None:
    """The network given is scored on validation, though the training split rates it badly."""
    run = trainer(Scripted([0, 1]), task(0, validation=100))
    assert run.step().loss == 0
    assert weight(run) == 100


def test_cost_counts_every_network_on_every_example() -> None:
    flops = 2
    run = trainer(Scripted([5, 4], [1, 6], [2, 3]), task(0, validation=3), every=2)
    # 2 networks on 4 examples a generation; 3 examples for each network that is scored
    for expected in (8 + 3 + 3, 16 + 6, 24 + 9):
        cost = run.step().cost
        assert (cost.forwards, cost.flops, cost.backwards) == (expected, flops * expected, 0)


def test_invalid_losses_are_the_worst_and_are_counted() -> None:
    population = Scripted([5, np.nan, 3, 3e38], [np.inf, 4])
    run = trainer(population, task(0))
    report = run.step()
    assert report.metrics["invalid"] == 2
    assert report.metrics["train_mean"] == (25 + 9) / 2
    assert population.told[0].tolist() == [25, np.inf, 9, np.inf]
    assert run.step().metrics["invalid"] == 1
    assert weight(run) == 3


def test_a_generation_without_a_finite_loss_is_an_error_and_is_not_told() -> None:
    population = Scripted([5], [np.nan, np.inf])
    run = trainer(population, task(0))
    run.step()
    with pytest.raises(TrainingError, match="no loss of the 2 networks"):
        run.step()
    assert len(population.told) == 1
    assert weight(run) == 5


class Doubling(ExampleTask):
    """A task whose evaluation is not its training loss."""

    name, input_shape, output_size, loss = "line", (1,), 1, MeanSquaredError()

    def source(self, name: Literal["train", "validation", "test"]) -> Source | None:
        return task(0).split("train") if name == "train" else None

    def evaluate(self, predict: Predict, split: Literal["train", "validation"]) -> Evaluation:
        result = super().evaluate(predict, split)
        return Evaluation(2 * result.loss, result.metrics)


def test_the_reported_loss_is_the_tasks_own_evaluation_of_the_winner() -> None:
    job = Doubling()
    run = trainer(Scripted([5, 3]), job)
    assert run.step().loss == 18 == job.evaluate(run.winner().predictor(), "validation").loss


def test_one_generation_a_call_is_told_without_a_history() -> None:
    run = trainer(Scripted([5, 4], [1, 6]), task(0))
    assert run.choices() == {"path": "numpy"}
    assert set(run.timings().values()) == {0.0}
    for _ in range(2):
        report = run.step()
        assert (report.steps, report.history) == (1, {})
    assert all(seconds > 0 for seconds in run.timings().values())
    assert set(run.timings()) == {"variation", "evaluation", "selection", "validation"}
