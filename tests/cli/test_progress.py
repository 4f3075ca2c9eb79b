# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Progress: what a budget leaves, a bar on a terminal, lines in a pipe, objects for programs."""

from __future__ import annotations

import dataclasses
import errno
import io
import json
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from vynapse.cli import progress
from vynapse.cli.bars import Bar
from vynapse.cli.progress import (
    JsonLines,
    PlainLines,
    budget_spent,
    say_stopping,
    seconds_left,
    words,
)
from vynapse.core import Budget, Cost, Report
from vynapse.esper.nissa.story import STORY
from vynapse.experiment.session import StageReport


def report(
    step: int,
    budget: Budget,
    *,
    seconds: float = 2.0,
    flops: int = 0,
    last: bool = False,
    stages: int = 1,
    loss: float = 0.25,
) -> StageReport:
    cost = Cost(forwards=4 * step, backwards=0, flops=flops, seconds=seconds)
    inner = Report(step, loss, cost, False, {"accuracy": 0.75})
    return StageReport(0, stages, "deap", inner, budget, last)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("item", "share", "left"),
    [
        (report(25, Budget(steps=100)), 0.25, 6.0),
        (report(25, Budget(steps=100, flops=1000), flops=500), 0.5, 2.0),
        (report(25, Budget(seconds=8.0)), 0.25, 6.0),
        (report(250, Budget(steps=100)), 1.0, 0.0),
        (report(25, Budget(target=0.1, patience=3)), None, None),
        (report(1, Budget(flops=1000)), 0.0, None),
    ],
)
def test_the_nearest_limit_decides(
    item: StageReport, share: float | None, left: float | None
) -> None:
    assert budget_spent(item) == share
    assert seconds_left(item) == left


def test_lines_come_every_few_seconds_and_at_the_end(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    show, budget = PlainLines(), Budget(steps=1000)
    for step in range(1, 1000):
        clock[0] += 1 / 64
        show(report(step, budget, seconds=step / 64))
    show(report(1000, budget, seconds=1000 / 64, last=True))
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 4
    assert lines[0] == "deap: step 320, loss 0.25, 64 steps/s, 0:00:11 left"
    assert lines[-1] == "deap: step 1,000, loss 0.25, 64 steps/s"


def test_steps_of_environments_have_a_speed_of_their_own() -> None:
    item = report(10, Budget(steps=10), seconds=2.0, last=True)
    cost = dataclasses.replace(item.report.cost, env_steps=2469)
    walked = dataclasses.replace(item, report=dataclasses.replace(item.report, cost=cost))
    assert words(walked) == "step 10, loss 0.25, 5 steps/s, 1,234 env steps/s"


GREW = (
    ("growth.stage", {"slot": "stage1", "seed": "s0", "blueprint": "norm", "to": "germinated",
                      "epoch": 5, "reason": "the loss has stopped falling"}),
    ("growth.stage", {"slot": "stage1", "seed": "s0", "blueprint": "norm", "to": "training",
                      "epoch": 5, "reason": "it has received its first batch"}),
    ("growth.rollback", {"epoch": 6, "reason": "the training loss is nan", "culled": []}),
    ("growth.prune", {"slot": "stage2", "seed": "s1", "epoch": 7, "parameters": 8}),
    ("warning", {"message": "something else"}),
)  # fmt: skip
TOLD = [
    "epoch 5: stage1/s0 norm germinated",
    "epoch 6: went back: the training loss is nan",
    "epoch 7: stage2/s1 pruned",
]


def grew(item: StageReport) -> StageReport:
    report = dataclasses.replace(item.report, events=GREW)
    return dataclasses.replace(item, report=report, story=STORY)


def test_what_grew_has_a_line_at_once(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    show = PlainLines()
    show(grew(report(5, Budget(steps=1000))))
    assert capsys.readouterr().err.splitlines() == [f"deap: {line}" for line in TOLD]
    clock[0] += 6
    show(grew(report(6, Budget(steps=1000))))
    *lines, last = capsys.readouterr().err.splitlines()
    assert lines == [f"deap: {line}" for line in TOLD]
    assert last.startswith("deap: step 6, loss 0.25")


def test_what_grew_is_printed_above_the_bar(clock: list[float]) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80, color_system=None)
    with Bar(console, lambda item: f"step {item.report.step} of [b]") as bar:
        bar(report(4, Budget(steps=10)))
        bar(grew(report(5, Budget(steps=10))))
    plain = re.sub(r"\x1b\[[?\d]*[A-Za-z]", "", screen.getvalue())
    for line in TOLD:
        assert f"step 5 of [b]: {line}\n" in plain.replace("\r", "")


def test_stages_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    PlainLines()(report(5, Budget(steps=5), last=True, stages=2))
    assert capsys.readouterr().err.startswith("deap 1/2: step 5")


def test_the_bar_is_drawn_at_most_four_times_a_second(clock: list[float]) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80, color_system=None)
    with Bar(console) as bar:
        for step in range(1, 1001):
            clock[0] += 0.001
            bar(report(step, Budget(steps=1000), seconds=clock[0]))
    drawn = re.findall(r"step ([\d,]+)", screen.getvalue())
    assert len(set(drawn)) == 4
    assert "1,000 steps/s" in screen.getvalue()
    assert "0:00:01 left" in screen.getvalue()
    plain = re.sub(r"\x1b\[[?\d]*[A-Za-z]", "", screen.getvalue())
    assert max(len(line) for line in re.split(r"[\r\n]", plain)) <= 80


def test_the_time_moves_on_while_a_step_takes_long() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80, color_system=None)
    with Bar(console):
        end = time.monotonic() + 60
        while "0:00:01" not in screen.getvalue() and time.monotonic() < end:
            time.sleep(0.05)
    assert "0:00:01" in screen.getvalue()


def test_an_interrupt_is_acknowledged_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say_stopping()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "is_terminal", lambda: True)
    say_stopping()
    assert capsys.readouterr().err.startswith("stopping after this step")


def test_a_budget_without_a_limit_of_cost_has_no_time_left() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80, color_system=None)
    with Bar(console) as bar:
        bar(report(3, Budget(target=0.1)))
    assert "step 3, loss 0.25, 1.5 steps/s" in screen.getvalue()
    assert "left" not in screen.getvalue()


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, text: str) -> int:
        raise OSError(errno.EIO, "Input/output error")


def test_a_terminal_that_goes_away_does_not_end_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with Bar(Console(file=Gone(), force_terminal=True)) as bar:
        bar(report(1, Budget(steps=2), last=True))
    monkeypatch.setattr(sys, "stderr", Gone())
    PlainLines()(report(1, Budget(steps=2), last=True))


def test_objects_are_the_rows_of_metrics_csv(capsys: pytest.CaptureFixture[str]) -> None:
    lines = JsonLines(log_every=10)
    for step in range(1, 26):
        loss = float("inf") if step == 10 else 0.25
        lines(report(step, Budget(steps=25), last=step == 25, loss=loss))
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["step"] for row in rows] == [10, 20, 25]
    assert rows[0]["loss"] is None
    assert rows[1] == {
        "stage": 0,
        "mode": "deap",
        "step": 20,
        "loss": 0.25,
        "metrics": {"accuracy": 0.75},
        "seconds": 2.0,
        "cost": {"forwards": 80, "backwards": 0, "flops": 0},
    }


def in_a_terminal(words: list[str], environment: dict[str, str], folder: Path) -> tuple[int, str]:
    """Exit code and screen of `vynapse WORDS` in a pseudo-terminal of 80 columns."""
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "vynapse", *words],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=os.environ | {"COLUMNS": "80", "TERM": "xterm-256color"} | environment,
        cwd=folder,
    )
    os.close(terminal)
    screen = b""
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:  # Linux: the last writer has closed the terminal
            break
        if not part:
            break
        screen += part
    os.close(main)
    return process.wait(), screen.decode()


RUN = ["run", "xor", "--mode", "deap", "--budget", "seconds=1.5", "--set", "budget.target=null"]
RUN += ["--log-every", "5000"]  # writing a row for each step would take longer than the steps


def test_a_terminal_shows_a_bar_that_makes_way_for_the_result(tmp_path: Path) -> None:
    begin = time.monotonic()
    code, screen = in_a_terminal(RUN, {}, tmp_path)
    lasted = time.monotonic() - begin
    assert code == 0
    assert "\x1b[2K" in screen
    assert "━" in screen
    assert re.search(r"loss \S+, [\d,.]+ steps/s, 0:00:\d\d left", screen)
    result = screen.rpartition("\x1b[2K")[2]
    assert result.startswith("xor · deap · seed 0: ")
    assert 1 <= len(set(re.findall(r"step ([\d,]+)", screen))) <= 4 * lasted + 3


def test_a_terminal_that_can_do_nothing_gets_lines(tmp_path: Path) -> None:
    code, screen = in_a_terminal(RUN, {"TERM": "dumb"}, tmp_path)
    assert code == 0
    assert "\x1b" not in screen
    assert screen.startswith("deap: step ")


def test_with_json_a_terminal_sees_objects_alone(tmp_path: Path) -> None:
    code, screen = in_a_terminal([*RUN[:4], "--steps", "5", "--json"], {}, tmp_path)
    assert code == 0
    assert [json.loads(line).get("step") for line in screen.splitlines()] == [1, 2, 3, 4, 5, None]


def test_a_pipe_gets_lines_without_control_characters(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vynapse", *RUN[:4], "--steps", "20", *RUN[6:]],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr.startswith("deap: step 20, loss ")
    assert done.stdout.startswith("xor · deap · seed 0: ")
