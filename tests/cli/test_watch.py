# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse watch` and `run --watch` in a terminal of their own."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import final

import pytest

from vynapse.cli.main import main
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.experiment.store import read_summary

SECONDS = 60.0
"""How long anything may take on a busy machine."""
LONG = ["--set", "selection=roulette", "--set", "budget={steps: 1000000, target: null}"]
OTHER_SCREEN, BACK = "\x1b[?1049h", "\x1b[?1049l"


@final
class Screen:
    """A command in a terminal of its own: what it has drawn, and what is typed."""

    def __init__(self, process: subprocess.Popen[bytes], terminal: int, program: int) -> None:
        self.process, self._terminal, self._program = process, terminal, program
        self.said = ""

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def lines(self) -> list[str]:
        """The frame that was drawn last."""
        self._read(0.05)
        frame = self.said.split("\x1b[H")[-1]
        return [
            re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line)
            for line in frame.replace("\r", "").split("\n")
        ]

    def wait(self, until: Callable[[Screen], bool]) -> None:
        limit = time.monotonic() + SECONDS
        while not until(self):
            assert time.monotonic() < limit, self.said[-400:]
            self._read(0.1)

    def end(self) -> int:
        self.wait(lambda screen: screen.process.poll() is not None)
        self._read(0.05)
        return self.process.wait()

    def modes(self) -> list[object]:
        """How the terminal is set."""
        return termios.tcgetattr(self._program)[:4]

    def _read(self, seconds: float) -> None:
        while select.select([self._terminal], [], [], seconds)[0]:
            with suppress(OSError):
                self.said += os.read(self._terminal, 65536).decode(errors="replace")
            seconds = 0.0


@contextmanager
def screen(words: list[str], folder: Path) -> Iterator[Screen]:
    terminal, program = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "PYTHONUTF8": "1"}
    code = (
        "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
        "from vynapse.cli.main import main; sys.exit(main())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        cwd=folder, stdin=program, stdout=program, stderr=program, env=environment,
        start_new_session=True,
    )  # fmt: skip
    found = Screen(process, terminal, program)
    found.resize(80, 24)
    try:
        yield found
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
        os.close(program)


def files_of(run: Path) -> dict[str, bytes]:
    return {
        file.relative_to(run).as_posix(): file.read_bytes()
        for file in run.rglob("*")
        if file.is_file()
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run."""
    folder = tmp_path_factory.mktemp("watch")
    Session.create(load_recipe("xor", "deap"), folder / "runs" / "first").run()
    return folder


def test_a_finished_run_is_shown_until_q(folder: Path) -> None:
    before = files_of(folder / "runs" / "first")
    with screen(["watch", "last"], folder) as shown:
        modes = shown.modes()
        shown.wait(lambda screen: "q leaves" in screen.said)
        assert OTHER_SCREEN in shown.said
        lines = shown.lines()
        assert len(lines) == 24
        assert max(map(len, lines)) <= 79
        assert lines[0].split()[:2] == ["first", "finished"]
        assert "xor · deap · seed 0" in lines[1]
        shown.type("x")
        shown.type("q")
        assert shown.end() == 0
        assert shown.said.rstrip().endswith(BACK)
        assert shown.modes() == modes
    assert files_of(folder / "runs" / "first") == before


def test_a_screen_follows_its_terminal(folder: Path) -> None:
    with screen(["watch", "runs/first"], folder) as shown:
        shown.wait(lambda screen: "q leaves" in screen.said)
        shown.resize(50, 12)
        shown.wait(lambda screen: len(screen.lines()) == 12)
        assert max(map(len, shown.lines())) <= 49
        shown.resize(132, 50)
        shown.wait(lambda screen: len(screen.lines()) == 50)
        shown.type("\x03")
        assert shown.end() == 0
        assert BACK in shown.said


def steps_of(shown: Screen) -> int:
    found = re.search(r"step ([\d,]+)", shown.lines()[1] if len(shown.lines()) > 1 else "")
    return int(found[1].replace(",", "")) if found else 0


def test_a_run_of_another_process_is_followed_and_not_touched(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "vynapse", "run", "xor", "--mode", "deap", *LONG]
    other = subprocess.Popen(
        [*words, "--out", "runs/other"], cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    try:
        while not (tmp_path / "runs" / "other" / "metrics.csv").exists():
            time.sleep(0.1)
        with screen(["watch", "last"], tmp_path) as shown:
            shown.wait(lambda screen: steps_of(screen) > 0)
            first = steps_of(shown)
            shown.wait(lambda screen: steps_of(screen) > first)
            assert "running" in shown.lines()[0]
            shown.wait(lambda screen: f"process {other.pid}" in screen.said)
            shown.type("q")
            assert shown.end() == 0
            assert other.poll() is None
            assert read_summary(tmp_path / "runs" / "other")["status"] == "running"
        with screen(["watch", "last"], tmp_path) as shown:
            shown.wait(lambda screen: steps_of(screen) > 0)
            other.send_signal(signal.SIGTERM)
            shown.wait(lambda screen: "interrupted; the state is saved" in screen.said)
            assert shown.process.poll() is None
    finally:
        other.kill()
        other.wait()


def run_words(out: str, steps: int) -> list[str]:
    budget = f"budget={{steps: {steps}, target: null}}"
    words = ["run", "xor", "--mode", "deap", "--set", "selection=roulette", "--set", budget]
    return [*words, "--out", out]


def test_a_run_that_is_watched_ends_as_one_that_is_not(tmp_path: Path) -> None:
    with screen([*run_words("seen", 400), "--watch"], tmp_path) as shown:
        assert shown.end() == 0
        assert OTHER_SCREEN in shown.said
        screens, after = shown.said.split(BACK)
        assert "step" in screens
        assert "after 400 steps" in after
        assert "seen" in after
    Session.create(
        load_recipe(
            "xor", "deap",
            overrides=["selection=roulette", "budget={steps: 400, target: null}"],
        ),
        tmp_path / "unseen",
    ).run()  # fmt: skip
    one, other = files_of(tmp_path / "seen"), files_of(tmp_path / "unseen")
    assert one.keys() == other.keys()
    for name in ("best.safetensors", "recipe.yaml"):
        assert one[name] == other[name]
    rows = [
        [line.rpartition(b",")[0] for line in each["metrics.csv"].splitlines()]
        for each in (one, other)
    ]
    assert rows[0] == rows[1]


def test_q_leaves_the_dashboard_and_the_run_goes_on(tmp_path: Path) -> None:
    with screen([*run_words("run", 1000000), "--watch"], tmp_path) as shown:
        modes = shown.modes()
        shown.wait(lambda screen: steps_of(screen) > 0)
        assert shown.modes() != modes
        shown.type("q")
        shown.wait(lambda screen: "steps/s" in screen.said.partition(BACK)[2])
        assert shown.modes() == modes
        assert shown.process.poll() is None
        shown.type("\x03")
        assert shown.end() == 130
        assert "go on with vynapse resume run" in " ".join(shown.said.split())


def test_an_interrupt_saves_the_run_and_puts_the_terminal_back(tmp_path: Path) -> None:
    with screen([*run_words("run", 1000000), "--watch"], tmp_path) as shown:
        modes = shown.modes()
        shown.wait(lambda screen: steps_of(screen) > 0)
        shown.type("\x03")
        assert shown.end() == 130
        assert shown.modes() == modes
        assert BACK in shown.said
        assert "saved: go on with vynapse resume run" in " ".join(shown.said.split())
    assert read_summary(tmp_path / "run")["status"] == "interrupted"
    with screen(["resume", "run", "--watch"], tmp_path) as shown:
        shown.wait(lambda screen: steps_of(screen) > 0)
        shown.type("\x03")
        assert shown.end() == 130


def test_without_a_terminal_one_screen_is_printed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    assert main(["watch", "last"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "\x1b" not in out
    assert out.splitlines()[0].split()[:2] == ["first", "finished"]
    assert len(out.splitlines()) <= 24


def test_without_a_terminal_a_watched_run_is_told_in_lines(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "xor", "--mode", "deap", "--out", str(tmp_path / "run"), "--watch"]
    assert main(words) == 0
    out, err = capfd.readouterr()
    assert "\x1b" not in out + err
    assert "converged" in out
    assert main(["resume", str(tmp_path / "run"), "--watch"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["watch", "nowhere"], "nowhere is not a run directory"),
        (["watch"], "RUN"),
        (["run", "xor", "--mode", "deap", "--watch", "--json"], "--watch: it is for people"),
        (["resume", "x", "--watch", "--json"], "--watch: it is for people"),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
