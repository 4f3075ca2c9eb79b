# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ops that make one element of a row: sums, means, extremes, products of matrices."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from vynapse.deploy.lowered.program import Draft, Fold, FoldKind, Operand, Place, contiguous
from vynapse.deploy.lowered.step import Rule, Step


def folded(draft: Draft, kind: FoldKind, x: Place, axes: tuple[int, ...]) -> Place:
    """One element for each row along these axes; they stay, with size 1."""
    rank = len(x.shape)
    gone = sorted({axis % rank for axis in axes} if axes else set(range(rank)))
    kept = [axis for axis in range(rank) if axis not in gone]
    shape = tuple(1 if axis in gone else size for axis, size in enumerate(x.shape))
    out = draft.work(shape)
    walk = Operand(x.buffer, x.offset, tuple(x.strides[axis] for axis in (*kept, *gone)))
    outer, row = (tuple(x.shape[axis] for axis in part) for part in (kept, gone))
    to = Operand(out.buffer, 0, tuple(out.strides[axis] for axis in kept))
    draft.instructions.append(Fold(kind, outer, row, to, (walk,)))
    return out


def _reduced(kind: FoldKind, axes: str) -> Rule:
    def rule(step: Step) -> Place:
        said = step.wholes(axes) if axes else ()
        return shaped(folded(step.draft, kind, step.x(), said), step.shape)

    return rule


def _truth(kind: FoldKind) -> Rule:
    """Whether any or all are other than 0."""

    def rule(step: Step) -> Place:
        x = step.x()
        truths = step.draft.mapped("ne", x.shape, x, step.scalar(0))
        return shaped(folded(step.draft, kind, truths, ()), step.shape)

    return rule


def _mean(axes: str) -> Rule:
    def rule(step: Step) -> Place:
        x = step.x()
        total = folded(step.draft, "sum", x, step.wholes(axes) if axes else ())
        share = step.scalar(total.size / max(1, x.size))
        return shaped(step.draft.mapped("mul", total.shape, total, share), step.shape)

    return rule


def _extreme(kind: FoldKind) -> Rule:
    """Values and places along an axis; the smallest is the largest of the negated."""

    def rule(step: Step) -> tuple[Place, Place]:
        x, axes = step.x(), step.wholes("dim")
        turned = x if kind == "max" else step.draft.mapped("neg", x.shape, x)
        values = folded(step.draft, kind, x, axes)
        places = folded(step.draft, "argmax", turned, axes)
        return shaped(values, step.shape), shaped(places, step.shape)

    return rule


def _place(kind: FoldKind) -> Rule:
    def rule(step: Step) -> Place:
        x = step.x()
        if kind == "min":
            x = step.draft.mapped("neg", x.shape, x)
        return shaped(folded(step.draft, "argmax", x, step.wholes("dim")), step.shape)

    return rule


def _softmax(step: Step) -> Place:
    shifted, total = _exponentials(step)
    return step.mapped("div", step.mapped("exp", shifted), total)


def _log_softmax(step: Step) -> Place:
    shifted, total = _exponentials(step)
    return step.mapped("sub", shifted, step.draft.mapped("log", total.shape, total))


def _exponentials(step: Step) -> tuple[Place, Place]:
    """What is below the largest of each row, and the sums of its exponentials."""
    x, axes = step.x(), step.wholes("dim")
    shifted = step.mapped("sub", x, folded(step.draft, "max", x, axes))
    return shifted, folded(step.draft, "sum", step.mapped("exp", shifted), axes)


def _logsumexp(step: Step) -> Place:
    draft, x, axes = step.draft, step.x(), step.wholes("dim")
    largest = folded(draft, "max", x, axes)
    shifted = draft.mapped("exp", x.shape, draft.mapped("sub", x.shape, x, largest))
    total = folded(draft, "sum", shifted, axes)
    logs = draft.mapped("log", total.shape, total)
    return shaped(draft.mapped("add", total.shape, logs, largest), step.shape)


def _norm(step: Step) -> Place:
    """The Euclidean norm; others have no form here."""
    draft, x = step.draft, step.x()
    if step.number("ord") != 2:
        raise step.refused("a norm of order 2 alone has a form here")
    squares = draft.mapped("mul", x.shape, x, x)
    total = folded(draft, "sum", squares, step.wholes("dim"))
    return shaped(draft.mapped("sqrt", total.shape, total), step.shape)


def product(step: Step, x: Place, y: Place, start: Place | None = None) -> Place:
    """Matrices (…, n, k) and (…, k, m), and what is added to each element."""
    batch, (n, k), m = x.shape[:-2], x.shape[-2:], y.shape[-1]
    out = step.draft.work((*batch, n, m))
    (*rows, a, b), (*columns, c, d) = x.strides, y.strides
    walks = (
        Operand(x.buffer, x.offset, (*rows, a, 0, b)),
        Operand(y.buffer, y.offset, (*columns, 0, d, c)),
    )
    begin = None if start is None else start.walk(out.shape)
    step.draft.instructions.append(Fold("dot", out.shape, (k,), out.walk(), walks, begin))
    return out


def _matrices(step: Step) -> Place:
    return product(step, step.x(), step.x(1))


def _added(step: Step) -> Place:
    """beta start + alpha x y."""
    start, x, y = step.x(), step.x(1), step.x(2)
    if step.number("beta") != 1:
        start = step.draft.mapped("mul", start.shape, start, step.scalar(step.number("beta")))
    if step.number("alpha") != 1:
        x = step.draft.mapped("mul", x.shape, x, step.scalar(step.number("alpha")))
    return product(step, x, y, start)


def _linear(step: Step) -> Place:
    x, weight = step.x(), step.x(1)
    flat = Place(x.buffer, x.offset, (math.prod(x.shape[:-1]), x.shape[-1]), (x.shape[-1], 1))
    if x.strides != contiguous(x.shape):
        flat = shaped(step.draft.mapped("copy", x.shape, x), flat.shape)
    turned = Place(weight.buffer, weight.offset, weight.shape[::-1], weight.strides[::-1])
    return shaped(product(step, flat, turned, step.optional(2)), step.shape)


def _vector(step: Step) -> Place:
    """A matrix or a row, and a column."""
    x, y = step.x(), step.x(1)
    rows = x if len(x.shape) == 2 else Place(x.buffer, x.offset, (1, *x.shape), (0, *x.strides))
    column = Place(y.buffer, y.offset, (*y.shape, 1), (*y.strides, 0))
    return shaped(product(step, rows, column), step.shape)


def shaped(place: Place, shape: tuple[int, ...]) -> Place:
    """Elements that lie side by side, as another shape."""
    if math.prod(shape) != place.size:
        raise AssertionError(f"{place.size} elements do not fill {shape}")
    return Place(place.buffer, place.offset, shape, contiguous(shape))


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "aten.sum.default": _reduced("sum", ""),
        "aten.sum.dim_IntList": _reduced("sum", "dim"),
        "aten.mean.default": _mean(""),
        "aten.mean.dim": _mean("dim"),
        "aten.amax.default": _reduced("max", "dim"),
        "aten.amin.default": _reduced("min", "dim"),
        "aten.any.default": _truth("max"),
        "aten.all.default": _truth("min"),
        "aten.max.dim": _extreme("max"),
        "aten.min.dim": _extreme("min"),
        "aten.argmax.default": _place("max"),
        "aten.argmin.default": _place("min"),
        "aten._softmax.default": _softmax,
        "aten._log_softmax.default": _log_softmax,
        "aten.logsumexp.default": _logsumexp,
        "aten.linalg_vector_norm.default": _norm,
        "aten.mm.default": _matrices,
        "aten.bmm.default": _matrices,
        "aten.addmm.default": _added,
        "aten.baddbmm.default": _added,
        "aten.linear.default": _linear,
        "aten.mv.default": _vector,
        "aten.dot.default": _vector,
        "aten.vdot.default": _vector,
    }
)
