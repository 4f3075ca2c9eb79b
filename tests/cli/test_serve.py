# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse serve` as a user starts and ends it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from vynapse.cli.main import main


def test_a_port_in_use_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", str(tmp_path), "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert said == (
        f"vynapse: --port: {port} is in use on 127.0.0.1: choose another, or --port 0 for a free "
        "one\n"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["absent"], "absent is not a folder of runs"),
        ([".", "--port", "70000"], "--port: a number from 0 to 65535 was wanted, got 70000"),
        ([".", "--host", "not an address"], "--host: an address of this machine was wanted"),
        ([".", "--host", "203.0.113.7"], "--host: an address of this machine was wanted"),
        ([".", "--host", ""], "--host: an address of this machine was wanted"),
        ([".", "--token", "short"], "--token: at least 12 characters"),
    ],
)
def test_mistakes_are_sentences(
    words: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["serve", *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"vynapse: {sentence}")
    assert said.count("\n") == 1


@pytest.mark.parametrize("package", ["starlette", "uvicorn", "sse_starlette"])
def test_a_missing_extra_is_a_sentence(
    package: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in list(sys.modules):
        if name.startswith("vynapse.pages.live"):
            monkeypatch.delitem(sys.modules, name)
        if name.partition(".")[0] == package:
            monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, package, None)
    assert main(["serve", str(tmp_path)]) == 2
    name = package.replace("_", "-")
    assert capsys.readouterr().err == (
        f"vynapse: serve needs the package {name!r}, which is not installed: run pip install "
        "'vynapse[web]'\n"
    )


def test_ctrl_c_ends_it_while_a_browser_listens(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vynapse", "serve", str(tmp_path), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = process.stdout.readline().split()[0]
    with urllib.request.urlopen(f"{address}events", timeout=30) as stream:
        assert stream.readline() == b"event: list\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "")


def test_other_commands_load_nothing_of_the_page() -> None:
    code = (
        "import sys; from vynapse.cli.main import main; main(['runs', '.']); "
        "print([n for n in ('starlette', 'uvicorn', 'anyio', 'vynapse.pages.live') "
        "if n in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "[]"
