# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the data commands ask of data, wherever they lie: one subclass for each sort of source."""

from __future__ import annotations

import abc
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from vynapse.core import SupervisedTask
from vynapse.data.prints import sha256_of_file
from vynapse.errors import ConfigError


class Dataset(abc.ABC):
    """Data as `vynapse data` sees them.

    Attributes:
        name: what they are called in sentences.
    """

    name: str

    @abc.abstractmethod
    def info(self) -> dict[str, Any]:
        """Statistics and a preview, as JSON values.

        Keys that are shown as tables, where they are there: `columns` (a list of mappings),
        `preview` (the same), `target` (what is to be predicted), `splits` (name -> examples) and
        `warnings` (sentences). All others are single facts.

        Raises:
            DataError: the data are absent or damaged.
        """

    @abc.abstractmethod
    def files(self) -> list[Path]:
        """The files that are read, in order."""

    def options(self) -> dict[str, Any]:
        """What else decides which examples there are: keys of the task but for places of files."""
        return {}

    def examples(self) -> str | None:
        """The fingerprint of the examples that a run sees; None where no task is meant yet."""
        return None

    def hash(self) -> dict[str, Any]:
        """Provenance: files, options, examples, and one hash of all that.

        The hash changes with every byte of a file, with their order, and with each option.
        """
        files = [
            {"file": str(path), "bytes": path.stat().st_size, "sha256": sha256_of_file(path)}
            for path in self.files()
        ]
        held = [[file["bytes"], file["sha256"]] for file in files], self.options()
        text = json.dumps(held, sort_keys=True)
        return {
            "data": self.name,
            "files": files,
            "options": self.options(),
            "examples": self.examples(),
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
        }

    def write_splits(self, folder: Path) -> dict[str, int]:
        """Write each split into a file of a new folder; name of the file -> rows.

        Raises:
            ConfigError: this sort of data is not split into files.
            DataError: the data are absent or damaged.
        """
        raise ConfigError(f"{self.name}: only CSV files are split into files")


class TaskDataset(Dataset):
    """What the examples of any task say, where nothing is known of its files.

    Args:
        task: the task.
        files: its files.
    """

    def __init__(self, task: SupervisedTask, files: tuple[str, ...] = ()) -> None:
        self.name, self._task, self._files = f"task {task.name!r}", task, files

    def info(self) -> dict[str, Any]:
        task = self._task
        train = task.split("train")
        first = train.take(slice(0, 1)).inputs
        splits = {"train": len(train)}
        if not task.validation_is_train:
            splits["validation"] = len(task.split("validation"))
        found: dict[str, Any] = {
            "data": self.name,
            "description": task.description,
            "inputs": list(first.shape[1:]),
            "type": first.dtype.name,
            "outputs": task.output_size,
            "splits": splits,
            "warnings": list(task.warnings),
        }
        if task.classes is not None:
            found["target"] = {"kind": "classification", "counts": self._counts()}
        return found

    def files(self) -> list[Path]:
        return [Path(file) for file in self._files]

    def options(self) -> dict[str, Any]:
        origin = self._task.origin()
        return {} if origin is None else {"name": origin.name, **origin.options}

    def examples(self) -> str:
        return self._task.fingerprint()

    def _counts(self) -> dict[str, int]:
        """Examples of each class that train."""
        from vynapse.tasks.scoring import targets_of

        classes = self._task.classes or ()
        labels = self._task.loss.labels(targets_of(self._task.split("train")))
        counts = np.bincount(labels.ravel(), minlength=len(classes)).tolist()
        return dict(zip(classes, counts, strict=False))
