# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Attention by scaled dot products (Vaswani et al. 2017), as products and a softmax."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import torch

from vynapse.deploy.lowered.folds import folded, product
from vynapse.deploy.lowered.program import Place
from vynapse.deploy.lowered.step import Rule, Step
from vynapse.graph.schema import ATTENTION


def _attention(step: Step) -> tuple[Place, None]:
    """Queries, keys and values (n, heads, length, width); the second result is for gradients."""
    draft, query, key, value = step.draft, step.x(0), step.x(1), step.x(2)
    scale = step.attribute("scale")
    by = 1 / math.sqrt(query.shape[-1]) if scale is None else step.number("scale")
    turned = Place(
        key.buffer,
        key.offset,
        (*key.shape[:-2], key.shape[-1], key.shape[-2]),
        (*key.strides[:-2], key.strides[-1], key.strides[-2]),
    )
    scores = product(step, query, turned)
    scores = draft.mapped("mul", scores.shape, scores, draft.fixed(by))
    mask = step.optional(3)
    if step.attribute("is_causal"):
        later = torch.full(scores.shape[-2:], -math.inf).triu(1)
        mask = draft.fixed(later.numpy())
    if mask is not None:
        scores = draft.mapped("add", scores.shape, scores, mask)
    largest = folded(draft, "max", scores, (-1,))
    raised = draft.mapped("exp", scores.shape, draft.mapped("sub", scores.shape, scores, largest))
    total = folded(draft, "sum", raised, (-1,))
    return product(step, draft.mapped("div", scores.shape, raised, total), value), None


RULES: Final[Mapping[str, Rule]] = MappingProxyType({ATTENTION: _attention})
