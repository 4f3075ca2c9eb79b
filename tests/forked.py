# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse WORDS` in a process of its own that need not import anything: a fork of the tests.

For tests of what a command does, and what a signal does to it. What a fresh interpreter loads and
how soon it starts are tested with one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from vynapse.cli.main import main


def begin(words: Sequence[str], folder: Path = Path()) -> int:
    """Start a command; its process id. What it says goes to `.out` and `.err` in the folder."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            code = _become(words, folder)
        except BaseException:  # noqa: BLE001 - the parent sees the exit code
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return child


def end(child: int) -> int:
    """Wait for it; its exit code, that of a signal below zero."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill(child: int) -> None:
    """End a command at once, wherever it stands; no error where it is through."""
    os.kill(child, signal.SIGKILL)
    end(child)


def ended(child: int) -> bool:
    """Whether a command is through; it is left for `end` to be collected."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def vynapse(words: Sequence[str], folder: Path = Path()) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    code = end(begin(words, folder))
    out, err = ((folder / name).read_text(encoding="utf-8") for name in (".out", ".err"))
    for name in (".out", ".err"):
        (folder / name).unlink()
    return subprocess.CompletedProcess(["vynapse", *words], code, out, err)


def _become(words: Sequence[str], folder: Path) -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    files = [
        os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for name in (".out", ".err")
    ]
    for number, file in enumerate(files, start=1):
        os.dup2(file, number)
    sys.stdout, sys.stderr = (open(n, "w", encoding="utf-8", closefd=False) for n in (1, 2))  # noqa: SIM115
    sys.argv = ["vynapse", *words]
    return main()
