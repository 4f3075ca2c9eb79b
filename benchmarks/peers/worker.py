# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The process of one row of the table: `python -m peers.worker MODULE ALGORITHM`.

It reads one JSON list a line, [command, argument, ...], and answers each with one line. A peer has
a process of its own so that the libraries cannot meet, and keeps it, so that a driver can measure
the peers in turn.
"""

import dataclasses
import importlib
import json
import os
import sys
import time
from typing import Any, Protocol, TextIO

from .problems import Case, Solved


class Peer(Protocol):
    """What a module of this folder offers; not each offers all."""

    def xor(self, algorithm: str, population: int) -> Case: ...

    def mlp(self, algorithm: str) -> Case: ...

    def train(self, algorithm: str) -> Case: ...

    def solve(self, algorithm: str, seed: int) -> Solved: ...


def measure(case: Case, seconds: float) -> dict[str, float]:
    """Units in at least `seconds` of wall-clock time; `cpu` are the process's own seconds."""
    units, wall, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - wall < seconds:
        case.run()
        units += case.units
    return {
        "units": units,
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
    }


def serve(peer: Peer, algorithm: str, answers: TextIO) -> None:
    case: Case | None = None
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        answer: Any = None
        if command == "measure":
            if case is None:
                raise RuntimeError("measure needs a case: name one first")
            answer = measure(case, *arguments)
        elif command == "solve":
            begin = time.perf_counter()
            solved = peer.solve(algorithm, *arguments)
            answer = {**dataclasses.asdict(solved), "seconds": time.perf_counter() - begin}
        else:
            case = getattr(peer, command)(algorithm, *arguments)
            # the first call compiles, the second shows whether that was all
            case.run()
            case.run()
        print(json.dumps(answer), file=answers, flush=True)


def main() -> None:
    # what the libraries print goes to the log
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    name, algorithm = sys.argv[1:]
    serve(importlib.import_module(f"{__package__}.{name}"), algorithm, answers)


if __name__ == "__main__":
    main()
