# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A newcomer's task, its copies, its origin, and examples that are not in memory."""

from __future__ import annotations

import multiprocessing
import pickle
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch

from vynapse.core import (
    Array,
    Budget,
    Digest,
    Evaluation,
    Loss,
    Network,
    Predict,
    Rows,
    Source,
    Split,
    SplitName,
    Stateless,
    SupervisedTask,
    Task,
)
from vynapse.errors import DataError
from vynapse.networks.mlp import MLP
from vynapse.networks.state import NetworkState, initial_state
from vynapse.registry import NoKeys
from vynapse.seeding import Streams
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.examples import ExampleTask
from vynapse.tasks.losses.cross_entropy import CrossEntropy
from vynapse.tasks.losses.mse import MeanSquaredError
from vynapse.tasks.losses.registry import LOSSES, LossKind
from vynapse.tasks.registry import TASKS, make_any_task, make_task
from vynapse.testing import check_loss, check_task
from vynapse.trainers import deap, feed
from vynapse.trainers.deap_settings import DeapSettings
from vynapse.trainers.mode import Stage
from vynapse.trainers.sgd import SgdTrainer
from vynapse.trainers.sgd_settings import SgdSettings

Name = Literal["train", "validation", "test"]
SIZES = {"train": 60, "validation": 30, "test": 20}


def points(name: str) -> Split:
    inputs = np.random.default_rng(SIZES[name]).uniform(-1, 1, (SIZES[name], 2))
    labels = (np.hypot(*inputs.T) < 0.7).astype(np.int64)
    return Split(inputs.astype(np.float32), labels)


class Rings(ExampleTask):
    """Is a point in the ring?"""

    name, input_shape, output_size, loss = "rings", (2,), 2, CrossEntropy()

    def source(self, name: Name) -> Split | None:
        return points(name)


class Huber(Loss):
    """The loss of P. Huber (1964) with threshold 1."""

    name, unit = "huber", "huber loss"

    def tensor(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        gap = (output - target).abs()
        return torch.where(gap < 1, gap.square() / 2, gap - 0.5).flatten(-2).mean(-1)


class Memmapped:
    """Rows of files, read when they are wanted; a manifest identifies them."""

    def __init__(self, folder: Path, name: str) -> None:
        split = points(name)
        np.save(folder / f"{name}.npy", split.inputs)
        np.save(folder / f"{name}.labels.npy", split.targets)
        self._inputs = np.load(folder / f"{name}.npy", mmap_mode="r")
        self._labels = np.load(folder / f"{name}.labels.npy", mmap_mode="r")
        self.manifest = f"{name}.npy {self._inputs.shape} 2026-01-01"
        self.most = 0

    def __len__(self) -> int:
        return len(self._inputs)

    def take(self, rows: Rows) -> Split:
        inputs = np.array(self._inputs[rows])
        self.most = max(self.most, len(inputs))
        return Split(inputs, np.array(self._labels[rows]))

    def identify(self, name: str, digest: Digest) -> None:
        digest.update(f"{name} {self.manifest}".encode())


class Streamed(Rings):
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.read: dict[str, Memmapped] = {}

    def source(self, name: Name) -> Any:
        self.read[name] = Memmapped(self.folder, name)
        return self.read[name]


def constant(inputs: Array) -> Array:
    return np.tile(np.array([0, 1], np.float32), (len(inputs), 1))


def trained(task: SupervisedTask, steps: int = 25, **keys: Any) -> tuple[NetworkState, list[Any]]:
    structure = MLP(sizes=(2, 6, task.output_size)).fit(task.interface())
    network = initial_state(structure, Streams(3))
    stage = Stage(task, network, True, Streams(3).child("stage"), budget=Budget(steps=steps))
    trainer = SgdTrainer(stage, SgdSettings(**{"batch_size": 16, "learning_rate": 0.1} | keys))
    reports = [trainer.step()]
    while reports[-1].step < steps:
        reports.append(trainer.step())
    return trainer.winner(), [(report.step, report.loss) for report in reports]


def test_a_newcomers_task_is_a_class_with_one_method() -> None:
    check_task(Rings)
    task = Rings()
    assert (len(task.split("train")), len(task.split("validation"))) == (60, 30)
    winner, reports = trained(task, steps=60)
    assert reports[-1][1] < reports[0][1]
    assert task.score(winner).loss == reports[-1][1]


def test_a_class_may_name_its_loss() -> None:
    class Named(Rings):
        loss = "cross_entropy"  # type: ignore[assignment]

    assert isinstance(Named().loss, CrossEntropy)
    assert trained(Named())[0].sha256() == trained(Rings())[0].sha256()


class Restless(Rings):
    made = 0

    def source(self, name: Name) -> Split:
        Restless.made += 1
        split = points(name)
        return Split(split.inputs + np.float32(Restless.made), split.targets)


class Wide(Rings):
    def prepare(self, inputs: Array) -> Array:
        return np.tile(super().prepare(inputs), 1 if len(inputs) == 1 else 2)


class Unsealed(Rings):
    def final_test(self, network: Network) -> Evaluation | None:
        self._tested = False
        return super().final_test(network)


class Used(Rings):
    def for_run(self) -> Used:
        return self


class Vague(Streamed):
    def source(self, name: Name) -> Any:
        source = super().source(name)
        source.manifest += str(np.random.default_rng().random())
        return source


class Slippery(Rings):
    def evaluate(self, predict: Predict, split: SplitName) -> Evaluation:
        return Evaluation(np.random.default_rng().random(), {})


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (Restless, "the train split differs between two tasks made alike"),
        (Wide, r"prepare\(\) gives"),
        (Unsealed, r"final_test\(\) may be called once only"),
        (Used, r"for_run\(\)|read before"),
        (Vague, r"fingerprint\(\) differs"),
        (Slippery, r"evaluate\(\) and score\(\) differ"),
    ],
)
def test_the_checker_catches_a_broken_task(
    broken: type[Rings], sentence: str, tmp_path: Path
) -> None:
    make = (lambda: broken(tmp_path)) if issubclass(broken, Streamed) else broken
    with pytest.raises((AssertionError, DataError), match=sentence):
        check_task(make)


def test_sources_are_asked_for_when_they_are_needed_and_once() -> None:
    asked: list[str] = []

    class Counted(Rings):
        def source(self, name: Name) -> Split | None:
            asked.append(name)
            return super().source(name)

    task = Counted()
    assert asked == []
    task.split("train")
    assert asked == ["train"]
    run = task.for_run()
    run.evaluate(constant, "validation")
    task.score(Stateless(constant))
    assert asked == ["train", "validation"]
    assert run.fingerprint() == task.fingerprint()
    task.with_loss(CrossEntropy()).split("train")
    assert asked == ["train", "validation", "test"]


def test_the_test_split_is_sealed_for_each_run() -> None:
    task = make_task("digits", {})
    network = Stateless(lambda inputs: np.zeros((len(inputs), 10), np.float32))
    one, two = task.for_run(), task.for_run()
    assert one.final_test(network) == two.final_test(network) == task.final_test(network)
    for read in (one, two, task):
        with pytest.raises(DataError, match="the test split was read before"):
            read.final_test(network)
    assert task.for_run().split("train") is task.split("train")
    assert task.for_run().final_test(network) is not None


def test_another_loss_shares_the_data_and_must_fit_them() -> None:
    task = make_task("xor", {})
    other = task.with_loss(Huber())
    assert (task.measure.name, other.measure.name, other.measure.unit) == (
        "mse", "huber", "huber loss",
    )  # fmt: skip
    assert other.split("train") is task.split("train")
    assert other.fingerprint() == task.fingerprint()
    with pytest.raises(DataError, match="loss cross_entropy: targets of int64"):
        task.with_loss(CrossEntropy()).split("train")
    assert task.split("train") is not None
    with pytest.raises(DataError, match="loss mse: targets of float32"):
        make_task("digits", {}).with_loss(MeanSquaredError()).split("train")


def fingerprint_of(task: Task) -> tuple[str, str]:
    assert isinstance(task, SupervisedTask)
    return task.fingerprint(), task.loss.name


@pytest.fixture
def spawned() -> Iterator[Any]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        yield pool


@pytest.mark.parametrize(
    ("name", "options"),
    [("parity", {"bits": 4}), ("spirals", {"kind": "generated", "points": 20}), ("digits", {})],
)
def test_a_task_travels_as_its_origin(name: str, options: dict[str, Any], spawned: Any) -> None:
    task = make_task(name, options)
    task.split("train")
    content = pickle.dumps(task)
    assert len(content) < 1000, "no data are copied"
    origin = task.origin()
    assert origin is not None
    assert (origin.name, {**origin.options, **options}) == (name, origin.options)
    assert make_any_task(origin.name, origin.options).fingerprint() == task.fingerprint()
    again = spawned.apply(_fingerprint_of_bytes, (content,))
    assert again == (task.fingerprint(), task.loss.name)


def _fingerprint_of_bytes(content: bytes) -> tuple[str, str]:
    return fingerprint_of(pickle.loads(content))


def test_a_copy_with_another_loss_travels_with_it() -> None:
    task = make_task("parity", {"bits": 2}).with_loss(MeanSquaredError())
    again = pickle.loads(pickle.dumps(task.for_run()))
    assert fingerprint_of(again) == (task.fingerprint(), "mse")
    assert ArrayTask(
        "a", Splits(points("train")), input_shape=(2,), output_size=2, loss="cross_entropy"
    ).origin() is None  # fmt: skip


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])  # in the kernel, by torch
def test_a_streaming_source_trains_to_the_same_bytes(
    keep: bool, optimizer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not keep:
        monkeypatch.setattr(feed, "_KEEP_BYTES", 0)
        monkeypatch.setattr("vynapse.trainers.sgd_kernel._KEEP_BYTES", 0)
    memory, streamed = Rings(), Streamed(tmp_path)
    assert isinstance(Memmapped(tmp_path, "test"), Source)
    one, reports = trained(memory, optimizer=optimizer)
    two, again = trained(streamed, optimizer=optimizer)
    assert one.sha256() == two.sha256()
    assert reports == again
    assert memory.score(one) == streamed.score(two)
    assert memory.final_test(one) == streamed.final_test(two)
    assert streamed.read["train"].most == (60 if keep else 16)
    assert streamed.fingerprint() == Streamed(tmp_path).fingerprint() != memory.fingerprint()


def test_what_a_streaming_source_gives_is_checked_as_it_comes(tmp_path: Path) -> None:
    task = Streamed(tmp_path)
    task.split("train")
    task.read["train"]._labels = np.full(60, 2)
    with pytest.raises(DataError, match="train split: loss cross_entropy: classes from 0 to 1"):
        task.split("train").take(slice(0, 3))


def test_examples_that_are_not_there_are_missed() -> None:
    class Empty(Rings):
        def source(self, name: Name) -> Split | None:
            return None

    with pytest.raises(DataError, match="task 'rings': train split: examples were wanted"):
        Empty().split("train")


def test_a_loss_from_outside_is_used_by_a_task_in_sgd(monkeypatch: pytest.MonkeyPatch) -> None:
    check_loss(Huber(), np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32), 2)
    entry = EntryPoint("huber", "huber_package:KIND", "vynapse.losses")
    module = type("module", (), {"Huber": Huber})
    monkeypatch.setitem(sys.modules, "huber_package", module)
    inputs = points("train").inputs
    splits = Splits(Split(inputs, 3 * inputs))

    def task(loss: str) -> ArrayTask:
        return ArrayTask("thrice", splits, input_shape=(2,), output_size=2, loss=loss)

    module.KIND = LossKind("huber", "quadratic, then linear", NoKeys, lambda _: Huber())  # type: ignore[attr-defined]
    monkeypatch.setattr("vynapse.registry.entry_points", lambda group: [entry])
    assert LOSSES.names() == ["mse", "cross_entropy", "binary_cross_entropy", "function", "huber"]
    named, given = trained(task("huber")), trained(task("huber_package:Huber"))
    assert named[0].sha256() == given[0].sha256()
    assert named[1][-1][1] < named[1][0][1]
    plain, _ = trained(task("mse"))
    assert plain.sha256() != named[0].sha256()


def test_weight_evolution_minimises_a_loss_from_outside_without_the_kernel() -> None:
    inputs = points("train").inputs
    data = Splits(Split(inputs, 3 * inputs))
    task = ArrayTask("thrice", data, input_shape=(2,), output_size=2, loss=Huber())
    structure = MLP(sizes=(2, 4, 2)).fit(task.interface())
    stage = Stage(task, initial_state(structure, Streams(0)), True, Streams(0))
    trainer = deap.MODE.build(stage, DeapSettings())
    assert trainer.choices() == {"path": "numpy"}
    losses = [trainer.step().loss for _ in range(30)]
    assert losses[-1] < losses[0]
    assert task.score(trainer.winner()).loss == losses[-1]


def test_each_task_has_its_starting_points_beside_it() -> None:
    assert [name for name in TASKS.names() if TASKS.get(name).bundled] == [
        "xor", "parity", "spirals", "digits",
    ]  # fmt: skip
    parity = TASKS.get("parity")
    interface = make_task("parity", {"bits": 5}).interface()
    assert (interface.inputs, interface.outputs, interface.activation) == ((5,), 1, "sigmoid")
    assert parity.default_network(interface) == {"mlp": [5, 16, 1]}
    network = TASKS.get("digits").default_network(make_task("digits", {}).interface())
    network["mlp"]["sizes"][1] = 0
    again = TASKS.get("digits").default_network(make_task("digits", {}).interface())
    assert again["mlp"]["sizes"] == [64, 128, 10], "a recipe may change its own copy"
