# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""An observation of growth as JSON values, so that an episode can be put to rest before a choice.

Numbers keep every bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from vynapse.core.compatible import unloadable
from vynapse.esper.leyline.measurement import Measurement
from vynapse.esper.leyline.observation import (
    LayerObservation,
    Observation,
    Offer,
    SlotObservation,
)
from vynapse.esper.leyline.phases import SeedPhase


def as_data(observation: Observation) -> dict[str, Any]:
    """JSON values, from which `from_data` makes an equal observation."""
    found: dict[str, Any] = _plain(asdict(observation))
    return found


def from_data(data: Mapping[str, Any]) -> Observation:
    """The observation whose `as_data` this was.

    Raises:
        CheckpointError: it was damaged.
    """
    with unloadable("an observation of growth"):
        return Observation(
            **{
                **data,
                "training_loss": tuple(data["training_loss"]),
                "validation_loss": tuple(data["validation_loss"]),
                "slots": tuple(_slot(slot) for slot in data["slots"]),
                "layers": tuple(_layer(layer) for layer in data["layers"]),
            }
        )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, SeedPhase) else value


def _slot(data: Mapping[str, Any]) -> SlotObservation:
    measured = ("gradient_health", "gain", "contribution")
    return SlotObservation(
        **{
            **data,
            **{name: _measurement(data[name]) for name in measured},
            "phase": SeedPhase(data["phase"]),
            "offers": tuple(Offer(**offer) for offer in data["offers"]),
            "fossils": tuple(data["fossils"]),
            "fossil_contributions": tuple(map(_measurement, data["fossil_contributions"])),
        }
    )


def _layer(data: Mapping[str, Any]) -> LayerObservation:
    return LayerObservation(
        **{
            **data,
            **{name: _measurement(data[name]) for name in ("contribution", "bottleneck")},
            "phase": SeedPhase(data["phase"]),
            "slots": tuple(data["slots"]),
        }
    )


def _measurement(data: Mapping[str, Any] | None) -> Measurement | None:
    return None if data is None else Measurement(**data)
