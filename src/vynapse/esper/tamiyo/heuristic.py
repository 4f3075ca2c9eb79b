# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth by what is measured: a seed where the host has plateaued, then gates all the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, final

from pydantic import Field, field_validator

from vynapse.core import State
from vynapse.core.compatible import TEXT, Kind, Listed, Named, refuse_misfit
from vynapse.errors import CheckpointError, TrainingError
from vynapse.esper.leyline.actions import Blend, Cull, Decision, Fossilize, Germinate
from vynapse.esper.leyline.limits import GrowthLimits
from vynapse.esper.leyline.measurement import GateResult
from vynapse.esper.leyline.observation import Observation, SlotObservation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.tamiyo import gates
from vynapse.esper.tamiyo.kind import ControllerKind
from vynapse.esper.tamiyo.limit_settings import LimitSettings


class HeuristicSettings(LimitSettings):
    """The keys of controller `heuristic`."""

    host_epochs: int = Field(
        3,
        ge=0,
        description="training before the first germination; 0: the network has been trained "
        "already, and seeds germinate at the first look: epochs",
    )
    plateau_window: int = Field(
        3, ge=1, description="over how long the fall of the validation loss is measured: epochs"
    )
    plateau_gain: float = Field(
        0.1,
        description="the host has plateaued when its validation loss falls by less than this: "
        "share of the loss, per epoch",
    )
    blending_epochs: int = Field(
        1,
        ge=0,
        description="how long blending is reckoned to take when the budget is looked at: epochs",
    )
    reserve: float = Field(
        0.25,
        ge=0,
        lt=1,
        description="what must be left when a seed that germinates now has blended in: share of "
        "the budget",
    )

    chances: int = Field(
        3,
        ge=1,
        description="a blueprint is not tried again in a slot where so many of its seeds were "
        "culled: seeds",
    )

    least_health: float = Field(
        0.8,
        ge=0,
        lt=1,
        description="least gradient health at which a seed blends: share of its layers and "
        "steps with a usable gradient",
    )
    least_gain: float = Field(
        -0.05,
        description="a seed blends when the lower bound of its gain is above this; one that "
        "does no harm alone may help once the host learns with it: unit of the loss"
        " (nats for cross-entropy)",
    )
    training_epochs: int = Field(1, ge=1, description="least time in training: epochs")
    training_limit: int = Field(
        6,
        ge=1,
        validate_default=True,
        description="a seed that may not blend after so long is culled: epochs",
    )
    drop_epochs: int = Field(
        2, ge=1, description="training before a drop in performance may cull: epochs"
    )
    largest_drop: float = Field(
        0.2,
        ge=0,
        description="a seed in training is culled when the upper bound of its gain is below minus "
        "this: unit of the loss",
    )

    stable_rise: float = Field(
        0.1,
        ge=0,
        description="a seed fossilises while the validation loss is no more than this above "
        "that at the beginning of blending: share of the latter",
    )
    least_contribution: float = Field(
        0.0,
        ge=0,
        description="a seed fossilises when the lower bound of its contribution is above this: "
        "unit of the loss",
    )
    blending_limit: int = Field(
        6,
        ge=1,
        description="a seed with alpha 1 whose contribution is not above least_contribution after "
        "so long in blending is culled: epochs",
    )
    regression_rise: float = Field(
        0.3,
        ge=0,
        validate_default=True,
        description="a blending seed whose contribution is not above least_contribution is culled "
        "when the validation loss is above that at the beginning of blending by more than this: "
        "share of the latter",
    )
    largest_harm: float = Field(
        0.2,
        ge=0,
        description="a blending seed is culled when the upper bound of its contribution is below "
        "minus this: unit of the loss",
    )

    @field_validator("training_limit")
    @classmethod
    def _time_to_train(cls, value: int, info: Any) -> int:
        least = info.data.get("training_epochs", value)
        if value < least:
            raise ValueError(f"at least training_epochs = {least}")
        return value

    @field_validator("regression_rise")
    @classmethod
    def _room_to_wait(cls, value: float, info: Any) -> float:
        stable = info.data.get("stable_rise", value)
        if value < stable:
            raise ValueError(f"at least stable_rise = {stable}")
        return value


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
        decisions = [
            decision
            for slot in observation.slots
            if (decision := self._judge(slot, observation)) is not None
        ]
        return [*decisions, *self._germinations(observation, decisions)]

    def state(self) -> State:
        """What it remembers: losses before blending began, and culled blueprints."""
        return {
            "before": {slot: [seed, loss] for slot, (seed, loss) in self._before.items()},
            "culled": {slot: dict(seeds) for slot, seeds in self._culled.items()},
        }

    def load(self, state: State) -> None:
        """Become the controller whose `state()` this was.

        Raises:
            CheckpointError: it was damaged; nothing was loaded.
        """
        either = Kind("a seed or a loss", (str, float, int, type(None)))
        form = {"before": Named(Listed(either)), "culled": Named(Named(TEXT))}
        refuse_misfit("controller heuristic", form, state)
        for slot, before in state["before"].items():
            if len(before) != 2:
                raise CheckpointError(
                    f"controller heuristic: the state does not fit: before.{slot}: a seed and a "
                    f"loss were wanted, got {before}"
                )
        self._before = {slot: (seed, loss) for slot, (seed, loss) in state["before"].items()}
        self._culled = {slot: dict(seeds) for slot, seeds in state["culled"].items()}

    def _notice(self, observation: Observation) -> None:
        """Remember what later looks do not show."""
        for slot in observation.slots:
            if slot.phase in {SeedPhase.CULLED, SeedPhase.EMBARGOED}:  # the governor culls too
                self._refuse(slot)
            before = self._before.get(slot.slot)
            known = before is not None and before[0] == slot.seed
            if slot.phase == SeedPhase.TRAINING or (slot.phase == SeedPhase.BLENDING and not known):
                self._before[slot.slot] = (slot.seed, observation.validation_loss[-1])
            elif slot.phase != SeedPhase.BLENDING:
                self._before.pop(slot.slot, None)

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

    def _germinations(
        self, observation: Observation, decided: Sequence[Decision]
    ) -> Iterator[Decision]:
        room = GrowthLimits(observation, self._settings, decided)
        reason, asked = self._occasion(observation)
        if not _all_passed(asked):
            return
        for slot in observation.slots:
            tries = self._tries(slot)
            refused = [name for name, count in tries.items() if count >= self._settings.chances]
            offers = room.offers(slot, but=refused)
            if offers:
                chosen = min(offers, key=lambda offer: tries[offer.blueprint])
                room.take(chosen)
                yield Decision(Germinate(slot.slot, chosen.blueprint), reason, asked)

    def _occasion(self, observation: Observation) -> tuple[str, tuple[GateResult, ...]]:
        """Why seeds might germinate now, and the gates to it."""
        settings = self._settings
        epochs = settings.training_epochs + settings.blending_epochs
        budget = gates.budget(observation, epochs, settings.reserve)
        always = () if budget is None else (budget,)
        if settings.host_epochs == 0 and observation.epoch == 0:
            return "the network has been trained already", always
        asked = (
            gates.host_epochs(observation, settings.host_epochs),
            gates.plateau(observation, settings.plateau_window, settings.plateau_gain),
        )
        return "the validation loss has stopped falling", (*asked, *always)


def _all_passed(asked: Sequence[GateResult]) -> bool:
    return all(gate.passed for gate in asked)


KIND: Final = ControllerKind(
    "heuristic",
    "germinates where the network has plateaued, and lets each seed pass gates or culls it",
    HeuristicSettings,
    lambda settings, _streams: Heuristic(settings),
)
