# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Logged episodes: files, what belongs to which step, and what is refused."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from tests.rl.doors import Doors, control
from vynapse.errors import CheckpointError, ConfigError, DataError
from vynapse.rl.behaviour import collected, offered
from vynapse.rl.log import Log, choices_of, from_state, joined, refuse_other_task
from vynapse.seeding import Streams


def log_of(episodes: int = 5, seed: int = 0, ends: bool = True) -> Log:
    task = Doors(ends)
    return collected(offered(task), task, episodes, Streams(seed).stream("log"))


def same(one: Log, other: Log) -> bool:
    arrays = other.arrays()
    return one.header() == other.header() and all(
        np.array_equal(value, arrays[name]) for name, value in one.arrays().items()
    )


def test_a_file_gives_the_same_log(tmp_path: Path) -> None:
    log = log_of()
    log.save(tmp_path / "log.safetensors")
    again = Log.read(tmp_path / "log.safetensors")
    assert same(log, again)
    assert log.sha256() == again.sha256()
    assert again.behaviour == ("random", "first")


@given(lengths=st.lists(st.integers(1, 4), min_size=1, max_size=5), discount=st.floats(0.1, 1))
def test_returns_to_go_are_sums_within_an_episode(lengths: list[int], discount: float) -> None:
    steps, episodes = sum(lengths), len(lengths)
    rewards = np.random.default_rng(steps).random(steps).astype(np.float32)
    log = Log(
        "t",
        (2,),
        ("random",),
        np.zeros((steps + episodes, 1), np.float32),
        np.zeros((steps, 1), np.int64),
        rewards,
        np.zeros(steps, bool),
        np.zeros(steps, bool),
        np.cumsum([0, *lengths[:-1]]).astype(np.int64),
        np.zeros(episodes, np.int64),
    )
    found, first = log.returns_to_go(discount), 0
    for number, length in enumerate(lengths):
        own = rewards[first : first + length].astype(np.float64)
        wanted = [
            sum(discount**k * reward for k, reward in enumerate(own[t:])) for t in range(length)
        ]
        assert found[first : first + length] == pytest.approx(wanted)
        assert log.returns()[number] == pytest.approx(own.sum())
        assert (log.episodes[first : first + length] == number).all()
        # an episode of t steps has t + 1 observations
        assert log.rows[first] == first + number
        first += length


def test_the_observation_after_a_step_is_that_of_its_own_episode() -> None:
    log = log_of(4)
    before, after = (log.observations[log.rows + k].argmax(axis=1) for k in (0, 1))
    assert (after == (before + 1) % 3).all()


def test_logs_are_joined_episode_by_episode() -> None:
    one, two = log_of(4, seed=1), log_of(3, seed=2)
    both = joined([one, two])
    assert both.returns().tolist() == [*one.returns(), *two.returns()]
    assert len(both) == len(one) + len(two)
    assert both.starts.tolist() == [*one.starts, *(two.starts + len(one))]
    rows = {row["behaviour"]: row["episodes"] for row in both.played()}
    assert rows == {"random": 4, "first": 3}


def test_what_was_never_taken_is_named() -> None:
    task = Doors()
    log = collected({"first": task.behaviours["first"]}, task, 3, Streams(0).stream("log"))
    # the first door that is not locked, by way 0
    assert log.untried() == [(0, 2), (1, 1)]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"rewards": np.zeros(3, np.float32)}, "actions: \\(3, 2\\) was wanted"),
        ({"actions": np.full((20, 2), 7)}, "choices of each factor"),
        ({"actions": np.zeros((20, 2), np.int64)}, "one that was not legal"),
        ({"starts": np.array([0, 4, 8, 8, 16])}, "rising from 0"),
        ({"players": np.full(5, 2)}, "indices of behaviour"),
        ({"rewards": np.full(20, np.nan, np.float32)}, "that are finite"),
        ({"observations": np.zeros((20, 3), np.float32)}, "25 rows were wanted"),
    ],
)
def test_what_does_not_fit_is_refused(change, sentence, tmp_path: Path) -> None:
    log = log_of(5)
    broken = dataclasses.replace(log, **change)
    broken.save(tmp_path / "log.safetensors")
    with pytest.raises(DataError, match=sentence):
        Log.read(tmp_path / "log.safetensors")
    with pytest.raises(CheckpointError, match=sentence):
        from_state('{"format": "vynapse-log-1", "task": "doors", "choices": [3, 2], '
                   '"behaviour": ["random", "first"]}', broken.arrays())  # fmt: skip


def test_other_types_of_numbers_are_refused() -> None:
    log = log_of()
    parts = {**log.arrays(), "actions": log.actions.astype(np.float32)}
    with pytest.raises(ValueError, match="actions: int64 was wanted, got float32"):
        Log.from_parts(log.header(), parts)
    parts.pop("starts")
    with pytest.raises(ValueError, match="it has no starts"):
        Log.from_parts(log.header(), parts)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        Log.read(tmp_path / "none")
    (tmp_path / "text").write_text("a text that is no log")
    with pytest.raises(DataError, match="cannot be read"):
        Log.read(tmp_path / "text")
    save_file({"a": np.zeros(2)}, tmp_path / "other")
    with pytest.raises(DataError, match="it holds something else"):
        Log.read(tmp_path / "other")


def test_a_log_of_another_task_is_refused() -> None:
    with pytest.raises(ConfigError, match="episodes of task: cartpole was wanted, the log has doo"):
        refuse_other_task(log_of(), control("cartpole"), "data")
    with pytest.raises(ConfigError, match="its actions are vectors of numbers"):
        choices_of(control("pendulum"))
