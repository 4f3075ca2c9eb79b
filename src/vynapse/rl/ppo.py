# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Proximal policy optimisation (Schulman et al. 2017) by Stable-Baselines3, one round at a time.

The algorithm and its buffer are those of the library, with illegal choices masked where actions are
made of factors (Huang & Ontanon 2022, by sb3-contrib). The loop that fills the buffer is ours, so
that environments stay whole arrays, and so that all of it can be put to rest between two rounds.
Random numbers have addresses: each round runs under a seed of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from gymnasium import spaces
from sb3_contrib import MaskablePPO
from stable_baselines3 import PPO
from stable_baselines3.common.logger import Logger
from torch import Tensor, nn

from vynapse.core import Array, ControlTask, State
from vynapse.core.compatible import refuse_misfit
from vynapse.core.control import Episodes as Ended
from vynapse.networks import modules
from vynapse.rl.actions import Actions
from vynapse.rl.actor_critic import Actor, ActorCritic, MaskedActorCritic
from vynapse.rl.entropies import Entropies
from vynapse.rl.rollout import Episodes, See
from vynapse.seeding import Stream


@final
@dataclass(frozen=True, slots=True)
class Rules:
    """How PPO learns; see the keys of mode `policy`."""

    rollout: int
    epochs: int
    batch_size: int
    clip_range: float
    discount: float
    trace: float
    entropy: float
    value: float
    clip_norm: float
    critic: tuple[int, ...]
    deviation: float
    smooth_noise: int | None
    normalize_rewards: bool


@final
@dataclass(frozen=True, slots=True)
class Round:
    """What a round reached.

    Attributes:
        ended: the episodes that ended in it.
        observations: all that was seen (n, *shape), as the environments gave it.
        figures: measurements by name.
        largest_entropies: those of choosing blindly among what was legal: nats, by the name of the
            figure that they are the largest of; none where actions are vectors.
    """

    ended: Ended
    observations: Array
    figures: Mapping[str, float]
    largest_entropies: Mapping[str, float]


@final
class Ppo:
    """A learner, its rollout and its environments.

    Args:
        network: the actor, trained in place: observations (n, *shape) -> outputs in (0, 1).
        task: what it acts in.
        count: how many environments.
        rules: how it learns.
        stream: source of seeds.
        device: where it computes.
    """

    def __init__(
        self,
        network: nn.Module,
        task: ControlTask,
        count: int,
        rules: Rules,
        stream: Stream,
        device: str = "cpu",
    ) -> None:
        self._rules, self._stream = rules, stream
        self._actions = Actions(task)
        self._episodes = Episodes(task, count, stream.seed_for(0, 1))
        self._sums, self._scale = np.zeros(count), _Spread()
        self._size = math.prod(task.observations)
        with modules.isolated_generators(stream.seed_for(0, 2)):
            self._model = self._made(network, count, device)
        self._policy = self._model.policy

    @property
    def critic_parameters(self) -> int:
        """Weights of the critic that are multiplied by something."""
        parts = (self._policy.mlp_extractor, self._policy.value_net)
        return sum(p.numel() for part in parts for p in part.parameters() if p.dim() > 1)

    def round(self, number: int, rate: float, left: float, see: See) -> Round:
        """Act for a rollout, and learn from it.

        Args:
            number: the number of the round, from 0; the address of its random numbers.
            rate: the learning rate.
            left: what the clip range is multiplied by.
            see: how observations are seen.
        """
        with modules.isolated_generators(self._stream.seed_for(number + 1)):
            entropies = Entropies(self._actions)
            observations = self._act(see, entropies)
            self._model.lr_schedule = lambda _: rate
            self._model.clip_range = lambda _: self._rules.clip_range * left
            self._model.train()
        told = self._model.logger.name_to_value
        names = {
            "entropy": "train/entropy_loss",
            "explained_variance": "train/explained_variance",
            "kl": "train/approx_kl",
            "clipped": "train/clip_fraction",
            "value_loss": "train/value_loss",
        }
        figures = {own: float(told[theirs]) for own, theirs in names.items() if theirs in told}
        figures["entropy"] = -figures["entropy"]
        figures.update(entropies.figures())
        self._model.logger.name_to_value.clear()
        return Round(self._episodes.ended(), observations, figures, entropies.largest())

    def state(self) -> State:
        """Weights, what Adam remembers, and the episodes in progress, as copies."""
        return {
            "weights": modules.to_tensors(self._policy),
            "adam": {
                name: {key: value.detach().cpu().numpy().copy() for key, value in entries.items()}
                for name, entries in self._memory()
            },
            "episodes": self._episodes.state(),
            "sums": self._sums.copy(),
            "spread": self._scale.state(),
        }

    def load(self, state: State) -> None:
        """Become the learner whose `state()` this was.

        Raises:
            CheckpointError: it does not fit; nothing of the learner was loaded.
        """
        own, named = self.state(), dict(self._policy.named_parameters())
        # Adam knows those parameters alone that had a gradient: which ones, the state says
        own["adam"] = {name: _fresh(named[name]) for name in state["adam"] if name in named}
        refuse_misfit("learner ppo", own, state, free=("episodes",))
        self._episodes.load(state["episodes"])
        modules.load_tensors(self._policy, state["weights"])
        memory = self._policy.optimizer.state
        memory.clear()
        for name, entries in state["adam"].items():
            device = named[name].device
            memory[named[name]] = {
                # Adam counts its steps on the CPU
                key: torch.from_numpy(value.copy()).to("cpu" if key == "step" else device)
                for key, value in entries.items()
            }
        self._sums = state["sums"].copy()
        self._scale.load(state["spread"])

    def _made(self, network: nn.Module, count: int, device: str) -> PPO | MaskablePPO:
        rules = self._rules
        policy: dict[str, Any] = {
            "make_actor": lambda: Actor(network, self._actions),
            "critic": rules.critic,
        }
        common: dict[str, Any] = {
            "env": None,  # the environments stay ours
            "n_steps": rules.rollout,
            "n_epochs": rules.epochs,
            "batch_size": rules.batch_size,
            "clip_range": rules.clip_range,
            "gamma": rules.discount,
            "gae_lambda": rules.trace,
            "ent_coef": rules.entropy,
            "vf_coef": rules.value,
            "max_grad_norm": rules.clip_norm,
            "device": device,
            "policy_kwargs": policy,
            "_init_setup_model": False,
        }
        model: PPO | MaskablePPO
        if self._actions.task.factors:
            model = MaskablePPO(MaskedActorCritic, **common)
        else:
            smooth = rules.smooth_noise is not None
            policy["log_std_init"] = math.log(rules.deviation)
            use_sde = smooth and isinstance(self._actions.space(), spaces.Box)
            model = PPO(ActorCritic, use_sde=use_sde, **common)
        model.observation_space = spaces.Box(-np.inf, np.inf, (self._size,), np.float32)
        model.action_space, model.n_envs = self._actions.space(), count
        model._setup_model()
        model.set_logger(Logger(None, []))
        return model

    def _act(self, see: See, entropies: Entropies) -> Array:
        """Fill the buffer with a rollout; all observations that were acted on."""
        buffer: Any = self._model.rollout_buffer
        policy: Any = self._policy
        policy.set_training_mode(False)
        buffer.reset()
        looked = []
        for step in range(self._rules.rollout):
            if self._model.use_sde and step % (self._rules.smooth_noise or 1) == 0:
                policy.reset_noise(self._model.n_envs)
            raw, begins, legal = self._episodes.seen, self._episodes.begins, self._episodes.legal
            masks = {} if legal is None else {"action_masks": legal}
            looked.append(raw)
            seen = see(raw)
            with torch.no_grad():
                chosen, values, log_probabilities = policy(self._tensor(seen), **masks)
            entropies.add(policy.action_dist, legal)
            actions = chosen.cpu().numpy()
            taken = self._episodes.step(self._actions.taken(actions))
            rewards = self._scaled(taken.rewards, taken.over)
            if taken.truncated.any():
                rewards[taken.truncated] += self._rules.discount * self._values(see(taken.last))
            buffer.add(seen, actions, rewards, begins, values, log_probabilities, **masks)
        last = torch.from_numpy(self._values(see(self._episodes.seen)))
        buffer.compute_returns_and_advantage(last, self._episodes.begins)
        return np.concatenate(looked)

    def _values(self, seen: Array) -> Array:
        with torch.no_grad():
            values: Array = self._policy.predict_values(self._tensor(seen)).cpu().numpy()
        return values.reshape(-1)

    def _tensor(self, seen: Array) -> Tensor:
        return torch.from_numpy(seen).to(self._model.device)

    def _scaled(self, rewards: Array, over: Array) -> Array:
        """Rewards as they are learnt from."""
        if not self._rules.normalize_rewards:
            return rewards.astype(np.float32)
        self._sums = self._sums * self._rules.discount + rewards
        self._scale.add(self._sums)
        self._sums[over] = 0.0
        scaled: Array = (rewards / self._scale.deviation()).astype(np.float32)
        return scaled

    def _memory(self) -> Sequence[tuple[str, Mapping[str, Tensor]]]:
        known = self._policy.optimizer.state
        return [(n, known[p]) for n, p in self._policy.named_parameters() if p in known]


@final
class _Spread:
    """Mean and variance of a stream of numbers (Chan, Golub & LeVeque 1983)."""

    def __init__(self) -> None:
        self._count, self._mean, self._squares = 0, 0.0, 0.0

    def add(self, numbers: Array) -> None:
        mean, count = float(numbers.mean()), len(numbers)
        total, apart = self._count + count, mean - self._mean
        self._squares += float(((numbers - mean) ** 2).sum())
        self._squares += apart**2 * self._count * count / total
        self._mean += apart * count / total
        self._count = total

    def deviation(self) -> float:
        return math.sqrt(self._squares / max(1, self._count) + 1e-8)

    def state(self) -> State:
        return {"count": self._count, "mean": self._mean, "squares": self._squares}

    def load(self, state: State) -> None:
        self._count, self._mean = state["count"], state["mean"]
        self._squares = state["squares"]


def _fresh(parameter: nn.Parameter) -> dict[str, Array]:
    """What Adam remembers of a parameter, in its form alone."""
    zeros = np.zeros(tuple(parameter.shape), np.float32)
    return {"step": np.zeros((), np.float32), "exp_avg": zeros, "exp_avg_sq": zeros}
