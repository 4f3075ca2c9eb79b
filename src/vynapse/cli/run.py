# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse run` and `vynapse resume`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from vynapse.cli.options import Json, Logging, Whole, overrides
from vynapse.errors import ConfigError

if TYPE_CHECKING:
    from vynapse.experiment.session import Session


def run(
    task: str | None = None,
    /,
    *,
    mode: str | None = None,
    recipe: Path | None = None,
    seed: Whole | None = None,
    settings: Annotated[list[str] | None, Parameter(name="--set")] = None,
    network: str | None = None,
    slots: str | None = None,
    weights: Path | None = None,
    steps: Whole | None = None,
    budget: list[str] | None = None,
    threads: Whole | None = None,
    device: Literal["auto", "cpu", "cuda"] | None = None,
    out: Path | None = None,
    log_every: Whole | None = None,
    json: Json = False,
    logging: Logging | None = None,
) -> None:
    """Train a network on a task.

    Args:
        task: a name of `vynapse tasks`, or package.module:Class; may stand in the recipe.
        mode: a name of `vynapse modes`; may stand in the recipe.
        recipe: YAML or TOML file; options given here win over it.
        seed: root of all random numbers.
        settings: a key of the recipe or of its only stage, as key=value; may be repeated.
        network: mlp:2,2,1 or cnn:16,32, package.module:factory, or a mapping in YAML.
        slots: submodules behind which seeds may stand, with commas between them.
        weights: begin with these: a run directory, .safetensors, .pt or .pth.
        steps: stop after so many steps; the same as --budget steps=N.
        budget: stop at a limit, e.g. flops=1e9 or seconds=10; may be repeated.
        threads: threads of torch and NumPy; part of the result.
        device: where tensors live.
        out: directory of the run; by default one with a telling name below runs.
        log_every: steps between rows of metrics.csv.
        json: JSON lines on standard output, the summary last.
        logging: what is logged beside the progress.
    """
    (logging or Logging()).apply()
    _demand(task, mode, recipe)

    from vynapse.experiment.config import load_recipe
    from vynapse.experiment.session import Session

    keys = overrides(
        seed=seed,
        device=device,
        threads=threads,
        log_every=log_every,
        network=network,
        slots=slots,
        weights=weights,
        steps=steps,
        budget=budget or (),
        settings=settings or (),
    )
    loaded = load_recipe(task=task, mode=mode, file=recipe, overrides=keys)
    follow(Session.create(loaded, out), json)


def resume(run: Path, /, *, json: Json = False, logging: Logging | None = None) -> None:
    """Resume a run.

    Args:
        run: directory of the run.
        json: JSON lines on standard output, the summary last.
        logging: what is logged beside the progress.
    """
    (logging or Logging()).apply()

    from vynapse.experiment.session import Session

    follow(Session.open(run), json)


def _demand(task: str | None, mode: str | None, recipe: Path | None) -> None:
    if recipe is not None:
        return
    if task is None:
        raise ConfigError("a task or a recipe is needed: name a TASK of vynapse tasks, or --recipe")
    if mode is None:
        raise ConfigError("--mode is needed: name one of vynapse modes, or a --recipe")


def follow(session: Session, as_json: bool) -> None:
    """Run a session to its end before the user's eyes: progress, result and where it is kept."""
    from vynapse.cli.live import live
    from vynapse.cli.output import headline, measurements, print_line, times
    from vynapse.cli.progress import JsonLines, say_stopping

    if as_json:
        lines = JsonLines(1 if session.ended else session.recipe.log_every)
        lines.write(session.run([lines]))
        lines.close()
        return
    with live() as observer:
        summary = session.run([observer], say_stopping)
    print_line(headline(summary))
    for line in measurements(summary):
        print_line(f"  {line}")
    for line in filter(None, map(times, summary["stages"])):
        print_line(f"  {line}")
    print_line(f"  {session.directory}")
