# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""When the heuristic makes a layer wider, and what becomes of channels on trial."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from vynapse.esper.leyline.actions import Cull, Decision, Fossilize, Widen
from vynapse.esper.leyline.legal import objection
from vynapse.esper.leyline.limits import GrowthLimits
from vynapse.esper.leyline.measurement import GateResult
from vynapse.esper.leyline.observation import LayerObservation, Observation, Offer
from vynapse.esper.tamiyo import gates
from vynapse.esper.tamiyo.heuristic_settings import HeuristicSettings


def judged(layer: LayerObservation, settings: HeuristicSettings) -> Decision | None:
    """Whether channels on trial are to stay, to be taken out again, or to go on learning."""
    if not layer.added:
        return None
    harm = gates.harm(layer, settings.largest_harm)
    if harm.passed:
        reason = "the validation loss is higher with the new channels than without them"
        return Decision(Cull(layer.layer), reason, (harm,))
    asked = (
        gates.training_time(layer, settings.training_epochs),
        gates.contribution(layer, settings.least_contribution),
    )
    if all(gate.passed for gate in asked):
        reason = "the new channels lower the validation loss"
        return Decision(Fossilize(layer.layer), reason, asked)
    late = gates.blending_limit(layer, settings.blending_limit)
    if late.passed:
        reason = "the new channels have not proved their worth in time"
        return Decision(Cull(layer.layer), reason, (*asked, late))
    return None


def widenings(
    observation: Observation,
    settings: HeuristicSettings,
    room: GrowthLimits,
    asked: Sequence[GateResult],
    culled: Mapping[str, Collection[str]],
    busy: Collection[str],
) -> Iterator[Decision]:
    """Layers that become wider, those that hold the network up most first.

    Args:
        observation: the look.
        settings: thresholds.
        room: what the limits of size leave; what is decided is taken from it.
        asked: gates that have been passed.
        culled: the numbers of channels at which new ones were culled, by layer.
        busy: layers about which something has been decided at this look.

    The widths within a seed are those of its blueprint. A layer whose channels pass a slot for
    seeds that work at many places is left to them.
    """
    if settings.bottleneck is None:
        return
    factor = 1.0  # by which neighbours of a layer have grown at this look, at most
    shared = {slot.slot for slot in observation.slots if any(map(_at_many_places, slot.offers))}
    able = [
        layer
        for layer in observation.layers
        if layer.widens and layer.layer.startswith(_HOST) and not shared & {*layer.slots}
    ]
    for layer in sorted(able, key=_hold, reverse=True):
        gate = gates.bottleneck(layer, settings.bottleneck)
        dearer = replace(layer, parameters=math.ceil(factor * layer.parameters))
        more = math.ceil((settings.widening - 1) * layer.channels)
        count = min(more, room.channels(dearer))
        action = Widen(layer.layer, layer.channels + count)
        refused = str(layer.channels) in culled.get(layer.layer, ()) or layer.layer in busy
        worth_it = _LEAST * more <= count
        if gate.passed and not refused and worth_it and objection(action, observation) is None:
            room.take_channels(dearer, count)
            factor = max(factor, action.channels / layer.channels)
            reason = "the layer uses its width, so it may hold the network up"
            yield Decision(action, reason, (*asked, gate))


def _at_many_places(offer: Offer) -> bool:
    """Whether a seed would use its weights at many places, as a convolution does.

    There it adds depth and a view of what lies around, which a wider layer does not. At one place
    a multiplication and an addition go with each weight.
    """
    return offer.flops > _AT_ONE_PLACE * offer.parameters


_LEAST: Final = 0.25
"""Share of the channels that are wanted for which the limits have to leave room."""
_HOST: Final = "host."
_AT_ONE_PLACE: Final = 8
"""Operations for each parameter beyond which weights are used at several places."""


def _hold(layer: LayerObservation) -> float:
    return -math.inf if layer.bottleneck is None else layer.bottleneck.value
