# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The keys of mode `policy`. What learns is not loaded for them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from vynapse.settings import Count, Settings, Size

Hidden = Annotated[tuple[Size, ...], Field(min_length=1)]


class PolicySettings(Settings):
    """Keys of mode `policy`: proximal policy optimisation (Schulman et al. 2017)."""

    environments: Count = Field(8, description="how many act side by side")
    rollout: Size = Field(
        128, ge=2, description="steps of each environment between two rounds of updates"
    )
    epochs: Count = Field(10, description="how often the updates of a round go through its steps")
    batch_size: Size = Field(256, ge=2, description="environment steps of an update")
    learning_rate: float = Field(3e-4, gt=0, description="step size of Adam")
    anneal: bool = Field(
        False,
        description="learning rate and clip range run down to 0 over the budget, in equal parts",
    )
    clip_range: float = Field(
        0.2, gt=0, description="how far the probability of an action may move in a round: share"
    )
    discount: float = Field(0.99, gt=0, le=1, description="weight of the next step's return")
    trace: float = Field(
        0.95, ge=0, le=1, description="lambda of generalised advantage estimation: 0 to 1"
    )
    entropy: float = Field(0.0, ge=0, description="weight of the entropy in the loss")
    value: float = Field(0.5, ge=0, description="weight of the critic's error in the loss")
    clip_norm: float = Field(0.5, gt=0, description="largest norm of a gradient")
    critic: Hidden = Field((64, 64), description="sizes of the critic's hidden layers")
    deviation: float = Field(
        1.0,
        gt=0,
        description="standard deviation of the first actions, where these are vectors: half of "
        "the range of an action",
    )
    smooth_noise: int | None = Field(
        None,
        ge=1,
        description="noise of actions that are vectors is a function of the observation (gSDE), "
        "drawn anew after so many steps; null for noise of its own at every step",
    )
    normalize_observations: bool = Field(
        False,
        description="observations are shifted and scaled to mean 0 and standard deviation 1, as "
        "measured so far",
    )
    normalize_rewards: bool = Field(
        False, description="rewards are divided by the standard deviation of discounted returns"
    )
    evaluate_every: Count = Field(
        10,
        description="rounds between two looks whether the network is the best so far, on the "
        "validation episodes",
    )
