# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What becomes of an evaluation without a usable loss."""

from __future__ import annotations

import dataclasses
import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from vynapse.errors import ConfigError, TrainingError
from vynapse.evolution.function import Answer, FunctionObjective, attempt
from vynapse.evolution.policies import Action, Dead, Late, Measurement, Outcome, Policy, Trouble

GENOME = np.array([1.0, 2.0])
OUTCOMES: dict[Trouble, Outcome] = {
    "nonfinite": math.nan,
    "exception": ValueError("no"),
    "timeout": Late(0.5),
    "death": Dead(-9),
}


def policy_for(trouble: Trouble, action: Action) -> Policy:
    fields: dict[str, Any] = {f"on_{trouble}": action}
    return Policy(**fields)


def test_the_fields_and_defaults_of_a_policy() -> None:
    assert dataclasses.asdict(Policy()) == {
        "on_nonfinite": "penalise",
        "on_exception": "raise",
        "on_timeout": "penalise",
        "on_death": "raise",
        "timeout": None,
        "retries": 2,
    }


@pytest.mark.parametrize("trouble", OUTCOMES)
def test_what_is_penalised_has_the_worst_loss(trouble: Trouble) -> None:
    policy = policy_for(trouble, "penalise")
    assert policy.settle(7, GENOME, OUTCOMES[trouble]) == Measurement(math.inf, trouble)


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        ("nonfinite", "the loss of genome 7 is nan: make the function finite"),
        ("exception", r"the function raised ValueError for genome 7 \(no\): correct it"),
        ("timeout", r"genome 7 took longer than 0.5 s \(tries: 3\): allow more seconds"),
        ("death", r"genome 7 ended its worker process by signal 9, Killed \(tries: 3\): look"),
    ],
)
def test_what_is_raised_is_one_sentence_with_the_id(trouble: Trouble, sentence: str) -> None:
    policy = policy_for(trouble, "raise")
    with pytest.raises(TrainingError, match=sentence) as raised:
        policy.settle(7, GENOME, OUTCOMES[trouble])
    assert str(raised.value).endswith(f"or penalise it with Policy(on_{trouble}='penalise')")
    assert "\n" not in str(raised.value)
    assert raised.value.__notes__ == ["genome 7 is array([1., 2.])"]
    assert raised.value.__cause__ is (OUTCOMES["exception"] if trouble == "exception" else None)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_infinite_loss_is_a_good_loss(value: float) -> None:
    assert Policy().settle(0, GENOME, value) == Measurement(math.inf, "nonfinite")


def test_a_finite_loss_is_the_loss() -> None:
    assert Policy().settle(0, GENOME, -3.5) == Measurement(-3.5, None)


def test_only_what_may_come_out_differently_is_tried_again() -> None:
    policy = Policy(retries=4)
    assert policy.tries(Dead(1)) == 5
    assert policy.tries(Late(1.0)) == 1, "to be penalised: another try would hang as long"
    assert Policy(on_timeout="raise", retries=4).tries(Late(1.0)) == 5
    assert policy.tries(ValueError()) == policy.tries(math.nan) == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"timeout": 0.0}, "timeout: a finite number > 0 was wanted, got 0.0"),
        ({"timeout": math.nan}, "timeout: a finite number > 0 was wanted, got nan"),
        ({"retries": -1}, "retries: an integer of at least 0 was wanted, got -1"),
    ],
)
def test_a_wrong_field_is_a_sentence(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        Policy(**fields)


def test_all_wrong_fields_are_named_at_once() -> None:
    # in a process of its own, where types are not checked at run time
    code = """
from vynapse.errors import ConfigError
from vynapse.evolution.policies import Policy
try:
    Policy(on_death="ignore", on_exception=None, timeout="1", retries=1.5)
except ConfigError as error:
    print(error)
"""
    command = [sys.executable, "-W", "error", "-c", code]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == (
        "on_exception: 'penalise' or 'raise' was wanted, got None\n"
        "on_death: 'penalise' or 'raise' was wanted, got 'ignore'\n"
        "timeout: a finite number > 0 was wanted, got '1'\n"
        "retries: an integer of at least 0 was wanted, got 1.5\n"
    )


@pytest.mark.parametrize("value", [2, 2.0, np.float32(2), np.int8(2), np.array(2.0)])
def test_any_scalar_is_a_loss(value: Any) -> None:
    assert Answer(lambda _: value)(GENOME) == 2.0


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, "one real number was wanted, the function returned NoneType"),
        ("2", "returned str"),
        (2j, "returned complex"),
        ([1.0], r"returned list of float64 of shape \(1,\)"),
        (np.zeros((2, 1)), r"returned float64 of shape \(2, 1\)"),
    ],
)
def test_what_is_no_number_is_refused(value: Any, sentence: str) -> None:
    with pytest.raises(TypeError, match=sentence):
        Answer(lambda _: value)(GENOME)
    assert isinstance(attempt(Answer(lambda _: value), GENOME), TypeError)


def test_a_batched_function_gives_one_value_for_each_row() -> None:
    genomes, ids = np.arange(6.0).reshape(3, 2), np.arange(3)
    rows = FunctionObjective(lambda batch: batch.sum(axis=1), Policy(), batched=True, ids=ids).each(
        genomes
    )
    assert [measured.values for _, measured in rows] == [1.0, 5.0, 9.0]
    with pytest.raises(TrainingError, match=r"3 real numbers were wanted, .* shape \(3, 2\)"):
        list(FunctionObjective(lambda batch: batch, Policy(), batched=True, ids=ids).each(genomes))
    lenient = Policy(on_exception="penalise")
    rows = FunctionObjective(lambda batch: batch, lenient, batched=True, ids=ids).each(genomes)
    assert [measured.trouble for _, measured in rows] == ["exception"] * 3
