# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Reading runs: their summaries, and their networks ready for use."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vynapse.errors import RunDirectoryError
from vynapse.experiment.directory import RunDirectory
from vynapse.networks.state import NetworkState

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class LoadedRun:
    """A run's best network with what is needed to use it.

    Attributes:
        path: the run directory.
        network: structure and weights.
        recipe: content of the resolved recipe, as in `recipe.yaml`.
        preprocessing: what turns raw rows into inputs; None for tasks that need none.
    """

    path: Path
    network: NetworkState
    recipe: dict[str, Any]
    preprocessing: dict[str, Any] | None

    def __repr__(self) -> str:
        """Where it is and what it is; recipe and weights would fill pages."""
        return f"LoadedRun({str(self.path)!r}, task {self.task_name!r}, {self.network!r})"

    @property
    def task_name(self) -> str:
        """Name of the run's task."""
        name: str = self.recipe["task"]["name"]
        return name

    def module(self) -> nn.Module:
        """The network as a fresh `torch.nn.Module` in evaluation mode."""
        return self.network.module()


def load(run: Path | str) -> LoadedRun:
    """The best network of a run (the winner, once the run has finished).

    Raises:
        RunDirectoryError: no run is there, or it has not saved a network yet.
        CheckpointError: the network file is damaged.
    """
    directory = RunDirectory.open(Path(run))
    if not directory.network.exists():
        raise RunDirectoryError(f"{run} has saved no network yet: {advice(directory)}")
    return LoadedRun(
        directory.path,
        NetworkState.read(directory.network),
        directory.record()["recipe"],
        directory.read_json("preprocessing.json"),
    )


def advice(directory: RunDirectory) -> str:
    """What to do about a run that has saved no network."""
    if directory.busy():
        return "wait for its first checkpoint"
    if _last_status(directory.events) == "failed":
        return "it failed before it saved anything: correct what it says, and start a new run"
    return f"go on with vynapse resume {directory.path}"


def read_summary(run: Path | str) -> dict[str, Any]:
    """The summary of a finished run; of another what is known, with its `status`.

    The status is "finished", "running", "interrupted", "failed" or "unfinished" (killed).

    Raises:
        RunDirectoryError: no run is there.
    """
    directory = RunDirectory.open(Path(run))
    summary = directory.read_json("summary.json")
    if summary is not None:
        return summary
    recipe = directory.record()["recipe"]
    known: dict[str, Any] = {
        "run": directory.path.name,
        "task": recipe["task"]["name"],
        "mode": "+".join(stage["mode"] for stage in recipe["stages"]),
        "seed": recipe["seed"],
        "status": "running" if directory.busy() else _last_status(directory.events),
    }
    row = _last_row(directory.metrics)
    if row is not None:
        known |= {
            "loss": float(row["loss"]),
            "stage": int(row["stage"]),
            "step": int(row["step"]),
            "seconds": float(row["seconds"]),
        }
    return known


def list_runs(root: Path) -> list[dict[str, Any]]:
    """Summaries of all runs below `root`, by name; a damaged one has the status "unreadable".

    Raises:
        RunDirectoryError: `root` is not a folder.
    """
    if not root.is_dir():
        raise RunDirectoryError(f"{root} is not a folder of runs: name one, or start a run")
    found = []
    for record in sorted(root.glob("*/run.json")):
        run = record.parent
        if run.name.startswith("."):
            continue
        try:
            found.append({**read_summary(run), "path": str(run)})
        except (RunDirectoryError, KeyError, TypeError, ValueError) as error:
            found.append(
                {"run": run.name, "status": "unreadable", "reason": str(error), "path": str(run)}
            )
    return found


def _last_status(events: Path) -> str:
    kinds = {"run.interrupted": "interrupted", "run.failed": "failed"}
    last = _last_line(events)
    try:
        return kinds.get(json.loads(last)["kind"], "unfinished") if last else "unfinished"
    except (ValueError, KeyError):
        return "unfinished"


def _last_row(metrics: Path) -> dict[str, str] | None:
    try:
        with metrics.open(encoding="utf-8") as file:
            header = file.readline()
    except OSError:
        return None
    last = _last_line(metrics)
    if last == header.strip():
        return None
    names, values = next(csv.reader([header]), []), next(csv.reader([last]), [])
    return dict(zip(names, values, strict=True)) if len(values) == len(names) > 0 else None


def _last_line(path: Path) -> str:
    """The last complete line; "" when there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - 65536))
            lines = file.read().decode("utf-8", "replace").splitlines(keepends=True)
    except OSError:
        return ""
    whole = [line for line in lines if line.endswith("\n")]
    return whole[-1].strip() if whole else ""
