# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from vynapse.cli.options import Json, Logging, Whole, parse_budget, refuse_too_many, words_of


def compare(
    tasks: list[str] | None = None,
    /,
    *,
    modes: str | None = None,
    controls: str | None = None,
    seeds: Whole = 5,
    budget: list[str] | None = None,
    settings: Annotated[list[str] | None, Parameter(name="--set")] = None,
    out: Path | None = None,
    json: Json = False,
    logging: Logging | None = None,
) -> None:
    """Run tasks in several modes with several seeds.

    Args:
        tasks: names of `vynapse tasks`; by default those whose data are part of the package.
        modes: names of `vynapse modes`, with commas between them; by default all that work on
            examples.
        controls: what a mode has to be compared with, with commas between them; `vynapse compare
            --help` lists them by mode.
        seeds: how many seeds, from 0 on.
        budget: limit of each run, e.g. flops=1e9; by default the task's own; may be repeated.
        settings: a key of every recipe, or MODE.key of one mode, as key=value; may be repeated.
        out: folder of the runs and the table; by default one with a telling name below runs.
        json: one JSON object per task and mode on standard output instead of the table.
        logging: what is logged beside the progress.
    """
    (logging or Logging()).apply()
    refuse_too_many(seeds, "--seeds")
    named, also = words_of(modes, "--modes"), words_of(controls, "--controls")
    limits = parse_budget(budget or ())

    from vynapse.cli.finished import finished_runs
    from vynapse.cli.output import print_json, print_line
    from vynapse.experiment.compare import Comparison
    from vynapse.experiment.directory import new_name
    from vynapse.tasks.registry import bundled_tasks
    from vynapse.trainers.mode import MODES

    tasks = tasks or bundled_tasks()
    names = named or [n for n in MODES.names() if "examples" in MODES.get(n).accepts]
    comparison = Comparison(
        tasks=tasks,
        modes=names,
        seeds=seeds,
        directory=out or Path("runs") / new_name("-".join(["compare", *tasks]), names, seeds),
        budget=limits or None,
        overrides=settings or (),
        controls=also or [],
    )
    with finished_runs() as progress:
        table = comparison.run(progress)
    if json:
        for arm in table.json():
            print_json(arm)
        return
    print_line(table.markdown().rstrip())
    print_line(f"\n{comparison.directory}")
