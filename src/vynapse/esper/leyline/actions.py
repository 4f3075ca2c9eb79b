# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a controller may order, once per growth step.

Slots are named as they were attached, layers as in the growing network (`host.…`).
"""

from __future__ import annotations

from dataclasses import dataclass

from vynapse.esper.leyline.measurement import GateResult


@dataclass(frozen=True, slots=True)
class Germinate:
    """Put a new seed made from a blueprint into an open slot."""

    slot: str
    blueprint: str


@dataclass(frozen=True, slots=True)
class Blend:
    """Let the seed that trains in the slot begin to take its share of the output."""

    slot: str


@dataclass(frozen=True, slots=True)
class Fossilize:
    """Make the seed that has blended in (alpha 1) a part of the network for good."""

    slot: str


@dataclass(frozen=True, slots=True)
class Cull:
    """Give up the seed that trains or blends in the slot."""

    slot: str


@dataclass(frozen=True, slots=True)
class Prune:
    """Take a fossil out of the network; `seed` is its name in the slot."""

    slot: str
    seed: str


@dataclass(frozen=True, slots=True)
class Narrow:
    """Leave a layer only so many of its channels, the most important ones."""

    layer: str
    channels: int


Action = Germinate | Blend | Fossilize | Cull | Prune | Narrow


@dataclass(frozen=True, slots=True)
class Decision:
    """An action and why it was taken.

    Attributes:
        action: what to do.
        reason: one clause in plain words, e.g. "the validation loss has stopped falling".
        gates: the gates that were asked.
    """

    action: Action
    reason: str
    gates: tuple[GateResult, ...] = ()
