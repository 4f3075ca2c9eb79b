# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Arrays and trees survive the wire, and what is no message is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vynapse.distributed.answers import answer_message, answer_of, outcomes_message
from vynapse.distributed.wire import Malformed, array_message, array_of, tree_message, tree_of
from vynapse.errors import ConfigError
from vynapse.evaluation.v1 import evaluation_pb2 as messages
from vynapse.evolution.measured import Measured

NUMBERS: Any = arrays.arrays(
    st.sampled_from([np.dtype(name) for name in ("f4", "f8", "i4", "i8", "u1", "b1", ">f8")]),
    arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)


@settings(max_examples=60, deadline=None)
@given(NUMBERS)
def test_arrays_come_back(array: Any) -> None:
    back = array_of(messages.Array.FromString(array_message(array).SerializeToString()))
    assert back.shape == array.shape
    assert back.dtype == array.dtype.newbyteorder("=")
    assert back.tobytes() == array.astype(back.dtype).tobytes()
    assert back.flags.writeable


def test_trees_come_back() -> None:
    tree = {"a": [1, {"b": np.arange(3)}], "c": None, "d": "text", "e": np.float64(0.1)}
    back = tree_of(tree_message(tree))
    np.testing.assert_array_equal(back["a"][1].pop("b"), np.arange(3))
    assert back == {"a": [1, {}], "c": None, "d": "text", "e": 0.1}


@pytest.mark.parametrize("value", [object(), float("nan"), np.array(["text"]), np.array([None])])
def test_what_is_no_data_is_not_sent(value: Any) -> None:
    with pytest.raises(Malformed):
        tree_message({"value": value})


@pytest.mark.parametrize(
    "message",
    [
        messages.Array(dtype="f8", shape=[2], data=b"123"),
        messages.Array(dtype="O8", shape=[1], data=b"12345678"),
        messages.Array(dtype="f8", shape=[2**62, 4], data=b""),
        messages.Array(dtype="f8", shape=[1] * 40, data=b"12345678"),
    ],
)
def test_arrays_that_contradict_themselves_are_refused(message: messages.Array) -> None:
    with pytest.raises(Malformed):
        array_of(message)


@pytest.mark.parametrize("text", ["{", '{"$array": 3}', '{"$array": "x"}', "[" * 100_000])
def test_trees_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        tree_of(messages.Tree(json=text))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_an_answer_crash(content: bytes) -> None:
    from google.protobuf.message import DecodeError

    try:
        message = messages.EvaluateBatchResponse.FromString(content)
        answer_of(message, 3, None)
    except (DecodeError, Malformed):
        pass


def test_answers_are_checked() -> None:
    measured = Measured(np.arange(3.0))
    good = answer_message(measured)
    np.testing.assert_array_equal(answer_of(good, 3, None).value.losses, measured.losses)
    wrong: list[dict[str, Any]] = [
        {"seconds": float("nan")},
        {"seconds": -1.0},
        {"cost": {"gold": 1}},
        {"cost": {"flops": -1}},
        {"troubles": {"flops": 1}},
        {"objectives": array_message(np.zeros(3))},
        {"losses": array_message(np.zeros(3, np.float32))},
    ]
    for fields in wrong:
        message = messages.EvaluateBatchResponse(**fields)
        if "losses" not in fields:
            message.losses.CopyFrom(good.losses)
        with pytest.raises(Malformed):
            answer_of(message, 3, None)
    with pytest.raises(Malformed):
        answer_of(good, 4, None)
    with pytest.raises(Malformed):
        answer_of(good, 3, 2)


def test_exceptions_keep_their_names() -> None:
    found = answer_of(outcomes_message([1.5, KeyError("x")], 1), 2, 1).value
    assert found[0] == 1.5
    assert type(found[1]).__name__ == "KeyError"
    error = answer_of(answer_message(ConfigError("a sentence")), 2, 1).error
    assert isinstance(error, ConfigError)
    assert str(error) == "a sentence"
