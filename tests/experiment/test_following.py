# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run as one who follows it sees it: it goes on, ends, is killed, resumed, replaced, damaged."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.errors import RunDirectoryError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.following import Follower, News
from vynapse.experiment.session import Session
from vynapse.experiment.store import read_summary
from vynapse.telemetry.reading import read_events, read_metrics


def session(run: Path, steps: int = 30) -> Session:
    keys = [f"budget={{steps: {steps}, target: null}}", "selection=roulette"]
    return Session.create(load_recipe("xor", "deap", overrides=keys), run)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("runs") / "run"
    session(run).run()
    return run


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def test_of_a_finished_run_the_first_look_tells_all(finished: Path) -> None:
    before = {file: file.read_bytes() for file in finished.rglob("*") if file.is_file()}
    follower = Follower(finished)
    news = follower.poll()
    assert news.summary == read_summary(finished)
    assert not news.restarted
    assert news.events == read_events(finished / "events.jsonl")
    assert [str(row["loss"]) for row in news.rows] == [
        row["loss"] for row in read_metrics(finished / "metrics.csv")
    ]
    assert [row["step"] for row in news.rows] == list(range(1, 31))
    assert follower.poll() == News(news.summary, [], [], restarted=False)
    assert before == {file: file.read_bytes() for file in finished.rglob("*") if file.is_file()}


@given(cuts=st.lists(st.integers(0, 10**6), max_size=8))
def test_each_row_and_event_is_told_once_however_it_reaches_the_disk(
    finished: Path, tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    run = Path(shutil.copytree(finished, tmp_path_factory.mktemp("grown") / "run"))
    (run / "summary.json").unlink()
    files = [run / "metrics.csv", run / "events.jsonl"]
    whole = [file.read_bytes() for file in files]
    for file in files:
        file.write_bytes(b"")
    follower, rows, events = Follower(run), [], []
    for cut in [*sorted(cuts), 10**6]:
        for file, content in zip(files, whole, strict=True):
            with file.open("ab") as out:
                out.write(content[file.stat().st_size : len(content) * cut // 10**6])
        news = follower.poll()
        assert not news.restarted
        assert news.summary == read_summary(run)
        rows += news.rows
        events += news.events
    told = Follower(finished).poll()
    assert (rows, events) == (told.rows, told.events)


def test_a_run_that_goes_on_is_running_until_it_has_ended(tmp_path: Path) -> None:
    own = session(tmp_path / "run")
    follower = Follower(own.directory)
    assert follower.poll().summary["status"] == "unfinished"
    seen: list[str] = []
    own.run([lambda _: seen.append(follower.poll().summary["status"])])
    assert set(seen) == {"running"}
    assert follower.poll().summary["status"] == "finished"


@pytest.mark.parametrize("name", ["metrics.csv", "events.jsonl"])
@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_was_cut_back_and_written_anew_is_told_from_the_beginning(
    copy: Path, name: str, replaced: bool
) -> None:
    follower = Follower(copy)
    first, file = follower.poll(), copy / name
    lines = file.read_bytes().splitlines(keepends=True)
    again = [*lines[:3], *(line.replace(b"0.", b"1.").replace(b"T", b"t") for line in lines[3:])]
    if replaced:
        (copy / "new").write_bytes(b"".join(lines))
        os.replace(copy / "new", file)
    else:
        file.write_bytes(b"".join(again))
    news = follower.poll()
    assert news.restarted
    assert len(news.rows) == len(first.rows)
    assert len(news.events) == len(first.events)
    assert not follower.poll().restarted


def test_a_shorter_file_is_seen(copy: Path) -> None:
    follower = Follower(copy)
    follower.poll()
    os.truncate(copy / "metrics.csv", (copy / "metrics.csv").read_bytes().index(b"\n") + 1)
    news = follower.poll()
    assert (news.restarted, news.rows) == (True, [])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("metrics.csv", "line 32: .* cells were wanted, got 1"),
        ("events.jsonl", "line .* is no event"),
        ("summary.json", "cannot be read"),
    ],
)
def test_damage_is_told_in_a_sentence(copy: Path, name: str, said: str) -> None:
    follower = Follower(copy)
    follower.poll()
    with (copy / name).open("a") as file:
        file.write("nonsense\nnonsense\n" if name == "metrics.csv" else "nonsense\n")
    for _ in range(2):
        with pytest.raises(RunDirectoryError, match=said):
            follower.poll()


def test_a_run_that_goes_away_is_told_in_a_sentence(copy: Path) -> None:
    follower = Follower(copy)
    follower.poll()
    shutil.rmtree(copy)
    with pytest.raises(RunDirectoryError, match=r"holds no run\.json"):
        follower.poll()
    with pytest.raises(RunDirectoryError, match=r"holds no run\.json"):
        Follower(copy)


def test_of_many_rows_blocks_from_the_first_to_the_last_are_told(copy: Path) -> None:
    header, *rows = (copy / "metrics.csv").read_text().splitlines(keepends=True)
    many = [rows[0].replace("0,1,", f"0,{step},", 1) for step in range(1, 5001)]
    (copy / "metrics.csv").write_text(header + "".join(many))
    steps = [row["step"] for row in Follower(copy, most=256).poll().rows]
    assert len(steps) == 256
    assert steps[:32] == [*range(1, 33)]
    assert steps[-32:] == [*range(4969, 5001)]
    assert steps == sorted(set(steps))
    assert len(Follower(copy).poll().rows) == 5000
    assert len(Follower(copy, most=5000).poll().rows) == 5000
