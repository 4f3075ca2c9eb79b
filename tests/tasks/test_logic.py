# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Exclusive or and parity."""

from __future__ import annotations

import numpy as np
import pytest

from vynapse.core import Array, Stateless
from vynapse.errors import ConfigError
from vynapse.tasks.registry import make_task


def test_xor_is_the_four_patterns_with_targets_0_and_1() -> None:
    task = make_task("xor", {})
    train = task.split("train").take(slice(None))
    assert train.inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert train.targets.tolist() == [[0], [1], [1], [0]]
    assert (task.input_shape, task.output_size) == ((2,), 1)
    assert (task.loss.name, task.output_activation) == ("mse", "sigmoid")
    assert task.validation_is_train
    half = task.evaluate(lambda inputs: np.full((len(inputs), 1), 0.5, np.float32), "validation")
    assert half.loss == 0.25
    assert half.metrics == {"accuracy": 0.5}
    assert task.final_test(Stateless(lambda inputs: inputs[:, :1])) is None


@pytest.mark.parametrize("bits", [2, 3, 8, 16])
def test_parity_holds_every_pattern_once(bits: int) -> None:
    task = make_task("parity", {"bits": bits})
    train = task.split("train").take(slice(None))
    assert len(np.unique(train.inputs, axis=0)) == len(train) == 2**bits
    assert train.targets.mean() == 0.5

    def solve(inputs: Array) -> Array:
        return np.asarray(inputs.sum(axis=1, keepdims=True) % 2)

    assert task.evaluate(solve, "validation").loss == 0
    assert task.evaluate(solve, "validation").metrics == {"accuracy": 1.0}


@pytest.mark.parametrize("bits", [1, 17, "3", 2.5])
def test_bits_out_of_range_are_refused(bits: object) -> None:
    with pytest.raises(ConfigError, match=r"task\.bits"):
        make_task("parity", {"bits": bits})


def test_xor_has_no_keys() -> None:
    with pytest.raises(ConfigError, match=r"task\.bits: unknown key"):
        make_task("xor", {"bits": 2})
