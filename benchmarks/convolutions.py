# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A generation of mode `deap` on convolutional networks, of two versions of the sources.

    git worktree add ../before COMMIT
    python benchmarks/convolutions.py ../before/src src

Each row: a population on some random pictures, in fresh processes that take turns, one thread of
torch; CPU microseconds per network and example, the least of the rounds. The population and the
pictures are the same in all of them (seed 0).
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

HERE = Path(__file__).parent
GENOMES = 4
CASES = {
    "ConvNeXt, 24x24x1": (1, 24, 24), "ConvNeXt, 32x32x3": (3, 32, 32),
    "cnn: [16, 32], 24x24x1": (1, 24, 24),
}  # fmt: skip


class OverChannels(nn.LayerNorm):
    """(b, c, h, w) -> the same, normalised over c."""

    def forward(self, x: Tensor) -> Tensor:
        normal: Tensor = super().forward(x.permute(0, 2, 3, 1))
        return normal.permute(0, 3, 1, 2)


class Block(nn.Module):
    """Of ConvNeXt: depthwise 7x7, layer norm, two linear layers on each place."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.up, self.act = nn.Linear(width, 4 * width), nn.GELU()
        self.down = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        changed: Tensor = self.down(self.act(self.up(y)))
        return x + changed.permute(0, 3, 1, 2)


def convnext(outputs: int, input_shape: tuple[int, ...]) -> nn.Module:
    """25,610 parameters for one channel and 10 outputs."""
    stem = [nn.Conv2d(input_shape[0], 16, 2, stride=2), OverChannels(16), Block(16)]
    rest = [OverChannels(16), nn.Conv2d(16, 32, 2, stride=2), Block(32), Block(32)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LayerNorm(32), nn.Linear(32, outputs)]
    return nn.Sequential(*stem, *rest, *head)


def measure(case: str, examples: int) -> None:
    """Print the path and the microseconds of one process."""
    from vynapse.evolution.modules import ModuleEncoding
    from vynapse.networks.cnn import CNN
    from vynapse.networks.factory import Factory
    from vynapse.networks.state import initial_state
    from vynapse.seeding import Streams

    torch.set_num_threads(1)
    shape = CASES[case]
    network: CNN | Factory = CNN(channels=(16, 32), input_shape=(1, 24, 24), outputs=10)
    if case.startswith("ConvNeXt"):
        options = {"outputs": 10, "input_shape": list(shape)}
        network = Factory(factory="convolutions:convnext", options=options)
    start = initial_state(network, Streams(0))
    encoding = ModuleEncoding(start, shape)
    genome = encoding.encode(None, start)
    stream = Streams(0).stream("benchmark")
    genomes = genome + np.float32(0.02) * stream.normal(genome.size, 0, np.arange(GENOMES))
    pictures = stream.normal(int(np.prod(shape)), 1, np.arange(examples)).reshape(-1, *shape)
    least = float("inf")
    for _ in range(3):
        begin = time.process_time()
        encoding.forward(genomes, pictures)
        least = min(least, time.process_time() - begin)
    print(encoding.path, 1e6 * least / GENOMES / examples)


def run(source: str, case: str, examples: int) -> tuple[str, float]:
    paths = os.pathsep.join([str(Path(source).resolve()), str(HERE)])
    command = [sys.executable, __file__, source, source, "--case", case]
    command += ["--examples", str(examples)]
    found = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": paths}, check=True, capture_output=True, text=True
    )
    path, microseconds = found.stdout.split()
    return path, float(microseconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("before", help="folder of the sources of one version")
    parser.add_argument("after", help="that of the other")
    parser.add_argument("--rounds", type=int, default=5, help="processes of each version")
    parser.add_argument("--examples", type=int, default=1000, help="pictures")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        measure(options.case, options.examples)
        return
    print(
        f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, torch {torch.__version__}\n"
    )
    print("| network | before | µs | after | µs | ratio |\n" + "| --- " * 6 + "|")
    for case in CASES:
        best: dict[str, tuple[str, float]] = {}
        for _ in range(options.rounds):
            for source in (options.before, options.after):
                found = run(source, case, options.examples)
                best[source] = min(best.get(source, found), found, key=lambda row: row[1])
        (way, old), (other, new) = best[options.before], best[options.after]
        cells = [case, way, f"{old:.1f}", other, f"{new:.1f}", f"{old / new:.2f}×"]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
