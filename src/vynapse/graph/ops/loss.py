# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Losses. Cross-entropy is stated by `gather`, since its export by the way of torch is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vynapse.errors import GraphError
from vynapse.graph.ops.row import Call, Gradients, Row, each, first, over
from vynapse.graph.ops.slopes import mask
from vynapse.graph.symbol import Symbol, count

_MEAN, _SUM = 1, 2
"""Torch's codes of a reduction; 0 is none."""


def _reduced(call: Call, loss: Symbol) -> Symbol:
    how = call.whole("reduction")
    if how == _MEAN:
        return loss.call("mean.default")
    return loss.call("sum.default") if how == _SUM else loss


def _spread(call: Call, grad: Symbol, x: Symbol) -> Symbol:
    """The gradient of each element of the loss."""
    if call.whole("reduction") == _MEAN:
        grad = grad / count(x.shape)
    return grad.expand(x.shape)


def _squares_slope(_call: Call, x: Symbol, target: Symbol) -> Symbol:
    return (x - target) * 2


def _smooth_slope(call: Call, x: Symbol, target: Symbol) -> Symbol:
    """The slope of smooth L1, constant beyond beta; that of Huber is delta times as steep."""
    huber = "huber" in call.op
    width = call.number("delta" if huber else "beta")
    away = (x - target) / width
    slope = away.call("clamp.default", min=-1.0, max=1.0)
    return slope * width if huber else slope


def _distance(
    name: str, operations: int, slope: Callable[[Call, Symbol, Symbol], Symbol]
) -> tuple[Row, Row]:
    """A loss of the distance to a target, and torch's backward op for it, by its slope."""

    def reverse(call: Call, grads: Gradients) -> Sequence[object]:
        found = slope(call, call.x(0), call.x(1)) * _spread(call, first(grads), call.x(0))
        return found, -found

    def backward(call: Call) -> Sequence[Symbol]:
        grad, x, target = call.x(0), call.x(1), call.x(2)
        return (slope(call, x, target) * _spread(call, grad, x),)

    return (
        Row(f"aten.{name}.default", over(operations), reverse),
        Row(f"aten.{name}_backward.default", each(operations), expand=backward),
    )


def _binary(call: Call) -> Sequence[Symbol]:
    x, target = call.x(0), call.x(1)
    kept = x.call("log.default").call("clamp_min.default", min=-100.0)
    missed = (1 - x).call("log.default").call("clamp_min.default", min=-100.0)
    loss = -(target * kept + (1 - target) * missed)
    return (_reduced(call, loss if call.optional(2) is None else loss * call.x(2)),)


def _binary_backward(call: Call) -> Sequence[Symbol]:
    grad, x, target = call.x(0), call.x(1), call.x(2)
    slope = (x - target) / (x * (1 - x)).call("clamp_min.default", min=1e-12)
    slope = slope if call.optional(3) is None else slope * call.x(3)
    return (slope * _spread(call, grad, x),)


def _binary_logits(call: Call) -> Sequence[Symbol]:
    """max(x, 0) - x * target + log(1 + exp(-|x|)), which does not overflow."""
    x, target = call.x(0), call.x(1)
    if call.optional(3) is not None:
        raise GraphError(f"{call.op} has no rule with pos_weight")
    rest = (-x.call("abs.default")).exp().call("log1p.default")
    loss = x.call("clamp_min.default", min=0.0) - x * target + rest
    return (_reduced(call, loss if call.optional(2) is None else loss * call.x(2)),)


def _weights(
    call: Call, target: Symbol, weight: Symbol | None, like: Symbol
) -> tuple[Symbol, Symbol]:
    """The class to read of each row, ignored ones as 0, and the weight of each row."""
    ignored = call.whole("ignore_index")
    there = target.call("ne.Scalar", other=ignored)
    safe = there.where(target, target.full((), 0).cast(target.dtype))
    share = mask(there, like)
    return safe, share if weight is None else share * weight.call(
        "index_select.default", safe, dim=0
    )


def _rows(call: Call, x: Symbol) -> None:
    if len(x.shape) != 2:
        raise GraphError(f"{call.op} has a rule for rows of classes alone")


def _likelihood(call: Call) -> Sequence[Symbol]:
    x, target = call.x(0), call.x(1)
    _rows(call, x)
    safe, share = _weights(call, target, call.optional(2), x)
    picked = x.call("gather.default", safe.unsqueeze(1), dim=1).call("squeeze.dim", dim=1)
    loss, total = -(picked * share), share.call("sum.default")
    how = call.whole("reduction")
    if how == 0:
        return loss, total * 0
    summed = loss.call("sum.default")
    return (summed / total if how == _MEAN else summed), total


def _likelihood_backward(call: Call) -> Sequence[Symbol]:
    grad, x, target = call.x(0), call.x(1), call.x(2)
    _rows(call, x)
    safe, share = _weights(call, target, call.optional(3), x)
    if call.whole("reduction") == _MEAN:
        grad = grad / call.x(4)
    rows = -(share * grad)
    return (x.zeros().call("scatter_add.default", safe.unsqueeze(1), rows.unsqueeze(1), dim=1),)


ROWS: tuple[Row, ...] = (
    *_distance("mse_loss", 3, _squares_slope),
    *_distance("smooth_l1_loss", 5, _smooth_slope),
    *_distance("huber_loss", 5, _smooth_slope),
    Row("aten.binary_cross_entropy.default", over(12), expand=_binary),
    Row("aten.binary_cross_entropy_backward.default", each(6), expand=_binary_backward),
    Row("aten.binary_cross_entropy_with_logits.default", over(12), expand=_binary_logits),
    Row("aten.nll_loss_forward.default", over(1), expand=_likelihood),
    Row("aten.nll_loss_backward.default", each(1), expand=_likelihood_backward),
)
