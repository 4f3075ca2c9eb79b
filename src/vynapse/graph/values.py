# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What stands in a node: numbers, names, sizes that follow the batch, and torch's own constants.

A node holds plain data alone. A data type, a memory layout or a memory format is the text
"torch.float32", "torch.strided" or "torch.contiguous_format"; all devices are the CPU.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import torch

from vynapse.errors import GraphError


@dataclass(frozen=True, slots=True)
class Dim:
    """A whole number that follows the batch: `scale * batch + offset`."""

    scale: int
    offset: int = 0

    def at(self, batch: int) -> int:
        """The number at this size of the batch."""
        return self.scale * batch + self.offset

    def __mul__(self, other: int) -> Dim:
        return Dim(self.scale * other, self.offset * other)

    __rmul__ = __mul__

    def __add__(self, other: Size) -> Dim:
        if isinstance(other, Dim):
            return Dim(self.scale + other.scale, self.offset + other.offset)
        return Dim(self.scale, self.offset + other)

    __radd__ = __add__

    def __str__(self) -> str:
        text = "batch" if self.scale == 1 else f"{self.scale}*batch"
        return text + (f"{self.offset:+d}" if self.offset else "")


Size = int | Dim
"""One entry of a shape."""

Shape = tuple[int | Dim, ...]

Scalar = bool | int | float | str | Dim | None

Attribute = (
    bool | int | float | str | Dim | tuple[bool | int | float | str | Dim | None, ...] | None
)
"""What an op is told beside its tensors."""

Input = str | bool | int | float | Dim | tuple[str | None, ...] | None
"""A tensor argument: the name of a node, a number, names, or nothing."""

BATCH: Final = Dim(1)
"""The size of the batch itself."""

_SIZE: Final = re.compile(r"(?:(\d+)\*)?batch([+-]\d+)?")


def parse_size(text: str) -> Dim:
    """The inverse of `str(Dim(...))`, e.g. "4*batch+1".

    Raises:
        GraphError: the text is something else.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise GraphError(f"a size such as 3, 'batch' or '4*batch+1' was wanted, got {text!r}")
    return Dim(int(match[1] or 1), int(match[2] or 0))


def minus(size: Size, *parts: Size) -> Size:
    """What is left of a size."""
    for part in parts:
        size = size + part * -1
    return size.offset if isinstance(size, Dim) and size.scale == 0 else size


def at_batch(value: Input | Attribute, batch: int | None) -> Input | Attribute:
    """The value with every size that follows the batch made a number."""
    if isinstance(value, Dim):
        if batch is None:
            raise GraphError(f"the size {value} follows the batch, but the graph has no batch")
        return value.at(batch)
    if isinstance(value, tuple) and any(isinstance(item, Dim) for item in value):
        return tuple(at_batch(item, batch) for item in value)  # type: ignore[misc]
    return value


def sizes_at(shape: Shape, batch: int | None) -> tuple[int, ...]:
    """The sizes as numbers, at this size of the batch.

    Raises:
        GraphError: a size follows the batch, which is None.
    """
    return tuple(int(at_batch(size, batch) or 0) for size in shape)  # type: ignore[arg-type]


def dtype_of(name: str) -> torch.dtype:
    """The data type of this name, e.g. "float32".

    Raises:
        GraphError: there is none.
    """
    found = getattr(torch, name, None)
    if not isinstance(found, torch.dtype):
        raise GraphError(f"a data type such as 'float32' or 'int64' was wanted, got {name!r}")
    return found


def dtype_name(dtype: torch.dtype) -> str:
    """The inverse of `dtype_of`."""
    return str(dtype).removeprefix("torch.")


def encode(value: object) -> Attribute:
    """A non-tensor argument of an op as plain data.

    Raises:
        GraphError: there is no plain form of it.
    """
    if value is None or isinstance(value, (bool, int, float, str, Dim)):
        return value
    if isinstance(value, (torch.dtype, torch.layout, torch.memory_format)):
        return str(value)
    if isinstance(value, torch.device):
        return "cpu"
    if isinstance(value, (list, tuple)):
        return tuple(encode(item) for item in value)  # type: ignore[misc]
    raise GraphError(f"a {type(value).__name__} cannot stand in a graph")


def decode(value: object) -> object:
    """The argument that torch wants; sizes must be numbers already."""
    if isinstance(value, str) and value.startswith("torch."):
        found = getattr(torch, value.removeprefix("torch."), None)
        if not isinstance(found, (torch.dtype, torch.layout, torch.memory_format)):
            raise GraphError(f"torch has no constant {value!r}")
        return found
    if isinstance(value, tuple):
        return list(value)
    return value


def shown(value: object) -> str:
    """An input or an attribute for a table: names and sizes without quotes, lists in brackets."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(shown, value))}]"
    return str(value)
