# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Exclusive or, and parity of n bits: all patterns are known, so they train and validate alike."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from vynapse.core import Split
from vynapse.settings import Settings
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.kind import TaskKind


class XorSettings(Settings):
    """Exclusive or has no keys."""


class ParitySettings(Settings):
    """Keys of the task parity."""

    bits: int = Field(3, ge=2, le=16, description="number of input bits; there are 2^bits patterns")


def parity(settings: ParitySettings) -> ArrayTask:
    """All 2^n patterns of n bits (0 or 1); the target is 1 where an odd number of bits is set.

    Loss: mean squared error over the patterns, targets 0 and 1, one sigmoid output.
    """
    return _odd("parity", settings.bits)


def xor(_: XorSettings) -> ArrayTask:
    """The four patterns of two bits: parity of two bits."""
    return _odd("xor", 2)


XOR = TaskKind(
    "xor",
    "exclusive or: 4 patterns, one sigmoid output",
    XorSettings,
    xor,
    network={"mlp": [2, 2, 1]},
    comparison={"flops": 3e6, "target": 0.01},
    bundled=True,
)
PARITY = TaskKind(
    "parity",
    "parity of 2 to 16 bits: all patterns",
    ParitySettings,
    parity,
    comparison={"flops": 1e8, "target": 0.01},
    bundled=True,
)


def _odd(name: str, bits: int) -> ArrayTask:
    patterns = np.arange(2**bits)[:, None] >> np.arange(bits)[::-1] & 1
    targets = patterns.sum(axis=1, keepdims=True) % 2
    return ArrayTask(
        name,
        Splits(Split(patterns.astype(np.float32), targets.astype(np.float32))),
        input_shape=(bits,),
        output_size=1,
        loss="mse",
        output_activation="sigmoid",
        classes=("0", "1"),
        description=(
            f"all {2**bits} patterns of {bits} bits, which train and validate alike; "
            "there is no test split"
        ),
    )
