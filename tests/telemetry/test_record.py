# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""metrics.csv and events.jsonl: exact numbers, exact resume, sentences for a disk that refuses."""

from __future__ import annotations

import csv
import errno
import json
import math
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import TypeCheckError

from tests.evidence import many
from vynapse.errors import RunDirectoryError, StorageError, TrainingError
from vynapse.telemetry.events import KINDS, _plain, json_line
from vynapse.telemetry.reading import read_events, read_metrics
from vynapse.telemetry.record import EventsJsonl, MetricsCsv, _line

COLUMNS = ("stage", "step", "loss", "accuracy", "seconds")


def rows(first: int, last: int) -> list[dict[str, float]]:
    measured = ("stage", "step", "loss", "seconds")
    return [
        dict(zip(measured, (0, step, 1 / step, step * 0.1), strict=True))
        | ({"accuracy": step / 7} if step % 3 == 0 else {})
        for step in range(first, last)
    ]


def test_file_is_what_a_spreadsheet_reads(tmp_path: Path) -> None:
    metrics = MetricsCsv(tmp_path / "metrics.csv", COLUMNS)
    metrics.write({"stage": 0, "step": 1, "loss": 0.1, "seconds": 0.25})
    metrics.write({"stage": 0, "step": 2, "loss": 1e-9, "accuracy": 1.0, "seconds": 0.5})
    metrics.close()
    assert (tmp_path / "metrics.csv").read_text() == (
        "stage,step,loss,accuracy,seconds\n0,1,0.1,,0.25\n0,2,1e-09,1.0,0.5\n"
    )


@settings(derandomize=True, max_examples=many(sample=25, evidence=200), deadline=None)
@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=20))
def test_floats_come_back_with_the_same_bits(
    tmp_path_factory: pytest.TempPathFactory, values: list[float]
) -> None:
    path = tmp_path_factory.mktemp("run") / "metrics.csv"
    metrics = MetricsCsv(path, ("step", "loss", "seconds"))
    for step, value in enumerate(values):
        metrics.write({"step": step, "loss": value, "seconds": np.float64(value)})
    metrics.close()
    with path.open(newline="") as file:
        read = list(csv.DictReader(file))
    assert [float(row["loss"]).hex() for row in read] == [value.hex() for value in values]
    assert [row["seconds"] for row in read] == [row["loss"] for row in read]


def test_words_with_commas_and_quotes_come_back(tmp_path: Path) -> None:
    metrics = MetricsCsv(tmp_path / "metrics.csv", ("note", "seconds"))
    metrics.write({"note": 'a,"b"', "seconds": 1.0})
    metrics.close()
    assert read_metrics(tmp_path / "metrics.csv") == [{"note": 'a,"b"', "seconds": "1.0"}]


@pytest.mark.parametrize("saved_at", [0, 1, 9, 20])
def test_resumed_metrics_equal_those_of_a_run_that_never_stopped(
    tmp_path: Path, saved_at: int
) -> None:
    whole = MetricsCsv(tmp_path / "whole.csv", COLUMNS)
    for row in rows(1, 30):
        whole.write(row)
    whole.close()

    killed = MetricsCsv(tmp_path / "killed.csv", COLUMNS)
    for row in rows(1, 1 + saved_at):
        killed.write(row)
    position = killed.position()
    for row in rows(1 + saved_at, 25):
        killed.write(row)
    killed.close()
    with (tmp_path / "killed.csv").open("a") as file:
        file.write("0,26,0.0")  # a row that the kill cut in two

    resumed = MetricsCsv.resume(tmp_path / "killed.csv", COLUMNS, position)
    for row in rows(1 + saved_at, 30):
        resumed.write(row)
    resumed.close()
    assert (tmp_path / "killed.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_position_counts_bytes_that_are_on_the_disk(tmp_path: Path) -> None:
    metrics = MetricsCsv(tmp_path / "metrics.csv", ("note", "seconds"))
    metrics.write({"note": "é", "seconds": 0.5})
    assert metrics.position() == (tmp_path / "metrics.csv").stat().st_size
    metrics.close()


def test_rows_become_readable_soon_without_a_flush(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr("vynapse.telemetry.appending.time.monotonic", lambda: clock[0])
    metrics = MetricsCsv(tmp_path / "metrics.csv", ("step", "seconds"))
    metrics.write({"step": 1, "seconds": 0.0})
    assert read_metrics(tmp_path / "metrics.csv") == []
    clock[0] += 0.5
    metrics.write({"step": 2, "seconds": 0.0})
    assert [row["step"] for row in read_metrics(tmp_path / "metrics.csv")] == ["1", "2"]
    metrics.close()


def test_a_metric_without_a_column_is_refused(tmp_path: Path) -> None:
    metrics = MetricsCsv(tmp_path / "metrics.csv", COLUMNS)
    with pytest.raises(TrainingError, match=r"'fitness' is not among the columns .*accuracy"):
        metrics.write({"fitness": 1.0})
    metrics.close()


@pytest.mark.parametrize("columns", [(), ("step",), ("seconds", "step"), ("a", "a", "seconds")])
def test_the_time_column_stands_last(tmp_path: Path, columns: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="'seconds'"):
        MetricsCsv(tmp_path / "metrics.csv", columns)


def test_resume_refuses_a_file_that_lost_rows_and_leaves_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    metrics = MetricsCsv(path, COLUMNS)
    for row in rows(1, 10):
        metrics.write(row)
    position = metrics.position()
    metrics.close()
    content = path.read_bytes()

    for damaged in (content[: position - 5], content[: position - 1] + b"0"):
        path.write_bytes(damaged)
        with pytest.raises(RunDirectoryError, match="was changed since its checkpoint"):
            MetricsCsv.resume(path, COLUMNS, position)
        assert path.read_bytes() == damaged

    path.write_bytes(content)
    with pytest.raises(RunDirectoryError, match="columns step,seconds were wanted"):
        MetricsCsv.resume(path, ("step", "seconds"), position)
    assert path.read_bytes() == content

    path.unlink()
    with pytest.raises(RunDirectoryError, match="cannot be resumed without it"):
        MetricsCsv.resume(path, COLUMNS, position)


def test_events_carry_the_envelope(tmp_path: Path) -> None:
    events = EventsJsonl(tmp_path / "events.jsonl")
    events.write("run.started", data={"task": "xor", "seed": np.int64(3)})
    events.write("stage.started", 0, 0, {"mode": "deap"})
    events.close()
    first, second = read_events(tmp_path / "events.jsonl")
    assert first.keys() == {"v", "seq", "time", "kind", "stage", "step", "data"}
    assert (first["v"], first["seq"], first["stage"], first["step"]) == (1, 0, None, None)
    assert first["data"] == {"task": "xor", "seed": 3}
    assert (second["seq"], second["stage"], second["step"]) == (1, 0, 0)
    when = datetime.fromisoformat(first["time"])
    assert when.utcoffset() == timedelta(0)
    assert abs(datetime.now(when.tzinfo) - when) < timedelta(minutes=1)


def test_events_are_readable_at_once_and_half_a_line_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events = EventsJsonl(path)
    events.write("run.started")
    assert [event["kind"] for event in read_events(path)] == ["run.started"]
    events.close()
    with path.open("a") as file:
        file.write('{"v": 1, "seq"')
    assert len(read_events(path)) == 1


def test_events_go_on_counting_after_a_resume(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events = EventsJsonl(path)
    events.write("run.started")
    events.write("stage.started", 0, 0)
    position = events.position()
    events.write("checkpoint.saved", 0, 10)
    events.close()
    resumed = EventsJsonl.resume(path, position)
    assert resumed.write("run.resumed", 0, 10).seq == 2
    resumed.close()
    assert [event["seq"] for event in read_events(path)] == [0, 1, 2]
    assert [event["kind"] for event in read_events(path)][-1] == "run.resumed"


def test_resume_refuses_an_event_file_somebody_edited(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("hello\n")
    with pytest.raises(RunDirectoryError, match="line 1 is no event"):
        EventsJsonl.resume(path, 6)
    with pytest.raises(RunDirectoryError, match="line 1 is no event"):
        read_events(path)


def test_events_of_a_newer_version_are_refused(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text('{"v": 99, "seq": 0}\n')
    with pytest.raises(RunDirectoryError, match="install a newer vynapse"):
        read_events(tmp_path / "events.jsonl")


def test_every_kind_is_described() -> None:
    assert all(text for text in KINDS.values())


def test_json_is_strict() -> None:
    text = json_line({"a": math.nan, "b": [math.inf, np.float32(0.5)], "c": True, "d": "é\n"})
    assert "\n" not in text
    assert json.loads(text) == {"a": None, "b": [None, 0.5], "c": True, "d": "é\n"}


def test_a_second_close_does_nothing(tmp_path: Path) -> None:
    metrics = MetricsCsv(tmp_path / "metrics.csv", COLUMNS)
    metrics.write({"step": 1, "loss": 0.5, "seconds": 0.1})
    events = EventsJsonl(tmp_path / "events.jsonl")
    events.write("run.started")
    for file in (metrics, events):
        file.close()
        file.close()
    assert len(read_metrics(tmp_path / "metrics.csv")) == 1
    assert len(read_events(tmp_path / "events.jsonl")) == 1


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "no space left to write .*metrics.csv"),
        (errno.EIO, "cannot write .*metrics.csv"),
    ],
)
def test_a_disk_that_refuses_is_one_sentence_and_close_stays_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    metrics = MetricsCsv(tmp_path / "metrics.csv", COLUMNS)
    metrics.write(rows(1, 2)[0])
    before = metrics.position()

    def refuse(descriptor: int, data: bytes) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("vynapse.telemetry.appending.os.write", refuse)
    metrics.write(rows(2, 3)[0])
    with pytest.raises(StorageError, match=sentence):
        metrics.position()
    metrics.close()
    assert (tmp_path / "metrics.csv").stat().st_size == before


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from vynapse.errors import StorageError
from vynapse.telemetry.record import MetricsCsv
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
metrics = MetricsCsv(Path(sys.argv[1]), ("step", "seconds"))
position = 0
try:
    for step in range(10000):
        metrics.write({"step": step, "seconds": 0.5})
        if step % 100 == 0:
            position = metrics.position()
except StorageError as error:
    print(error)
metrics.close()
print(position)
"""


def test_a_file_that_cannot_grow_keeps_what_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=True
    )
    sentence, position = done.stdout.splitlines()
    assert sentence.startswith(f"no space left to write {path}")
    resumed = MetricsCsv.resume(path, ("step", "seconds"), int(position))
    resumed.close()
    assert len(read_metrics(path)) % 100 == 1


def test_an_absent_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot write .*nowhere.*No such file"):
        EventsJsonl(tmp_path / "nowhere" / "events.jsonl")


def test_annotations_are_checked_while_the_tests_run(tmp_path: Path) -> None:
    with pytest.raises(TypeCheckError):
        MetricsCsv(str(tmp_path), COLUMNS)  # type: ignore[arg-type]


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.floats(width=32).map(np.float32)
    | st.floats().map(np.float64)
    | st.integers(-9, 9).map(np.int64)
)
_KEYS = st.text(max_size=4) | st.integers() | st.integers(0, 9).map(np.int64)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_KEYS, inner, max_size=3).map(MappingProxyType)
    ),
    max_leaves=8,
)


@given(_VALUES | st.dictionaries(_KEYS, _VALUES, max_size=3))
def test_the_short_way_to_json_gives_what_the_long_one_does(value: object) -> None:
    assert json_line(value) == json.dumps(_plain(value), allow_nan=False, ensure_ascii=False)


@given(st.lists(st.none() | st.integers() | st.floats() | st.floats().map(np.float64), min_size=1))
def test_a_row_of_numbers_is_what_csv_writes(cells: list[float | int | None]) -> None:
    wanted = ",".join("" if cell is None else str(cell) for cell in cells)
    assert _line(cells) == wanted
