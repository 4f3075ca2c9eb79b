# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth at every budget, beside from-scratch networks of every size on its way.

    python benchmarks/growth_anytime.py glyphs --picture docs/growth-anytime.svg

Each of three budgets is a comparison of its own (`vynapse compare --anytime --controls
static-path`), since a cosine has to know where it ends. Seeds germinate one slot at a time by a
clock, without isolation. All rows have the same rule of gradient descent.
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from growth_runs import cells, epoch_flops, markdown, say
from growth_settings import usual

from vynapse.experiment.anytime import Anytime, Line, anytime
from vynapse.experiment.anytime_plot import COLOURS
from vynapse.experiment.compare import Comparison, Finished
from vynapse.experiment.config import load_recipe
from vynapse.experiment.table import Row

EPOCHS: Final[Mapping[str, tuple[float, ...]]] = {"glyphs": (1, 2, 4), "text": (0.2, 0.5, 1.2)}
"""Budgets, in epochs of the largest network."""
SETTINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "glyphs": (
        "isolation=joint", "training.learning_rate=0.1",
        "controller={kind: fixed, begin: 1, every: 1, live_seeds: 1, blueprints: [conv_heavy]}",
    ),
    "text": (
        "isolation=joint", "epoch_steps=100",
        "controller={kind: fixed, begin: 1, every: 1, live_seeds: 1, blueprints: [block]}",
    ),
}  # fmt: skip


def compared(task: str, epochs: float, seeds: Sequence[int], out: Path) -> list[Row]:
    """The runs of a budget."""
    keys = [*usual(task), *SETTINGS[task]]
    flops = epochs * epoch_flops(load_recipe(task, "grow", overrides=keys))
    folder = out / task / f"{epochs:g}-epochs"
    comparison = Comparison(
        [task], ["grow"], seeds, folder, {"flops": flops}, keys, ["static-path"], anytime=True
    )
    return comparison.run(_told).rows


def _told(item: Finished) -> None:
    say(f"{item.number}/{item.total} {item.arm.name} {item.seed}: {item.summary['loss']:.3f}")


def judged(task: str, epochs: float, rows: Sequence[Row], out: Path) -> Anytime:
    """The same over operations."""
    place = Comparison([task], ["grow"], 1, out / task / f"{epochs:g}-epochs").place
    return anytime(rows, place)[0]


def table(found: Mapping[float, Anytime]) -> str:
    """A line for each budget and row."""
    lines = []
    for epochs, one in found.items():
        scale = 100 if one.measure.name == "accuracy" else 1
        for line in one.lines:
            first = one.lines[0]
            lines.append(
                {
                    "budget": f"{epochs:g} epochs, {max(one.costs) / 1e9:.0f} GFLOP",
                    "": _name(line),
                    "seeds": str(len(line.curves)),
                    f"best {one.measure.name}": cells(_ends(line, scale), 2),
                    "growth minus this": "" if line is first else _lead(first, line, scale),
                    "area": cells(_areas(one, line, scale), 2),
                    "FLOP to 75 % of the way": _arrival(line),
                }
            )
    return markdown(lines)


def _ends(line: Line, scale: float) -> list[float]:
    return [scale * float(curve.values[-1]) for curve in line.curves.values()]


def _lead(first: Line, line: Line, scale: float) -> str:
    pairs = [
        scale * float(first.curves[seed].values[-1] - curve.values[-1])
        for seed, curve in line.curves.items()
    ]
    return cells(pairs, 2)


def _areas(one: Anytime, line: Line, scale: float) -> list[float]:
    begin, end = float(one.costs[0]), float(one.costs[-1])
    return [scale * curve.area(begin, end, one.before) for curve in line.curves.values()]


def _arrival(line: Line) -> str:
    """What it costs to be 75 % of the way to where growth ends, beside what it costs growth."""
    own = line.arrivals[1]
    if own.reached < own.seeds:
        return f"{own.reached} of {own.seeds}"
    if own.ratio is None:
        return "" if own.cost is None else f"{own.cost.value:.3g}"
    return f"× {own.ratio.value:.2f} ({own.ratio.low:.2f} to {own.ratio.high:.2f})"


def _name(line: Line) -> str:
    return line.name.replace("static-path", "from scratch, size")


def draw(found: Mapping[float, Anytime], file: Path) -> None:
    """Thin lines: the best so far of each budget. Marks: their ends, with 95 % intervals."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 4.6), layout="constrained")
    axes: Any = figure.add_subplot()
    names = list(dict.fromkeys(line.name for one in found.values() for line in one.lines))
    for number, name in enumerate(names):
        colour = COLOURS[number]
        ends: list[tuple[float, float, float]] = []
        for one in found.values():
            line = next((line for line in one.lines if line.name == name), None)
            if line is None:
                continue
            means = [100 * mean.value for mean in line.means]
            thin = {"color": colour, "alpha": 0.35, "linewidth": 1.0}
            axes.plot(one.costs, means, drawstyle="steps-post", **thin)
            width = 100 * (line.end.half_width or 0.0)
            ends.append((float(one.costs[-1]), 100 * line.end.value, width))
        x, y, widths = zip(*ends, strict=True)
        label = "growth" if number == 0 else name.replace("static-path", "from scratch, size")
        look = {"color": colour, "marker": "os^Dv"[number], "markersize": 6, "capsize": 3}
        axes.errorbar(x, y, yerr=widths, label=label, linewidth=2.2 if number == 0 else 1.2, **look)
    axes.set_xscale("log")
    axes.set_xlim(left=max(float(one.costs[-1]) for one in found.values()) / 30)
    axes.grid(alpha=0.25)
    axes.legend(title="mean of seeds, 95 %")
    axes.set(xlabel="FLOP", ylabel="validation accuracy, best so far (%)")
    figure.savefig(file, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("task", choices=EPOCHS)
    parser.add_argument("--seeds", default="0,1,2,3,4", help="with commas between them")
    parser.add_argument("--out", type=Path, default=Path("runs/growth-anytime"))
    parser.add_argument("--picture", type=Path, help="where a picture of all budgets goes")
    parser.add_argument("--only", type=int, help="run this budget alone: 0, 1 or 2")
    given = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    seeds, budgets = [int(seed) for seed in given.seeds.split(",")], EPOCHS[given.task]
    if given.only is not None:
        budgets = budgets[given.only : given.only + 1]
    found = {}
    for epochs in budgets:
        rows = compared(given.task, epochs, seeds, given.out)
        found[epochs] = judged(given.task, epochs, rows, given.out)
    print(table(found))
    if given.picture is not None:
        draw(found, given.picture)


if __name__ == "__main__":
    main()
