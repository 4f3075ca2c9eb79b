# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The lives of the seeds of a network, as far as they are not in its weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, final

from vynapse.core.compatible import TEXT_OR_NONE, WHOLE, OneOf
from vynapse.esper.leyline.phases import LIVE, Cause, SeedPhase, follow


@dataclass(frozen=True, slots=True)
class Life:
    """A slot's newest seed.

    Attributes:
        phase: what it is doing.
        seed: its name in the slot, None where there was none.
        blueprint: what it was made from.
        epochs: growth steps since it entered its phase.
        planted: how many seeds the slot has had; the next is named after it.
        since: optimiser steps of the run when it entered its phase.
    """

    phase: SeedPhase = SeedPhase.DORMANT
    seed: str | None = None
    blueprint: str | None = None
    epochs: int = 0
    planted: int = 0
    since: int = 0


@final
class Lifecycle:
    """Phases by slot. Every change is an edge of `leyline.TRANSITIONS`.

    Args:
        places: names of the slots.
        planted: how many seeds each has had already.
    """

    def __init__(self, planted: dict[str, int]) -> None:
        self._lives = {place: Life(planted=count) for place, count in planted.items()}

    def __getitem__(self, place: str) -> Life:
        return self._lives[place]

    def live(self, *phases: SeedPhase) -> list[str]:
        """Slots whose newest seed is in one of the phases; by default in any in which it lives."""
        wanted: Iterable[SeedPhase] = phases or LIVE
        return [place for place, life in self._lives.items() if life.phase in wanted]

    def advance(self, place: str, cause: Cause, step: int) -> Life:
        """Let the newest seed of a slot leave its phase.

        Raises:
            IllegalTransition: it cannot.
        """
        life = self._lives[place]
        life = replace(life, phase=follow(life.phase, cause), epochs=0, since=step)
        self._lives[place] = life
        return life

    def begin(self, place: str, cause: Cause, blueprint: str, step: int, letter: str = "s") -> Life:
        """Begin the life of a new seed; after a fossil the slot is dormant again first.

        Args:
            place: where; one that was not known has had nothing yet.
            cause: germination, or entry as a part of the network at once.
            blueprint: what it is made from.
            step: optimiser steps of the run.
            letter: what its name begins with; its number follows.
        """
        life = self._lives.get(place, Life())
        if life.phase == SeedPhase.FOSSILIZED:
            life = replace(life, phase=SeedPhase.DORMANT)
        self._lives[place] = life
        life = self.advance(place, cause, step)
        name = f"{letter}{life.planted}"
        life = replace(life, seed=name, blueprint=blueprint, planted=life.planted + 1)
        self._lives[place] = life
        return life

    def germinate(self, place: str, blueprint: str, step: int) -> Life:
        """Begin the life of a new seed in a slot by germination."""
        return self.begin(place, Cause.GERMINATE, blueprint, step)

    def age(self) -> None:
        """A growth step has passed."""
        self._lives = {p: replace(life, epochs=life.epochs + 1) for p, life in self._lives.items()}

    def told(
        self,
        place: str,
        before: SeedPhase,
        cause: Cause,
        reason: str,
        epoch: int,
        gates: Sequence[Mapping[str, Any]],
    ) -> dict[str, Any]:
        """What an event of kind `growth.stage` says of every life, after it has left `before`."""
        life = self._lives[place]
        return {
            "slot": place,
            "seed": life.seed,
            "blueprint": life.blueprint,
            "from": str(before),
            "to": str(life.phase),
            "cause": str(cause),
            "reason": reason,
            "epoch": epoch,
            "gates": [dict(gate) for gate in gates],
        }

    def state(self) -> dict[str, Any]:
        """JSON values. A phase stands under the key "stage", as in older checkpoints."""
        lives = {place: asdict(life) for place, life in self._lives.items()}
        return {place: {"stage": life.pop("phase"), **life} for place, life in lives.items()}

    def plain_state(self) -> dict[str, Any]:
        """The state with texts in the place of phases: what `torch.load` reads safely."""
        return {p: {**life, "stage": str(life["stage"])} for p, life in self.state().items()}

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        self._lives = {
            place: Life(SeedPhase(life["stage"]), **{k: v for k, v in life.items() if k != "stage"})
            for place, life in state.items()
        }

    def forget(self, places: Iterable[str]) -> None:
        """These are no more."""
        for place in list(places):
            del self._lives[place]

    def known(self) -> dict[str, Life]:
        """All lives."""
        return dict(self._lives)

    def form(self) -> dict[str, Any]:
        """What a state of the same places may look like."""
        return dict.fromkeys(self._lives, self.form_of_one())

    @staticmethod
    def form_of_one() -> dict[str, Any]:
        """What the state of a place may look like."""
        return {
            "stage": OneOf(tuple(SeedPhase)),
            "seed": TEXT_OR_NONE,
            "blueprint": TEXT_OR_NONE,
            **dict.fromkeys(("epochs", "planted", "since"), WHOLE),
        }
