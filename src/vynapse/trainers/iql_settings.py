# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The keys of mode `iql`. What learns is not loaded for them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from vynapse.settings import Count, Settings, Size

Hidden = Annotated[tuple[Size, ...], Field(min_length=1)]


class CollectSettings(Settings):
    """Keys below `data`: the episodes that a run plays first, and then learns from."""

    behaviour: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        ("random",),
        description="who plays: random for blind legal choices, run:PATH for the network of a "
        "run, or what the task offers",
    )
    episodes: Count = Field(200, description="how many in all, in equal parts")
    epsilon: float = Field(
        0.2, ge=0, le=1, description="probability that a network of a run acts blindly at a step"
    )
    environments: Count = Field(16, description="how many of them go on side by side, at most")
    seed: int | None = Field(
        None, ge=0, description="root of these episodes; null: that of the run"
    )


class IqlSettings(Settings):
    """Keys of mode `iql`: implicit Q-learning (Kostrikov, Nair & Levine 2021) for choices."""

    data: CollectSettings | str = Field(
        default_factory=CollectSettings,
        description="what it learns from: a file of logged episodes, or who plays them first: "
        "behaviour, episodes, epsilon, environments, seed",
    )
    batch_size: Size = Field(256, ge=2, description="steps of the log in an update")
    learning_rate: float = Field(3e-4, gt=0, description="step size of Adam")
    discount: float = Field(0.99, gt=0, le=1, description="weight of the next step's return")
    expectile: float = Field(
        0.7,
        ge=0.5,
        lt=1,
        description="how near the value of a state is to its best logged action: 0.5 for their "
        "mean, towards 1 for the best",
    )
    temperature: float = Field(
        3.0,
        ge=0,
        description="how strongly the policy prefers better actions; 0 imitates the log as it is",
    )
    target_rate: float = Field(
        0.005, gt=0, le=1, description="how far the slow critics follow in an update: share"
    )
    critic: Hidden = Field((64, 64), description="sizes of the hidden layers of critics and value")
    clip_norm: float = Field(10.0, gt=0, description="largest norm of a gradient")
    normalize_observations: bool = Field(
        False,
        description="observations are shifted and scaled to mean 0 and standard deviation 1, as "
        "measured on the log",
    )
    evaluate_every: Count = Field(
        5,
        description="epochs between two looks whether the network is the best so far, on the "
        "validation episodes",
    )
