# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ops that pick elements by whole numbers in a tensor."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vynapse.graph.ops.row import Call, Gradients, Row, Work, first, free
from vynapse.graph.ops.shape import begin, spread
from vynapse.graph.symbol import Symbol, axis
from vynapse.graph.values import Size


def _gather(call: Call, grads: Gradients) -> Sequence[object]:
    dim = call.whole("dim")
    return (call.x().zeros().call("scatter_add.default", call.x(1), first(grads), dim=dim),)


def _scatter_add(call: Call, grads: Gradients) -> Sequence[object]:
    grad = first(grads)
    return grad, None, grad.call("gather.default", call.x(1), dim=call.whole("dim"))


def _index_select(call: Call, grads: Gradients) -> Sequence[object]:
    x = call.x()
    dim = axis(call.whole("dim"), len(x.shape))
    where = (*(None for _ in range(dim)), call.x(1))
    return (x.zeros().call("index_put.default", where, first(grads), accumulate=True),)


def _index_add(call: Call, grads: Gradients) -> Sequence[object]:
    grad, dim = first(grads), call.whole("dim")
    alpha = call.number("alpha")
    picked = grad.call("index_select.default", call.x(1), dim=dim)
    return grad, None, picked if alpha == 1 else picked * alpha


def _added(work: Work) -> int:
    """An addition for each element of the source."""
    return math.prod(work.shape(2))


def _index(call: Call, grads: Gradients) -> Sequence[object]:
    where = call.listed(1)
    return (call.x().zeros().call("index_put.default", where, first(grads), accumulate=True),)


def _index_put(call: Call, grads: Gradients) -> Sequence[object]:
    grad, where = first(grads), call.listed(1)
    values = grad.call("index.Tensor", where).like(call.x(2).shape)
    if call.attribute("accumulate"):
        return grad, None, values
    return grad.call("index_put.default", where, grad.zeros(())), None, values


def rows_back(grad: Symbol, index: Symbol, table: tuple[Size, ...], padding: object) -> Symbol:
    """The gradient of a table: each row sums the gradients of all places that read it."""
    if isinstance(padding, int) and padding >= 0:
        there = index.call("ne.Scalar", other=padding).cast(grad.dtype)
        grad = grad * there.unsqueeze(len(index.shape))
    return grad.zeros(table).call("index_put.default", (index,), grad, accumulate=True)


def _embedding(call: Call, grads: Gradients) -> Sequence[object]:
    table = call.x().shape
    return (rows_back(first(grads), call.x(1), table, call.attribute("padding_idx")),)


def _embedding_backward(call: Call) -> Sequence[Symbol]:
    grad, index = call.x(0), call.x(1)
    table = (call.whole("num_weights"), grad.shape[-1])
    if call.attribute("scale_grad_by_freq"):
        raise TypeError("gradients by frequency have no rule")
    return (rows_back(grad, index, table, call.attribute("padding_idx")),)


def _slice_backward(call: Call) -> Sequence[Symbol]:
    shape = call.wholes("input_sizes")
    dim = axis(call.whole("dim"), len(shape))
    start = begin(call.attribute("start"), shape[dim])
    return (spread(call.x(), shape, dim, start, call.whole("step")),)


def _select_backward(call: Call) -> Sequence[Symbol]:
    shape = call.wholes("input_sizes")
    dim = axis(call.whole("dim"), len(shape))
    start = begin(call.attribute("index"), shape[dim])
    return (spread(call.x().unsqueeze(dim), shape, dim, start, 1),)


ROWS: tuple[Row, ...] = (
    Row("aten.gather.default", free, _gather),
    Row("aten.scatter_add.default", free, _scatter_add),
    Row("aten.index_select.default", free, _index_select),
    Row("aten.index_add.default", _added, _index_add),
    Row("aten.index.Tensor", free, _index),
    Row("aten.index_put.default", free, _index_put),
    Row("aten.embedding.default", free, _embedding),
    Row("aten.embedding_dense_backward.default", free, expand=_embedding_backward),
    Row("aten.slice_backward.default", free, expand=_slice_backward),
    Row("aten.select_backward.default", free, expand=_select_backward),
)
