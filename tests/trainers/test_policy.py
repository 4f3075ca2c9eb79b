# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode policy: it learns, from any network, and says what is wrong."""

import sys

import numpy as np
import pytest

from vynapse.core import Budget
from vynapse.errors import ConfigError, MissingExtra
from vynapse.networks.normalized import Normalized
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import parse_network
from vynapse.seeding import Streams
from vynapse.settings import validate
from vynapse.tasks.registry import make_any_task
from vynapse.trainers.mode import MODES, Stage
from vynapse.trainers.policy import PolicyTrainer
from vynapse.trainers.policy_settings import PolicySettings
from vynapse.trainers.policy_story import EVENTS, Warnings

SMALL = {"environments": 2, "rollout": 8, "batch_size": 8, "epochs": 2, "evaluate_every": 1}


def stage_of(
    network: NetworkState | None = None,
    task_name: str = "cartpole",
    seed: int = 0,
    sizes: tuple[int, ...] = (4, 8, 1),
    budget: Budget | None = None,
) -> Stage:
    task = make_any_task(task_name, {"validation_episodes": 2})
    streams = Streams(seed)
    if network is None:
        structure = parse_network({"mlp": list(sizes)}, "network").fit(task.interface())
        network = initial_state(structure, streams)
    return Stage(task, network, True, streams.child("stage.0"), budget=budget or Budget(steps=50))


def test_it_learns_to_balance() -> None:
    keys = {
        "environments": 8,
        "rollout": 32,
        "batch_size": 256,
        "epochs": 10,
        "learning_rate": 0.003,
        "discount": 0.98,
        "trace": 0.8,
        "evaluate_every": 10,
    }
    trainer = PolicyTrainer(stage_of(sizes=(4, 32, 1)), validate(PolicySettings, keys, "policy"))
    reports = [trainer.step() for _ in range(60)]
    returns = [r.metrics["episode_return"] for r in reports if "episode_return" in r.metrics]
    assert np.mean(returns[-5:]) > 2.5 * np.mean(returns[:5])
    assert reports[-1].loss < -100
    assert reports[-1].cost.env_steps >= 60 * 256


def test_a_round_costs_what_it_does() -> None:
    trainer = PolicyTrainer(stage_of(), validate(PolicySettings, SMALL, "policy"))
    first = trainer.step().cost
    looked = first.env_steps - 16  # validation episodes count as well
    assert first.backwards == 2 * 16 * 2
    assert first.forwards == 2 * 16 * 3 + looked


def test_it_goes_on_from_a_winner_of_neat() -> None:
    entry = MODES.get("neat")
    start = initial_state(
        parse_network({"neat": {}}, "network").fit(make_any_task("cartpole", {}).interface()),
        Streams(0),
    )
    keys = {"population": 20, "episodes": 1}
    neat = entry.build(stage_of(start), validate(entry.settings, keys, "neat"))
    for _ in range(3):
        neat.step()
    evolved = neat.winner()
    trainer = PolicyTrainer(stage_of(evolved), validate(PolicySettings, SMALL, "policy"))
    trainer.step()
    assert trainer.winner().structure.kind == evolved.structure.kind
    own = trainer._module.state_dict()
    changed = [
        name for name, value in evolved.tensors.items() if (own[name].numpy() != value).any()
    ]
    assert changed


def test_normalised_observations_are_part_of_the_winner() -> None:
    own = {**SMALL, "normalize_observations": True}
    trainer = PolicyTrainer(stage_of(), validate(PolicySettings, own, "policy"))
    for _ in range(3):
        trainer.step()
    winner = trainer.winner()
    assert isinstance(winner.structure, Normalized)
    again = PolicyTrainer(stage_of(winner), validate(PolicySettings, SMALL, "policy"))
    again.step()
    assert again.winner().structure.seen.count == winner.structure.seen.count


@pytest.mark.parametrize(
    ("keys", "budget", "sentence"),
    [
        ({"batch_size": 17}, Budget(steps=5), "at most environments x rollout = 16 was wanted"),
        ({"anneal": True}, Budget(seconds=5), "a budget in something else than seconds"),
        ({"environments": 0}, Budget(steps=5), "environments"),
        ({"discount": 1.5}, Budget(steps=5), "discount"),
    ],
)
def test_wrong_keys(keys, budget, sentence) -> None:
    with pytest.raises(ConfigError, match=sentence):
        PolicyTrainer(
            stage_of(budget=budget), validate(PolicySettings, {**SMALL, **keys}, "policy")
        )


def test_a_network_that_remembers_is_refused() -> None:
    task = make_any_task("cartpole", {})
    structure = parse_network({"neat": {"recurrent": True}}, "network").fit(task.interface())
    network = initial_state(structure, Streams(0))
    with pytest.raises(ConfigError, match="keeps no state between observations"):
        PolicyTrainer(stage_of(network), validate(PolicySettings, SMALL, "policy"))


def test_what_learns_is_an_extra(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    with pytest.raises(MissingExtra, match=r"pip install 'vynapse\[rl\]'"):
        PolicyTrainer(stage_of(), validate(PolicySettings, SMALL, "policy"))


def test_warnings_come_once() -> None:
    warnings = Warnings(largest_entropy=0.69)
    told = []
    for step in range(60):
        told += warnings.told(step, {"entropy": 1e-4, "explained_variance": 0.0})
    assert [kind for kind, _ in told] == list(EVENTS)
    better = Warnings(largest_entropy=0.69)
    for step in range(60):
        assert not better.told(step, {"entropy": 0.3, "explained_variance": 0.5})
