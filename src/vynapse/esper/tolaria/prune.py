# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The mode `prune`: mode `grow` under the controller that makes a network smaller.

It is meant for a network that has been trained, `weights: runs/first`, and trains it on between
cuts at a part of the rate that the presets have for fresh networks.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import Field

from vynapse.esper.tamiyo.controllers import CONTROLLERS, ControllerChoice
from vynapse.esper.tolaria.existing import RATE_FACTOR
from vynapse.esper.tolaria.mode import MODE as GROW
from vynapse.esper.tolaria.presets import PRESETS
from vynapse.esper.tolaria.settings import GrowSettings


class PruneSettings(GrowSettings):
    """Keys of a stage of mode `prune`: those of `grow`. A step of the mode is an epoch."""

    controller: ControllerChoice = Field(
        default_factory=lambda: CONTROLLERS.choose("pruning"),
        description="who decides what goes: a name of docs/controllers.md, or "
        "package.module:name, or a mapping of the kind and its own keys",
    )


def _preset(grow: Mapping[str, Any]) -> dict[str, Any]:
    training = dict(grow["training"])
    training["learning_rate"] = round(RATE_FACTOR * training["learning_rate"], 6)
    training.pop("schedule", None)
    return {**grow, "training": training, "controller": {"kind": "pruning"}}


MODE = dataclasses.replace(
    GROW,
    name="prune",
    summary="gradient descent on a network that becomes smaller: channels and fossils go",
    settings=PruneSettings,
    presets=MappingProxyType({task: _preset(grow) for task, grow in PRESETS.items()}),
    networks=MappingProxyType({}),
    controls=MappingProxyType({}),
    label=None,
)
