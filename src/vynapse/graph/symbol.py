# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Arithmetic on values that may be nodes of a graph in the making, or real tensors.

Reverse rules and expansions are written once, with symbols. What an op does is up to the *emitter*:
a `Builder` adds a node, the tape calls torch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from vynapse.graph.values import Attribute, Dim, Shape


@runtime_checkable
class Emitter(Protocol):
    """Performs ops."""

    def emit(self, op: str, inputs: Sequence[object], attributes: dict[str, Attribute]) -> Symbol:
        """The result of an op; inputs are symbols, numbers, None or sequences of symbols."""
        ...

    def part(self, several: Symbol, index: int) -> Symbol:
        """One tensor of several."""
        ...


class Symbol:
    """A value: its shape and data type are known, what it is only to its emitter.

    Args:
        emitter: performs ops on it.
        value: the name of a node, or a tensor.
        shape: sizes; () for several tensors.
        dtype: e.g. "float32"; "tuple" for several tensors.
    """

    __slots__ = ("dtype", "emitter", "shape", "value")

    def __init__(self, emitter: Emitter, value: object, shape: Shape, dtype: str) -> None:
        self.emitter = emitter
        self.value = value
        self.shape = shape
        self.dtype = dtype

    def call(self, op: str, /, *inputs: object, **attributes: Attribute) -> Symbol:
        """`aten.<op>` of this value and the others."""
        return self.emitter.emit(f"aten.{op}", (self, *inputs), attributes)

    def __getitem__(self, index: int) -> Symbol:
        return self.emitter.part(self, index)

    def __add__(self, other: object) -> Symbol:
        return self.call("add.Tensor", other)

    __radd__ = __add__

    def __sub__(self, other: object) -> Symbol:
        return self.call("sub.Tensor", other)

    def __rsub__(self, other: object) -> Symbol:
        return (-self) + other

    def __mul__(self, other: object) -> Symbol:
        return self.call("mul.Tensor", other)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Symbol:
        return self.call("div.Tensor", other)

    def __rtruediv__(self, other: object) -> Symbol:
        return self.call("reciprocal.default") * other

    def __neg__(self) -> Symbol:
        return self.call("neg.default")

    def __gt__(self, other: float) -> Symbol:
        return self.call("gt.Scalar", other=other)

    def __ge__(self, other: float) -> Symbol:
        return self.call("ge.Scalar", other=other)

    def __lt__(self, other: float) -> Symbol:
        return self.call("lt.Scalar", other=other)

    def __le__(self, other: float) -> Symbol:
        return self.call("le.Scalar", other=other)

    def equals(self, other: Symbol) -> Symbol:
        """Where they are equal."""
        return self.call("eq.Tensor", other)

    def power(self, exponent: float) -> Symbol:
        """To the power of a number."""
        return self.call("pow.Tensor_Scalar", exponent=exponent)

    def exp(self) -> Symbol:
        return self.call("exp.default")

    def sigmoid(self) -> Symbol:
        return self.call("sigmoid.default")

    def sum(self, dims: Sequence[int], keep: bool = False) -> Symbol:
        """Over some axes; itself where there are none."""
        if not dims:
            return self
        return self.call("sum.dim_IntList", dim=tuple(dims), **({"keepdim": True} if keep else {}))

    def mean(self, dims: Sequence[int]) -> Symbol:
        """Over some axes, which stay with size 1."""
        return self.call("mean.dim", dim=tuple(dims), keepdim=True)

    def reshape(self, shape: Shape) -> Symbol:
        """The same elements in another shape; itself where it has that shape."""
        return self if shape == self.shape else self.call("reshape.default", shape=shape)

    def expand(self, shape: Shape) -> Symbol:
        """Repeated along axes of size 1."""
        return self if shape == self.shape else self.call("expand.default", size=shape)

    def transpose(self, first: int, second: int) -> Symbol:
        return self.call("transpose.int", dim0=first, dim1=second)

    def permute(self, dims: Sequence[int]) -> Symbol:
        return self.call("permute.default", dims=tuple(dims))

    def unsqueeze(self, dim: int) -> Symbol:
        return self.call("unsqueeze.default", dim=dim)

    def slice(self, dim: int, start: int | Dim, end: int | Dim, step: int = 1) -> Symbol:
        steps: dict[str, Attribute] = {} if step == 1 else {"step": step}
        return self.call("slice.Tensor", dim=dim, start=start, end=end, **steps)

    def where(self, yes: Symbol, no: Symbol) -> Symbol:
        """`yes` where this is true, else `no`."""
        return self.call("where.self", yes, no)

    def zeros(self, shape: Shape | None = None) -> Symbol:
        """Zeros of this data type, of this shape or another."""
        return self.full(self.shape if shape is None else shape, 0.0)

    def full(self, shape: Shape, value: float) -> Symbol:
        """One number everywhere, of this data type."""
        attributes: dict[str, Attribute] = {"dtype": f"torch.{self.dtype}"}
        attributes |= {"size": shape, "fill_value": value}
        return self.emitter.emit("aten.full.default", (), attributes)

    def arange(self, end: int | Dim) -> Symbol:
        """0, 1, …, end - 1, whole numbers."""
        return self.emitter.emit("aten.arange.default", (), {"end": end})

    def cast(self, dtype: str) -> Symbol:
        """In another data type; itself where it has that."""
        return (
            self if dtype == self.dtype else self.call("_to_copy.default", dtype=f"torch.{dtype}")
        )

    def mm(self, other: Symbol) -> Symbol:
        return self.call("mm.default", other)

    def bmm(self, other: Symbol) -> Symbol:
        return self.call("bmm.default", other)

    def t(self) -> Symbol:
        return self.transpose(0, 1)

    def like(self, shape: Shape) -> Symbol:
        """Summed over the axes along which it was repeated from `shape` (reverse of broadcast)."""
        extra = len(self.shape) - len(shape)
        result = self.sum(tuple(range(extra)))
        short = tuple(i for i, s in enumerate(shape) if s == 1 and self.shape[i + extra] != 1)
        return result.sum(short, keep=True)


def count(shape: Sequence[int | Dim]) -> int | Dim:
    """The number of elements.

    Raises:
        ValueError: more than one size follows the batch.
    """
    fixed = math.prod(size for size in shape if isinstance(size, int))
    moving = [size for size in shape if isinstance(size, Dim)]
    if len(moving) > 1:
        raise ValueError("the number of elements grows with the square of the batch")
    return moving[0] * fixed if moving else fixed


def axis(dim: int, rank: int) -> int:
    """The axis counted from the front."""
    return dim + rank if dim < 0 else dim


def axes(dims: object, rank: int) -> tuple[int, ...]:
    """Axes counted from the front; all of them where none is said."""
    if dims is None or (isinstance(dims, (list, tuple)) and not dims):
        return tuple(range(rank))
    listed = (dims,) if isinstance(dims, int) else tuple(dims)  # type: ignore[arg-type]
    return tuple(sorted(axis(int(dim), rank) for dim in listed))
