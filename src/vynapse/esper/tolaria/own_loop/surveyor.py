# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a controller gets to see of a user's module, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import final

from vynapse.errors import ConfigError
from vynapse.esper.kasmina.blueprints import blueprint_names, offers
from vynapse.esper.kasmina.example_call import ExampleCall
from vynapse.esper.leyline.measurement import Measurement
from vynapse.esper.leyline.observation import LayerObservation, Needs, Offer, SlotObservation
from vynapse.esper.leyline.phases import LIVE, SeedPhase
from vynapse.esper.tolaria.own_loop.editor import LoopEditor
from vynapse.esper.tolaria.own_loop.settings import LoopSettings
from vynapse.esper.tolaria.own_loop.widenings import HOST
from vynapse.esper.tolaria.own_loop.witness import Witness
from vynapse.networks.flops import call_flops


@final
class Surveyor:
    """Describes the slots of a module.

    Args:
        editor: knows the lives of its seeds.
        witness: measures what a seed is worth.
        settings: isolation and operator.
        blueprints: what may germinate; None for all built-in ones.
        trial: calls the module, to count its operations.

    Raises:
        ConfigError: there is no such blueprint, or no slot offers it.
    """

    def __init__(
        self,
        editor: LoopEditor,
        witness: Witness,
        settings: LoopSettings,
        blueprints: tuple[str, ...] | None,
        trial: ExampleCall,
    ) -> None:
        self._editor, self._witness, self._settings = editor, witness, settings
        self._names, self._trial = blueprints or blueprint_names(), trial
        self.look()
        network = editor.network
        offered = {offer.blueprint for known in self._offers.values() for offer in known}
        if lost := [name for name in blueprints or () if name not in offered]:
            shapes = ", ".join(f"{p} {network.slot(p).shape}" for p in network.places)
            raise ConfigError(
                f"blueprints: no slot of this model offers {lost[0]!r}: its slots are {shapes}"
            )
        self.worth: dict[str, Measurement | None] = {}

    def look(self) -> None:
        """Look at the layers of the module, which have other widths than before."""
        network = self._editor.network
        self._offers: dict[str, tuple[Offer, ...]] = {
            place: offers(self._names, network.slot(place).shape, self._settings.operator)
            for place in network.places
        }
        host, places = network.host, network.places
        seeds = [f"{place}/{name}" for place in places for name in network.slot(place).shares]
        with network.alpha(dict.fromkeys(seeds, 0.0)):
            whole = call_flops(host, lambda: self._trial.plain(host))
        self._host_flops = whole // 2  # of two examples

    def parameters(self) -> int:
        """Trainable values of the module without its live seeds."""
        editor = self._editor
        learns = editor.held.trainable
        live = {
            id(p)
            for place in editor.network.places
            if (seed := editor.network.slot(place).live) is not None
            for p in editor.network.slot(place).seed(seed).parameters()
        }
        every = editor.network.host.parameters()
        return sum(p.numel() for p in every if id(p) not in live and learns(p))

    def flops(self) -> int:
        """Operations of one example forward through the module without its live seeds."""
        network, found = self._editor.network, self._host_flops
        for place in network.places:
            slot = network.slot(place)
            known = {offer.blueprint: offer.flops for offer in self._offers[place]}
            fossils = (slot.seed(name) for name in slot.shares if name != slot.live)
            found += sum(known.get(seed.blueprint, 0) for seed in fossils)
        return found

    def slots(
        self, health: Mapping[str, Measurement | None], needs: Needs
    ) -> tuple[SlotObservation, ...]:
        """Every slot, its seeds measured.

        Args:
            health: gradient health by slot.
            needs: what else is to be measured.
        """
        found = []
        self.worth = {}
        for place in self._editor.network.places:
            seen = self._slot(place)
            if seen.phase in (SeedPhase.TRAINING, SeedPhase.BLENDING):
                worth = self.worth[place] = self._worth_of(seen)
                seen = replace(seen, gradient_health=health.get(place))
                if seen.phase == SeedPhase.TRAINING:
                    seen = replace(seen, gain=worth)
                else:
                    seen = replace(seen, contribution=worth)
            if needs.fossil_contributions:
                seen = replace(seen, fossil_contributions=self._fossils(seen))
            found.append(seen)
        return tuple(found)

    def layers(self, needs: Needs) -> tuple[LayerObservation, ...]:
        """The layers that may become wider, where that is asked, and those with new channels."""
        layers, found = self._editor.layers, dict[str, LayerObservation]()
        for one in layers.offered() if needs.wider else ():
            name = f"{HOST}{one.layer}"
            found[name] = LayerObservation(
                name, one.channels, one.parameters, narrows=False, widens=True, slots=one.slots
            )
        for name, made in layers.trials.items():
            before, now = made.channels
            worth = self.worth[name] = self._witness.worth_of(made)
            own = found.get(name) or LayerObservation(name, now, 0, narrows=False)
            found[name] = replace(own, widens=False, added=now - before, contribution=worth)
        for name, life in layers.lives.known().items():
            if name in found:
                found[name] = replace(found[name], phase=life.phase, epochs=life.epochs)
        return tuple(found.values())

    def _worth_of(self, seen: SlotObservation) -> Measurement | None:
        """What the live seed of a slot is worth, fully in or at its share."""
        present = seen.phase == SeedPhase.BLENDING or self._settings.isolation == "joint"
        share = seen.alpha if present else 1.0
        return self._witness.worth(f"{seen.slot}/{seen.seed}", share, present=present)

    def _fossils(self, seen: SlotObservation) -> tuple[Measurement | None, ...]:
        shares = self._editor.network.slot(seen.slot).shares
        return tuple(
            self._witness.worth(f"{seen.slot}/{name}", shares[name], present=True)
            for name in seen.fossils
        )

    def _slot(self, place: str) -> SlotObservation:
        """A slot of which nothing was measured."""
        life, slot = self._editor.lives[place], self._editor.network.slot(place)
        return SlotObservation(
            slot=place,
            phase=life.phase,
            seed=life.seed,
            blueprint=life.blueprint,
            epochs=life.epochs,
            alpha=slot.shares[slot.live] if slot.live and life.phase in LIVE else 0.0,
            offers=self._offers[place],
            fossils=tuple(name for name in slot.shares if name != slot.live),
        )
