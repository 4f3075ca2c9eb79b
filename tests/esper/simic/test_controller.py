# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A network that decides about growth: a controller like any other."""

import numpy as np
import pytest

from vynapse.core import Array
from vynapse.errors import CheckpointError, ConfigError
from vynapse.esper.simic import schema
from vynapse.esper.simic.controller import Learned, LearnedSettings
from vynapse.esper.simic.features import FEATURES, encode
from vynapse.esper.tamiyo.controllers import CONTROLLERS, make_controller
from vynapse.networks.donor import Donor
from vynapse.networks.state import initial_state
from vynapse.networks.structure import parse_network
from vynapse.seeding import Streams
from vynapse.testing.controller import check_controller
from vynapse.testing.growing_world import GrowingWorld

OUTPUTS = sum(schema.FACTORS)
LIMITS = LearnedSettings(path="run:x", parameter_limit=2.0)


def donor(seed: int = 0, history: int = 2, outputs: int = OUTPUTS) -> Donor:
    inputs = history * FEATURES
    network = initial_state(parse_network({"mlp": [inputs, 8, outputs]}), Streams(seed))
    return Donor(network, (inputs,))


def made(seed: int, history: int) -> Learned:
    return Learned(LIMITS, donor(seed, history))


@pytest.mark.parametrize("history", [1, 3])
def test_it_keeps_the_promises_of_a_controller(history: int) -> None:
    check_controller(lambda: made(history, history), LIMITS, worlds=4)


def test_it_takes_what_its_network_prefers_among_what_is_legal() -> None:
    for seed in range(6):
        world, learned, past = GrowingWorld(seed), made(seed, 2), [np.zeros(FEATURES, np.float32)]
        predict = donor(seed, 2).network.predictor()
        for _ in range(8):
            observation = world.observation()
            past.append(encode(observation))
            outputs: Array = predict(np.concatenate(past[-2:])[None])[0]
            legal = schema.masks(observation, LIMITS)
            what = int(np.where(legal, outputs, -1e9)[: schema.CHOICES].argmax())
            size = int(outputs[schema.CHOICES :].argmax())
            expected = schema.decisions((what, size), observation, LIMITS)
            decisions = learned.decide(observation)
            assert decisions == expected
            for decision in decisions:
                world.obey(decision.action)
            world.live()


def test_a_network_with_a_state_is_brought_back_by_what_it_saw() -> None:
    class Counting:
        """Prefers waiting at every other look: its state is how many it saw."""

        def start(self, batch: int) -> Array:
            return np.zeros(batch)

        def __call__(self, inputs: Array, state: Array) -> tuple[Array, Array]:
            outputs = np.zeros((len(inputs), OUTPUTS), np.float32)
            outputs[:, 0 if state[0] % 2 else 1] = 1
            return outputs, state + 1

    learned = made(0, 1)
    other = made(0, 1)
    for one in (learned, other):
        one._policy, one._keeps_state = Counting(), True
        one._start()
    observation = GrowingWorld(0).observation()
    assert len(learned.decide(observation)) == 1
    other.load(learned.state())
    assert learned.decide(observation) == other.decide(observation) == ()


def test_networks_that_are_none_of_growth_are_refused() -> None:
    with pytest.raises(ConfigError, match=f"a multiple of {FEATURES} inputs"):
        Learned(LIMITS, Donor(donor().network, (4,)))
    with pytest.raises(ConfigError, match=f"a network with {OUTPUTS} outputs"):
        Learned(LIMITS, donor(outputs=2)).decide(GrowingWorld(0).observation())
    for controller in ("run", "run:somewhere"):
        with pytest.raises(ConfigError, match=r"controller\.path: the network of a run"):
            make_controller(CONTROLLERS.choose(controller), Streams(0))


def test_a_damaged_memory_is_refused() -> None:
    learned = made(0, 2)
    for state in ({}, {"seen": 1}, {"seen": [["a"]]}, {"seen": [[0.0]]}):
        with pytest.raises(CheckpointError, match="controller run"):
            learned.load(state)
