# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ops that move elements and compute nothing."""

from __future__ import annotations

from collections.abc import Sequence

from vynapse.graph.ops.row import Call, Gradients, Row, first, free
from vynapse.graph.symbol import Symbol, axis
from vynapse.graph.values import Dim, Size, minus


def _back(call: Call, grads: Gradients) -> Sequence[object]:
    """The gradient of ops that keep the order of elements: it takes the old shape again."""
    return (first(grads).reshape(call.x().shape),)


def _expand(call: Call, grads: Gradients) -> Sequence[object]:
    return (first(grads).like(call.x().shape),)


def _permute(call: Call, grads: Gradients) -> Sequence[object]:
    rank = len(call.x().shape)
    dims = [axis(dim, rank) for dim in call.wholes("dims")]
    return (first(grads).permute([dims.index(i) for i in range(rank)]),)


def _transpose(call: Call, grads: Gradients) -> Sequence[object]:
    return (first(grads).transpose(call.whole("dim0"), call.whole("dim1")),)


def _t(_call: Call, grads: Gradients) -> Sequence[object]:
    return (first(grads).call("t.default"),)


def begin(value: object, size: Size) -> Size:
    """The start of a slice, counted from the front and within the axis."""
    if value is None:
        return 0
    if isinstance(value, int) and not isinstance(size, Dim):
        return min(max(value + size if value < 0 else value, 0), size)
    if isinstance(value, int):
        return size + value if value < 0 else value
    return value if isinstance(value, Dim) else 0


def spread(grad: Symbol, shape: tuple[Size, ...], dim: int, start: Size, step: int) -> Symbol:
    """The gradient at every `step`-th place along an axis from `start` on, 0 elsewhere."""
    size, length = shape[dim], grad.shape[dim]
    if step > 1:
        places = grad.arange(length) * step + start
        index = (*(None for _ in range(dim)), places)
        return grad.zeros(shape).call("index_put.default", index, grad, accumulate=True)

    def zeros(width: Size) -> list[Symbol]:
        whole = tuple(width if i == dim else s for i, s in enumerate(grad.shape))
        return [] if width == 0 else [grad.zeros(whole)]

    return joined([*zeros(start), grad, *zeros(minus(size, start, length))], dim)


def joined(parts: Sequence[Symbol], dim: int) -> Symbol:
    """Put together along an axis."""
    if len(parts) == 1:
        return parts[0]
    return parts[0].emitter.emit("aten.cat.default", (parts,), {"dim": dim})


def _slice(call: Call, grads: Gradients) -> Sequence[object]:
    x = call.x()
    dim = axis(call.whole("dim"), len(x.shape))
    start = begin(call.attribute("start"), x.shape[dim])
    return (spread(first(grads), x.shape, dim, start, call.whole("step")),)


def _select(call: Call, grads: Gradients) -> Sequence[object]:
    x, grad = call.x(), first(grads)
    dim = axis(call.whole("dim"), len(x.shape))
    return (
        spread(grad.unsqueeze(dim), x.shape, dim, begin(call.attribute("index"), x.shape[dim]), 1),
    )


def _cat(call: Call, grads: Gradients) -> Sequence[object]:
    grad = first(grads)
    dim = axis(call.whole("dim"), len(grad.shape))
    start: Size = 0
    found = []
    for part in call.listed():
        if part is None:
            raise TypeError("cat takes tensors alone")
        end = start + part.shape[dim]
        found.append(grad.slice(dim, start, end))
        start = end
    return (found,)


def _stack(call: Call, grads: Gradients) -> Sequence[object]:
    grad = first(grads)
    dim = axis(call.whole("dim"), len(grad.shape))
    return ([grad.call("select.int", dim=dim, index=i) for i in range(len(call.listed()))],)


def _parts(call: Call, grads: Gradients) -> list[Symbol]:
    """The gradients of all parts; 0 for one that nobody read."""
    return [call.out[i].zeros() if grad is None else grad for i, grad in enumerate(grads)]


def _split(call: Call, grads: Gradients) -> Sequence[object]:
    return (joined(_parts(call, grads), axis(call.whole("dim"), len(call.x().shape))),)


def _unbind(call: Call, grads: Gradients) -> Sequence[object]:
    dim, parts = axis(call.whole("dim"), len(call.x().shape)), _parts(call, grads)
    return (parts[0].emitter.emit("aten.stack.default", (parts,), {"dim": dim}),)


def _repeat(call: Call, grads: Gradients) -> Sequence[object]:
    x, grad, repeats = call.x(), first(grads), call.wholes("repeats")
    extra = len(repeats) - len(x.shape)
    sizes: list[Size] = []
    for times, size in zip(repeats, (1,) * extra + x.shape, strict=True):
        sizes += [times, size]
    summed = grad.reshape(tuple(sizes)).sum(tuple(range(0, len(sizes), 2)))
    return (summed.reshape(x.shape),)


def _flip(call: Call, grads: Gradients) -> Sequence[object]:
    return (first(grads).call("flip.default", dims=call.wholes("dims")),)


def _pad(call: Call, grads: Gradients) -> Sequence[object]:
    turned = tuple(-width for width in call.wholes("pad"))
    return (first(grads).call("constant_pad_nd.default", pad=turned),)


def _triangle(call: Call, grads: Gradients) -> Sequence[object]:
    kind = call.op.removeprefix("aten.")
    return (first(grads).call(kind, diagonal=call.whole("diagonal")),)


_REFORMED = (
    "view.default", "reshape.default", "unsqueeze.default", "squeeze.dim", "squeeze.dims",
    "squeeze.default", "_unsafe_view.default",
)  # fmt: skip
_FILLED = (
    "full.default", "full_like.default", "zeros.default", "ones.default", "zeros_like.default",
    "ones_like.default", "arange.default", "arange.start", "arange.start_step",
    "scalar_tensor.default", "new_zeros.default", "new_ones.default", "new_full.default",
    "eye.default",
)  # fmt: skip

ROWS: tuple[Row, ...] = (
    *(Row(f"aten.{op}", free, _back, view=True) for op in _REFORMED),
    Row("aten.expand.default", free, _expand, view=True),
    Row("aten.permute.default", free, _permute, view=True),
    Row("aten.transpose.int", free, _transpose, view=True),
    Row("aten.t.default", free, _t, view=True),
    Row("aten.slice.Tensor", free, _slice, view=True),
    Row("aten.select.int", free, _select, view=True),
    Row("aten.cat.default", free, _cat),
    Row("aten.stack.default", free, _stack),
    Row("aten.split.Tensor", free, _split, view=True),
    Row("aten.unsafe_split.Tensor", free, _split, view=True),
    Row("aten.split_with_sizes.default", free, _split, view=True),
    Row("aten.unbind.int", free, _unbind, view=True),
    Row("aten.repeat.default", free, _repeat),
    Row("aten.flip.default", free, _flip),
    Row("aten.constant_pad_nd.default", free, _pad),
    Row("aten.tril.default", free, _triangle),
    Row("aten.triu.default", free, _triangle),
    *(Row(f"aten.{op}", free, constant=True) for op in _FILLED),
)
