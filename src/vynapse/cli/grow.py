# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse grow-existing`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from vynapse.cli.options import Json, Logging, Whole, overrides
from vynapse.cli.run import follow
from vynapse.errors import ConfigError

if TYPE_CHECKING:
    from vynapse.experiment.overrides import Override


def grow_existing(
    checkpoint: Path,
    /,
    *,
    task: str | None = None,
    network: str | None = None,
    slots: str | None = None,
    budget: list[str] | None = None,
    settings: Annotated[list[str] | None, Parameter(name="--set")] = None,
    seed: Whole | None = None,
    threads: Whole | None = None,
    out: Path | None = None,
    json: Json = False,
    logging: Logging | None = None,
) -> None:
    """Grow a network that has been trained already.

    Args:
        checkpoint: a run directory (also run:PATH, or last for the newest run), or a file of
            weights: .safetensors, .pt or .pth.
        task: a name of `vynapse tasks`, or package.module:Class; by default that of the run.
        network: what the weights belong to, where the file does not say: package.module:factory,
            mlp:2,2,1 or cnn:16,32, or a mapping in YAML.
        slots: names of submodules behind which it may grow, with commas between them.
        budget: stop at a limit, e.g. flops=1e9 or epochs=4; may be repeated.
        settings: a key of the recipe or of mode grow, as key=value; may be repeated.
        seed: root of all random numbers.
        threads: threads of torch and NumPy; part of the result.
        out: directory of the run; by default one with a telling name below runs.
        json: JSON lines on standard output, the summary last.
        logging: what is logged beside the progress.
    """
    (logging or Logging()).apply()
    from vynapse.experiment.named_runs import named

    checkpoint = Path(named(str(checkpoint), "checkpoint"))
    chosen = _task(checkpoint, task)

    from vynapse.experiment.config import load_recipe
    from vynapse.experiment.session import Session

    keys = overrides(
        seed=seed,
        threads=threads,
        network=network,
        slots=slots,
        weights=checkpoint,
        budget=budget or (),
        settings=settings or (),
    )
    keys = [("task", chosen), *_for_a_trained_network(checkpoint), *keys]
    follow(Session.create(load_recipe(mode="grow", overrides=keys), out), json)


def _task(checkpoint: Path, named: str | None) -> str | dict[str, Any]:
    """The task that is named, else that of the run; the run's own keys where it is the same."""
    if checkpoint.is_dir():
        from vynapse.experiment.directory import RunDirectory

        own: dict[str, Any] = RunDirectory.open(checkpoint).record()["recipe"]["task"]
        return own if named in (None, own["name"]) else {"name": named}
    if not checkpoint.exists():
        raise ConfigError(
            f"{checkpoint} does not exist: a run directory or a file of weights was wanted"
        )
    if named is None:
        raise ConfigError(f"--task is needed, since {checkpoint} is no run directory")
    return named


def _for_a_trained_network(checkpoint: Path) -> list[Override]:
    """Keys of mode grow for the network of a run, or of a file of weights."""
    from vynapse.esper.tolaria.existing import for_a_trained_network

    stages: list[dict[str, Any]] = []
    if checkpoint.is_dir():
        from vynapse.experiment.directory import RunDirectory

        stages = RunDirectory.open(checkpoint).record()["recipe"]["stages"]
    keys = for_a_trained_network([(stage["mode"], stage) for stage in stages])
    return list(keys.items())
