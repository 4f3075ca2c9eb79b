# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a controller gets to see of the slots, measured on validation examples alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, final

import numpy as np
import torch
from torch import Tensor

from vynapse.core import NO_COST, Cost
from vynapse.esper.kasmina.assembly import prefix_of
from vynapse.esper.kasmina.widening import Widening, without
from vynapse.esper.leyline.measurement import Measurement
from vynapse.esper.leyline.observation import Needs, SlotObservation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.nissa.counterfactual import of_differences, paired, per_example
from vynapse.esper.nissa.gradients import Parameters
from vynapse.esper.nissa.profile import HOST, Senses, profile
from vynapse.esper.tolaria.flop_table import FlopTable, passes
from vynapse.esper.tolaria.growing_network import GrowingNetwork
from vynapse.esper.tolaria.lifecycle import Lifecycle
from vynapse.esper.tolaria.settings import GrowSettings
from vynapse.esper.tolaria.survey import Survey
from vynapse.networks.modules import evaluation_mode
from vynapse.trainers.mode import Stage

_BATCH: Final = 250


@dataclass(frozen=True, slots=True)
class Measurements:
    """What was measured after an epoch.

    Attributes:
        slots: every slot.
        cost: the cost of the measurements.
    """

    slots: tuple[SlotObservation, ...]
    cost: Cost


@final
class Probe:
    """Watches a growing network over an epoch and measures it at its end.

    Args:
        stage: gives the validation examples.
        settings: how many of them, and the profile.
        survey: describes what is measured.
    """

    def __init__(self, stage: Stage, settings: GrowSettings, survey: Survey) -> None:
        self._task, self._device = stage.supervised, torch.device(stage.device)
        split = stage.supervised.split("validation")
        # evenly spread, the same ones every time: differences between epochs are not in the sample
        count = min(settings.probe_examples, len(split))
        rows = np.array([index * len(split) // count for index in range(count)])
        examples = split.take(rows)
        self._inputs, self._targets = examples.inputs, examples.targets
        self._survey = survey
        self._senses = Senses(profile(settings.profile), stage.streams.stream("grow.sharpness"))

    def begin(self, network: GrowingNetwork, lives: Lifecycle) -> None:
        """An epoch begins: watch the seeds that are going to learn in it."""
        groups: dict[str, Parameters] = {}
        named = dict(network.module.named_parameters())
        groups[HOST] = {
            n.removeprefix("host."): p for n, p in named.items() if n.startswith("host.")
        }
        for place in lives.live():
            prefix = prefix_of(place, lives[place].seed or "")
            own = {n.removeprefix(prefix): p for n, p in named.items() if n.startswith(prefix)}
            groups[f"{place}/{lives[place].seed}"] = own
        self._senses.begin(groups)

    def after_batch(self) -> None:
        """Look at the gradients of a batch."""
        self._senses.after_step()

    def measure(
        self, network: GrowingNetwork, lives: Lifecycle, flops: FlopTable, needs: Needs
    ) -> Measurements:
        """Measure the seeds.

        Args:
            network: what grows.
            lives: the lives of its seeds.
            flops: operations of its parts.
            needs: what else is to be measured.
        """
        module = network.module
        health = self._senses.health() if lives.live() else {}
        slots, cost = [], NO_COST
        for place in module.places:
            found, slot = self._survey.slot(network, lives, place), module.slot(place)
            own = f"{place}/{found.seed}"
            if found.phase == SeedPhase.TRAINING:
                gain = self._worth(network, own, 1.0)
                found = replace(found, gradient_health=health.get(own), gain=gain)
                cost += self.price(flops, flops.seed(place))
            elif found.phase == SeedPhase.BLENDING:
                worth = self._worth(network, own, slot.shares[found.seed or ""])
                found = replace(found, gradient_health=health.get(own), contribution=worth)
                cost += self.price(flops)
            if needs.fossil_contributions:
                shares = [(f"{place}/{name}", slot.shares[name]) for name in found.fossils]
                each = tuple(self._worth(network, *share) for share in shares)
                found = replace(found, fossil_contributions=each)
                for _ in shares:
                    cost += self.price(flops)
            slots.append(found)
        return Measurements(tuple(slots), cost)

    def profile(self, network: GrowingNetwork) -> dict[str, float]:
        """What the profile measures, by name; the names of what is of a single layer have a "/".

        It is no cost of the run: watching would change it.
        """
        return self._senses.after_epoch(
            network.module, self._task.loss.tensor, lambda: next(self._batches())
        )

    def _worth(self, network: GrowingNetwork, seed: str, alpha: float) -> Measurement | None:
        """How much lower the validation loss is with the seed at this share than without it."""
        loss, on, off = self._task.loss, {seed: alpha}, {seed: 0.0}
        with evaluation_mode(network.module):
            return paired(network.module, loss.tensor, self._batches(), on, off, unit=loss.unit)

    def worth_of(self, network: GrowingNetwork, made: Widening) -> Measurement | None:
        """How much lower the validation loss is with channels on trial than without them."""
        with evaluation_mode(network.module), torch.no_grad():
            on = self._losses(network)
            with without(network.module, made):
                off = self._losses(network)
        return of_differences([off - on], unit=self._task.loss.unit)

    def _losses(self, network: GrowingNetwork) -> Tensor:
        """The loss of each example, float64."""
        loss = self._task.loss.tensor
        found = [
            per_example(loss, network.module(network.inputs(inputs)), targets).double()
            for inputs, targets in self._batches()
        ]
        return torch.cat(found)

    def price(self, flops: FlopTable, extra: int = 0) -> Cost:
        """Two passes over the examples, one of them with a seed that else takes no part."""
        network, count = flops.network(), len(self._targets)
        return passes(count, network) + passes(count, network + extra)

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        for low in range(0, len(self._targets), _BATCH):
            rows = slice(low, low + _BATCH)
            inputs = self._task.prepare(self._inputs[rows])
            yield (
                torch.tensor(inputs, device=self._device),
                torch.tensor(self._targets[rows], device=self._device),
            )
