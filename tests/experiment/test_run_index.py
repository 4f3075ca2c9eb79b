# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The list of runs: right whatever the index says, quick, safe beside writers that are killed."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests import speed
from tests.evidence import many
from vynapse.errors import RunDirectoryError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.run_index import INDEX, indexed
from vynapse.experiment.session import Session
from vynapse.experiment.store import list_runs, read_summary
from vynapse.experiment.tags import add_tags

LIMIT_FIRST, LIMIT_AGAIN, OF = 3.0, 1.0, 5000
"""Seconds in which so many runs are listed, without and with an index."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("one") / "run"
    Session.create(load_recipe("xor", "deap"), run).run()
    return run


@pytest.fixture
def root(finished: Path, tmp_path: Path) -> Path:
    """Three finished runs and an unfinished one, all old enough for an index."""
    for name in ("a", "b", "c", "cut"):
        shutil.copytree(finished, tmp_path / name)
    (tmp_path / "cut" / "summary.json").unlink()
    age(tmp_path)
    return tmp_path


def age(root: Path) -> None:
    """Let everything be a minute old."""
    for path in [*root.rglob("*")]:
        os.utime(path, (time.time() - 60, time.time() - 60))


class Reads:
    """Reads summaries, and remembers of which runs."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, run: Path) -> dict[str, Any]:
        self.names.append(run.name)
        return read_summary(run)


def read_again(root: Path) -> list[str]:
    """The runs that are read when the folder is listed once more."""
    reads = Reads()
    found = indexed(root, reads)
    fresh = list_without_index(root)
    assert found == fresh
    return reads.names


def list_without_index(root: Path) -> list[dict[str, Any]]:
    kept = (root / INDEX).read_bytes() if (root / INDEX).exists() else None
    (root / INDEX).unlink(missing_ok=True)
    found = list_runs(root)
    if kept is not None:
        (root / INDEX).write_bytes(kept)
    return found


def test_what_has_not_changed_is_read_once(root: Path) -> None:
    assert read_again(root) == ["a", "b", "c", "cut"]
    assert read_again(root) == []
    found = {run["run"]: run["status"] for run in list_runs(root)}
    assert found == {"a": "finished", "b": "finished", "c": "finished", "cut": "unfinished"}


def test_what_has_changed_is_read_again(root: Path) -> None:
    list_runs(root)
    summary = json.loads((root / "a" / "summary.json").read_text())
    (root / "a" / "summary.json").write_text(json.dumps({**summary, "loss": 7.0}))
    add_tags(root / "b", ["paper"])
    with (root / "cut" / "events.jsonl").open("a") as file:
        event = {"v": 1, "kind": "run.failed", "stage": None, "step": None, "data": {}}
        file.write(json.dumps(event) + "\n")
    shutil.rmtree(root / "c")
    assert read_again(root) == ["a", "b", "cut"]
    found = {run["run"]: run for run in list_runs(root)}
    assert found["a"]["loss"] == 7.0
    assert found["b"]["tags"] == ["paper"]
    assert found["cut"]["status"] == "failed"
    assert "c" not in found


def test_a_file_that_has_just_been_written_is_not_trusted(root: Path) -> None:
    (root / "a" / "summary.json").touch()
    read_again(root)
    assert read_again(root) == ["a"]


def test_a_run_that_a_process_holds_is_always_read(root: Path) -> None:
    list_runs(root)
    with RunDirectory(root / "cut").locked():
        assert read_again(root) == ["cut"]
        assert read_again(root) == ["cut"]
        assert list_runs(root)[-1]["status"] == "running"
    assert list_runs(root)[-1]["status"] == "unfinished"


def test_a_run_has_the_name_of_its_folder(root: Path) -> None:
    list_runs(root)
    (root / "a").rename(root / "z")
    assert [run["run"] for run in list_runs(root)] == ["b", "c", "cut", "z"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b"finished", b"finishes"),
        lambda content: b"\xff" + content,
        lambda content: b"nonsense\n[]",
    ],
)
def test_a_spoilt_index_is_made_anew(root: Path, spoil: Any) -> None:
    expected = list_runs(root)
    (root / INDEX).write_bytes(spoil((root / INDEX).read_bytes()))
    assert list_runs(root) == expected
    assert read_again(root) == []


def test_an_index_of_another_version_is_made_anew(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vynapse.__version__", "0.0.0")
    list_runs(root)
    monkeypatch.undo()
    assert read_again(root) == ["a", "b", "c", "cut"]


def test_what_killed_readers_left_is_removed(root: Path) -> None:
    old, new = root / f"{INDEX}.old.tmp", root / f"{INDEX}.new.tmp"
    old.touch()
    age(root)
    os.utime(old, (time.time() - 100, time.time() - 100))
    new.touch()
    list_runs(root)
    assert not old.exists()
    assert new.exists()


def test_a_folder_that_cannot_be_written_has_no_index(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    assert len(list_runs(root)) == 4
    assert not (root / INDEX).exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_is_listed(root: Path) -> None:
    root.chmod(0o555)
    try:
        assert len(list_runs(root)) == 4
        assert not (root / INDEX).exists()
    finally:
        root.chmod(0o755)


def test_a_damaged_run_is_named_beside_the_others(root: Path) -> None:
    list_runs(root)
    (root / "b" / "summary.json").write_text("[")
    (found,) = [run for run in list_runs(root) if run["status"] == "unreadable"]
    assert (found["run"], found["tags"]) == ("b", [])
    assert "cannot be read" in found["reason"]
    assert read_again(root) == ["b"]


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="is not a folder of runs"):
        list_runs(tmp_path / "nowhere")


WRITER = """
import sys
from pathlib import Path
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
keys = ["budget={steps: 300, target: null}", "selection=roulette", "checkpoint.every_steps=20"]
for number in range(3):
    recipe = load_recipe("xor", "deap", overrides=keys)
    Session.create(recipe, Path(sys.argv[1]) / f"{sys.argv[2]}-{number}").run()
"""


def test_writers_that_are_killed_leave_no_unreadable_run(tmp_path: Path) -> None:
    """A third is killed; others list the runs all the time, and one of them is killed as well."""
    count, chance = many(sample=4, evidence=32), random.Random(5)
    root = tmp_path / "runs"
    root.mkdir()
    command = [sys.executable, "-c"]
    lister = (
        "import sys, time; from pathlib import Path; from vynapse.experiment.store import list_runs"
    )
    lister += "\nwhile True: list_runs(Path(sys.argv[1])); time.sleep(0.01)"
    readers = [subprocess.Popen([*command, lister, str(root)]) for _ in range(2)]
    writers = [
        subprocess.Popen([*command, WRITER, str(root), str(number)]) for number in range(count)
    ]
    doomed = writers[: count // 3 + 1]
    try:
        seen: list[dict[str, Any]] = []
        for victim in [*doomed, readers[0]]:
            time.sleep(chance.uniform(0.5, 2.0))
            seen += list_runs(root)
            victim.send_signal(signal.SIGKILL)
            seen += list_runs(root)
        for writer in writers:
            writer.wait()
        assert readers[1].poll() is None
    finally:
        for process in [*readers, *writers]:
            process.kill()
            process.wait()
    found = list_runs(root)
    assert [run for run in [*seen, *found] if run["status"] == "unreadable"] == []
    assert {run["status"] for run in found} <= {"finished", "unfinished"}
    survivors = {str(number) for number in range(len(doomed), count)}
    ended = [run["run"].split("-")[0] for run in found if run["status"] == "finished"]
    assert all(ended.count(name) == 3 for name in survivors)
    assert found == list_without_index(root)


def test_thousands_of_runs_are_listed_in_a_moment(finished: Path, tmp_path: Path) -> None:
    count = many(sample=400, evidence=OF)
    for number in range(count):
        run = tmp_path / f"run-{number}"
        shutil.copytree(finished, run, ignore=shutil.ignore_patterns("checkpoints"))
        age(run)
    spent = []
    for _ in range(3):
        begin = time.process_time()
        assert len(list_runs(tmp_path)) == count
        spent.append(time.process_time() - begin)
    assert spent[0] < speed.limit(LIMIT_FIRST * count / OF)
    assert min(spent[1:]) < speed.limit(LIMIT_AGAIN * count / OF)
