# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The trainer that grows its network. A step is an epoch, and then what a controller decides.

live -> observe -> decide -> apply
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from vynapse.core import Report, State, Trainer
from vynapse.core.compatible import MADE, unloadable
from vynapse.errors import CheckpointError, ConfigError
from vynapse.esper.kasmina.pruning import prunable
from vynapse.esper.leyline.controller import memory_of, needs_of, remind
from vynapse.esper.leyline.observation import SlotObservation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.tamiyo.controllers import make_controller
from vynapse.esper.tolaria.growing_network import GrowingNetwork
from vynapse.esper.tolaria.growth import Growth
from vynapse.esper.tolaria.growth_state import completed, made_from, refuse
from vynapse.esper.tolaria.layers import Event
from vynapse.esper.tolaria.settings import GrowSettings, problems_with
from vynapse.esper.tolaria.telling import begun, changed
from vynapse.networks.state import NetworkState
from vynapse.telemetry.parts import parted
from vynapse.trainers.mode import Stage


@final
class GrowthTrainer(Trainer):
    """Trains the network of a stage by gradient descent and lets a controller grow it.

    Attributes:
        growth: what grows.

    Raises:
        ConfigError: settings contradict each other or the stage, or there is nowhere to grow, or
            nothing to prune for a controller that does nothing else.
    """

    def __init__(self, stage: Stage, settings: GrowSettings) -> None:
        if problems := problems_with(stage, settings):
            raise ConfigError(problems)
        names = getattr(settings.controller.settings, "blueprints", None)
        blueprints = None if names is None else tuple(names)
        self._made = made_from(stage, settings)
        self.growth = Growth(stage, settings, blueprints, grows=settings.controller.kind.grows)
        if settings.controller.kind.prunes:
            _check_prunable(self.growth.network)
        streams = stage.streams.child("controller")
        self._controller = make_controller(settings.controller, streams, stage.donors)

    def step(self) -> Report:
        """Train for an epoch, observe the network, and carry out what the controller decides.

        Raises:
            TrainingError: the network is sick and no live seed can be blamed for it.
        """
        growth = self.growth
        before, metrics = growth.winner, dict[str, float]()
        form, first = growth.network.at_rest(), growth.epoch == 0
        events = [begun(growth.network), *self._decide({})] if first else []
        epoch = growth.live()
        events += epoch.happenings
        metrics |= epoch.metrics
        # what was validated may be the winner, whatever is decided next
        events += changed(form, growth.network, growth.epoch)
        form = growth.network.at_rest()
        if epoch.sound and growth.progress() != 1:
            events += self._decide(metrics)
        events += changed(form, growth.network, growth.epoch)
        return Report(
            growth.epoch,
            growth.winner_loss,
            growth.cost,
            growth.winner is not before,
            metrics | growth.census(),
            events=tuple(events),
        )

    def winner(self) -> NetworkState:
        """The network of the lowest validation loss so far; before the first step, the start.

        Once something was pruned, of those after it: it was pruned to have a smaller network.
        """
        return self.growth.winner

    def choices(self) -> Mapping[str, str]:
        """Where the network may grow, and how seeds learn before they blend in."""
        places = self.growth.network.module.places
        if not places:
            return {"slots": "none"}
        return {"slots": ", ".join(places), "isolation": self.growth.isolation}

    def timings(self) -> Mapping[str, float]:
        """Seconds of training, validation, measuring and, where there is any, waiting for data."""
        return parted(self.growth.seconds, self.growth.feed.waited)

    def close(self) -> None:
        """End the threads that read ahead."""
        self.growth.feed.close()

    def state(self) -> State:
        """All of the growth, and what the controller remembers."""
        state = {MADE: self._made, **self.growth.state()}
        state["growth"]["controller"] = memory_of(self._controller)
        return state

    def load(self, state: State) -> None:
        """Become the trainer whose `state()` this was.

        Raises:
            CheckpointError: it is that of a trainer made differently, or was damaged; nothing was
                loaded.
        """
        state = completed(state)
        refuse(state, self._made, self.growth.editor)
        before = self.state()
        try:
            with unloadable("trainer grow"):
                self._take(state)
        except CheckpointError:
            self._take(before)
            raise

    def _take(self, state: State) -> None:
        self.growth.load(state)
        remind(self._controller, state["growth"]["controller"])

    def _decide(self, metrics: dict[str, float]) -> list[Event]:
        """Observe, ask the controller and do what it says; measurements go into `metrics`."""
        observation = self.growth.observe(needs_of(self._controller))
        metrics |= _of_first_seed(observation.slots)
        return list(self.growth.apply(self._controller.decide(observation)))


def _of_first_seed(slots: Sequence[SlotObservation]) -> dict[str, float]:
    """Measurements of the first live seed."""
    for slot in slots:
        if slot.phase in (SeedPhase.TRAINING, SeedPhase.BLENDING):
            known = {
                "gradient_health": slot.gradient_health,
                "gain": slot.gain,
                "contribution": slot.contribution,
            }
            values = {name: found.value for name, found in known.items() if found is not None}
            return values | {"alpha": slot.alpha}
    return {}


def _check_prunable(network: GrowingNetwork) -> None:
    slots = (network.module.slot(place) for place in network.module.places)
    if not prunable(network.module) and not any(len(slot.seeds) for slot in slots):
        raise ConfigError(
            "network: nothing can be pruned, since it has no fossil and no layer that can become "
            "narrower, as two nn.Linear in one nn.Sequential do: choose another network, or "
            "another mode"
        )
