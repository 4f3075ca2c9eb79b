# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which two glyphs are in the picture? Generated pictures on which a small network is too small.

A picture of 24x24 pixels holds two of four glyphs, which may be the same, somewhere and not one on
top of the other; strokes that belong to none, and noise. The class is the pair of glyphs, whatever
their order: ten classes. A picture is a function of the seed, the split and its number alone, so
that more examples begin with the same ones.
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import Final

import numpy as np
from pydantic import Field

from vynapse.core import Split
from vynapse.kernels.random import normal
from vynapse.seeding import F32, I64, Streams
from vynapse.settings import Settings
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.kind import TaskKind

_SIDE: Final = 24
_GLYPHS: Final = {
    "square": "#######/#.....#/#.....#/#.....#/#.....#/#.....#/#######",
    "ring": "..###../.##.##./##...##/#.....#/##...##/.##.##./..###..",
    "cross": "#.....#/.#...#./..#.#../...#.../..#.#../.#...#./#.....#",
    "triangle": "...#.../...#.../..#.#../..#.#../.#...#./.#...#./#######",
}
_SIZE: Final = 7
_STROKE: Final = 4
_STROKE_LIGHT: Final = np.float32(0.7)
_DIMMEST, _BRIGHTEST = np.float32(0.6), np.float32(1.2)

# what a picture draws, each from a generation of its own
_PLACE, _LIGHT, _FLIP, _CLUTTER, _NOISE = range(5)


class GlyphSettings(Settings):
    """Keys of the task glyphs."""

    train: int = Field(6000, ge=1, le=10**6, description="pictures that train")
    validation: int = Field(2000, ge=1, le=10**6, description="pictures that validate")
    test: int = Field(3000, ge=1, le=10**6, description="pictures that test")
    noise: float = Field(0.4, ge=0, description="standard deviation of the noise; glyphs: 0.6-1.2")
    clutter: int = Field(
        3, ge=0, le=100, description="strokes in a picture that belong to no glyph"
    )
    data_seed: int = Field(0, ge=0, lt=2**64, description="seed of the pictures")


def glyphs(settings: GlyphSettings) -> ArrayTask:
    """Ten classes, equally frequent; inputs (1, 24, 24), 0 where a picture is empty."""
    pairs = list(combinations_with_replacement(_GLYPHS, 2))

    def draw() -> Splits:
        return Splits(
            _drawn(settings, "train", settings.train),
            _drawn(settings, "validation", settings.validation),
            _drawn(settings, "test", settings.test),
        )

    return ArrayTask(
        "glyphs",
        draw,
        input_shape=(1, _SIDE, _SIDE),
        output_size=len(pairs),
        loss="cross_entropy",
        classes=tuple("+".join(pair) for pair in pairs),
        description=(
            f"generated pictures of two glyphs among {settings.clutter} strokes with noise "
            f"{settings.noise:g}: {settings.train} train, {settings.validation} validate, "
            f"{settings.test} test"
        ),
    )


GLYPHS = TaskKind(
    "glyphs",
    "which two glyphs: generated pictures of 24x24",
    GlyphSettings,
    glyphs,
    network={
        "factory": "vynapse.esper.kasmina.hosts:residual",
        "options": {"widths": [8, 16, 32]},
    },
    comparison={"flops": 2e11},
)


def _drawn(settings: GlyphSettings, split: str, count: int) -> Split:
    stream = Streams(settings.data_seed).stream(f"glyphs.{split}")
    who = np.arange(count)
    shapes = _shapes()
    pairs = np.array(list(combinations_with_replacement(range(len(_GLYPHS)), 2)))
    labels = who % len(pairs)
    pictures = normal(stream, _SIDE**2, _NOISE, who).reshape(count, _SIDE, _SIDE)
    pictures *= np.float32(settings.noise)

    places = _places_apart()
    chosen = places[stream.integers(len(places), 1, _PLACE, who)[:, 0]]
    light = _DIMMEST + stream.uniform(2, _LIGHT, who) * (_BRIGHTEST - _DIMMEST)
    flipped = stream.integers(2, 2, _FLIP, who)
    pixel = np.arange(_SIZE)
    for which in range(2):
        marks = shapes[flipped[:, which], pairs[labels, which]] * light[:, which, None, None]
        rows, columns = (chosen[:, which, axis, None] + pixel for axis in range(2))
        pictures[who[:, None, None], rows[:, :, None], columns[:, None, :]] += marks

    along = np.arange(_STROKE)
    starts = _SIDE - _STROKE + 1
    for stroke in stream.integers(2 * _SIDE * starts, settings.clutter, _CLUTTER, who).T:
        across, place = np.divmod(stroke, _SIDE * starts)
        line, start = np.divmod(place, starts)
        lines, pixels = np.broadcast_arrays(line[:, None], start[:, None] + along)
        lies = across[:, None] == 1
        rows, columns = np.where(lies, lines, pixels), np.where(lies, pixels, lines)
        pictures[who[:, None], rows, columns] += _STROKE_LIGHT
    return Split(pictures[:, None], labels)


def _shapes() -> F32:
    """(2, glyphs, 7, 7): the glyphs, and the same upside down, which only the triangle notices."""
    rows = [[list(row) for row in picture.split("/")] for picture in _GLYPHS.values()]
    upright = (np.array(rows) == "#").astype(np.float32)
    return np.stack((upright, upright[:, ::-1]))


def _places_apart() -> I64:
    """(n, 2, 2): every two places (row, column of the upper left corner) that do not overlap."""
    grid = np.indices((_SIDE - _SIZE + 1,) * 2).reshape(2, -1).T
    apart = np.abs(grid[:, None] - grid[None]).max(axis=-1) >= _SIZE
    return grid[np.argwhere(apart)]
