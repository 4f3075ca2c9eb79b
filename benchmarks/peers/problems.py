# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What every peer is measured on: the problems, and the forms in which a peer answers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# XOR with 2-2-1: tanh, sigmoid, mean squared error over the four patterns.
# A genome is w1 (2, 2), b1 (2,), w2 (2,), b2 in this order.
XOR_X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
XOR_Y = np.array([0, 1, 1, 0], np.float32)
XOR_WEIGHTS = 9
XOR_SOLVED = 1e-2
# a search for a solution may measure this many networks, a hundred in a generation
SOLVE_POPULATION = 100
SOLVE_EVALUATIONS = 100_000
SOLVE_GENERATIONS = SOLVE_EVALUATIONS // SOLVE_POPULATION

# 784-32-10: tanh, softmax cross-entropy. A genome is w1 (784, 32), b1, w2 (32, 10), b2.
INPUTS, HIDDEN, CLASSES, ROWS = 784, 32, 10, 1000
W1, B1, W2 = INPUTS * HIDDEN, INPUTS * HIDDEN + HIDDEN, INPUTS * HIDDEN + HIDDEN + HIDDEN * CLASSES
MLP_WEIGHTS = W2 + CLASSES
MLP_POPULATION = 256


def mlp_rows() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Inputs (1000, 784) in [0, 1) and labels (1000,). No rate depends on what they show."""
    rng = np.random.default_rng(0)
    return rng.random((ROWS, INPUTS), np.float32), rng.integers(0, CLASSES, ROWS)


@dataclass(frozen=True)
class Case:
    """Something to be timed: `run()` does `units` generations or steps, and ends when they have."""

    run: Callable[[], object]
    units: int


@dataclass(frozen=True)
class Solved:
    """How a search for XOR ended."""

    loss: float
    evaluations: int
