# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A process without checks of types that has loaded torch once, and forks for each program.

Each program has a process of its own, as a user's has, and does not wait for the same imports.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final

_SERVER: Final = r"""
import os, runpy, sys, traceback
import torch, vynapse.experiment.session
for line in sys.stdin:
    program, folder = line.rstrip("\n").split("\t")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.chdir(folder)
            said = os.open(".said", os.O_WRONLY | os.O_CREAT)
            os.dup2(said, 1), os.dup2(said, 2)
            sys.argv, sys.path[0] = [program], os.path.dirname(program)
            runpy.run_path(program, run_name="__main__")
            code = 0
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush(), sys.stderr.flush()
        os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Programs:
    """Python programs, one after another; a warning is an error."""

    def __enter__(self) -> Programs:
        command = [sys.executable, "-W", "error", "-c", _SERVER]
        self._server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.communicate()

    def run(self, program: Path, folder: Path) -> tuple[int, str]:
        """Its exit code, and what it said."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(f"{program}\t{folder}\n")
        self._server.stdin.flush()
        code = int(self._server.stdout.readline())
        return code, (folder / ".said").read_text(encoding="utf-8")
