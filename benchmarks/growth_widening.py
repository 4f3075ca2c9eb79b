# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A controller that widens every layer by the clock: 4, 8, 16, 32 channels."""

from collections.abc import Sequence
from typing import Final

from vynapse.esper.leyline.actions import Decision, Fossilize, Widen
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.seeding import Streams


class Wider:
    """Doubles the channels of all layers every so many epochs; new ones stay an epoch later.

    Args:
        streams: not used.
        begin: epochs done before the first time.
        every: epochs from one time to the next.
        factor: how many times as many channels a layer has afterwards.
        most: channels of a layer, at most.
        blueprints: that may germinate; it germinates none.
    """

    wants_wider: Final = True

    def __init__(
        self,
        streams: Streams,
        begin: int = 2,
        every: int = 2,
        factor: int = 2,
        most: int = 32,
        blueprints: Sequence[str] | None = None,
    ) -> None:
        self._begin, self._every, self._factor = begin, every, factor
        self._most, self.blueprints = most, blueprints

    def decide(self, observation: Observation) -> Sequence[Decision]:
        """What to do now."""
        decisions = [
            Decision(Fossilize(layer.layer), "its new channels have trained for an epoch")
            for layer in observation.layers
            if layer.phase == SeedPhase.BLENDING and layer.epochs >= 1
        ]
        since = observation.epoch - self._begin
        if since < 0 or since % self._every:
            return decisions
        for layer in observation.layers:
            channels = min(self._most, self._factor * layer.channels)
            if layer.widens and not layer.added and channels > layer.channels:
                reason = f"epoch {observation.epoch} is on the schedule"
                decisions.append(Decision(Widen(layer.layer, channels), reason))
        return decisions
