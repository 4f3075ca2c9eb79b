# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The softmax, in float64."""

from __future__ import annotations

import numpy as np

from vynapse.core import Array


def softmax(output: Array) -> Array:
    """(b, o) logits -> (b, o) float64 probabilities."""
    wide = output.astype(np.float64)
    exponentials = np.exp(wide - wide.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))
