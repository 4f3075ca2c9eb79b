# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys of task `growth`. What grows is not made for them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field, WithJsonSchema, field_validator, model_validator
from pydantic_core import PydanticCustomError

from vynapse.chosen import Chosen
from vynapse.errors import ConfigError
from vynapse.esper.simic.reward import RewardSettings
from vynapse.esper.tamiyo.limit_settings import LimitSettings
from vynapse.esper.tolaria.presets import FALLBACK, PRESETS
from vynapse.esper.tolaria.settings import GrowSettings
from vynapse.registry import Choice
from vynapse.settings import NESTED, Settings, validate
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.registry import TASKS

_ANY_TASK: Final = {"anyOf": [{"type": "string"}, {"type": "object"}]}
DEFAULT: Final = "glyphs"
Device = Annotated[str, Field(pattern=r"^(cpu|cuda(:\d+)?)$")]


class GrowthTaskSettings(Settings):
    """Keys of task `growth`. What is not said of growth is the preset of mode grow for the task."""

    task: Annotated[Choice[TaskKind], Chosen(TASKS), WithJsonSchema(_ANY_TASK)] = Field(
        DEFAULT,
        validate_default=True,
        description="what the networks that grow are for: a name of `vynapse tasks`, or a mapping "
        "of the name and its keys",
    )
    network: dict[str, Any] | None = Field(
        None, description="where growth begins; null: where mode grow begins on the task"
    )
    epochs: int = Field(25, ge=1, description="epochs of an episode, at most")
    flops: float | None = Field(
        None, gt=0, description="floating-point operations of an episode; null for any number"
    )
    grow: GrowSettings = Field(
        default_factory=GrowSettings,
        description="how the networks are trained: the keys of mode grow but for its controller, "
        "whose place a policy takes",
    )
    limits: LimitSettings = Field(
        default_factory=LimitSettings, description="how large the networks may become"
    )
    reward: RewardSettings = Field(
        default_factory=RewardSettings, description="what is rewarded (docs/reward.md)"
    )
    history: int = Field(2, ge=1, le=4, description="looks that a policy sees at once")
    processes: int = Field(
        1, ge=1, le=1024, description="processes that the episodes are spread over"
    )
    devices: tuple[Device, ...] = Field(
        ("cpu",),
        min_length=1,
        description="where the networks are trained: cpu, or GPUs over which the episodes are "
        "spread",
    )
    validation_episodes: int = Field(
        2, ge=1, description="episodes that candidates for the winner are scored on"
    )
    test_episodes: int = Field(
        2, ge=1, description="fresh episodes that the winner is tested on at the end"
    )

    @field_validator("devices", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """What was completed is no JSON any more: there a list is a tuple."""
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, content: Any) -> Any:
        """Complete what is not said by the preset of mode grow, so that a recipe holds it all."""
        if not isinstance(content, Mapping):
            return content
        content = {"task": DEFAULT, **content}
        try:
            choice = TASKS.choose(content["task"], "task")
            preset = copy.deepcopy(dict(PRESETS.get(choice.kind.name, FALLBACK)))
            budget, controller = preset.pop("budget", {}), preset.pop("controller", {})
            preset["controller"] = "no-op"  # whatever acts takes its place
            grow = _completed(preset, content.get("grow", {}), GrowSettings, "grow")
            names = LimitSettings.model_fields.keys() & controller.keys()
            if content.get("network") is not None:  # blueprints are for the task's own network
                names -= {"blueprints"}
            own = {name: controller[name] for name in names}
            limits = _completed(own, content.get("limits", {}), LimitSettings, "limits")
        except ConfigError as error:
            raise PydanticCustomError(NESTED, "wrong", {"problems": error.problems}) from None
        epochs = {"epochs": int(budget["epochs"])} if "epochs" in budget else {}
        return {**epochs, **content, "task": choice, "grow": grow, "limits": limits}


def _completed(
    preset: Mapping[str, Any], given: Any, model: type[Settings], where: str
) -> Settings:
    if isinstance(given, model):
        return given
    if not isinstance(given, Mapping):
        raise ConfigError(f"{where}: a mapping was wanted, got {given!r:.60}")
    merged = {**preset, **given}
    for key, value in given.items():
        before = preset.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            merged[key] = {**before, **value}
    return validate(model, merged, where)
