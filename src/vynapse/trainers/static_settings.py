# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys of mode `static`: those of `sgd`, and what runs the graph."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vynapse.core import SupervisedTask
from vynapse.networks.structure import Structure
from vynapse.trainers import sgd_kernel
from vynapse.trainers.mode import Stage
from vynapse.trainers.sgd_settings import SgdSettings, problems_of

ExecutorName = Literal["auto", "planned", "interpreter"]


class StaticSettings(SgdSettings):
    """Keys of a stage of mode `static`."""

    executor: ExecutorName = Field(
        "auto",
        description="what runs the steps: planned memory, or op by op with the bits of eager; "
        "auto: the kernel for small MLPs, else planned",
    )


def suits(task: SupervisedTask, structure: Structure, settings: StaticSettings) -> bool:
    """Whether the kernel for small MLPs makes the steps, on the CPU."""
    return settings.executor == "auto" and sgd_kernel.suits(task, structure, settings)


def static_problems(stage: Stage, settings: StaticSettings) -> list[str]:
    """A sentence for every setting that contradicts another one or the stage."""
    problems = problems_of(stage, settings)
    if stage.device != "cpu":
        problems.append(
            f"device: mode static computes on the CPU, got {stage.device}: set device to cpu, or "
            "use mode sgd"
        )
    return problems
