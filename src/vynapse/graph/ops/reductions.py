# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Sums, means, extremes and what is built from them."""

from __future__ import annotations

from collections.abc import Sequence

from vynapse.graph.ops.row import Call, Gradients, Row, first, free, over
from vynapse.graph.ops.slopes import mask
from vynapse.graph.symbol import Symbol, axes, axis, count


def _kept(grad: Symbol, dims: Sequence[int], keep: bool) -> Symbol:
    """The gradient with the axes that were summed away put back, of size 1."""
    if not keep:
        for dim in sorted(dims):
            grad = grad.unsqueeze(dim)
    return grad


def _dims(call: Call) -> tuple[int, ...]:
    return axes(call.attribute("dim"), len(call.x().shape))


def _sum_all(call: Call, grads: Gradients) -> Sequence[object]:
    return (first(grads).expand(call.x().shape),)


def _mean_all(call: Call, grads: Gradients) -> Sequence[object]:
    x = call.x()
    return ((first(grads) / count(x.shape)).expand(x.shape),)


def _sum(call: Call, grads: Gradients) -> Sequence[object]:
    x = call.x()
    return (_kept(first(grads), _dims(call), bool(call.attribute("keepdim"))).expand(x.shape),)


def _mean(call: Call, grads: Gradients) -> Sequence[object]:
    x, dims = call.x(), _dims(call)
    size = count([x.shape[dim] for dim in dims])
    grad = _kept(first(grads) / size, dims, bool(call.attribute("keepdim")))
    return (grad.expand(x.shape),)


def _extreme(call: Call, grads: Gradients) -> Sequence[object]:
    """The gradient of amax and amin; equal extremes have equal shares."""
    x, dims, keep = call.x(), _dims(call), bool(call.attribute("keepdim"))
    out = _kept(call.out, dims, keep)
    chosen = mask(x.equals(out), x)
    share = _kept(first(grads), dims, keep) / chosen.sum(dims, keep=True)
    return (chosen * share,)


def _picked(call: Call, grads: Gradients) -> Sequence[object]:
    """The gradient of max, min, topk and sort along one axis, which also give places."""
    x, grad = call.x(), grads[0]
    if grad is None:
        return ()
    dim, places = axis(call.whole("dim"), len(x.shape)), call.out[1]
    if len(grad.shape) < len(x.shape):
        grad, places = grad.unsqueeze(dim), places.unsqueeze(dim)
    return (x.zeros().call("scatter_add.default", places, grad, dim=dim),)


def _variance(call: Call) -> Sequence[Symbol]:
    x, dims = call.x(), _dims(call)
    away = x - x.mean(dims)
    size = count([x.shape[dim] for dim in dims])
    correction = call.attribute("correction")
    freedom = size + -int(1 if correction is None else correction)  # type: ignore[call-overload]
    squares = (away * away).sum(dims, keep=bool(call.attribute("keepdim")))
    return (squares / freedom,)


def _deviation(call: Call) -> Sequence[Symbol]:
    return (_variance(call)[0].call("sqrt.default"),)


def _variance_and_mean(call: Call) -> Sequence[Symbol]:
    x, dims = call.x(), _dims(call)
    mean = x.mean(dims) if call.attribute("keepdim") else x.call("mean.dim", dim=dims)
    return _variance(call)[0], mean


def _log_sum_exp(call: Call, grads: Gradients) -> Sequence[object]:
    x, dims, keep = call.x(), _dims(call), bool(call.attribute("keepdim"))
    out = _kept(call.out, dims, keep)
    return (_kept(first(grads), dims, keep) * (x - out).exp(),)


def _norm(call: Call, grads: Gradients) -> Sequence[object]:
    order = call.attribute("ord") if "linalg" in call.op else call.attribute("p")
    if order not in {None, 2}:
        raise TypeError(f"{call.op}: a reverse rule is known for the L2 norm alone")
    x, dims, keep = call.x(), _dims(call), bool(call.attribute("keepdim"))
    out = _kept(call.out, dims, keep)
    return (x * (_kept(first(grads), dims, keep) / out),)


def _cumulated(call: Call, grads: Gradients) -> Sequence[object]:
    dim = call.whole("dim")
    turned = first(grads).call("flip.default", dims=(dim,)).call("cumsum.default", dim=dim)
    return (turned.call("flip.default", dims=(dim,)),)


def softmax_back(grad: Symbol, out: Symbol, dim: int) -> Symbol:
    """Through the softmax."""
    return out * (grad - (grad * out).sum((dim,), keep=True))


def log_softmax_back(grad: Symbol, out: Symbol, dim: int) -> Symbol:
    """Through the logarithm of the softmax."""
    return grad - out.exp() * grad.sum((dim,), keep=True)


def _softmax(call: Call, grads: Gradients) -> Sequence[object]:
    return (softmax_back(first(grads), call.out, axis(call.whole("dim"), len(call.out.shape))),)


def _log_softmax(call: Call, grads: Gradients) -> Sequence[object]:
    return (log_softmax_back(first(grads), call.out, axis(call.whole("dim"), len(call.out.shape))),)


ROWS: tuple[Row, ...] = (
    Row("aten.sum.default", over(1), _sum_all),
    Row("aten.mean.default", over(1), _mean_all),
    Row("aten.sum.dim_IntList", over(1), _sum),
    Row("aten.mean.dim", over(1), _mean),
    Row("aten.amax.default", over(1), _extreme),
    Row("aten.amin.default", over(1), _extreme),
    Row("aten.max.dim", over(1), _picked),
    Row("aten.min.dim", over(1), _picked),
    Row("aten.topk.default", over(1), _picked),
    Row("aten.sort.default", over(1), _picked),
    Row("aten.var.correction", over(4), expand=_variance),
    Row("aten.std.correction", over(4), expand=_deviation),
    Row("aten.var_mean.correction", over(4), expand=_variance_and_mean),
    Row("aten.logsumexp.default", over(6), _log_sum_exp),
    Row("aten.linalg_vector_norm.default", over(2), _norm),
    Row("aten.norm.ScalarOpt_dim", over(2), _norm),
    Row("aten.cumsum.default", over(1), _cumulated),
    Row("aten._softmax.default", over(7), _softmax),
    Row("aten._log_softmax.default", over(7), _log_softmax),
    Row("aten.argmax.default", over(1), constant=True),
    Row("aten.argmin.default", over(1), constant=True),
    Row("aten.argsort.default", free, constant=True),
    Row("aten.any.default", over(1), constant=True),
    Row("aten.all.default", over(1), constant=True),
)
