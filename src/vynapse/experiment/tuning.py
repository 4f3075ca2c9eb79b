# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A schedule of growth is searched for on the task that it is for, at a stated cost."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from vynapse.core import run
from vynapse.errors import ConfigError, TrainingError
from vynapse.esper.leyline.observation import Needs, Offer
from vynapse.esper.tamiyo.controllers import CONTROLLERS
from vynapse.esper.tamiyo.schedule import Found, Schedule
from vynapse.esper.tamiyo.schedule_search import CLOCKS, ScheduleSearch, Site
from vynapse.experiment.plan import prepare
from vynapse.experiment.process import limited_threads
from vynapse.experiment.recipe import Recipe
from vynapse.seeding import Streams


@dataclass(frozen=True, slots=True)
class Tried:
    """A candidate of a search.

    Attributes:
        number: the number of the candidate, from 1.
        candidates: how many there will be.
        schedule: what it was.
        loss: its mean validation loss over the seeds.
        best_loss: the lowest so far.
    """

    number: int
    candidates: int
    schedule: Schedule
    loss: float
    best_loss: float


def tune(
    recipe: Recipe,
    runs: int,
    seeds: int = 2,
    observers: Sequence[Callable[[Tried], None]] = (),
) -> Schedule:
    """The schedule of the lowest mean validation loss among those tried.

    Each candidate is run with the same seeds, those after the recipe's. A candidate whose run
    fails counts as one of infinite loss. No test split is looked at.

    Args:
        recipe: a recipe of mode grow with one stage; its controller is not looked at.
        runs: how many runs the search may take: at least as many as the clocks it begins with take.
        seeds: the seeds of each candidate.
        observers: told of each candidate.

    Raises:
        ConfigError: there are too few runs, or the network has no slot.
        TrainingError: no candidate came to a finite loss.
    """
    candidates = runs // seeds
    if candidates <= len(CLOCKS):
        raise ConfigError(
            f"runs: at least {(len(CLOCKS) + 1) * seeds} were wanted, since {len(CLOCKS)} clocks "
            f"are tried first with {seeds} seeds each, got {runs}"
        )
    began, flops = time.monotonic(), 0
    stream = Streams(recipe.seed).stream("tune")
    search = ScheduleSearch(_sites(recipe), candidates, stream)
    numbers = tuple(range(recipe.seed + 1, recipe.seed + 1 + seeds))
    for number in range(1, candidates + 1):
        schedule, losses = search.propose(), []
        for seed in numbers:
            loss, cost = outcome(_with(recipe, schedule, seed))
            losses.append(loss)
            flops += cost
        loss = math.fsum(losses) / seeds
        search.learn(loss)
        for observer in observers:
            observer(Tried(number, candidates, schedule, loss, search.best_loss))
    if search.best is None:
        raise TrainingError("no schedule came to a finite loss: lower training.learning_rate")
    found = Found(
        task=recipe.task_name,
        seed=recipe.seed,
        seeds=numbers,
        runs=candidates * seeds,
        flops=flops,
        seconds=round(time.monotonic() - began, 2),
        loss=search.best_loss,
        clock_loss=search.clock_loss,
    )
    return Schedule(entries=search.best.entries, found=found)


def _sites(recipe: Recipe) -> list[Site]:
    """What each slot of the first network offers, and how wide each layer of it may become."""
    trainer: Any = prepare(_controlled(recipe, {"kind": "fixed"})).check()
    with closing(trainer):
        seen = trainer.growth.observe(Needs(wider=True))
    slots = [
        Site(slot.slot, tuple(o.blueprint for o in sorted(slot.offers, key=_size, reverse=True)))
        for slot in seen.slots
        if slot.offers
    ]
    layers = [
        Site(layer.layer, tuple(factor * layer.channels for factor in _WIDENINGS))
        for layer in seen.layers
        if layer.widens
    ]
    return [*layers, *slots]


_WIDENINGS: Final = (4, 2, 8)
"""Multiples of its channels that a layer is made wider by; a clock takes the first."""


def _size(offer: Offer) -> int:
    return offer.parameters


def _with(recipe: Recipe, schedule: Schedule, seed: int) -> Recipe:
    content = schedule.model_dump(mode="json")
    changed = _controlled(recipe, {"kind": "tuned", "schedule": content})
    return changed.model_copy(update={"seed": seed}).with_made(recipe.made)


def _controlled(recipe: Recipe, controller: dict[str, Any]) -> Recipe:
    """The recipe with another controller."""
    (stage,) = recipe.stages
    choice = CONTROLLERS.choose(controller)
    settings = stage.settings.model_copy(update={"controller": choice})
    stages = (stage.model_copy(update={"settings": settings}),)
    return recipe.model_copy(update={"stages": stages}).with_made(recipe.made)


def outcome(recipe: Recipe) -> tuple[float, int]:
    """The validation loss of a run that leaves no files, infinite where it failed; its FLOPs."""
    plan = prepare(recipe)
    trainer = plan.check()
    with limited_threads(recipe.threads), closing(trainer), plan.training():
        trainer, budget = plan.build(0, None, trainer)
        try:
            report = run(trainer, budget).report
        except TrainingError:
            report = None
    if report is None or not math.isfinite(report.loss):
        return math.inf, 0 if report is None else int(report.cost.flops or 0)
    return report.loss, int(report.cost.flops or 0)
