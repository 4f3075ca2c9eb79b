# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""No growth: the control that shows what training alone would have done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from vynapse.core import State
from vynapse.esper.leyline.actions import Decision
from vynapse.esper.leyline.observation import Observation


@final
class NoOp:
    """Never acts."""

    def decide(self, observation: Observation) -> Sequence[Decision]:
        """Nothing."""
        return []

    def state(self) -> State:
        """Nothing."""
        return {}

    def load(self, state: State) -> None:
        """Nothing to do."""
