# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Two versions of the sources side by side, and how a command is run in one of them."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from upgrade_runs import FILES, RUNS

ROOT: Final = Path(__file__).parents[1]
MOST_SECONDS: Final = 120


class Failed(Exception):
    """A command did not do what it should."""


@dataclass(frozen=True)
class Tree:
    """One version of the sources.

    Attributes:
        source: the root of the sources.
        work: where its commands run; the runs lie in the folder `runs` there.
    """

    source: Path
    work: Path

    @property
    def runs(self) -> Path:
        """Where the runs of this tree lie."""
        return self.work / "runs"

    def start(self, command: str, *more: str) -> subprocess.Popen[str]:
        """Start `vynapse` with the arguments of `command` and with `more`."""
        words = shlex.split(command.replace("{runs}", str(self.runs)))
        environment = os.environ | {"PYTHONPATH": str(self.source / "src"), "OMP_NUM_THREADS": "1"}
        environment["CUDA_VISIBLE_DEVICES"] = ""
        while "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            environment[name] = value
        return subprocess.Popen(
            [sys.executable, "-m", "vynapse", *words, *more],
            cwd=self.work, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def vynapse(self, command: str, *more: str) -> str:
        """What a command prints.

        Raises:
            Failed: its exit code is not 0.
        """
        process = self.start(command, *more)
        out, messages = process.communicate(timeout=MOST_SECONDS)
        if process.returncode:
            raise Failed(f"exit code {process.returncode}: {' '.join(messages.split())[-200:]}")
        return out

    def whole(self, name: str) -> Path:
        """The run `name`, from its beginning to its end."""
        self.vynapse(RUNS[name], "--out", str(self.runs / name))
        return self.runs / name

    def begun(self, name: str) -> Path:
        """The run `name`, killed when it has written a checkpoint."""
        run = self.runs / f"{name}-begun"
        process = self.start(RUNS[name], "--out", str(run))
        while process.poll() is None and not list(run.glob("checkpoints/*.ckpt")):
            time.sleep(0.003)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if (run / "summary.json").exists() or process.returncode != -signal.SIGKILL:
            raise Failed("it ended before it was killed")
        return run

    def resumed(self, begun: Path) -> Path:
        """A copy of a run that was begun, resumed to its end."""
        run = self.runs / begun.name.replace("-begun", "-resumed")
        shutil.copytree(begun, run)
        self.vynapse("resume", str(run))
        return run


def install(commit: str, folder: Path) -> None:
    """Unpack `commit` into `folder` and compile its kernels there."""
    folder.mkdir()
    archive = subprocess.run(
        ["git", "archive", commit], cwd=ROOT, capture_output=True, check=True
    ).stdout
    subprocess.run(["tar", "-x"], cwd=folder, input=archive, check=True)
    compile_kernels(folder)


def compile_kernels(source: Path) -> None:
    """Compile the kernels beside their sources, where they are absent or older than these."""
    setup = "from setuptools import setup; setup()"
    command = [sys.executable, "-c", setup, "build_ext", "--inplace"]
    subprocess.run(command, cwd=source, capture_output=True, check=True)
    if not list(source.glob("src/vynapse/kernels/c/*.so")):
        raise SystemExit(f"the kernels of {source} could not be compiled: install a C compiler")


def furnish(work: Path) -> None:
    """Write what the commands name into the folder where they run."""
    (work / "runs").mkdir(parents=True)
    for name, text in FILES.items():
        (work / name).write_text(text, encoding="utf-8")
    flowers = (ROOT / "examples" / "predict_from_csv" / "flowers.csv").read_text(encoding="utf-8")
    (work / "flowers.csv").write_text(flowers, encoding="utf-8")
    header, *rows = [line.split(",") for line in flowers.split()]
    for row in rows[::20]:
        row[1] = ""
    gaps = "\n".join(",".join(row) for row in [header, *rows]) + "\n"
    (work / "gaps.csv").write_text(gaps, encoding="utf-8")
