# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Arrays and trees of them as messages. Nothing on the wire is code, and all of it is checked."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vynapse.evaluation.v1 import evaluation_pb2 as messages

DTYPES: Final = frozenset({"f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"})
"""Types of numbers that arrays may have."""
_AXES: Final = 8
_ARRAY: Final = "$array"


class Malformed(ValueError):
    """A message that is none of this protocol; the sentence says what is wrong with it."""


def array_message(array: npt.NDArray[Any]) -> messages.Array:
    """The array as a message.

    Raises:
        Malformed: its numbers have no type of the protocol.
    """
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    dtype = little.dtype.str[1:]
    if dtype not in DTYPES:
        raise Malformed(f"an array of {array.dtype} cannot be sent")
    return messages.Array(dtype=dtype, shape=array.shape, data=little.tobytes())


def array_of(message: messages.Array) -> npt.NDArray[Any]:
    """The array of a message, which may be written to.

    Raises:
        Malformed: type, shape and bytes contradict each other.
    """
    if message.dtype not in DTYPES or len(message.shape) > _AXES:
        raise Malformed(f"an array of type {message.dtype[:20]!r} and {len(message.shape)} axes")
    dtype, shape = np.dtype(f"<{message.dtype}"), tuple(message.shape)
    if math.prod(shape) * dtype.itemsize != len(message.data):
        raise Malformed(f"an array of shape {shape[:_AXES]} with {len(message.data)} bytes")
    return np.frombuffer(message.data, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def tree_message(value: Any) -> messages.Tree:
    """Mappings, sequences, arrays and JSON values as a message.

    Raises:
        Malformed: it holds something else.
    """
    arrays: list[messages.Array] = []

    def plain(item: Any) -> Any:
        if isinstance(item, np.ndarray):
            arrays.append(array_message(item))
            return {_ARRAY: len(arrays) - 1}
        if isinstance(item, Mapping):
            return {str(key): plain(inner) for key, inner in item.items()}
        if isinstance(item, Sequence) and not isinstance(item, str | bytes):
            return [plain(inner) for inner in item]
        if isinstance(item, np.generic):
            return item.item()
        return item

    try:
        text = json.dumps(plain(value), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Malformed(f"a value cannot be sent: {error}") from None
    return messages.Tree(json=text, arrays=arrays)


def tree_of(message: messages.Tree) -> Any:
    """What `tree_message` was given; sequences come back as lists.

    Raises:
        Malformed: it is no JSON, or an array is absent.
    """
    arrays = [array_of(array) for array in message.arrays]

    def whole(item: dict[str, Any]) -> Any:
        if item.keys() != {_ARRAY}:
            return item
        number = item[_ARRAY]
        if not isinstance(number, int) or not 0 <= number < len(arrays):
            raise Malformed(f"there is no array {number!r}")
        return arrays[number]

    try:
        return json.loads(message.json, object_hook=whole)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"a text that is no JSON: {error}") from None


def rows_of(message: messages.Array, count: int, name: str) -> npt.NDArray[np.float64]:
    """Numbers of so many genomes, as float64.

    Raises:
        Malformed: they are others, or of another number.
    """
    array = array_of(message)
    if array.dtype != np.float64 or array.ndim not in (1, 2) or len(array) != count:
        raise Malformed(
            f"{name}: float64 numbers of {count} genomes were wanted, got {array.dtype} of shape "
            f"{array.shape}"
        )
    return array
