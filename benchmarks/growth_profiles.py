# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What each diagnostic profile of growth costs.

    python benchmarks/growth_profiles.py

A residual host with one seed that blends in is trained on random pictures: watched by nobody, and
under each profile. All begin with the same weights and see the same batches; they take turns at
every step, each time in another order, so that disturbances meet all alike. Figures are of CPU
time on one thread, for a whole epoch of the task; its end, where most is measured, is run once a
round.
"""

import argparse
import copy
import os
import statistics
import time
from dataclasses import dataclass

os.environ["OMP_NUM_THREADS"] = "1"

import torch
from torch import Tensor, nn
from torch.nn import functional

from vynapse.esper.kasmina.attach import HostWithSlots, attach
from vynapse.esper.kasmina.blueprints import blueprint
from vynapse.esper.kasmina.hosts import residual
from vynapse.esper.kasmina.seed import Seed
from vynapse.esper.nissa.profile import HOST, PROFILES, Senses
from vynapse.seeding import Streams
from vynapse.statistics import mean_of
from vynapse.trainers.optimisers import Optimiser


@dataclass(frozen=True)
class Case:
    """A host, and an epoch of it.

    Attributes:
        steps: that are run in a round.
        epoch: steps of a whole epoch of the task.
    """

    name: str
    shape: tuple[int, int, int]
    widths: tuple[int, ...]
    batch: int
    steps: int
    epoch: int


CASES = (
    Case("glyphs, 6,330 parameters", (1, 24, 24), (8, 16, 32), 64, steps=40, epoch=94),
    Case("CIFAR-10, 95,434 parameters", (3, 32, 32), (32, 64, 128), 128, steps=16, epoch=352),
)
PROBE = 250
"""Examples on which sharpness is measured, as in mode grow."""


def grown(case: Case) -> HostWithSlots:
    """The host with a seed that is half in."""
    torch.manual_seed(0)
    network = attach(residual(10, case.shape, case.widths), ["stage1"], case.shape)
    slot = network.slot("stage1")
    seed = Seed(blueprint("conv_light").body(slot.shape), "conv_light", "add", slot.shape)
    slot.plant("s0", seed, alpha=0.5)
    slot.flow = "open"
    return network


def batches(case: Case) -> list[tuple[Tensor, Tensor]]:
    """Those of the steps, and one to measure sharpness on."""
    generator = torch.Generator().manual_seed(0)
    return [
        (
            torch.randn(size, *case.shape, generator=generator),
            torch.randint(10, (size,), generator=generator),
        )
        for size in [case.batch] * case.steps + [PROBE]
    ]


class Run:
    """A copy of a network in training, and who looks on."""

    def __init__(self, start: HostWithSlots, senses: Senses | None) -> None:
        self.network = copy.deepcopy(start)
        self.optimiser = Optimiser("sgd", self.network, momentum=0.9)
        self.senses = senses
        self.steps = self.once = 0.0

    def begin(self) -> None:
        named = self.network.named_parameters()
        groups: dict[str, dict[str, nn.Parameter]] = {HOST: {}, "stage1/s0": {}}
        for name, parameter in named:
            groups[HOST if name.startswith("host.") else "stage1/s0"][name] = parameter
        begin = time.process_time()
        if self.senses is not None:
            self.senses.begin(groups)
        self.once += time.process_time() - begin

    def step(self, inputs: Tensor, targets: Tensor) -> None:
        begin = time.process_time()
        self.network.zero_grad()
        loss = functional.cross_entropy(self.network(inputs), targets)
        loss.backward()
        self.optimiser.step(0.01)
        loss.item()
        if self.senses is not None:
            self.senses.after_step()
        self.steps += time.process_time() - begin

    def end(self, batch: tuple[Tensor, Tensor]) -> None:
        begin = time.process_time()
        if self.senses is not None:
            self.senses.health()
            self.senses.after_epoch(self.network, functional.cross_entropy, lambda: batch)
        self.once += time.process_time() - begin


@dataclass(frozen=True)
class Added:
    """CPU time that a profile added in a round: in a step, once an epoch, and the share of all."""

    step: float
    once: float
    share: float


def measure(case: Case) -> dict[str, Added]:
    """A round: an epoch of every profile, beside one that nobody watches."""
    start, data = grown(case), batches(case)
    alone = Run(start, None)
    watched = {
        name: Run(start, Senses(wanted, Streams(0).stream("sharpness")))
        for name, wanted in PROFILES.items()
    }
    runs = [alone, *watched.values()]
    for run in runs:
        run.begin()
    for number, batch in enumerate(data[:-1]):
        turn = number % len(runs)
        for run in runs[turn:] + runs[:turn]:
            run.step(*batch)
    for run in runs:
        run.end(data[-1])
    added = {}
    for name, run in watched.items():
        step = (run.steps - alone.steps) / case.steps
        whole = case.epoch * alone.steps / case.steps
        added[name] = Added(step, run.once, (case.epoch * step + run.once) / whole)
    return added


def row(case: Case, name: str, rounds: list[Added]) -> list[str]:
    """Cells of a profile."""
    share = mean_of([added.share for added in rounds])
    if share is None or share.half_width is None:
        raise SystemExit("two rounds or more are needed")
    step = statistics.fmean(added.step for added in rounds)
    once = statistics.fmean(added.once for added in rounds)
    return [
        case.name,
        f"{case.epoch} × {case.batch}",
        name,
        f"{1e3 * step:.3f} ms",
        f"{1e3 * once:.1f} ms",
        f"{100 * share.value:.2f} %",
        f"{100 * (share.value + share.half_width):.2f} %",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20, help="epochs of each profile")
    options = parser.parse_args()
    torch.set_num_threads(1)
    header = ["host", "epoch", "profile", "a step", "once", "epoch", "upper 95 % bound"]
    print("| " + " | ".join(header) + " |")
    print("|" + " --- |" * len(header))
    for case in CASES:
        measure(case)
        rounds = [measure(case) for _ in range(options.rounds)]
        for name in PROFILES:
            found = [added[name] for added in rounds]
            print("| " + " | ".join(row(case, name, found)) + " |", flush=True)


if __name__ == "__main__":
    main()
