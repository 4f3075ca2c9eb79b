# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of control tasks catches broken masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from vynapse.core import ControlTask, with_episodes
from vynapse.tasks.registry import make_any_task
from vynapse.testing import check_control_task


def locks() -> ControlTask:
    task = with_episodes(make_any_task("gym:tests.rl.locks:Locks", {}))
    assert task is not None
    return task


class Masked:
    """Environments whose masks are told otherwise."""

    def __init__(self, inner: Any, tell: Callable[[Any], Any]) -> None:
        self._inner, self._tell = inner, tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def reset(self, rows: Any = None) -> Any:
        return self._inner.reset(rows)

    def step(self, actions: Any) -> Any:
        return self._inner.step(np.zeros_like(actions) + self._legal())

    def masks(self) -> Any:
        return self._tell(self._inner.masks())

    def _legal(self) -> Any:
        """Choices that the environment will take, whatever was told."""
        parts = np.split(self._inner.masks(), [3], axis=1)
        return np.stack([part.argmax(axis=1) for part in parts], axis=1)


def with_masks(tell: Callable[[Any], Any]) -> ControlTask:
    task = locks()
    made = task.environments
    task.environments = lambda count, seed: Masked(made(count, seed), tell)  # type: ignore[method-assign]
    return task


def without(masks: Any) -> Any:
    told = masks.copy()
    told[0, 3:] = False
    return told


@pytest.mark.parametrize(
    ("tell", "sentence"),
    [
        (lambda masks: masks[:, :5], r"masks of shape \(3, 7\) were wanted, got \(3, 5\)"),
        (lambda masks: masks.astype(int), "masks of booleans were wanted, got int64"),
        (without, "no choice of factor 1 is legal"),
    ],
)
def test_broken_masks_are_caught(tell, sentence) -> None:
    check_control_task(lambda: with_masks(lambda masks: masks))
    with pytest.raises(AssertionError, match=sentence):
        check_control_task(lambda: with_masks(tell))


def test_masks_are_those_of_the_seed() -> None:
    draws = np.random.default_rng(0)

    def other(masks: Any) -> Any:
        return masks | (draws.random(masks.shape) < 0.3)

    with pytest.raises(AssertionError, match="differs between two calls"):
        check_control_task(lambda: with_masks(other))
    calls = iter(range(10**6))

    def drifting() -> ControlTask:
        flip = next(calls) % 2 == 0
        return with_masks(lambda masks: masks | flip)

    with pytest.raises(AssertionError, match="the same seed gives other episodes"):
        check_control_task(drifting)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("factor_names", ("what",), "2 different factor_names were wanted"),
        ("factor_names", ("what", "what"), "2 different factor_names were wanted"),
        ("actions", 3, "`actions` has to be 0"),
        ("factors", (7, 0), "a factor without a choice"),
    ],
)
def test_broken_factors_are_caught(name, value, sentence) -> None:
    def broken() -> ControlTask:
        task = locks()
        setattr(task, name, value)
        return task

    with pytest.raises(AssertionError, match=sentence):
        check_control_task(broken)
