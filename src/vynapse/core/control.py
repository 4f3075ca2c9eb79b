# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tasks of control: a network acts in an environment, and its return is what counts."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, final, runtime_checkable

import numpy as np
import numpy.typing as npt

from vynapse.core.network import Array, Network, Policy, State
from vynapse.core.task import Evaluation, Interface, Measure, SplitName, Task
from vynapse.errors import ConfigError, TrainingError
from vynapse.seeding import F32, I64, Streams

Legal = npt.NDArray[np.bool_]
"""Choices that are legal (n, sum of factors)."""

_SEEDS: Final[Mapping[str, int]] = {
    name: Streams(0).stream(f"control.{name}").seed_for()
    for name in ("train", "validation", "test")
}
"""Seed of the episodes of each split: the same for every run, so that their returns compare."""


@runtime_checkable
class Environments(Protocol):
    """Several copies of an environment, side by side (n)."""

    def reset(self, rows: I64 | None = None) -> Array:
        """Begin new episodes in some of them, or in all; what all see (n, *observations).

        The k-th episode of the r-th is a function of the seed, r and k.
        """
        ...

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array]:
        """Observations, rewards, terminated and truncated, after an action in each (n,).

        An episode that has ended stays as it is, with reward 0, until it is reset.
        """
        ...


@runtime_checkable
class ResumableEnvironments(Environments, Protocol):
    """Environments that can be put to rest in the middle of their episodes."""

    def state(self) -> State:
        """All that fresh copies of the same seed need to go on bit for bit."""
        ...

    def load(self, state: State) -> None:
        """Become the environments whose `state()` this was.

        Raises:
            CheckpointError: the state does not fit, or a copy does not come out where it was.
        """
        ...


@runtime_checkable
class MaskedEnvironments(Environments, Protocol):
    """Environments in which not every action is legal at every step."""

    def masks(self) -> Legal:
        """Which choices are legal now (n, sum of factors), factor after factor.

        At least one of each factor is. Of an episode that has ended nothing is asked.
        """
        ...


@final
@dataclass(frozen=True, slots=True, eq=False)
class Episodes:
    """What became of episodes (n,).

    Attributes:
        returns: sums of rewards.
        steps: how long they were.
        terminated: they ended by themselves, not at a limit.
    """

    returns: npt.NDArray[np.float64]
    steps: npt.NDArray[np.int64]
    terminated: npt.NDArray[np.bool_]

    def evaluation(self) -> Evaluation:
        """The loss is the mean return with its sign turned."""
        mean = float(self.returns.mean())
        metrics = {
            "return": mean,
            "return_min": float(self.returns.min()),
            "episode_steps": float(self.steps.mean()),
            "terminated": float(self.terminated.mean()),
        }
        return Evaluation(-mean, metrics)


@final
@dataclass(frozen=True, slots=True)
class KernelEpisodes:
    """How the kernels play training episodes of a task.

    Attributes:
        name: the kernels know it by.
        limit: steps after which a training episode is cut off.
        gruau: training maximises the fitness of Gruau, Whitley & Pyeatt (1996) in place of the
            return.
    """

    name: str
    limit: int
    gruau: bool = False


class ControlTask(Task):
    """A task of control. Actions are chosen from outputs in (0, 1).

    A single output y is the action low + (high - low) y, or where there are two actions the second
    of them if y > 0.5. Of several outputs the highest chooses the action, of equals the first.
    Where an action is made of several choices, each of these factors has its own outputs, and the
    highest legal one chooses.

    Attributes:
        observations: shape of what a network sees.
        actions: how many there are to choose from; 0 where the action is a vector of numbers, or
            made of factors.
        factors: how many choices each factor of an action has; empty where it is not made of them.
        factor_names: what the factors are called; empty for their numbers.
        low, high: bounds of these numbers (a,).
        limit: steps after which an episode is cut off.
        validation_episodes, test_episodes: how many the winner is scored on.
        fixed_start: every episode begins alike, so that one is enough.
        kernel: how the kernels play it; None where they do not.
        frame_seconds: how long a picture of the film of an episode is shown.
        comes_back: its environments are known to be resumable exactly, so that it is not tried.
        own_flops: operations that its environments themselves have taken so far, where they count
            them: they belong to the cost of what is learnt in them.
    """

    observations: tuple[int, ...]
    actions: int
    factors: tuple[int, ...] = ()
    factor_names: tuple[str, ...] = ()
    low: F32
    high: F32
    limit: int
    validation_episodes: int = 20
    test_episodes: int = 100
    fixed_start: bool = False
    kernel: KernelEpisodes | None = None
    frame_seconds: float = 0.04
    comes_back: bool = False
    own_flops: int = 0
    offers: tuple[str, ...] = ("episodes",)

    @abc.abstractmethod
    def environments(self, count: int, seed: int) -> Environments:
        """So many copies; the same seed, the same episodes."""

    @property
    def measure(self) -> Measure:
        """The return."""
        return Measure("return", "", higher_is_better=True)

    @property
    def outputs(self) -> int:
        """Outputs of a network."""
        if self.factors:
            return sum(self.factors)
        if self.actions == 0:
            return len(self.low)
        return 1 if self.actions == 2 else self.actions

    @property
    def named_factors(self) -> Mapping[str, int]:
        """How many choices each factor of an action has, by its name or else its number."""
        names = self.factor_names or map(str, range(len(self.factors)))
        return dict(zip(names, self.factors, strict=True))

    def interface(self) -> Interface:
        """Observations, and outputs in (0, 1)."""
        return Interface(self.name, self.observations, self.outputs, "sigmoid")

    def act(self, outputs: Array, legal: Legal | None = None) -> Array:
        """Actions of outputs (n, o): (n,) numbers of actions, (n, a) numbers, or (n, factors).

        Args:
            outputs: what a network answered.
            legal: the choices that are (n, o), where actions are made of factors; all, if absent.
        """
        if self.factors:
            allowed = outputs if legal is None else np.where(legal, outputs, -np.inf)
            parts = np.split(allowed, np.cumsum(self.factors)[:-1], axis=1)
            picked: Array = np.stack([part.argmax(axis=1) for part in parts], axis=1)
            return picked
        if self.actions == 0:
            half, middle = (self.high - self.low) / 2, (self.high + self.low) / 2
            scaled: Array = (2 * half) * outputs + (middle - half)
            clipped: Array = np.clip(scaled, self.low, self.high)
            return clipped
        if self.actions == 2:
            return (outputs[:, 0] > 0.5).astype(np.int64)
        chosen: Array = np.argmax(outputs, axis=1)
        return chosen

    @property
    def validation_is_train(self) -> bool:
        """Whether a better training episode is a better score."""
        return self.fixed_start and (self.kernel is None or not self.kernel.gruau)

    def rate(self, network: Network, split: str) -> tuple[Evaluation, int]:
        """How a network does on the episodes of a split, and the steps that it took."""
        count = self.test_episodes if split == "test" else self.validation_episodes
        played = self.play(network, 1 if self.fixed_start else count, _SEEDS[split])
        return played.evaluation(), int(played.steps.sum())

    def play(self, network: Network, count: int, seed: int) -> Episodes:
        """So many episodes of a network."""
        return play(network.policy(), self, self.environments(count, seed))

    def film(self, network: Network, seed: int) -> Iterator[Array]:
        """Pictures (h, w, 3) of uint8 of the first episode that `play` makes of a seed.

        Raises:
            ConfigError: the task cannot be drawn.
            MissingExtra: what draws it is not installed.
        """
        raise ConfigError(f"--render: task {self.name} does not draw itself: leave --render out")

    def score(self, network: Network, split: SplitName = "validation") -> Evaluation:
        """How a network does on the episodes of a split."""
        return self.rate(network, split)[0]

    def final_test(self, network: Network) -> Evaluation | None:
        """On episodes of their own; None where every episode begins alike."""
        return None if self.fixed_start else self.rate(network, "test")[0]

    def for_run(self) -> Task:
        """The task itself: episodes are made, nothing is read."""
        return self


def legal_now(
    task: ControlTask, environments: Environments, over: Array | None = None
) -> Legal | None:
    """Which choices are legal now (n, sum of factors); None where all always are.

    Args:
        task: whose environments.
        environments: after a reset or a step.
        over: episodes that have ended (n,); all others are to have a choice in each factor. None
            to leave that alone.

    Raises:
        TrainingError: masks are of another shape, or a factor has no legal choice.
    """
    if not task.factors or not isinstance(environments, MaskedEnvironments):
        return None
    legal = environments.masks()
    if legal.ndim != 2 or legal.shape[1] != task.outputs:
        raise TrainingError(
            f"task {task.name}: masks (n, {task.outputs}) were wanted, got {legal.shape}"
        )
    if over is not None:
        starts = np.cumsum((0, *task.factors[:-1]))
        some = np.logical_or.reduceat(legal, starts, axis=1)
        if not (some | over[:, None]).all():
            stuck = [*task.named_factors][int(np.argwhere(~some & ~over[:, None])[0, 1])]
            raise TrainingError(
                f"task {task.name}: a legal choice in each factor of an action was wanted, there "
                f"is none in factor {stuck}: end the episode or allow one"
            )
    return legal


def play(policy: Policy, task: ControlTask, environments: Environments) -> Episodes:
    """One episode in each environment; a policy with a state begins each with a fresh one."""
    seen = environments.reset()
    count = len(seen)
    returns, steps = np.zeros(count), np.zeros(count, np.int64)
    terminated, over = np.zeros(count, bool), np.zeros(count, bool)
    state: Any = policy.start(count)
    while not over.all():
        outputs, state = policy(seen, state)
        actions = task.act(outputs, legal_now(task, environments, over))
        seen, rewards, ended, cut = environments.step(actions)
        returns += np.where(over, 0.0, rewards)
        steps += ~over
        terminated |= ended & ~over
        over |= ended | cut
    return Episodes(returns, steps, terminated)


def with_episodes(task: Task) -> ControlTask | None:
    """The task, where it is one of control."""
    return task if isinstance(task, ControlTask) else None
