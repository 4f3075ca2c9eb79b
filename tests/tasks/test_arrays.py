# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A task made of arrays, as a user would make one."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from vynapse.core import Array, Split, Stateless
from vynapse.errors import ConfigError, DataError
from vynapse.networks.modules import predictor
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.losses.cross_entropy import CrossEntropy

RANDOM = np.random.default_rng(0)


def part(count: int) -> Split:
    return Split(RANDOM.normal(size=(count, 2)).astype(np.float32), np.arange(count) % 3)


SPLITS = Splits(part(30), part(12), part(9))


def rings(data: Splits | Callable[[], Splits] = SPLITS, **changes: Any) -> ArrayTask:
    description: dict[str, Any] = {
        "input_shape": (2,),
        "output_size": 3,
        "loss": "cross_entropy",
    }
    return ArrayTask("rings", data, classes=("a", "b", "c"), **(description | changes))


def constant(inputs: Array) -> Array:
    """Always says "b"."""
    return np.tile(np.array([0, 1, 0], np.float32), (len(inputs), 1))


def test_the_splits_are_those_that_were_given() -> None:
    task = rings()
    assert task.split("train") is SPLITS.train
    assert task.split("validation") is SPLITS.validation
    assert not task.validation_is_train
    assert task.evaluate(constant, "train").metrics == {"accuracy": pytest.approx(1 / 3)}
    assert task.per_class(constant, "validation")["b"]["precision"] == pytest.approx(1 / 3)


def test_without_validation_examples_the_training_examples_validate() -> None:
    task = rings(Splits(SPLITS.train))
    assert task.validation_is_train
    assert task.split("validation") is task.split("train")
    assert task.final_test(Stateless(constant)) is None
    assert task.final_test(Stateless(constant)) is None


def test_the_test_split_is_read_once_and_by_no_other_way() -> None:
    task = rings()
    with pytest.raises(DataError, match="train and validation can be read, not 'test'"):
        inspect.unwrap(ArrayTask.split)(task, "test")
    result = task.final_test(Stateless(constant))
    assert result is not None
    assert result.metrics["accuracy"] == pytest.approx(1 / 3)
    with pytest.raises(DataError, match="task 'rings': the test split was read before"):
        task.final_test(Stateless(constant))
    assert rings().final_test(Stateless(constant)) == result


def test_a_failing_predictor_does_not_use_up_the_test_split() -> None:
    task = rings()
    with pytest.raises(ZeroDivisionError):
        task.final_test(Stateless(lambda _: np.array([1 // 0])))
    assert task.final_test(Stateless(constant)) is not None


def test_data_are_loaded_once_and_only_when_needed() -> None:
    loads = []

    def load() -> Splits:
        loads.append(1)
        return SPLITS

    task = rings(load)
    assert (task.input_shape, task.classes, loads) == ((2,), ("a", "b", "c"), [])
    task.split("train")
    task.fingerprint()
    assert loads == [1]


def test_data_loaded_on_demand_may_validate_on_the_training_examples() -> None:
    task = rings(lambda: Splits(SPLITS.train))
    assert task.validation_is_train
    assert task.split("validation") is SPLITS.train
    assert task.fingerprint() == rings(Splits(SPLITS.train)).fingerprint()


def test_the_fingerprint_covers_every_value_of_every_split() -> None:
    whole = rings().fingerprint()
    assert whole == rings().fingerprint()
    assert len(whole) == 64
    for name in ("train", "validation", "test"):
        old: Split = getattr(SPLITS, name)
        changed = Split(old.inputs.copy(), old.targets)
        changed.inputs[-1, -1] += 1
        relabelled = Split(old.inputs, (old.targets + 1) % 3)
        for new in (changed, relabelled):
            data = dataclasses.replace(SPLITS, **{name: new})
            assert rings(data).fingerprint() != whole
    assert rings(Splits(SPLITS.train, SPLITS.validation)).fingerprint() != whole


def test_batch_loss_and_score_speak_torch() -> None:
    task = rings(prepare=lambda inputs: inputs * np.float32(2))
    inputs, targets = task.batch()
    np.testing.assert_array_equal(inputs.numpy(), SPLITS.train.take(slice(None)).inputs * 2)
    assert targets.dtype == torch.int64
    inputs.zero_()
    assert SPLITS.train.take(slice(None)).inputs.any()
    module = torch.nn.Linear(2, 3)
    with torch.no_grad():
        module.weight.copy_(torch.linspace(-1, 1, 6).view(3, 2))
        module.bias.fill_(0.1)
        output = module(task.batch()[0])
    loss = task.loss.tensor(output, targets)
    np.testing.assert_allclose(
        loss.numpy(), task.loss.array(output.numpy(), targets.numpy()), rtol=1e-6
    )
    assert SPLITS.validation is not None
    with torch.no_grad():
        wanted = torch.nn.functional.cross_entropy(
            module(torch.from_numpy(SPLITS.validation.take(slice(None)).inputs) * 2),
            torch.from_numpy(SPLITS.validation.take(slice(None)).targets),
        )
    assert task.score(Stateless(predictor(module))).loss == pytest.approx(float(wanted), rel=1e-5)


def test_augment_changes_nothing_unless_told_to() -> None:
    inputs, samples = SPLITS.train.take(slice(None)).inputs, np.arange(30)
    assert rings().augment is None

    def shift(inputs: Array, samples: Array, epoch: int, seed: int) -> Array:
        return inputs + samples[:, None] + 100 * epoch + 1000 * seed

    augment = rings(augment=shift).augment
    assert augment is not None
    changed = augment(inputs, samples, 1, 2)
    np.testing.assert_array_equal(changed, inputs + samples[:, None] + 2100)


@pytest.mark.parametrize(
    ("changes", "train", "sentence"),
    [
        ({}, Split(np.zeros((0, 2)), np.zeros(0, np.int64)), "train split: at least one example"),
        ({"input_shape": (3,)}, part(3), r"shape \(3,\) were wanted, got float32 and shape \(2,\)"),
        ({"prepare": lambda x: x.astype(np.float64)}, part(3), "got float64"),
        ({}, Split(np.zeros((3, 2)), np.zeros((3, 1), np.int64)), r"got int64 and shape \(3, 1\)"),
        ({}, Split(np.zeros((3, 2)), np.zeros(3, np.float32)), "got float32 and shape"),
        ({}, Split(np.zeros((3, 2)), np.zeros(2, np.int64)), r"got int64 and shape \(2,\)"),
        ({}, Split(np.zeros((2, 2)), np.array([0, 3])), "from 0 to 2 were wanted, got 0 to 3"),
        ({"loss": "mse"}, part(3), r"float32 and shape \(3, 3\) were wanted"),
    ],
)
def test_data_that_do_not_fit_are_refused(
    changes: dict[str, Any], train: Split, sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        rings(dataclasses.replace(SPLITS, train=train), **changes).split("train")


def test_a_loss_is_named_or_given_and_its_former_name_still_works() -> None:
    assert rings(loss=CrossEntropy()).loss.name == rings(loss={"kind": "cross_entropy"}).loss.name
    with pytest.warns(DeprecationWarning, match="loss_kind is now called loss"):
        old = rings(loss=None, loss_kind="cross_entropy")
    assert isinstance(old.loss, CrossEntropy)
    with pytest.raises(ConfigError, match="task 'rings': a loss was wanted"):
        rings(loss=None)
