# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Find Adam (Kingma and Ba 2015, algorithm 1) in an update, for torch's fused kernel.

The update of one weight is compared, op by op, with the rule as `trainers.rules` states it. What
stands before it (weight decay, clipping) stays as it is: only the moments and the step are fused.
The kernel goes over the memory once instead of nine times; results differ in the last bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch

from vynapse.graph.ir import Graph

Pattern = tuple[object, ...]
"""An op and its inputs: a pattern, "?name" for anything, or a number; attributes come last."""

_COUNT: Final[Pattern] = ("aten._to_copy.default", "?count", {"dtype": "torch.float64"})


def _bias(beta: str) -> Pattern:
    """1 - beta ** count."""
    power = ("aten.pow.Scalar", _COUNT, {"self": beta})
    return ("aten.rsub.Scalar", power, {"other": 1})


_MEAN: Final[Pattern] = ("aten.lerp.Scalar", "?old_mean", "?gradient", {"weight": "?taken"})
_SQUARE: Final[Pattern] = (
    "aten.addcmul.default",
    ("aten.mul.Tensor", "?old_square", "?beta2"),
    "?gradient",
    "?gradient",
    {"value": "?squared"},
)
_SIZE: Final[Pattern] = (
    "aten.add.Tensor",
    ("aten.div.Tensor", ("aten.sqrt.default", _SQUARE), ("aten.sqrt.default", _bias("?beta2"))),
    "?epsilon",
)
_MOVED: Final[Pattern] = (
    "aten.sub.Tensor",
    "?old",
    (
        "aten.mul.Tensor",
        ("aten.div.Tensor", "?rate", _bias("?beta1")),
        ("aten.div.Tensor", _MEAN, _SIZE),
    ),
)


@dataclass(frozen=True, slots=True)
class Adam:
    """Where the parts of the rule stand in a graph.

    Attributes:
        moved: the new weight.
        old: the weight from which the step is made.
        gradient: what the moments take in.
        mean: the first moment before it.
        square: the second one.
        count: the number of the step, from 1.
        rate: the learning rate.
        betas: decay of the moments.
        epsilon: what keeps the denominator from 0.
        nodes: the ops that need not be computed any more.
    """

    moved: str
    old: str
    gradient: str
    mean: str
    square: str
    count: str
    rate: str
    betas: tuple[float, float]
    epsilon: float
    nodes: frozenset[str]


def available() -> bool:
    """Whether this torch has the kernel, which it keeps for its own optimisers."""
    return hasattr(torch, "_fused_adam_")


def find_adam(graph: Graph, moved: str) -> Adam | None:
    """Adam, where the new value of a weight is that of this rule."""
    found: dict[str, object] = {}
    nodes: set[str] = set()
    if not _matches(graph, moved, _MOVED, found, nodes):
        return None
    beta1, beta2, taken, squared, epsilon = (
        _number(found[name]) for name in ("?beta1", "?beta2", "?taken", "?squared", "?epsilon")
    )
    count, rate = graph.by_name.get(str(found["?count"])), graph.by_name.get(str(found["?rate"]))
    shared = [None if node is None else (node.shape, node.dtype) for node in (count, rate)]
    known = taken == 1 - beta1 and squared == 1 - beta2
    if not known or shared != [((), "float32"), ((), "float64")]:
        return None
    return Adam(
        moved,
        str(found["?old"]),
        str(found["?gradient"]),
        str(found["?old_mean"]),
        str(found["?old_square"]),
        str(found["?count"]),
        str(found["?rate"]),
        (beta1, beta2),
        epsilon,
        frozenset(nodes),
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else float("nan")


def _matches(
    graph: Graph, value: object, pattern: object, found: dict[str, object], nodes: set[str]
) -> bool:
    """Whether a value is what the pattern says; what its names stand for is noted."""
    if isinstance(pattern, str) and pattern.startswith("?"):
        return found.setdefault(pattern, value) == value
    if not isinstance(pattern, tuple):
        return value == pattern
    node = graph.by_name.get(str(value))
    op, *inputs = pattern
    attributes: Mapping[str, object] = inputs.pop() if isinstance(inputs[-1], dict) else {}
    if node is None or node.op != op or len(node.inputs) != len(inputs):
        return False
    nodes.add(node.name)
    said = dict(node.attributes)
    return said.keys() == attributes.keys() and all(
        _matches(graph, given, wanted, found, nodes)
        for given, wanted in [
            *zip(node.inputs, inputs, strict=True),
            *((said[name], attributes[name]) for name in attributes),
        ]
    )
