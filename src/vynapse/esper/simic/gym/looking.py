# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""An environment of the gym as any controller sees it: an observation of leyline."""

from __future__ import annotations

import math

import numpy as np

from vynapse.esper.leyline.measurement import Measurement
from vynapse.esper.leyline.observation import LayerObservation, Observation, Offer, SlotObservation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.simic.gym.acting import widens
from vynapse.esper.simic.gym.tasks import F64
from vynapse.esper.simic.gym.world import BLENDING, INNER, LAYER, PHASES, TRAINING, World
from vynapse.kernels.reference.growth import SLOTS, VALIDATED

LAYER_NAME = "host.hidden"
SLOT_NAMES = tuple(f"slot{index}" for index in range(SLOTS))
BLUEPRINTS = tuple(f"residual-{inner}" for inner in INNER)


class Looks:
    """Looks at a world, all its environments measured once.

    Args:
        world: the world; it has to stay as it is.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._value, self._half = world.measured()
        self._bottleneck, self._flops = world.bottleneck(), world.flops()
        self._parameters, self._cost = world.parameters(), world.epoch_cost()
        self._widens = widens(world)

    def observation(self, row: int) -> Observation:
        """What a controller sees of one."""
        world, epoch = self._world, int(self._world.epoch[row])
        return Observation(
            epoch=epoch,
            progress=min(1.0, float(world.spent[row] / world.budget[row])),
            epoch_share=float(self._cost[row] / world.budget[row]),
            training_loss=_numbers(world.training[row, :epoch]),
            validation_loss=_numbers(world.validation[row, : epoch + 1]),
            chance_loss=float(world.tasks.chance[row]),
            parameters=int(self._parameters[row]),
            initial_parameters=int(world.first[row, 0]),
            flops=int(self._flops[row]),
            slots=tuple(self._slot(row, slot) for slot in range(SLOTS)),
            layers=(self._layer(row),),
            initial_flops=int(world.first[row, 1]),
        )

    def _slot(self, row: int, slot: int) -> SlotObservation:
        world = self._world
        phase, width = PHASES[world.phase[row, slot]], int(world.shapes["width"][row])
        born = int(world.born[row, slot])
        there = phase not in {SeedPhase.DORMANT, SeedPhase.EMBARGOED}
        seed = f"s{born - 1}" if born else None
        fossil = phase == SeedPhase.FOSSILIZED
        health = float(world.healthy[row, slot])
        learned = phase in {SeedPhase.TRAINING, SeedPhase.BLENDING} and not math.isnan(health)
        return SlotObservation(
            slot=SLOT_NAMES[slot],
            phase=phase,
            seed=seed,
            blueprint=BLUEPRINTS[world.body[row, slot]] if born else None,
            epochs=int(world.age[row, slot]),
            alpha=float(world.rates["alpha"][row, slot]) if there and not fossil else 0.0,
            offers=tuple(_offer(width, which) for which in range(len(INNER))),
            fossils=(seed,) if fossil and seed is not None else (),
            gradient_health=_health(health, world, row) if learned else None,
            gain=self._measured(row, slot, TRAINING),
            contribution=self._measured(row, slot, BLENDING),
        )

    def _layer(self, row: int) -> LayerObservation:
        shape, world = self._world.shapes[row], self._world
        return LayerObservation(
            layer=LAYER_NAME,
            channels=int(shape["width"]),
            parameters=int(per_unit(world)[row]),
            narrows=False,
            widens=bool(self._widens[row]),
            slots=SLOT_NAMES,
            phase=PHASES[world.phase[row, LAYER]],
            epochs=int(world.age[row, LAYER]),
            added=int(shape["width"] - shape["kept"]),
            contribution=self._measured(row, LAYER, BLENDING),
            bottleneck=Measurement(float(self._bottleneck[row]), None, VALIDATED, "share"),
        )

    def _measured(self, row: int, part: int, phase: int) -> Measurement | None:
        """What a part was worth at the end of the epoch; None where it has not lived one."""
        world = self._world
        if world.phase[row, part] != phase or not world.age[row, part]:
            return None
        value, half = float(self._value[row, part]), float(self._half[row, part])
        return Measurement(value, half, VALIDATED, "squared error")


def per_unit(world: World) -> F64:
    """Parameters that a unit of the layer brings (n,)."""
    shape = world.shapes
    bodies = (2 * shape["inner"] * (shape["mode"] != 0)).sum(axis=1)
    return np.asarray(1.0 + shape["inputs"] + shape["outputs"] + bodies)


def _health(share: float, world: World, row: int) -> Measurement:
    steps = int(world.shapes["steps"][row])
    return Measurement(share, min(1.0, 3 / max(1, steps)), steps, "share")


def _offer(width: int, which: int) -> Offer:
    inner = INNER[which]
    return Offer(BLUEPRINTS[which], (2 * width + 1) * inner, 4 * width * inner)


def _numbers(values: F64) -> tuple[float, ...]:
    return tuple(values.tolist())
