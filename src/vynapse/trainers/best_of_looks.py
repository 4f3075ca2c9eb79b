# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The winner of a mode that looks now and then: the best network on the validation episodes."""

from __future__ import annotations

import math
import time
from typing import final

from vynapse.core import Cost, State
from vynapse.networks.state import NetworkState
from vynapse.trainers.episodes import EpisodeValidation


@final
class BestOfLooks:
    """The best network so far; before the first look, the start.

    Args:
        start: where the stage begins.
        validation: how a network is scored.
        flops: operations of one input through it.

    Attributes:
        network: the best one.
        loss: minus its mean return; inf before the first look.
        seconds: time of all looks.
    """

    def __init__(self, start: NetworkState, validation: EpisodeValidation, flops: int) -> None:
        self._validation, self._flops = validation, flops
        self.network, self.loss, self.seconds = start, math.inf, 0.0

    def look(self, network: NetworkState, figures: dict[str, float]) -> tuple[bool, Cost]:
        """Whether a network is the best now, and what it cost to see.

        Args:
            network: a candidate, which takes observations as they are.
            figures: gets `validation_loss` and `return`, the best of a step with several looks.
        """
        began = time.perf_counter()
        loss, _, cost = self._validation.score(network, self._flops)
        self.seconds += time.perf_counter() - began
        if loss < figures.get("validation_loss", math.inf):
            figures["validation_loss"], figures["return"] = loss, -loss
        if loss >= self.loss:
            return False, cost
        self.network, self.loss = network, loss
        return True, cost

    def state(self) -> State:
        """The winner and its loss, as copies."""
        return {
            "winner_loss": self.loss if math.isfinite(self.loss) else None,
            "winner": self.network.structure.model_dump(mode="json"),
            "tensors": {name: tensor.copy() for name, tensor in self.network.tensors.items()},
        }

    def load(self, state: State) -> None:
        """Go on from a state that holds, among others, what `state()` gave."""
        self.network = NetworkState.from_parts(state["winner"], state["tensors"])
        loss = state["winner_loss"]
        self.loss = math.inf if loss is None else loss
