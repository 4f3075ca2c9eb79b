# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Measured values with what is needed to judge them, and what gates made of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Measurement:
    """A mean over samples. What was not measured is None, never a Measurement of 0.

    Attributes:
        value: the mean.
        uncertainty: half-width of its 95 % confidence interval; None where one sample says nothing
            about it.
        samples: how many values the mean is over.
        unit: what it is measured in, e.g. "nats" or "share".
    """

    value: float
    uncertainty: float | None
    samples: int
    unit: str

    @property
    def low(self) -> float | None:
        """Lower end of the confidence interval."""
        return None if self.uncertainty is None else self.value - self.uncertainty

    @property
    def high(self) -> float | None:
        """Upper end of the confidence interval."""
        return None if self.uncertainty is None else self.value + self.uncertainty


@dataclass(frozen=True, slots=True)
class GateResult:
    """Whether a seed may pass, and on what evidence.

    Attributes:
        gate: name of the gate.
        measured: what it looked at; None where it could not be measured: then it does not pass.
        side: whether the value has to lie above or below the threshold.
        threshold: the threshold in the unit of the measurement.
        passed: the verdict.
    """

    gate: str
    measured: Measurement | None
    side: Literal["above", "below"]
    threshold: float
    passed: bool

    def as_data(self) -> dict[str, Any]:
        """JSON values for an event."""
        return asdict(self)
