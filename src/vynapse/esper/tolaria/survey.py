# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What there is in a growing network, before anything of it is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import final

from vynapse.errors import ConfigError
from vynapse.esper.kasmina.blueprints import blueprint_names, offers
from vynapse.esper.kasmina.pruning import prunable
from vynapse.esper.kasmina.slot import Slot
from vynapse.esper.kasmina.widening import widenable
from vynapse.esper.leyline.actions import Action, Narrow, Widen
from vynapse.esper.leyline.observation import LayerObservation, Offer, Parts, SlotObservation
from vynapse.esper.leyline.options import Operator
from vynapse.esper.tolaria.growing_network import GrowingNetwork
from vynapse.esper.tolaria.lifecycle import Lifecycle


@final
class Survey:
    """Describes slots and layers.

    Args:
        names: blueprints that may germinate; None for all built-in ones.
        operator: how the output of seeds is mixed in.
    """

    def __init__(self, names: tuple[str, ...] | None, operator: Operator) -> None:
        self._names, self._operator = names, operator
        self._offers: dict[tuple[str, tuple[int, ...]], tuple[Offer, ...]] = {}

    def check(self, network: GrowingNetwork) -> None:
        """Build what may germinate by name, once in each slot that it fits.

        Raises:
            ConfigError: there is no such blueprint, or no slot offers it.
        """
        places = network.module.places if self._names else ()
        offered = {offer.blueprint for place in places for offer in self.offers(network, place)}
        for name in self._names or ():
            if name not in offered:
                fitting = {
                    offer.blueprint
                    for place in places
                    for offer in offers(blueprint_names(), network.module.slot(place).shape)
                }
                graft = network.grafts.get(name)
                why = "" if graft is None else f", which is for {graft.wanted()}"
                raise ConfigError(
                    f"controller.blueprints: no slot of this network offers {name!r}{why}: name "
                    f"some of {', '.join(sorted(fitting))}, or null for all that a slot offers"
                )

    def offers(self, network: GrowingNetwork, place: str) -> tuple[Offer, ...]:
        """What a slot offers at its present width."""
        shape = network.module.slot(place).shape
        at = (place, shape)  # a slot behind a layer that was pruned is narrower
        if at not in self._offers:
            names = self._names or blueprint_names()
            self._offers[at] = offers(names, shape, self._operator, network.grafts)
        return self._offers[at]

    def slot(self, network: GrowingNetwork, lives: Lifecycle, place: str) -> SlotObservation:
        """A slot of which nothing was measured."""
        life, slot = lives[place], network.module.slot(place)
        return SlotObservation(
            slot=place,
            phase=life.phase,
            seed=life.seed,
            blueprint=life.blueprint,
            epochs=life.epochs,
            alpha=0.0 if slot.live is None else slot.shares[slot.live],
            offers=self.offers(network, place),
            fossils=tuple(name for name in slot.shares if name != slot.live),
        )

    def layers(
        self, network: GrowingNetwork, lives: Lifecycle, known: Sequence[LayerObservation]
    ) -> tuple[LayerObservation, ...]:
        """Layers with their phases, of which nothing was measured.

        Args:
            network: what grows.
            lives: the lives of the layers.
            known: what may become narrower or wider, were nothing on trial.
        """
        found = {layer.layer: layer for layer in known}
        for name, made in network.trials.items():
            added = made.channels[1] - made.channels[0]
            own = found.get(name) or LayerObservation(name, made.channels[1], 0)
            places = tuple(p for slot, _ in made.slots if (p := _place(network, slot)))
            found[name] = replace(own, narrows=False, widens=False, added=added, slots=places)
        for name, life in lives.known().items():
            if name in found:
                found[name] = replace(found[name], phase=life.phase, epochs=life.epochs)
        return tuple(found.values())

    def parts(
        self, network: GrowingNetwork, lives: Lifecycle, layers: Lifecycle, action: Action
    ) -> Parts:
        """What has to be known to tell whether an action is legal."""
        if isinstance(action, (Narrow, Widen)):
            known = resizable(network, wider=isinstance(action, Widen))
            return Parts((), self.layers(network, layers, known))
        slots = tuple(self.slot(network, lives, place) for place in network.module.places)
        return Parts(slots, self.layers(network, layers, ()))


def resizable(network: GrowingNetwork, *, wider: bool) -> tuple[LayerObservation, ...]:
    """The layers that may become narrower, and if that is asked those that may become wider."""
    found = {layer.layer: layer for layer in prunable(network.module)}
    for layer in widenable(network.module, network.example())[0] if wider else ():
        own = found.get(layer.layer)
        if own is None:
            own = LayerObservation(layer.layer, layer.channels, layer.parameters, narrows=False)
        found[layer.layer] = replace(own, widens=True, slots=layer.slots)
    return tuple(found.values())


def _place(network: GrowingNetwork, slot: str) -> str | None:
    part = network.module.get_submodule(slot)
    return part.place if isinstance(part, Slot) else None
