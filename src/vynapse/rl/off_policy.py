# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""An off-policy learner and its replay, by Stable-Baselines3, some updates at a time.

DQN (Mnih et al. 2015) where actions are numbers, TD3 (Fujimoto, van Hoof & Meger 2018) where they
are vectors. Losses, targets and the sampling of the replay are those of the library. What fills the
replay is whoever plays. Random numbers have addresses: each call runs under a seed of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast, final

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import DQN, TD3
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.utils import polyak_update
from torch import nn

from vynapse.core import Array, ControlTask, Cost, State
from vynapse.core.compatible import refuse_misfit
from vynapse.errors import CheckpointError
from vynapse.networks import modules
from vynapse.rl.actions import Actions
from vynapse.rl.actor_critic import Actor
from vynapse.rl.rollout import See
from vynapse.rl.transitions import Player, Transitions
from vynapse.rl.values import DeterministicPolicy, DuelingPolicy
from vynapse.seeding import Stream

_COLUMNS: Final[Mapping[str, str]] = {
    "seen": "observations",
    "chosen": "actions",
    "rewards": "rewards",
    "after": "next_observations",
    "terminated": "dones",
}
"""What the replay holds of a step, and what Stable-Baselines3 calls it."""


@final
@dataclass(frozen=True, slots=True)
class Rules:
    """How a learner learns; see the keys of mode `actor-critic`."""

    replay: int
    batch_size: int
    learning_rate: float
    discount: float
    target_rate: float
    critic: tuple[int, ...]
    noise: float


@final
@dataclass(frozen=True, slots=True)
class _Seeing:
    """How a sample of the replay is seen; Stable-Baselines3 asks it as its `VecNormalize`."""

    see: See

    def normalize_obs(self, observations: Array) -> Array:
        return self.see(observations)

    def normalize_reward(self, rewards: Array) -> Array:
        return rewards


@final
class OffPolicy:
    """A learner.

    Args:
        make: gives a fresh actor with the weights to start from: observations (n, *shape) ->
            outputs in (0, 1).
        task: what is acted in.
        rules: how it learns.
        stream: source of seeds.
        device: where it computes.
    """

    def __init__(
        self,
        make: Callable[[], nn.Module],
        task: ControlTask,
        rules: Rules,
        stream: Stream,
        device: str = "cpu",
    ) -> None:
        self._rules, self._stream = rules, stream
        self.actions = Actions(task)
        self._size = math.prod(task.observations)
        with modules.isolated_generators(stream.seed_for(0, 0)):
            self._model = self._made(make, device)
        self._policy = self._model.policy
        self._updates = 0

    @property
    def module(self) -> nn.Module:
        """The actor as it stands."""
        return self._actor().network

    @property
    def filled(self) -> int:
        """Steps in the replay."""
        return int(self._buffer.size())

    def player(self, number: int, see: See, *, blind: bool) -> Player:
        """One who explores: with noise on vectors, else by blind choices now and then.

        Args:
            number: the address of its random numbers, from 0.
            see: how observations are seen.
            blind: it chooses blindly at every step.
        """
        generator = np.random.Generator(np.random.PCG64(self._stream.seed_for(number, 1)))
        noise, discrete = self._rules.noise, self.actions.task.actions

        def explore(raw: Array) -> Array:
            if not discrete:
                shape = len(raw), len(self.actions.task.low)
                if blind:
                    return generator.uniform(-1, 1, shape).astype(np.float32)
                moved = self.greedy(see)(raw) + noise * generator.standard_normal(shape)
                return np.clip(moved, -1, 1).astype(np.float32)
            chances = generator.random(len(raw))
            guesses = generator.integers(0, discrete, len(raw))
            best = guesses if blind else self.greedy(see)(raw)
            return np.where(blind | (chances < noise), guesses, best)

        return explore

    def greedy(self, see: See) -> Player:
        """The actor itself."""
        actor = self._actor()

        def choose(raw: Array) -> Array:
            with torch.no_grad():
                read = actor(torch.from_numpy(see(raw)).to(self._model.device)).cpu().numpy()
            chosen: Array = read.argmax(1) if self.actions.task.actions else read
            return chosen

        return choose

    def remember(self, transitions: Transitions) -> None:
        """Put steps into the replay; the oldest go."""
        buffer, count = self._buffer, len(transitions)
        rows = (buffer.pos + np.arange(count)) % buffer.buffer_size
        last = slice(max(0, count - buffer.buffer_size), None)
        for own, theirs in _COLUMNS.items():
            given = getattr(transitions, own)
            getattr(buffer, theirs)[rows[last], 0] = given[last]
        buffer.full = buffer.full or buffer.pos + count >= buffer.buffer_size
        buffer.pos = int((buffer.pos + count) % buffer.buffer_size)

    def learn(self, number: int, updates: int, see: See) -> Mapping[str, float]:
        """Make some updates; their mean losses by name.

        Args:
            number: the address of their random numbers, from 0.
            updates: how many.
            see: how observations are seen.
        """
        model, told = self._model, self._model.logger.name_to_value
        model._vec_normalize_env = _Seeing(see)  # type: ignore[assignment]
        if isinstance(model, TD3):
            with modules.isolated_generators(self._stream.seed_for(number, 2)):
                model.train(updates, self._rules.batch_size)
            losses = {"critic_loss": float(told["train/critic_loss"])} if updates else {}
        else:
            losses = self._learn_values(model, number, updates)
        told.clear()
        self._updates += updates
        return losses

    def cost(self, updates: int, flops: int) -> Cost:
        """What the last updates cost.

        Args:
            updates: how many.
            flops: operations of one input through the actor.
        """
        batch, critic = self._rules.batch_size, self._critic_flops()
        if isinstance(self._model, DQN):  # itself and its target; back is twice forward
            passes = updates * batch
            return Cost(4 * passes, 2 * passes, 4 * passes * (flops + critic), 0)
        # targets and critics at each update; the actor, through a critic, at every other one
        passes, delayed = updates * batch, (self._updates // 2 - (self._updates - updates) // 2)
        actor = delayed * batch
        return Cost(
            5 * passes + 2 * actor,
            2 * passes + 2 * actor,
            passes * (flops + 8 * critic) + 3 * actor * (flops + critic),
            0,
        )

    def state(self) -> State:
        """Weights with targets, what Adam remembers, and the replay, as copies."""
        buffer, filled = self._buffer, slice(0, self.filled)
        rows = {own: getattr(buffer, theirs)[filled, 0].copy() for own, theirs in _COLUMNS.items()}
        rows["terminated"] = rows["terminated"].astype(bool)
        return {
            "updates": self._updates,
            "weights": modules.to_tensors(self._policy),
            "adam": {
                f"{part}.{name}": {key: value.detach().cpu().numpy().copy() for key, value in e}
                for part, name, e in self._memory()
            },
            "replay": rows,
            "position": int(buffer.pos),
        }

    def load(self, state: State) -> None:
        """Become the learner whose `state()` this was.

        Raises:
            CheckpointError: it does not fit; nothing was loaded.
        """
        own = self.state()
        own["adam"] = {  # where it has not learnt yet, there is nothing to compare
            f"{part}.{name}": _fresh(parameter)
            for part, optimiser in self._optimisers().items()
            for name, parameter in self._named(optimiser)
            if f"{part}.{name}" in state["adam"]
        }
        refuse_misfit("learner", own, state, free=("replay",))
        replay = state["replay"]
        refuse_misfit("replay", own["replay"], replay, rows=tuple(_COLUMNS))
        count, buffer = len(replay["rewards"]), self._buffer
        fits = count == buffer.buffer_size or state["position"] == count
        if count > buffer.buffer_size or not 0 <= state["position"] <= count or not fits:
            raise CheckpointError("replay: the state does not fit: it holds too many steps")
        modules.load_tensors(self._policy, state["weights"])
        for part, optimiser in self._optimisers().items():
            for name, parameter in self._named(optimiser):
                if entries := state["adam"].get(f"{part}.{name}"):
                    optimiser.state[parameter] = {
                        key: torch.from_numpy(value.copy()) for key, value in entries.items()
                    }
        buffer.pos, buffer.full = 0, False
        self.remember(Transitions(*(replay[name] for name in _COLUMNS)))
        buffer.pos = state["position"] % buffer.buffer_size
        self._updates = state["updates"]
        self._model._n_updates = self._updates

    @property
    def _buffer(self) -> ReplayBuffer:
        return cast("ReplayBuffer", self._model.replay_buffer)

    def _actor(self) -> Actor:
        part: Any = self._policy.actor if isinstance(self._model, TD3) else self._policy.q_net
        actor: Actor = part.actor
        return actor

    def _learn_values(self, model: DQN, number: int, updates: int) -> dict[str, float]:
        """DQN leaves the target to its caller: it follows after every update."""
        losses = []
        net, target = list(model.q_net.parameters()), list(model.q_net_target.parameters())
        with modules.isolated_generators(self._stream.seed_for(number, 2)):
            for _ in range(updates):
                model.train(1, self._rules.batch_size)
                polyak_update(net, target, self._rules.target_rate)
                losses.append(float(model.logger.name_to_value["train/loss"]))
        return {"critic_loss": float(np.mean(losses))} if losses else {}

    def _critic_flops(self) -> int:
        """Operations of one input through a critic."""
        critic: Any
        if isinstance(self._model, TD3):
            critic = self._model.critic.q_networks[0]
        else:
            critic = self._model.q_net.value
        weights: list[nn.Parameter] = [p for p in critic.parameters() if p.dim() > 1]
        return 2 * sum(p.numel() for p in weights)

    def _optimisers(self) -> Mapping[str, torch.optim.Optimizer]:
        policy: Any = self._policy
        if isinstance(self._model, TD3):
            return {"actor": policy.actor.optimizer, "critic": policy.critic.optimizer}
        return {"q_net": policy.optimizer}

    def _named(self, optimiser: torch.optim.Optimizer) -> list[tuple[str, nn.Parameter]]:
        own = {id(p) for group in optimiser.param_groups for p in group["params"]}
        return [(n, p) for n, p in self._policy.named_parameters() if id(p) in own]

    def _memory(self) -> list[tuple[str, str, Any]]:
        return [
            (part, name, optimiser.state[parameter].items())
            for part, optimiser in self._optimisers().items()
            for name, parameter in self._named(optimiser)
            if parameter in optimiser.state
        ]

    def _made(self, make: Callable[[], nn.Module], device: str) -> DQN | TD3:
        rules = self._rules

        def make_actor() -> Actor:
            return Actor(make(), self.actions)

        policy: dict[str, Any] = {
            "make_actor": make_actor,
            "optimizer_kwargs": {"fused": True},  # Adam in one call: a third of an update less
        }
        common: dict[str, Any] = {
            "env": None,
            "learning_rate": rules.learning_rate,
            "buffer_size": rules.replay,
            "batch_size": rules.batch_size,
            "gamma": rules.discount,
            "tau": rules.target_rate,
            "replay_buffer_kwargs": {"handle_timeout_termination": False},
            "device": device,
            "_init_setup_model": False,
        }
        model: DQN | TD3
        if self.actions.task.actions:
            policy["hidden"] = rules.critic
            model = DQN(DuelingPolicy, policy_kwargs=policy, **common)
        else:
            policy["net_arch"] = list(rules.critic)
            model = TD3(DeterministicPolicy, policy_kwargs=policy, **common)
        model.observation_space = spaces.Box(-np.inf, np.inf, (self._size,), np.float32)
        model.action_space, model.n_envs = self.actions.space(), 1
        model._setup_model()
        model.set_logger(Logger(None, []))
        return model


def _fresh(parameter: nn.Parameter) -> dict[str, Array]:
    """What Adam remembers of a parameter, in its form alone."""
    zeros = np.zeros(tuple(parameter.shape), np.float32)
    return {"step": np.zeros((), np.float32), "exp_avg": zeros, "exp_avg_sq": zeros}
