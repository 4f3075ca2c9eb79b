# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whether a loss has stopped falling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from vynapse.esper.leyline.measurement import Measurement
from vynapse.statistics import student_t95


def relative_fall(losses: Sequence[float], window: int) -> Measurement | None:
    """How fast a loss has fallen of late: the slope of the least-squares line, sign reversed.

    The interval is that of a slope, by Student's t, from what the line leaves over. So one loss
    that stands out makes the slope uncertain, wherever it stands.

    Args:
        losses: one per epoch, oldest first.
        window: epochs to look back, at least 1; window + 1 losses are looked at.

    Returns:
        The fall per epoch as a share of the mean loss, negative where it has risen, with its 95 %
        interval; two losses say nothing of that. None where fewer losses are known, or one of them
        is not finite. A loss of 0 falls by 0.
    """
    recent = losses[-window - 1 :]
    if len(recent) <= window or not all(map(math.isfinite, recent)):
        return None
    size = math.fsum(map(abs, recent)) / len(recent)
    if not size:
        return Measurement(0.0, 0.0 if window > 1 else None, len(recent), _UNIT)
    scaled = [loss / size for loss in recent]  # before anything is squared
    middle, mean = window / 2, math.fsum(scaled) / len(scaled)
    spread = math.fsum((epoch - middle) ** 2 for epoch in range(window + 1))
    slope = math.fsum((epoch - middle) * loss for epoch, loss in enumerate(scaled)) / spread
    uncertainty = None
    if window > 1:
        left = (loss - mean - slope * (epoch - middle) for epoch, loss in enumerate(scaled))
        variance = math.fsum(rest**2 for rest in left) / (window - 1) / spread
        uncertainty = student_t95(window - 1) * math.sqrt(variance)
    return Measurement(-slope, uncertainty, len(recent), _UNIT)


_UNIT: Final = "share per epoch"
