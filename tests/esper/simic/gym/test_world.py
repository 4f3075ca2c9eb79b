# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Worlds of tiny networks: what they show and allow is what leyline and the schema say."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from vynapse.esper.leyline.actions import Deepen, Germinate, Narrow, Widen
from vynapse.esper.leyline.legal import legal
from vynapse.esper.simic import features, schema
from vynapse.esper.simic.gym import acting
from vynapse.esper.simic.gym.features import encode
from vynapse.esper.simic.gym.looking import Looks
from vynapse.esper.simic.gym.tasks import EPOCHS, draw
from vynapse.esper.simic.gym.world import World
from vynapse.kernels.reference.growth import TESTED, TRAINED, VALIDATED
from vynapse.seeding import I64


def world_of(count: int, seed: int = 3) -> World:
    world = World(seed, np.arange(count))
    world.reset(np.arange(count))
    return world


def random_actions(world: World, rng: np.random.Generator, busy: float = 0.5) -> I64:
    """Legal ones, more of them growth than chance would have."""
    allowed = acting.masks(world)[:, : schema.CHOICES]
    weights = rng.random(allowed.shape) * allowed
    weights[:, 0] = np.where(rng.random(len(world)) < busy, 0, 2)
    return np.stack([weights.argmax(axis=1), rng.integers(0, 3, len(world))], axis=1)


def look_again(world: World) -> None:
    """Measure what there is without training."""
    world.shapes["steps"] = 0
    world._measure(np.arange(len(world)))


def run(world: World, rng: np.random.Generator, epochs: int) -> None:
    for _ in range(epochs):
        acting.act(world, random_actions(world, rng))
        world.live()
        world.close()


def test_features_and_masks_are_those_of_the_schema():
    world, rng = world_of(16), np.random.default_rng(0)
    seen = set()
    for _ in range(25):
        looks, ours, allowed = Looks(world), encode(world), acting.masks(world)
        for row in np.flatnonzero(~world.over).tolist():
            observation = looks.observation(row)
            seen |= {str(slot.phase) for slot in observation.slots}
            np.testing.assert_allclose(ours[row], features.encode(observation), atol=2e-5)
            np.testing.assert_array_equal(
                allowed[row], schema.masks(observation, acting.LIMITS), str(row)
            )
        acting.act(world, random_actions(world, rng))
        world.live()
        world.close()
    assert seen == {"dormant", "training", "blending", "fossilized", "embargoed"}


def test_actions_do_what_leyline_says():
    """The phases and sizes that decisions of the schema promise come about."""
    world, rng = world_of(16), np.random.default_rng(4)
    for _ in range(20):
        looks, actions = Looks(world), random_actions(world, rng)
        ordered = [
            schema.decisions(actions[row], looks.observation(row), acting.LIMITS)
            for row in range(16)
        ]
        acting.act(world, actions)
        after = Looks(world)
        for row in np.flatnonzero(~world.over).tolist():
            for decision in ordered[row]:
                action, now = decision.action, after.observation(row)
                if isinstance(action, Widen):
                    assert now.layers[0].channels == action.channels
                    assert now.layers[0].phase == "blending"
                    continue
                assert not isinstance(action, Narrow)
                parts: dict[str, Any] = {slot.slot: slot for slot in now.slots}
                parts |= {layer.layer: layer for layer in now.layers}
                part = parts[action.slot]
                assert str(part.phase) == _AFTER[type(action).__name__]
                if isinstance(action, (Germinate, Deepen)):
                    assert part.blueprint == action.blueprint
        world.live()
        world.close()


_AFTER = {
    "Germinate": "training",
    "Deepen": "blending",
    "Blend": "blending",
    "Fossilize": "fossilized",
    "Cull": "culled",
}


def test_nothing_else_of_the_schema_is_legal():
    """Every legal action of leyline that the schema can name is allowed, and no other."""
    world, rng = world_of(12, 8), np.random.default_rng(1)
    run(world, rng, 5)
    for row in np.flatnonzero(~world.over).tolist():
        observation = Looks(world).observation(row)
        named = {
            found[0]
            for action in legal(observation, acting.LIMITS)
            if (found := schema.numbers(action, observation)) is not None
        }
        allowed = np.flatnonzero(acting.masks(world)[row, : schema.CHOICES])
        assert named == set(allowed.tolist()) - {0}


@pytest.mark.parametrize("what", ["widen", "deepen", "germinate"])
def test_growth_changes_nothing_at_birth(what: str):
    world = world_of(16)
    for _ in range(3):
        world.live()
    before = world.found["validation"].copy()
    choice = {"widen": acting.WIDEN, "deepen": 2, "germinate": 1}[what]
    can = acting.masks(world)[:, choice] & ~world.over
    acting.act(world, np.stack([np.where(can, choice, 0), np.full(16, 2)], axis=1))
    look_again(world)
    np.testing.assert_allclose(world.found["validation"], before, rtol=1e-5)
    assert can.sum() > 8


def test_a_culled_part_leaves_the_network_as_it_would_be_without_it():
    world = world_of(16)
    world.live()
    can = acting.masks(world)[:, acting.WIDEN] & ~world.over
    acting.act(world, np.stack([np.where(can, acting.WIDEN, 0), np.full(16, 1)], axis=1))
    world.live()
    value = world.measured()[0][:, 2]
    promised = world.found["validation"] + value
    world.close()
    going = can & ~world.over
    acting.act(world, np.stack([np.where(going, acting.WIDEN + 2, 0), np.zeros(16, int)], axis=1))
    look_again(world)
    np.testing.assert_allclose(world.found["validation"][going], promised[going], rtol=1e-4)


def test_the_budget_is_kept_and_nearly_used():
    world, rng = world_of(16), np.random.default_rng(2)
    for _ in range(250):
        if world.over.all():
            break
        acting.act(world, random_actions(world, rng, 0.1))
        world.live()
        world.close()
    assert world.over.all()
    assert (world.spent <= world.budget * (1 + 1e-9)).all()
    # what is left pays for no further batch of the largest network and its looks
    assert np.median(world.spent / world.budget) > 0.9


def test_episodes_are_functions_of_seed_environment_and_number():
    one, all_ = World(5, np.array([7])), World(5, np.arange(10))
    for world in (one, all_):
        world.reset(np.arange(len(world)))
        for _ in range(4):
            world.live()
            world.close()
    np.testing.assert_array_equal(one.weights[0], all_.weights[7])
    assert one.found[0] == all_.found[7]


def test_tasks_are_diverse_and_reproducible():
    tasks = draw(11, np.arange(200))
    again = draw(11, np.arange(200)[::-1].copy())
    np.testing.assert_array_equal(tasks.targets, again.targets[::-1])
    assert tasks.epochs.min() < 1.2 * EPOCHS[0]
    assert tasks.epochs.max() > 0.8 * EPOCHS[1]
    assert EPOCHS[1] / EPOCHS[0] >= 10
    assert set(np.unique(tasks.examples)) == {128, 256, 512}
    clean = tasks.targets[:, -TESTED:]
    for n in range(20):
        used = tasks.targets[n, :, : tasks.outs[n]].astype(float)
        np.testing.assert_allclose(used[-TESTED:].var(axis=0).mean(), 1, atol=0.5)
        assert (tasks.targets[n, :, tasks.outs[n] :] == 0).all()
    assert clean.shape[1] + TRAINED + VALIDATED == tasks.targets.shape[1]


def test_a_rested_world_goes_on_alike():
    world, rng = world_of(8), np.random.default_rng(6)
    run(world, rng, 4)
    other = world_of(8)
    other.load(world.state())
    for each in (world, other):
        run(each, np.random.default_rng(7), 6)
    assert world.weights.tobytes() == other.weights.tobytes()
    np.testing.assert_array_equal(world.validation, other.validation)


def test_illegal_actions_are_refused():
    world = world_of(2)
    with pytest.raises(ValueError, match="choice 3 of environment 1"):
        acting.act(world, np.array([[0, 0], [3, 0]]))


def test_settings_of_limits_bind_nothing_but_fossils():
    largest = dataclasses.replace(Looks(world_of(1)).observation(0), parameters=5000)
    assert acting.LIMITS.parameter_limit * largest.initial_parameters > 5000
