# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Symbols that stand for real tensors: their ops run at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from vynapse.graph.nodes import TUPLE
from vynapse.graph.schema import signature
from vynapse.graph.symbol import Symbol
from vynapse.graph.values import Attribute, dtype_name


class Held:
    """One value of a computation; a tensor that is written in place holds several, one by one.

    Attributes:
        content: a tensor, or a tuple of values held, or None once it was freed.
    """

    __slots__ = ("content",)

    def __init__(self, content: Tensor | tuple[Symbol, ...] | None) -> None:
        self.content = content


class EagerEmitter:
    """Calls torch, without autograd."""

    def emit(self, op: str, inputs: Sequence[object], attributes: dict[str, Attribute]) -> Symbol:
        known = signature(op)
        given = tuple(unwrap(value) for value in inputs)
        positional, named = known.bind(given, attributes)
        with torch.no_grad():
            return self.wrap(known.call(*positional, **named))

    def part(self, several: Symbol, index: int) -> Symbol:
        held = several.value
        if not isinstance(held, Held) or not isinstance(held.content, tuple):
            raise TypeError("several tensors were wanted, got one")
        return held.content[index]

    def wrap(self, result: Any) -> Symbol:
        """The symbol of what an op gave."""
        if isinstance(result, Tensor):
            shape = tuple(result.shape)
            return Symbol(self, Held(result), shape, dtype_name(result.dtype))
        parts = tuple(self.wrap(part) for part in result)
        return Symbol(self, Held(parts), (), TUPLE)


def unwrap(value: object) -> object:
    """The tensor of a symbol, or the tensors of a list of them; other values as they are."""
    if isinstance(value, Symbol):
        return tensor_of(value)
    if isinstance(value, (list, tuple)):
        return [unwrap(item) for item in value]
    return value


def tensor_of(symbol: Symbol) -> Tensor:
    """The tensor that a symbol stands for."""
    held = symbol.value
    if not isinstance(held, Held) or not isinstance(held.content, Tensor):
        raise TypeError("one tensor was wanted")
    return held.content
