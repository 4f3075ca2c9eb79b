# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Shape and data type of what an op gives: torch is asked, with tensors that hold no data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from vynapse.errors import GraphError
from vynapse.graph.schema import signature
from vynapse.graph.values import Attribute, dtype_name, dtype_of


@dataclass(frozen=True, slots=True)
class TensorType:
    """What is known of a tensor before it is computed.

    Attributes:
        shape: sizes.
        dtype: e.g. "float32".
        stride: the stride in elements; () stands for contiguous.
    """

    shape: tuple[int, ...]
    dtype: str
    stride: tuple[int, ...] = ()

    @property
    def bytes(self) -> int:
        """The size of its elements in all; 0 where the op leaves it out."""
        if self.dtype == "nothing":
            return 0
        count = 1
        for size in self.shape:
            count *= size
        return count * dtype_of(self.dtype).itemsize


NOTHING = TensorType((), "nothing")
"""A result that an op leaves out, e.g. a gradient that was not asked for; it cannot be read."""

Types = TensorType | tuple[TensorType, ...]
"""What an op gives: one tensor or several."""

Typed = TensorType | bool | int | float | None | tuple[TensorType | None, ...]
"""An input of an op, tensors by their types."""


def infer(op: str, inputs: tuple[Typed, ...], attributes: Mapping[str, Attribute]) -> Types:
    """The type of the result.

    Raises:
        GraphError: the op cannot take these inputs; torch's own sentence says why.
    """
    items = tuple(sorted(attributes.items()))
    # 1, 1.0 and True are equal and hash alike, but are not the same to an op
    kinds = repr((inputs, items))
    return _infer(op, inputs, items, kinds)


@lru_cache(maxsize=1)
def _mode() -> FakeTensorMode:
    return FakeTensorMode(allow_non_fake_inputs=False)


@lru_cache(maxsize=20_000)
def _infer(
    op: str, inputs: tuple[Typed, ...], attributes: tuple[tuple[str, Attribute], ...], _kinds: str
) -> Types:
    known = signature(op)
    try:
        with _mode(), torch.no_grad():
            positional, named = known.bind(tuple(_fake(i) for i in inputs), dict(attributes))
            result = known.call(*positional, **named)
    except GraphError:
        raise
    except Exception as error:  # noqa: BLE001 - torch refuses arguments with errors of every kind
        first = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
        raise GraphError(f"{op} cannot take its inputs: {first[:200]}") from None
    if isinstance(result, torch.Tensor):
        return _type(result)
    return tuple(NOTHING if part is None else _type(part) for part in result)


def _fake(value: Typed) -> object:
    if isinstance(value, TensorType):
        dtype = dtype_of(value.dtype)
        if value.stride and len(value.stride) == len(value.shape):
            return torch.empty_strided(value.shape, value.stride, dtype=dtype)
        return torch.empty(value.shape, dtype=dtype)
    if isinstance(value, tuple):
        return [_fake(item) for item in value]
    return value


def _type(tensor: torch.Tensor) -> TensorType:
    if tensor.layout != torch.strided:
        raise GraphError(f"a dense tensor was wanted, torch gives one of layout {tensor.layout}")
    shape = tuple(tensor.shape)
    if not all(isinstance(size, int) for size in shape):
        raise GraphError("the size of the result depends on the data")
    return TensorType(shape, dtype_name(tensor.dtype), tuple(tensor.stride()))
