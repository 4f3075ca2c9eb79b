# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How the workers of a run stand, from the files in its directory."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Final

import psutil

from vynapse.distributed.journal import LINES, read
from vynapse.errors import RunDirectoryError

_COUNTS: Final = ("genomes", "evaluations", "repeats", "given_up")
_RECENT: Final = 5
"""Lines about what was measured that the throughput is taken over."""


def status_of(folder: Path) -> dict[str, Any]:
    """How workers stand, what was measured by all processes of the run, and what failed.

    Args:
        folder: the directory of the run.

    Raises:
        RunDirectoryError: the run was measured in its own process, or not at all.
    """
    standing, lines = read(folder)
    if standing is None:
        raise RunDirectoryError(
            f"{folder} has no {LINES}: a run with evaluator ray or grpc that has begun was wanted"
        )
    measured = [line for line in lines if line.get("kind") == "measured"]
    recent = measured[-_RECENT:]
    seconds = sum(line.get("seconds", 0.0) for line in recent)
    genomes = sum(line.get("genomes", 0) for line in recent)
    workers = standing["workers"]
    faults = Counter(str(line.get("fault")) for line in lines if line.get("kind") == "lost")
    return {
        "time": standing["time"],
        "running": psutil.pid_exists(standing["process"]),
        **{name: sum(line.get(name, 0) for line in measured) for name in _COUNTS},
        "genomes_per_second": genomes / seconds if seconds else 0.0,
        "in_flight": sum(worker["in_flight"] for worker in workers),
        "workers": workers,
        "faults": dict(faults),
        "processors": sorted(
            {str(line.get("processor")) for line in lines if line.get("kind") == "connected"}
        ),
        "excluded": [
            {"worker": line.get("worker"), "reason": line.get("reason")}
            for line in lines
            if line.get("kind") == "excluded"
        ],
    }
