# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The ladder of controllers on a task: who decides best at equal cost, and has any learnt to?

    python benchmarks/simic_ladder.py [--task glyphs] [--training 24] [--episodes 5] [--runs DIR]

It writes benchmarks/results/simic_ladder.md. What is in the folder of runs is not run again, so a
ladder that was cut off goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.pop(0)  # a file of this folder may have the name of a package

from vynapse.experiment.ladder import Ladder

RESULTS = Path(__file__).parent / "results" / "simic_ladder.md"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", default="glyphs")
    parser.add_argument("--training", type=int, default=24)
    parser.add_argument("--episodes", type=int, default=5)
    parser.add_argument("--runs", type=Path, default=Path("runs") / "simic-ladder")
    given = parser.parse_args()
    began = time.process_time() + sum(os.times()[2:4])
    ladder = Ladder(
        given.task,
        given.runs,
        keys=[("device", "cpu"), ("threads", 1)],
        episodes=given.episodes,
        training=given.training,
    )
    table = ladder.run(
        lambda item: print(f"[{item.number}/{item.total}] {item.arm.name}", file=sys.stderr),
        lambda text: print(text, file=sys.stderr, flush=True),
    )
    spent = given.runs / "processor.json"  # of a ladder that was cut off, too
    before = json.loads(spent.read_text()) if spent.exists() else 0.0
    seconds = before + time.process_time() + sum(os.times()[2:4]) - began
    spent.write_text(json.dumps(seconds))
    words = f"--task {given.task} --training {given.training} --episodes {given.episodes}"
    RESULTS.write_text(
        # REUSE-IgnoreStart
        "<!-- SPDX-FileCopyrightText: 2026 Vynapse contributors -->\n"
        "<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n\n"
        # REUSE-IgnoreEnd
        "# The ladder of controllers\n\n"
        f"`python benchmarks/simic_ladder.py {words}`, {datetime.now(UTC):%Y-%m-%d}, one core of "
        f"{platform.machine()}, CPython {platform.python_version()}: {seconds / 60:.0f} minutes of "
        "the processor for all. Other work loaded the machine, so seconds of the clock are too "
        "many.\n\n"
        f"{table.markdown()}"
    )


if __name__ == "__main__":
    main()
