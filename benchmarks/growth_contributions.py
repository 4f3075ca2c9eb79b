# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Table of `growth.py` of what each seed of a finished network is worth."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from growth_fresh import compared
from growth_runs import markdown
from growth_settings import grow
from torch import Tensor

import vynapse
from vynapse.core import SupervisedTask
from vynapse.esper.kasmina.attach import HostWithSlots
from vynapse.esper.nissa.counterfactual import paired
from vynapse.esper.tolaria.growing_network import GrowingNetwork
from vynapse.experiment.plan import prepare

EXAMPLES, BATCH = 2000, 250
"""From the beginning of the validation split; in a pass."""


def contributions(task: str, seeds: Sequence[int], out: Path) -> None:
    """By how much the validation loss of each winner of `table` rises without one of its seeds."""
    judge = prepare(grow(task)).supervised
    found = {
        (name, f"seed {seed}"): _worths(judge, run.path)
        for name, runs in compared(task, seeds, out).items()
        for seed, run in zip(seeds, runs, strict=True)
    }
    lines = [{"": name, "run": run} | worths for (name, run), worths in found.items() if worths]
    places = list(dict.fromkeys(place for line in lines for place in line))
    print(markdown([{place: line.get(place, "") for place in places} for line in lines]))


def _worths(task: SupervisedTask, path: Path) -> dict[str, str]:
    """In nats with 1.96 standard errors, by slot; nothing where no seed takes part."""
    state = vynapse.load(path).network
    network = GrowingNetwork(state, None, task.input_shape, torch.device("cpu")).module.eval()
    found = {}
    for place in network.places:
        shares = network.slot(place).shares.items()
        if not shares:
            continue
        found[place] = ", ".join(_worth(task, network, f"{place}/{name}", a) for name, a in shares)
    return found


def _worth(task: SupervisedTask, network: HostWithSlots, seed: str, share: float) -> str:
    batches = _batches(task)
    worth = paired(
        network, task.loss.tensor, batches, {seed: share}, {seed: 0.0}, unit=task.loss.unit
    )
    return "not finite" if worth is None else f"{worth.value:.3f} ± {worth.uncertainty:.3f}"


def _batches(task: SupervisedTask) -> Iterator[tuple[Tensor, Tensor]]:
    split = task.split("validation")
    for low in range(0, min(EXAMPLES, len(split)), BATCH):
        part = split.take(slice(low, min(low + BATCH, EXAMPLES)))
        yield torch.tensor(task.prepare(part.inputs)), torch.tensor(part.targets)
