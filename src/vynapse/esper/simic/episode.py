# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""One run of growth as an episode: look, choose, carry out, train for an epoch, look again.

The run is that of mode grow with the same seed and a controller that chooses alike, to the bit. As
there, nothing is chosen after an epoch that was taken back: the next one follows at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from vynapse.core import Array, State
from vynapse.core.compatible import Kind, Numbers, refuse_misfit
from vynapse.core.control import Legal
from vynapse.errors import TrainingError
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.simic import schema
from vynapse.esper.simic.features import encode
from vynapse.esper.simic.remembered import as_data, from_data
from vynapse.esper.simic.reward import Reward
from vynapse.esper.simic.settings import GrowthTaskSettings
from vynapse.esper.tolaria.growth import Growth
from vynapse.seeding import F32
from vynapse.trainers.mode import Stage


@final
@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What an episode shows.

    Attributes:
        vector: the last looks, the newest last (history * FEATURES,).
        legal: which choices are legal (sum of factors,).
        reward: what the step that led here is worth.
        terminated: the network cannot be trained any more.
        truncated: the budget is spent.
        flops: operations since what was shown before.
    """

    vector: F32
    legal: Legal
    reward: float = 0.0
    terminated: bool = False
    truncated: bool = False
    flops: int = 0


@final
class Episode:
    """A run of growth.

    Args:
        settings: keys of the task.
        stage: the task that is learnt, its network, the budget and the streams.
    """

    def __init__(self, settings: GrowthTaskSettings, stage: Stage) -> None:
        self._settings, self._limits = settings, settings.limits
        self._growth = Growth(stage, settings.grow, settings.limits.blueprints)
        self._told = 0
        self._look = self._observe()
        self._reward = Reward(settings.reward, self._look)
        self._past = [np.zeros_like(encode(self._look))] * (settings.history - 1)
        self._past.append(encode(self._look))

    @property
    def observation(self) -> Observation:
        """The present look."""
        return self._look

    def seen(self) -> Seen:
        """What is shown at the beginning."""
        return Seen(self._vector(), self._legal(), flops=self._flops())

    def step(self, action: Array) -> Seen:
        """Carry an action out, and train until the next look.

        Args:
            action: what to do, and the size (2,).

        Raises:
            ConfigError: it is not legal.
        """
        decisions = schema.decisions(action, self._look, self._limits)
        before, progress = self._look, self._growth.progress() or 0.0
        self._growth.apply(decisions)
        try:
            while not self._growth.live().sound and self._growth.progress() != 1:
                pass
        except TrainingError:
            terms = self._reward.dead(before)
            return Seen(
                self._vector(), self._legal(), terms.total(), terminated=True, flops=self._flops()
            )
        self._look = self._observe()
        share = (self._growth.progress() or 0.0) - progress
        terms = self._reward.after(decisions, before, self._look, share)
        self._past = [*self._past[1:], encode(self._look)]
        over = self._growth.progress() == 1
        return Seen(
            self._vector(), self._legal(), terms.total(), truncated=over, flops=self._flops()
        )

    def state(self) -> State:
        """All that a fresh episode of the same seed needs to go on bit for bit."""
        return {
            "growth": self._growth.state(),
            "look": as_data(self._look),
            "past": np.stack(self._past),
            "reward": self._reward.state(),
        }

    def load(self, state: State) -> None:
        """Become the episode whose `state()` this was.

        Raises:
            CheckpointError: it does not fit.
        """
        names = Kind("names and values", (dict,))
        form = {"growth": names, "look": names, "past": Numbers(), "reward": names}
        refuse_misfit("an episode of growth", form, state)
        self._growth.load(state["growth"])
        self._look = from_data(state["look"])
        self._past = list(state["past"].astype(np.float32))
        self._reward.load(state["reward"])
        self._told = self._growth.cost.flops or 0

    def _observe(self) -> Observation:
        return self._growth.observe(schema.NEEDS)

    def _vector(self) -> F32:
        return np.concatenate(self._past)

    def _legal(self) -> Legal:
        return schema.masks(self._look, self._limits)

    def _flops(self) -> int:
        before, self._told = self._told, self._growth.cost.flops or 0
        return self._told - before
