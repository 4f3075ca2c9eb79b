# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The controller that prunes: what it cuts, when, and when it lets be."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence import many
from vynapse.errors import ConfigError, TrainingError
from vynapse.esper.leyline.actions import Narrow, Prune
from vynapse.esper.leyline.controller import Controller
from vynapse.esper.leyline.observation import LayerObservation, Observation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.tamiyo.controllers import CONTROLLERS, make_controller
from vynapse.esper.tamiyo.pruning import Pruning
from vynapse.seeding import Streams

from .looks import actions, empty, look, nats

LAYERS = (LayerObservation("host.0", 20, 10), LayerObservation("host.2", 8, 50))


def make(**keys: Any) -> Pruning:
    controller = make_controller(
        CONTROLLERS.choose({"kind": "pruning", **keys}, "controller"), Streams(0)
    )
    assert isinstance(controller, Pruning)
    return controller


def seen(*slots: Any, epoch: int = 0, losses: tuple[float, ...] = (), **keys: Any) -> Observation:
    losses = losses or (1.0,) * (epoch + 1)
    return look(*slots, losses=losses, **{"layers": LAYERS, **keys})


def fossil(name: str, *worths: Any, **keys: Any) -> Any:
    names = tuple(f"s{index}" for index in range(len(worths)))
    return empty(
        name, phase=SeedPhase.FOSSILIZED, seed=names[-1], fossils=names,
        fossil_contributions=worths, **keys,
    )  # fmt: skip


def test_it_is_a_controller_and_loads_no_torch() -> None:
    assert isinstance(make(), Controller)


def test_each_layer_gives_a_share_of_its_channels() -> None:
    assert actions(make(share=0.25), seen()) == [Narrow("host.0", 15), Narrow("host.2", 6)]
    assert actions(make(share=0.01), seen()) == [Narrow("host.0", 19), Narrow("host.2", 7)]


def test_no_more_goes_than_the_target_asks_for() -> None:
    """540 of 1000 parameters, 500 are wanted: 4 channels of 10 parameters are enough."""
    assert actions(make(share=0.5), seen(parameters=540)) == [Narrow("host.0", 16)]
    assert actions(make(share=0.5), seen(parameters=541)) == [Narrow("host.0", 15)]
    small = seen(parameters=740, initial_parameters=1000)
    assert actions(make(share=0.5, target=0.6), small) == [
        Narrow("host.0", 10), Narrow("host.2", 7)
    ]  # fmt: skip


def test_a_layer_keeps_a_channel() -> None:
    layers = (LayerObservation("a", 1, 10), LayerObservation("b", 2, 10))
    assert actions(make(share=0.9), seen(layers=layers)) == [Narrow("b", 1)]


def test_it_is_done_at_the_target_and_asks_for_nothing_more() -> None:
    controller = make()
    assert controller.wants_fossil_contributions
    assert actions(controller, seen(parameters=500)) == []
    assert not controller.wants_fossil_contributions
    assert actions(controller, seen(fossil("early", nats(-1.0)), epoch=9, parameters=900)) == []


def test_it_rests_after_a_cut_and_asks_only_when_it_may_cut_again() -> None:
    controller = make(rest=3)
    asked, cut = [], []
    for epoch in range(7):
        asked.append(controller.wants_fossil_contributions)
        cut.append(bool(actions(controller, seen(epoch=epoch))))
    assert cut == asked == [True, False, False, True, False, False, True]


def test_the_fossil_that_contributes_least_goes_first_and_alone() -> None:
    slots = (fossil("early", nats(0.5), nats(-0.02)), fossil("late", nats(-0.05)), empty("last"))
    (decision,) = make().decide(seen(*slots))
    assert decision.action == Prune("late", "s0")
    assert decision.gates[-1].gate == "no contribution"
    assert decision.gates[-1].measured == nats(-0.05)
    assert all(gate.passed for gate in decision.gates)


@pytest.mark.parametrize(
    ("worth", "least", "goes"),
    [
        (nats(-0.01, 0.01), 0.0, True),
        (nats(-0.01, 0.011), 0.0, False),
        (nats(0.02, 0.01), 0.03, True),
        (nats(0.0, 0.0), 0.0, True),
        (nats(-1.0, None), 0.0, False),
        (None, 0.0, False),
    ],
)
def test_a_fossil_goes_when_it_surely_does_nothing(worth: Any, least: float, goes: bool) -> None:
    controller = make(least_contribution=least)
    found = actions(controller, seen(fossil("early", worth)))
    assert found == (
        [Prune("early", "s0")] if goes else [Narrow("host.0", 16), Narrow("host.2", 7)]
    )


def test_nothing_is_cut_while_the_loss_is_too_high() -> None:
    controller = make(tolerance=0.1, rest=1)
    assert actions(controller, seen())
    assert actions(controller, seen(epoch=1, losses=(1.0, 1.11))) == []
    assert controller.wants_fossil_contributions, "it still waits for an occasion"
    decisions = controller.decide(seen(epoch=2, losses=(1.0, 1.11, 1.1)))
    (stable,) = decisions[0].gates
    assert (stable.gate, stable.threshold, stable.passed) == ("stability", 1.1, True)


def test_nothing_is_cut_when_no_rest_would_follow() -> None:
    assert actions(make(rest=2), seen(epoch=8, progress=0.8, epoch_share=0.1))
    assert actions(make(rest=2), seen(epoch=8, progress=0.81, epoch_share=0.1)) == []


def test_a_network_with_nothing_to_cut_is_refused_at_the_first_look() -> None:
    with pytest.raises(ConfigError, match="controller pruning: the network has no fossil and no"):
        make().decide(seen(empty(), layers=()))
    assert actions(make(), seen(empty(), epoch=1, layers=())) == []
    assert actions(make(), seen(fossil("early", nats(1.0)), layers=())) == []
    with pytest.raises(TrainingError, match="controller pruning decides by the validation loss"):
        make().decide(look(losses=(), epoch=0, layers=LAYERS))


@pytest.mark.parametrize("keys", [{"target": 1.0}, {"share": 0.0}, {"rest": 0}, {"slots": 3}])
def test_what_is_wrong_is_said_in_a_sentence(keys: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=rf"controller\.{next(iter(keys))}: "):
        make(**keys)


@settings(max_examples=many(sample=10, evidence=80), derandomize=True)
@given(
    share=st.floats(0.01, 0.9),
    target=st.floats(0.05, 0.95),
    rest=st.integers(1, 3),
    worths=st.lists(st.floats(-1, 1), max_size=4),
    loss=st.lists(st.floats(0.8, 1.3), min_size=30, max_size=30),
)
def test_it_cuts_what_there_is_to_the_target_and_resumes_alike(
    share: float, target: float, rest: int, worths: list[float], loss: list[float]
) -> None:
    keys = {"share": share, "target": target, "rest": rest}
    controller, channels, left = make(**keys), {"a": 30, "b": 12}, list(enumerate(worths))
    last = -rest
    for epoch in range(30):
        size = 10 * sum(channels.values()) + 100 * len(left)
        slots = [fossil(f"slot{index}", nats(worth)) for index, worth in left]
        layers = tuple(LayerObservation(name, count, 10) for name, count in channels.items())
        whole = 420 + 100 * len(worths)
        observation = look(
            *slots, losses=(1.0, *loss[:epoch]), layers=layers, parameters=size,
            initial_parameters=whole,
        )  # fmt: skip
        twin = make(**keys)
        twin.load(json.loads(json.dumps(controller.state())))
        assert twin.wants_fossil_contributions == controller.wants_fossil_contributions
        found = actions(controller, observation)
        assert actions(twin, observation) == found
        assert twin.state() == controller.state()
        if found:
            assert epoch - last >= rest
            assert size > target * whole
            assert observation.validation_loss[-1] <= 1.1
            last = epoch
        for action in found:
            if isinstance(action, Prune):
                assert len(found) == 1
                worst = min(left, key=lambda item: item[1])
                assert action.slot == f"slot{worst[0]}"
                left.remove(worst)
            else:
                assert isinstance(action, Narrow)
                assert 1 <= action.channels < channels[action.layer]
                channels[action.layer] = action.channels
        after = 10 * sum(channels.values()) + 100 * len(left)
        if found and not isinstance(found[0], Prune):
            assert after > target * whole - 10, "at most a part of a channel too many"
