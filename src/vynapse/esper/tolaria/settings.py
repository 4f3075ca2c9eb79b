# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys of mode `grow`, and what may be wrong with them together."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from vynapse.esper.leyline.options import Isolation, NewChannels, Operator, Rise
from vynapse.esper.tamiyo.controllers import CONTROLLERS, ControllerChoice
from vynapse.esper.tolaria.governor import GovernorSettings
from vynapse.settings import Name, Settings
from vynapse.trainers.mode import Stage
from vynapse.trainers.sgd_settings import SgdSettings, problems_of

_UNUSED = ("evaluate_every", "restart_patience", "steps_per_call")


class GrowSettings(Settings):
    """Keys of a stage of mode `grow`. A step of the mode is an epoch."""

    training: SgdSettings = Field(
        default_factory=SgdSettings,
        description="gradient descent: the keys of mode sgd but for evaluate_every, "
        "restart_patience and steps_per_call; cosine runs down over the budget",
    )
    controller: ControllerChoice = Field(
        default_factory=lambda: CONTROLLERS.choose("heuristic"),
        description="who decides what grows: a name of docs/controllers.md, or "
        "package.module:name, or a mapping of the kind and its own keys",
    )
    slots: tuple[Name, ...] | None = Field(
        None,
        min_length=1,
        description="parts of the network behind which it may grow, by the names of its "
        "submodules; null: those the network suggests, or behind each activation",
    )
    epoch_steps: int | None = Field(
        None, ge=1, description="batches per epoch; null: one pass over the training split"
    )
    isolation: Isolation = Field(
        "shadow", description="how a seed learns before it blends in (docs/growth.md)"
    )
    seed_clip_norm: float | None = Field(
        1.0,
        gt=0,
        description="largest L2 norm of the gradients of a seed in training, all of its own "
        "together; null: that of training.clip_norm",
    )
    operator: Operator = Field("add", description="how a seed's output is mixed into the host's")
    rise: Rise = Field("linear", description="how alpha rises from 0 to 1 while a seed blends in")
    new_channels: NewChannels = Field(
        "gradient",
        description="what the channels of a layer that becomes wider hold at birth "
        "(docs/growth.md)",
    )
    blend_epochs: float = Field(1.0, gt=0, description="epochs over which alpha rises")
    embargo_epochs: int = Field(
        2, ge=0, description="epochs that a slot stays closed after a seed was culled"
    )
    optimizer_state: Literal["kept", "reset"] = Field(
        "kept",
        description="what becomes of the optimiser's memory of the other parameters when seeds "
        "come and go",
    )
    probe_examples: int = Field(
        1000,
        ge=2,
        description="validation examples on which a seed's gain and contribution are measured, "
        "once an epoch",
    )
    profile: Literal["off", "standard", "deep"] = Field(
        "off", description="what else is measured of the network (docs/growth.md)"
    )
    governor: GovernorSettings = Field(
        default_factory=GovernorSettings, description="when the network counts as sick"
    )

    @field_validator("slots")
    @classmethod
    def _once(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if value is not None and len(set(value)) < len(value):
            raise ValueError("each place once")
        return value

    @field_validator("profile", mode="before")
    @classmethod
    def _off(cls, value: Any) -> Any:
        """In YAML a bare `off` is the value false."""
        return "off" if value is False else value


def problems_with(stage: Stage, settings: GrowSettings) -> list[str]:
    """A sentence for every setting that contradicts another one or the stage."""
    problems = [f"training.{problem}" for problem in problems_of(stage, settings.training)]
    for key in _UNUSED:
        if getattr(settings.training, key) != SgdSettings.model_fields[key].default:
            problems.append(f"training.{key}: mode grow does not use it: remove it")
    return problems
