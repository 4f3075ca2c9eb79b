# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Two interlocked spirals.

The spirals are those of Lang and Witbrock, "Learning to tell two spirals apart", Proceedings of the
1988 Connectionist Models Summer School. Each has 97 points at angle i pi / 16 and radius 6.5 (104 -
i) / 104; the second is the mirror image of the first through the origin.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator

from vynapse.core import Split
from vynapse.seeding import I64, Stream, Streams
from vynapse.settings import Settings
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.kind import TaskKind


class SpiralsSettings(Settings):
    """Keys of the task spirals."""

    kind: Literal["classic", "generated"] = Field(
        "classic", description="the 194 points of 1988, or points drawn along the same curves"
    )
    points: int = Field(
        1000,
        ge=2,
        le=10**6,
        description="generated: points of each of the three splits, half on each spiral",
    )
    noise: float = Field(
        0.1, ge=0, description="generated: standard deviation of the noise on both coordinates"
    )
    turns: float = Field(3.0, gt=0, description="generated: turns of each spiral; classic has 3")
    data_seed: int = Field(0, ge=0, lt=2**64, description="generated: seed of the points")

    @field_validator("points", "noise", "turns", "data_seed")
    @classmethod
    def _classic_is_fixed(cls, value: float, info: Any) -> float:
        default = cls.model_fields[info.field_name or ""].default
        if info.data.get("kind") == "classic" and value != default:
            raise ValueError("kind: generated, the only kind with this key,")
        return value


def spirals(settings: SpiralsSettings) -> ArrayTask:
    """Two classes, coordinates within a radius of 6.5, cross-entropy over two outputs.

    Classic: the 194 points train; the points one third and two thirds of the way from each to
    the next on its spiral, 192 each, validate and test. Generated: three independent draws.
    """
    if settings.kind == "classic":
        data = Splits(_between(0.0, 97), _between(1 / 3, 96), _between(2 / 3, 96))
        text = (
            "the 194 points of Lang and Witbrock (1988) train; 192 points between them validate, "
            "192 others test"
        )
    else:
        streams = Streams(settings.data_seed)
        data = Splits(
            *(
                _drawn(settings, streams.stream(f"spirals.{name}"))
                for name in ("train", "validation", "test")
            )
        )
        text = (
            f"two spirals of {settings.turns:g} turns with noise {settings.noise:g}: three "
            f"independent draws of {settings.points} points train, validate and test"
        )
    return ArrayTask(
        "spirals",
        data,
        input_shape=(2,),
        output_size=2,
        loss="cross_entropy",
        classes=("first", "second"),
        description=text,
    )


SPIRALS = TaskKind(
    "spirals",
    "two interlocked spirals: classic or generated",
    SpiralsSettings,
    spirals,
    network={"mlp": {"sizes": [2, 32, 32, 2], "hidden": "gelu"}},
    comparison={"flops": 2e9},
    bundled=True,
)


def _curve(
    places: npt.NDArray[np.float64], labels: I64, turns: float = 3.0
) -> npt.NDArray[np.float32]:
    """(n, 2) points on the spiral of their label; the 96 steps from place to place are `turns`."""
    angle = places / 96 * turns * 2 * np.pi
    radius = 6.5 * (104 - places) / 104 * (1 - 2 * labels)
    return np.stack((radius * np.sin(angle), radius * np.cos(angle)), axis=1).astype(np.float32)


def _between(offset: float, count: int) -> Split:
    """`count` points a spiral, each a part of a step behind a point of the classic set."""
    labels = np.repeat(np.arange(2), count)
    return Split(_curve(np.tile(np.arange(count) + offset, 2), labels), labels)


def _drawn(settings: SpiralsSettings, stream: Stream) -> Split:
    """Points at uniform random places, on the two spirals in turn."""
    labels = np.arange(settings.points) % 2
    places = stream.uniform(settings.points).astype(np.float64) * 96
    noise = stream.normal(2 * settings.points, generation=1).reshape(-1, 2)
    points = _curve(places, labels, settings.turns)
    return Split(points + np.float32(settings.noise) * noise, labels)
