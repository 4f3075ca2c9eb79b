# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What `growth.py` runs: tasks with their hosts, and how much a run may spend."""

from collections.abc import Mapping
from typing import Final

from vynapse.experiment.config import load_recipe
from vynapse.experiment.recipe import Recipe

EPOCHS: Final[Mapping[str, float]] = {"cifar10": 25, "glyphs": 10, "text": 3.4}
"""Of the largest network, by task: what every row of a table may spend."""
TRANSFORMER: Final = (
    "network={factory: 'vynapse.esper.kasmina.hosts:transformer', "
    "options: {layers: 1, expansion: 1}}"
)
SETTINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "cifar10": ("task.augment=[flip, {crop: 4}]",),
    "text": (TRANSFORMER, "task.train=200000", "task.validation=4000", "task.test=100000"),
}
"""Beside the presets, by task: of the task and the host."""
GROWTH: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("epoch_steps=300", "probe_examples=2000", "training.learning_rate=0.002"),
}
"""Beside the presets, by task: of mode grow alone."""


def usual(task: str) -> tuple[str, ...]:
    """What every run of mode grow has beside the presets."""
    return (*SETTINGS.get(task, ()), *GROWTH.get(task, ()), "threads=1")


def grow(task: str, *overrides: str) -> Recipe:
    """A run of mode grow with the settings of these tables."""
    return load_recipe(task=task, mode="grow", overrides=[*usual(task), *overrides])


def budget(flops: float) -> tuple[str, str]:
    """Overrides that end a run after so many operations and by nothing else."""
    return f"budget.flops={flops:g}", "budget.epochs=null"
