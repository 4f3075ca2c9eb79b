# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs that `growth.py` makes its tables of, what is measured of them, and how it is written."""

import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import torch

from vynapse.esper.kasmina.blueprints import BLUEPRINTS, offers
from vynapse.esper.tolaria.flop_table import passes
from vynapse.esper.tolaria.growing_network import GrowingNetwork
from vynapse.esper.tolaria.settings import GrowSettings
from vynapse.experiment.plan import prepare
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.session import Session
from vynapse.statistics import mean_of
from vynapse.telemetry.reading import read_events, read_metrics

ACCURACY: Final = ("accuracy", "%", 100, 2)
FIGURES: Final = {"text": ("loss", "nats", 1, 4)}
"""What a task's rows are compared by: its name in a summary, unit, factor, digits."""


@dataclass(frozen=True)
class Run:
    """A run that has ended.

    Attributes:
        path: its directory.
        summary: see `vynapse.experiment.summary`.
    """

    path: Path
    summary: dict[str, Any]

    @property
    def accuracy(self) -> float:
        """On the validation split."""
        return float(self.summary["metrics"]["accuracy"])

    @property
    def fossils(self) -> int:
        """How many seeds became a part of the network."""
        return int(float(read_metrics(self.path / "metrics.csv")[-1]["fossils"]))

    def accuracies(self) -> dict[int, float]:
        """On the validation split after each epoch of mode grow that was not rolled back."""
        rows = read_metrics(self.path / "metrics.csv")
        return {int(row["step"]): float(row["accuracy"]) for row in rows if "accuracy" in row}


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


def finish(recipe: Recipe, path: Path) -> Run:
    """Bring a run to its end, or only read it."""
    run = Run(path, Session.create_or_open(recipe, path).run())
    seconds, size = run.summary["seconds"], run.summary["parameters"]
    say(f"{path}: {run.accuracy:.2%} on validation, {size:,} parameters, {seconds:.0f} s")
    return run


def batches(path: Path) -> int:
    """Steps of the optimiser; a step of mode grow is an epoch."""
    last = read_metrics(path / "metrics.csv")[-1]
    return int(float(last.get("batches", last["step"])))


def cells(values: Sequence[float], digits: int) -> str:
    """Mean and 95 % confidence interval."""
    mean = mean_of(values)
    if mean is None:
        return ""
    width = "" if not mean.half_width else f" ± {mean.half_width:,.{digits}f}"
    return f"{mean.value:,.{digits}f}{width}"


def markdown(lines: Sequence[dict[str, str]]) -> str:
    """A table of one line for each."""
    rows = [list(lines[0]), ["---"] * len(lines[0]), *(list(line.values()) for line in lines)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def figures(
    task: str, runs: Sequence[dict[str, Any]], esper: Sequence[dict[str, Any]]
) -> dict[str, str]:
    """The task's figure on both splits, and that of Esper minus this row's, paired by seed."""
    return {
        **reached(task, runs),
        "Esper minus this": "" if runs[0] is esper[0] else lead(task, esper, runs, "test"),
    }


def reached(task: str, runs: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The task's figure on both splits."""
    _, unit, scale, digits = FIGURES.get(task, ACCURACY)
    return {
        f"{split} {unit}": cells([scale * figure(task, run, split) for run in runs], digits)
        for split in ("validation", "test")
    }


def lead(
    task: str, runs: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]], split: str
) -> str:
    """The task's figure minus that of other runs, paired by seed."""
    _, _, scale, digits = FIGURES.get(task, ACCURACY)
    pairs = zip(runs, others, strict=True)
    return cells(
        [scale * (figure(task, a, split) - figure(task, b, split)) for a, b in pairs], digits
    )


def figure(task: str, run: dict[str, Any], split: str) -> float:
    """What a task's runs are compared by, from a summary."""
    name, *_ = FIGURES.get(task, ACCURACY)
    return float((run["test"] if split == "test" else run | run["metrics"])[name])


def keep(task: str, rows: Mapping[str, Sequence[Run]], path: Path) -> None:
    """Write the runs of a table, one a line: what its means and intervals were taken over."""
    name, *_ = FIGURES.get(task, ACCURACY)
    with path.open("w", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(
            ["row", "seed", f"validation {name}", f"test {name}", "parameters", "flops", "batches",
             "seconds"]
        )  # fmt: skip
        for row, runs in rows.items():
            for run in runs:
                found = run.summary
                splits = [figure(task, found, split) for split in ("validation", "test")]
                lines.writerow(
                    [row, found["seed"], *splits, found["parameters"], found["cost"]["flops"],
                     batches(run.path), f"{found['seconds']:.0f}"]
                )  # fmt: skip
    say(f"every run: {path}")


def epoch_flops(recipe: Recipe) -> int:
    """Operations of an epoch, validation included, of the largest network that growth aims at.

    Each slot is filled with the blueprint that the controller would take first there, as far as
    the limit of parameters allows, as if every seed became a fossil.

    Args:
        recipe: its first stage is of mode grow.
    """
    plan = prepare(recipe)
    settings = cast("GrowSettings", recipe.stages[0].settings)
    limits: Any = settings.controller.settings
    shape = plan.task.interface().inputs
    body = GrowingNetwork(plan.network(), settings.slots, shape, torch.device("cpu"))
    size = body.parameters()
    room, flops = (limits.parameter_limit - 1) * size, body.host_flops
    for place in body.module.places * limits.seeds_per_slot:
        found = offers(limits.blueprints or BLUEPRINTS.names(), body.module.slot(place).shape)
        if limits.blueprints is None:
            found = tuple(sorted(found, key=lambda offer: -offer.parameters))
        chosen = next((offer for offer in found if offer.parameters <= room), None)
        if chosen is not None:
            room, flops = room - chosen.parameters, flops + chosen.flops
    training, validation = (len(plan.supervised.split(name)) for name in ("train", "validation"))
    return (passes(training, flops, flops) + passes(validation, flops)).flops or 0


def epoch_batches(recipe: Recipe) -> int:
    """Batches in an epoch of a recipe whose first stage is of mode grow."""
    settings = cast("GrowSettings", recipe.stages[0].settings)
    examples = len(prepare(recipe).supervised.split("train"))
    return settings.epoch_steps or -(-examples // (settings.training.batch_size or examples))


@dataclass(frozen=True)
class Drops:
    """The largest falls of validation accuracy, each below what it was before; None: no such epoch.

    Attributes:
        training: while seeds trained apart, below what it was before the first of them did.
        blending: while seeds blended in. An epoch in which one seed trains apart and another
            blends in counts as blending.
        ever: below the network that the run began with; also where nothing grew.
    """

    training: float | None
    blending: float | None
    ever: float | None


def drops(run: Run, start: float) -> Drops:
    """How far a run of mode grow fell on its way.

    Args:
        run: of mode grow.
        start: validation accuracy of the network that it began with.
    """
    accuracy = {0: start, **run.accuracies()}
    last = max(accuracy)
    stays: dict[str, list[tuple[int, int]]] = {"training": [], "blending": []}
    entered: dict[tuple[str, str], int] = {}
    events = read_events(run.path / "events.jsonl")
    for data in (event["data"] for event in events if event["kind"] == "growth.stage"):
        slot, epoch = data["slot"], data["epoch"]
        if data["to"] in stays:
            # training begins after the first batch of an epoch, blending after the last one
            entered[slot, data["to"]] = epoch - (data["to"] == "training")
        if data["from"] in stays:
            stays[data["from"]].append((entered.pop((slot, data["from"])), epoch))
    for (_, stage), begin in entered.items():
        stays[stage].append((begin, last))
    blending = {e for begin, end in stays["blending"] for e in range(begin + 1, end + 1)}

    def largest(stage: str, without: Sequence[int] | set[int]) -> float | None:
        falls = [
            accuracy[begin] - accuracy[epoch]
            for begin, end in stays[stage]
            for epoch in range(begin + 1, end + 1)
            if epoch in accuracy and begin in accuracy and epoch not in without
        ]
        return max(0.0, *falls) if falls else None

    falls = [start - value for value in accuracy.values()]
    return Drops(largest("training", blending), largest("blending", ()), max(falls))
