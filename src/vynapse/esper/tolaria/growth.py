# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth without a controller: an environment that lives, is observed and is acted upon.

    growth = Growth(stage, settings, blueprints)
    observation = growth.observe()         # before the first epoch, and after each
    growth.apply(decisions)                # some of leyline.legal(observation)
    epoch = growth.live()                  # batches, a validation, the governor's look

The governor is asked before anything else is made of an epoch. A sick network goes back to what it
was before the epoch, and its live seeds are culled; what the sick epoch cost stays counted. Where
no seed lives and nothing was cut there is nothing to undo. Then only a loss that is not finite is
an error, as in mode sgd. The state to go back to is the one that a checkpoint holds, so that a
rollback and a resume are one mechanism.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import torch

from vynapse.core import Cost, Evaluation, State
from vynapse.errors import ConfigError
from vynapse.esper.leyline.actions import Decision
from vynapse.esper.leyline.observation import Needs, Observation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.tolaria.descent import Descent, Diverged
from vynapse.esper.tolaria.editor import NetworkEditor
from vynapse.esper.tolaria.flop_table import FlopTable
from vynapse.esper.tolaria.governor import Governor, chance_loss
from vynapse.esper.tolaria.growing_network import GrowingNetwork
from vynapse.esper.tolaria.growth_state import nothing_to_blame, winner_in
from vynapse.esper.tolaria.layer_probe import LayerProbe
from vynapse.esper.tolaria.layers import Event
from vynapse.esper.tolaria.meter import Meter
from vynapse.esper.tolaria.probe import Probe
from vynapse.esper.tolaria.resting import Resting
from vynapse.esper.tolaria.settings import GrowSettings, isolation_of
from vynapse.esper.tolaria.survey import Survey
from vynapse.networks.state import NetworkState
from vynapse.telemetry.parts import clocked
from vynapse.trainers import order
from vynapse.trainers.feed import Feed
from vynapse.trainers.mode import Stage
from vynapse.trainers.rehearsal import rehearse
from vynapse.trainers.schedules import Schedule


@dataclass(frozen=True, slots=True)
class Epoch:
    """What happened in an epoch.

    Attributes:
        number: epochs done.
        sound: the network stayed healthy. Otherwise it is as it was before the epoch, but for its
            live seeds, which were culled.
        metrics: measurements by name; none of a sick epoch.
        happenings: the events, in order.
    """

    number: int
    sound: bool
    metrics: Mapping[str, float]
    happenings: tuple[Event, ...]


@final
class Growth:
    """A network that is trained epoch by epoch and may be changed in between.

    Args:
        stage: the task, the network to begin with, the budget and the random streams.
        settings: the keys of mode grow; its controller is not looked at.
        blueprints: what may germinate; None for all built-in ones.
        grows: whether the network needs a slot; one that is only trained or pruned does without.

    Attributes:
        isolation: how seeds learn before they blend in, as the settings or the stage have it.
        network: what grows.
        editor: changes it, and knows the lives of its seeds.
        flops: operations of its parts.
        epoch: epochs done.
        batches: batches done.
        initial_parameters: parameters of the network that growth began with.
        winner: the network of the lowest validation loss so far; before the first, the start. Once
            something was pruned, it is the best since: pruning is to give a smaller network.
        winner_loss: its validation loss.
        seconds: wall-clock seconds of training, validation and measuring.
        feed: the batches that it trains on.

    Raises:
        ConfigError: there is nowhere to grow, nothing to train, or no slot offers a blueprint.
    """

    def __init__(
        self,
        stage: Stage,
        settings: GrowSettings,
        blueprints: tuple[str, ...] | None = None,
        *,
        grows: bool = True,
    ) -> None:
        self.isolation = isolation_of(settings, stage)
        self._settings = settings = settings.model_copy(update={"isolation": self.isolation})
        task, training, device = stage.supervised, settings.training, torch.device(stage.device)
        rehearse(stage, training.batch_size)
        start = stage.network, settings.slots, task.input_shape, device, stage.examples()
        self.network = GrowingNetwork(*start, stage.donors, grows=grows)
        if not any(p.requires_grad for p in self.network.module.parameters()):
            raise ConfigError(
                "network: mode grow needs a parameter that requires a gradient, this one has none"
            )
        self.initial_parameters = self.network.parameters()
        rules = self.isolation, settings.seed_clip_norm, stage.streams
        self._descent = Descent(self.network, task, training, *rules)
        batches = order.order_of(task, training.batch_size, stage.streams)
        self._epoch_steps = settings.epoch_steps or batches.steps_per_epoch
        survey = Survey(blueprints, settings.operator)
        survey.check(self.network)
        self.feed = Feed(task, training.batch_size, stage.streams, device)
        self.editor = NetworkEditor(
            self.network,
            self._descent,
            survey,
            settings,
            self._epoch_steps,
            stage.streams,
            self._next,
        )
        self._chance, self._resting = chance_loss(task), Resting(stage)
        self._governor = Governor(settings.governor, self._chance)
        self._probe = Probe(stage, settings, survey)
        self._layers = LayerProbe(self._probe, self.editor, survey, self._next)
        self._schedule = Schedule(
            training.schedule,
            warmup=training.warmup,
            step_every=training.step_every or 1,
            step_factor=training.step_factor,
            final_factor=training.final_factor,
        )
        epoch_size = order.examples_before(batches, self._epoch_steps)
        sizes = len(task.split("validation")), epoch_size
        self._meter = Meter(stage.budget, self.isolation, *sizes)
        self.epoch = self.batches = self._rollbacks = 0
        self._training_losses: list[float] = []
        self._validation_losses: list[float] = []
        self.winner, self.winner_loss = stage.network, math.inf
        self._pruned = False  # since the winner was found: then the next network is to be it
        self.seconds = {"training": 0.0, "validation": 0.0, "measuring": 0.0}
        self._count_anew()
        self._initial_flops = self.flops.network()

    def live(self) -> Epoch:
        """Train for an epoch, and go back if the network became sick.

        Raises:
            TrainingError: the network is sick and no live seed can be blamed for it.
        """
        self._begin()
        # without a live seed there is nothing to go back to
        before = self.snapshot() if self.editor.live() else None
        self.epoch += 1
        metrics: dict[str, float] = {}
        try:
            events, sound = self._live(metrics), True
        except Diverged as error:
            metrics = {}
            events, sound = self._roll_back(str(error), before), False
        return Epoch(self.epoch, sound, metrics, tuple(events))

    def observe(self, needs: Needs = Needs()) -> Observation:  # noqa: B008 - frozen
        """Measure the network as it is now. Before the first epoch it is validated for that.

        Args:
            needs: what is to be measured beside what always is.
        """
        self._begin()
        with clocked(self.seconds, "measuring"):
            found = self._probe.measure(self.network, self.editor.lives, self.flops, needs)
            layers = self._layers.measure(self.flops, needs)
            self._meter.cost += found.cost + layers.cost
        return Observation(
            epoch=self.epoch,
            progress=self.progress(),
            epoch_share=self._meter.epoch_share(self.flops),
            training_loss=tuple(self._training_losses),
            validation_loss=tuple(self._validation_losses),
            chance_loss=self._chance,
            parameters=self._parameters,
            initial_parameters=self.initial_parameters,
            flops=self.flops.network(),
            slots=found.slots,
            layers=layers.layers,
            initial_flops=self._initial_flops,
        )

    def apply(self, decisions: Sequence[Decision]) -> tuple[Event, ...]:
        """Do what was decided, all of it or, if any of it is impossible, nothing.

        Args:
            decisions: at most one decision for each slot or layer; each is legal (`leyline.legal`)
                after those before.

        Returns:
            The events, in order.

        Raises:
            ConfigError: one of them is not legal.
        """
        events = self.editor.carry_out(decisions, self.epoch, self.batches)
        self._meter.cost += self._layers.price(self.flops, events)
        self._pruned |= any(kind == "growth.prune" for kind, _ in events)
        self._count_after(events)
        return tuple(events)

    @property
    def cost(self) -> Cost:
        """All work so far."""
        return self._meter.cost

    def progress(self) -> float | None:
        """Share of the budget that is spent, in [0, 1]; None where no limit of cost is set."""
        return self._meter.progress(self.epoch)

    def census(self) -> dict[str, float]:
        """What there is in the network, by the names of metrics."""
        module, lives = self.network.module, self.editor.lives
        slots = [module.slot(place) for place in module.places]
        return {
            "epoch": float(self.epoch),
            "batches": float(self.batches),
            "parameters": float(self._parameters),
            "live_seeds": float(len(lives.live())),
            "fossils": float(sum(len(s.shares) - (s.live is not None) for s in slots)),
            "rollbacks": float(self._rollbacks),
        }

    def snapshot(self) -> State:
        """What a rollback restores; winner, cost and the number of epochs are none of it.

        The key "garden" is that of older checkpoints.
        """
        return {
            "garden": self.editor.state(),
            "batches": self.batches,
            "training_losses": list(self._training_losses),
            "validation_losses": list(self._validation_losses),
        }

    def state(self) -> State:
        """Everything: the network with its seeds, the optimiser's memory, lives, counters."""
        return {
            "growth": self.snapshot(),
            "epoch": self.epoch,
            "rollbacks": self._rollbacks,
            "forwards": self.cost.forwards,
            "backwards": self.cost.backwards,
            "flops": self.cost.flops,
            "pruned": self._pruned,
            "winner_loss": self.winner_loss if self.epoch else None,
            "winner_structure": self.winner.structure.model_dump(mode="json"),
            "winner": {name: tensor.copy() for name, tensor in self.winner.tensors.items()},
        }

    def load(self, state: State) -> None:
        """Become what `state` was made of, whose form is that of `form_of`."""
        self._restore(state["growth"])
        self.epoch, self._rollbacks = state["epoch"], state["rollbacks"]
        self._meter.cost = Cost(state["forwards"], state["backwards"], state["flops"])
        self._pruned = state["pruned"]
        self.winner_loss = state["winner_loss"] if self.epoch else math.inf
        self.winner = winner_in(state)

    def _begin(self) -> None:
        """Validate the network before anything else is done with it."""
        if not self._validation_losses:
            self._keep(*self._validate())

    def _live(self, metrics: dict[str, float]) -> list[Event]:
        """An epoch of a network that stays healthy.

        Raises:
            Diverged: it does not.
        """
        with clocked(self.seconds, "training"):
            events, training_loss = self._train(metrics)
        candidate, evaluation = self._validate()
        trouble = self._governor.trouble(training_loss, evaluation.loss, self._validation_losses)
        finite = math.isfinite(training_loss) and math.isfinite(evaluation.loss)
        # with nothing to take back this is plain gradient descent, which may recover from a spike
        if trouble is not None and (self.editor.live() or self._pruned or not finite):
            raise Diverged(trouble)
        self._keep(candidate, evaluation)
        self._training_losses.append(training_loss)
        metrics |= {"validation_loss": evaluation.loss, "training_loss": training_loss}
        if "accuracy" in evaluation.metrics:
            metrics["accuracy"] = evaluation.metrics["accuracy"]
        self.editor.age()
        self._count_after(tidied := self.editor.tidy(self.epoch, self.batches))
        events += tidied
        with clocked(self.seconds, "measuring"):
            found = self._probe.profile(self.network)
        layers = {name: value for name, value in found.items() if "/" in name}
        metrics |= {name: value for name, value in found.items() if name not in layers}
        if layers and self._settings.profile != "off":
            events.append(("growth.measured", {"epoch": self.epoch, "values": layers}))
        return events

    def _train(self, metrics: dict[str, float]) -> tuple[list[Event], float]:
        """The batches of an epoch; what happened to seeds, and the mean loss."""
        events: list[Event] = []
        losses, norms, rate = [], [], 0.0
        self._probe.begin(self.network, self.editor.lives)
        germinated, training, frozen = self._learners()
        for index in range(self._epoch_steps):
            if index and self._meter.exhausted(self.flops):
                break
            progress = self._meter.progress(self.epoch - 1 + index / self._epoch_steps)
            factor = self._schedule.factor_along(self.batches, progress or 0.0)
            rate = self._settings.training.learning_rate * factor
            self.editor.rise(self.batches)
            inputs, targets = self.feed.batch(self.batches)
            trained = self._descent.update(
                self.batches, self.network.inputs(inputs), targets, rate, training, frozen=frozen
            )
            self._probe.after_batch()
            self._meter.trained(len(inputs), self.flops, germinated, training, frozen=frozen)
            self.batches += 1
            losses.append(trained.loss)
            norms.append(trained.norm)
            if index == 0:
                self._count_after(events := self.editor.start(self.epoch, self.batches))
                germinated, training, frozen = self._learners()
        metrics["learning_rate"] = rate
        metrics["gradient_norm"] = sum(norms) / len(norms)
        return events, sum(losses) / len(losses)

    def _next(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The next training batch."""
        return self.feed.batch(self.batches)

    def _learners(self) -> tuple[list[str], list[str], bool]:
        """Slots whose seeds have germinated, those in which they train, and if the host is held."""
        lives = self.editor.lives
        germinated, training = lives.live(SeedPhase.GERMINATED), lives.live(SeedPhase.TRAINING)
        return germinated, training, self._descent.freezes([*germinated, *training])

    def _validate(self) -> tuple[NetworkState, Evaluation]:
        """Validate the network as it would be handed out."""
        candidate = self.network.winner()
        with clocked(self.seconds, "validation"):
            evaluation = self._resting.evaluate(candidate, self.network.module)
        self._meter.validated(self.flops)
        return candidate, evaluation

    def _keep(self, candidate: NetworkState, evaluation: Evaluation) -> None:
        """Remember what a healthy network scored, and the network if it is the best so far."""
        self._validation_losses.append(evaluation.loss)
        smaller = self._pruned and math.isfinite(evaluation.loss)
        if smaller or evaluation.loss < self.winner_loss:
            self.winner, self.winner_loss, self._pruned = candidate, evaluation.loss, False

    def _roll_back(self, trouble: str, before: State | None) -> list[Event]:
        """Return to the last healthy epoch and cull the seeds that lived then."""
        if before is None:
            raise nothing_to_blame(trouble, self.epoch, pruned=self._pruned)
        self._restore(before)
        self._rollbacks += 1
        about = {"reason": trouble, "epoch": self.epoch, **self.editor.live_parts()}
        events: list[Event] = [("growth.rollback", about)]
        events += self.editor.cull_all(trouble, self.epoch, self.batches)
        self._count_anew()
        return events

    def _restore(self, growth: State) -> None:
        self.editor.load(growth["garden"])
        self.batches = growth["batches"]
        self._training_losses = list(growth["training_losses"])
        self._validation_losses = list(growth["validation_losses"])
        self._count_anew()

    def _count_after(self, events: Sequence[Event]) -> None:
        """What events have changed is counted anew: it takes as long as some batches."""
        if events:
            self._count_anew()

    def _count_anew(self) -> None:
        """The network has other parts: count them."""
        self.flops = FlopTable(self.network)
        self._layers.forget()
        self._parameters = self.network.parameters()
