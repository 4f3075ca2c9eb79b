# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The mode `iql`: a policy is learnt from logged episodes. A step is an epoch over the log.

The episodes are read from a file, or are played in the first step. The network to keep is chosen on
the validation episodes of the task, at which it looks after every `evaluate_every` epochs. These
looks, and the episodes that are played for the log, count as steps of an environment.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final

import numpy as np

from vynapse.core import Array, Cost, Report, State, Trainer
from vynapse.core.compatible import MADE, refuse_misfit, refuse_other
from vynapse.errors import ConfigError
from vynapse.networks.normalized import Seen, normalized, taken_apart
from vynapse.networks.state import NetworkState
from vynapse.rl.behaviour import Behaviour, EpsilonGreedy, behaviour_named, collected
from vynapse.rl.log import Log, choices_of, from_state, refuse_other_task
from vynapse.seeding import Streams
from vynapse.trainers.episodes import EpisodeValidation, control_of
from vynapse.trainers.iql_presets import NETWORKS, PRESETS
from vynapse.trainers.iql_settings import CollectSettings, IqlSettings
from vynapse.trainers.iql_story import EVENTS, STORY
from vynapse.trainers.learnt import refuse_infinite, tensors_of
from vynapse.trainers.mode import Mode, Stage

if TYPE_CHECKING:
    from vynapse.rl.iql import Iql

COLUMNS: Final = (
    "value_loss",
    "critic_loss",
    "policy_loss",
    "entropy",
    "value",
    "greedy_value",
    "clipped",
    "return",
    "validation_loss",
)
_STILL: Final = 1e-6
"""Standard deviation up to which an input counts as constant: it is shifted, but not scaled."""


@final
class IqlTrainer(Trainer):
    """Implicit Q-learning of `stage.network`.

    Args:
        stage: where to start; a network that normalises its observations is taken apart.
        settings: what to learn from, and how.

    Raises:
        ConfigError: the network keeps a state, the log does not fit the task, or a behaviour is
            not known.
        DataError: the log cannot be read.
    """

    def __init__(self, stage: Stage, settings: IqlSettings) -> None:
        check(settings, stage)
        self._stage, self._settings = stage, settings
        self._task = control_of(stage)
        self._inside, self._start = taken_apart(stage.network)
        _refuse_unfit(self._inside)
        self._module: Any = _module(self._inside)
        self._log: Log | None = None
        self._hash: str | None = None
        self._data = CollectSettings()
        if isinstance(settings.data, str):
            self._log = _read(settings.data, stage)
            self._hash = self._log.sha256()
        else:
            self._data = settings.data
        self._learner: Iql | None = None
        self._seen: Seen | None = None
        self._validation = EpisodeValidation(self._task, whole=False, every=settings.evaluate_every)
        self._flops = self._inside.structure.flops(self._task.observations)
        self._step = 0
        self._cost = Cost(forwards=0, backwards=0, flops=0, env_steps=0)
        self._winner, self._winner_loss = stage.network, math.inf
        self._seconds = {"collecting": 0.0, "training": 0.0, "validation": 0.0}

    def step(self) -> Report:
        """One epoch over the log; before the first, the log.

        Raises:
            TrainingError: a weight is not finite any more.
        """
        log = self.log()
        learner = self._learner or self._made_of(log)
        events = _told(log) if self._step == 0 else []
        began = time.perf_counter()
        figures = learner.epoch(self._step)
        refuse_infinite(
            self._module,
            f"epoch {self._step + 1}",
            "the policy",
            "lower learning_rate or clip_norm",
        )
        self._cost += learner.cost(self._flops)
        self._seconds["training"] += time.perf_counter() - began
        self._step += 1
        looks = self._step % self._settings.evaluate_every == 0 or self._step == 1
        renewed = self._look(figures) if looks else False
        return Report(
            self._step, self._winner_loss, self._cost, renewed, figures, events=tuple(events)
        )

    def winner(self) -> NetworkState:
        """The best network of all looks; before the first, the start."""
        return self._winner

    def choices(self) -> Mapping[str, str]:
        """What learns."""
        return {"path": "torch"}

    def timings(self) -> Mapping[str, float]:
        """Seconds of playing for the log, of training and of validation."""
        return dict(self._seconds)

    def state(self) -> State:
        """Counters, learner, the winner, and the log where it was played here, as copies."""
        known = math.isfinite(self._winner_loss)
        own = self._log if self._hash is None else None
        return {
            MADE: self._made(),
            "step": self._step,
            "cost": self._cost.counted(),
            "learner": {} if self._learner is None else self._learner.state(),
            "log": {} if own is None else own.arrays(),
            "header": "" if own is None else json.dumps(own.header()),
            "winner_loss": self._winner_loss if known else None,
            "winner": self._winner.structure.model_dump(mode="json"),
            "tensors": {name: tensor.copy() for name, tensor in self._winner.tensors.items()},
        }

    def load(self, state: State) -> None:
        """Become the trainer whose `state()` this was.

        Raises:
            CheckpointError: it was made from something else, or does not fit.
        """
        refuse_other("trainer iql", self._made(), state)
        free = ("learner", "log", "winner", "tensors", "cost")
        refuse_misfit("trainer iql", self.state(), state, free=free)
        winner = NetworkState.from_parts(state["winner"], state["tensors"])
        if state["header"]:
            self._log = from_state(state["header"], state["log"])
        if state["learner"] and self._log is not None:
            self._made_of(self._log).load(state["learner"])
        self._step, self._cost = state["step"], Cost(**state["cost"])
        loss = state["winner_loss"]
        self._winner, self._winner_loss = winner, math.inf if loss is None else loss

    def log(self) -> Log:
        """What it learns from; played now, if it was not yet."""
        if self._log is not None:
            return self._log
        began = time.perf_counter()
        self._log = log = collect(self._stage, self._data)
        self._cost += Cost(forwards=0, backwards=0, flops=0, env_steps=len(log))
        self._seconds["collecting"] += time.perf_counter() - began
        return log

    def _made_of(self, log: Log) -> Iql:
        from vynapse.rl.iql import Iql, Rules

        seen = self._start
        if self._settings.normalize_observations:
            seen = _measured(log.observations)
        raw = log.observations
        names = Rules.__dataclass_fields__
        rules = Rules(**{name: getattr(self._settings, name) for name in names})
        self._seen = seen
        self._learner = Iql(
            self._module,
            self._task,
            log,
            raw if seen is None else seen(raw),
            rules,
            self._stage.streams.stream("iql"),
            self._stage.device,
        )
        return self._learner

    def _look(self, figures: dict[str, float]) -> bool:
        """Score the network on the validation episodes; whether it is the best so far."""
        began = time.perf_counter()
        network = NetworkState(self._inside.structure, tensors_of(self._module))
        if self._seen is not None:
            network = normalized(network, self._seen, self._task.observations)
        loss, _, cost = self._validation.score(network, self._flops)
        self._cost += cost
        self._seconds["validation"] += time.perf_counter() - began
        figures["validation_loss"], figures["return"] = loss, -loss
        if loss >= self._winner_loss:
            return False
        self._winner, self._winner_loss = network, loss
        return True

    def _made(self) -> Mapping[str, Any]:
        stage = self._stage
        return {
            "mode": "iql",
            "network": stage.network.structure.as_key(),
            "seed": stage.streams.seed,
            "task": self._task.name,
            "settings": self._settings.model_dump(mode="json", exclude={"data"}),
            "data": self._hash or _data_of(self._settings),
        }


def _told(log: Log) -> list[tuple[str, Mapping[str, Any]]]:
    """What there is to say of a log."""
    told: list[tuple[str, Mapping[str, Any]]] = [("iql.log", {"played": log.played()})]
    if untried := log.untried():
        told.append(("iql.untried", {"count": len(untried), "first": list(untried[0])}))
    return told


def collect(stage: Stage, data: CollectSettings) -> Log:
    """Play the episodes that a stage learns from.

    Raises:
        ConfigError: a behaviour is not known, or there are more of them than episodes.
    """
    streams = stage.streams if data.seed is None else Streams(data.seed)
    behaviour = _behaviours(stage, data)
    stream = streams.stream("iql.log")
    return collected(behaviour, control_of(stage), data.episodes, stream, data.environments)


def check(settings: IqlSettings, stage: Stage) -> None:
    """Find contradictions without building a trainer.

    Raises:
        ConfigError: there are some.
    """
    choices_of(control_of(stage))
    data = settings.data
    if isinstance(data, str):
        return
    if len(set(data.behaviour)) < len(data.behaviour):
        raise ConfigError("data.behaviour: each behaviour once was wanted, one stands twice")
    if data.episodes < len(data.behaviour):
        raise ConfigError(
            f"data.episodes: at least one for each of {len(data.behaviour)} behaviours was "
            f"wanted, got {data.episodes}"
        )
    _behaviours(stage, data)


def _behaviours(stage: Stage, data: CollectSettings) -> dict[str, Behaviour]:
    task = control_of(stage)
    found: dict[str, Behaviour] = {}
    for name in data.behaviour:
        donor = stage.donors.get(name)
        if donor is None:
            found[name] = behaviour_named(name, task, "data.behaviour")
            continue
        if donor.inputs != task.observations:
            raise ConfigError(
                f"data.behaviour: {name!r}: a network of task {task.name}, with observations of "
                f"shape {task.observations}, was wanted, it takes {donor.inputs}"
            )
        found[name] = EpsilonGreedy(task, donor.network, data.epsilon)
    return found


def _read(path: str, stage: Stage) -> Log:
    log = Log.read(Path(path).expanduser())
    refuse_other_task(log, control_of(stage), f"data: {path}")
    return log


def _data_of(settings: IqlSettings) -> Any:
    data = settings.data
    return data if isinstance(data, str) else data.model_dump(mode="json")


def _measured(observations: Array) -> Seen:
    """How observations (n, i) get mean 0 and standard deviation 1."""
    deviation = observations.std(axis=0, dtype=np.float64)
    scale = 1 / np.where(deviation > _STILL, deviation, 1)
    mean = observations.mean(axis=0, dtype=np.float64)
    return Seen(mean.astype(np.float32), scale.astype(np.float32), len(observations))


def _refuse_unfit(inside: NetworkState) -> None:
    if inside.policy().start(1) is not None:
        raise ConfigError(
            "network: mode iql needs a network that keeps no state between observations: "
            "choose one that is not recurrent"
        )


def _module(inside: NetworkState) -> Any:
    from vynapse.networks import modules

    module = modules.build(inside.structure, inside.tensors)
    if not any(parameter.requires_grad for parameter in module.parameters()):
        raise ConfigError(
            "network: mode iql needs a parameter that requires a gradient, this one has none"
        )
    return module


MODE = Mode(
    name="iql",
    summary="implicit Q-learning: a policy from logged episodes of others",
    settings=IqlSettings,
    build=IqlTrainer,
    accepts=("episodes",),
    counts=("forwards", "backwards", "flops", "env_steps"),
    columns=COLUMNS,
    events=EVENTS,
    story=STORY,
    check=check,
    fallback={"budget": {"steps": 40}},
    presets=PRESETS,
    networks=NETWORKS,
)
