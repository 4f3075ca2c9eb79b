# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys of mode `sgd`, and what may be wrong with them together."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from vynapse.settings import Settings, Size
from vynapse.trainers.mode import Stage
from vynapse.trainers.schedules import ScheduleName

OptimiserName = Literal["sgd", "adam", "adamw", "rmsprop"]
Decay = Annotated[float, Field(ge=0, lt=1)]


class SgdSettings(Settings):
    """Keys of a stage of mode `sgd`."""

    optimizer: OptimiserName = Field("adam", description="the update rule")
    learning_rate: float = Field(0.001, gt=0, description="base rate")
    momentum: float = Field(0.0, ge=0, lt=1, description="momentum of sgd and rmsprop")
    nesterov: bool = Field(False, description="Nesterov's form of the momentum of sgd")
    betas: tuple[Decay, Decay] = Field(
        (0.9, 0.999),
        description="decay of the two moments of adam and adamw, each at least 0 and below 1",
    )
    weight_decay: float = Field(
        0.0, ge=0, description="L2 penalty on the weights; decoupled for adamw"
    )
    clip_norm: float | None = Field(
        None, gt=0, description="largest L2 norm of all gradients together; null: no clipping"
    )
    schedule: ScheduleName = Field("constant", description="schedule of the learning rate")
    warmup: int = Field(0, ge=0, description="steps over which the rate rises to its base first")
    step_every: int | None = Field(
        None, ge=1, description="schedule step: steps between two falls of the rate"
    )
    step_factor: float = Field(0.1, gt=0, le=1, description="schedule step: factor at each fall")
    final_factor: float = Field(0.0, ge=0, le=1, description="schedule cosine: factor at the end")
    batch_size: int | None = Field(
        128, ge=1, description="examples per step; null or more than there are: all of them"
    )
    evaluate_every: int | None = Field(
        None, ge=1, description="steps between validations; null: one epoch"
    )
    restart_patience: int | None = Field(
        None,
        ge=1,
        description="steps without a 1 % lower validation loss until the network is drawn anew, "
        "in the first stage only; null: never",
    )
    steps_per_call: Size = Field(
        100,
        ge=1,
        description="most steps that a small MLP makes at once in the kernel; a checkpoint, an "
        "interrupt and patience wait for them",
    )


KEYS_OF: dict[str, frozenset[str]] = {
    "sgd": frozenset({"momentum", "nesterov"}),
    "adam": frozenset({"betas"}),
    "adamw": frozenset({"betas"}),
    "rmsprop": frozenset({"momentum"}),
    "constant": frozenset(),
    "step": frozenset({"step_every", "step_factor"}),
    "cosine": frozenset({"final_factor"}),
}


def problems_of(stage: Stage, settings: SgdSettings) -> list[str]:
    """A sentence for every setting that contradicts another one or the stage."""
    problems = []
    for key, choice in (("optimizer", settings.optimizer), ("schedule", settings.schedule)):
        options = SgdSettings.model_fields[key].annotation
        others = frozenset[str]().union(*(KEYS_OF[name] for name in get_args(options)))
        for unused in sorted(others - KEYS_OF[choice]):
            if getattr(settings, unused) != SgdSettings.model_fields[unused].default:
                problems.append(f"{unused}: {key} {choice} does not use it: remove it")
    if settings.nesterov and settings.momentum == 0:
        problems.append("nesterov: a momentum > 0 is wanted, got 0: set momentum, e.g. 0.9")
    if settings.schedule == "step" and settings.step_every is None:
        problems.append("step_every: a number of steps is wanted for schedule step, got null")
    limits = (stage.budget.steps, stage.budget.forwards, stage.budget.backwards, stage.budget.flops)
    if settings.schedule == "cosine" and all(limit is None for limit in limits):
        problems.append(
            "schedule: cosine must know where it ends: set budget.steps, budget.epochs or "
            "budget.flops, or use constant"
        )
    if settings.restart_patience is not None:
        if settings.schedule == "cosine":
            problems.append(
                "restart_patience: restarts move the end that schedule cosine needs: "
                "use constant or step, or remove restart_patience"
            )
        if not stage.fresh:
            problems.append(
                "restart_patience: a stage that goes on with the network of an earlier one "
                "cannot draw another: remove it"
            )
    return problems
