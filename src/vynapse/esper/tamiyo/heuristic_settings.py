# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The keys of controller `heuristic`: when something grows, and what it has to prove."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from vynapse.esper.tamiyo.limit_settings import LimitSettings


class HeuristicSettings(LimitSettings):
    """The keys of controller `heuristic`."""

    host_epochs: int = Field(
        3,
        ge=0,
        description="training before the first germination; 0: the network has been trained "
        "already, and seeds germinate at the first look: epochs",
    )
    plateau_window: int = Field(
        3, ge=1, description="over how long the fall of the validation loss is measured: epochs"
    )
    plateau_gain: float = Field(
        0.1,
        description="the host has plateaued unless its validation loss surely falls by this or "
        "more: share of the loss, per epoch",
    )
    deadline: float | None = Field(
        0.3,
        ge=0,
        le=1,
        description="when the first seeds germinate at the latest, whatever the loss does; earlier "
        "where reserve would be lacking; null: they wait for a plateau: share of the budget",
    )
    blending_epochs: int = Field(
        1,
        ge=0,
        description="how long blending is reckoned to take when the budget is looked at: epochs",
    )
    reserve: float = Field(
        0.25,
        ge=0,
        lt=1,
        description="what must be left when a seed that germinates now has blended in: share of "
        "the budget",
    )

    bottleneck: float | None = Field(
        0.4,
        ge=0,
        description="a layer of the network becomes wider when it uses at least this much of its "
        "width; null: layers keep their widths: share of the width",
    )
    widening: float = Field(
        2.0, gt=1, description="how many channels a layer has then: multiples of its channels"
    )

    chances: int = Field(
        3,
        ge=1,
        description="a blueprint is not tried again in a slot where so many of its seeds were "
        "culled: seeds",
    )

    least_health: float = Field(
        0.8,
        ge=0,
        lt=1,
        description="least gradient health at which a seed blends: share of its layers and "
        "steps with a usable gradient",
    )
    least_gain: float = Field(
        -0.05,
        description="a seed blends when the lower bound of its gain is above this; one that "
        "does no harm alone may help once the host learns with it: unit of the loss"
        " (nats for cross-entropy)",
    )
    training_epochs: int = Field(1, ge=1, description="least time in training: epochs")
    training_limit: int = Field(
        6,
        ge=1,
        validate_default=True,
        description="a seed that may not blend after so long is culled: epochs",
    )
    drop_epochs: int = Field(
        2, ge=1, description="training before a drop in performance may cull: epochs"
    )
    largest_drop: float = Field(
        0.2,
        ge=0,
        description="a seed in training is culled when the upper bound of its gain is below minus "
        "this: unit of the loss",
    )

    stable_rise: float = Field(
        0.1,
        ge=0,
        description="a seed fossilises while the validation loss is no more than this above "
        "that at the beginning of blending: share of the latter",
    )
    least_contribution: float = Field(
        0.0,
        ge=0,
        description="a seed fossilises when the lower bound of its contribution is above this: "
        "unit of the loss",
    )
    blending_limit: int = Field(
        6,
        ge=1,
        description="a seed with alpha 1 whose contribution is not above least_contribution after "
        "so long in blending is culled: epochs",
    )
    regression_rise: float = Field(
        0.3,
        ge=0,
        validate_default=True,
        description="a blending seed whose contribution is not above least_contribution is culled "
        "when the validation loss is above that at the beginning of blending by more than this: "
        "share of the latter",
    )
    largest_harm: float = Field(
        0.2,
        ge=0,
        description="a blending seed is culled when the upper bound of its contribution is below "
        "minus this: unit of the loss",
    )

    @field_validator("training_limit")
    @classmethod
    def _time_to_train(cls, value: int, info: Any) -> int:
        least = info.data.get("training_epochs", value)
        if value < least:
            raise ValueError(f"at least training_epochs = {least}")
        return value

    @field_validator("regression_rise")
    @classmethod
    def _room_to_wait(cls, value: float, info: Any) -> float:
        stable = info.data.get("stable_rise", value)
        if value < stable:
            raise ValueError(f"at least stable_rise = {stable}")
        return value
