# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How much of the time for decoding pictures the loader hides behind the steps of training.

    OMP_NUM_THREADS=1 python benchmarks/image_loader.py [--pictures 5000] [--side 256]
        [--repeats 3] > benchmarks/results/image_loader.md

JPEGs are generated. The width of a convolutional network is chosen so that a step of mode sgd, in
one thread of torch, lasts as long as one thread decodes its batch. An epoch is then measured by
wall clock with pictures decoded on the way at several numbers of threads, and with pictures that
the cache has decoded. The arms of a round take turns; of each the fastest epoch counts, as other
programs only make one slower.

    hidden = 1 - (time with decoding - time on cached pictures) / time for decoding alone
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from PIL import Image

from vynapse.core import Budget, SupervisedTask
from vynapse.networks.cnn import CNN
from vynapse.networks.state import initial_state
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_task
from vynapse.trainers.mode import Stage
from vynapse.trainers.sgd_settings import SgdSettings
from vynapse.trainers.sgd_torch import TorchEngine

BATCH: Final = 50
INPUT: Final = 64
WIDTHS: Final = (2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64, 80, 96)
ARMS: Final[dict[str, dict[str, Any]]] = {
    "decoded in the step": {"loader": {"threads": 0}},
    "1 thread": {"loader": {"threads": 1}},
    "2 threads": {"loader": {"threads": 2}},
    "4 threads": {"loader": {"threads": 4}},
    "cached, 2 threads": {"loader": {"threads": 2}, "cache": 10.0},
}
CACHED: Final = "cached, 2 threads"


def generate(root: Path, count: int, side: int) -> None:
    """Blurred noise in two classes, which compresses about as photographs do."""
    random = np.random.default_rng(0)
    for number in range(count):
        coarse = random.integers(0, 255, (side // 8, side // 8, 3)).astype(np.uint8)
        image = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
        fine = random.integers(-20, 20, (side, side, 3))
        pixels = np.clip(np.asarray(image).astype(np.int64) + fine, 0, 255).astype(np.uint8)
        folder = root / f"class{number % 2}"
        folder.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{number:05d}.jpg", quality=85)


def task_of(root: Path, **keys: Any) -> SupervisedTask:
    """All but a few pictures train; flips keep them from being decoded once and for all."""
    options = {"path": str(root), "size": [INPUT, INPUT], "augment": ["flip"]}
    return make_task("images", {**options, "validation": 0.01, "test": 0.0, **keys})


def engine_of(task: SupervisedTask, width: int) -> TorchEngine:
    """What makes the steps of mode sgd, for a network of this width."""
    structure = CNN(channels=(width, 2 * width)).fit(task.interface())
    network = initial_state(structure, Streams(0))
    stage = Stage(task, network, True, Streams(0), budget=Budget(steps=10**6))
    return TorchEngine(stage, SgdSettings(batch_size=BATCH))


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def steps(engine: TorchEngine, first: int, count: int) -> float:
    rates = np.full(1, 1e-4)
    return seconds(lambda: [engine.update(step, rates) for step in range(first, first + count)])


def width_for(cached: SupervisedTask, wanted: float) -> int:
    """The width whose step lasts nearest to `wanted` seconds."""
    found: dict[int, float] = {}
    for width in WIDTHS:
        engine = engine_of(cached, width)
        steps(engine, 0, 3)
        found[width] = min(steps(engine, 3 + n, 1) for n in range(7))
        engine.close()
        if found[width] > 1.5 * wanted:
            break
    return min(found, key=lambda width: abs(found[width] - wanted))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=5000)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        root = Path(folder) / "pictures"
        root.mkdir()
        generate(root, given.pictures, given.side)
        tasks = {name: task_of(root, **keys) for name, keys in ARMS.items()}
        report(tasks, given.repeats)


def report(tasks: dict[str, SupervisedTask], repeats: int) -> None:
    plain, cached = (tasks[name].split("train") for name in ("decoded in the step", CACHED))
    epoch = len(plain) // BATCH
    rows = [slice(BATCH * step, BATCH * (step + 1)) for step in range(epoch)]
    for part in rows:
        cached.take(part)  # fills the cache
    decoding = min(
        seconds(lambda: [plain.take(part) for part in rows[: max(1, epoch // 4)]])
        / max(1, epoch // 4)
        for _ in range(repeats)
    )
    width = width_for(tasks[CACHED], decoding)
    engines = {name: engine_of(task, width) for name, task in tasks.items()}
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    decodings = [decoding * epoch]
    waits: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(repeats):
        for name, engine in engines.items():
            engine.update(turn * (epoch + 50), np.full(1, 1e-4))  # its threads begin
            before = engine.waited
            taken[name].append(steps(engine, turn * (epoch + 50) + 1, epoch))
            waits[name].append(engine.waited - before)
            engine.close()
        decodings.append(seconds(lambda: [plain.take(part) for part in rows]))
    tell(taken, waits, min(decodings), epoch, width)


def tell(
    taken: dict[str, list[float]],
    waits: dict[str, list[float]],
    decoding: float,
    epoch: int,
    width: int,
) -> None:
    fastest = {name: min(values) for name, values in taken.items()}
    # REUSE-IgnoreStart
    print("<!-- SPDX-FileCopyrightText: 2026 Vynapse contributors -->")
    print("<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n")
    # REUSE-IgnoreEnd
    print("# What the loader of pictures hides\n")
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end."
    )
    print(
        f"An epoch is {epoch} steps on {BATCH} pictures; the network has {width} and {2 * width} "
        f"channels. Decoding alone, in one thread, lasts {decoding:.2f} s; the steps on cached "
        f"pictures last {fastest[CACHED] / decoding:.2f} times that.\n"
    )
    print("| pictures | epoch | waiting for data | decoding hidden |")
    print("|---|---|---|---|")
    for name, best in fastest.items():
        hidden = 1 - (best - fastest[CACHED]) / decoding
        told = "-" if name == CACHED else f"{100 * hidden:.0f} %"
        wait = waits[name][taken[name].index(best)]
        print(f"| {name} | {best:.2f} s | {wait:.2f} s | {told} |")


if __name__ == "__main__":
    main()
