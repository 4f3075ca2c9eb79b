# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a user says about growth in a loop of their own."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from vynapse.esper.leyline.options import Operator, Rise
from vynapse.settings import Name, Settings


class LoopSettings(Settings):
    """The arguments of `vynapse.grow` that are numbers and words."""

    slots: tuple[Name, ...] | None = Field(
        None,
        min_length=1,
        description="parts of the model behind which it may grow, as named_modules() gives them; "
        "null: those that it suggests itself, or behind each activation",
    )
    blueprints: tuple[str, ...] | None = Field(
        None, min_length=1, description="blueprints that may germinate; null: those of controller"
    )
    isolation: Literal["joint", "straight_through", "frozen"] = Field(
        "joint", description="how a seed learns before it blends in"
    )
    operator: Operator = Field("add", description="how a seed's output is mixed into the model's")
    rise: Rise = Field("linear", description="how alpha rises from 0 to 1 while a seed blends in")
    blend_epochs: float = Field(1.0, gt=0, description="epochs over which alpha rises")
    embargo_epochs: int = Field(
        2, ge=0, description="epochs that a slot stays closed after a seed was culled"
    )
    seed_clip_norm: float | None = Field(
        1.0,
        gt=0,
        description="largest L2 norm of the gradients of a seed in training, all of its own "
        "together; null: none",
    )
    epochs: int | None = Field(None, ge=1, description="epochs that the loop is going to make")
    total_steps: int | None = Field(
        None, ge=1, description="optimiser steps that the loop is going to make, in their place"
    )
    chance_loss: float | None = Field(
        None, description="validation loss of a constant output; null: not known"
    )
    seed: int = Field(0, ge=0, description="seeds of the growth are drawn under it")

    @field_validator("isolation", mode="before")
    @classmethod
    def _in_the_loop(cls, value: Any) -> Any:
        if value == "shadow":
            raise ValueError(
                "shadow needs a pass of its own over every batch, which your loop does not make: "
                "take frozen, straight_through or joint"
            )
        return value

    @field_validator("slots")
    @classmethod
    def _once(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if value is not None and len(set(value)) < len(value):
            raise ValueError("each place once")
        return value

    @field_validator("total_steps")
    @classmethod
    def _one_budget(cls, value: int | None, info: Any) -> int | None:
        if value is not None and info.data.get("epochs") is not None:
            raise ValueError("epochs is given already: give one of the two")
        return value
