# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse run` and `vynapse resume`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from vynapse.cli.metrics import Metrics, endpoint, sinks_of
from vynapse.cli.options import DryRun, Json, Logging, Run, Whole, overrides
from vynapse.errors import ConfigError

if TYPE_CHECKING:
    from vynapse.experiment.session import Session
    from vynapse.telemetry.metrics.endpoint import Endpoint


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Beginning:
    """What a run begins with.

    Attributes:
        network: mlp:2,2,1 or cnn:16,32, package.module:factory, run:PATH or last for the structure
            of a run, or a mapping in YAML.
        slots: submodules behind which seeds may stand, with commas between them.
        weights: begin with these: a run directory, run:PATH or last, .safetensors, .pt or .pth, or
            the .json of a graph.
    """

    network: str | None = None
    slots: str | None = None
    weights: Path | None = None


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Machine:
    """What computes, and what is written down of it.

    Attributes:
        threads: threads of torch and NumPy; part of the result.
        device: where tensors live: auto, cpu, cuda or cuda:N.
        log_every: steps between rows of metrics.csv.
    """

    threads: Whole | None = None
    device: str | None = None
    log_every: Whole | None = None


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Output:
    """What is shown of a run while it goes on.

    Attributes:
        watch: the dashboard of vynapse watch, where there is a terminal.
        json: JSON lines on standard output, the summary last.
    """

    watch: Annotated[bool, Parameter(show_default=False)] = False
    json: Json = False

    def __post_init__(self) -> None:
        if self.watch and self.json:
            raise ConfigError("--watch: it is for people, and --json for programs: leave out one")


def run(
    task: str | None = None,
    /,
    *,
    mode: str | None = None,
    recipe: Path | None = None,
    seed: Whole | None = None,
    settings: Annotated[list[str] | None, Parameter(name="--set")] = None,
    beginning: Beginning | None = None,
    steps: Whole | None = None,
    budget: list[str] | None = None,
    evaluator: str | None = None,
    machine: Machine | None = None,
    out: Path | None = None,
    dry_run: DryRun = False,
    metrics: Metrics | None = None,
    output: Output | None = None,
    logging: Logging | None = None,
) -> None:
    """Train a network on a task.

    Args:
        task: a name of `vynapse tasks`, or package.module:Class; may stand in the recipe.
        mode: a name of `vynapse modes`; may stand in the recipe.
        recipe: YAML or TOML file; options given here win over it.
        seed: root of all random numbers.
        settings: a key of the recipe or of its only stage, as key=value; may be repeated.
        beginning: what it begins with.
        steps: stop after so many steps; the same as --budget steps=N.
        budget: stop at a limit, e.g. flops=1e9 or seconds=10; may be repeated.
        evaluator: where genomes are measured, as KIND or KIND:COUNT, e.g. threads:2; no result
            depends on it.
        machine: what computes.
        out: directory of the run; by default one with a telling name below runs.
        dry_run: make a step, say what the run would take, and write nothing.
        metrics: who else may see it.
        output: what is shown.
        logging: what is logged beside the progress.
    """
    shown = output or Output()
    (logging or Logging()).apply()
    _demand(task, mode, recipe)

    from vynapse.experiment.config import load_recipe
    from vynapse.experiment.evaluating import evaluator_named, measured_by
    from vynapse.experiment.session import Session

    chosen = {**asdict(machine or Machine()), **asdict(beginning or Beginning())}
    given: dict[str, Any] = {"steps": steps, "budget": budget or (), "settings": settings or ()}
    keys = overrides(seed=seed, **chosen, **given)
    loaded = load_recipe(task=task, mode=mode, file=recipe, overrides=keys)
    if evaluator is not None:
        loaded = measured_by(loaded, evaluator_named(evaluator))
    if dry_run:
        from vynapse.cli.dry_run import tell_run

        return tell_run(loaded, shown.json)
    with endpoint(metrics) as served:
        follow(Session.create(loaded, out), shown.json, shown.watch, served)
    return None


def resume(
    run: Run,
    /,
    *,
    evaluator: str | None = None,
    metrics: Metrics | None = None,
    output: Output | None = None,
    logging: Logging | None = None,
) -> None:
    """Resume a run.

    Args:
        run: directory of the run, or last; or the folder of a sweep.
        evaluator: where genomes are measured from now on, as KIND or KIND:COUNT; no result depends
            on it.
        metrics: who else may see it.
        output: what is shown.
        logging: what is logged beside the progress.
    """
    shown = output or Output()
    if (run / "sweep.yaml").is_file():
        from vynapse.cli.sweep import sweep

        return sweep(run, metrics=metrics, json=shown.json, logging=logging)
    (logging or Logging()).apply()

    from vynapse.experiment.session import Session

    with endpoint(metrics) as served:
        if evaluator is None:
            follow(Session.open(run), shown.json, shown.watch, served)
            return None
        from vynapse.experiment.evaluating import evaluator_named, measured_by

        chosen = evaluator_named(evaluator)
        session = Session.open(run, lambda recipe: measured_by(recipe, chosen))
        follow(session, shown.json, shown.watch, served)
    return None


def _demand(task: str | None, mode: str | None, recipe: Path | None) -> None:
    if recipe is not None:
        return
    if task is None:
        raise ConfigError("a task or a recipe is needed: name a TASK of vynapse tasks, or --recipe")
    if mode is None:
        raise ConfigError("--mode is needed: name one of vynapse modes, or a --recipe")


def follow(
    session: Session, as_json: bool, watched: bool = False, served: Endpoint | None = None
) -> None:
    """Run a session to its end before the user's eyes: progress, result and where it is kept.

    Args:
        session: the run.
        as_json: JSON lines instead of words.
        watched: a dashboard while it goes on, where there is a terminal.
        served: where its metrics are to be seen too.
    """
    from vynapse.cli.live import shown_live
    from vynapse.cli.output import headline, measurements, print_line, times
    from vynapse.cli.progress import JsonLines

    sinks = sinks_of(session.directory, session.directory.name, served)
    if as_json:
        lines = JsonLines(1 if session.ended else session.recipe.log_every)
        lines.write(session.run([lines], sinks=sinks))
        lines.close()
        return
    with shown_live(None if session.ended or not watched else session.directory) as (
        observer,
        stopping,
    ):
        summary = session.run([observer], stopping, sinks)
    print_line(headline(summary))
    for line in measurements(summary):
        print_line(f"  {line}")
    for line in filter(None, map(times, summary["stages"])):
        print_line(f"  {line}")
    for sink, count in session.missed.items():
        print_line(f"  sink {sink} was too slow: it missed {count:,} events and rows")
    print_line(f"  {session.directory}")
