# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whether a loss has stopped falling."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vynapse.esper.leyline.measurement import Measurement


def relative_fall(losses: Sequence[float], window: int) -> Measurement | None:
    """How fast a loss has fallen of late: the slope of the least-squares line, sign reversed.

    Args:
        losses: one per epoch, oldest first.
        window: epochs to look back, at least 1; window + 1 losses are looked at.

    Returns:
        The fall per epoch as a share of the mean loss, negative where it has risen. None where
        fewer losses are known, or one of them is not finite. A loss of 0 falls by 0.
    """
    recent = losses[-window - 1 :]
    if len(recent) <= window or not all(map(math.isfinite, recent)):
        return None
    middle = window / 2
    moments = math.fsum((epoch - middle) * loss for epoch, loss in enumerate(recent))
    spread = math.fsum((epoch - middle) ** 2 for epoch in range(window + 1))
    size = math.fsum(map(abs, recent)) / len(recent)
    fall = -moments / spread / size if size else 0.0
    return Measurement(fall, None, len(recent), "share per epoch")
