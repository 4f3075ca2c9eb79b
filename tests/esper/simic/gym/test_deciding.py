# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Who decides in the gym: schedules, small policies, controllers of mode grow, their evolution."""

from __future__ import annotations

import numpy as np
import pytest

from vynapse.core import Array
from vynapse.core.control import Legal
from vynapse.errors import ConfigError
from vynapse.esper.leyline.actions import Decision, Narrow
from vynapse.esper.simic.gym import acting, compact, schedules, searching
from vynapse.esper.simic.gym.controllers import carry_out, controllers
from vynapse.esper.simic.gym.features import encode
from vynapse.esper.simic.gym.looking import Looks
from vynapse.esper.simic.gym.playing import play
from vynapse.esper.simic.gym.task import GymSettings, GymTask
from vynapse.esper.simic.gym.world import World
from vynapse.seeding import I64

WHICH = np.arange(10)


def waits(world: World, legal: Legal, episodes: I64) -> I64:
    return np.zeros((len(world), 2), np.int64)


def test_whole_episodes_are_those_of_the_environments():
    """What drops out of the world early scores what it would have."""
    task = GymTask(GymSettings())
    environments = task.environments(10, 9)
    environments.reset()
    ended = np.zeros(10, bool)
    while not ended.all():
        ended |= environments.step(np.zeros((10, 2), np.int64))[3]
    played = play(waits, 9, WHICH)
    np.testing.assert_array_equal(played.scores, environments.world.score())
    np.testing.assert_array_equal(played.epochs, environments.world.epoch)
    np.testing.assert_array_equal(played.scores, play(controllers("no-op"), 9, WHICH).scores)


def test_equal_environments_have_equal_episodes():
    played = play(waits, 2, np.array([4, 7, 4, 4]))
    assert played.scores[0] == played.scores[2] == played.scores[3] != played.scores[1]


def test_a_schedule_reaches_its_widths_in_time():
    genome = schedules.START.copy()
    genome[: len(schedules.WIDTHS)] = [-9, -9, -9, -9, -9, -9, *(9.0,) * 5]  # 10 wide at once
    played = play(schedules.Schedules(genome[None], np.zeros(10, np.int64)), 3, WHICH)
    long = played.epochs > 8
    assert long.sum() > 2
    assert (played.width[long] >= 10).all()
    assert (played.width[long] <= 16).all()
    assert (played.bodies == 0).all()
    genome[-4:-2] = 0.1  # and both bodies early
    bodies = play(schedules.Schedules(genome[None], np.zeros(10, np.int64)), 3, WHICH).bodies
    assert bodies.max() == 2


def test_schedules_beside_each_other_are_those_alone():
    rng = np.random.default_rng(0)
    genomes = schedules.START + rng.normal(size=(3, schedules.GENES))
    together = searching.scores(schedules.Schedules, genomes, 5, np.arange(4))
    for genome, scores in zip(genomes, together, strict=True):
        alone = searching.scores(schedules.Schedules, genome[None], 5, np.arange(4))[0]
        np.testing.assert_array_equal(alone, scores)


def test_a_paced_schedule_of_no_feedback_is_the_schedule():
    own = np.zeros(10, np.int64)
    plain = play(schedules.Schedules(schedules.START[None], own), 8, WHICH)
    genome = np.zeros(schedules.PACED)
    genome[: schedules.GENES] = schedules.START
    paced = play(schedules.Paced(genome[None], own), 8, WHICH)
    np.testing.assert_array_equal(plain.scores, paced.scores)
    genome[-1] = -3.0  # a clock that hardly runs
    slow = play(schedules.Paced(genome[None], own), 8, WHICH)
    assert (slow.width <= plain.width).all()
    assert slow.width.sum() < plain.width.sum()


@pytest.mark.parametrize("hidden", [0, 4])
def test_a_small_policy_is_a_network_of_all_features(hidden: int):
    rng = np.random.default_rng(hidden)
    genomes = compact.start(hidden) + rng.normal(size=(2, compact.size(hidden)))
    world = World(3, WHICH)
    world.reset(WHICH)
    for step in range(6):
        legal, own = acting.masks(world), WHICH % 2
        actions = compact.Compact(genomes, hidden, own)(world, legal, WHICH)
        for index, genome in enumerate(genomes):
            values: Array = encode(world)
            layers = compact.mlp(genome, hidden)
            for number, (weights, biases) in enumerate(layers):
                values = (np.tanh(values) if number else values) @ weights.T + biases
            wanted = GymTask(GymSettings()).act(values, legal)
            np.testing.assert_array_equal(actions[own == index], wanted[own == index], str(step))
        acting.act(world, np.where(world.over[:, None], 0, actions))
        world.live()
        world.close()


def test_a_small_policy_begins_with_waiting():
    family = compact.Compact(compact.start(4)[None], 4, np.zeros(10, np.int64))
    np.testing.assert_array_equal(play(family, 1, WHICH).scores, play(waits, 1, WHICH).scores)


@pytest.mark.parametrize("kind", ["heuristic", "fixed", "random"])
def test_controllers_of_growth_decide_here(kind: str):
    played = play(controllers(kind), 6, WHICH)
    assert played.spent.max() <= 1 + 1e-9
    assert (played.bodies > 0).any()
    again = play(controllers(kind), 6, WHICH)
    np.testing.assert_array_equal(played.scores, again.scores)


def test_what_the_gym_does_not_have_is_refused():
    world = World(1, np.arange(1))
    world.reset(np.arange(1))
    observation = Looks(world).observation(0)
    with pytest.raises(ConfigError, match="it has no action Narrow"):
        carry_out(world, 0, observation, [Decision(Narrow("host.hidden", 1), "")])


def test_a_search_finds_what_is_better_than_its_start():
    """A schedule that grows to 32 at once is bad; a few generations find a better one."""
    start = schedules.START.copy()
    start[: len(schedules.WIDTHS)] = -6
    found = searching.search(
        schedules.Schedules,
        start,
        strategy="cma-es",
        sigma=1.5,
        size=6,
        tasks=8,
        seconds=0.8,
        look_every=4,
        validation=24,
    )
    first = found.story[0][2]
    assert found.score > first + 0.05
    assert found.seconds >= 0.8
    assert found.generations == found.story[-1][0]
