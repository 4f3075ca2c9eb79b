# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The mode `static`: gradient descent whose step is a graph, traced once. A step is one batch.

All else is mode `sgd`: batches, schedules, validation, restarts, presets. Small MLPs are trained by
the kernel that makes many steps in a call.
"""

from __future__ import annotations

from vynapse.core import Trainer
from vynapse.errors import ConfigError
from vynapse.trainers.mode import Mode, Stage
from vynapse.trainers.sgd import COLUMNS, SgdTrainer, check, steps_per_epoch
from vynapse.trainers.sgd_engine import Engine
from vynapse.trainers.sgd_kernel import KernelEngine
from vynapse.trainers.sgd_presets import FALLBACK, PRESETS
from vynapse.trainers.sgd_settings import SgdSettings
from vynapse.trainers.static_settings import StaticSettings, static_problems, suits


def _build(stage: Stage, settings: StaticSettings) -> Trainer:
    _check(settings, stage)
    return SgdTrainer(stage, settings, _engine)


def _engine(stage: Stage, settings: SgdSettings) -> Engine:
    if not isinstance(settings, StaticSettings):
        raise TypeError(f"settings of mode static were wanted, got {type(settings).__name__}")
    if suits(stage.supervised, stage.network.structure, settings):
        return KernelEngine(stage, settings)
    from vynapse.trainers.static_engine import StaticEngine

    return StaticEngine(stage, settings)


def _check(settings: StaticSettings, stage: Stage) -> None:
    if problems := static_problems(stage, settings):
        raise ConfigError(problems)
    check(settings, stage)


MODE = Mode(
    name="static",
    summary="gradient descent whose whole step is a graph, traced once: the keys of sgd",
    settings=StaticSettings,
    build=_build,
    columns=COLUMNS,
    in_arrays=suits,
    steps_per_epoch=steps_per_epoch,
    check=_check,
    fallback=FALLBACK,
    presets=PRESETS,
)
