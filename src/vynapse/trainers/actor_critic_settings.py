# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The keys of mode `actor-critic`. What learns is not loaded for them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from vynapse.chosen import Chosen
from vynapse.evolution.strategies.kind import STRATEGIES, Strategy
from vynapse.registry import Choice
from vynapse.settings import Count, Settings, Size

Hidden = Annotated[tuple[Size, ...], Field(min_length=1)]


class ActorCriticSettings(Settings):
    """Keys of mode `actor-critic`: evolutionary reinforcement learning (Khadka & Tumer 2018)."""

    strategy: Annotated[Choice[Strategy] | None, Chosen(STRATEGIES, optional=True)] = Field(
        {"kind": "mu+lambda", "mu": 3, "offspring": 7},
        validate_default=True,
        description="how the population of actors changes, with the keys of that strategy; null "
        "for the learner alone",
    )
    episodes: Count = Field(
        1,
        description="episodes that an actor plays in a generation, the same for all; one where all "
        "begin alike",
    )
    inject_every: Count = Field(
        1, description="generations between two times that the learner's actor may enter"
    )
    explore_episodes: Count = Field(
        1, description="episodes of a generation in which the learner explores"
    )
    noise: float = Field(
        0.1,
        ge=0,
        le=1,
        description="how it explores: share of blind actions, or where actions are vectors "
        "standard deviation of what is added, in halves of the range of an action",
    )
    warmup: int = Field(
        1000,
        ge=0,
        description="environment steps before the first update; the learner explores blindly "
        "until then",
    )
    updates_per_step: float = Field(
        0.5,
        ge=0,
        le=10,
        description="updates of the learner for each environment step of a generation; 0 for the "
        "population alone",
    )
    replay: Size = Field(
        30_000, ge=1, description="environment steps that are remembered, the latest of all players"
    )
    batch_size: Size = Field(128, ge=1, description="environment steps of an update")
    learning_rate: float = Field(1e-3, gt=0, description="step size of Adam")
    discount: float = Field(0.99, gt=0, le=1, description="weight of the next step's return")
    target_rate: float = Field(
        0.005, gt=0, le=1, description="how far the targets follow after an update: share"
    )
    critic: Hidden = Field((64, 64), description="sizes of the hidden layers of each critic")
    normalize_observations: bool = Field(
        False,
        description="observations are shifted and scaled to mean 0 and standard deviation 1, as "
        "measured so far",
    )
    evaluate_every: Count = Field(
        1,
        description="generations between two looks whether an actor is the best so far, on the "
        "validation episodes",
    )

    @property
    def learns(self) -> bool:
        """Whether there is a learner beside the population."""
        return self.updates_per_step > 0
