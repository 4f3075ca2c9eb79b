# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Control tasks: Gymnasium's trajectories, and the same bits in C and in NumPy."""

from __future__ import annotations

import functools
import math
import threading
from typing import Any

import numpy as np
import pytest

from vynapse.evolution.neat.population import Neat
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.kernels import control, native
from vynapse.kernels.reference import control as reference
from vynapse.kernels.reference import control_episode
from vynapse.kernels.reference.control import CONTROL, Control
from vynapse.seeding import Streams

LIBRARIES = native.libraries()
NAMES = [library.instruction_set for library in LIBRARIES]
EPISODES = np.arange(40, dtype=np.int64)
each_task = pytest.mark.parametrize("task", CONTROL.values(), ids=list(CONTROL))
each_library = pytest.mark.parametrize("library", LIBRARIES, ids=NAMES)


def starts(task: Control, count: int = 40) -> np.ndarray:
    return control.reset(task, Streams(3).stream("starts"), EPISODES[:count])


def some_actions(task: Control, rng: np.random.Generator, count: int) -> np.ndarray:
    if task.actions:
        return rng.integers(0, task.actions, count).astype(np.float32)
    return rng.uniform(1.3 * task.low, 1.3 * task.high, count).astype(np.float32)


def test_sine_and_cosine():
    x = np.concatenate((np.linspace(-800, 800, 400001), np.linspace(-7, 7, 100001)))
    sine, cosine = reference.sin_cos(x)
    np.testing.assert_allclose(sine, np.sin(x), rtol=0, atol=2.3e-16)
    np.testing.assert_allclose(cosine, np.cos(x), rtol=0, atol=2.3e-16)


GYMNASIUM = {
    "cartpole": "CartPole-v1",
    "acrobot": "Acrobot-v1",
    "mountain-car": "MountainCarContinuous-v0",
    "pendulum": "Pendulum-v1",
}


@pytest.mark.parametrize("name", GYMNASIUM)
def test_trajectories_are_those_of_gymnasium(name: str):
    """Whole episodes of random actions, from the same starts."""
    gymnasium = pytest.importorskip("gymnasium")
    task, world = CONTROL[name], gymnasium.make(GYMNASIUM[name])
    assert world.spec.max_episode_steps == task.limit
    for seed in range(12):
        rng = np.random.default_rng(seed)
        world.reset(seed=seed)
        state = np.array(world.unwrapped.state, np.float64)[None]
        held = 0  # actions are held for some steps, so that there are large movements
        for _ in range(task.limit):
            if held == 0:
                action, held = some_actions(task, rng, 1), int(rng.integers(1, 20))
            held -= 1
            acts: Any = int(action[0]) if task.actions else action
            seen, reward, over, cut, _ = world.step(acts)
            state, rewards, overs = control.step(task, state, action)
            np.testing.assert_allclose(control.observe(task, state)[0], seen, rtol=0, atol=2e-5)
            assert rewards[0] == pytest.approx(reward, abs=1e-5)
            assert bool(overs[0]) == over
            if over or cut:
                break
            # rounding differs by a unit or so; it would grow along a chaotic path
            state = np.array(world.unwrapped.state, np.float64)[None]
        assert over or cut


@pytest.mark.parametrize("name", GYMNASIUM)
def test_trajectories_stay_those_of_gymnasium(name: str):
    """Without being set right after each step."""
    gymnasium = pytest.importorskip("gymnasium")
    task, world = CONTROL[name], gymnasium.make(GYMNASIUM[name]).unwrapped
    for seed in range(5):
        rng = np.random.default_rng(seed)
        world.reset(seed=seed)
        state = np.array(world.state, np.float64)[None]
        for _ in range(100):
            action = some_actions(task, rng, 1)
            acts: Any = int(action[0]) if task.actions else action
            seen, _, over, _, _ = world.step(acts)
            state, _, overs = control.step(task, state, action)
            np.testing.assert_allclose(control.observe(task, state)[0], seen, rtol=0, atol=1e-4)
            assert bool(overs[0]) == over
            if over:
                break


@each_task
@each_library
def test_steps_have_the_same_bits(task: Control, library: native.Library):
    rng = np.random.default_rng(1)
    mine = theirs = starts(task)
    for _ in range(60):
        actions = some_actions(task, rng, len(mine))
        mine, rewards, over = reference.step(task, mine, actions)
        theirs, others, ends = control.step(task, theirs, actions, library)
        assert mine.tobytes() == theirs.tobytes()
        assert rewards.tobytes() == others.tobytes()
        assert (over == ends).all()
        seen = control.observe(task, theirs, library)
        assert reference.observe(task, mine).tobytes() == seen.tobytes()


def population(task: Control, recurrent: bool, seed: int = 1) -> Neat:
    """Networks of some generations, with outputs that differ."""
    settings = NeatSettings(
        population=15, recurrent=recurrent, add_node=0.4, add_connection=0.5, initial_weight=1.0
    )
    search = Neat(settings, task.observations, max(1, task.actions), Streams(seed))
    for generation in range(5):
        search.tell(Streams(seed).stream("losses").uniform(15, generation))
    return search


@functools.cache
def played_by_numpy(name: str, recurrent: bool) -> Any:
    """Networks, view, first states, limit, and what the reference makes of them."""
    task = CONTROL[name]
    programs = population(task, recurrent).programs()
    view = control.view_of(task, sigmoid=True, updates=2)
    view.shift[:], view.scale[:] = 0.01, 1.5
    first, limit = starts(task, 19), 120 if task.states == 6 else 60
    if name == "acrobot":
        first[:, 0] += 1.6  # near its aim, or no episode would end within the limit
    wanted = control_episode.play(programs, task, view, first[None], limit)
    return programs, view, first, limit, wanted


@pytest.mark.parametrize("name", CONTROL)
@each_library
@pytest.mark.parametrize("recurrent", [False, True])
def test_episodes_have_the_same_bits(name: str, library: native.Library, recurrent: bool):
    task = CONTROL[name]
    programs, view, first, limit, wanted = played_by_numpy(name, recurrent)
    got = control.play(programs, task, view, first, limit, library)
    for part in ("returns", "steps", "over", "wiggle"):
        assert getattr(wanted, part).tobytes() == getattr(got, part).tobytes(), part
    assert len(np.unique(got.returns)) > 1
    own = np.repeat(first[None], len(programs), axis=0)
    one = control.play(programs, task, view, own, limit, library)
    assert one.returns.tobytes() == got.returns.tobytes()


@each_library
@pytest.mark.threads
@pytest.mark.parametrize("threads", [2, 5, 100])
def test_threads_share_the_networks(library: native.Library, threads: int):
    """As many as there are networks at most; all end, and no bit changes."""
    programs, view, first, limit, wanted = played_by_numpy("cartpole", False)
    before = threading.active_count()
    got = control.play(programs, CONTROL["cartpole"], view, first, limit, library, threads)
    assert threading.active_count() == before
    for part in ("returns", "steps", "over"):
        assert getattr(wanted, part).tobytes() == getattr(got, part).tobytes(), part


@each_task
def test_an_episode_knows_nothing_of_the_others(task: Control):
    """Alone, in any company and at any place it goes the same way."""
    programs = population(task, recurrent=True).programs()
    view, first = control.view_of(task, sigmoid=True), starts(task, 21)
    together = control.play(programs, task, view, first, limit=60)
    for episode in (0, 7, 20):
        alone = control.play(programs, task, view, first[episode : episode + 1], limit=60)
        assert alone.returns[:, 0].tobytes() == together.returns[:, episode].tobytes()


@each_task
def test_starts_are_keyed_by_episode(task: Control):
    stream = Streams(5).stream("starts")
    all_of_them = control.reset(task, stream, EPISODES)
    some = control.reset(task, stream, EPISODES[[7, 3]])
    assert some.tobytes() == all_of_them[[7, 3]].tobytes()
    low, high = np.array(task.starts).T
    assert (all_of_them >= low).all()
    assert (all_of_them <= high).all()
    if (low < high).any():
        assert len(np.unique(all_of_them[:, 0])) == 40
        assert (control.reset(task, stream, EPISODES, 1) != all_of_them).any()


def test_balanced_poles_stay_balanced():
    """Nothing moves without a push; a leaning long pole leans further, until a pole has fallen."""
    task = CONTROL["double-pole"]
    still = np.zeros((1, 6))
    for _ in range(100):
        still, _, over = control.step(task, still, np.zeros(1))
    assert (still == 0).all()
    assert not over.any()
    state, steps, over, first = starts(task, 1), 0, np.zeros(1, bool), 0.07
    while not over.any():
        state, _, over = control.step(task, state, np.zeros(1))
        steps += 1
        assert state[0, 2] > first if steps < 10 else True
        first = state[0, 2]
    assert 20 < steps < 200
    assert np.abs(state[0, [2, 4]]).max() > 36 * math.pi / 180


def test_runge_kutta_conserves_the_energy_of_a_double_pendulum():
    """Acrobot without torque: a test of the equations that no other program is needed for."""
    task, state = CONTROL["acrobot"], np.array([[1.0, 0.5, 0.0, 0.0]])

    def energy(s: np.ndarray) -> float:
        first, second, w1, w2 = s[0]
        d1 = 3.5 + math.cos(second)
        d2 = 1.25 + 0.5 * math.cos(second)
        kinetic = float(0.5 * d1 * w1**2 + d2 * w1 * w2 + 0.5 * 1.25 * w2**2)
        return kinetic - 14.7 * math.cos(first) - 4.9 * math.cos(first + second)

    before = energy(state)
    for _ in range(20):
        state, _, _ = control.step(task, state, np.ones(1))
    assert energy(state) == pytest.approx(before, abs=0.05)


def test_gruaus_fitness():
    played = control.Played.room(1, 3)
    played.steps[0] = [50, 100, 1000]
    played.wiggle[0] = [0, 7.5, 1.5]
    wanted = [0.1 * 0.05, 0.1 * 0.1 + 0.9 * 0.1, 0.1 + 0.9 * 0.5]
    np.testing.assert_allclose(control.gruau_fitness(played)[0], wanted)


def test_the_625_starts():
    first = control.generalisation_starts()
    assert first.shape == (625, 6)
    assert len(np.unique(first, axis=0)) == 625
    np.testing.assert_allclose(first[:, 0].max(), 0.9 * 2.16)
    np.testing.assert_allclose(first.mean(axis=0), 0, atol=1e-12)
    assert (first[:, 4:] == 0).all()


def test_what_does_not_fit_is_refused():
    cartpole, acrobot = CONTROL["cartpole"], CONTROL["acrobot"]
    with pytest.raises(ValueError, match="actions: 0 to 1 were wanted"):
        control.step(cartpole, starts(cartpole, 2), np.array([0, 2]))
    with pytest.raises(ValueError, match=r"actions: shape \(2,\) was wanted"):
        control.step(cartpole, starts(cartpole, 2), np.array([0]))
    programs = population(cartpole, recurrent=False).programs()
    view = control.view_of(cartpole, sigmoid=True)
    with pytest.raises(ValueError, match="networks with 6 inputs were wanted, got 4"):
        control.play(programs, acrobot, view, starts(acrobot))
    with pytest.raises(ValueError, match="starts: "):
        control.play(programs, cartpole, view, np.zeros((3, 5)))
    pole = CONTROL["double-pole-no-velocities"]
    two = Neat(NeatSettings(population=5), 3, 2, Streams(1)).programs()
    with pytest.raises(ValueError, match="networks with 1 output were wanted, got 2"):
        control.play(two, pole, view, starts(pole))


def test_cartpole_is_learnt():
    task = CONTROL["cartpole"]
    search = Neat(NeatSettings(population=150), 4, 1, Streams(1))
    view, stream = control.view_of(task, sigmoid=True), Streams(1).stream("episodes")
    for generation in range(30):
        first = control.reset(task, stream, EPISODES[:5], generation)
        played = control.play(search.programs(), task, view, first)
        mean = played.returns.mean(axis=1)
        search.tell(-mean)
        if mean.max() >= 475:
            break
    assert mean.max() >= 475
