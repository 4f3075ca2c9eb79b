# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`anytime.md`, `anytime.csv`, `anytime.json` and a picture for each task of a comparison."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from vynapse.experiment.anytime import Anytime, Arrival, Line
from vynapse.experiment.anytime_plot import draw_anytime
from vynapse.experiment.curves import COSTS
from vynapse.experiment.files import write_atomically
from vynapse.experiment.table import Part, interval
from vynapse.statistics import Mean

UNITS = {**COSTS, "flops": "GFLOP", "seconds": "s"}
"""Units of costs, as tables tell them."""


def write_anytime(found: Sequence[Anytime], folder: Path) -> list[Path]:
    """Write the files; the pictures only where matplotlib is installed.

    Args:
        found: what `anytime` gives.
        folder: where they go.

    Raises:
        StorageError: a file cannot be written.
    """
    files = []
    for name, text in (
        ("anytime.md", as_markdown(found)),
        ("anytime.csv", as_csv(found)),
        ("anytime.json", json.dumps([as_json(one) for one in found], indent=2) + "\n"),
    ):
        files.append(folder / name)
        write_atomically(files[-1], text.encode())
    if find_spec("matplotlib") is not None:
        for task in dict.fromkeys(one.task for one in found):
            files.append(draw_anytime([one for one in found if one.task == task], folder))
    return files


def as_markdown(found: Sequence[Anytime]) -> str:
    """The best at the end, areas, and what it costs to be as good as some levels."""
    if not found:
        return "No cost was counted by all runs of a task, so there is nothing to tell.\n"
    return "\n".join([_areas(found), *(_arrivals(one) for one in found), f"{_READ}\n"])


_READ: Final = (
    "Cells: what is spent until the best so far is as good, over the runs that become so, and how "
    "many do where it\nis not all. Behind ×: the ratio to the first arm, the geometric mean of "
    "pairs of the same seed with its 95 %\ninterval, where all runs of both become so."
)


def _areas(found: Sequence[Anytime]) -> str:
    header = ["task", "mode", "seeds", "best", "of", "area over FLOP or what else is counted"]
    lines = []
    for task in dict.fromkeys(one.task for one in found):
        own = {one.cost == "seconds": one for one in found if one.task == task}
        some = next(iter(own.values()))
        for number, line in enumerate(some.lines):
            areas = [
                interval(own[timed].lines[number].area) if timed in own else ""
                for timed in (False, True)
            ]
            seeds, name = str(len(line.curves)), some.measure.name
            lines.append([task, line.name, seeds, interval(line.end), name, *areas])
    note = (
        "Best: the best on validation of the whole run. Area: the mean of the best so far over "
        "the logarithm of the\ncost, from 1 % of the largest cost of any run of the task to all "
        "of it. Before its first validation a run\ncounts as the worst first validation of any "
        "run of the task. Mean ± 95 % confidence interval over seeds\n(Student's t)."
    )
    return Part([*header, "area over seconds"], lines, note).markdown()


def _arrivals(one: Anytime) -> str:
    levels = [arrival.level for arrival in one.lines[0].arrivals]
    better, name = "to" if one.measure.higher else "down to", one.measure.name
    heads = [f"{UNITS[one.cost]} {better} {level:.3g}" for level in levels]
    lines = []
    for line in one.lines:
        cells = [_cell(arrival, one.cost) for arrival in line.arrivals]
        lines.append([one.task, line.name, *cells])
    return Part(["task", "mode", *heads], lines, f"Levels of validation {name}.").markdown()


def _cell(arrival: Arrival, cost: str) -> str:
    """What is spent, by how many, and the ratio."""
    parts = [] if arrival.cost is None else [interval(_scaled(arrival.cost, cost))]
    if arrival.reached < arrival.seeds:
        parts.append(f"{arrival.reached} of {arrival.seeds}")
    ratio = arrival.ratio
    if ratio is not None:
        told = "" if math.isinf(ratio.high) else f" ({ratio.low:.2f} to {ratio.high:.2f})"
        parts.append(f"× {ratio.value:.2f}{told}")
    return "; ".join(parts)


def _scaled(mean: Mean, cost: str) -> Mean:
    if cost != "flops":
        return mean
    width = None if mean.half_width is None else mean.half_width / 1e9
    return Mean(mean.value / 1e9, width, mean.count)


def as_csv(found: Sequence[Anytime]) -> str:
    """One line for each point of a curve: the mean over seeds and its 95 % half-width."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["task", "mode", "measure", "cost", "at", "mean", "half_width_95", "seeds"])
    for one in found:
        for line in one.lines:
            for at, mean in zip(one.costs, line.means, strict=True):
                fixed = [one.task, line.name, one.measure.name, one.cost, f"{at:.6g}"]
                writer.writerow([*fixed, mean.value, mean.half_width, mean.count])
    return file.getvalue()


def as_json(one: Anytime) -> dict[str, Any]:
    """All that is known of a task over one kind of cost."""
    return {
        "task": one.task,
        "measure": one.measure.name,
        "higher_is_better": one.measure.higher,
        "cost": one.cost,
        "before_first_validation": one.before,
        "costs": [float(at) for at in one.costs],
        "arms": [_arm(line) for line in one.lines],
    }


def _arm(line: Line) -> dict[str, Any]:
    return {
        "mode": line.name,
        "seeds": list(line.curves),
        "best": _mean(line.end),
        "area": _mean(line.area),
        "mean": [mean.value for mean in line.means],
        "half_width_95": [mean.half_width for mean in line.means],
        "arrivals": [_arrival(arrival) for arrival in line.arrivals],
    }


def _arrival(arrival: Arrival) -> dict[str, Any]:
    known = {"level": arrival.level, "reached": arrival.reached, "seeds": arrival.seeds}
    ratio = arrival.ratio
    bounds = None
    if ratio is not None:
        ends = (None, None) if math.isinf(ratio.high) else (ratio.low, ratio.high)
        bounds = {"ratio": ratio.value, "low_95": ends[0], "high_95": ends[1]}
    return {
        **known,
        "cost": None if arrival.cost is None else _mean(arrival.cost),
        "ratio_to_first": bounds,
    }


def _mean(mean: Mean) -> dict[str, float | None]:
    return {"mean": mean.value, "half_width_95": mean.half_width}
