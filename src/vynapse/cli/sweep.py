# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse sweep`."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vynapse.cli.metrics import Metrics, endpoint, told_once
from vynapse.cli.options import DryRun, Json, Logging, Whole

if TYPE_CHECKING:
    from vynapse.experiment.sweeps.outcome import Outcome
    from vynapse.experiment.sweeps.sweep import RunEnded, Sweep

_SHOWN: Final = 20
"""Points that a dry run and the table on standard output show."""
_MEASURED: Final = 3
"""Points of which a dry run makes a step."""


def sweep(
    file: Path,
    /,
    *,
    out: Path | None = None,
    workers: Whole = 1,
    on: str = "local",
    dry_run: DryRun = False,
    metrics: Metrics | None = None,
    json: Json = False,
    logging: Logging | None = None,
) -> None:
    """Try a recipe at many points of a space.

    Args:
        file: the sweep file, YAML or TOML; or the folder of a sweep, which is gone on with.
        out: folder of the runs and the table; by default one below runs that is named after the
            file and what it holds, so that the same command goes on with it.
        workers: how many processes make runs at the same time.
        on: where these processes are: local, ray (Ray on this machine), auto or ray://HOST:PORT (a
            cluster, whose machines see the same folders).
        dry_run: say which points there are and what they would take, and write nothing.
        metrics: who else may see it.
        json: the result as one JSON object on standard output instead of the table.
        logging: what is logged beside the progress.
    """
    (logging or Logging()).apply()
    from vynapse.experiment.sweeps.sweep import open_sweep

    found = open_sweep(file, out, workers, on)
    if dry_run:
        _tell_dry(found, as_json=json)
        return
    _run(found, metrics, as_json=json)


def _run(found: Sweep, metrics: Metrics | None, *, as_json: bool) -> None:
    """Run it before the user's eyes."""
    from vynapse.cli.finished import Told, ended_runs
    from vynapse.cli.output import print_json, print_line

    with endpoint(metrics) as served, ended_runs() as tell:
        told = told_once(served)

        def watch(item: RunEnded) -> None:
            next(told)
            run = item.run
            loss = run.loss if math.isfinite(run.loss) else None
            remark = "" if run.note is None else f"{run.status}: {run.note.reason}"
            tell(
                Told(item.point.name, item.seed, loss, run.seconds, item.number, item.total, remark)
            )

        board = None if served is None else served.folder
        outcome = replace(found, board=board).run(watch)
    if as_json:
        print_json({**outcome.json(), "directory": str(found.directory)})
        return
    for line in _lines(outcome, found):
        print_line(line)


def _lines(outcome: Outcome, found: Sweep) -> list[str]:
    """The result in words."""
    from vynapse.cli.output import table

    lines = list[str]()
    for part in outcome.parts():
        lines += table(part.header, part.rows[:_SHOWN])
        more = len(part.rows) - _SHOWN
        lines += [f"and {more:,} more in table.md"] if more > 0 else []
        lines += [part.note, ""]
    if outcome.ended_by != "trials":
        lines.append(f"No more points were given out: budget.total.{outcome.ended_by} was reached.")
    if outcome.beyond:
        lines.append(f"{outcome.beyond} runs lie beyond it and are in no table.")
    if not outcome.reproducible:
        lines.append("reproducible: false, since what was tried depended on the time runs took.")
    if find_spec("matplotlib") is None:
        lines.append("without a picture: run pip install 'vynapse[viz]' for it")
    directory = found.directory
    return [*lines, str(directory), f"vynapse run --recipe {directory / 'best.yaml'}"]


def _tell_dry(found: Sweep, *, as_json: bool) -> None:
    """Which points there are, and what their runs would take; nothing is written."""
    from vynapse.cli.output import duration, print_json, print_line, table
    from vynapse.experiment.estimate import estimate
    from vynapse.experiment.sweeps.space import told_axis

    worker = found.check()
    search, seeds = found.settings.search, found.settings.seeds
    points = worker.giver.first(_SHOWN)
    runs = worker.giver.count * len(seeds)
    picked = points[:: max(1, len(points) // _MEASURED)][:_MEASURED] or [
        worker.giver.space.walk(lambda _, axis: axis.values[0] if axis.values else axis.low)
    ]
    costs = [estimate(worker.recipes.of(point, seeds[0])) for point in picked]
    seconds = sum(cost.seconds for cost in costs) / len(costs) * runs / found.workers
    space = {key: told_axis(axis) for key, axis in worker.giver.space.axes.items()}
    if as_json:
        print_json(
            {
                "kind": search.kind,
                "points": worker.giver.count,
                "seeds": list(seeds),
                "runs": runs,
                "space": space,
                "first": points,
                "seconds": seconds,
                "directory": str(found.directory),
            }
        )
        return
    for line in table(["key", "is"], [[key, text] for key, text in space.items()]):
        print_line(line)
    rows = [[str(n), *(str(p.get(key, "")) for key in space)] for n, p in enumerate(points)]
    print_line()
    for line in table(["point", *space], rows) if rows else ():
        print_line(line)
    left = worker.giver.count - len(points)
    if left:
        print_line(f"and {left:,} more" + (" that tpe chooses" if search.kind == "tpe" else ""))
    print_line(
        f"\n{worker.giver.count:,} points x {len(seeds)} seeds, {found.workers} at a time: "
        f"{duration(seconds)} at most, by the first steps of {len(costs)} points; nothing was "
        f"written"
    )
    print_line(str(found.directory))
