# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Several columns as the target of a table: numbers, or labels that are each there or not."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from vynapse.core import Array
from vynapse.settings import Settings


class NumbersTarget(Settings):
    """Numbers to predict together; a network learns (value - mean) / scale of each."""

    kind: Literal["multi-output"] = "multi-output"
    names: tuple[str, ...] = Field(min_length=2, description="column names")
    means: tuple[float, ...] = Field(description="means of the training rows")
    scales: tuple[float, ...] = Field(
        description="standard deviations of the training rows, 1 where that is 0 but for rounding"
    )

    @property
    def name(self) -> str:
        """All names, for sentences."""
        return ", ".join(self.names)

    def values(self, outputs: Array) -> Array:
        """Outputs (rows, out) in the units of the file, float64."""
        return np.asarray(outputs.astype(np.float64) * self.scales + np.array(self.means))


class LabelsTarget(Settings):
    """Labels of which any number may be there; each column holds 0 or 1."""

    kind: Literal["multi-label"] = "multi-label"
    names: tuple[str, ...] = Field(min_length=1, description="column names")

    @property
    def name(self) -> str:
        """All names, for sentences."""
        return ", ".join(self.names)
