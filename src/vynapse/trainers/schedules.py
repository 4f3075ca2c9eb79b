# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Learning-rate schedules: a factor of the base rate, a pure function of the step.

The cosine is that of Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm
restarts", ICLR 2017, eq. 5, run down once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

ScheduleName = Literal["constant", "step", "cosine"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """What the learning rate is multiplied by at a step, counted from 0.

    Attributes:
        name: constant (1), step (`step_factor` for every `step_every` steps passed) or cosine
            (from 1 down to `final_factor`).
        warmup: the factor first rises in equal parts to 1 over so many steps; the schedule
            itself begins after them.
        step_every, step_factor: the period and the factor of `step`.
        horizon, final_factor: the step at which the descent of `cosine` ends, and the factor there;
            later steps keep it.
    """

    name: ScheduleName = "constant"
    warmup: int = 0
    step_every: int = 1
    step_factor: float = 1.0
    horizon: int = 1
    final_factor: float = 0.0

    def factor(self, step: int) -> float:
        """The factor at `step`, in (0, 1] (0 only where `final_factor` is)."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        step -= self.warmup
        if self.name == "constant":
            return 1.0
        if self.name == "step":
            return float(self.step_factor ** (step // self.step_every))
        return self._descent(step / max(1, self.horizon - self.warmup))

    def factor_along(self, step: int, progress: float) -> float:
        """The factor where the end is known as a share of the budget, not as a step.

        Args:
            step: the step, from 0; what warmup and `step` count.
            progress: share of the budget that is spent, in [0, 1]; what `cosine` runs down over.
        """
        if self.name == "cosine" and step >= self.warmup:
            return self._descent(progress)
        return self.factor(step)

    def _descent(self, progress: float) -> float:
        progress = min(1.0, progress)
        return self.final_factor + (1 - self.final_factor) * (1 + math.cos(math.pi * progress)) / 2
