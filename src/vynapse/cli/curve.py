# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The curve of a run's loss: in letters for a terminal, or as a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vynapse.errors import ConfigError, MissingExtra, storage_errors
from vynapse.statistics import is_logarithmic
from vynapse.telemetry.reading import Logged
from vynapse.telemetry.story import Spans

if TYPE_CHECKING:
    from vynapse.experiment.surface import Surface


@dataclass(frozen=True, slots=True)
class Bars:
    """What lasted in a stage, for the picture.

    Attributes:
        spans: names by row, with the steps done at their beginning and end.
        colours: the colour of each name, in the order of the legend.
    """

    spans: Spans
    colours: Mapping[str, str]


Panels = Mapping[str, Mapping[int, Mapping[str, tuple[list[int], list[float]]]]]
"""What a picture shows -> stage -> label of a line -> steps and values."""

_BLOCKS: Final = " ▁▂▃▄▅▆▇█"


def losses_by_stage(rows: Sequence[Logged]) -> dict[int, tuple[list[int], list[float]]]:
    """Steps and finite losses of each stage, from the rows of `metrics.csv`."""
    stages: dict[int, tuple[list[int], list[float]]] = {}
    for row in rows:
        if row.loss is not None and math.isfinite(row.loss):
            steps, losses = stages.setdefault(row.stage, ([], []))
            steps.append(row.step)
            losses.append(row.loss)
    return stages


def chart(values: Sequence[float], width: int = 60, height: int = 6) -> list[str]:
    """Lines of text that draw `values` from left to right; empty for no values.

    A column that stands for several values shows the last of them.
    """
    if not values:
        return []
    columns = min(width, len(values))
    picked = [values[(i + 1) * len(values) // columns - 1] for i in range(columns)]
    logarithmic = is_logarithmic(picked)
    heights = _logarithms(picked) if logarithmic else picked
    low, span = min(heights), max(heights) - min(heights)
    eighths = [round((h - low) / span * (8 * height - 1)) + 1 if span else 1 for h in heights]
    labels = {0: f"{max(picked):.4g}", height - 1: f"{min(picked):.4g}"}
    margin = max(len(label) for label in labels.values())
    lines = []
    for row in range(height):
        floor = 8 * (height - 1 - row)
        cells = "".join(_BLOCKS[max(0, min(8, filled - floor))] for filled in eighths)
        lines.append(f"{labels.get(row, ''):>{margin}} {cells}".rstrip())
    scale = "logarithmic, " if logarithmic else ""
    return [*lines, f"{'':>{margin}} loss, {scale}{len(values):,} rows of metrics.csv"]


def plot(
    stages: Mapping[int, tuple[list[int], list[float]]],
    modes: Sequence[str],
    title: str,
    file: Path,
    bars: Mapping[int, Bars] | None = None,
    panels: Panels | None = None,
    surface: Surface | None = None,
) -> None:
    """Draw the losses over the steps, one line per stage, into a .png or .svg file.

    Args:
        stages: steps and losses of each stage.
        modes: the modes of the stages.
        title: above the picture.
        file: the file to write.
        bars: what lasted in a stage; drawn below the losses, a row for each name.
        panels: further lines over the steps; drawn between the two.
        surface: what the winner says over the plane; drawn beside all.

    Raises:
        ConfigError: the file has another ending, or there is nothing to draw.
        MissingExtra: matplotlib is not installed.
        StorageError: the file cannot be written.
    """
    if file.suffix not in (".png", ".svg"):
        raise ConfigError(f"--plot: a file that ends in .png or .svg was wanted, got {file}")
    if not stages:
        raise ConfigError("--plot: the run has no rows in metrics.csv yet: let it take a step")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("matplotlib", "viz", "show --plot") from None
    lengths = {stage: steps[-1] for stage, (steps, _) in stages.items()}
    begins = {stage: sum(lengths[other] for other in lengths if other < stage) for stage in stages}
    names = list(dict.fromkeys(name for own in (bars or {}).values() for name in own.spans))
    heights = [4.0, *(1.6 for _ in panels or ()), *([0.6 + 0.25 * len(names)] if names else [])]
    size = (7.0 if surface is None else 12.0, sum(heights))
    figure: Any = Figure(figsize=size, layout="constrained")
    left = figure
    if surface is not None:
        left, right = figure.subfigures(1, 2, width_ratios=(7, 5))
        draw_surface(right.add_subplot(), surface)
    column = left.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)
    axes, *others = column[:, 0]
    for below, (name, lines) in zip(others, (panels or {}).items(), strict=False):
        _draw_panel(below, name, lines, begins)
    if names:
        _draw_bars(column[-1, 0], bars or {}, begins, names)
    for stage, (steps, losses) in sorted(stages.items()):
        x = [begins[stage] + step for step in steps]
        axes.plot(x, losses, label=f"{stage}: {modes[stage]}")
    if is_logarithmic([loss for _, losses in stages.values() for loss in losses]):
        axes.set_yscale("log")
    if len(stages) > 1:
        axes.legend()
    axes.set(title=title, ylabel="validation loss of the best network")
    column[-1, 0].set_xlabel("step")
    with storage_errors(file):
        figure.savefig(file)


def _draw_panel(
    axes: Any,
    name: str,
    lines: Mapping[int, Mapping[str, tuple[list[int], list[float]]]],
    begins: Mapping[int, int],
) -> None:
    """Columns of metrics.csv over the steps, each in one colour in all stages."""
    labels = list(dict.fromkeys(label for own in lines.values() for label in own))
    for stage, own in lines.items():
        for label, (steps, values) in own.items():
            x = [begins.get(stage, 0) + step for step in steps]
            known = label in axes.get_legend_handles_labels()[1]
            colour = f"C{labels.index(label)}"
            axes.plot(x, values, color=colour, linewidth=1, label="" if known else label)
    axes.set_ylabel(name)
    if len(labels) > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)


def draw_surface(axes: Any, surface: Surface) -> None:
    """Answers as colours, and the training examples as dots of the same scale."""
    low, high = float(surface.heights.min()), float(surface.heights.max())
    if surface.what.startswith("probability"):
        low, high = 0.0, 1.0
    extent = (surface.x[0], surface.x[-1], surface.y[0], surface.y[-1])
    look = {"cmap": "RdBu_r", "vmin": low, "vmax": high}
    drawn = axes.imshow(surface.heights, origin="lower", extent=extent, aspect="auto", **look)
    if (
        surface.what.startswith("probability")
        and surface.heights.min() < 0.5 < surface.heights.max()
    ):
        axes.contour(surface.x, surface.y, surface.heights, levels=[0.5], colors="k", linewidths=1)
    x, y = surface.points.T
    axes.scatter(x, y, c=surface.labels, edgecolors="k", linewidths=0.6, s=24, **look)
    axes.set_box_aspect(1)
    axes.figure.colorbar(drawn, ax=axes, label=surface.what, shrink=0.5)
    axes.set(title="the best network over its two inputs", xlabel="input 0", ylabel="input 1")


def _draw_bars(
    axes: Any, bars: Mapping[int, Bars], begins: Mapping[int, int], names: Sequence[str]
) -> None:
    """A row of bars for each name, in the colours of the story."""
    from matplotlib.patches import Patch

    seen: dict[str, str] = {}
    for stage, own in bars.items():
        for row, parts in own.spans.items():
            low = names.index(row) - 0.4
            for name, begin, end in parts:
                place, colour = (begins[stage] + begin, end - begin), own.colours[name]
                axes.broken_barh([place], (low, 0.8), facecolors=colour)
                seen[name] = colour
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    order = [name for own in bars.values() for name in own.colours if name in seen]
    patches = [Patch(color=seen[name], label=name) for name in dict.fromkeys(order)]
    axes.legend(handles=patches, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)


def _logarithms(values: Sequence[float]) -> list[float]:
    smallest = min(value for value in values if value > 0)
    return [math.log(max(value, smallest)) for value in values]
