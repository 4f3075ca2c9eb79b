# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A made-up growing network: slots whose seeds are measured at random and do as they are told."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, final

import numpy as np

from vynapse.esper.leyline.actions import (
    Action,
    Cull,
    Deepen,
    Fossilize,
    Germinate,
    Narrow,
    Prune,
    Widen,
)
from vynapse.esper.leyline.legal import CAUSES
from vynapse.esper.leyline.measurement import Measurement
from vynapse.esper.leyline.observation import (
    LayerObservation,
    Observation,
    Offer,
    SlotObservation,
)
from vynapse.esper.leyline.phases import OPEN, Cause, SeedPhase, follow

LOOKS: Final = 30
_INITIAL: Final = 500
_EMBARGO: Final = 2
_BY_ITSELF: Final = {SeedPhase.GERMINATED: Cause.START, SeedPhase.CULLED: Cause.CLEAN_UP}


@final
class GrowingWorld:
    """Every third world has a limit of cost, every other one layers that may become narrower.

    Args:
        seed: the seed of all that is made up.
    """

    def __init__(self, seed: int) -> None:
        self._numbers = np.random.default_rng(seed)
        self._share = 1 / LOOKS if seed % 3 == 0 else None
        self._losses, self._parameters = [2.0], _INITIAL
        self._slots: list[SlotObservation] = []
        for index in range(self._numbers.integers(1, 5)):
            sizes = self._numbers.integers(50, 600, size=self._numbers.integers(1, 4))
            offers = tuple(Offer(f"b{i}", int(size), 1) for i, size in enumerate(sizes))
            slot = SlotObservation(f"slot{index}", SeedPhase.DORMANT, None, None, 0, 0.0, offers)
            self._slots.append(slot)
        layer = LayerObservation("host.0", channels=12, parameters=4, widens=True)
        self._layers: tuple[LayerObservation, ...] = (layer,) if seed % 2 else ()

    def observation(self) -> Observation:
        """What a controller gets to see."""
        epoch, losses = len(self._losses) - 1, tuple(self._losses)
        return Observation(
            epoch=epoch,
            progress=None if self._share is None else epoch * self._share,
            epoch_share=self._share,
            training_loss=losses[1:],
            validation_loss=losses,
            chance_loss=2.0,
            parameters=self._parameters,
            initial_parameters=_INITIAL,
            flops=1,
            slots=tuple(self._slots),
            layers=self._layers,
        )

    def obey(self, action: Action) -> None:
        """Carry out a legal action."""
        if isinstance(action, Narrow):
            (layer,) = self._layers
            self._parameters -= (layer.channels - action.channels) * layer.parameters
            self._layers = (replace(layer, channels=action.channels),)
            return
        if isinstance(action, Widen) or action.slot in {layer.layer for layer in self._layers}:
            (layer,) = self._layers
            self._layers = (self._resized(layer, action),)
            return
        (index,) = (i for i, slot in enumerate(self._slots) if slot.slot == action.slot)
        self._slots[index] = self._after(self._slots[index], action)

    def live(self) -> None:
        """Train for an epoch: seeds age, rise, leave, and are measured."""
        drift = float(self._numbers.choice([0.9, 0.99, 1.0, 1.0, 1.05]))
        self._losses.append(self._losses[-1] * drift)
        self._slots = [self._aged(slot) for slot in self._slots]
        self._layers = tuple(_older(layer) for layer in self._layers)

    def _resized(self, layer: LayerObservation, action: Action) -> LayerObservation:
        added = action.channels - layer.channels if isinstance(action, Widen) else 0
        gone = layer.added if isinstance(action, Cull) else 0
        self._parameters += (added - gone) * layer.parameters
        return replace(
            layer,
            channels=layer.channels + added - gone,
            added=added,
            narrows=not added,
            widens=not added,
            phase=follow(_open(layer.phase), CAUSES[type(action)]),
            epochs=0,
        )

    def _after(self, slot: SlotObservation, action: Action) -> SlotObservation:
        if isinstance(action, (Germinate, Deepen)):
            number = 0 if slot.seed is None else int(slot.seed[1:]) + 1
            phase = follow(SeedPhase.DORMANT, CAUSES[type(action)])
            slot = replace(slot, phase=phase, seed=f"s{number}", blueprint=action.blueprint)
            return replace(slot, alpha=float(isinstance(action, Deepen)), epochs=0)
        if isinstance(action, Prune):
            kept = tuple(name for name in slot.fossils if name != action.seed)
            return replace(slot, fossils=kept)
        phase = follow(slot.phase, CAUSES[type(action)])
        if isinstance(action, Fossilize) and slot.seed is not None:
            sizes = {offer.blueprint: offer.parameters for offer in slot.offers}
            self._parameters += sizes[slot.blueprint or ""]
            slot = replace(slot, fossils=(*slot.fossils, slot.seed))
        return replace(slot, phase=phase, epochs=0)

    def _aged(self, slot: SlotObservation) -> SlotObservation:
        slot = replace(slot, epochs=slot.epochs + 1)
        slot = replace(slot, gradient_health=None, gain=None, contribution=None)
        if slot.phase in _BY_ITSELF:
            slot = replace(slot, phase=follow(slot.phase, _BY_ITSELF[slot.phase]), epochs=0)
        elif slot.phase == SeedPhase.EMBARGOED and slot.epochs >= _EMBARGO:
            slot = replace(slot, phase=follow(slot.phase, Cause.REOPEN), blueprint=None)
        if slot.phase == SeedPhase.TRAINING:
            health = Measurement(float(self._numbers.uniform(0.7, 1)), None, 30, "share")
            return replace(slot, gradient_health=health, gain=self._measured())
        if slot.phase == SeedPhase.BLENDING:
            alpha = min(1.0, slot.alpha + 0.5)
            return replace(slot, alpha=alpha, contribution=self._measured())
        return slot

    def _measured(self) -> Measurement | None:
        if self._numbers.random() < 0.1:
            return None
        return Measurement(float(self._numbers.normal(0.05, 0.1)), 0.05, 500, "nats")


def _older(layer: LayerObservation) -> LayerObservation:
    """A layer after an epoch; it opens again by itself, as a slot does."""
    layer = replace(layer, epochs=layer.epochs + 1)
    if layer.phase == SeedPhase.CULLED:
        return replace(layer, phase=follow(layer.phase, Cause.CLEAN_UP), epochs=0)
    if layer.phase == SeedPhase.EMBARGOED and layer.epochs >= _EMBARGO:
        return replace(layer, phase=follow(layer.phase, Cause.REOPEN), epochs=0)
    return layer


def _open(phase: SeedPhase) -> SeedPhase:
    return SeedPhase.DORMANT if phase in OPEN else phase
