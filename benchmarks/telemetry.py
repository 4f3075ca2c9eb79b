# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What it costs to watch a run, and how soon Prometheus is answered.

    python benchmarks/telemetry.py [--pairs 15] [--size 1] [--scrapes 200] [--only overhead|scrapes]
        > benchmarks/results/telemetry.md

Overhead is CPU time of the training process, its start left out: from the first step to the end of
the run. Each arm runs in a process of its own, the arms of a round in turn, and each round gives a
pair with the arm that records nothing. That arm has rows and events as the others have, but neither
are put into words nor written. `--size` multiplies the steps of the runs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

sys.path = [place for place in sys.path if Path(place or ".").resolve() != Path(__file__).parent]

CASES: Final[dict[str, tuple[str, str, dict[str, int]]]] = {
    "MNIST, sgd": ("mnist", "sgd", {"epochs": 2}),
    "digits, deap": ("digits", "deap", {"steps": 120}),
    "XOR, neat": ("xor", "neat", {"steps": 6000}),
}
"""The task, the mode and the limits of a run."""
ARMS: Final = ("nothing", "default", "everything")
_NORMAL: Final = 1.96


def one_run(case: str, arm: str, size: float) -> float:
    """CPU seconds of this process for the steps of a run and what is recorded of them."""
    from vynapse.experiment.config import load_recipe
    from vynapse.experiment.session import Session
    from vynapse.telemetry import record
    from vynapse.telemetry.metrics.endpoint import Endpoint
    from vynapse.telemetry.sinks.prometheus import watched

    task, mode, limits = CASES[case]
    budget = {name: max(1, round(amount * size)) for name, amount in limits.items()}
    sinks = ["spans", "tensorboard"] if arm == "everything" else []
    recipe = load_recipe(
        task,
        mode,
        budget={"target": None, "patience": None, **budget},
        telemetry={"sinks": sinks},
    )
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        run, more = Path(folder) / "run", {}
        if arm == "nothing":
            silence(record)
        session = Session.create(recipe, run)
        if arm == "everything":
            endpoint = Endpoint(0)
            stack.callback(endpoint.close)
            more = watched(run, endpoint.folder, "run", endpoint)
        began = time.process_time()
        session.run(sinks=more)
        return time.process_time() - began


def silence(record: Any) -> None:
    """Let rows and events go nowhere, so the summary lacks what a mode tells of its events."""
    record.MetricsCsv.write = record.EventsJsonl.write = lambda *_: None


def overhead(pairs: int, size: float) -> Iterator[str]:
    """Lines of a table: each arm beside the one that records nothing."""
    yield "| run | arm | CPU s, median | beside nothing | upper bound |"
    yield "|---|---|---|---|---|"
    for case in CASES:
        times: dict[str, list[float]] = {arm: [] for arm in ARMS}
        for turn in range(pairs):
            order = [ARMS[(turn + place) % len(ARMS)] for place in range(len(ARMS))]
            for arm in order:
                times[arm].append(in_child(case, arm, size))
        for arm in ARMS:
            yield f"| {case} | {arm} | {statistics.median(times[arm]):.2f} | {beside(times, arm)} |"


def beside(times: dict[str, list[float]], arm: str) -> str:
    """Mean of the paired differences in per cent, and the upper end of its 95 % interval."""
    if arm == "nothing":
        return "- | -"
    shares = [
        100 * (own / other - 1) for own, other in zip(times[arm], times["nothing"], strict=True)
    ]
    mean = statistics.fmean(shares)
    error = statistics.stdev(shares) / len(shares) ** 0.5 if len(shares) > 1 else 0.0
    return f"{mean:+.1f} % | {mean + _NORMAL * error:+.1f} %"


def in_child(case: str, arm: str, size: float) -> float:
    """The same in a fresh process."""
    words = [sys.executable, __file__, "--child", json.dumps([case, arm, size])]
    answer = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    return float(answer.stdout.splitlines()[-1])


def scrapes(count: int) -> Iterator[str]:
    """Lines of a table: how long a scrape takes while cores are free, and while none is."""
    yield "| beside | scrapes | median | 95th percentile | slowest |"
    yield "|---|---|---|---|---|"
    for name, others in (("one core free", 0), ("both cores busy", 1)):
        with busy(others) as url:
            took = sorted(measure(url, count))
        median, last = statistics.median(took), took[min(len(took) - 1, int(0.95 * len(took)))]
        figures = " | ".join(f"{1e3 * value:.1f} ms" for value in (median, last, took[-1]))
        yield f"| {name} | {count} | {figures} |"


@contextmanager
def busy(others: int) -> Iterator[str]:
    """A run of torch that has an endpoint, and loops of pure Python; where the metrics are."""
    loop = [sys.executable, "-c", "while True: pass"]
    loops: list[subprocess.Popen[Any]] = [subprocess.Popen(loop) for _ in range(others)]
    with tempfile.TemporaryDirectory() as folder:
        words = ["run", "mnist", "--mode", "sgd", "--network", "cnn:16,32", "--metrics-port", "0"]
        out = ["--budget", "epochs=1000", "--out", str(Path(folder) / "run")]
        run = subprocess.Popen(
            [sys.executable, "-m", "vynapse", *words, *out],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert run.stderr is not None
            url = run.stderr.readline().split()[-1]
            while "vynapse_steps_total" not in scrape(url):
                time.sleep(0.2)
            yield url
        finally:
            for process in [*loops, run]:
                process.kill()
                process.wait()


def measure(url: str, count: int) -> Iterator[float]:
    """Seconds of each of so many scrapes."""
    for _ in range(count):
        time.sleep(0.05)
        began = time.perf_counter()
        scrape(url)
        yield time.perf_counter() - began


def scrape(url: str) -> str:
    """What Prometheus would get."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser()
    words.add_argument("--pairs", type=int, default=15)
    words.add_argument("--size", type=float, default=1.0)
    words.add_argument("--scrapes", type=int, default=200)
    words.add_argument("--only", choices=("overhead", "scrapes"))
    words.add_argument("--child")
    asked = words.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if asked.child is not None:
        print(one_run(*json.loads(asked.child)))
        return
    # REUSE-IgnoreStart
    print("<!-- SPDX-FileCopyrightText: 2026 Vynapse contributors -->")
    print("<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n")
    # REUSE-IgnoreEnd
    print("# What it costs to watch a run\n")
    print(f"Written by `benchmarks/telemetry.py`: {asked.pairs} pairs, size {asked.size:g}. ")
    print("Nothing: no row and no event is written. Default: metrics.csv and events.jsonl.")
    print("Everything: the sinks spans and tensorboard and a Prometheus endpoint as well.\n")
    if asked.only != "scrapes":
        print("## CPU time of the training process\n")
        for line in overhead(asked.pairs, asked.size):
            print(line, flush=True)
        print()
    if asked.only != "overhead":
        print("## Answers to Prometheus\n")
        for line in scrapes(asked.scrapes):
            print(line, flush=True)


if __name__ == "__main__":
    main()
