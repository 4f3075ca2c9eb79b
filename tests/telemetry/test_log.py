# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Logging: for people, for machines, and never through the root logger."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from vynapse.errors import UnknownName
from vynapse.telemetry.log import configure
from vynapse.telemetry.record import EventsJsonl


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    logger = logging.getLogger("vynapse")
    before = list(logger.handlers), logger.level, logger.propagate
    yield
    logger.handlers[:], logger.level, logger.propagate = before


LOG = logging.getLogger("vynapse.session")


def test_people_read_level_message_and_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    LOG.info("checkpoint saved", extra={"step": 200, "file": "a b.ckpt", "empty": ""})
    LOG.debug("not shown")
    captured = capsys.readouterr()
    assert captured.out == ""
    clock, words = captured.err.rstrip("\n").split(" ", 1)
    datetime.strptime(clock, "%H:%M:%S")
    assert words == "INFO checkpoint saved step=200 file='a b.ckpt' empty=''"


def test_machines_read_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure("debug", as_json=True)
    LOG.warning("slow\ndisk", extra={"seconds": float("nan"), "step": 3})
    try:
        raise ValueError("broken")
    except ValueError:
        LOG.exception("failed")
    slow, failed = map(json.loads, capsys.readouterr().err.splitlines())
    assert slow["message"] == "slow\ndisk"
    assert (slow["level"], slow["logger"], slow["step"]) == ("warning", "vynapse.session", 3)
    assert slow["seconds"] is None
    assert datetime.fromisoformat(slow["time"]).utcoffset() == timedelta(0)
    assert "ValueError: broken" in failed["exception"]


def test_people_see_the_traceback_of_an_exception(capsys: pytest.CaptureFixture[str]) -> None:
    configure("error")
    try:
        raise ValueError("broken")
    except ValueError:
        LOG.exception("failed")
    assert "ValueError: broken" in capsys.readouterr().err


def test_the_last_configuration_counts_and_prints_once(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    configure("error", as_json=True)
    LOG.info("no")
    LOG.error("yes")
    assert [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()] == ["yes"]


def test_the_root_logger_is_not_touched() -> None:
    root = logging.getLogger()
    before = list(root.handlers), root.level
    configure("debug")
    assert (list(root.handlers), root.level) == before
    assert logging.getLogger("vynapse").propagate is False


def test_a_handler_of_the_users_stays() -> None:
    mine = logging.NullHandler()
    logging.getLogger("vynapse").addHandler(mine)
    configure("info")
    assert mine in logging.getLogger("vynapse").handlers


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'warning'"):
        configure("warn")


def test_a_closed_standard_error_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def write(self, text: str) -> int:
            raise ValueError("I/O operation on closed file")

    configure("info")
    monkeypatch.setattr("sys.stderr", Closed())
    LOG.error("nobody listens")


def test_events_are_logged_and_warnings_at_their_level(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = EventsJsonl(tmp_path / "events.jsonl")
    for level in ("info", "warning"):
        configure(level)
        events.write("stage.started", 0, 3, {"mode": "deap", "name": "clashes with logging"})
        events.write("warning", 0, 4, {"message": "disk almost full"})
    events.close()
    lines = [line.split(" ", 1)[1] for line in capsys.readouterr().err.splitlines()]
    warning = "WARNING disk almost full stage=0 step=4"
    assert lines == ["INFO stage.started stage=0 step=3 mode=deap", warning, warning]
