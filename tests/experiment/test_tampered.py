# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Run directories that somebody changed: every command answers with a sentence or does its work."""

from __future__ import annotations

import copy
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evidence import many
from vynapse.cli.main import main
from vynapse.errors import Interrupted
from vynapse.experiment.checkpoint import read_checkpoint, write_checkpoint
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session, StageReport

COMMANDS = (
    ["show", "RUN"],
    ["show", "RUN", "--json"],
    ["runs", "ROOT"],
    ["evaluate", "RUN", "validation"],
    ["predict", "RUN", "validation"],
    ["predict", "RUN", "new.csv"],
    ["resume", "RUN"],
)
VALUES: tuple[Any, ...] = (
    None, [], {}, "", "x", -1, 10**30, 1.5, True, float("nan"), float("inf"), [None], {"a": []},
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run that has ended and one that was interrupted, on a CSV regression."""
    root = tmp_path_factory.mktemp("whole")
    lines = [f"{n % 7},{'ab'[n % 2]},{3 * (n % 7) + n % 2}\n" for n in range(200, 600)]
    (root / "data.csv").write_text("size,kind,price\n" + "".join(lines))
    (root / "new.csv").write_text("size,kind\n3,a\n")
    keys = [f"task.path={root / 'data.csv'}", "task.target=price", "task.kind=regression"]
    keys += ["steps_per_call=1", "network.mlp=[3, 4, 1]", "checkpoint.every_steps=5"]
    recipe = load_recipe("csv", "sgd", overrides=["budget.steps=12", *keys])
    Session.create(recipe, root / "ended").run()

    def stop(item: StageReport) -> None:
        if item.report.step == 7:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted):
        Session.create(recipe, root / "cut").run([stop])
    return root


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of every value in a tree, the way to it."""
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        yield (*path, key)
        yield from places(tree[key], (*path, key))


def changed(tree: Any, place: tuple[Any, ...], chance: np.random.Generator) -> Any:
    """A copy with another value at a place, or without it."""
    tree = copy.deepcopy(tree)
    inner = tree
    for key in place[:-1]:
        inner = inner[key]
    choice = int(chance.integers(len(VALUES) + 1))
    if choice == len(VALUES):
        del inner[place[-1]]
    else:
        inner[place[-1]] = VALUES[choice]
    return tree


def tamper_json(file: Path, chance: np.random.Generator) -> None:
    tree = json.loads(file.read_text())
    if chance.random() < 0.1:
        file.write_text(json.dumps(VALUES[int(chance.integers(len(VALUES)))]))
        return
    where = list(places(tree))
    file.write_text(json.dumps(changed(tree, where[int(chance.integers(len(where)))], chance)))


def tamper_line(file: Path, chance: np.random.Generator) -> None:
    lines = file.read_text().splitlines(keepends=True)
    number = int(chance.integers(len(lines)))
    if file.suffix == ".jsonl":
        tree = json.loads(lines[number])
        where = list(places(tree))
        place = where[int(chance.integers(len(where)))]
        lines[number] = json.dumps(changed(tree, place, chance)) + "\n"
    else:
        cells = lines[number].rstrip("\n").split(",")
        cells[int(chance.integers(len(cells)))] = str(VALUES[int(chance.integers(len(VALUES)))])
        lines[number] = ",".join(cells) + "\n"
    file.write_text("".join(lines))


def tamper_checkpoint(file: Path, chance: np.random.Generator) -> None:
    tree = read_checkpoint(file)
    where = list(places(tree))
    write_checkpoint(file, changed(tree, where[int(chance.integers(len(where)))], chance))


def tamper_bytes(file: Path, chance: np.random.Generator) -> None:
    content = file.read_bytes()
    kinds: list[bytes] = [
        b"", content[: len(content) // 2], b"\0" * 100, bytes(range(256)), b"[" * 100_000,
        content[:-1], b"\n" + content, content * 2, b"{}", b"[]", b"null\n",
    ]  # fmt: skip
    file.write_bytes(kinds[int(chance.integers(len(kinds)))])


def remove(file: Path, chance: np.random.Generator) -> None:
    """Or put a folder in its place."""
    file.unlink()
    if chance.random() < 0.5:
        file.mkdir()


def candidates(run: Path) -> list[tuple[Path, Callable[[Path, np.random.Generator], None]]]:
    found: list[tuple[Path, Callable[[Path, np.random.Generator], None]]] = []
    for file in sorted(path for path in run.rglob("*") if path.is_file()):
        found += [(file, remove), (file, tamper_bytes)]
        own = {".json": tamper_json, ".csv": tamper_line, ".jsonl": tamper_line,
               ".ckpt": tamper_checkpoint}.get(file.suffix)  # fmt: skip
        if own is not None:
            found += [(file, own)] * (12 if file.name == "run.json" else 6)
    return found


@pytest.mark.parametrize("name", ["ended", "cut"])
@pytest.mark.parametrize("seed", range(many(sample=10, evidence=40)))
def test_every_command_answers_about_a_tampered_run(
    name: str, seed: int, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    chance = np.random.default_rng([seed, name == "cut"])
    root = tmp_path / "runs"
    root.mkdir()
    shutil.copytree(whole / name, root / "run")
    shutil.copy(whole / "new.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    options = candidates(root / "run")
    file, tamper = options[int(chance.integers(len(options)))]
    tamper(file, chance)
    about = f"{file.name} {tamper.__name__}"
    for command in COMMANDS:
        words = [{"RUN": "runs/run", "ROOT": "runs"}.get(word, word) for word in command]
        code = main(words)
        said = capsys.readouterr()
        assert code in (0, 1, 2), about
        told = [line for line in said.err.splitlines() if line.startswith("vynapse: ")]
        assert len(told) == (code != 0), (about, said.err)
        assert "choose a folder you may write to" not in said.err or "lock" in said.err, about
        if code and "--json" not in command:
            assert said.out == "", about


def test_a_missing_folder_of_checkpoints_is_named(whole: Path, tmp_path: Path, capsys) -> None:
    shutil.copytree(whole / "cut", tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    assert main(["resume", str(tmp_path / "run")]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "checkpoints is no folder: restore it from a copy" in sentence


@pytest.mark.parametrize("key", ["seed", "stages.0.learning_rate", "task.validation"])
@pytest.mark.parametrize("name", ["ended", "cut"])
def test_an_edited_recipe_is_refused(
    key: str, name: str, whole: Path, tmp_path: Path, capsys
) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole / name, run)
    record = json.loads((run / "run.json").read_text())
    inner = record["recipe"]
    *path, last = [int(part) if part.isdigit() else part for part in key.split(".")]
    for part in path:
        inner = inner[part]
    inner[last] = 5 if last == "seed" else 0.25
    for held in ("whole", "no longer in the record"):
        if held != "whole":
            del record["record_sha256"]
        (run / "run.json").write_text(json.dumps(record))
        assert main(["resume", str(run)]) == 2
        (sentence,) = capsys.readouterr().err.splitlines()
        told = "the recipe or its data were changed after the run began: restore the file"
        other_data = "are not those the run began with"
        assert told in sentence or (other_data in sentence and key.startswith("task")), held


def test_a_run_of_a_time_before_the_hash_resumes(whole: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole / "cut", run)
    record = json.loads((run / "run.json").read_text())
    del record["record_sha256"]
    (run / "run.json").write_text(json.dumps(record))
    for file in (run / "checkpoints").iterdir():
        tree = read_checkpoint(file)
        del tree["record_sha256"], tree["trainer"]["made_from"]
        write_checkpoint(file, tree)
    wanted = json.loads((whole / "ended" / "summary.json").read_text())["network_sha256"]
    assert Session.open(run).run()["network_sha256"] == wanted


def test_a_finished_run_needs_its_data_no_more(whole: Path, tmp_path: Path, capsys) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole / "ended", run)
    (whole / "data.csv").rename(whole / "moved.csv")
    try:
        before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
        wanted = json.loads((run / "summary.json").read_text())
        assert main(["resume", str(run)]) == 0
        assert "csv · sgd · seed 0" in capsys.readouterr().out
        assert main(["resume", str(run), "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == wanted
        assert Session.open(run).run() == wanted
        assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before
        assert main(["resume", str(whole / "cut")]) == 2, "one that has not finished needs them"
    finally:
        (whole / "moved.csv").rename(whole / "data.csv")
