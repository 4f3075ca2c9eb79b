# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What turns the rows that people have into inputs, and outputs into values, without the data."""

from __future__ import annotations

import abc
from typing import Any

import numpy as np

from vynapse.core import Array
from vynapse.tasks.scoring import Scoring


class Reader(abc.ABC):
    """Made of the preprocessing that a run keeps; the data of the run are not needed.

    Attributes:
        output_size: outputs of a network.
        scoring: how its outputs are read.
    """

    output_size: int
    scoring: Scoring

    @abc.abstractmethod
    def inputs(self, rows: Any) -> Array:
        """Rows as people have them -> float32 (n, *input_shape).

        Raises:
            DataError: they are none of this task.
        """

    def values(self, outputs: Array) -> Array:
        """Outputs (n, out) of a regression -> (n,) or (n, out) float64 in the units of the data."""
        numbers = outputs.astype(np.float64)
        return numbers[:, 0] if numbers.shape[1] == 1 else numbers
