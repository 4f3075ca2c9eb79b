# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tags of a run: put on, taken off, by several processes at once; nothing else is changed."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from vynapse.errors import ConfigError, RunDirectoryError, UnknownName
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.experiment.tags import add_tags, remove_tags, tags_of


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return Session.create(load_recipe("xor", "deap"), tmp_path / "run").directory


def test_tags_are_put_on_and_taken_off(run: Path) -> None:
    before = {file: file.read_bytes() for file in run.rglob("*") if file.is_file()}
    assert tags_of(run) == []
    add_tags(run, ["paper", "a.b-c:d=e@f+1", "Übung"])
    add_tags(run, ["paper"])
    assert tags_of(run) == ["a.b-c:d=e@f+1", "paper", "Übung"]
    remove_tags(run, ["paper", "Übung", "a.b-c:d=e@f+1"])
    assert tags_of(run) == []
    assert before == {file: file.read_bytes() for file in run.rglob("*") if file.is_file()}


def test_a_tagged_run_runs_and_resumes_as_any(run: Path) -> None:
    add_tags(run, ["paper"])
    assert Session.open(run).run()["status"] == "finished"
    assert Session.open(run).run()["status"] == "finished"
    assert tags_of(run) == ["paper"]


@pytest.mark.parametrize("tag", ["", "..", "a/b", ".hidden", "a b", "-x", "x" * 65, "a\x1b[0m"])
def test_what_is_no_word_is_refused(run: Path, tag: str) -> None:
    with pytest.raises(ConfigError, match="tag: a word of at most 64"):
        add_tags(run, ["good", tag])
    assert tags_of(run) == []


def test_a_tag_that_is_not_there_is_not_taken_off(run: Path) -> None:
    add_tags(run, ["paper", "old"])
    with pytest.raises(UnknownName, match="unknown tag of this run 'papr': did you mean 'paper'"):
        remove_tags(run, ["old", "papr"])
    assert tags_of(run) == ["old", "paper"]


def test_what_is_no_run_has_no_tags(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="is not a run directory"):
        add_tags(tmp_path, ["paper"])


def _tag(run: Path, number: int) -> None:
    for each in range(20):
        add_tags(run, [f"p{number}-{each}"])
        if each % 2:
            remove_tags(run, [f"p{number}-{each}"])


def test_processes_that_tag_at_once_lose_none(run: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_tag, args=(run, number)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert {worker.exitcode for worker in workers} == {0}
    assert tags_of(run) == sorted(
        f"p{number}-{each}" for number in range(4) for each in range(0, 20, 2)
    )
