# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""When the heuristic makes layers wider, and what becomes of new channels."""

from dataclasses import replace
from typing import Any

import pytest

from vynapse.esper.leyline.actions import Cull, Fossilize, Germinate, Widen
from vynapse.esper.leyline.measurement import Measurement
from vynapse.esper.leyline.observation import LayerObservation, Offer
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.tamiyo.heuristic import Heuristic
from vynapse.esper.tamiyo.heuristic_settings import HeuristicSettings

from .looks import actions, empty, look, nats

VECTORS = (Offer("light", 100, 200), Offer("heavy", 400, 800))
"""Two operations go with each weight: seeds of a slot of vectors."""


def heuristic(**settings: Any) -> Heuristic:
    return Heuristic(HeuristicSettings(**({"host_epochs": 1, "largest_harm": 0.0} | settings)))


def layer(name: str = "host.0", share: float | None = 0.9, **changes: Any) -> LayerObservation:
    measured = None if share is None else Measurement(share, None, 100, "share")
    fields: dict[str, Any] = {"channels": 4, "parameters": 10, "widens": True, "slots": ("early",)}
    return LayerObservation(name, **(fields | {"bottleneck": measured} | changes))


def trial(**changes: Any) -> LayerObservation:
    fields: dict[str, Any] = {
        "channels": 8,
        "added": 4,
        "widens": False,
        "phase": SeedPhase.BLENDING,
    }
    return layer(share=None, **(fields | {"epochs": 1, "contribution": nats(0.1)} | changes))


def test_a_layer_that_uses_its_width_becomes_wider_and_its_slot_waits() -> None:
    seen = look(empty("early", offers=VECTORS), empty("late", offers=VECTORS), layers=(layer(),))
    wider, seed = heuristic(live_seeds=1).decide(seen)
    assert wider.action == Widen("host.0", 8)
    assert [(gate.gate, gate.passed) for gate in wider.gates] == [
        ("host epochs", True),
        ("bottleneck", True),
    ]
    assert seed.action == Germinate("late", "heavy")
    assert Widen("host.0", 12) in actions(heuristic(widening=3.0), seen)


@pytest.mark.parametrize("share", [0.39, None])
def test_a_layer_that_does_not_use_its_width_keeps_it(share: float | None) -> None:
    seen = look(empty("early", offers=VECTORS), layers=(layer(share=share),))
    assert actions(heuristic(), seen) == [Germinate("early", "heavy")]


def test_widening_can_be_switched_off_and_is_then_not_measured() -> None:
    without = heuristic(bottleneck=None)
    assert not without.wants_bottlenecks
    assert heuristic().wants_bottlenecks
    assert actions(without, look(empty("early", offers=VECTORS), layers=(layer(),))) == [
        Germinate("early", "heavy")
    ]


def test_it_does_not_wait_for_a_plateau_but_for_the_host_and_the_budget() -> None:
    falling: dict[str, Any] = {"losses": (2.0, 1.66, 1.34, 1.0), "layers": (layer(),)}
    assert actions(heuristic(host_epochs=3), look(**falling)) == [Widen("host.0", 8)]
    assert actions(heuristic(host_epochs=4), look(**falling)) == []
    late = look(**falling, progress=0.6, epoch_share=0.1)
    assert actions(heuristic(), late) == []


def test_the_widest_in_use_come_first_and_the_limit_holds_for_all_together() -> None:
    """Two layers in a row: each new channel of one costs more once the other is wider."""
    both = (layer("host.0", 0.7), layer("host.2", 0.8))
    assert actions(heuristic(), look(layers=both)) == [Widen("host.2", 8), Widen("host.0", 8)]
    room = heuristic(parameter_limit=1.1)  # 100 parameters: 40, then 20 a channel
    assert actions(room, look(layers=both)) == [Widen("host.2", 8), Widen("host.0", 7)]
    # a channel or two of the many that are wanted are not worth a trial
    assert actions(heuristic(parameter_limit=1.05), look(layers=both)) == [Widen("host.2", 8)]


def test_seeds_go_first_where_weights_are_used_at_many_places() -> None:
    picture = empty("early", offers=(Offer("conv", 100, 50_000),))
    assert actions(heuristic(), look(picture, layers=(layer(),))) == [Germinate("early", "conv")]
    assert actions(heuristic(), look(picture, layers=(layer(slots=()),)))[0] == Widen("host.0", 8)


def test_the_width_within_a_seed_is_its_own() -> None:
    inner = layer("slots.early.seeds.s0.body.0")
    assert actions(heuristic(), look(layers=(inner,))) == []


def test_new_channels_stay_when_they_surely_help() -> None:
    (decision,) = heuristic().decide(look(layers=(trial(),)))
    assert decision.action == Fossilize("host.0")
    assert [gate.gate for gate in decision.gates] == ["training time", "contribution"]
    for changes in ({"contribution": nats(0.02, 0.03)}, {"contribution": None}, {"epochs": 0}):
        assert actions(heuristic(), look(layers=(trial(**changes),))) == []


def test_new_channels_go_when_they_surely_do_harm_or_are_of_no_use_in_time() -> None:
    assert actions(heuristic(), look(layers=(trial(contribution=nats(-0.1)),))) == [Cull("host.0")]
    unsure = trial(contribution=nats(0.0, 0.1), epochs=6)
    assert actions(heuristic(), look(layers=(unsure,))) == [Cull("host.0")]
    assert actions(heuristic(), look(layers=(replace(unsure, epochs=5),))) == []


def test_a_width_at_which_new_channels_were_culled_is_not_widened_again() -> None:
    grower = heuristic()
    culled = layer(phase=SeedPhase.CULLED)
    assert actions(grower, look(layers=(culled,))) == []
    assert actions(grower, look(layers=(layer(),))) == []
    twin = heuristic()
    twin.load(grower.state())
    assert actions(twin, look(layers=(layer(),))) == []
    assert actions(twin, look(layers=(layer(channels=6),))) == [Widen("host.0", 12)]


def test_a_layer_moves_once_at_a_look() -> None:
    grown = replace(trial(), widens=True)
    assert actions(heuristic(), look(empty("early", offers=VECTORS), layers=(grown,))) == [
        Fossilize("host.0")
    ]
