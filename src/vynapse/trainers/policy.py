# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The mode `policy`: a policy learns from rewards. A step is one rollout with its updates.

The network to keep is chosen on the validation episodes of the task. It is looked at after every
`evaluate_every` rounds, if its training episodes since the look before were no worse than those at
the best look; so a policy that has become worse costs no validation.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any, Final, final

import numpy as np

from vynapse.core import Array, Budget, ControlTask, Cost, Report, State, Trainer
from vynapse.core.compatible import MADE, refuse_misfit, refuse_other
from vynapse.errors import ConfigError
from vynapse.evolution.episodes import TrainingEpisodes
from vynapse.evolution.observations import ObservationStatistics
from vynapse.networks.normalized import Seen, taken_apart
from vynapse.networks.state import NetworkState
from vynapse.seeding import F32
from vynapse.trainers.best_of_looks import BestOfLooks
from vynapse.trainers.episodes import EpisodeValidation, control_of
from vynapse.trainers.learnt import refuse_infinite, tensors_of
from vynapse.trainers.mode import Mode, Stage
from vynapse.trainers.policy_presets import NETWORKS, PRESETS
from vynapse.trainers.policy_settings import PolicySettings
from vynapse.trainers.policy_story import EVENTS, STORY, Told, Warnings

COLUMNS: Final = (
    "episode_return",
    "episode_steps",
    "episodes_terminated",
    "entropy",
    "explained_variance",
    "kl",
    "clipped",
    "value_loss",
    "learning_rate",
    "return",
    "validation_loss",
)


@final
class PolicyTrainer(Trainer):
    """Proximal policy optimisation from `stage.network`.

    Args:
        stage: where to start; a network that normalises its observations is taken apart.
        settings: how to learn.

    Raises:
        ConfigError: the network keeps a state, or the task's environments cannot be put to rest.
        MissingExtra: what learns is not installed.
    """

    def __init__(self, stage: Stage, settings: PolicySettings) -> None:
        self._stage, self._settings = stage, settings
        self._task = control_of(stage)
        self._counted = self._task.own_flops
        inside, start = taken_apart(stage.network)
        self._structure = inside.structure
        self._learner, self._module = _learner(stage, settings, inside)
        stream = stage.streams.stream("policy.observations")
        episodes = TrainingEpisodes(self._task, 1, renew=True, stream=stream)
        running = settings.normalize_observations
        self._statistics = ObservationStatistics(self._task, episodes, start, running=running)
        self._whole = running or start is not None
        validation = EpisodeValidation(self._task, whole=False, every=settings.evaluate_every)
        self._flops = inside.structure.flops(self._task.observations)
        self._critic_flops = 2 * self._learner.critic_parameters
        self._step = 0
        self._cost = Cost(forwards=0, backwards=0, flops=0, env_steps=0)
        self._best = BestOfLooks(stage.network, validation, self._flops)
        self._returns: list[float] = []  # of training episodes since the last look
        self._best_returns = -math.inf  # their mean at the look that gave the winner
        self._warnings = Warnings(self._task.named_factors)
        self._seconds = 0.0

    def step(self) -> Report:
        """One rollout and its updates.

        Raises:
            TrainingError: a weight is not finite any more.
        """
        settings, renewed = self._settings, False
        unsafe = () if self._step else warn_of_no_return(self._task, self._stage)
        left = 1.0 - self._progress() if settings.anneal else 1.0
        rate = settings.learning_rate * left
        began = time.perf_counter()
        made = self._learner.round(self._step, rate, left, self._see(self._statistics.seen()))
        refuse_infinite(
            self._module,
            f"round {self._step + 1}",
            "the policy",
            "lower learning_rate or clip_norm",
        )
        self._seconds += time.perf_counter() - began
        if settings.normalize_observations:
            self._statistics.add(made.observations)
        self._step += 1
        self._cost += self._of_a_round()
        self._returns += made.ended.returns.tolist()
        figures = {**made.figures, "learning_rate": rate}
        if len(made.ended.returns):
            figures["episode_return"] = float(made.ended.returns.mean())
            figures["episode_steps"] = float(made.ended.steps.mean())
            figures["episodes_terminated"] = float(made.ended.terminated.mean())
        if self._step % settings.evaluate_every == 0 or self._step == 1:
            renewed = self._look(figures)
        self._cost += self._of_environments()
        events = self._warnings.told(self._step, figures, made.largest_entropies)
        return Report(
            self._step,
            self._best.loss,
            self._cost,
            renewed,
            _finite(figures),
            events=(*unsafe, *events),
        )

    def winner(self) -> NetworkState:
        """The best network of all looks; before the first, the start."""
        return self._best.network

    def choices(self) -> Mapping[str, str]:
        """What learns."""
        return {"path": "stable-baselines3"}

    def timings(self) -> Mapping[str, float]:
        """Seconds of training and validation."""
        return {"training": self._seconds, "validation": self._best.seconds}

    def state(self) -> State:
        """Counters, learner, statistics of observations and the winner, as copies."""
        return {
            MADE: self._made(),
            "step": self._step,
            "cost": self._cost.counted(),
            "learner": self._learner.state(),
            "statistics": self._statistics.state(),
            "returns": np.array(self._returns, np.float64),
            "best_returns": self._best_returns if math.isfinite(self._best_returns) else None,
            "warnings": self._warnings.state(),
            **self._best.state(),
        }

    def load(self, state: State) -> None:
        """Become the trainer whose `state()` this was.

        Raises:
            CheckpointError: it was made from something else, or does not fit, or an environment
                does not come out where it was.
        """
        refuse_other("trainer policy", self._made(), state)
        free = ("learner", "winner", "tensors", "returns", "warnings", "cost")
        refuse_misfit("trainer policy", self.state(), state, free=free)
        self._best.load(state)
        self._learner.load(state["learner"])
        self._statistics.load(state["statistics"])
        self._step, self._cost = state["step"], Cost(**state["cost"])
        self._returns = state["returns"].tolist()
        best = state["best_returns"]
        self._best_returns = -math.inf if best is None else best
        self._warnings.load(state["warnings"])
        self._counted = self._task.own_flops

    def _look(self, figures: dict[str, float]) -> bool:
        """Score the network on the validation episodes, if it may be the best; whether it is."""
        mean = float(np.mean(self._returns)) if self._returns else -math.inf
        promising = mean >= self._best_returns or self._step == 1
        self._returns = []
        if not promising:
            return False
        network = NetworkState(self._structure, tensors_of(self._module))
        if self._whole:
            network = self._statistics.network(network, self._statistics.seen())
        better, cost = self._best.look(network, figures)
        self._cost += cost
        if better:
            self._best_returns = mean
        return better

    def _see(self, seen: Seen) -> Any:
        if not self._whole:
            return _flat
        return lambda raw: _flat(seen(raw))

    def _of_a_round(self) -> Cost:
        """Acting once, and `epochs` times forward and back, actor and critic."""
        settings = self._settings
        steps = settings.environments * settings.rollout
        both = self._flops + self._critic_flops
        return Cost(
            forwards=2 * steps * (1 + settings.epochs),
            backwards=2 * steps * settings.epochs,
            flops=steps * both * (1 + 3 * settings.epochs),
            env_steps=steps,
        )

    def _of_environments(self) -> Cost:
        """What the environments themselves have computed since it was counted before."""
        before, self._counted = self._counted, self._task.own_flops
        return Cost(forwards=0, backwards=0, flops=self._counted - before, env_steps=0)

    def _progress(self) -> float:
        """Share of the budget that is spent, by what is not time."""
        return spent_share(self._stage.budget, self._step, self._cost)

    def _made(self) -> Mapping[str, Any]:
        stage = self._stage
        made: dict[str, Any] = {
            "mode": "policy",
            "network": stage.network.structure.as_key(),
            "seed": stage.streams.seed,
            "task": self._task.name,
            "settings": self._settings.model_dump(mode="json"),
        }
        if self._settings.anneal:  # the schedule depends on where the stage ends
            made["budget"] = stage.budget.limits()
        return made


def warn_of_no_return(task: ControlTask, stage: Stage) -> tuple[Told, ...]:
    """A warning where a run on the task could not be resumed."""
    from vynapse.rl.replay import comes_back

    if task.comes_back or comes_back(task, stage.streams.stream("policy.replay").seed_for()):
        return ()
    message = (
        f"task {task.name}: this run cannot be resumed if it is interrupted: after the same seed "
        "and actions an episode is not where it was; draw all random numbers of the environment "
        "from its np_random"
    )
    return (("warning", {"message": message}),)


def spent_share(budget: Budget, step: int, cost: Cost) -> float:
    """Share of a budget that is spent, in [0, 1]; 0 where it has no limit but time."""
    done = {"steps": step, **cost.counted()}
    limits = {name: limit for name, limit in budget.limits().items() if name != "seconds"}
    return min(1.0, max((done.get(n, 0) / limit for n, limit in limits.items()), default=0.0))


def check(settings: PolicySettings, stage: Stage) -> None:
    """Find contradictions without building a trainer.

    Raises:
        ConfigError: there are some.
        MissingExtra: what learns is not installed.
    """
    problems = []
    steps = settings.environments * settings.rollout
    if settings.batch_size > steps:
        problems.append(
            f"batch_size: at most environments x rollout = {steps} was wanted, got "
            f"{settings.batch_size}"
        )
    if control_of(stage).factors and 1 in (settings.batch_size, steps % settings.batch_size):
        problems.append(
            f"batch_size: batches of more than one step were wanted, those of {steps} steps by "
            f"{settings.batch_size} end in a single one: choose a divisor of {steps} above 1"
        )
    if settings.anneal and set(stage.budget.limits()) <= {"seconds"}:
        problems.append(
            "anneal: a budget in something else than seconds was wanted, since the rate runs down "
            "over it: set env_steps"
        )
    if problems:
        raise ConfigError(problems)
    from vynapse.rl import library

    library.load("mode policy")


def _learner(stage: Stage, settings: PolicySettings, inside: NetworkState) -> tuple[Any, Any]:
    """What learns, and the module that it trains."""
    check(settings, stage)
    if inside.policy().start(1) is not None:
        raise ConfigError(
            "network: mode policy needs a network that keeps no state between observations: "
            "choose one that is not recurrent"
        )
    from vynapse.networks import modules
    from vynapse.rl.ppo import Ppo, Rules

    module = modules.build(inside.structure, inside.tensors)
    if not any(parameter.requires_grad for parameter in module.parameters()):
        raise ConfigError(
            "network: mode policy needs a parameter that requires a gradient, this one has none"
        )
    names = Rules.__dataclass_fields__
    rules = Rules(**{name: getattr(settings, name) for name in names})
    stream = stage.streams.stream("policy")
    return Ppo(
        module, control_of(stage), settings.environments, rules, stream, stage.device
    ), module


def _flat(raw: Array) -> F32:
    flat: F32 = np.ascontiguousarray(raw.reshape(len(raw), -1), np.float32)
    return flat


def _finite(figures: Mapping[str, float]) -> dict[str, float]:
    """Only what was measured: explained variance is not where all returns are alike."""
    return {name: value for name, value in figures.items() if math.isfinite(value)}


MODE = Mode(
    name="policy",
    summary="policy gradients: PPO on any control task, resumed exactly",
    settings=PolicySettings,
    build=PolicyTrainer,
    accepts=("episodes",),
    counts=("forwards", "backwards", "flops", "env_steps"),
    columns=COLUMNS,
    by_factor=("entropy",),
    events=EVENTS,
    story=STORY,
    check=check,
    fallback={"budget": {"steps": 400}},
    presets=PRESETS,
    networks=NETWORKS,
)
