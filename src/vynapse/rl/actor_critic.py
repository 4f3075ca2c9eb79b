# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Actor and critic as Stable-Baselines3 wants them, round an actor that may be any module."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, final

from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor, nn

from vynapse.rl.actions import Actions


@final
class Actor(nn.Module):
    """A network whose outputs are read as parameters of a distribution.

    Args:
        network: observations (n, *shape) -> outputs (n, o) in (0, 1).
        actions: how its outputs are read.
    """

    def __init__(self, network: nn.Module, actions: Actions) -> None:
        super().__init__()
        self.network = network
        self._actions = actions

    def forward(self, observations: Tensor) -> Tensor:
        """Logits or means of observations (n, o)."""
        shaped = observations.reshape(-1, *self._actions.task.observations)
        return self._actions.parameters(self.network(shaped))


@final
class _Views(nn.Module):
    """What actor and critic see: the actor the observation itself, the critic hidden layers."""

    def __init__(self, inputs: int, critic: Sequence[int]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in zip((inputs, *critic), critic, strict=False):
            layers += [nn.Linear(before, after), nn.Tanh()]
        self.critic = nn.Sequential(*layers)
        self.latent_dim_pi, self.latent_dim_vf = inputs, critic[-1] if critic else inputs

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return features, self.critic(features)

    def forward_actor(self, features: Tensor) -> Tensor:
        return features

    def forward_critic(self, features: Tensor) -> Tensor:
        hidden: Tensor = self.critic(features)
        return hidden


class _Own:
    """Puts actor and critic of ours into a policy of the library.

    Args:
        args: what Stable-Baselines3 hands to every policy.
        make_actor: gives the actor; a module cannot be handed over before this one is one.
        critic: sizes of the critic's hidden layers.
        named: what it hands over by name.
    """

    def __init__(
        self, *args: Any, make_actor: Callable[[], Actor], critic: Sequence[int], **named: Any
    ) -> None:
        self._make_actor, self._critic = make_actor, tuple(critic)
        super().__init__(*args, **named)

    def _build_mlp_extractor(self) -> None:
        policy: Any = self
        policy.mlp_extractor = _Views(policy.features_dim, self._critic)

    def _build(self, lr_schedule: Callable[[float], float]) -> None:
        policy: Any = self
        super()._build(lr_schedule)  # type: ignore[misc]
        policy.action_net = self._make_actor()
        policy.optimizer = policy.optimizer_class(
            policy.parameters(), lr=lr_schedule(1), **policy.optimizer_kwargs
        )


@final
class ActorCritic(_Own, ActorCriticPolicy):
    """The policy of a learner."""


@final
class MaskedActorCritic(_Own, MaskableActorCriticPolicy):
    """The policy of a learner whose actions are made of factors, some choices being illegal."""
