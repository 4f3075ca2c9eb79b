# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse collect`: episodes of those who act in a task, as a file to learn from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from vynapse.cli.options import Json, Logging, Whole, overrides, words_of
from vynapse.errors import ConfigError


def collect(
    task: str,
    /,
    *,
    out: Path,
    behaviour: str = "random",
    episodes: Whole = 200,
    epsilon: float = 0.2,
    seed: Whole = 0,
    settings: Annotated[list[str] | None, Parameter(name="--set")] = None,
    json: Json = False,
    logging: Logging | None = None,
) -> None:
    """Play episodes and keep them as a file.

    Args:
        task: a name of `vynapse tasks` for a task of control, or package.module:Class.
        out: the file, .safetensors; it must not exist yet.
        behaviour: who plays, with commas between: random, run:PATH, or what the task offers.
        episodes: how many in all, in equal parts.
        epsilon: probability that a network of a run acts blindly at a step.
        seed: root of all random numbers.
        settings: a key of the task, as task.KEY=VALUE; may be repeated.
        json: what was played as one JSON object per behaviour.
        logging: what is logged beside the progress.
    """
    (logging or Logging()).apply()
    if out.exists() or not out.absolute().parent.is_dir():
        problem = "exists already" if out.exists() else "lies in no folder that there is"
        raise ConfigError(f"--out: {out} {problem}: name another file")

    from vynapse.cli.output import number, print_json, print_line, table
    from vynapse.experiment.config import load_recipe
    from vynapse.experiment.plan import prepare
    from vynapse.trainers.iql import IqlTrainer

    players = words_of(behaviour, "--behaviour") or []
    data = {"behaviour": players, "episodes": episodes, "epsilon": epsilon}
    keys = [("data", data), *overrides(seed=seed, settings=settings or ())]
    trainer = prepare(load_recipe(task, "iql", overrides=keys)).check()
    if not isinstance(trainer, IqlTrainer):
        raise ConfigError("mode: iql was wanted, as it plays for a log: leave it out")
    log = trainer.log()
    log.save(out)
    if json:
        for played in log.played():
            print_json(played)
        return
    rows = [
        [one["behaviour"], str(one["episodes"]), number(one["steps"]), number(one["return"])]
        for one in log.played()
    ]
    for line in table(["behaviour", "episodes", "steps", "mean return"], rows):
        print_line(line)
    print_line(f"{out}: {number(len(log))} steps; learn from it by --mode iql --set data={out}")
