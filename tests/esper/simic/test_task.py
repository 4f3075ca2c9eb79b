# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth as a control task: episodes are those of mode grow, side by side as alone."""

import gc
import multiprocessing
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from vynapse.core import Array, Budget, ControlTask, State
from vynapse.core.control import MaskedEnvironments, ResumableEnvironments
from vynapse.errors import CheckpointError, ConfigError
from vynapse.esper.leyline.actions import Decision
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.simic import schema
from vynapse.esper.simic.environments import GrowthEnvironments
from vynapse.esper.simic.features import encode
from vynapse.esper.simic.task import GrowthTask
from vynapse.esper.tolaria import trainer as growth_trainer
from vynapse.esper.tolaria.mode import MODE
from vynapse.networks.state import initial_state
from vynapse.networks.structure import parse_network
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_any_task, make_task
from vynapse.testing.control import check_control_task
from vynapse.trainers.mode import Stage

NETWORK = {"mlp": [64, 6, 10]}
GROW = {"epoch_steps": 4, "probe_examples": 60, "training": {"batch_size": 32}}
KEYS: dict[str, Any] = {
    "task": "digits",
    "network": NETWORK,
    "epochs": 3,
    "grow": GROW,
    "limits": {"blueprints": None},
}


def task(**more: Any) -> GrowthTask:
    found = make_any_task("growth", {**KEYS, **more})
    assert isinstance(found, GrowthTask)
    return found


def drawn(legal: Array, number: int) -> Array:
    """Legal actions (n, 2), a function of a number."""
    rng = np.random.default_rng(number)
    what = [int(rng.choice(np.flatnonzero(row[: schema.CHOICES]))) for row in legal]
    return np.array([[one, number % 3] for one in what])


def played(environments: GrowthEnvironments, steps: int, seed: int = 0) -> list[Array]:
    """Everything that some steps show; an episode that ends is followed by the next."""
    shown: list[Array] = []
    for step in range(steps):
        legal = environments.masks()
        # each row draws by itself, so that it acts alike alone and beside others
        actions = np.concatenate([drawn(legal[r : r + 1], seed + step) for r in range(len(legal))])
        told = environments.step(actions)
        over = np.flatnonzero(told[2] | told[3])
        seen = environments.reset(over) if len(over) else told[0]
        shown += [np.array(part) for part in (*told, seen, environments.masks())]
    return shown


def same(one: Sequence[Array], two: Sequence[Array]) -> bool:
    return len(one) == len(two) and all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_it_keeps_the_promises_of_a_control_task() -> None:
    check_control_task(task)


def test_its_environments_are_masked_and_can_be_put_to_rest() -> None:
    environments = task().environments(1, 0)
    assert isinstance(environments, MaskedEnvironments)
    assert isinstance(environments, ResumableEnvironments)


class Script:
    """Acts by drawn numbers, as `played` does."""

    def __init__(self, settings: Any) -> None:
        self.limits, self.look, self.seen = settings, 0, list[Array]()
        self.wants_wider = self.wants_bottlenecks = True

    def decide(self, observation: Observation) -> Sequence[Decision]:
        self.seen.append(encode(observation))
        legal = schema.masks(observation, self.limits)[None]
        self.look += 1
        return schema.decisions(drawn(legal, self.look - 1)[0], observation, self.limits)


def test_an_episode_is_a_run_of_mode_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = task(history=1)
    environments = whole.environments(1, 7)
    begin = environments.reset()
    shown = [begin[0], *(part[0] for part in played(environments, 2)[::6])]
    seed = Streams(7).stream("growth.episodes").seed_for(0, 0)
    inside = make_task("digits", {})
    script = Script(whole._settings.limits)
    monkeypatch.setattr(growth_trainer, "make_controller", lambda *_: script)
    stage = Stage(
        inside,
        initial_state(parse_network(NETWORK).fit(inside.interface()), Streams(seed)),
        fresh=True,
        streams=Streams(seed).child("stages.0"),
        budget=Budget(steps=3),
    )
    trainer = MODE.build(stage, whole._settings.grow)
    for _ in range(2):
        trainer.step()
    assert same(script.seen, shown)


def test_episodes_side_by_side_are_those_of_single_runs() -> None:
    together = task().environments(4, 11)
    begin = together.reset()
    shown = played(together, 3)
    for row in range(4):
        single = task().environments(4, 11)
        assert np.array_equal(single.reset(np.array([row]))[row], begin[row])
        own = []
        for step in range(3):
            actions = np.zeros((4, 2), np.int64)
            actions[row] = drawn(single.masks()[row : row + 1], step)[0]
            told = single.step(actions)
            seen = single.reset(np.array([row])) if told[3][row] else told[0]
            own += [part[row] for part in (*told, seen, single.masks())]
        assert same(own, [part[row] for part in shown])


def test_worker_processes_play_the_same_episodes_and_end() -> None:
    alone, spread = task(), task(processes=2)
    one, two = alone.environments(3, 5), spread.environments(3, 5)
    assert np.array_equal(one.reset(), two.reset())
    assert same(played(one, 3), played(two, 3))
    kept = two.state()
    assert same(played(one, 3, seed=3), played(two, 3, seed=3))
    again = spread.environments(3, 5)
    again.load(kept)
    three = alone.environments(3, 5)
    three.load(kept)
    assert same(played(again, 3, seed=3), played(three, 3, seed=3))
    assert 0 < alone.own_flops == spread.own_flops
    assert alone.fingerprint() == spread.fingerprint()
    assert len(multiprocessing.active_children()) >= 2
    own = {host.process_id for host in spread._hosts}  # type: ignore[attr-defined]
    del two, again, spread
    gc.collect()
    assert not own & {child.pid for child in multiprocessing.active_children()}


@pytest.mark.parametrize("when", [0, 3])
def test_resumed_episodes_go_on_bit_for_bit(when: int) -> None:
    first, fresh = task().environments(2, 3), task().environments(2, 3)
    first.reset()
    played(first, when)
    state: State = first.state()
    after = played(first, 5, seed=50)
    fresh.reset()
    fresh.load(state)
    assert same(played(fresh, 5, seed=50), after)


def test_a_state_that_does_not_fit_is_refused() -> None:
    environments = task().environments(2, 3)
    environments.reset()
    state = environments.state()
    with pytest.raises(CheckpointError, match="environments"):
        task().environments(3, 3).load(state)
    with pytest.raises(CheckpointError, match="states of episodes"):
        environments.load({**state, "episodes": {"0": state["episodes"]["0"]}})


def test_an_illegal_action_is_refused_and_changes_nothing() -> None:
    environments = task().environments(1, 3)
    environments.reset()
    illegal = int(np.flatnonzero(~environments.masks()[0])[0])
    with pytest.raises(ConfigError, match="is not legal now"):
        environments.step(np.array([[illegal, 0]]))
    other = task().environments(1, 3)
    other.reset()
    assert same(played(environments, 2), played(other, 2))


def test_a_budget_in_operations_ends_an_episode() -> None:
    short = task(flops=1.5e6).environments(1, 0)
    short.reset()
    steps = 0
    over = np.zeros(1, bool)
    while not over.any():
        over = short.step(np.zeros((1, 2), np.int64))[3]
        steps += 1
    assert steps < 3


def test_a_network_that_cannot_be_trained_any_more_ends_its_episode() -> None:
    hot = {**GROW, "training": {"batch_size": 32, "learning_rate": 1e30, "optimizer": "sgd"}}
    environments = task(grow=hot).environments(1, 0)
    environments.reset()
    _, rewards, terminated, truncated = environments.step(np.zeros((1, 2), np.int64))
    assert terminated.tolist() == [True]
    assert truncated.tolist() == [False]
    assert rewards[0] <= 0
    assert environments.step(np.zeros((1, 2), np.int64))[1].tolist() == [0.0]


def test_keys_are_completed_by_the_preset_of_mode_grow() -> None:
    found = make_any_task("growth", {"task": "glyphs"})
    assert isinstance(found, ControlTask)
    assert found.made_from is not None
    options = found.made_from.options
    assert options["epochs"] == 14
    assert options["limits"]["blueprints"] == ["conv_heavy"]
    assert options["grow"]["training"]["batch_size"] == 64
    own = {"task": "glyphs", "grow": {"training": {"batch_size": 8}}, "epochs": 3}
    options = make_any_task("growth", own).made_from.options  # type: ignore[union-attr]
    assert options["grow"]["training"]["batch_size"] == 8
    assert options["grow"]["training"]["learning_rate"] == 0.05
    assert options["epochs"] == 3


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"task": "cartpole"}, "a task with examples was wanted, cartpole has none"),
        ({"task": "glphs"}, "glyphs"),
        ({"grow": {"traning": {}}}, "training"),
        ({"limits": 3}, "limits: a mapping was wanted"),
        ({"devices": ["tpu"]}, "devices"),
        ({"history": 9}, "history"),
    ],
)
def test_wrong_keys_are_refused_in_a_sentence(keys: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        task(**keys).environments(1, 0).reset()
