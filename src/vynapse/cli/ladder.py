# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`esper ladder`: controllers beside each other at equal cost, and whether any has learnt."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vynapse.cli.options import Json, Logging, Whole, overrides, refuse_too_many, words_of
from vynapse.errors import ConfigError

if TYPE_CHECKING:
    from vynapse.experiment.ladder import Ladder


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Rungs:
    """What is compared, and on what.

    Attributes:
        task: a name of `vynapse tasks` with examples.
        rungs: controllers, with commas between them; by default all: no-op, random, fixed,
            heuristic, tuned, ppo, iql, evolved, thresholds, static.
        episodes: how many of each, with the same seeds.
        seed: the seed of the first episode.
        training: what each search may take: episodes=40, or env_steps=560 in epochs of the network
            that growth begins with.
        settings: a key of the recipe of mode grow, as key=value; may be repeated.
        network: where to begin: mlp:2,8,1 or cnn:16,32, package.module:factory, or a mapping.
        budget: cost of an episode: flops=1e9, or epochs=10 of the network that growth begins with.
        max_epochs: the same as --budget epochs=N.
        device: auto, cpu, cuda or cuda:1; controllers learn on the CPU.
        threads: threads of torch and NumPy; part of the result.
        jobs: how many runs of the comparison at the same time.
        out: folder of the runs and tables; by default one with a telling name below runs.
        json: one JSON object on standard output in place of the table.
        logging: what is logged beside the progress.
    """

    task: str
    rungs: str | None = None
    episodes: Whole = 5
    seed: Whole = 0
    training: str = "episodes=40"
    settings: Annotated[list[str] | None, Parameter(name="--set")] = None
    network: str | None = None
    budget: list[str] | None = None
    max_epochs: Whole | None = None
    device: str = "auto"
    threads: Whole | None = None
    jobs: Whole = 1
    out: Path | None = None
    json: Json = False
    logging: Logging = field(default_factory=Logging)


def ladder(*, asked: Rungs) -> None:
    """Compare controllers of growth at equal cost.

    Args:
        asked: what is compared.
    """
    asked.logging.apply()
    from vynapse.cli.finished import finished_runs
    from vynapse.cli.output import print_json, print_line
    from vynapse.pages.report.writing import write_report

    made = _ladder(asked)
    with finished_runs() as progress:
        table = made.run(progress, _note)
    report = write_report([made.directory])
    if asked.json:
        print_json(table.json())
        return
    print_line(table.markdown().rstrip())
    print_line(f"\n{made.directory}\n{report}")


def _note(sentence: str) -> None:
    """Tell a person, whatever standard output is for."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def _ladder(asked: Rungs) -> Ladder:
    """The ladder that the words mean."""
    from vynapse.experiment.directory import new_name
    from vynapse.experiment.ladder import DEFAULT, Ladder

    refuse_too_many(asked.episodes, "--episodes")
    name, _, text = asked.training.partition("=")
    count = _whole(text)
    if name not in ("episodes", "env_steps") or count is None or count < 1:
        raise ConfigError(
            "--training: episodes=NUMBER or env_steps=NUMBER was wanted, from 1 on, got "
            f"{asked.training[:99]!r}"
        )
    epochs = [] if asked.max_epochs is None else [f"epochs={asked.max_epochs}"]
    keys = overrides(
        device=asked.device,
        threads=asked.threads,
        network=asked.network,
        budget=[*(asked.budget or ()), *epochs],
        settings=asked.settings or (),
    )
    title = new_name(f"ladder-{asked.task}", [], asked.seed)
    return Ladder(
        asked.task,
        asked.out or Path("runs") / title,
        keys=keys,
        rungs=words_of(asked.rungs, "--rungs") or DEFAULT,
        episodes=asked.episodes,
        seed=asked.seed,
        training=count if name == "episodes" else 40,
        training_epochs=count if name == "env_steps" else None,
        jobs=asked.jobs,
    )


def _whole(text: str) -> int | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() and value < 1e12 else None
