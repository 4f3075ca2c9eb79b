# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Reading runs: their summaries, and their networks ready for use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vynapse.core import Array
from vynapse.errors import MissingExtra, RunDirectoryError
from vynapse.experiment import provenance
from vynapse.experiment.directory import RunDirectory, resume_words
from vynapse.experiment.forms import read_json
from vynapse.experiment.fronts import read_front
from vynapse.experiment.notebook import Summary, columns_of
from vynapse.experiment.predicted import Prediction, predict
from vynapse.experiment.run_index import indexed
from vynapse.networks.state import NetworkState
from vynapse.telemetry.reading import Logged, last_event, last_logged

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class LoadedRun:
    """A run's winner with what is needed to use it.

    Attributes:
        path: the run directory.
        network: structure and weights.
        recipe: content of the resolved recipe, as in `recipe.yaml`.
        preprocessing: what turns raw rows into inputs; None for tasks that need none.
        data_sha256: fingerprint of the data that the run began with; None where it is not known.
    """

    path: Path
    network: NetworkState
    recipe: dict[str, Any]
    preprocessing: dict[str, Any] | None
    data_sha256: str | None = None

    def __repr__(self) -> str:
        """Where it is and what it is; recipe and weights would fill pages."""
        return f"LoadedRun({str(self.path)!r}, task {self.task_name!r}, {self.network!r})"

    @property
    def task_name(self) -> str:
        """Name of the run's task."""
        name: str = self.recipe["task"]["name"]
        return name

    @property
    def summary(self) -> Summary:
        """The summary of the run; what is known of it, with its `status`, while it has not ended.

        Raises:
            RunDirectoryError: its files are damaged.
        """
        return Summary(read_summary(self.path))

    @property
    def metrics(self) -> dict[str, Array]:
        """The columns of metrics.csv: name -> (rows,) float64; not-a-number: not measured.

        Raises:
            RunDirectoryError: the file cannot be read.
        """
        return columns_of(self.path / "metrics.csv")

    def frame(self) -> Any:
        """The same as a `pandas.DataFrame`, a row for each line of the file.

        Raises:
            MissingExtra: pandas is not installed.
            RunDirectoryError: the file cannot be read.
        """
        try:
            import pandas as pd
        except ImportError:
            raise MissingExtra("pandas", None, "a frame of the metrics") from None
        return pd.DataFrame(self.metrics)

    def predict(self, rows: Any) -> Prediction:
        """What the network says of rows as the task has them, raw.

        Args:
            rows: an array or a list of rows; for a CSV file also a frame, columns by name, rows by
                name, or a file; for pictures also names of files; for text a text, or several.

        Raises:
            ConfigError: the task has no examples, or the network keeps a state between them.
            DataError: the rows are none of this task.
        """
        return predict(self.network, self.recipe, self.preprocessing, rows)

    def _repr_html_(self) -> str:
        return f"<p>{escape(str(self.path))}</p>{self.summary._repr_html_()}"

    def module(self) -> nn.Module:
        """The network as a fresh `torch.nn.Module` in evaluation mode."""
        return self.network.module()


def load(run: Path | str, front: int | None = None) -> LoadedRun:
    """The winner of a run, or the best network so far of one that has not finished.

    Args:
        run: its directory.
        front: the number of a network of its front, from 0, in place of the winner.

    Raises:
        ConfigError: the front has no such number.
        RunDirectoryError: no run is there, it has not saved a network yet, or its files were
            changed.
        CheckpointError: the network file is damaged.
    """
    directory = RunDirectory.open(Path(run))
    if not directory.network.exists():
        raise RunDirectoryError(f"{run} has saved no network yet: {advice(directory)}")
    record, summary = directory.record(), directory.summary()
    preprocessing = read_json(directory.preprocessing)
    wanted = record.get("preprocessing_sha256")
    if wanted is not None and preprocessing is None:
        raise RunDirectoryError(f"{run} lacks preprocessing.json: restore it from a copy")
    if wanted is not None and provenance.sha256_of(preprocessing) != wanted:
        raise _changed(directory.preprocessing)
    network = NetworkState.read(directory.network)
    if summary is not None and network.sha256() != summary["network_sha256"]:
        raise _changed(directory.network)
    if front is not None:
        network = read_front(directory.path).network(front, network)
    fingerprint = record["provenance"]["data_sha256"]
    return LoadedRun(directory.path, network, record["recipe"], preprocessing, fingerprint)


def _changed(file: Path) -> RunDirectoryError:
    return RunDirectoryError(
        f"{file} was changed after the run wrote it: restore the file from a copy"
    )


def advice(directory: RunDirectory) -> str:
    """What to do about a run that has saved no network."""
    if directory.busy():
        return "wait for its first checkpoint"
    if status_after(last_event(directory.events)) == "failed":
        return "it failed before it saved anything: correct what it says, and start a new run"
    return resume_words(directory.path)


def read_summary(run: Path | str) -> dict[str, Any]:
    """The summary of a finished run; of another what is known, with its `status`.

    The status is "finished", "running", "interrupted", "failed" or "unfinished" (killed, or its
    disk was full).

    Raises:
        RunDirectoryError: no run is there, or its files are damaged.
    """
    directory = RunDirectory.open(Path(run))
    summary = directory.summary()
    if summary is not None:
        return summary
    return unfinished(
        directory,
        directory.record()["recipe"],
        "running" if directory.busy() else status_after(last_event(directory.events)),
        last_logged(directory.metrics),
    )


def unfinished(
    directory: RunDirectory, recipe: Mapping[str, Any], status: str, row: Logged | None
) -> dict[str, Any]:
    """What is known of a run that has no summary yet.

    Args:
        directory: where it is.
        recipe: that of run.json.
        status: one of those that `read_summary` gives.
        row: the last row of metrics.csv, with the last loss and time that were measured.
    """
    known: dict[str, Any] = {
        "run": directory.path.name,
        "task": recipe["task"]["name"],
        "mode": "+".join(stage["mode"] for stage in recipe["stages"]),
        "seed": recipe["seed"],
        "status": status,
    }
    if row is not None:
        known |= {"stage": row.stage, "step": row.step}
        measured = {"loss": row.loss, "seconds": row.seconds}
        known |= {name: value for name, value in measured.items() if value is not None}
    return known


def list_runs(root: Path) -> list[dict[str, Any]]:
    """Summaries of all runs in `root`, by name, each with its `path`, its `tags`, and `begun`, when
    it was begun; a damaged one has the status "unreadable" and the `reason`.

    Raises:
        RunDirectoryError: `root` is not a folder.
    """
    return indexed(root, read_summary)


def status_after(event: Mapping[str, Any] | None) -> str:
    """The status of a run that nobody writes and that has no summary, by its last event."""
    kinds = {"run.interrupted": "interrupted", "run.failed": "failed"}
    return kinds.get(event["kind"], "unfinished") if event else "unfinished"
