# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`--dry-run`: what a run or a comparison would take; nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vynapse.cli.output import duration, number, print_json, print_line, scientific, table
from vynapse.experiment.estimate import Estimate, estimate

if TYPE_CHECKING:
    from vynapse.experiment.compare import Comparison
    from vynapse.experiment.recipe import Recipe

_NOTE = (
    "at most: a target or patience may end it sooner; time on this machine as it is now, "
    "with the network as it begins"
)


def tell_run(recipe: Recipe, as_json: bool) -> None:
    """What a run of a recipe would take."""
    found = estimate(recipe)
    if as_json:
        print_json(found.json())
        return
    print_line(f"{found.task} · {found.mode}: nothing was written")
    rows = [[name, value] for name, value in zip(_HEADER, _cells(found), strict=True)]
    for line in table(["", ""], rows)[1:]:
        print_line(f"  {line}")
    for stage in found.stages if len(found.stages) > 1 else ():
        took = duration(stage.cost["seconds"])
        print_line(f"  {stage.mode}: {number(stage.steps)} steps in {took}")
    print_line(f"  {_NOTE}")


def tell_comparison(comparison: Comparison, as_json: bool) -> None:
    """What the runs of a comparison would take, arm by arm, and all together."""
    arms = comparison.arms()
    found = [estimate(arm.recipe) for arm in arms]
    seeds = comparison.seeds
    runs = (seeds if isinstance(seeds, int) else len(seeds)) * comparison.repeats
    seconds = sum(one.seconds for one in found) * runs / min(comparison.jobs, runs)
    if as_json:
        for arm, one in zip(arms, found, strict=True):
            print_json({"arm": arm.name, "runs": runs, **one.json()})
        print_json({"runs": runs * len(arms), "seconds": seconds})
        return
    rows = [[one.task, arm.name, *_cells(one)] for arm, one in zip(arms, found, strict=True)]
    for line in table(["task", "arm", *_HEADER], rows):
        print_line(line)
    print_line(f"\n{runs * len(arms)} runs, {comparison.jobs} at a time: {duration(seconds)}")
    print_line(_NOTE)


_HEADER = ("parameters", "steps", "FLOPs", "memory", "time")


def _cells(found: Estimate) -> list[str]:
    return [
        number(found.parameters),
        number(sum(stage.steps for stage in found.stages)),
        scientific(found.flops),
        f"{found.megabytes:.0f} MB",
        duration(found.seconds),
    ]
