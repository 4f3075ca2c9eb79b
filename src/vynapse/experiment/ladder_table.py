# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The table of a ladder: what each rung reached, what it took to make it, and what may be said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, final

from vynapse.errors import MissingExtra
from vynapse.experiment.drawn import look, picture, svg_of
from vynapse.experiment.rungs import LEARNT, Cost
from vynapse.experiment.table import Row, interval
from vynapse.statistics import Mean

_FIGURES: Final = (("test accuracy", 1), ("accuracy", 1), ("loss", -1))
"""What rungs are judged by: the first that all have, and its sign: 1 where higher is better."""
_COLUMNS: Final = ("test accuracy", "accuracy", "loss", "GFLOP", "parameters")


@final
@dataclass(frozen=True, slots=True)
class Rung:
    """A controller on a ladder.

    Attributes:
        name: which one.
        row: its runs; None where it was not reached.
        cost: what it took to make it.
        missing: why it was not reached.
    """

    name: str
    row: Row | None
    cost: Cost
    missing: str | None = None


@final
@dataclass(frozen=True, slots=True, repr=False)
class LadderTable:
    """All rungs.

    Attributes:
        task: what was grown on.
        rungs: the controllers, in the order in which they were named.
        first: the one that the others are compared with.
        flops: operations of an episode.
        training: runs of growth that each search was given.
    """

    task: str
    rungs: Sequence[Rung]
    first: str
    flops: int
    training: int

    def __repr__(self) -> str:
        return f"LadderTable({self.task}, {', '.join(rung.name for rung in self.rungs)})"

    @property
    def figure(self) -> tuple[str, int]:
        """What the rungs are judged by, and 1 where higher is better, else -1."""
        rows = [rung.row for rung in self.rungs if rung.row is not None]
        return next(one for one in _FIGURES if all(row.mean(one[0]) for row in rows))

    def gain(self, rung: Rung) -> Mean | None:
        """The difference by which a rung is better than the first, paired by seed."""
        first = next(one.row for one in self.rungs if one.name == self.first)
        if rung.row is None or first is None or rung.name == self.first:
            return None
        name, sign = self.figure
        found = rung.row.difference(first, name)
        return None if found is None else Mean(sign * found.value, found.half_width, found.count)

    def above(self) -> list[str]:
        """The rungs that have learnt and whose gain has an interval above 0."""
        gains = {rung.name: self.gain(rung) for rung in self.rungs if rung.name in LEARNT}
        return [
            name
            for name, gain in gains.items()
            if gain is not None and gain.half_width is not None and gain.value > gain.half_width
        ]

    def verdict(self) -> str:
        """What may be said, in a sentence."""
        if self.first != "tuned":
            return (
                "Whether a controller has learnt to decide is not known, since there is no tuned "
                "schedule to compare it with."
            )
        reached = [one for one in self.rungs if one.row is not None and one.name in LEARNT]
        if not reached:
            return "No controller that learns was reached, so none has learnt to decide."
        if above := self.above():
            return f"Learnt to decide, above the tuned schedule: {', '.join(above)}."
        if all((gain := self.gain(one)) is None or gain.half_width is None for one in reached):
            return "One episode tells nothing: no controller is said to have learnt to decide."
        return (
            "No controller has learnt to decide: none is above the tuned schedule by more than "
            "the interval of the difference."
        )

    def markdown(self) -> str:
        """The table, what it means, and the verdict."""
        columns = [name for name in _COLUMNS if any(_has(rung, name) for rung in self.rungs)]
        name, sign = self.figure
        header = ["controller", *columns, f"better than {self.first} by", "searched: episodes", "s"]
        lines = [header, ["---"] * len(header), *(self._cells(one, columns) for one in self.rungs)]
        text = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
        better = "higher" if sign > 0 else "lower"
        counts = {len(rung.row.runs) for rung in self.rungs if rung.row is not None}
        return (
            f"{text}\nTask {self.task}, {max(counts)} episodes of {self.flops:.3g} FLOP each, with "
            f"the same seeds. Mean ± 95 % over them (Student's t); differences are paired. They "
            f"are of the {name}: {better} is better. Each search was given {self.training} "
            f"episodes with other seeds.\n\n{self.verdict()}\n"
        )

    def _cells(self, rung: Rung, columns: Sequence[str]) -> list[str]:
        if rung.row is None:
            empty = [""] * (len(columns) + 2)
            reason = str(rung.missing).replace("|", "/")
            return [rung.name, f"not reached: {reason}", *empty]
        gain = self.gain(rung)
        cost = rung.cost
        spent = [str(cost.episodes), f"{cost.seconds:.0f}"] if cost.episodes else ["none", ""]
        better = "" if gain is None else interval(gain, "+")
        return [rung.name, *(rung.row.text(name) for name in columns), better, *spent]

    def json(self) -> dict[str, Any]:
        """All of it as values of JSON."""
        figure, sign = self.figure
        return {
            "task": self.task,
            "flops": self.flops,
            "training_episodes": self.training,
            "figure": figure,
            "higher_is_better": sign > 0,
            "compared_with": self.first,
            "learnt_to_decide": self.above() if self.first == "tuned" else None,
            "verdict": self.verdict(),
            "rungs": [self._values(rung) for rung in self.rungs],
        }

    def _values(self, rung: Rung) -> dict[str, Any]:
        if rung.row is None:
            return {"name": rung.name, "not_reached": rung.missing}
        row = rung.row
        means = {name: mean for name in _COLUMNS if (mean := row.mean(name)) is not None}
        return {
            "name": rung.name,
            "means": {name: _json(mean) for name, mean in means.items()},
            "better_by": _json(self.gain(rung)),
            "searched": {"episodes": rung.cost.episodes, "seconds": rung.cost.seconds},
        }

    def picture(self) -> str | None:
        """The rungs beside each other as SVG; None without matplotlib."""
        name, _ = self.figure
        shown = [rung for rung in self.rungs if rung.row is not None]
        try:
            with picture("the picture of a ladder", 0.6 + 0.32 * len(shown)) as figure:
                axes: Any = figure.add_subplot()
                for place, rung in enumerate(shown):
                    mean = None if rung.row is None else rung.row.mean(name)
                    if mean is None:
                        continue
                    colour = look(1 if rung.name in LEARNT else 0)["color"]
                    width = mean.half_width or 0.0
                    axes.errorbar(mean.value, place, xerr=width, fmt="o", color=colour, capsize=3)
                axes.set_yticks(range(len(shown)), [rung.name for rung in shown])
                axes.invert_yaxis()
                axes.set(title=self.task, xlabel=f"{name}, mean ± 95 %")
                axes.grid(axis="x")
                return svg_of(figure)
        except MissingExtra:
            return None


def _has(rung: Rung, column: str) -> bool:
    return rung.row is not None and rung.row.mean(column) is not None


def _json(mean: Mean | None) -> dict[str, float | int | None] | None:
    if mean is None:
        return None
    return {"mean": mean.value, "half_width_95": mean.half_width, "seeds": mean.count}
