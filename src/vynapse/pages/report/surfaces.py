# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What networks say over the plane, where a task has two inputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from vynapse.errors import ConfigError, DataError
from vynapse.experiment.drawn import picture, svg_of
from vynapse.experiment.surface import Surface, surface_of
from vynapse.pages.report.blocks import Block, Picture

_COLUMNS: Final = 3


def surfaces(runs: Mapping[str, Path], task: str, purpose: str) -> list[Block]:
    """One picture with a field for each run; nothing where the task has other inputs.

    Args:
        runs: their directories by the titles of the fields.
        task: its name.
        purpose: who needs the picture, for the sentence of an error.

    Raises:
        MissingExtra: matplotlib is not installed.
        RunDirectoryError, CheckpointError: the files of a run are damaged.
    """
    found: dict[str, Surface] = {}
    for title, run in runs.items():
        try:
            surface = surface_of(run)
        except (ConfigError, DataError):
            return []
        if surface is None:
            return []
        found[title] = surface
    if not found:
        return []
    columns = min(_COLUMNS, len(found))
    rows = -(-len(found) // columns)
    side = 3.4 if columns == 1 else 6.6 / columns
    with picture(
        purpose, height=rows * (side + 0.15) + 0.9, width=4.4 if columns == 1 else 7.2
    ) as figure:
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for spare in axes[len(found) :]:
            spare.set_axis_off()
        drawn: Any = None
        for place, (title, surface) in zip(axes, found.items(), strict=False):
            drawn = _draw(place, surface)
            if len(found) > 1:
                place.set_title(title)
        what = next(iter(found.values())).what
        figure.colorbar(
            drawn, ax=list(axes), label=what, orientation="horizontal", shrink=0.6, aspect=30
        )
        svg = svg_of(figure)
    note = f"Task {task}. Colour: the {what} that the network gives. Dots: the training examples."
    return [Picture(svg, "the answers over the plane of the two inputs", note)]


def _draw(axes: Any, surface: Surface) -> Any:
    """Answers as colours, and the training examples as dots of the same scale."""
    low, high = float(surface.heights.min()), float(surface.heights.max())
    sure = surface.what.startswith("probability")
    low, high = (0.0, 1.0) if sure else (low, high)
    extent = (surface.x[0], surface.x[-1], surface.y[0], surface.y[-1])
    look = {"cmap": "RdBu_r", "vmin": low, "vmax": high}
    drawn = axes.imshow(surface.heights, origin="lower", extent=extent, aspect="auto", **look)
    if sure and surface.heights.min() < 0.5 < surface.heights.max():
        axes.contour(
            surface.x, surface.y, surface.heights, levels=[0.5], colors="#222", linewidths=1
        )
    x, y = surface.points.T
    size = 26 if len(x) < 300 else 8
    # a dark and a light ring, so that dots are seen on their own colour
    for ring, colour in ((3.2, "#222"), (2.0, "#fff")):
        axes.scatter(x, y, c=colour, s=size * ring, linewidths=0)
    axes.scatter(x, y, c=surface.labels, linewidths=0, s=size, **look)
    axes.set_box_aspect(1)
    axes.set(xlabel="input 0", ylabel="input 1")
    return drawn
