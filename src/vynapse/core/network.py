# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Arrays, states, a network as a function or a policy, and a network as data.

A function computes each output from one input alone. A policy may also keep a state between the
inputs of an episode, as a recurrent network does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, final, runtime_checkable

import numpy.typing as npt

from vynapse.errors import ConfigError

if TYPE_CHECKING:
    from torch import nn

Array = npt.NDArray[Any]
State = dict[str, Any]
"""A tree: dictionaries with string keys whose leaves are NumPy arrays or JSON values."""

Predict = Callable[[Array], Array]
"""A network as a function: prepared inputs (batch, *input_shape) -> outputs (batch, out)."""


@runtime_checkable
class Policy(Protocol):
    """A network that is asked step by step, a batch of episodes at once.

    state = policy.start(batch)
    outputs, state = policy(inputs, state)
    """

    def start(self, batch: int) -> Any:
        """The state before the first input of so many episodes; None where there is none.

        A policy that returns None here never needs a state.
        """
        ...

    def __call__(self, inputs: Array, state: Any) -> tuple[Array, Any]:
        """Inputs (batch, *input_shape) and the state -> outputs (batch, out) and the next state."""
        ...


@runtime_checkable
class Network(Protocol):
    """Something that computes: a winner, a decoded genome, a module in training."""

    def predictor(self) -> Predict:
        """The network as a NumPy function.

        Raises:
            ConfigError: it keeps a state between its inputs, so that it is no function of one.
        """
        ...

    def policy(self) -> Policy:
        """The network as a policy; any network can be one."""
        ...


@runtime_checkable
class Winner(Network, Protocol):
    """A network at rest: structure and weights as data (`vynapse.networks.state.NetworkState`)."""

    def sha256(self) -> str:
        """`network_sha256`."""
        ...

    def module(self) -> nn.Module:
        """A fresh module in evaluation mode."""
        ...


@final
@dataclass(frozen=True, slots=True)
class FunctionPolicy:
    """The policy of a network that keeps no state.

    Attributes:
        predict: the network as a function.
    """

    predict: Predict

    def start(self, batch: int) -> None:
        """There is no state."""

    def __call__(self, inputs: Array, state: Any) -> tuple[Array, None]:
        return self.predict(inputs), None


@final
@dataclass(frozen=True, slots=True)
class Stateless:
    """A network made of a function.

    Attributes:
        predict: the function.
    """

    predict: Predict

    def predictor(self) -> Predict:
        """The function itself."""
        return self.predict

    def policy(self) -> Policy:
        """The function as a policy whose state is None."""
        return FunctionPolicy(self.predict)


def predictor_of(policy: Policy) -> Predict:
    """A policy that keeps no state, as a function.

    Raises:
        ConfigError: it keeps a state.
    """
    if policy.start(1) is not None:
        raise ConfigError(
            "network: it keeps a state between its inputs, so it cannot be measured on single "
            "examples: a task of episodes was wanted"
        )

    def predict(inputs: Array) -> Array:
        return policy(inputs, None)[0]

    return predict
