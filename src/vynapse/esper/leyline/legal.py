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
    Deepen,
    Fossilize,
    Germinate,
    Narrow,
    Prune,
    Widen,
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
    Deepen: Cause.ENTER,
    Widen: Cause.ENTER,
    Blend: Cause.BLEND,
    Fossilize: Cause.FOSSILIZE,
    Cull: Cause.CULL,
}
"""The edge of its life that a seed, or channels, follow by an action."""

_FACTOR: Final = 2
"""Widenings are listed up to this many times the channels that a layer has."""


def legal(observation: Observation, limits: Limits | None = None) -> tuple[Action, ...]:
    """All that may be done now, slot by slot and then layer by layer.

    Widenings are listed up to twice the channels that a layer has; larger ones are legal too.

    Args:
        observation: the network.
        limits: limits of size that all that grows keeps, as the settings of controllers have them;
            None for what can be done at all.
    """
    return tuple(
        action
        for action in _conceivable(observation, limits)
        if objection(action, observation) is None
    )


def objection(action: Action, observation: Observation | Parts) -> str | None:
    """Why the network cannot carry out an action, as a clause; None where it can."""
    layers = {layer.layer: layer for layer in observation.layers}
    if isinstance(action, (Narrow, Widen)):
        return _resizing(action, layers)
    slots = {slot.slot: slot for slot in observation.slots}
    if action.slot not in slots:
        if isinstance(action, (Fossilize, Cull)) and action.slot in layers:
            return _followed(layers[action.slot].phase, action)
        return f"no slot {action.slot!r}{suggestion(action.slot, slots)}"
    slot = slots[action.slot]
    if isinstance(action, Prune):
        if action.seed in slot.fossils:
            return None
        return f"{slot.slot} has no fossil {action.seed!r}, it has {list(slot.fossils)}"
    if isinstance(action, (Germinate, Deepen)):
        return _planting(action, slot, layers)
    reason = _followed(slot.phase, action)
    if reason is None and isinstance(action, Fossilize) and slot.alpha < 1:
        return f"the seed in {slot.slot} has an alpha of {slot.alpha}"
    return reason


def _conceivable(observation: Observation, limits: Limits | None) -> Iterator[Action]:
    """Actions on the parts that there are, whether they are legal or not."""
    room = None if limits is None else GrowthLimits(observation, limits)
    for slot in observation.slots:
        offers = slot.offers if room is None else room.offers(slot)
        for kind in (Germinate, Deepen):
            yield from (kind(slot.slot, offer.blueprint) for offer in offers)
        yield from (kind(slot.slot) for kind in (Blend, Fossilize, Cull))
        yield from (Prune(slot.slot, fossil) for fossil in slot.fossils)
    for layer in observation.layers:
        yield from (Narrow(layer.layer, count) for count in range(1, layer.channels))
        most = _FACTOR * layer.channels
        if room is not None:
            most = min(most, layer.channels + room.channels(layer))
        yield from (Widen(layer.layer, n) for n in range(layer.channels + 1, most + 1))
        yield from (kind(layer.layer) for kind in (Fossilize, Cull))


def _planting(
    action: Germinate | Deepen, slot: SlotObservation, layers: Mapping[str, LayerObservation]
) -> str | None:
    offered = [offer.blueprint for offer in slot.offers]
    if action.blueprint not in offered:
        advice = (
            ": name it in controller.blueprints"
            if ":" in action.blueprint
            else suggestion(action.blueprint, offered)
        )
        return f"{slot.slot} offers no blueprint {action.blueprint!r}{advice}"
    for layer in layers.values():
        if layer.added and slot.slot in layer.slots:
            return f"new channels of {layer.layer}, which pass {slot.slot}, are on trial"
    # a slot whose newest seed is a fossil is open: for the next seed it is dormant
    return _followed(SeedPhase.DORMANT if slot.phase in OPEN else slot.phase, action)


def _resizing(action: Narrow | Widen, layers: Mapping[str, LayerObservation]) -> str | None:
    wider = isinstance(action, Widen)
    direction = "wider" if wider else "narrower"
    able = {
        layer.layer: layer
        for layer in layers.values()
        if layer.added or (layer.widens if wider else layer.narrows)
    }
    if action.layer not in able:
        hint = suggestion(action.layer, able) if able else ": none can"
        return f"no layer {action.layer!r} of the network can become {direction}{hint}"
    layer = able[action.layer]
    if layer.added:
        return f"the {layer.added} new channels of {layer.layer} are on trial"
    if wider:
        reason = _followed(SeedPhase.DORMANT if layer.phase in OPEN else layer.phase, action)
        if reason is not None:
            return reason
    channels, wanted = layer.channels, "more" if wider else "fewer, and at least 1,"
    if action.channels > channels if wider else 0 < action.channels < channels:
        return None
    return f"{layer.layer} has {channels} channels: {wanted} were wanted, got {action.channels}"


def _followed(phase: SeedPhase, action: Action) -> str | None:
    try:
        follow(phase, CAUSES[type(action)])
    except IllegalTransition as error:
        return str(error)
    return None
