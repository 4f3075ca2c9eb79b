# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Off-policy learners of Stable-Baselines3, round an actor that may be any module.

The actor is a network with outputs in (0, 1). What it is to a learner:

- DQN: its logits are the advantages of the actions, and a network beside it gives the value of the
  state: Q(s, a) = V(s) + A(s, a) - mean A(s, .), the dueling networks of Wang et al. (2016),
  equation 9. So the best action by Q is the one that the task takes of the outputs. Were the logits
  values themselves, those of long episodes would push all outputs to 1, where the sigmoid cannot
  tell them apart; and one output for two actions could not hold two values.
- TD3: 2y - 1 of an output y is the action, on a scale on which -1 and 1 are its bounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, final

from stable_baselines3.dqn.policies import DQNPolicy
from stable_baselines3.td3.policies import TD3Policy
from torch import Tensor, nn

from vynapse.rl.actor_critic import Actor

MakeActor = Callable[[], Actor]
"""Gives a fresh copy of the actor: one is trained, another is its target."""


class _Moded(nn.Module):
    """A module with the switch that Stable-Baselines3 wants."""

    def set_training_mode(self, mode: bool) -> None:
        """Training, or evaluation."""
        self.train(mode)


@final
class Deterministic(_Moded):
    """The actor of TD3.

    Args:
        actor: observations (n, i) -> actions (n, a) in [-1, 1].
    """

    def __init__(self, actor: Actor) -> None:
        super().__init__()
        self.actor = actor

    def forward(self, observations: Tensor) -> Tensor:
        """Actions."""
        actions: Tensor = self.actor(observations)
        return actions


@final
class Dueling(_Moded):
    """Values of actions: the network of DQN.

    Args:
        actor: observations (n, i) -> advantages (n, actions).
        inputs: how many numbers an observation has.
        hidden: sizes of the hidden layers of the network that gives the value of a state.
    """

    def __init__(self, actor: Actor, inputs: int, hidden: Sequence[int]) -> None:
        super().__init__()
        self.actor = actor
        layers: list[nn.Module] = []
        sizes = (inputs, *hidden)
        for before, after in pairwise(sizes):
            layers += [nn.Linear(before, after), nn.ReLU()]
        self.value = nn.Sequential(*layers, nn.Linear(sizes[-1], 1))

    def forward(self, observations: Tensor) -> Tensor:
        """Values (n, actions)."""
        advantages: Tensor = self.actor(observations)
        values: Tensor = self.value(observations)
        return values + advantages - advantages.mean(1, keepdim=True)


@final
class DuelingPolicy(DQNPolicy):
    """What DQN trains.

    Args:
        args: what Stable-Baselines3 hands to every policy.
        make_actor: gives the actor.
        hidden: sizes of the hidden layers of the value network.
        named: what it hands over by name.
    """

    def __init__(
        self, *args: Any, make_actor: MakeActor, hidden: Sequence[int], **named: Any
    ) -> None:
        self._make_actor, self._hidden = make_actor, tuple(hidden)
        super().__init__(*args, **named)

    def make_q_net(self) -> Any:
        """A fresh network."""
        inputs = math.prod(self.observation_space.shape or ())
        return Dueling(self._make_actor(), inputs, self._hidden).to(self.device)


@final
class DeterministicPolicy(TD3Policy):
    """What TD3 trains: an actor and two critics, whose hidden layers are `net_arch`.

    Args:
        args: what Stable-Baselines3 hands to every policy.
        make_actor: gives the actor.
        named: what it hands over by name.
    """

    def __init__(self, *args: Any, make_actor: MakeActor, **named: Any) -> None:
        self._make_actor = make_actor
        super().__init__(*args, **named)

    def make_actor(self, features_extractor: Any = None) -> Any:
        """A fresh actor."""
        return Deterministic(self._make_actor()).to(self.device)
