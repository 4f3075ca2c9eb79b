# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse compare`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from vynapse.cli.metrics import Metrics, endpoint, told_once
from vynapse.cli.options import (
    DryRun,
    Json,
    Logging,
    Whole,
    parse_budget,
    refuse_too_many,
    words_of,
)
from vynapse.errors import ConfigError

if TYPE_CHECKING:
    from vynapse.experiment.compare import Comparison, Finished


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Runs:
    """How the runs of a comparison are made.

    Attributes:
        jobs: how many runs at the same time.
        on: where their processes are: local, ray (Ray on this machine), auto or ray://HOST:PORT (a
            cluster, whose machines see the same folders).
        repeats: how often each run is made, to see whether its bytes are the same.
        evaluator: where genomes are measured, as KIND or KIND:COUNT, in the modes that measure
            some; no result depends on it.
        anytime: also tell how good each arm is at every budget: files anytime.*, and a picture.
        dry_run: make one step of each arm, say what all runs would take, and write nothing.
    """

    jobs: Whole = 1
    on: str = "local"
    repeats: Whole = 1
    evaluator: str | None = None
    anytime: Annotated[bool, Parameter(name="--anytime", show_default=False)] = False
    dry_run: DryRun = False


def compare(
    tasks: list[str] | None = None,
    /,
    *,
    modes: str | None = None,
    controls: str | None = None,
    arm: list[str] | None = None,
    seeds: Whole = 5,
    budget: list[str] | None = None,
    settings: Annotated[list[str] | None, Parameter(name="--set")] = None,
    out: Path | None = None,
    runs: Runs | None = None,
    metrics: Metrics | None = None,
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
        arm: NAME=RECIPE, in place of modes; the recipe is a file, a run directory or a mode; may
            be repeated. The others are compared with the first, seed by seed.
        seeds: how many seeds, from 0 on.
        budget: limit of each run, e.g. flops=1e9; by default the task's own; may be repeated.
        settings: a key of every recipe, or MODE.key of one mode or NAME.key of one arm, as
            key=value; may be repeated.
        out: folder of the runs and the table; by default one with a telling name below runs.
        runs: how the runs are made.
        metrics: who else may see it.
        json: one JSON object per task and mode on standard output instead of the table.
        logging: what is logged beside the progress.
    """
    (logging or Logging()).apply()
    refuse_too_many(seeds, "--seeds")
    named, also = words_of(modes, "--modes") or [], words_of(controls, "--controls") or []
    limits, how, recipes = parse_budget(budget or ()), runs or Runs(), _recipes(arm or ())
    asked = {"seeds": seeds, "budget": limits or None, "overrides": settings or ()}
    comparison = _comparison(tasks, named, recipes, out, {**asked, "controls": also}, how)
    _tell(comparison, how, json, metrics)


def _comparison(
    tasks: list[str] | None,
    modes: list[str],
    recipes: dict[str, str],
    out: Path | None,
    asked: dict[str, Any],
    how: Runs,
) -> Comparison:
    """The comparison that the words mean."""
    from vynapse.experiment.compare import Comparison
    from vynapse.experiment.directory import new_name
    from vynapse.tasks.registry import bundled_tasks
    from vynapse.trainers.mode import MODES

    if not recipes:
        tasks = tasks or bundled_tasks()
        modes = modes or [n for n in MODES.names() if "examples" in MODES.get(n).accepts]
    title = "-".join(["compare", *(tasks or [])])
    return Comparison(
        tasks=tasks or [],
        modes=modes,
        directory=out or Path("runs") / new_name(title, [*modes, *recipes], asked["seeds"]),
        recipes=recipes or None,
        jobs=how.jobs,
        on=how.on,
        repeats=how.repeats,
        evaluator=how.evaluator,
        anytime=how.anytime,
        **asked,
    )


def _tell(comparison: Comparison, how: Runs, as_json: bool, metrics: Metrics | None) -> None:
    """Run it, or say what it would take, before the user's eyes."""
    from vynapse.cli.finished import finished_runs
    from vynapse.cli.output import print_json, print_line

    if how.dry_run:
        from vynapse.cli.dry_run import tell_comparison

        tell_comparison(comparison, as_json)
        return
    with endpoint(metrics) as served, finished_runs() as progress:
        told = told_once(served)
        folder = None if served is None else served.folder

        def watch(item: Finished) -> None:
            next(told)
            progress(item)

        table = replace(comparison, board=folder).run(watch)
        next(told)
    written = _report(comparison.directory)
    if as_json:
        for row in table.json():
            print_json(row)
        return
    print_line(table.markdown().rstrip())
    if how.anytime:
        print_line(f"\n{(comparison.directory / 'anytime.md').read_text().rstrip()}")
    print_line(f"\n{comparison.directory}\n{written}")


def _report(folder: Path) -> str:
    """Write the report of a comparison; the line that says so, or what it lacks."""
    from vynapse.pages.report.writing import write_report

    file = write_report([folder])
    if find_spec("matplotlib") is None:
        return f"{file}, without pictures: run pip install 'vynapse[viz]' for them"
    return str(file)


def _recipes(texts: Sequence[str]) -> dict[str, str]:
    """Recipes by name from NAME=RECIPE."""
    recipes: dict[str, str] = {}
    for text in texts:
        name, equals, recipe = text.partition("=")
        if not (equals and name.strip() and recipe.strip()):
            raise ConfigError(f"--arm: NAME=RECIPE was wanted, e.g. small=small.yaml, got {text!r}")
        if name.strip() in recipes:
            raise ConfigError(f"--arm: each name once was wanted, got {name.strip()!r} twice")
        recipes[name.strip()] = recipe.strip()
    return recipes
