# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse lab` as a user starts and ends it."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from vynapse.cli.main import main


def test_it_writes_an_application(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "--out", str(tmp_path / "lab")]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'lab'}: 10 files of ")
    assert {path.name for path in (tmp_path / "lab").iterdir()} >= {"index.html", "sw.js"}


def test_it_writes_one_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "--out", str(tmp_path / "new" / "lab.html")]) == 0
    assert "one page of" in capsys.readouterr().out
    assert (tmp_path / "new" / "lab.html").read_bytes().startswith(b"<!doctype html>")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "70000"], "--port: a number from 0 to 65535 was wanted, got 70000"),
        (["--out", "lab.txt"], "--out: a folder or a file that ends in .html was wanted, got"),
        (["--replay", "nowhere"], "nowhere is not a run directory"),
    ],
)
def test_mistakes_are_sentences(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["lab", *words]) == 2
    text = capsys.readouterr().err
    assert said in text
    assert text.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_missing_extra_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in list(sys.modules):
        if name.startswith(("vynapse.pages.live", "vynapse.pages.lab.server")):
            monkeypatch.delitem(sys.modules, name)
        if name.partition(".")[0] == "starlette":
            monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "starlette", None)
    assert main(["lab"]) == 2
    assert "lab needs the package 'starlette'" in capsys.readouterr().err


def test_ctrl_c_ends_it() -> None:
    command = [sys.executable, "-m", "vynapse", "lab", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = process.stdout.readline().split()[0]
    with urllib.request.urlopen(f"{address}lab.wasm", timeout=30) as answer:
        assert answer.headers["Content-Type"] == "application/wasm"
        assert "wasm-unsafe-eval" in answer.headers["Content-Security-Policy"]
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "")
