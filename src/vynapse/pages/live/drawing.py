# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The network of a run as a picture.

A kind of network that draws itself is drawn here. The graph of any other is drawn by `vynapse
graph` in a process of its own, which gives way to all others. What a run has of the user's own code
is not run to look at it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, final

import psutil

from vynapse.errors import ConfigError, VynapseError
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.store import load

_KEPT: Final = 32
"""Pictures that are kept."""
_LONGEST: Final = 300.0
"""Seconds that a graph may take to be drawn."""
_OWN: Final = re.compile(r"(?!vynapse\.)[A-Za-z_][\w.]*:[A-Za-z_]\w*")
"""An object of the user's, as a recipe names it."""


def version_of(run: Path) -> str | None:
    """What differs with every network that a run saves; None while it has saved none."""
    try:
        found = os.stat(RunDirectory(run).network)
    except OSError:
        return None
    return f"{found.st_ino:x}-{found.st_mtime_ns:x}"


@final
class Drawings:
    """Pictures of networks, each graph drawn once; safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Path, str], str] = {}
        self._lock = threading.Lock()

    def picture(self, run: Path) -> str:
        """The text of an .svg file.

        Raises:
            VynapseError: there is no network yet, or it cannot be drawn here.
        """
        version = version_of(run)
        if version is None:
            raise ConfigError("The run has saved no network yet.")
        own = _own_picture(run)
        if own is not None:
            return own
        with self._lock:  # one graph at a time: looking must not take the machine
            if (run, version) not in self._kept:
                self._kept[run, version] = _graph(run)
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
            return self._kept[run, version]


def _own_picture(run: Path) -> str | None:
    recipe = RunDirectory.open(run).record()["recipe"]
    parts = [recipe["task"], recipe["network"]]
    if any(_OWN.fullmatch(text) for part in parts for text in _texts(part)):
        raise ConfigError(
            f"This run uses code of yours, which the page does not run: vynapse graph {run} draws "
            "its network."
        )
    network = load(run).network
    return network.structure.picture(network.tensors)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _graph(run: Path) -> str:
    command = [sys.executable, "-m", "vynapse", "graph", str(run), "--format", "svg"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            psutil.Process(process.pid).nice(10)
            drawn, said = process.communicate(timeout=_LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            raise ConfigError(f"The graph is too large to be drawn: try vynapse graph {run}.")  # noqa: B904 - the user's sentence
        except psutil.Error:
            drawn, said = process.communicate(timeout=_LONGEST)
    if process.returncode != 0 or not drawn.startswith("<svg"):
        lines = said.strip().splitlines() or ["it said nothing"]
        raise _NotDrawn(lines[-1].removeprefix("vynapse: "))
    return drawn


class _NotDrawn(VynapseError):
    """`vynapse graph` refused."""
