# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Spans are read as they were written; what a kill has left is passed over."""

import json

import pytest

from vynapse.errors import RunDirectoryError
from vynapse.telemetry.profile import LOST, tree
from vynapse.telemetry.sinks.spans import SpansSink
from vynapse.telemetry.span import Span, read_spans

RUN = Span("a" * 32, "1" * 16, None, "run", 0, 10_000, {"cpu_seconds": 5e-6})
STAGE = Span("a" * 32, "2" * 16, "1" * 16, "stage", 1_000, 9_000, {"cpu_seconds": 4e-6})
STEPS = Span("a" * 32, "3" * 16, "2" * 16, "steps", 2_000, 4_000, {"cpu_seconds": 1e-6, "steps": 5})
MORE = Span("a" * 32, "4" * 16, "2" * 16, "steps", 5_000, 8_000, {"steps": 7, "name": "é"})


def test_what_was_written_is_read(tmp_path) -> None:
    sink = SpansSink(tmp_path)
    for span in (STEPS, MORE, STAGE, RUN):
        sink.span(span)
    sink.close()
    assert read_spans(tmp_path / "spans.jsonl") == [STEPS, MORE, STAGE, RUN]


def test_a_resumed_run_goes_on_after_half_a_line(tmp_path) -> None:
    path = tmp_path / "spans.jsonl"
    SpansSink(tmp_path).span(STEPS)
    with path.open("a") as file:
        file.write('{"v": 1, "trace_id"')
    SpansSink(tmp_path).span(RUN)
    assert read_spans(path) == [STEPS, RUN]


def test_a_newer_file_is_refused(tmp_path) -> None:
    path = tmp_path / "spans.jsonl"
    path.write_text(json.dumps({**json.loads(RUN.to_json()), "v": 2}))
    with pytest.raises(RunDirectoryError, match="span version 2 is newer than 1"):
        read_spans(path)
    with pytest.raises(RunDirectoryError, match="cannot read"):
        read_spans(tmp_path / "absent.jsonl")


def test_spans_of_one_name_and_place_are_summed() -> None:
    root = tree([MORE, RUN, STEPS, STAGE])
    run = root.below["run"]
    steps = run.below["stage"].below["steps"]
    assert (steps.count, steps.cpu) == (12, 1e-6)
    assert steps.seconds == pytest.approx(5e-6)
    assert (root.seconds, root.cpu, run.count) == (1e-5, 5e-6, 1)


def test_what_lost_its_parents_stands_below_a_run_without_an_end() -> None:
    root = tree([STEPS, MORE])
    lost = root.below[LOST]
    assert lost.below["steps"].count == 12
    assert lost.seconds == pytest.approx(5e-6)
    assert not lost.known
