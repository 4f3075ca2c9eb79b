# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The object that `vynapse.grow` gives: it is told of steps and epochs, and grows the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, final

import torch
from torch import Tensor, nn

from vynapse.core import State
from vynapse.core.compatible import MADE, unloadable
from vynapse.errors import CheckpointError, ConfigError
from vynapse.esper.leyline.controller import Controller, memory_of, needs_of, remind
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.leyline.phases import Cause, SeedPhase
from vynapse.esper.nissa.gradients import Parameters
from vynapse.esper.nissa.story import STORY
from vynapse.esper.tolaria.own_loop.callback import GrowthCallback
from vynapse.esper.tolaria.own_loop.diary import Diary, clip
from vynapse.esper.tolaria.own_loop.editor import LoopEditor
from vynapse.esper.tolaria.own_loop.rest import AtRest
from vynapse.esper.tolaria.own_loop.settings import LoopSettings
from vynapse.esper.tolaria.own_loop.surveyor import Surveyor
from vynapse.esper.tolaria.own_loop.tensors import copied, fill, refuse_parts, refuse_tensors
from vynapse.esper.tolaria.own_loop.widenings import Choice, Event
from vynapse.esper.tolaria.own_loop.witness import Validation, Witness
from vynapse.networks.state import NetworkState


@final
class Grower:
    """Grows a model in a loop that somebody else drives. Made by `vynapse.grow`.

    Attributes:
        model: the user's own module.
        optimizer: the user's own optimiser.
        events: what has happened, as mappings with `kind` and `data`.
    """

    def __init__(
        self,
        model: nn.Module,
        editor: LoopEditor,
        surveyor: Surveyor,
        witness: Witness,
        controller: Controller,
        settings: LoopSettings,
        rest: AtRest,
        made: State,
        *,
        steps_per_epoch: int,
        scheduler: Any,
        on_event: Callable[[Event], object] | None,
    ) -> None:
        self.model, self.optimizer = model, editor.members.optimizer
        self.events: list[Event] = []
        self._editor, self._surveyor, self._witness = editor, surveyor, witness
        self._controller, self._settings, self._rest = controller, settings, rest
        self._made, self._scheduler, self._on_event = made, scheduler, on_event
        self._diary = Diary(steps_per_epoch)
        self._sizes = surveyor.parameters(), surveyor.flops()
        self._initial = self._sizes[0]
        self._worth: dict[str, list[float]] = {}
        self._hook: Any = None
        self._live, self._finished = False, False

    def after_step(self, loss: float | Tensor) -> None:
        """Call it after each step of the optimiser.

        Args:
            loss: that of the batch; with accumulation, that of the last part or their mean.
        """
        self._diary.step(loss)
        if self._live:
            self._editor.before_batch(self._diary.steps)

    def begin(self, validation: Validation) -> None:
        """Measure the model before the first epoch, and let the controller decide.

        It may be left out. A controller that looks at the first losses sees one more with it, and
        `host_epochs: 0` lets seeds germinate at once.

        Args:
            validation: see `after_epoch`.

        Raises:
            ConfigError: an epoch has begun already.
        """
        self._going()
        diary = self._diary
        if diary.steps or diary.validation:
            raise ConfigError("begin: call it once, before the first step of the optimiser")
        diary.validation.append(self._witness.ask(validation))
        self._tell(self._decide())
        self._begin_epoch()

    def after_epoch(self, validation: Validation) -> None:
        """Call it after each epoch. Here seeds germinate, blend in, fossilise and are culled.

        The global generators are afterwards where one call of the validation leaves them, and parts
        of the model keep their modes.

        Args:
            validation: a function of no argument that gives the losses of the validation examples
                (n,), or their mean. It is called once, and once more for each seed that trains or
                blends in, with the model in evaluation mode and without gradients. It has to go
                through the same examples in the same order each time. With a mean, or with a number
                in place of the function, the worth of a seed is not measured.

        Raises:
            ConfigError: no step was made since the last epoch, the validation gives something
                else, or the controller ordered what cannot be done.
        """
        self._going()
        diary, editor = self._diary, self._editor
        if not diary.epoch_steps:
            raise ConfigError(
                "after_epoch: no step was made since the last one: call "
                "grower.after_step(loss) after each optimizer.step()"
            )
        grown = any(editor.network.slot(place).shares for place in editor.network.places)
        grown |= bool(editor.layers.trials)
        loss = self._witness.ask(validation, again=grown)
        sound = diary.turn(loss)
        editor.blend_steps = max(1, round(self._settings.blend_epochs * diary.last_steps))
        editor.lives.age()
        editor.layers.lives.age()
        events = editor.tidy(diary.epoch, diary.steps)
        if not sound:
            events += self._cull_all(f"a loss is not finite: validation {loss:g}")
        elif self._progress() != 1:
            events += self._decide()
        else:
            self._observe()  # so that `finish` knows what the seeds are worth
        self._tell(events)
        self._begin_epoch()

    def widen(self, layer: str, channels: int, choice: Choice = "split") -> None:
        """Give a layer of the model more channels, after a step or an epoch.

        The model computes what it did, and the optimiser remembers what it did of every value that
        there was. Parameters of other shapes take the places of those there were, in the model and
        in the optimiser: what your loop keeps of parameters elsewhere has to be made anew.

        Args:
            layer: its name; `widenable()` has those that can become wider.
            channels: how many it is to have.
            choice: `split` copies channels and shares out what reads them, `zero` adds fresh ones
                that nothing reads yet.

        Raises:
            ConfigError: the layer cannot become wider, or the optimiser remembers it in a shape
                that is not known; nothing was changed.
        """
        self._going()
        diary = self._diary
        self._tell(self._editor.widen(layer, channels, choice, diary.epoch, diary.steps))

    def widenable(self) -> dict[str, int]:
        """The layers that can become wider, with the channels that they have."""
        self._going()
        return {one.layer: one.channels for one in self._editor.layers.offered()}

    def finish(self, validation: Validation | None = None) -> nn.Module:
        """End the growth: a seed that has proved its worth stays, every other one goes.

        A seed has proved it when it takes part in the output, and the lower bound of its
        contribution at the last epoch was above 0.

        Args:
            validation: what the contributions are measured anew by; see `after_epoch`.

        Returns:
            The user's own module, with fossils as ordinary parts. Where it does not call all of its
            parts by their names, they follow as hooks.
        """
        self._going()
        if validation is not None:
            self._witness.ask(validation)
            self._observe()
        events, diary = list[Event](), self._diary
        for place in self._editor.live():
            events += self._settle_seed(place)
        self._tell(events)
        self._editor.lives.age()
        self._tell(self._editor.tidy(diary.epoch, diary.steps))
        self._watch({})
        self._finished = True
        return self._rest.settle(self._editor.network)

    def network(self) -> NetworkState:
        """The finished model as data: what `vynapse` exports, predicts with and grows on.

        Raises:
            ConfigError: `finish` was not called, or the model cannot be made again from data.
        """
        if not self._finished:
            raise ConfigError("network: call finish() first")
        return self._rest.network(self.model)

    def story(self) -> str:
        """What grew, when and why, in words."""
        told = STORY.tell(self.events, self._diary.epoch) or [STORY.silence or "nothing grew"]
        return "\n".join(told)

    def callback(self, validation: Validation) -> GrowthCallback:
        """For a trainer that calls back as Lightning does; for the validation see `after_epoch`."""
        return GrowthCallback(self.after_step, self.after_epoch, validation)

    def __enter__(self) -> Grower:
        """`with vynapse.grow(...) as grower:` finishes at the end, unless something is raised."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and not self._finished:
            self.finish()

    def state_dict(self) -> State:
        """Model, optimiser, scheduler, seeds, controller and counters, as copies.

        `torch.save` keeps it, and `torch.load(..., weights_only=True)` reads it. The state of a
        `GradScaler`, of generators and of a loader is the loop's own.
        """
        self._going()
        scheduler = self._scheduler
        return {
            MADE: self._made,
            "model": copied(self.model.state_dict()),
            "growth": self._editor.state(),
            "diary": self._diary.state(),
            "controller": memory_of(self._controller),
            "scheduler": None if scheduler is None else scheduler.state_dict(),
            "events": list(self.events),
            "worth": dict(self._worth),
        }

    def load_state_dict(self, state: State) -> None:
        """Become the grower whose `state_dict()` this was, with its model and optimiser.

        Args:
            state: the state of a grower that was made in the same way.

        Raises:
            CheckpointError: it is of one made differently, or was damaged; nothing was loaded.
        """
        self._going()
        refuse_parts(state, self._made, schedules=self._scheduler is not None)
        before = self.state_dict()
        try:
            with unloadable("grower"):
                self._take(state)
        except CheckpointError:
            self._take(before)
            raise

    def _take(self, state: State) -> None:
        editor, growth = self._editor, state["growth"]
        editor.rebuild(growth)
        self._surveyor.look()
        refuse_tensors(self.model.state_dict(), state["model"])
        fill(self.model, state["model"])
        self._diary.load(state["diary"])
        last = self._diary.last_steps
        editor.blend_steps = max(1, round(self._settings.blend_epochs * last))
        editor.resume(growth, self._diary.steps)
        self._diary.watch_on(state["diary"], self._seeds())
        if self._scheduler is not None:
            self._scheduler.load_state_dict(state["scheduler"])
        remind(self._controller, state["controller"])
        self._sizes = self._surveyor.parameters(), self._surveyor.flops()
        self.events = [dict(event) for event in state["events"]]
        self._worth = {place: list(worth) for place, worth in state["worth"].items()}
        self._listen()

    def _observe(self) -> Observation:
        diary, surveyor = self._diary, self._surveyor
        needs = needs_of(self._controller)
        slots = surveyor.slots(diary.health(), needs)
        layers = surveyor.layers(needs)
        self._worth = {
            place: [worth.value, worth.low]
            for place, worth in surveyor.worth.items()
            if worth is not None and worth.low is not None
        }
        settings = self._settings
        share = None if settings.epochs is None else 1 / settings.epochs
        if settings.total_steps is not None and diary.last_steps:
            share = diary.last_steps / settings.total_steps
        return Observation(
            epoch=diary.epoch,
            progress=self._progress(),
            epoch_share=share,
            training_loss=tuple(diary.training),
            validation_loss=tuple(diary.validation),
            chance_loss=settings.chance_loss,
            parameters=self._sizes[0],
            initial_parameters=self._initial,
            flops=self._sizes[1],
            slots=slots,
            layers=layers,
        )

    def _decide(self) -> list[Event]:
        observation = self._observe()
        decisions = self._controller.decide(observation)
        return self._editor.carry_out(decisions, observation, self._diary.steps)

    def _progress(self) -> float | None:
        """Share of the budget that is spent; None where none was named."""
        settings, diary = self._settings, self._diary
        if settings.epochs is not None:
            return min(1.0, diary.epoch / settings.epochs)
        if settings.total_steps is not None:
            return min(1.0, diary.steps / settings.total_steps)
        return None

    def _settle_seed(self, place: str) -> list[Event]:
        """Let a live seed become a fossil or go."""
        editor, diary = self._editor, self._diary
        takes_part = place in editor.layers.trials
        if not takes_part:
            slot = editor.network.slot(place)
            takes_part = slot.flow == "open" and slot.shares[slot.live or ""] > 0
        if not (takes_part and place in self._worth and self._worth[place][1] > 0):
            reason = "the growth has ended, and it has not proved its worth"
            return [editor.follow(place, Cause.CULL, reason, diary.epoch, diary.steps)]
        reason = "the growth has ended, and the validation loss is lower with it"
        causes = [Cause.FOSSILIZE]
        if place in editor.lives.live(SeedPhase.TRAINING):
            causes.insert(0, Cause.BLEND)
        return [editor.follow(place, c, reason, diary.epoch, diary.steps) for c in causes]

    def _cull_all(self, reason: str) -> list[Event]:
        diary, editor = self._diary, self._editor
        live = editor.live()
        return [editor.follow(p, Cause.CULL, reason, diary.epoch, diary.steps) for p in live]

    def _seeds(self) -> dict[str, Parameters]:
        """The parameters of live seeds, by slot."""
        editor, found = self._editor, dict[str, Parameters]()
        for place in editor.lives.live():
            found[place] = editor.parameters(place, editor.network.slot(place).live or "")
        return found

    def _begin_epoch(self) -> None:
        self._watch(self._seeds())
        self._editor.before_batch(self._diary.steps)

    def _watch(self, seeds: dict[str, Parameters]) -> None:
        self._diary.watch(seeds)
        self._listen()

    def _listen(self) -> None:
        """Be asked before each step of the optimiser, while seeds live."""
        self._live = bool(self._editor.lives.live())
        if self._hook is not None:
            self._hook.remove()
        self._hook = None
        if self._live and not self._finished:
            self._hook = self.optimizer.register_step_pre_hook(self._before_step)

    def _before_step(self, optimizer: torch.optim.Optimizer, *_arguments: Any) -> None:
        """Look at the gradients of seeds, and clip those of seeds in training."""
        scale: Tensor | None = getattr(optimizer, "grad_scale", None)  # of an AMP that is fused
        self._diary.look(scale)
        limit, editor = self._settings.seed_clip_norm, self._editor
        for place in editor.lives.live(SeedPhase.TRAINING) if limit is not None else ():
            slot = editor.network.slot(place)
            clip(list(slot.seed(slot.live or "").parameters()), limit or 1.0, scale)

    def _tell(self, events: Sequence[Event]) -> None:
        if any("channels" in event["data"] for event in events):
            self._surveyor.look()
        if events:
            self._sizes = self._surveyor.parameters(), self._surveyor.flops()
        for event in events:
            self.events.append(event)
            if self._on_event is not None:
                self._on_event(event)

    def _going(self) -> None:
        if self._finished:
            raise ConfigError("grower: finish() was called: the growth has ended")
