# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The words that settings of growth are written in."""

from __future__ import annotations

from typing import Literal

Operator = Literal["add", "interpolate", "gate"]
"""How a seed's correction is mixed into the host's features (see kasmina.blending)."""

Rise = Literal["linear", "cosine", "sigmoid"]
"""How alpha rises from 0 to 1 while a seed blends in."""

NewChannels = Literal["split", "zero", "gradient"]
"""What channels of a layer that becomes wider hold at birth (see kasmina.widening)."""

Isolation = Literal["shadow", "straight_through", "frozen", "joint"]
"""How a seed learns before it blends in (see kasmina.isolation)."""
