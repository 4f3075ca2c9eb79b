# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
# mypy: ignore-errors
# It looks into an evaluator.
"""Evaluator `threads` on two processors: CartPole, a population of 1,000.

    python benchmarks/neat_threads.py [REPEATS] > benchmarks/results/neat_threads.md

Whole calls of the evaluator are timed, those in one thread and those in two in turn; the best of
each counts, as other work of the machine can only make a call longer. A thread is idle from its end
to that of the last one.
"""

import os
import sys
import threading
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.pop(0)  # this folder has a file with the name of a package

import numpy as np

from vynapse.evolution.episodes import EpisodesObjective
from vynapse.evolution.evaluators.inline import Inline
from vynapse.evolution.evaluators.threads import Threads
from vynapse.evolution.neat.encoding import NeatEncoding
from vynapse.evolution.neat.population import Neat
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.kernels import native
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_any_task

POPULATION = 1000


def populations():
    """Name, encoding, genomes and objective of each case."""
    task, encoding = make_any_task("cartpole", {}), NeatEncoding(4, 1)
    search = Neat(NeatSettings(population=POPULATION), 4, 1, Streams(1))
    yield "first generation", encoding, search.ask().take(np.arange(POPULATION)), task
    objective = EpisodesObjective(task, 5, 7)
    for _ in range(4):
        losses = Inline()(objective, encoding, search.ask()).losses
        search.tell(losses)
    genomes = search.ask().take(np.arange(POPULATION))
    yield "fifth generation", encoding, genomes, task
    for _ in range(6):
        search.tell(Inline()(objective, encoding, search.ask()).losses)
    genomes = search.ask().take(np.arange(POPULATION))
    losses = Inline()(objective, encoding, genomes).losses
    order = np.argsort(losses, kind="stable")
    long, short = order[: POPULATION // 20], order[-POPULATION // 10 :]
    rows = np.resize(short, POPULATION)
    rows[np.random.default_rng(1).permutation(POPULATION)[: len(long)]] = long
    name = f"one in twenty lives {losses[long].mean() / losses[short].mean():.0f} times as long"
    yield name, encoding, genomes.take(rows), task


def watched(ends):
    """Threads note when they end."""

    def in_threads(share, threads):
        def noted(number):
            share(number)
            ends.append(time.perf_counter())

        return original(noted, threads)

    original, native.in_threads = native.in_threads, in_threads
    return original


def main():
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    # REUSE-IgnoreStart
    print("<!-- SPDX-FileCopyrightText: 2026 Vynapse contributors -->")
    print("<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n")
    # REUSE-IgnoreEnd
    print("# Evaluator `threads` on CartPole, population 1,000, five episodes each\n")
    print(
        f"`python {Path('benchmarks') / Path(__file__).name} {repeats}`, two threads on a machine"
    )
    print(f"with {os.cpu_count()} processors; the best of {repeats} calls each, in turn.\n")
    print("| population | one thread, ms | two threads, ms | ratio | idle |")
    print("| --- | --- | --- | --- | --- |")
    ends = []
    original = watched(ends)
    for name, encoding, genomes, task in populations():
        objective = EpisodesObjective(task, 5, 7)
        alone, shared, idle = [], [], []
        for _ in range(repeats):
            begin = time.perf_counter()
            Inline()(objective, encoding, genomes)
            alone.append(time.perf_counter() - begin)
            ends.clear()
            begin = time.perf_counter()
            Threads(2)(objective, encoding, genomes)
            shared.append(time.perf_counter() - begin)
            idle.append((max(ends) - min(ends)) / 2 / shared[-1])
        one, two = min(alone), min(shared)
        wasted = idle[shared.index(two)]
        print(f"| {name} | {one * 1e3:.2f} | {two * 1e3:.2f} | {one / two:.2f} | {wasted:.1%} |")
    native.in_threads = original
    assert threading.active_count() == 1


if __name__ == "__main__":
    main()
