# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Products of matrices, and attention, which is made of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vynapse.graph.ops.row import Call, Gradients, Row, Work, first
from vynapse.graph.symbol import Symbol, count


def _mm(call: Call, grads: Gradients) -> Sequence[object]:
    grad = first(grads)
    return grad.mm(call.x(1).t()), call.x(0).t().mm(grad)


def _bmm(call: Call, grads: Gradients) -> Sequence[object]:
    grad = first(grads)
    return grad.bmm(call.x(1).transpose(1, 2)), call.x(0).transpose(1, 2).bmm(grad)


def _scaled(grad: Symbol, factor: float) -> Symbol:
    return grad if factor == 1 else grad * factor


def _addmm(call: Call, grads: Gradients) -> Sequence[object]:
    grad = first(grads)
    inner = _scaled(grad, call.number("alpha"))
    bias = _scaled(grad.like(call.x(0).shape), call.number("beta"))
    return bias, inner.mm(call.x(2).t()), call.x(1).t().mm(inner)


def _baddbmm(call: Call, grads: Gradients) -> Sequence[object]:
    grad = first(grads)
    inner = _scaled(grad, call.number("alpha"))
    bias = _scaled(grad.like(call.x(0).shape), call.number("beta"))
    return bias, inner.bmm(call.x(2).transpose(1, 2)), call.x(1).transpose(1, 2).bmm(inner)


def _mv(call: Call, grads: Gradients) -> Sequence[object]:
    grad = first(grads)
    outer = grad.unsqueeze(1) * call.x(1).unsqueeze(0)
    return outer, call.x(0).t().call("mv.default", grad)


def _dot(call: Call, grads: Gradients) -> Sequence[object]:
    grad = first(grads)
    return grad * call.x(1), grad * call.x(0)


def _linear(call: Call, grads: Gradients) -> Sequence[object]:
    grad, x, weight = first(grads), call.x(0), call.x(1)
    outputs, inputs = weight.shape
    rows = count(x.shape[:-1])
    flat, wide = grad.reshape((rows, outputs)), x.reshape((rows, inputs))
    bias = None if call.optional(2) is None else flat.sum((0,))
    return flat.mm(weight).reshape(x.shape), flat.t().mm(wide), bias


def _attention(call: Call) -> Sequence[Symbol | None]:
    """softmax(q k^T * scale + mask) v (Vaswani et al. 2017, equation 1)."""
    query, key, value = call.x(0), call.x(1), call.x(2)
    scale = call.attribute("scale")
    factor = call.number("scale") if scale is not None else 1 / math.sqrt(int(query.shape[-1]))  # type: ignore[arg-type]
    batch, heads, length, width = query.shape
    planes = count((batch, heads))

    def flat(x: Symbol) -> Symbol:
        return x.reshape((planes, *x.shape[2:]))

    scores = flat(query).bmm(flat(key).transpose(1, 2)) * factor
    scores = scores.reshape((batch, heads, length, key.shape[2]))
    if call.attribute("is_causal"):
        ones = query.full((length, key.shape[2]), 1.0)
        future = ones.call("triu.default", diagonal=1) > 0.0
        scores = future.where(query.full((), -math.inf), scores)
    if call.optional(3) is not None:
        scores = scores + call.x(3)
    weights = scores.call("_softmax.default", dim=-1, half_to_float=False)
    out = flat(weights).bmm(flat(value)).reshape((batch, heads, length, width))
    return out, scores.call("logsumexp.default", dim=(-1,))


def _trilinear(call: Call) -> Sequence[Symbol | None]:
    """The sum over some axes of the product of three tensors."""
    product: Symbol | None = None
    for place in range(3):
        factor = call.x(place)
        for dim in sorted(call.wholes(f"expand{place + 1}")):
            factor = factor.unsqueeze(dim)
        product = factor if product is None else product * factor
    if product is None:
        raise TypeError("three tensors were wanted")
    return (product.sum(call.wholes("sumdim")),)


def product_flops(work: Work) -> int:
    """2 for each element of the result and each term of its sum."""
    return 2 * work.written * work.shape(0)[-1]


def _added_flops(work: Work) -> int:
    return 2 * work.written * work.shape(1)[-1] + work.written


def _linear_flops(work: Work) -> int:
    return 2 * work.written * work.shape(1)[-1] + work.written * (len(work.shape(2)) > 0)


def attention_flops(work: Work) -> int:
    """Two products, the scaling and the softmax."""
    batch, heads, length, width = work.shape(0)
    scores = batch * heads * length * work.shape(1)[2]
    return 4 * scores * width + 8 * scores


ROWS: tuple[Row, ...] = (
    Row("aten.mm.default", product_flops, _mm),
    Row("aten.bmm.default", product_flops, _bmm),
    Row("aten.addmm.default", _added_flops, _addmm),
    Row("aten.baddbmm.default", _added_flops, _baddbmm),
    Row("aten.mv.default", product_flops, _mv),
    Row("aten.dot.default", lambda work: 2 * work.read, _dot),
    Row("aten.vdot.default", lambda work: 2 * work.read, _dot),
    Row("aten._trilinear.default", lambda work: 3 * work.written * work.read, expand=_trilinear),
    Row("aten.linear.default", _linear_flops, _linear),
    Row("mkldnn._linear_pointwise.default", _linear_flops),
    Row(
        "aten._scaled_dot_product_flash_attention_for_cpu.default",
        attention_flops,
        expand=_attention,
    ),
)
