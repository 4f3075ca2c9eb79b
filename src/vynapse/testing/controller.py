# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of controllers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final

from vynapse.esper.leyline.actions import Decision, Germinate
from vynapse.esper.leyline.controller import Controller, Remembering, memory_of, remind
from vynapse.esper.leyline.legal import legal, objection
from vynapse.esper.leyline.limits import Limits
from vynapse.testing.demand import demand, global_generators
from vynapse.testing.growing_world import LOOKS, GrowingWorld

_WORLDS: Final = 12


def check_controller(
    make: Callable[[], Controller], limits: Limits | None = None, worlds: int = _WORLDS
) -> None:
    """A controller keeps its promises: legal orders, the same ones again, also after a resume.

    It decides in made-up worlds, where seeds are measured at random and slots do as they are told.

    Args:
        make: returns a fresh controller of one configuration and seed; called twice a world.
        limits: limits of size that its germinations have to keep; None for none.
        worlds: how many.
    """
    before = global_generators()
    one = make()
    demand(isinstance(one, Controller), "a controller must have the method decide")
    halves = [hasattr(one, "state"), hasattr(one, "load")]
    demand(halves[0] == halves[1], "a controller must have both state and load, or neither")
    for seed in range(worlds):
        _check_world(make, limits, seed)
    demand(global_generators() == before, "decide() read or changed a global random generator")


def _check_world(make: Callable[[], Controller], limits: Limits | None, seed: int) -> None:
    world, controller = GrowingWorld(seed), make()
    twin: Controller | None = make()
    when = 1 + seed % (LOOKS - 1)
    for look in range(LOOKS):
        observation = world.observation()
        if look == when and isinstance(controller, Remembering):
            twin = make()
            remind(twin, _through_json(controller))
        decisions = controller.decide(observation)
        again = [] if twin is None else twin.decide(observation)
        demand(
            list(again) == list(decisions),
            f"look {look}: two controllers of one configuration, the second resumed at look {when} "
            f"where it has a memory, decide {list(decisions)} and {list(again)}",
        )
        _check_form(decisions, look)
        for decision in decisions:
            _obey(world, decision, limits, look)
        world.live()


def _check_form(decisions: Sequence[Decision], look: int) -> None:
    parts = [
        getattr(decision.action, "slot", getattr(decision.action, "layer", None))
        for decision in decisions
    ]
    demand(
        len(set(parts)) == len(parts), f"look {look}: one action for a slot at most, got {parts}"
    )
    for decision in decisions:
        demand(
            bool(decision.reason) and "\n" not in decision.reason,
            f"look {look}: a reason of one clause was wanted, got {decision.reason!r}",
        )


def _obey(world: GrowingWorld, decision: Decision, limits: Limits | None, look: int) -> None:
    """Carry out a decision, if it is legal after those before."""
    observation, action = world.observation(), decision.action
    reason = objection(action, observation)
    demand(reason is None, f"look {look}: {action} is not legal: {reason}")
    if isinstance(action, Germinate) and limits is not None:
        demand(action in legal(observation, limits), f"look {look}: {action} is beyond the limits")
    world.obey(action)


def _through_json(controller: Controller) -> dict[str, object]:
    """Its memory after a trip to a checkpoint."""
    memory = memory_of(controller)
    try:
        found: dict[str, object] = json.loads(json.dumps(memory))
    except (TypeError, ValueError) as error:
        raise AssertionError(f"state() must be made of JSON values: {error}") from None
    return found
