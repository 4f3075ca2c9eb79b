# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Actions of growth as numbers: what a policy may choose, and what the choice means.

An action is a choice of what to do, and one of the size. Their numbers are the same whatever the
host, so that one policy acts in any of them: it has up to four slots and three layers in view.

    0                                             wait
    1 + 5 slot + (0, 1, 2, 3, 4)                  germinate, deepen, blend, fossilize, cull
    1 + 5 SLOTS + 3 layer + (0, 1, 2)             widen, fossilize, cull

The size is 0, 1 or 2. Of the offers of a slot it means the smallest, middle or largest. A layer
gets 1.25, 1.5 or 2 times its channels, as far as the limits allow. Other actions have no size.

All of it follows from `leyline.legal`: what is allowed here is legal there with every size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

import numpy as np

from vynapse.core import Array
from vynapse.core.control import Legal
from vynapse.errors import ConfigError
from vynapse.esper.leyline.actions import (
    Action,
    Blend,
    Cull,
    Decision,
    Deepen,
    Fossilize,
    Germinate,
    Widen,
)
from vynapse.esper.leyline.legal import objection
from vynapse.esper.leyline.limits import GrowthLimits, Limits
from vynapse.esper.leyline.observation import (
    LayerObservation,
    Needs,
    Observation,
    Offer,
    SlotObservation,
)
from vynapse.esper.leyline.phases import LIVE, OPEN

SLOTS: Final = 4
"""How many slots are in view."""
LAYERS: Final = 3
"""How many layers are in view."""

SLOT_KINDS: Final = (Germinate, Deepen, Blend, Fossilize, Cull)
"""What may be done with a slot, in the order of its choices."""
LAYER_KINDS: Final = (Widen, Fossilize, Cull)
"""What may be done with a layer, in the order of its choices."""

WIDER: Final = (1.25, 1.5, 2.0)
"""Factors of a layer's channels, by size."""

CHOICES: Final = 1 + len(SLOT_KINDS) * SLOTS + len(LAYER_KINDS) * LAYERS
FACTORS: Final = (CHOICES, len(WIDER))
"""How many choices each part of an action has."""
FACTOR_NAMES: Final = ("what", "size")
"""What the parts are called."""

NEEDS: Final = Needs(wider=True, bottlenecks=True)
"""What has to be measured for a policy to see all that there is to see."""

_LAYERS_FROM: Final = 1 + len(SLOT_KINDS) * SLOTS
_LEARNT: Final = "a policy chose it"
_T = TypeVar("_T", SlotObservation, LayerObservation)


def slots_in_view(observation: Observation) -> tuple[SlotObservation, ...]:
    """At most `SLOTS` slots, in the order in which data flow through them.

    Of more, those with a live seed come first, then those that are open, then the others; of
    equals the earlier ones.
    """
    return _picked(observation.slots, SLOTS, _urgency)


def layers_in_view(observation: Observation) -> tuple[LayerObservation, ...]:
    """At most `LAYERS` layers, in the order of the observation.

    Of more, those with channels on trial come first, then those that may become wider, then those
    with the most parameters for a channel; of equals the earlier ones.
    """
    return _picked(observation.layers, LAYERS, _weight)


def meanings() -> tuple[str, ...]:
    """What the choices of both factors mean, in words, factor after factor."""
    slots = (f"{_word(kind)} slot {i}" for i in range(SLOTS) for kind in SLOT_KINDS)
    layers = (f"{_word(kind)} layer {i}" for i in range(LAYERS) for kind in LAYER_KINDS)
    return ("wait", *slots, *layers, "small", "middle", "large")


def masks(observation: Observation, limits: Limits | None = None) -> Legal:
    """Which choices are legal now (sum of `FACTORS`,). To wait always is, and every size.

    Args:
        observation: the network.
        limits: limits of size that are kept; None for what can be done at all.
    """
    allowed = np.zeros(sum(FACTORS), np.bool_)
    allowed[0] = True
    allowed[CHOICES:] = True
    for choice, offered in _offered(observation, limits):
        allowed[choice] = bool(offered)
    return allowed


def decisions(
    action: Sequence[int] | Array, observation: Observation, limits: Limits | None = None
) -> tuple[Decision, ...]:
    """What an action (2,) means for a network; nothing for to wait.

    Args:
        action: what to do, and the size.
        observation: the network, as it was when the action was chosen.
        limits: limits of size that are kept.

    Raises:
        ConfigError: there is no such choice, or it is not legal now.
    """
    what, size = (int(number) for number in action)
    if not (0 <= what < CHOICES and 0 <= size < len(WIDER)):
        raise ConfigError(
            f"an action of growth: numbers below {CHOICES} and {len(WIDER)} were wanted, got "
            f"{what} and {size}"
        )
    if what == 0:
        return ()
    offered = next((found for n, found in _offered(observation, limits) if n == what), ())
    if not offered:
        raise ConfigError(
            f"an action of growth: {meanings()[what]!r} (choice {what}) is not legal now: choose "
            "among those that the mask allows"
        )
    picked = offered[size * (len(offered) - 1) // (len(WIDER) - 1)]
    return (Decision(picked, _LEARNT),)


def numbers(action: Action, observation: Observation) -> tuple[int, int] | None:
    """The numbers of the action nearest to an action; None where it is none of a policy's.

    The size is that whose action is nearest in parameters or channels.

    Args:
        action: what a controller ordered.
        observation: the network, as it was then.
    """
    for choice, offered in _offered(observation, None):
        same = [
            index
            for index, other in enumerate(offered)
            if type(other) is type(action) and _part(other) == _part(action)
        ]
        if not same:
            continue
        if isinstance(action, Widen):
            sizes = [abs(o.channels - action.channels) for o in offered if isinstance(o, Widen)]
            return choice, sizes.index(min(sizes))
        if action not in offered:
            return None
        last = max(1, len(offered) - 1)
        return choice, round(offered.index(action) * (len(WIDER) - 1) / last)
    return None


def _offered(
    observation: Observation, limits: Limits | None
) -> Iterator[tuple[int, tuple[Action, ...]]]:
    """For each choice of a part in view the legal actions, by size; nothing where none is."""
    room = None if limits is None else GrowthLimits(observation, limits)
    for index, slot in enumerate(slots_in_view(observation)):
        offers = _by_size(slot.offers if room is None else room.offers(slot))
        conceivable: tuple[list[Action], ...] = (
            [Germinate(slot.slot, offer.blueprint) for offer in offers],
            [Deepen(slot.slot, offer.blueprint) for offer in offers],
            [Blend(slot.slot)],
            [Fossilize(slot.slot)],
            [Cull(slot.slot)],
        )
        for number, actions in enumerate(conceivable, 1 + len(SLOT_KINDS) * index):
            yield number, _without_objection(actions, observation)
    for index, layer in enumerate(layers_in_view(observation)):
        widths = _widths(layer, None if room is None else room.channels(layer))
        own: tuple[list[Action], ...] = (
            [Widen(layer.layer, width) for width in widths],
            [Fossilize(layer.layer)],
            [Cull(layer.layer)],
        )
        for number, actions in enumerate(own, _LAYERS_FROM + len(LAYER_KINDS) * index):
            yield number, _without_objection(actions, observation)


def _without_objection(actions: Iterable[Action], observation: Observation) -> tuple[Action, ...]:
    return tuple(action for action in actions if objection(action, observation) is None)


def _by_size(offers: Iterable[Offer]) -> list[Offer]:
    return sorted(offers, key=lambda offer: (offer.parameters, offer.flops, offer.blueprint))


def _widths(layer: LayerObservation, room: int | None) -> list[int]:
    """What channels a layer gets, by size; nothing where the limits leave no room for one."""
    most = layer.channels + (layer.channels if room is None else room)
    if most <= layer.channels:
        return []
    return [min(most, math.ceil(factor * layer.channels)) for factor in WIDER]


def _picked(parts: tuple[_T, ...], count: int, rank: Callable[[_T], Any]) -> tuple[_T, ...]:
    if len(parts) <= count:
        return parts
    best = sorted(range(len(parts)), key=lambda index: rank(parts[index]), reverse=True)[:count]
    return tuple(parts[index] for index in sorted(best))


def _urgency(slot: SlotObservation) -> float:
    return 2.0 if slot.phase in LIVE else 1.0 if slot.phase in OPEN else 0.0


def _weight(layer: LayerObservation) -> tuple[bool, bool, int]:
    return layer.added > 0, layer.widens, layer.parameters


def _part(action: Action) -> str:
    return action.layer if isinstance(action, Widen) else getattr(action, "slot", "")


def _word(kind: type[Action]) -> str:
    return kind.__name__.lower()
