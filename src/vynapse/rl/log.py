# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Logged episodes: what was seen, done and gained, as arrays and as a file.

The file is safetensors, whose header says in JSON what the episodes are of. Nothing in it is code.
An episode of t steps has t + 1 observations: the last one follows its last step. So a learner may
ask for the value of where an episode was cut off.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, final

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from vynapse.core import Array, ControlTask
from vynapse.core.control import Legal
from vynapse.errors import UNREADABLE, CheckpointError, ConfigError, DataError, storage_errors
from vynapse.seeding import F32, I64

FORMAT: Final = "vynapse-log-1"
_ARRAYS: Final[Mapping[str, type]] = {
    "observations": np.float32,
    "actions": np.int64,
    "rewards": np.float32,
    "terminated": np.bool_,
    "truncated": np.bool_,
    "starts": np.int64,
    "players": np.int64,
}
_HEADER: Final = ("task", "choices", "behaviour")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """Episodes (e) of altogether n steps, one after the other.

    Attributes:
        task: name of the task.
        choices: how many choices each factor of an action has; one factor where an action is a
            number.
        behaviour: names of those who played.
        observations: (n + e, i); those of an episode, and then the one that follows its last step.
        actions: the choice in each factor (n, factors).
        rewards: (n,).
        terminated: the episode ended by itself there (n,).
        truncated: the episode was cut off at a limit there (n,).
        starts: the first step of each episode (e,).
        players: who played each episode, as an index into `behaviour` (e,).
        masks: which choices were legal (n, sum of choices); None where all were.
    """

    task: str
    choices: tuple[int, ...]
    behaviour: tuple[str, ...]
    observations: F32
    actions: I64
    rewards: F32
    terminated: Legal
    truncated: Legal
    starts: I64
    players: I64
    masks: Legal | None = field(default=None)

    def __len__(self) -> int:
        return len(self.rewards)

    @property
    def episodes(self) -> I64:
        """The episode of each step (n,)."""
        numbers: I64 = np.searchsorted(self.starts, np.arange(len(self)), side="right") - 1
        return numbers

    @property
    def rows(self) -> I64:
        """The row of the observation that was acted on at each step (n,); the next one follows."""
        rows: I64 = np.arange(len(self)) + self.episodes
        return rows

    def returns(self) -> Array:
        """Sum of the rewards of each episode (e,), float64."""
        return np.add.reduceat(self.rewards.astype(np.float64), self.starts)

    def returns_to_go(self, discount: float) -> Array:
        """Discounted sum of the rewards from each step to the end of its episode (n,), float64."""
        sums = self.rewards.astype(np.float64)
        last = np.zeros(len(self), bool)
        last[np.append(self.starts[1:], len(self)) - 1] = True
        for step in range(len(self) - 2, -1, -1):
            if not last[step]:
                sums[step] += discount * sums[step + 1]
        return sums

    def legal(self) -> Legal:
        """Which choices were legal (n, sum of choices)."""
        if self.masks is not None:
            return self.masks
        return np.ones((len(self), sum(self.choices)), bool)

    def untried(self) -> list[tuple[int, int]]:
        """Choices that were legal at some step and were never taken: factor and choice."""
        found, first, legal = [], 0, self.legal()
        for factor, count in enumerate(self.choices):
            offered = legal[:, first : first + count].any(axis=0)
            taken = np.isin(np.arange(count), self.actions[:, factor])
            found += [(factor, int(choice)) for choice in np.flatnonzero(offered & ~taken)]
            first += count
        return found

    def played(self) -> list[dict[str, Any]]:
        """For each behaviour its name, its episodes, their steps and their mean return."""
        lengths = np.diff(np.append(self.starts, len(self)))
        returns, rows = self.returns(), []
        for index, name in enumerate(self.behaviour):
            own = self.players == index
            mean = float(returns[own].mean()) if own.any() else None
            row = {"behaviour": name, "episodes": int(own.sum()), "steps": int(lengths[own].sum())}
            rows.append({**row, "return": mean})
        return rows

    def arrays(self) -> dict[str, Array]:
        """All arrays by name."""
        own = {name: getattr(self, name) for name in _ARRAYS}
        return own if self.masks is None else {**own, "masks": self.masks}

    def header(self) -> dict[str, Any]:
        """What the episodes are of, as JSON data."""
        own = {"task": self.task, "choices": list(self.choices), "behaviour": list(self.behaviour)}
        return {"format": FORMAT, **own}

    @classmethod
    def from_parts(cls, header: Mapping[str, Any], arrays: Mapping[str, Array]) -> Log:
        """From `header()` and `arrays()`.

        Raises:
            ValueError: they are not what these gave, or do not fit each other.
        """
        if header.get("format") != FORMAT or any(name not in header for name in _HEADER):
            raise ValueError(f"the format {FORMAT} was wanted")
        missing = sorted(_ARRAYS.keys() - arrays.keys())
        if missing:
            raise ValueError(f"it has no {', '.join(missing)}")
        log = cls(
            str(header["task"]),
            tuple(int(count) for count in header["choices"]),
            tuple(str(name) for name in header["behaviour"]),
            **{name: _typed(name, arrays[name], kind) for name, kind in _ARRAYS.items()},
            masks=_typed("masks", arrays["masks"], np.bool_) if "masks" in arrays else None,
        )
        _refuse_contradictions(log)
        return log

    def to_bytes(self) -> bytes:
        """A safetensors file whose header says what the episodes are of."""
        text = json.dumps(self.header(), sort_keys=True, separators=(",", ":"))
        own = {name: np.ascontiguousarray(array) for name, array in self.arrays().items()}
        return save_tensors(own, {"log": text})

    def sha256(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def save(self, path: Path) -> None:
        """Write the file.

        Raises:
            StorageError: it cannot be written.
        """
        with storage_errors(path):
            path.write_bytes(self.to_bytes())

    @classmethod
    def read(cls, path: Path) -> Log:
        """The episodes in a file that `save` wrote.

        Raises:
            DataError: it is absent, damaged or something else.
        """
        try:
            raw = path.read_bytes()
            length = int.from_bytes(raw[:8], "little")
            header = json.loads(raw[8 : 8 + length])["__metadata__"]["log"]
            return cls.from_parts(json.loads(header), load_tensors(raw))
        except FileNotFoundError:
            raise DataError(f"log {path} does not exist") from None
        except KeyError:
            raise DataError(
                f"log {path}: logged episodes were wanted, it holds something else"
            ) from None
        except (SafetensorError, *UNREADABLE) as error:
            raise DataError(f"log {path} cannot be read: {error}") from None


def from_state(header: str, arrays: Mapping[str, Array]) -> Log:
    """The log in the state of a trainer.

    Args:
        header: `header()` as JSON.
        arrays: `arrays()`.

    Raises:
        CheckpointError: they do not fit each other.
    """
    try:
        return Log.from_parts(json.loads(header), arrays)
    except UNREADABLE as error:
        raise CheckpointError(f"log: the state does not fit: {error}") from None


def choices_of(task: ControlTask) -> tuple[int, ...]:
    """How many choices each factor of an action has.

    Raises:
        ConfigError: actions are vectors of numbers.
    """
    if task.factors:
        return task.factors
    if task.actions == 0:
        raise ConfigError(
            f"task {task.name}: actions to choose from were wanted, its actions are vectors of "
            "numbers: choose mode policy or actor-critic"
        )
    return (task.actions,)


def refuse_other_task(log: Log, task: ControlTask, where: str) -> None:
    """Refuse episodes that are not of a task.

    Raises:
        ConfigError: another name, other observations or other actions.
    """
    size = int(np.prod(task.observations))
    facts = (
        ("episodes of task", task.name, log.task),
        ("choices in each factor of an action", list(choices_of(task)), list(log.choices)),
        ("numbers in an observation", size, log.observations.shape[1]),
    )
    for what, wanted, came in facts:
        if wanted != came:
            raise ConfigError(f"{where}: {what}: {wanted} was wanted, the log has {came}")


def joined(logs: Sequence[Log]) -> Log:
    """The episodes of several logs of one task, one after the other; at least one."""
    first = logs[0]
    names = tuple(dict.fromkeys(name for log in logs for name in log.behaviour))
    offsets = np.cumsum([0, *map(len, logs)])
    parts: dict[str, list[Array]] = {name: [] for name in _ARRAYS}
    for log, offset in zip(logs, offsets, strict=False):
        own = log.arrays()
        number = np.array([names.index(name) for name in log.behaviour], np.int64)
        own["starts"], own["players"] = own["starts"] + offset, number[own["players"]]
        for name, part in parts.items():
            part.append(own[name])
    masked = any(log.masks is not None for log in logs)
    return Log(
        first.task,
        first.choices,
        names,
        **{name: np.concatenate(part) for name, part in parts.items()},
        masks=np.concatenate([log.legal() for log in logs]) if masked else None,
    )


def _typed(name: str, array: Array, kind: type) -> Any:
    if array.dtype != kind:
        raise ValueError(f"{name}: {np.dtype(kind)} was wanted, got {array.dtype}")
    return array


def _refuse_contradictions(log: Log) -> None:
    """Raise ValueError where arrays do not fit each other."""
    steps, episodes, total = len(log), len(log.starts), sum(log.choices)
    if not steps or not episodes:
        raise ValueError("at least one step was wanted")
    shapes: dict[str, tuple[int, ...]] = {
        "actions": (steps, len(log.choices)),
        "terminated": (steps,),
        "truncated": (steps,),
        "players": (episodes,),
    }
    if log.masks is not None:
        shapes["masks"] = (steps, total)
    for name, shape in shapes.items():
        if getattr(log, name).shape != shape:
            raise ValueError(f"{name}: {shape} was wanted, got {getattr(log, name).shape}")
    if log.observations.ndim != 2 or len(log.observations) != steps + episodes:
        raise ValueError(f"observations: {steps + episodes} rows were wanted")
    if log.starts[0] != 0 or (np.diff(log.starts) < 1).any() or log.starts[-1] >= steps:
        raise ValueError("starts: the first steps of episodes, rising from 0, were wanted")
    if (log.players < 0).any() or (log.players >= len(log.behaviour)).any():
        raise ValueError("players: indices of behaviour were wanted")
    if (log.actions < 0).any() or (log.actions >= np.array(log.choices)).any():
        raise ValueError("actions: choices of each factor were wanted")
    first = np.cumsum((0, *log.choices[:-1]))
    if not np.take_along_axis(log.legal(), log.actions + first, axis=1).all():
        raise ValueError("actions: one that was not legal was taken")
    if not (np.isfinite(log.observations).all() and np.isfinite(log.rewards).all()):
        raise ValueError("observations and rewards that are finite were wanted")
