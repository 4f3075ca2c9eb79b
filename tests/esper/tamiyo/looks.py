# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Observations by hand. Unless told otherwise, all is well and the host has plateaued."""

from typing import Any

from vynapse.esper.leyline.actions import Action
from vynapse.esper.leyline.controller import Controller
from vynapse.esper.leyline.measurement import Measurement
from vynapse.esper.leyline.observation import Observation, Offer, SlotObservation
from vynapse.esper.leyline.phases import SeedPhase

OFFERS = (Offer("light", 100, 1000), Offer("heavy", 400, 4000))
FLAT = (1.0, 1.0, 1.0, 1.0)


def nats(value: float, uncertainty: float | None = 0.01) -> Measurement:
    return Measurement(value, uncertainty, 500, "nats")


def share(value: float) -> Measurement:
    return Measurement(value, None, 40, "share")


def empty(name: str = "early", **changes: Any) -> SlotObservation:
    fields = {"seed": None, "blueprint": None, "epochs": 0, "alpha": 0.0, "offers": OFFERS}
    return SlotObservation(name, **({"phase": SeedPhase.DORMANT} | fields | changes))


def training(name: str = "early", **changes: Any) -> SlotObservation:
    fields = {"phase": SeedPhase.TRAINING, "seed": "s0", "blueprint": "light", "epochs": 1}
    measured = {"gradient_health": share(0.95), "gain": nats(0.1)}
    return empty(name, **(fields | measured | changes))


def blending(name: str = "early", **changes: Any) -> SlotObservation:
    fields = {"phase": SeedPhase.BLENDING, "seed": "s0", "blueprint": "light", "epochs": 1}
    return empty(name, **(fields | {"alpha": 1.0, "contribution": nats(0.1)} | changes))


def look(*slots: SlotObservation, losses: tuple[float, ...] = FLAT, **changes: Any) -> Observation:
    fields = {
        "epoch": len(losses) - 1,
        "progress": None,
        "epoch_share": None,
        "training_loss": losses[1:],
        "validation_loss": losses,
        "chance_loss": 2.3,
        "parameters": 1000,
        "initial_parameters": 1000,
        "flops": 10_000,
    }
    return Observation(slots=slots, **(fields | changes))


def actions(controller: Controller, observation: Observation) -> list[Action]:
    return [decision.action for decision in controller.decide(observation)]
