# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A controller for tests of resume: layers become wider and slots deeper, stage after stage."""

from collections.abc import Sequence
from typing import Final

from vynapse.esper.leyline.actions import Action, Cull, Decision, Deepen, Fossilize, Narrow, Widen
from vynapse.esper.leyline.legal import legal
from vynapse.esper.leyline.observation import Observation

_TURNS: Final[tuple[type[Action], ...]] = (
    Widen, Deepen, Fossilize, Cull, Widen, Cull, Fossilize, Narrow,
)  # fmt: skip


class Wider:
    """Takes the kinds of action in turn, and of those that are legal one after the other."""

    wants_wider = True

    def decide(self, observation: Observation) -> Sequence[Decision]:
        epoch = observation.epoch
        turn = epoch // len(_TURNS)
        allowed = [a for a in legal(observation) if type(a) is _TURNS[epoch % len(_TURNS)]]
        return [Decision(allowed[turn % len(allowed)], "it is its turn")] if allowed else []


def make(*_: object) -> Wider:
    """What recipes name."""
    return Wider()
