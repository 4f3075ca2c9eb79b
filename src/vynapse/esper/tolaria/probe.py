# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a controller gets to see of the slots, measured on validation examples alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from torch import Tensor

from vynapse.core import NO_COST, Cost
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.blueprints import blueprint_names, offers
from vynapse.esper.kasmina.grown import prefix_of
from vynapse.esper.kasmina.pruning import prunable
from vynapse.esper.leyline.measurement import Measurement
from vynapse.esper.leyline.observation import LayerObservation, Offer, SlotObservation
from vynapse.esper.leyline.stages import SeedStage
from vynapse.esper.nissa.counterfactual import paired
from vynapse.esper.nissa.gradients import Parameters
from vynapse.esper.nissa.profile import COLUMNS as SENSED
from vynapse.esper.nissa.profile import HOST, Senses, profile
from vynapse.esper.tolaria.body import Body
from vynapse.esper.tolaria.lifecycle import Life, Lifecycle
from vynapse.esper.tolaria.prices import Prices, passes
from vynapse.esper.tolaria.settings import GrowSettings
from vynapse.networks.modules import evaluation_mode
from vynapse.trainers.mode import Stage

COLUMNS: Final = ("alpha", "gradient_health", "gain", "contribution", *SENSED)
"""The first four are of the first live seed."""

_BATCH: Final = 250


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen after an epoch.

    Attributes:
        slots: every slot.
        layers: those that may become narrower.
        metrics: of the first live seed, by the names of `COLUMNS`.
        cost: of looking.
    """

    slots: tuple[SlotObservation, ...]
    layers: tuple[LayerObservation, ...]
    metrics: dict[str, float]
    cost: Cost


@dataclass(frozen=True, slots=True)
class Sensed:
    """What a profile has measured.

    Attributes:
        whole: of the whole network, by the names of `COLUMNS`.
        layers: of single layers.
    """

    whole: dict[str, float]
    layers: dict[str, float]


@final
class Probe:
    """Watches a growing network over an epoch and measures it at its end.

    Args:
        stage: gives the validation examples.
        settings: how many of them, and the profile.
        names: blueprints that may germinate.
    """

    def __init__(self, stage: Stage, settings: GrowSettings, names: tuple[str, ...] | None) -> None:
        self._task, self._device = stage.supervised, torch.device(stage.device)
        split = stage.supervised.split("validation")
        # evenly spread, the same ones every time: differences between epochs are not in the sample
        count = min(settings.probe_examples, len(split))
        rows = np.array([index * len(split) // count for index in range(count)])
        examples = split.take(rows)
        self._inputs, self._targets = examples.inputs, examples.targets
        self._names, self._operator = names, settings.operator
        self._senses = Senses(profile(settings.profile), stage.streams.stream("grow.sharpness"))
        self._offers: dict[tuple[str, tuple[int, ...]], tuple[Offer, ...]] = {}

    def check(self, body: Body) -> None:
        """Build what may germinate by name, once in each slot that it fits.

        Raises:
            UnknownName, ConfigError: there is no such blueprint, or no slot offers it.
        """
        places = body.network.places if self._names else ()
        offered = {offer.blueprint for place in places for offer in self._offered(body, place)}
        for name in self._names or ():
            if name not in offered:
                fitting = {
                    offer.blueprint
                    for place in places
                    for offer in offers(blueprint_names(), body.network.slot(place).shape)
                }
                raise ConfigError(
                    f"controller.blueprints: no slot of this network offers {name!r}: name some of "
                    f"{', '.join(sorted(fitting))}, or null for all that a slot offers"
                )

    def begin(self, body: Body, lives: Lifecycle) -> None:
        """An epoch begins: watch the seeds that are going to learn in it."""
        groups: dict[str, Parameters] = {}
        named = dict(body.network.named_parameters())
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

    def look(self, body: Body, lives: Lifecycle, prices: Prices, *, fossils: bool = False) -> Look:
        """Measure the seeds.

        Args:
            body: the network.
            lives: of its seeds.
            prices: of its parts.
            fossils: measure what each fossil contributes as well.
        """
        network = body.network
        health = self._senses.health()
        slots, cost = [], NO_COST
        with evaluation_mode(network):
            for place in network.places:
                life, slot = lives[place], network.slot(place)
                measured: dict[str, Measurement | None] = {}
                if life.stage in (SeedStage.TRAINING, SeedStage.BLENDING):
                    name = "gain" if life.stage == SeedStage.TRAINING else "contribution"
                    alpha = 1.0 if name == "gain" else slot.shares[life.seed or ""]
                    measured[name] = self._worth(body, f"{place}/{life.seed}", alpha)
                    measured["gradient_health"] = health.get(f"{place}/{life.seed}")
                    cost += self._price(prices, prices.seed(place) if name == "gain" else 0)
                found = self._observed(body, place, life, measured)
                if fossils:
                    shares = [(f"{place}/{name}", slot.shares[name]) for name in found.fossils]
                    worth = tuple(self._worth(body, *share) for share in shares)
                    found = dataclasses.replace(found, fossil_contributions=worth)
                    for _ in shares:
                        cost += self._price(prices)
                slots.append(found)
        return Look(tuple(slots), prunable(network), _first(slots), cost)

    def sense(self, body: Body) -> Sensed:
        """What the profile measures. It is no cost of the run: watching would change it."""
        with evaluation_mode(body.network):
            found = self._senses.after_epoch(
                body.network, self._task.loss.tensor, lambda: next(self._batches())
            )
        whole = {name: value for name, value in found.items() if "/" not in name}
        layers = {name: value for name, value in found.items() if "/" in name}
        return Sensed(whole, layers)

    def _worth(self, body: Body, seed: str, alpha: float) -> Measurement | None:
        """How much lower the validation loss is with the seed at this share than without it."""
        loss = self._task.loss
        return paired(
            body.network,
            loss.tensor,
            self._batches(),
            {seed: alpha},
            {seed: 0.0},
            unit=loss.unit,
        )

    def _price(self, prices: Prices, extra: int = 0) -> Cost:
        """Two passes over the examples, one of them with a seed that else takes no part."""
        network, count = prices.network(), len(self._targets)
        return passes(count, network) + passes(count, network + extra)

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        for low in range(0, len(self._targets), _BATCH):
            rows = slice(low, low + _BATCH)
            inputs = self._task.prepare(self._inputs[rows])
            yield (
                torch.tensor(inputs, device=self._device),
                torch.tensor(self._targets[rows], device=self._device),
            )

    def _offered(self, body: Body, place: str) -> tuple[Offer, ...]:
        shape = body.network.slot(place).shape
        at = (place, shape)  # a slot behind a layer that was pruned is narrower
        if at not in self._offers:
            self._offers[at] = offers(self._names or blueprint_names(), shape, self._operator)
        return self._offers[at]

    def _observed(
        self, body: Body, place: str, life: Life, measured: Mapping[str, Measurement | None]
    ) -> SlotObservation:
        slot = body.network.slot(place)
        return SlotObservation(
            slot=place,
            stage=life.stage,
            seed=life.seed,
            blueprint=life.blueprint,
            epochs=life.epochs,
            alpha=0.0 if slot.live is None else slot.shares[slot.live],
            offers=self._offered(body, place),
            fossils=tuple(name for name in slot.shares if name != slot.live),
            gradient_health=measured.get("gradient_health"),
            gain=measured.get("gain"),
            contribution=measured.get("contribution"),
        )


def _first(slots: list[SlotObservation]) -> dict[str, float]:
    """Measurements of the first live seed."""
    for slot in slots:
        if slot.stage in (SeedStage.TRAINING, SeedStage.BLENDING):
            known = {
                "gradient_health": slot.gradient_health,
                "gain": slot.gain,
                "contribution": slot.contribution,
            }
            values = {name: found.value for name, found in known.items() if found is not None}
            return values | {"alpha": slot.alpha}
    return {}
