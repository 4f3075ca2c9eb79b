# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The older names of `leyline.phases`, for controllers that were written for them."""

from __future__ import annotations

from vynapse.esper.leyline.phases import (
    LIVE,
    OPEN,
    TRANSITIONS,
    Cause,
    IllegalTransition,
    follow,
)
from vynapse.esper.leyline.phases import SeedPhase as SeedStage

__all__ = ["LIVE", "OPEN", "TRANSITIONS", "Cause", "IllegalTransition", "SeedStage", "follow"]
