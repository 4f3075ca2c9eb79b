# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What all checkers use: a demand, and a look at the global random generators."""

from __future__ import annotations

import random

import numpy as np


def demand(holds: bool, sentence: str) -> None:
    """Raise `AssertionError` with the sentence where the promise does not hold."""
    if not holds:
        raise AssertionError(sentence)


def global_generators() -> tuple[str, ...]:
    """What the global generators of Python, NumPy and torch are at."""
    import torch

    return (
        repr(random.getstate()),
        repr(np.random.get_state()),  # noqa: NPY002 - proves that nobody touches it
        repr(torch.random.get_rng_state().tolist()),
    )
