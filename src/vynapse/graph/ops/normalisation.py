# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Layer, group and batch norm, from means and variances, and torch's backward ops for them."""

from __future__ import annotations

from collections.abc import Sequence

from vynapse.errors import GraphError
from vynapse.graph.ops.row import Call, Expand, Row, over
from vynapse.graph.symbol import Symbol, count
from vynapse.graph.values import Size


def _whiten(x: Symbol, dims: tuple[int, ...], epsilon: float) -> tuple[Symbol, Symbol, Symbol]:
    """The input with mean 0 and variance 1 over some axes, the mean, and 1 / deviation."""
    mean = x.mean(dims)
    away = x - mean
    scale = ((away * away).mean(dims) + epsilon).call("rsqrt.default")
    return away * scale, mean, scale


def _affine(x: Symbol, weight: Symbol | None, bias: Symbol | None) -> Symbol:
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def _channels(x: Symbol | None, rank: int) -> Symbol | None:
    """A vector over the channels, in the shape that broadcasts over a batch of this rank."""
    return None if x is None else x.reshape((1, *x.shape, *(1,) * (rank - 2)))


def _layer_axes(call: Call, x: Symbol) -> tuple[int, ...]:
    rank = len(x.shape)
    return tuple(range(rank - len(call.wholes("normalized_shape")), rank))


def _layer_norm(call: Call) -> Sequence[Symbol | None]:
    x = call.x()
    white, mean, scale = _whiten(x, _layer_axes(call, x), call.number("eps"))
    return _affine(white, call.optional(1), call.optional(2)), mean, scale


def _white_back(grad: Symbol, white: Symbol, scale: Symbol, dims: tuple[int, ...]) -> Symbol:
    """Through the whitening: what changes mean or variance does not pass."""
    return (grad - grad.mean(dims) - white * (grad * white).mean(dims)) * scale


def _layer_norm_backward(call: Call) -> Sequence[Symbol | None]:
    grad, x, mean, scale = call.x(0), call.x(1), call.x(2), call.x(3)
    weight = call.optional(4)
    dims = _layer_axes(call, x)
    white = (x - mean) * scale
    lead = tuple(range(dims[0]))
    inner = grad if weight is None else grad * weight
    return _white_back(inner, white, scale, dims), (grad * white).sum(lead), grad.sum(lead)


def _grouped(x: Symbol, groups: int) -> tuple[tuple[Size, ...], tuple[int, ...]]:
    """The shape with the channels split into groups, and the axes of one group."""
    batch, channels, *places = x.shape
    split = (batch, groups, int(channels) // groups, *places)  # type: ignore[arg-type]
    return split, tuple(range(2, len(split)))


def _group_norm(call: Call) -> Sequence[Symbol | None]:
    x, groups = call.x(), call.whole("group")
    split, dims = _grouped(x, groups)
    white, mean, scale = _whiten(x.reshape(split), dims, call.number("eps"))
    rank = len(x.shape)
    out = _affine(
        white.reshape(x.shape), _channels(call.optional(1), rank), _channels(call.optional(2), rank)
    )
    flat = (x.shape[0], groups)
    return out, mean.reshape(flat), scale.reshape(flat)


def _group_norm_backward(call: Call) -> Sequence[Symbol | None]:
    grad, x, mean, scale = call.x(0), call.x(1), call.x(2), call.x(3)
    weight, rank = _channels(call.optional(4), len(x.shape)), len(x.shape)
    split, dims = _grouped(x, call.whole("group"))
    tall = (*mean.shape, *(1,) * (rank - 1))
    white = (x.reshape(split) - mean.reshape(tall)) * scale.reshape(tall)
    inner = grad if weight is None else grad * weight
    back = _white_back(inner.reshape(split), white, scale.reshape(tall), dims).reshape(x.shape)
    lead = (0, *range(2, rank))
    return back, (grad * white.reshape(x.shape)).sum(lead), grad.sum(lead)


def _batch_axes(x: Symbol) -> tuple[int, ...]:
    return (0, *range(2, len(x.shape)))


def _batch_norm_fixed(call: Call) -> Sequence[Symbol | None]:
    """Normalise by the running statistics."""
    x, rank = call.x(), len(call.x().shape)
    mean, variance = _channels(call.x(3), rank), _channels(call.x(4), rank)
    if mean is None or variance is None:
        raise GraphError(f"{call.op} needs running statistics")
    white = (x - mean) * (variance + call.number("eps")).call("rsqrt.default")
    return (
        _affine(white, _channels(call.optional(1), rank), _channels(call.optional(2), rank)),
        None,
        None,
    )


def _batch_norm(call: Call) -> Sequence[Symbol | None]:
    """Normalise by the running statistics, or in training by those of the batch, given back too."""
    if not call.attribute("training"):
        return _batch_norm_fixed(call)
    x, rank, dims = call.x(), len(call.x().shape), _batch_axes(call.x())
    white, mean, scale = _whiten(x, dims, call.number("eps"))
    out = _affine(white, _channels(call.optional(1), rank), _channels(call.optional(2), rank))
    flat = (x.shape[1],)
    if call.op.startswith("aten._native_batch_norm_legit_functional"):
        return out, mean.reshape(flat), scale.reshape(flat), *_running(call, x, mean, dims)
    return out, mean.reshape(flat), scale.reshape(flat)


def _running(call: Call, x: Symbol, mean: Symbol, dims: tuple[int, ...]) -> tuple[Symbol, Symbol]:
    """The running statistics, moved towards those of the batch by the momentum."""
    flat, momentum = (x.shape[1],), call.number("momentum")
    size = count([x.shape[dim] for dim in dims])
    away = x - mean
    unbiased = (away * away).sum(dims, keep=True).reshape(flat) / (size + -1)
    moved = call.x(3) * (1 - momentum) + mean.reshape(flat) * momentum
    return moved, call.x(4) * (1 - momentum) + unbiased * momentum


def _batch_norm_backward(call: Call) -> Sequence[Symbol | None]:
    grad, x, rank, dims = call.x(0), call.x(1), len(call.x(1).shape), _batch_axes(call.x(1))
    weight = _channels(call.optional(2), rank)
    inner = grad if weight is None else grad * weight
    if call.attribute("train"):
        mean, scale = _channels(call.x(5), rank), _channels(call.x(6), rank)
    else:
        mean, variance = _channels(call.x(3), rank), _channels(call.x(4), rank)
        scale = None if variance is None else (variance + call.number("eps")).call("rsqrt.default")
    if mean is None or scale is None:
        raise GraphError(f"{call.op} needs statistics")
    white = (x - mean) * scale
    back = _white_back(inner, white, scale, dims) if call.attribute("train") else inner * scale
    return back, (grad * white).sum(dims), grad.sum(dims)


def _weight_norm(call: Call) -> Sequence[Symbol | None]:
    """A direction times a size (Salimans and Kingma 2016, equation 2)."""
    direction, size = call.x(0), call.x(1)
    others = tuple(i for i in range(len(direction.shape)) if i != call.whole("dim"))
    norm = (direction * direction).sum(others, keep=True).call("sqrt.default")
    return direction * (size / norm), norm


def _norm(name: str, forward: Expand, backward: Expand) -> tuple[Row, Row]:
    """A norm, and torch's backward op for it."""
    return (
        Row(f"aten.native_{name}.default", over(8), expand=forward),
        Row(f"aten.native_{name}_backward.default", over(14), expand=backward),
    )


ROWS: tuple[Row, ...] = (
    *_norm("layer_norm", _layer_norm, _layer_norm_backward),
    *_norm("group_norm", _group_norm, _group_norm_backward),
    *_norm("batch_norm", _batch_norm, _batch_norm_backward),
    Row("aten._native_batch_norm_legit_functional.default", over(8), expand=_batch_norm),
    Row("aten._native_batch_norm_legit_no_training.default", over(4), expand=_batch_norm_fixed),
    Row("aten._weight_norm_interface.default", over(4), expand=_weight_norm),
)
