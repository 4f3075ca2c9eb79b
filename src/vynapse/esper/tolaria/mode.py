# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The mode `grow`."""

from __future__ import annotations

from vynapse.core import SupervisedTask
from vynapse.esper.nissa.story import EVENTS, STORY
from vynapse.esper.tolaria.controls import CONTROLS, label
from vynapse.esper.tolaria.presets import FALLBACK, NETWORKS, PRESETS
from vynapse.esper.tolaria.probe import COLUMNS
from vynapse.esper.tolaria.settings import GrowSettings
from vynapse.esper.tolaria.trainer import GrowthTrainer
from vynapse.trainers.mode import Mode


def _steps_per_epoch(task: SupervisedTask, settings: GrowSettings) -> int:  # noqa: ARG001 - of any mode
    """A step is an epoch."""
    return 1


MODE = Mode(
    name="grow",
    summary="gradient descent on a network that grows: seeds germinate, train apart, blend in",
    settings=GrowSettings,
    build=GrowthTrainer,
    columns=(
        "epoch",
        "training_loss",
        "validation_loss",
        "accuracy",
        "learning_rate",
        "gradient_norm",
        "batches",
        "parameters",
        "live_seeds",
        "fossils",
        "rollbacks",
        *COLUMNS,
    ),
    steps_per_epoch=_steps_per_epoch,
    events=EVENTS,
    story=STORY,
    fallback=FALLBACK,
    presets=PRESETS,
    networks=NETWORKS,
    controls=CONTROLS,
    label=label,
)
