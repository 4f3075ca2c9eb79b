# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The features of `simic.features` for a whole world at once: those of each observation.

A test holds them against `features.encode` of the observation of each environment.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vynapse.esper.simic.features import FEATURES, LARGEST, names
from vynapse.esper.simic.gym.acting import widens
from vynapse.esper.simic.gym.looking import per_unit
from vynapse.esper.simic.gym.tasks import F64
from vynapse.esper.simic.gym.world import (
    BLENDING,
    FOSSILIZED,
    INNER,
    PHASES,
    TRAINING,
    World,
)
from vynapse.kernels.reference.growth import PARTS, SLOTS
from vynapse.seeding import F32

_SPANS: Final = (1, 3, 6)
_STANDARD: Final = 1.96
Columns = dict[str, npt.NDArray[Any]]


def encode(world: World) -> F32:
    """Features (n, FEATURES); those of parts that there are not are 0."""
    found = _of_all(world)
    value, half = world.measured()
    lived = world.age > 0
    for part in range(PARTS):
        slot = part < SLOTS
        own = _of_a_slot(world, part) if slot else _of_the_layer(world)
        phase = world.phase[:, part]
        for index, known_as in enumerate(PHASES):
            own[str(known_as)] = phase == index
        own["epochs in its phase"] = _epochs(world.age[:, part])
        for name, wanted in (("gain", TRAINING), ("contribution", BLENDING)):
            if slot or wanted == BLENDING:
                known = (phase == wanted) & lived[:, part]
                own |= _measured(world, name, value[:, part], half[:, part], known)
        prefix = f"slot {part}: " if slot else "layer 0: "
        found |= {f"{prefix}{name}": column for name, column in own.items()}
    result = np.zeros((len(world), FEATURES), np.float32)
    for name, column in found.items():
        result[:, _PLACES[name]] = np.clip(column, -LARGEST, LARGEST)
    return result


_PLACES: Final = {name: place for place, name in enumerate(names())}


def _optional(name: str, value: F64, known: npt.NDArray[np.bool_]) -> Columns:
    known = known & np.isfinite(value)
    return {name: np.where(known, value, 0), f"{name} known": known}


def _always(name: str, value: F64) -> Columns:
    return _optional(name, value, np.ones(len(value), bool))


def _log(number: F64, other: F64) -> F64:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where((number > 0) & (other > 0), np.log(number / other), np.nan))


def _epochs(count: npt.NDArray[Any]) -> F64:
    return np.asarray(np.log1p(count) / 2)


def _of_all(world: World) -> Columns:
    rows, epoch = np.arange(len(world)), world.epoch
    progress = np.minimum(1, world.spent / world.budget)
    left = np.maximum(0, 1 - progress) / (world.epoch_cost() / world.budget)
    loss = world.validation[rows, epoch]
    flops = world.flops().astype(np.float64)
    found: Columns = {"epochs": _epochs(epoch)}
    found |= _always("progress", progress) | _always("epochs left", np.log1p(left) / 2)
    found |= _always("validation loss over chance", _log(loss, world.tasks.chance))
    found |= _always("validation loss over the lowest", _log(loss, world.found["best"]))
    for which, losses, count in (
        ("training", world.training, epoch),
        ("validation", world.validation, epoch + 1),
    ):
        for span in _SPANS:
            now = losses[rows, np.maximum(0, count - 1)]
            change = _log(now, losses[rows, np.maximum(0, count - 1 - span)])
            name = f"slope of the {which} loss, {span} epochs"
            found |= _optional(name, 10 * change / span, count > span)
    learned = world.training[rows, np.maximum(0, epoch - 1)]
    found |= _optional("gap", _log(loss, learned), epoch > 0)
    first, parameters = world.first.astype(np.float64), world.parameters().astype(np.float64)
    found |= _always("parameters over the first", _log(parameters, first[:, 0]))
    found |= _always("FLOPs over the first", _log(flops, first[:, 1]))
    begun = (world.phase != 0) | (world.age < epoch[:, None])
    since = np.where(begun, world.age, np.iinfo(np.int64).max).min(axis=1)
    known = begun.any(axis=1)
    return found | _optional("epochs since a change", _epochs(np.where(known, since, 0)), known)


def _of_a_slot(world: World, slot: int) -> Columns:
    phase, width = world.phase[:, slot], world.shapes["width"].astype(np.float64)
    first, flops = world.first[:, 0], world.flops()
    there = (phase == TRAINING) | (phase == BLENDING)
    own = (2 * width + 1) * np.array(INNER)[world.body[:, slot]] / first
    found: Columns = {
        "there": np.ones(len(world)),
        "alpha": np.where(there, world.rates["alpha"][:, slot], 0),
        "fossils": (phase == FOSSILIZED) / 2,
    }
    found |= _optional("parameters of its seed", own, world.born[:, slot] > 0)
    for size, inner in (("smallest", INNER[0]), ("largest", INNER[-1])):
        found |= _always(f"parameters of the {size} offer", (2 * width + 1) * inner / first)
        found |= _always(f"FLOPs of the {size} offer", 4 * width * inner / flops)
    return found | _optional("gradient health", world.healthy[:, slot], there)


def _of_the_layer(world: World) -> Columns:
    shape = world.shapes
    width = shape["width"].astype(np.float64)
    found: Columns = {
        "there": np.ones(len(world)),
        "widens": widens(world),
        "channels": np.log2(width) / 4,
        "share of channels on trial": (width - shape["kept"]) / width,
        "parameters of its channels": width * per_unit(world) / world.first[:, 0],
    }
    return found | _always("bottleneck", world.bottleneck())


def _measured(
    world: World, name: str, value: F64, half: F64, known: npt.NDArray[np.bool_]
) -> Columns:
    loss = world.validation[np.arange(len(world)), world.epoch]
    sure = known & (half > 0)
    certainty = value / (np.where(sure, half, 1) / _STANDARD) / 2
    found = _optional(name, 20 * value / np.abs(np.where(loss == 0, np.nan, loss)), known)
    return found | _optional(f"certainty of the {name}", certainty, sure)
