# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Activations with their derivatives, and sums over examples: what gradients are made of."""

from __future__ import annotations

import numpy as np

from vynapse.kernels.reference.functions import exp, gelu, relu, sigmoid, tanh
from vynapse.seeding import F32


def activated(name: str, x: F32) -> tuple[F32, F32]:
    """The activation of `x` and its derivative."""
    one, half = np.float32(1), np.float32(0.5)
    if name == "tanh":
        y = tanh(x)
        return y, one - y * y
    if name == "sigmoid":
        y = sigmoid(x)
        return y, y * (one - y)
    if name == "relu":
        return relu(x), (x > 0).astype(np.float32)
    if name == "gelu":
        root = np.float32(0.7978845608)
        t = tanh(root * (x + np.float32(0.044715) * x * x * x))
        inner = root * (one + np.float32(0.134145) * x * x)
        return gelu(x), half * (one + t) + half * x * (one - t * t) * inner
    if name == "steep-sigmoid":
        y = sigmoid(np.float32(4.9) * x)
        return y, np.float32(4.9) * (y * (one - y))
    if name == "gauss":
        y = exp(-(x * x))
        return y, np.float32(-2) * x * y
    return x, np.ones_like(x)


def over_examples(values: F32, width: int) -> F32:
    """Sum over the last axis: lane by lane, then by halves."""
    blocks = values.reshape(*values.shape[:-1], -1, width)
    lanes = np.zeros_like(blocks[..., 0, :])
    for block in range(blocks.shape[-2]):
        lanes += blocks[..., block, :]
    while width > 1:
        width //= 2
        lanes = lanes[..., :width] + lanes[..., width:]
    result: F32 = lanes[..., 0]
    return result
