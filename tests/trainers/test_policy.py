# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode policy: it learns, from any network, and says what is wrong."""

import sys

import numpy as np
import pytest

from vynapse.core import Budget
from vynapse.errors import ConfigError, MissingExtra
from vynapse.experiment.config import load_recipe
from vynapse.experiment.plan import prepare
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
    assert (reports[-1].cost.env_steps or 0) >= 60 * 256


def test_a_round_costs_what_it_does() -> None:
    trainer = PolicyTrainer(stage_of(), validate(PolicySettings, SMALL, "policy"))
    first = trainer.step().cost
    assert first.env_steps is not None
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
    assert isinstance(evolved, NetworkState)
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
    kept = again.winner().structure
    assert isinstance(kept, Normalized)
    assert kept.seen.count == winner.structure.seen.count


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


def test_a_task_without_episodes_is_refused() -> None:
    with pytest.raises(ConfigError, match="'policy' wants a task with episodes, task 'xor' has"):
        prepare(load_recipe("xor", "policy"))


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


FROZEN = """
import torch
from torch import nn

class Half(nn.Module):
    "Its first layer does not learn, and one layer is not used."

    def __init__(self):
        super().__init__()
        self.first, self.unused, self.last = nn.Linear(4, 8), nn.Linear(3, 3), nn.Linear(8, 1)
        self.first.requires_grad_(False)

    def forward(self, x):
        return torch.sigmoid(self.last(torch.tanh(self.first(x))))
"""


def test_a_network_that_learns_in_part_goes_on(tmp_path, monkeypatch) -> None:
    (tmp_path / "vynapse_frozen.py").write_text(FROZEN)
    monkeypatch.syspath_prepend(str(tmp_path))
    task = make_any_task("cartpole", {})
    structure = parse_network({"factory": "vynapse_frozen:Half"}, "network").fit(task.interface())
    network = initial_state(structure, Streams(0))
    one, two = (
        PolicyTrainer(stage_of(network), validate(PolicySettings, SMALL, "policy"))
        for _ in range(2)
    )
    for _ in range(3):
        one.step()
    two.step()
    two.load(one.state())
    for _ in range(3):
        assert one.step() == two.step()
    tensors = one.winner().tensors
    assert (tensors["first.weight"] == network.tensors["first.weight"]).all()


NOISY = """
import gymnasium, numpy as np

class Noisy(gymnasium.Env):
    "It draws from the global generator of NumPy."
    observation_space = gymnasium.spaces.Box(-9, 9, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        return np.random.standard_normal(2).astype(np.float32), {}

    def step(self, action):
        return np.random.standard_normal(2).astype(np.float32), 1.0, False, False, {}
"""


def test_a_run_that_cannot_be_resumed_says_so_at_its_start(tmp_path, monkeypatch) -> None:
    (tmp_path / "vynapse_noisy.py").write_text(NOISY)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name, warned in (("vynapse_noisy:Noisy", True), ("CartPole-v1", False)):
        task = make_any_task("gym", {"id": name, "validation_episodes": 1, "limit": 20})
        structure = parse_network({"mlp": [task.interface().inputs[0], 4, 1]}, "network")
        network = initial_state(structure.fit(task.interface()), Streams(0))
        stage = Stage(task, network, True, Streams(0), budget=Budget(steps=9))
        trainer = PolicyTrainer(stage, validate(PolicySettings, SMALL, "policy"))
        before = np.random.get_state()[1].tolist()  # type: ignore[index]
        first, second = trainer.step().events, trainer.step().events
        assert before == np.random.get_state()[1].tolist()  # type: ignore[index]
        sentences = [data["message"] for kind, data in first if kind == "warning"]
        assert len(sentences) == warned
        assert not second
        assert all("cannot be resumed if it is interrupted" in own for own in sentences)


def test_warnings_come_once() -> None:
    warnings, largest = Warnings(), {"entropy": 0.69}
    told: list[tuple[str, object]] = []
    for step in range(60):
        told += warnings.told(step, {"entropy": 1e-4, "explained_variance": 0.0}, largest)
    assert [kind for kind, _ in told] == list(EVENTS)
    better = Warnings()
    for step in range(60):
        assert not better.told(step, {"entropy": 0.3, "explained_variance": 0.5}, largest)
