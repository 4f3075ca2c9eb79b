# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A package of somebody else: one part of every sort, each known by an entry point alone."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field
from torch import nn

from vynapse.core import Array, Cost, Loss, Report, Split, State, Trainer
from vynapse.esper.kasmina.blueprints import Blueprint
from vynapse.esper.leyline.actions import Blend, Decision, Fossilize, Germinate
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.tamiyo.kind import ControllerKind
from vynapse.evolution.evaluators.kind import EvaluatorKind
from vynapse.evolution.strategies.kind import Strategy
from vynapse.networks.structure import Structure, structure_kind
from vynapse.registry import NoKeys
from vynapse.settings import Settings
from vynapse.tasks.examples import ExampleTask
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.losses.mse import MeanSquaredError
from vynapse.tasks.losses.registry import LossKind
from vynapse.telemetry.sink import SinkKind
from vynapse.telemetry.story import Story
from vynapse.trainers.control import Variant
from vynapse.trainers.mode import Mode


class HillSettings(Settings):
    frequency: float = Field(2.0, gt=0, description="waves of the hills")


class Hills(ExampleTask):
    name, input_shape, output_size, loss = "hills", (2,), 1, MeanSquaredError()

    def __init__(self, settings: HillSettings) -> None:
        super().__init__()
        self.frequency = settings.frequency

    def source(self, name):
        rng = np.random.default_rng({"train": 0, "validation": 1, "test": 2}[name])
        x = rng.uniform(-1, 1, (64, 2)).astype(np.float32)
        return Split(x, np.sin(self.frequency * x[:, :1]) * x[:, 1:])


TASK = TaskKind(
    "hills", "hills and valleys", HillSettings, Hills, comparison={"flops": 1e6}, bundled=True
)


class GentleSettings(Settings):
    threshold: float = Field(1.0, gt=0, description="errors above it count by their size alone")


class Gentle(Loss):
    name, unit = "gentle", "huber loss"

    def __init__(self, settings: GentleSettings) -> None:
        self.threshold = settings.threshold

    def tensor(self, output, target):
        gap = (output - target).abs()
        linear = self.threshold * (gap - self.threshold / 2)
        return linear.where(gap > self.threshold, gap.square() / 2).flatten(-2).mean(-1)


LOSS = LossKind("gentle", "quadratic, then linear", GentleSettings, Gentle)


class Ring(Structure):
    kind: Literal["ring"] = "ring"
    short: ClassVar[str | None] = "units"
    units: tuple[int, ...] = Field((6,), description="units of the ring")
    inputs: int | None = Field(None, description="inputs; by default the task's")
    outputs: int | None = Field(None, description="outputs; by default the task's")

    def fit(self, interface):
        sizes = {"inputs": int(np.prod(interface.inputs)), "outputs": interface.outputs}
        return self.model_copy(update=sizes)

    def module(self):
        return nn.Sequential(
            nn.Linear(self.inputs or 1, self.units[0]),
            nn.Softsign(),
            nn.Linear(self.units[0], self.outputs or 1),
        )


STRUCTURE = structure_kind(Ring, "units in a ring")


class WalkSettings(Settings):
    stride: float = Field(0.1, gt=0, description="standard deviation of a step")


class Walk:
    """The best so far and normal steps from it."""

    def __init__(self, settings: WalkSettings, ground: Any) -> None:
        self._stride, self._normal = settings.stride, ground.streams.stream("walk")
        self._here = ground.centre_in_float32(0)
        self._loss, self._generation = np.inf, 0

    def ask(self):
        noise = [
            self._normal.normal(len(self._here), generation=self._generation, individual=i)
            for i in range(6)
        ]
        return self._here + np.float32(self._stride) * np.stack(noise)

    def tell(self, genomes, measured):
        best = int(measured.losses.argmin())
        if measured.losses[best] < self._loss:
            self._here, self._loss = genomes[best].copy(), float(measured.losses[best])
        self._generation += 1

    def emigrants(self, count):
        return self._here[None].repeat(count, axis=0)

    def receive(self, genomes, measured): ...

    def metrics(self):
        return {}

    def state(self):
        return {"here": self._here.copy(), "loss": self._loss, "generation": self._generation}

    def load(self, state):
        self._here, self._loss = state["here"].copy(), state["loss"]
        self._generation = state["generation"]


STRATEGY = Strategy("walk", "steps from the best so far", WalkSettings, Walk)


class CountingSettings(Settings):
    tally: str | None = Field(None, description="file that gets a line for each batch")


def _counting(settings: CountingSettings):
    @contextmanager
    def measuring():
        def evaluate(objective, encoding, genomes):
            if settings.tally is not None:
                with Path(settings.tally).open("a") as file:
                    file.write(f"{len(genomes)}\n")
            return objective.measure(encoding, genomes)

        yield evaluate

    return measuring()


EVALUATOR = EvaluatorKind("counting", "here, and counts", CountingSettings, _counting)


class BoldSettings(Settings):
    at: int = Field(1, ge=0, description="epoch in which seeds germinate")


class Bold:
    def __init__(self, settings: BoldSettings) -> None:
        self._at = settings.at

    def decide(self, observation):
        decisions = []
        for slot in observation.slots:
            if slot.phase == SeedPhase.DORMANT and observation.epoch == self._at:
                first = slot.offers[0].blueprint
                decisions.append(Decision(Germinate(slot.slot, first), "it is time"))
            elif slot.phase == SeedPhase.TRAINING:
                decisions.append(Decision(Blend(slot.slot), "it has trained"))
            elif slot.phase == SeedPhase.BLENDING and slot.alpha >= 1:
                decisions.append(Decision(Fossilize(slot.slot), "it is in"))
        return decisions[:1]


CONTROLLER = ControllerKind(
    "bold", "grows at once", BoldSettings, lambda keys, _streams: Bold(keys)
)

BLUEPRINT = Blueprint(
    "thin", "one linear map", NoKeys, lambda _keys, shape: nn.Linear(shape[0], shape[0])
)


class LinesSettings(Settings):
    file: str = Field("lines.jsonl", description="name of the file in the run's directory")


class Lines:
    def __init__(self, settings: LinesSettings, directory: Path) -> None:
        self._file = directory / settings.file

    def event(self, event):
        self._write({"event": event.kind})

    def row(self, row):
        self._write({"step": row["step"]})

    def close(self):
        self._write({"closed": True})

    def _write(self, value):
        with self._file.open("a") as file:
            file.write(json.dumps(value) + "\n")


SINK = SinkKind("lines", "one JSON object a line", LinesSettings, Lines)


class TossSettings(Settings):
    spread: float = Field(1.0, gt=0, description="standard deviation of a network's weights")


class Toss(Trainer):
    """Tosses networks and keeps the best; tells when it has found a better one."""

    def __init__(self, stage, settings: TossSettings) -> None:
        self._task, self._spread = stage.supervised, settings.spread
        self._normal = stage.streams.stream("toss")
        self._winner, self._loss, self._step = stage.network, float("inf"), 0

    def step(self) -> Report:
        tensors = {
            name: np.float32(self._spread)
            * self._normal.normal(t.size, generation=self._step, individual=i).reshape(t.shape)
            for i, (name, t) in enumerate(self._winner.tensors.items())
        }
        tossed = type(self._winner)(self._winner.structure, tensors)
        loss = self._task.score(tossed).loss
        self._step += 1
        better = loss < self._loss
        if better:
            self._winner, self._loss = tossed, loss
        events = (("toss.found", {"loss": loss}),) if better else ()
        cost = Cost(forwards=self._step * len(self._task.split("validation")))
        return Report(self._step, self._loss, cost, better, {"tossed": loss}, events=events)

    def winner(self):
        return self._winner

    def state(self) -> State:
        return {"step": self._step, "loss": self._loss, "winner": dict(self._winner.tensors)}

    def load(self, state: State) -> None:
        self._step, self._loss = state["step"], state["loss"]
        winner: dict[str, Array] = state["winner"]
        self._winner = type(self._winner)(self._winner.structure, winner)


MODE = Mode(
    name="toss",
    summary="random search",
    settings=TossSettings,
    build=Toss,
    counts=("forwards",),
    columns=("tossed",),
    events={"toss.found": "a better network was found; data: loss"},
    story=Story(
        happening=lambda kind, data: f"found {data['loss']:.3g}" if kind == "toss.found" else None,
        tell=lambda events, steps: [
            f"found {sum(e['kind'] == 'toss.found' for e in events)} times in {steps} tosses"
        ],
        facts=lambda events: {"found": sum(e["kind"] == "toss.found" for e in events)},
    ),
    fallback={"budget": {"steps": 12}},
    controls={
        "wide": lambda settings, _budget: Variant(
            "toss (wide)", "toss", {"spread": 3 * settings.spread}
        )
    },
    label=lambda _settings: "toss (usual)",
)
