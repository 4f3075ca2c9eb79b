# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What may be done with the networks of the gym, and how it is done.

    germinate   a body that changes nothing at birth, learning apart
    deepen      the same, as a part of the network from birth
    widen       units that nothing reads yet, as a part of the network from birth
    blend       alpha rises in two epochs
    fossilize   what is on trial stays
    cull        what is on trial goes

Choices are numbered as in `simic.schema`. The mask is `schema.masks` of the observation of each
environment under `LIMITS`, and the actions are its `schema.decisions`.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from vynapse.core.control import Legal
from vynapse.esper.simic.gym.world import (
    BLENDING,
    CULLED,
    DORMANT,
    FOSSILIZED,
    INNER,
    LAYER,
    TRAINING,
    World,
)
from vynapse.esper.simic.schema import (
    CHOICES,
    FACTORS,
    SLOT_KINDS,
    SLOTS,
    WIDER,
)
from vynapse.esper.tamiyo.limit_settings import LimitSettings
from vynapse.kernels.reference.growth import ABSENT, APART, WIDTH, WITHIN
from vynapse.kernels.reference.growth import SLOTS as OURS
from vynapse.seeding import I64, Streams

LIMITS: Final = LimitSettings(live_seeds=2, seeds_per_slot=1, parameter_limit=10_000.0)
"""One fossil for each slot; the gym's own bounds of width and body bind before the limit does."""

GERMINATE, DEEPEN, BLEND, FOSSILIZE, CULL = range(len(SLOT_KINDS))
LAYERS_FROM: Final = 1 + len(SLOT_KINDS) * SLOTS
WIDEN: Final = LAYERS_FROM
_SETTLE, _UNDO = LAYERS_FROM + 1, LAYERS_FROM + 2


def widens(world: World) -> Legal:
    """Whether the layer may become twice as wide (n,), were it not on trial."""
    shape = world.shapes
    alone = (shape["live"] == 0).all(axis=1)
    settled = shape["kept"] == shape["width"]
    return np.asarray(alone & settled & (2 * shape["width"] <= WIDTH))


def masks(world: World) -> Legal:
    """Which choices are legal now (n, sum of FACTORS)."""
    allowed = np.zeros((len(world), sum(FACTORS)), np.bool_)
    allowed[:, 0] = True
    allowed[:, CHOICES:] = True
    phase, settled = world.phase, world.shapes["kept"] == world.shapes["width"]
    for slot in range(OURS):
        at, own = 1 + len(SLOT_KINDS) * slot, phase[:, slot]
        empty = (own == DORMANT) & settled
        whole = world.rates["alpha"][:, slot] >= 1
        allowed[:, at + GERMINATE] = allowed[:, at + DEEPEN] = empty
        allowed[:, at + BLEND] = own == TRAINING
        allowed[:, at + FOSSILIZE] = (own == BLENDING) & whole
        allowed[:, at + CULL] = (own == TRAINING) | (own == BLENDING)
    layer = phase[:, LAYER]
    allowed[:, WIDEN] = widens(world) & ((layer == DORMANT) | (layer == FOSSILIZED))
    allowed[:, _SETTLE] = allowed[:, _UNDO] = layer == BLENDING
    return allowed


def act(world: World, actions: I64) -> None:
    """Carry an action out in each (n, 2); those whose run is over are left alone.

    Raises:
        ValueError: an action is not legal.
    """
    allowed, rows = masks(world), np.arange(len(world))
    legal = allowed[rows, actions[:, 0]] | world.over
    if not legal.all():
        row = int(np.flatnonzero(~legal)[0])
        raise ValueError(f"actions: choice {actions[row, 0]} of environment {row} is not legal")
    for row in np.flatnonzero((actions[:, 0] > 0) & ~world.over).tolist():
        carry_out(world, row, *actions[row].tolist())


def carry_out(world: World, row: int, what: int, size: int) -> None:
    """Carry a legal action out in one environment."""
    if what >= LAYERS_FROM:
        _LAYER_ACTS[what - LAYERS_FROM](world, row, size)
    elif what > 0:
        slot, kind = divmod(what - 1, len(SLOT_KINDS))
        _SLOT_ACTS[kind](world, row, slot, size)


def _enter(world: World, row: int, part: int, phase: int) -> None:
    world.phase[row, part], world.age[row, part] = phase, 0


def _plant(world: World, row: int, slot: int, size: int, mode: int, alpha: float) -> None:
    inner, width = INNER[size], int(world.shapes["width"][row])
    stream = Streams(int(world.seed)).stream(f"gym.body.{slot}")
    when = int(world.episode[row]) * 1024 + int(world.epoch[row])
    drawn = stream.normal(16 * 48, when, int(world.which[row])).reshape(16, 48)
    drawn[:, 1:] *= np.float32(1 / np.sqrt(width))
    drawn[inner:], drawn[:, 1 + width :] = 0, 0
    drawn[:, 0] *= np.float32(0.5)
    world.weights["up"][row, :, slot] = 0
    world.weights["down"][row, :, slot] = 0
    world.weights["up"][row, 0, slot] = drawn
    shape = world.shapes
    shape["inner"][row, slot], shape["mode"][row, slot] = inner, mode
    shape["live"][row, slot] = 1
    world.rates["alpha"][row, slot] = alpha
    world.body[row, slot] = size
    world.born[row, slot] += 1


def _germinate(world: World, row: int, slot: int, size: int) -> None:
    _plant(world, row, slot, size, APART, 0.0)
    _enter(world, row, slot, TRAINING)


def _deepen(world: World, row: int, slot: int, size: int) -> None:
    _plant(world, row, slot, size, WITHIN, 1.0)
    _enter(world, row, slot, BLENDING)


def _blend(world: World, row: int, slot: int, _size: int) -> None:
    world.shapes["mode"][row, slot] = WITHIN
    _enter(world, row, slot, BLENDING)


def _fossilize(world: World, row: int, slot: int, _size: int) -> None:
    world.shapes["live"][row, slot] = 0
    _enter(world, row, slot, FOSSILIZED)


def _cull(world: World, row: int, slot: int, _size: int) -> None:
    shape = world.shapes
    shape["mode"][row, slot], shape["live"][row, slot] = ABSENT, 0
    shape["inner"][row, slot] = 0
    world.rates["alpha"][row, slot] = 0
    _enter(world, row, slot, CULLED)


def _widen(world: World, row: int, size: int) -> None:
    shape = world.shapes
    before = int(shape["width"][row])
    after = int(np.ceil(WIDER[size] * before))
    stream = Streams(int(world.seed)).stream("gym.units")
    when = int(world.episode[row]) * 1024 + int(world.epoch[row])
    drawn = stream.normal(WIDTH * 16, when, int(world.which[row])).reshape(WIDTH, 16)
    ins = int(shape["inputs"][row])
    drawn[:, 1:] *= np.float32(1 / np.sqrt(ins))
    drawn[:, 1 + ins :] = 0
    _clear(world, row, before, after)
    world.weights["in"][row, 0, before:after] = drawn[before:after]
    shape["width"][row] = after
    world.born[row, LAYER] += 1
    _enter(world, row, LAYER, BLENDING)


def _settle(world: World, row: int, _size: int) -> None:
    world.shapes["kept"][row] = world.shapes["width"][row]
    _enter(world, row, LAYER, FOSSILIZED)


def _undo(world: World, row: int, _size: int) -> None:
    shape = world.shapes
    _clear(world, row, int(shape["kept"][row]), int(shape["width"][row]))
    shape["width"][row] = shape["kept"][row]
    _enter(world, row, LAYER, CULLED)


def _clear(world: World, row: int, low: int, high: int) -> None:
    """Units of the layer, and all that reads and writes them, with their moments."""
    weights = world.weights[row]
    weights["in"][:, low:high] = 0
    weights["up"][..., 1 + low : 1 + high] = 0
    weights["down"][:, :, low:high] = 0
    weights["out"][..., 1 + low : 1 + high] = 0


_SLOT_ACTS: Final = (_germinate, _deepen, _blend, _fossilize, _cull)
_LAYER_ACTS: Final = (_widen, _settle, _undo)
