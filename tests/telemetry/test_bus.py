# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The record is never dropped; sinks get copies in order and can neither block nor change a run."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from vynapse.errors import TrainingError
from vynapse.telemetry import bus
from vynapse.telemetry.bus import Bus
from vynapse.telemetry.record import EventsJsonl, MetricsCsv
from vynapse.telemetry.sink import Sink
from vynapse.telemetry.span import Span


class Collecting:
    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.closed = False
        self.thread = ""

    def event(self, event) -> None:
        self.thread = threading.current_thread().name
        self.seen.append(event.kind)

    def row(self, row) -> None:
        self.seen.append(row["step"])

    def close(self) -> None:
        self.closed = True


class Failing(Collecting):
    def row(self, row) -> None:
        raise OSError("the collector is gone")


class Hanging(Collecting):
    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    def row(self, row) -> None:
        self.gate.wait()


def make(folder: Path, waiting: int = 100, **sinks: Sink) -> Bus:
    metrics = MetricsCsv(folder / "metrics.csv", ["step", "loss", "seconds"])
    kinds = {"run.started", "warning"}
    return Bus(metrics, EventsJsonl(folder / "events.jsonl"), kinds, sinks, waiting)


def warnings_in(folder: Path) -> list[str]:
    lines = map(json.loads, (folder / "events.jsonl").read_text().splitlines())
    return [line["data"]["message"] for line in lines if line["kind"] == "warning"]


def test_sinks_get_everything_in_order_in_a_thread_of_their_own(tmp_path) -> None:
    sink = Collecting()
    line = make(tmp_path, sink=sink)
    line.event("run.started")
    for step in range(50):
        line.row({"step": step, "loss": 0.5})
    line.close()
    line.close()
    assert sink.seen == ["run.started", *range(50)]
    assert sink.closed
    assert sink.thread == "sink sink"
    assert len((tmp_path / "metrics.csv").read_text().splitlines()) == 51
    assert warnings_in(tmp_path) == []


def test_a_sink_that_wants_the_newest_rows_gets_the_last_one_and_every_event(tmp_path) -> None:
    class Newest(Collecting):
        newest_rows = True

    sink = Newest()
    line = make(tmp_path, sink=sink)
    for step in range(50):
        line.row({"step": step})
        line.event("run.started")
    line.close()
    seen = [one for one in sink.seen if one != "run.started"]
    assert seen == sorted(seen)
    assert seen[-1] == 49
    assert len(seen) < 50
    assert sink.seen.count("run.started") == 50


def test_a_sink_that_fails_is_detached_and_told_of_once(tmp_path) -> None:
    other = Collecting()
    line = make(tmp_path, failing=Failing(), other=other)
    for step in range(20):
        line.row({"step": step})
        time.sleep(0.001)
    line.close()
    (told,) = warnings_in(tmp_path)
    assert told.startswith("sink failing was detached: it failed: OSError: the collector is gone")
    assert other.seen == list(range(20)), "nobody else is affected"
    assert len((tmp_path / "metrics.csv").read_text().splitlines()) == 21


def test_a_sink_that_hangs_blocks_nothing_and_what_it_misses_is_counted(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(bus, "PATIENCE", 0.05)
    sink = Hanging()
    line = make(tmp_path, waiting=10, sink=sink)
    for step in range(500):
        line.row({"step": step})
    line.close()
    (told,) = warnings_in(tmp_path)
    assert "sink sink was detached: it hangs" in told
    assert len((tmp_path / "metrics.csv").read_text().splitlines()) == 501
    sink.gate.set()


def test_what_a_slow_sink_misses_is_told(tmp_path) -> None:
    sink = Hanging()
    line = make(tmp_path, waiting=10, sink=sink)
    for step in range(100):
        line.row({"step": step})
    sink.gate.set()
    line.close()
    (told,) = warnings_in(tmp_path)
    assert told.startswith("sink sink was too slow: ")
    assert 80 <= int(told.split(": ")[1].split()[0]) <= 90


def test_a_kind_that_nobody_declares_is_refused(tmp_path) -> None:
    line = make(tmp_path)
    with pytest.raises(TrainingError, match="'run.stopped': add it to the `events` of the mode"):
        line.event("run.stopped")
    line.close()


def test_spans_go_to_the_sinks_that_take_them(tmp_path) -> None:
    class Spans(Collecting):
        def span(self, span) -> None:
            self.seen.append(span.name)

    taking, other = Spans(), Collecting()
    line = make(tmp_path, taking=taking, other=other)
    assert line.traced
    line.event("run.started")
    line.span(Span("a" * 32, "b" * 16, None, "run", 0, 1))
    line.close()
    assert taking.seen == ["run.started", "run"]
    assert other.seen == ["run.started"]
    assert not make(tmp_path, other=Collecting()).traced


def test_what_each_sink_missed_is_known(tmp_path) -> None:
    sink, quick = Hanging(), Collecting()
    line = make(tmp_path, waiting=10, sink=sink, quick=quick)
    for step in range(60):
        line.row({"step": step})
        time.sleep(0.005)
    sink.gate.set()
    line.close()
    assert 45 <= line.missed()["sink"] <= 50
    assert set(line.missed()) <= {"sink", "quick"}


def test_a_sink_takes_what_waits_a_few_times_a_second(tmp_path) -> None:
    sink = Collecting()
    line = make(tmp_path, sink=sink)
    line.row({"step": 1})
    end = time.monotonic() + 5
    while not sink.seen and time.monotonic() < end:
        time.sleep(0.01)
    assert sink.seen == [1]
    line.close()
