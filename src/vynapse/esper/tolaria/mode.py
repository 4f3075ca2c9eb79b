# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The mode `grow`. Torch is loaded when a trainer is built."""

from __future__ import annotations

from vynapse.core import SupervisedTask, Trainer
from vynapse.errors import ConfigError
from vynapse.esper.nissa.story import EVENTS, STORY
from vynapse.esper.tolaria.columns import COLUMNS
from vynapse.esper.tolaria.controls import CONTROLS, label
from vynapse.esper.tolaria.presets import FALLBACK, NETWORKS, PRESETS, for_other_network
from vynapse.esper.tolaria.settings import GrowSettings, problems_with
from vynapse.trainers.mode import Mode, Stage


def _build(stage: Stage, settings: GrowSettings) -> Trainer:
    from vynapse.esper.tolaria.trainer import GrowthTrainer

    return GrowthTrainer(stage, settings)


def _check(settings: GrowSettings, stage: Stage) -> None:
    if problems := problems_with(stage, settings):
        raise ConfigError(problems)


def _steps_per_epoch(task: SupervisedTask, settings: GrowSettings) -> int:  # noqa: ARG001 - of any mode
    """A step is an epoch."""
    return 1


MODE = Mode(
    name="grow",
    summary="gradient descent on a network that grows: seeds germinate, train apart, blend in",
    settings=GrowSettings,
    build=_build,
    columns=COLUMNS,
    steps_per_epoch=_steps_per_epoch,
    check=_check,
    events=EVENTS,
    story=STORY,
    fallback=FALLBACK,
    presets=PRESETS,
    for_other_network=for_other_network,
    networks=NETWORKS,
    controls=CONTROLS,
    label=label,
)
