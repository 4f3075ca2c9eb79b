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
    """Make what is on trial a part of the network for good.

    `slot` is a slot whose seed has blended in (alpha 1), or a layer with new channels.
    """

    slot: str


@dataclass(frozen=True, slots=True)
class Cull:
    """Give up what is on trial.

    `slot` is a slot in which a seed trains or blends in, or a layer with new channels: these are
    taken out.
    """

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


@dataclass(frozen=True, slots=True)
class Widen:
    """Give a layer so many channels: more than it has, the new ones on trial.

    The network computes what it did. The new channels learn with it from the next batch on.
    """

    layer: str
    channels: int


@dataclass(frozen=True, slots=True)
class Deepen:
    """Put a new seed that is an identity into an open slot, as a part of the network from birth.

    Seeds give no correction at birth. This one learns with the network, at alpha 1, from the next
    batch on, and is on trial.
    """

    slot: str
    blueprint: str


Action = Germinate | Deepen | Blend | Fossilize | Cull | Prune | Narrow | Widen


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
