# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`esper tune`: a schedule of growth, searched for on a task."""

from __future__ import annotations

import json as text_of
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vynapse.cli.options import Json, Logging, Whole, overrides, refuse_too_many
from vynapse.errors import ConfigError

if TYPE_CHECKING:
    from vynapse.experiment.recipe import Recipe
    from vynapse.experiment.tuning import Tried


def tune(
    *,
    task: str,
    out: Path,
    budget_runs: Whole = 40,
    seeds: Whole = 2,
    seed: Whole = 0,
    network: str | None = None,
    budget: list[str] | None = None,
    max_epochs: Whole | None = None,
    settings: Annotated[list[str] | None, Parameter(name="--set")] = None,
    device: str = "auto",
    threads: Whole | None = None,
    json: Json = False,
    logging: Logging | None = None,
) -> None:
    """Search for a schedule of growth on a task.

    Args:
        task: a name of `vynapse tasks`, or package.module:Class.
        out: the file of the schedule, JSON; it must not exist yet.
        budget_runs: how many runs of mode grow the search may take.
        seeds: runs of each schedule, with the seeds after --seed.
        seed: root of the random numbers of the search.
        network: where to begin: mlp:2,8,1 or cnn:16,32, package.module:factory, or a mapping.
        budget: stop each run at a limit, e.g. flops=1e9 or epochs=10; may be repeated.
        max_epochs: the same as --budget epochs=N.
        settings: a key of the recipe or of mode grow, as key=value; may be repeated.
        device: auto, cpu, cuda or cuda:1.
        threads: threads of torch and NumPy.
        json: one JSON object per schedule that was tried, and last the content of the file.
        logging: what is logged beside the progress.
    """
    (logging or Logging()).apply()
    refuse_too_many(budget_runs, "--budget-runs")
    refuse_too_many(seeds, "--seeds")
    if out.exists() or not out.absolute().parent.is_dir():
        problem = "exists already" if out.exists() else "lies in no folder that there is"
        raise ConfigError(f"--out: {out} {problem}: name another file")

    from vynapse.experiment.config import load_recipe

    epochs = [] if max_epochs is None else [f"epochs={max_epochs}"]
    keys = overrides(
        seed=seed,
        device=device,
        threads=threads,
        network=network,
        budget=[*(budget or ()), *epochs],
        settings=settings or (),
    )
    recipe = load_recipe(task, "grow", overrides=[*keys, ("controller", {"kind": "fixed"})])
    _search(recipe, budget_runs, seeds, out, as_json=json)


def _search(recipe: Recipe, runs: int, seeds: int, out: Path, *, as_json: bool) -> None:
    """Search, tell of each schedule that was tried, and write the best one."""
    from vynapse.cli.output import number, print_line
    from vynapse.cli.progress import JsonLines
    from vynapse.experiment.files import write_atomically
    from vynapse.experiment.tuning import tune as search

    lines = JsonLines(recipe.log_every) if as_json else None

    def tell(tried: Tried) -> None:
        if lines is not None:
            lines.write({**asdict(tried), "schedule": tried.schedule.model_dump(mode="json")})
            return
        print_line(
            f"{tried.number}/{tried.candidates}: loss {number(tried.loss)}, best so far "
            f"{number(tried.best_loss)}"
        )

    found = search(recipe, runs, seeds, [tell])
    content = found.model_dump(mode="json")
    write_atomically(out, (text_of.dumps(content, indent=2) + "\n").encode())
    if lines is not None:
        lines.write(content)
        lines.close()
        return
    if (cost := found.found) is not None:
        print_line(
            f"\n{cost.runs} runs, {cost.flops:.3g} FLOP, {cost.seconds:.0f} s: loss "
            f"{number(cost.loss)}, of the best clock {number(cost.clock_loss)}"
        )
    print_line(str(out))
