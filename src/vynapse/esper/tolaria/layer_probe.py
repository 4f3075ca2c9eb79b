# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a controller gets to see of layers: which may change, and what new channels are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

from vynapse.core import NO_COST, Cost
from vynapse.esper.kasmina.bottleneck import bottlenecks
from vynapse.esper.leyline.observation import LayerObservation, Needs
from vynapse.esper.leyline.phases import Cause
from vynapse.esper.tolaria.editor import NetworkEditor
from vynapse.esper.tolaria.flop_table import FlopTable, passes
from vynapse.esper.tolaria.layers import Batch, Event
from vynapse.esper.tolaria.probe import Probe
from vynapse.esper.tolaria.survey import Survey, resizable


@dataclass(frozen=True, slots=True)
class LayerMeasurements:
    """What was measured after an epoch.

    Attributes:
        layers: every layer that may change, or has channels on trial.
        cost: the cost of the measurements.
    """

    layers: tuple[LayerObservation, ...]
    cost: Cost


@final
class LayerProbe:
    """Looks at the layers of a growing network. What may change is asked once after each change.

    Args:
        probe: has the validation examples.
        editor: the network and the lives of its layers.
        survey: describes layers.
        batch: gives the next training batch, for gradients.
    """

    def __init__(self, probe: Probe, editor: NetworkEditor, survey: Survey, batch: Batch) -> None:
        self._probe, self._editor, self._survey, self._batch = probe, editor, survey, batch
        self.forget()

    def forget(self) -> None:
        """The network has changed."""
        self._known: dict[bool, tuple[LayerObservation, ...]] = {}

    def measure(self, flops: FlopTable, needs: Needs) -> LayerMeasurements:
        """Describe the layers, and measure what is wanted."""
        network, layers = self._editor.network, self._editor.layers
        if needs.wider not in self._known:
            self._known[needs.wider] = resizable(network, wider=needs.wider)
        found = list(self._survey.layers(network, layers.lives, self._known[needs.wider]))
        cost = NO_COST
        for number, layer in enumerate(found):
            if needs.wider and layer.added:
                worth = self._probe.worth_of(network, network.trials[layer.layer])
                found[number] = replace(layer, contribution=worth)
                cost += self._probe.price(flops)
        if needs.bottlenecks and (wide := [layer.layer for layer in found if layer.widens]):
            inputs, targets = self._batch()
            loss = self._editor.descent.loss_on(inputs, targets)
            measured = bottlenecks(network.module, wide, network.example(), loss)
            found = [replace(one, bottleneck=measured.get(one.layer)) for one in found]
            cost += passes(len(inputs), flops.network(), flops.network())
        return LayerMeasurements(tuple(found), cost)

    def price(self, flops: FlopTable, events: Sequence[Event]) -> Cost:
        """The cost of choosing new channels by the gradients of a batch, in these events."""
        wider = [data for _, data in events if data.get("cause") == Cause.ENTER]
        count = sum("channels" in data for data in wider)
        if not count or self._editor.layers.choice != "gradient":
            return NO_COST
        # one pass for the directions, one for the candidates
        network = flops.network()
        return passes(2 * count * len(self._batch()[0]), network, network)
