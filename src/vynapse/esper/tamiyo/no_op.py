# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""No growth: the control that shows what training alone would have done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, final

from vynapse.esper.leyline.actions import Decision
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.tamiyo.kind import ControllerKind
from vynapse.registry import NoKeys


@final
class NoOp:
    """Never acts."""

    def decide(self, observation: Observation) -> Sequence[Decision]:
        """Nothing."""
        return []


KIND: Final = ControllerKind(
    "no-op",
    "never acts: what training alone would have done",
    NoKeys,
    lambda _settings, _streams: NoOp(),
    grows=False,
)
