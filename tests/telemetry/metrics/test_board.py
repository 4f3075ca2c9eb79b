# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Another process reads the newest values at any moment."""

import math
from pathlib import Path

import pytest

from tests.evidence import many
from tests.forked import ended
from vynapse.telemetry.metrics.board import SLOTS, Board, read_board


def test_what_is_written_is_read_at_once(tmp_path) -> None:
    board = Board(tmp_path, "a", {"run": "first", "seed": 2**63})
    path = tmp_path / "a.json"
    assert read_board(path) == ({"run": "first", "seed": 2**63}, {})
    board.set("loss", 0.1)
    board.set("steps", 3)
    board.add("events")
    board.add("events", 2)
    board.set("loss", -math.inf)
    assert read_board(path)[1] == {"loss": -math.inf, "steps": 3.0, "events": 3.0}
    board.close()
    assert read_board(path)[1]["steps"] == 3.0


def test_long_names_are_cut_and_names_beyond_the_last_slot_are_left_out(tmp_path) -> None:
    board = Board(tmp_path, "a", {})
    for number in range(SLOTS + 5):
        board.set(f"{number:03d}" + "x" * 100, number)
    board.set("000" + "x" * 100, 7.0)
    board.close()
    values = read_board(tmp_path / "a.json")[1]
    assert len(values) == SLOTS
    assert values["000" + "x" * 53] == 7.0


def test_a_reader_never_sees_half_a_number(tmp_path: Path) -> None:
    import os

    board = Board(tmp_path, "a", {})
    board.set("value", 1.0)
    child = os.fork()
    if child == 0:
        numbers = (1.0, -1.0, 1e300, 5e-324, math.pi)
        for turn in range(many(sample=50_000, evidence=300_000)):
            board.set("value", numbers[turn % len(numbers)])
        os._exit(0)
    seen = set()
    while not ended(child):
        seen.add(read_board(tmp_path / "a.json")[1]["value"])
    os.waitpid(child, 0)
    assert seen <= {1.0, -1.0, 1e300, 5e-324, math.pi}
    assert len(seen) > 1
    board.close()


@pytest.mark.parametrize("content", ["", "{", "[1]"])
def test_what_is_no_board_is_said(content, tmp_path) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises((OSError, ValueError)):
        read_board(tmp_path / "a.json")
