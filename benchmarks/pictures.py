# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Accuracy, time and cost of sgd on MNIST and CIFAR-10, seed by seed.

    python benchmarks/pictures.py mnist 3
    python benchmarks/pictures.py mnist 3 --network "{mlp: {sizes: [784, 128, 10], hidden: relu}}"
    python benchmarks/pictures.py cifar10 2

Further words go to `vynapse run` as they are. Each seed is a process of its own.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    task, count, more = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    print("| seed | test accuracy | validation accuracy | parameters | GFLOP | process minutes |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(count):
            begin = time.perf_counter()
            words = ["run", task, "--mode", "sgd", "--seed", str(seed), "--log-every", "100"]
            result = subprocess.run(
                [sys.executable, "-m", "vynapse", *words, "--out", str(Path(folder) / str(seed)),
                 "--json", *more],
                stdout=subprocess.PIPE, text=True, check=True,
            )  # fmt: skip
            summary = json.loads(result.stdout.splitlines()[-1])
            cells = (
                seed,
                f"{summary['test']['accuracy']:.4f}",
                f"{summary['metrics']['accuracy']:.4f}",
                summary["parameters"],
                f"{summary['cost']['flops'] / 1e9:,.0f}",
                f"{(time.perf_counter() - begin) / 60:.2f}",
            )
            print("|", " | ".join(str(cell) for cell in cells), "|", flush=True)


if __name__ == "__main__":
    main()
