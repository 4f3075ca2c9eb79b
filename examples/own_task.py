# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A task and a network of your own, checked, evolved and trained."""

from pathlib import Path

import numpy as np
from torch import nn

from vynapse import Session, load_recipe
from vynapse.core import Split
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.testing import check_task


def ring(points: int = 900) -> ArrayTask:
    """Is a point of the square inside the ring?"""
    inputs = np.random.default_rng(0).uniform(-1, 1, (points, 2)).astype(np.float32)
    radius = np.hypot(inputs[:, 0], inputs[:, 1])
    labels = ((radius > 0.4) & (radius < 0.8)).astype(np.int64)
    third = points // 3
    return ArrayTask(
        "ring",
        Splits(
            train=Split(inputs[:third], labels[:third]),
            validation=Split(inputs[third : 2 * third], labels[third : 2 * third]),
            test=Split(inputs[2 * third :], labels[2 * third :]),
        ),
        input_shape=(2,),
        output_size=2,
        loss="cross_entropy",
        classes=("outside", "inside"),
    )


def network(width: int = 12) -> nn.Module:
    """Any module will do."""
    return nn.Sequential(nn.Linear(2, width), nn.LayerNorm(width), nn.ReLU(), nn.Linear(width, 2))


if __name__ == "__main__":
    check_task(ring)
    for mode, settings in (
        ("deap", ["budget.steps=200"]),
        ("sgd", ["learning_rate=0.02", "budget.epochs=400"]),
    ):
        own = ["network={factory: own_task:network}", *settings]
        recipe = load_recipe("own_task:ring", mode, overrides=own)
        summary = Session.create(recipe, Path(mode)).run()
        print(mode, "test accuracy", round(summary["test"]["accuracy"], 3))
