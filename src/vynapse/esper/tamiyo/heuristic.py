# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth by what is measured: a seed where the host has plateaued, then gates all the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Final, final

from vynapse.core import State
from vynapse.core.compatible import TEXT, Kind, Listed, Named, refuse_misfit
from vynapse.errors import CheckpointError, TrainingError
from vynapse.esper.leyline.actions import (
    Blend,
    Cull,
    Decision,
    Fossilize,
    Germinate,
    Narrow,
    Widen,
)
from vynapse.esper.leyline.legal import objection
from vynapse.esper.leyline.limits import GrowthLimits
from vynapse.esper.leyline.measurement import GateResult
from vynapse.esper.leyline.observation import Observation, SlotObservation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.tamiyo import gates
from vynapse.esper.tamiyo.heuristic_settings import HeuristicSettings
from vynapse.esper.tamiyo.kind import ControllerKind
from vynapse.esper.tamiyo.wider import judged, widenings


@final
class Heuristic:
    """Decides by gates. Early slots come first; a blueprint gets a few chances in a slot.

    Args:
        settings: thresholds.
    """

    def __init__(self, settings: HeuristicSettings) -> None:
        self._settings = settings
        # by slot: its seed, and the validation loss at the last look before it began to blend in
        self._before: dict[str, tuple[str | None, float]] = {}
        # by slot: seeds that were culled there, and their blueprints
        self._culled: dict[str, dict[str, str]] = {}
        self._begun = False  # whether anything has germinated yet
        self._widens = settings.bottleneck is not None

    def decide(self, observation: Observation) -> Sequence[Decision]:
        """What to do now.

        Raises:
            TrainingError: no validation loss was measured yet.
        """
        if not observation.validation_loss:
            raise TrainingError(
                "controller heuristic decides by the validation loss, and there is none: "
                "measure it before the first look"
            )
        self._notice(observation)
        settings = self._settings
        seeds = [self._judge(slot, observation) for slot in observation.slots]
        channels = [judged(layer, settings) for layer in observation.layers]
        decisions = [decision for decision in [*seeds, *channels] if decision is not None]
        room = GrowthLimits(observation, settings, decisions)
        wider = list(self._widenings(observation, room, decisions))
        moving = {_place(d) for d in [*channels, *wider] if d is not None}
        return [*decisions, *wider, *self._germinations(observation, room, moving)]

    @property
    def wants_bottlenecks(self) -> bool:
        """Whether it looks at layers that may become wider."""
        return self._widens

    def state(self) -> State:
        """What it remembers: losses before blending began, culled blueprints, and if it began."""
        return {
            "before": {slot: [seed, loss] for slot, (seed, loss) in self._before.items()},
            "culled": {slot: dict(seeds) for slot, seeds in self._culled.items()},
            "begun": self._begun,
            "widens": self._widens,
        }

    def load(self, state: State) -> None:
        """Become the controller whose `state()` this was.

        Raises:
            CheckpointError: it was damaged; nothing was loaded.
        """
        # version 0.1 knew no deadline and no wider layers: its runs go on without them
        if not {"begun", "widens"} & state.keys():
            state = {"begun": True, "widens": False, **state}
        either = Kind("a seed or a loss", (str, float, int, type(None)))
        flag = Kind("true or false", (bool,))
        form = {
            "before": Named(Listed(either)),
            "culled": Named(Named(TEXT)),
            "begun": flag,
            "widens": flag,
        }
        refuse_misfit("controller heuristic", form, state)
        for slot, before in state["before"].items():
            if len(before) != 2:
                raise CheckpointError(
                    f"controller heuristic: the state does not fit: before.{slot}: a seed and a "
                    f"loss were wanted, got {before}"
                )
        self._before = {slot: (seed, loss) for slot, (seed, loss) in state["before"].items()}
        self._culled = {slot: dict(seeds) for slot, seeds in state["culled"].items()}
        self._begun, self._widens = state["begun"], state["widens"]

    def _notice(self, observation: Observation) -> None:
        """Remember what later looks do not show."""
        for slot in observation.slots:
            self._begun = self._begun or slot.seed is not None or bool(slot.fossils)
            if slot.phase in {SeedPhase.CULLED, SeedPhase.EMBARGOED}:  # the governor culls too
                self._refuse(slot)
            before = self._before.get(slot.slot)
            known = before is not None and before[0] == slot.seed
            if slot.phase == SeedPhase.TRAINING or (slot.phase == SeedPhase.BLENDING and not known):
                self._before[slot.slot] = (slot.seed, observation.validation_loss[-1])
            elif slot.phase != SeedPhase.BLENDING:
                self._before.pop(slot.slot, None)

        for layer in observation.layers:
            self._begun = self._begun or layer.phase != SeedPhase.DORMANT
            if layer.phase in {SeedPhase.CULLED, SeedPhase.EMBARGOED}:
                self._culled.setdefault(layer.layer, {})[str(layer.channels)] = "wider"

    def _cull(self, slot: SlotObservation, reason: str, *asked: GateResult) -> Decision:
        self._refuse(slot)
        return Decision(Cull(slot.slot), reason, asked)

    def _refuse(self, slot: SlotObservation) -> None:
        """The blueprint of the slot's seed has had a chance there."""
        if slot.seed is not None and slot.blueprint is not None:
            self._culled.setdefault(slot.slot, {})[slot.seed] = slot.blueprint

    def _tries(self, slot: SlotObservation) -> Counter[str]:
        """How many seeds of each blueprint were culled in a slot."""
        return Counter(self._culled.get(slot.slot, {}).values())

    def _judge(self, slot: SlotObservation, observation: Observation) -> Decision | None:
        if slot.phase == SeedPhase.TRAINING:
            return self._train(slot)
        if slot.phase == SeedPhase.BLENDING:
            return self._blend(slot, observation)
        return None

    def _train(self, slot: SlotObservation) -> Decision | None:
        """Whether a seed in training is to blend in, to be culled, or to go on."""
        settings = self._settings
        drop = gates.drop(slot, settings.largest_drop)
        if drop.passed and slot.epochs >= settings.drop_epochs:
            reason = "the validation loss would be higher with the seed than without it"
            return self._cull(slot, reason, drop)
        asked = (
            gates.gradient_health(slot, settings.least_health),
            gates.gain(slot, settings.least_gain),
            gates.training_time(slot, settings.training_epochs),
        )
        if _all_passed(asked):
            reason = "the seed learns well and would do no harm"
            return Decision(Blend(slot.slot), reason, asked)
        late = gates.training_limit(slot, settings.training_limit)
        if late.passed:
            reason = "the seed has not passed the gates to blending in time"
            return self._cull(slot, reason, *asked, late)
        return None

    def _blend(self, slot: SlotObservation, observation: Observation) -> Decision | None:
        """Whether a blending seed is to fossilize, to be culled, or to go on."""
        settings = self._settings
        begin = self._before[slot.slot][1]
        harm = gates.harm(slot, settings.largest_harm)
        if harm.passed:
            reason = "the validation loss is higher with the seed than without it"
            return self._cull(slot, reason, harm)
        asked = (
            gates.alpha(slot),
            gates.stability(observation, begin, settings.stable_rise),
            gates.contribution(slot, settings.least_contribution),
        )
        if _all_passed(asked):
            reason = "the seed has blended in and lowers the validation loss"
            return Decision(Fossilize(slot.slot), reason, asked)
        grown, _, useful = asked
        regression = gates.regression(observation, begin, settings.regression_rise)
        if regression.passed and not useful.passed:  # else the loss would be higher without it
            reason = "the validation loss has risen too far since the seed began to blend in"
            return self._cull(slot, reason, regression, useful)
        late = gates.blending_limit(slot, settings.blending_limit)
        if late.passed and grown.passed and not useful.passed:
            reason = "the seed has blended in and has not proved its worth in time"
            return self._cull(slot, reason, *asked, late)
        return None

    def _widenings(
        self, observation: Observation, room: GrowthLimits, decided: Sequence[Decision]
    ) -> Iterator[Decision]:
        budget = self._budget(observation)
        asked = (gates.host_epochs(observation, self._settings.host_epochs), *budget)
        if not self._widens or not _all_passed(asked):
            return iter(())
        busy = {_place(decision) for decision in decided}
        return widenings(observation, self._settings, room, asked, self._culled, busy)

    def _germinations(
        self, observation: Observation, room: GrowthLimits, moving: Collection[str]
    ) -> Iterator[Decision]:
        """Seeds for open slots, but for those that a layer passes which is becoming wider."""
        passed = {slot for one in observation.layers if one.layer in moving for slot in one.slots}
        reason, asked = self._occasion(observation)
        if not _all_passed(asked):
            return
        for slot in observation.slots:
            tries = self._tries(slot)
            refused = [name for name, count in tries.items() if count >= self._settings.chances]
            offers = room.offers(slot, but=refused)
            if not offers or slot.slot in passed:
                continue
            chosen = min(offers, key=lambda offer: tries[offer.blueprint])
            action = Germinate(slot.slot, chosen.blueprint)
            if objection(action, observation) is None:
                room.take(chosen)
                yield Decision(action, reason, asked)

    def _occasion(self, observation: Observation) -> tuple[str, tuple[GateResult, ...]]:
        """Why seeds might germinate now, and the gates to it."""
        settings, always = self._settings, self._budget(observation)
        epochs = settings.training_epochs + settings.blending_epochs
        if settings.host_epochs == 0 and observation.epoch == 0:
            return "the network has been trained already", always
        if not self._begun and settings.deadline is not None:
            due = gates.deadline(observation, settings.deadline, epochs, settings.reserve)
            if due is not None and due.passed:
                return "it is time for the first seeds", (due, *always)
        asked = (
            gates.host_epochs(observation, settings.host_epochs),
            gates.plateau(observation, settings.plateau_window, settings.plateau_gain),
        )
        return "the validation loss does not surely fall any more", (*asked, *always)

    def _budget(self, observation: Observation) -> tuple[GateResult, ...]:
        """What is asked of the budget before anything grows."""
        settings = self._settings
        epochs = settings.training_epochs + settings.blending_epochs
        gate = gates.budget(observation, epochs, settings.reserve)
        return () if gate is None else (gate,)


def _place(decision: Decision) -> str:
    """The slot or layer that a decision is about."""
    action = decision.action
    return action.layer if isinstance(action, (Narrow, Widen)) else action.slot


def _all_passed(asked: Sequence[GateResult]) -> bool:
    return all(gate.passed for gate in asked)


KIND: Final = ControllerKind(
    "heuristic",
    "germinates where the network has plateaued, and lets each seed pass gates or culls it",
    HeuristicSettings,
    lambda settings, _streams: Heuristic(settings),
)
