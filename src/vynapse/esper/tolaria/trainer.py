# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The trainer that grows its network. A step is an epoch: a fixed number of batches, then a look.

    batches -> validation -> governor -> measurements -> controller -> edits -> snapshot

The governor is asked before anything else is made of an epoch. A sick network is rolled back to
the snapshot that was taken after the last healthy epoch, and its live seeds are culled; what the
sick epoch cost stays counted. Where no seed lives and nothing was cut there is nothing to undo:
then only a loss that is not finite is an error, as in mode sgd. The snapshot is the trainer's own
state, so that a rollback and a resume are one mechanism.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import final

import torch

from vynapse.core import Cost, Evaluation, Report, State, Trainer
from vynapse.errors import ConfigError, TrainingError
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.leyline.stages import SeedStage
from vynapse.esper.tamiyo.choice import make_controller, parse_controller
from vynapse.esper.tolaria.body import Body
from vynapse.esper.tolaria.descent import Descent, Diverged
from vynapse.esper.tolaria.garden import Event, Garden
from vynapse.esper.tolaria.governor import Governor, chance_loss
from vynapse.esper.tolaria.prices import Prices, passes
from vynapse.esper.tolaria.probe import Probe
from vynapse.esper.tolaria.settings import GrowSettings, problems_with
from vynapse.networks import modules
from vynapse.networks.state import NetworkState
from vynapse.trainers import order
from vynapse.trainers.feed import Feed
from vynapse.trainers.mode import Stage
from vynapse.trainers.schedules import Schedule


@final
class GrowthTrainer(Trainer):
    """Trains the network of a stage by gradient descent and lets it grow.

    Raises:
        ConfigError: settings contradict each other or the stage, or there is nowhere to grow.
    """

    def __init__(self, stage: Stage, settings: GrowSettings) -> None:
        if problems := problems_with(stage, settings):
            raise ConfigError(problems)
        self._stage, self._settings = stage, settings
        task, training = stage.supervised, settings.training
        device = torch.device(stage.device)
        controller = parse_controller(settings.controller)
        self._body = Body(stage.network, settings.slots, task.input_shape, device)
        if not any(p.requires_grad for p in self._body.network.parameters()):
            raise ConfigError(
                "network: mode grow needs a parameter that requires a gradient, this one has none"
            )
        self._initial_parameters = self._body.parameters()
        self._descent = Descent(
            self._body.network,
            task,
            training,
            settings.isolation,
            settings.seed_clip_norm,
            stage.streams,
        )
        self._order = order.order_of(task, training.batch_size, stage.streams)
        self._epoch_steps = settings.epoch_steps or self._order.steps_per_epoch
        self._garden = Garden(self._body, self._descent, settings, self._epoch_steps, stage.streams)
        self._controller = make_controller(controller, stage.streams.child("controller"))
        self._feed = Feed(task, training.batch_size, stage.streams, device)
        self._chance = chance_loss(task)
        self._governor = Governor(settings.governor, self._chance)
        self._probe = Probe(stage, settings, getattr(controller, "blueprints", None))
        self._probe.check(self._body)
        self._schedule = Schedule(
            training.schedule,
            warmup=training.warmup,
            step_every=training.step_every or 1,
            step_factor=training.step_factor,
            final_factor=training.final_factor,
        )
        self._validation_size = len(task.split("validation"))
        self._prices = Prices(self._body.network, self._body.host_flops)
        self._epoch = self._batches = self._rollbacks = 0
        self._cost = Cost(forwards=0, backwards=0, flops=0)
        self._renewed = False  # in the step that is being made
        self._training_losses: list[float] = []
        self._validation_losses: list[float] = []
        self._winner, self._winner_loss = stage.network, math.inf
        self._pruned = False  # since the winner was found: then the next network is to be it
        self._snapshot = self._growth()
        self._seconds = {"training": 0.0, "validation": 0.0, "measuring": 0.0}

    def step(self) -> Report:
        """Train for an epoch, look at the network, and carry out what the controller decides.

        Raises:
            TrainingError: the network is sick and no live seed can be blamed for it.
        """
        self._renewed, events = False, list[Event]()
        if self._epoch == 0:
            self._keep(*self._validate())
            events += self._decide()
            self._snapshot = self._growth()
        self._epoch += 1
        metrics: dict[str, float] = {}
        try:
            events += self._live(metrics)
        except Diverged as error:
            metrics = {}
            events += self._roll_back(str(error))
        self._snapshot = self._growth()
        metrics |= self._census()
        return Report(
            self._epoch,
            self._winner_loss,
            self._cost,
            self._renewed,
            metrics,
            events=tuple(events),
        )

    def winner(self) -> NetworkState:
        """The network of the lowest validation loss so far; before the first step, the start.

        Once something was pruned, of those after it: it was pruned to have a smaller network.
        """
        return self._winner

    def choices(self) -> Mapping[str, str]:
        """Where the network may grow."""
        return {"slots": ", ".join(self._body.network.places)}

    def timings(self) -> Mapping[str, float]:
        """Seconds of training, validation and measuring."""
        return dict(self._seconds)

    def state(self) -> State:
        """Everything: the network with its seeds, the optimiser's memory, lives, counters."""
        return {
            "growth": self._snapshot,
            "epoch": self._epoch,
            "rollbacks": self._rollbacks,
            "forwards": self._cost.forwards,
            "backwards": self._cost.backwards,
            "flops": self._cost.flops,
            "pruned": self._pruned,
            "winner_loss": self._winner_loss if self._epoch else None,
            "winner_structure": self._winner.structure.model_dump(mode="json"),
            "winner": {name: tensor.copy() for name, tensor in self._winner.tensors.items()},
        }

    def load(self, state: State) -> None:
        """Become the trainer whose `state()` this was."""
        self._restore(state["growth"])
        self._snapshot = state["growth"]
        self._epoch, self._rollbacks = state["epoch"], state["rollbacks"]
        self._cost = Cost(state["forwards"], state["backwards"], state["flops"])
        self._pruned = state["pruned"]
        self._winner_loss = state["winner_loss"] if self._epoch else math.inf
        tensors = {name: tensor.copy() for name, tensor in state["winner"].items()}
        self._winner = NetworkState.from_parts(state["winner_structure"], tensors)

    def _live(self, metrics: dict[str, float]) -> list[Event]:
        """An epoch of a network that stays healthy.

        Raises:
            Diverged: it does not.
        """
        with self._clocked("training"):
            events, training_loss = self._train(metrics)
        candidate, evaluation = self._validate()
        trouble = self._governor.trouble(training_loss, evaluation.loss, self._validation_losses)
        finite = math.isfinite(training_loss) and math.isfinite(evaluation.loss)
        # with nothing to take back this is plain gradient descent, which may recover from a spike
        if trouble is not None and (self._garden.lives.live() or self._pruned or not finite):
            raise Diverged(trouble)
        self._keep(candidate, evaluation)
        self._training_losses.append(training_loss)
        metrics |= {"validation_loss": evaluation.loss, "training_loss": training_loss}
        if "accuracy" in evaluation.metrics:
            metrics["accuracy"] = evaluation.metrics["accuracy"]
        self._garden.lives.age()
        events += self._garden.tidy(self._epoch, self._batches)
        self._renew()
        with self._clocked("measuring"):
            sensed = self._probe.sense(self._body)
        metrics |= sensed.whole
        if sensed.layers and self._settings.profile != "off":
            about = {"epoch": self._epoch, "values": sensed.layers}
            events.append(("growth.measured", about))
        if self._progress() != 1:
            events += self._decide(metrics)
        return events

    def _train(self, metrics: dict[str, float]) -> tuple[list[Event], float]:
        """The batches of an epoch; what happened to seeds, and the mean loss."""
        events: list[Event] = []
        losses, norms, rate = [], [], 0.0
        self._probe.begin(self._body, self._garden.lives)
        for index in range(self._epoch_steps):
            if index and self._exhausted():
                break
            progress = self._progress(index / self._epoch_steps)
            factor = self._schedule.factor_along(self._batches, progress or 0.0)
            rate = self._settings.training.learning_rate * factor
            self._garden.rise(self._batches)
            inputs, targets = self._feed.batch(self._batches)
            germinated, training = (
                self._garden.lives.live(stage)
                for stage in (SeedStage.GERMINATED, SeedStage.TRAINING)
            )
            frozen = self._descent.freezes([*germinated, *training])
            trained = self._descent.update(
                self._batches, self._body.inputs(inputs), targets, rate, training, frozen=frozen
            )
            self._probe.after_batch()
            self._spend_batch(len(inputs), germinated, training, frozen=frozen)
            self._batches += 1
            losses.append(trained.loss)
            norms.append(trained.norm)
            if index == 0:
                events += self._garden.start(self._epoch, self._batches)
                self._renew()
        metrics["learning_rate"] = rate
        metrics["gradient_norm"] = sum(norms) / len(norms)
        return events, sum(losses) / len(losses)

    def _validate(self) -> tuple[NetworkState, Evaluation]:
        """Validate the network as it would be handed out."""
        candidate = self._body.winner()
        with self._clocked("validation"):
            predict = (
                candidate.predictor()
                if self._stage.device == "cpu"
                else modules.predictor(self._body.network)
            )
            evaluation = self._stage.supervised.evaluate(predict, "validation")
        self._cost += passes(self._validation_size, self._prices.network())
        return candidate, evaluation

    def _keep(self, candidate: NetworkState, evaluation: Evaluation) -> None:
        """Remember what a healthy network scored, and the network if it is the best so far."""
        self._validation_losses.append(evaluation.loss)
        smaller = self._pruned and math.isfinite(evaluation.loss)
        if smaller or evaluation.loss < self._winner_loss:
            self._winner, self._winner_loss = candidate, evaluation.loss
            self._pruned, self._renewed = False, True

    def _decide(self, metrics: dict[str, float] | None = None) -> list[Event]:
        """Measure, ask the controller and do what it says."""
        with self._clocked("measuring"):
            asked = getattr(self._controller, "wants_fossil_contributions", False)
            found = self._probe.look(self._body, self._garden.lives, self._prices, fossils=asked)
            self._cost += found.cost
        if metrics is not None:
            metrics |= found.metrics
        observation = Observation(
            epoch=self._epoch,
            progress=self._progress(),
            epoch_share=self._epoch_share(),
            training_loss=tuple(self._training_losses),
            validation_loss=tuple(self._validation_losses),
            chance_loss=self._chance,
            parameters=self._body.parameters(),
            initial_parameters=self._initial_parameters,
            flops=self._prices.network(),
            slots=found.slots,
            layers=found.layers,
        )
        decisions = self._controller.decide(observation)
        events = self._garden.carry_out(decisions, self._epoch, self._batches)
        self._pruned |= any(kind == "growth.prune" for kind, _ in events)
        self._renew()
        return events

    def _roll_back(self, trouble: str) -> list[Event]:
        """Return to the last healthy epoch and cull the seeds that lived then."""
        self._restore(self._snapshot)
        culled = self._garden.lives.live()
        if not culled:
            advice = (
                "cut less at a time"
                if self._pruned
                else "set training.clip_norm or lengthen training.warmup"
            )
            raise TrainingError(
                f"{trouble} in epoch {self._epoch}, and no seed was growing: lower "
                f"training.learning_rate, or {advice}"
            )
        self._rollbacks += 1
        events: list[Event] = [
            ("growth.rollback", {"reason": trouble, "epoch": self._epoch, "culled": culled})
        ]
        events += self._garden.cull_all(trouble, self._epoch, self._batches)
        self._renew()
        return events

    def _growth(self) -> State:
        """What a rollback restores; winner, cost and the number of epochs are none of it."""
        return {
            "garden": self._garden.state(),
            "controller": self._controller.state(),
            "batches": self._batches,
            "training_losses": list(self._training_losses),
            "validation_losses": list(self._validation_losses),
        }

    def _restore(self, growth: State) -> None:
        self._garden.load(growth["garden"])
        self._controller.load(growth["controller"])
        self._batches = growth["batches"]
        self._training_losses = list(growth["training_losses"])
        self._validation_losses = list(growth["validation_losses"])
        self._renew()

    def _renew(self) -> None:
        """The network has other parts: count its operations anew."""
        self._prices = Prices(self._body.network, self._body.host_flops)

    def _spend_batch(
        self, examples: int, germinated: list[str], training: list[str], *, frozen: bool
    ) -> None:
        network, isolation = self._prices.network(), self._settings.isolation
        if not frozen:
            self._cost += passes(examples, network, network)
        elif not training:
            self._cost += passes(examples, network)
        for place in germinated:
            self._cost += passes(examples, self._prices.seed(place))
        for place in training:
            if isolation == "straight_through":
                seed = self._prices.seed(place)
                self._cost += passes(examples, seed, seed)
            elif isolation in ("shadow", "frozen"):
                shadow = self._prices.shadow(place, features_known=not frozen)
                self._cost += passes(examples, shadow.forward, shadow.backward)

    def _progress(self, part: float = 1.0) -> float | None:
        """Share of the budget that is spent after so much of the running epoch."""
        budget, shares = self._stage.budget, []
        if budget.steps is not None:
            shares.append((self._epoch - 1 + part) / budget.steps)
        for name in ("forwards", "backwards", "flops"):
            limit = getattr(budget, name)
            if limit is not None:
                shares.append(getattr(self._cost, name) / limit)
        return min(1.0, max(shares)) if shares else None

    def _epoch_share(self) -> float | None:
        """Share of the budget that an epoch of the present network takes."""
        budget, shares = self._stage.budget, []
        examples = order.examples_before(self._order, self._epoch_steps)
        network = self._prices.network()
        one = passes(examples, network, network) + passes(self._validation_size, network)
        if budget.steps is not None:
            shares.append(1 / budget.steps)
        for name in ("forwards", "backwards", "flops"):
            limit = getattr(budget, name)
            if limit is not None:
                shares.append(getattr(one, name) / limit)
        return max(shares) if shares else None

    def _exhausted(self) -> bool:
        """Whether the validation at the end of the epoch will take what is left of the budget."""
        after = self._cost + passes(self._validation_size, self._prices.network())
        budget = dataclasses.replace(self._stage.budget, steps=None, seconds=None)
        return budget.spent(self._epoch, after) is not None

    def _census(self) -> dict[str, float]:
        places, lives = self._body.network.places, self._garden.lives
        slots = [self._body.network.slot(place) for place in places]
        return {
            "epoch": float(self._epoch),
            "batches": float(self._batches),
            "parameters": float(self._body.parameters()),
            "live_seeds": float(len(lives.live())),
            "fossils": float(sum(len(s.shares) - (s.live is not None) for s in slots)),
            "rollbacks": float(self._rollbacks),
        }

    @contextmanager
    def _clocked(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self._seconds[name] += time.perf_counter() - began
