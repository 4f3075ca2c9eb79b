# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What may be done with a network that looks like this: the one place that knows.

    legal(observation)              what the growing network carries out; it refuses all else
    legal(observation, settings)    of these, what keeps within a controller's limits of size
    objection(action, observation)  why an action is refused, in words; None where it is legal

Actions are judged one at a time. After an action the network looks different.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from vynapse.errors import suggestion
from vynapse.esper.leyline.actions import (
    Action,
    Blend,
    Cull,
    Fossilize,
    Germinate,
    Narrow,
    Prune,
)
from vynapse.esper.leyline.limits import GrowthLimits, Limits
from vynapse.esper.leyline.observation import (
    LayerObservation,
    Observation,
    Parts,
    SlotObservation,
)
from vynapse.esper.leyline.phases import OPEN, Cause, IllegalTransition, SeedPhase, follow

CAUSES: Final[Mapping[type[Action], Cause]] = {
    Germinate: Cause.GERMINATE,
    Blend: Cause.BLEND,
    Fossilize: Cause.FOSSILIZE,
    Cull: Cause.CULL,
}
"""The edge of a seed's life that an action follows."""


def legal(observation: Observation, limits: Limits | None = None) -> tuple[Action, ...]:
    """All that may be done now, slot by slot and then layer by layer.

    Args:
        observation: the network.
        limits: limits of size that germinations keep, as the settings of controllers have them;
            None for what can be done at all.
    """
    return tuple(
        action
        for action in _conceivable(observation, limits)
        if objection(action, observation) is None
    )


def objection(action: Action, observation: Observation | Parts) -> str | None:
    """Why the network cannot carry out an action, as a clause; None where it can."""
    if isinstance(action, Narrow):
        return _narrowing(action, {layer.layer: layer for layer in observation.layers})
    slots = {slot.slot: slot for slot in observation.slots}
    if action.slot not in slots:
        return f"no slot {action.slot!r}{suggestion(action.slot, slots)}"
    slot = slots[action.slot]
    if isinstance(action, Prune):
        if action.seed in slot.fossils:
            return None
        return f"{slot.slot} has no fossil {action.seed!r}, it has {list(slot.fossils)}"
    if isinstance(action, Germinate) and action.blueprint not in _offered(slot):
        advice = (
            ": name it in controller.blueprints"
            if ":" in action.blueprint
            else suggestion(action.blueprint, _offered(slot))
        )
        return f"{slot.slot} offers no blueprint {action.blueprint!r}{advice}"
    # a slot whose newest seed is a fossil is open: for the next seed it is dormant
    germinates = isinstance(action, Germinate) and slot.phase in OPEN
    try:
        follow(SeedPhase.DORMANT if germinates else slot.phase, CAUSES[type(action)])
    except IllegalTransition as error:
        return str(error)
    if isinstance(action, Fossilize) and slot.alpha < 1:
        return f"the seed in {slot.slot} has an alpha of {slot.alpha}"
    return None


def _conceivable(observation: Observation, limits: Limits | None) -> Iterator[Action]:
    """Actions on the parts that there are, whether they are legal or not."""
    room = None if limits is None else GrowthLimits(observation, limits)
    for slot in observation.slots:
        offers = slot.offers if room is None else room.offers(slot)
        yield from (Germinate(slot.slot, offer.blueprint) for offer in offers)
        yield from (kind(slot.slot) for kind in (Blend, Fossilize, Cull))
        yield from (Prune(slot.slot, fossil) for fossil in slot.fossils)
    for layer in observation.layers:
        yield from (Narrow(layer.layer, count) for count in range(1, layer.channels))


def _narrowing(action: Narrow, layers: Mapping[str, LayerObservation]) -> str | None:
    if action.layer not in layers:
        hint = suggestion(action.layer, layers) if layers else ": none can"
        return f"no layer {action.layer!r} of the network can become narrower{hint}"
    channels = layers[action.layer].channels
    if 0 < action.channels < channels:
        return None
    return (
        f"{action.layer} has {channels} channels: fewer, and at least 1, were wanted, got "
        f"{action.channels}"
    )


def _offered(slot: SlotObservation) -> list[str]:
    return [offer.blueprint for offer in slot.offers]
