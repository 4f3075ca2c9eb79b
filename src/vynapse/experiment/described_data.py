# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse data`: what a path or a run means, and whether the data of a run are still those."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vynapse.data.prints import change_of
from vynapse.errors import ConfigError, DataChanged, DataError, VynapseError
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.kept import located
from vynapse.experiment.reading import text_value
from vynapse.imports import import_object
from vynapse.tasks.dataset import Dataset, TaskDataset
from vynapse.tasks.registry import TASKS, make_any_task, make_task

_OF_FILES = ("csv", "images", "text", "arrays")
"""The tasks that are asked whether a path is theirs, in this order, where they exist."""


def dataset_of(name: str, keys: Mapping[str, Any]) -> Dataset:
    """The data that a path, a run or the name of a task means.

    Args:
        name: a file or folder, the directory of a run, or the name of a task.
        keys: keys of its task, as `target`, which win over those of a run.

    Raises:
        ConfigError: it means none.
        DataError: the data are absent or damaged.
    """
    path = Path(name).expanduser()
    if is_run(path):
        own = dict(located(record_of(path)["recipe"], path)["task"])
        return _of_task(own.pop("name"), {**own, **keys})
    if path.exists():
        for task in _OF_FILES:
            kind = TASKS.get(task) if task in TASKS.names() else None
            found = None if kind is None or kind.of_path is None else kind.of_path(path)
            if found is not None:
                return _of_task(task, {**found, **keys})
        raise DataError(f"{path}: a CSV file, a run or the name of a task was wanted")
    if name in TASKS.names():
        return _of_task(name, keys)
    raise DataError(f"{path} does not exist: a file, a run or the name of a task was wanted")


def keys_given(targets: Iterable[str], settings: Iterable[str]) -> dict[str, Any]:
    """Keys of a task from `--target` and `--set KEY=VALUE`.

    Raises:
        ConfigError: a setting is no KEY=VALUE.
    """
    keys: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        key = key.strip().removeprefix("task.")
        if not equals or not key:
            raise ConfigError(f"--set {setting[:99]!r}: KEY=VALUE was wanted, e.g. validation=0.1")
        keys[key] = text_value(value, f"--set {key[:99]}")
    names = list(targets)
    return keys if not names else {**keys, "target": names[0] if len(names) == 1 else names}


def is_run(path: Path) -> bool:
    """Whether a folder holds a run."""
    return (path / "run.json").is_file()


def record_of(path: Path) -> dict[str, Any]:
    """What the run began with: the content of run.json."""
    found: dict[str, Any] = RunDirectory.open(path).record()
    return found


def verify_run(path: Path) -> dict[str, Any]:
    """Whether the data of a run are still those it began with.

    Returns:
        The keys run, same, files (a mapping of file, changed and how for each that is remembered),
        examples ("same", "other", or None where the files tell) and why (where no task could be
        made of the data).

    Raises:
        RunDirectoryError: it is no run.
    """
    record = record_of(path)
    known = record["provenance"].get("data_files") or []
    files = [{"file": one["file"], "how": change_of(one)} for one in known]
    found: dict[str, Any] = {"run": str(path), "same": True, "files": files, "examples": None}
    whole = bool(known) and all(one["sha256"] is not None for one in known)
    if whole and not any(file["how"] for file in files):
        return found
    own = dict(located(record["recipe"], path)["task"])
    try:
        fingerprint = make_any_task(own.pop("name"), own).fingerprint()
    except VynapseError as error:
        return {**found, "same": False, "why": str(error)}
    found["same"] = fingerprint == record["provenance"]["data_sha256"]
    found["examples"] = "same" if found["same"] else "other"
    return found


def verify_data(data: Dataset, against: str) -> dict[str, Any]:
    """Whether data are those of a hash.

    Args:
        data: the data.
        against: the hash of `vynapse data hash`, or a file with its output in JSON.

    Raises:
        ConfigError: it is neither.
        DataError: the file cannot be read.
    """
    known: dict[str, Any] = {"sha256": against.lower()}
    if Path(against).is_file():
        try:
            known = json.loads(Path(against).read_text())
            known["sha256"].lower()
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise DataError(
                f"{against}: the output of vynapse data hash --json was wanted"
            ) from None
    elif len(against) != 64 or not set(against.lower()) <= set("0123456789abcdef"):
        raise ConfigError(f"--against: a SHA-256 or a file was wanted, got {against[:99]!r}")
    now = data.hash()
    files = []
    for then, own in zip(known.get("files", ()), now["files"], strict=False):
        how = None
        if then["bytes"] != own["bytes"]:
            how = f"it has {own['bytes']:,} bytes and had {then['bytes']:,}"
        elif then["sha256"] != own["sha256"]:
            how = "its bytes are others"
        files.append({"file": own["file"], "how": how})
    same = now["sha256"] == known["sha256"]
    found: dict[str, Any] = {"data": data.name, "same": same, "files": files, "examples": None}
    if not same and known.get("options", now["options"]) != now["options"]:
        found["why"] = "the options differ"
    return found


def refuse_changed(name: str, found: Mapping[str, Any]) -> None:
    """Turn what was found into an exit code.

    Raises:
        DataChanged: the data are others.
    """
    if found["same"]:
        return
    changed = [f"{file['file']}: {file['how']}" for file in found["files"] if file["how"]]
    reasons = changed or ([found["why"]] if found.get("why") else [])
    raise DataChanged(
        f"{name}: the data are not those it was made of"
        f"{': ' + '; '.join(reasons) if reasons else ': its examples are others'}"
    )


def _of_task(name: str, keys: Mapping[str, Any]) -> Dataset:
    kind = None if ":" in name else TASKS.get(name, "task.name")
    if kind is not None and kind.dataset is not None:
        found: Dataset = import_object(kind.dataset, "data")(keys)
        return found
    if kind is not None and kind.episodes:
        raise ConfigError(f"task {name!r} has episodes and no data")
    task = make_task(name, keys)
    return TaskDataset(task, task.data_files)
