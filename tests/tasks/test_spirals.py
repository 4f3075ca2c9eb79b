# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Two spirals: the classic points by their formula, and generated ones."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vynapse.errors import ConfigError
from vynapse.tasks.registry import make_task


def test_the_classic_points_follow_the_formula_of_1988() -> None:
    train = make_task("spirals", {}).split("train").take(slice(None))
    assert len(train) == 194
    for i in (0, 1, 50, 96):
        radius, angle = 6.5 * (104 - i) / 104, i * math.pi / 16
        first = (radius * math.sin(angle), radius * math.cos(angle))
        np.testing.assert_allclose(train.inputs[i], first, atol=1e-6)
        np.testing.assert_allclose(train.inputs[97 + i], (-first[0], -first[1]), atol=1e-6)
    assert train.targets.tolist() == [0] * 97 + [1] * 97


def test_no_classic_point_is_in_two_splits() -> None:
    task = make_task("spirals", {})
    train, validation = (
        task.split("train").take(slice(None)).inputs,
        task.split("validation").take(slice(None)).inputs,
    )
    assert len(validation) == 192
    distances = np.linalg.norm(train[:, None] - validation[None], axis=-1)
    assert distances.min() > 0.01
    # a nearest neighbour classifier is right: the points lie on the curves of their own class
    nearest = task.split("train").take(slice(None)).targets[distances.argmin(axis=0)]
    assert np.array_equal(nearest, task.split("validation").take(slice(None)).targets)


def test_generated_points_depend_on_their_seed_and_differ_between_splits() -> None:
    options = {"kind": "generated", "points": 101, "noise": 0.2}
    tasks = [make_task("spirals", options | {"data_seed": seed}) for seed in (0, 0, 1)]
    assert tasks[0].fingerprint() == tasks[1].fingerprint() != tasks[2].fingerprint()
    train, validation = (
        tasks[0].split("train").take(slice(None)),
        tasks[0].split("validation").take(slice(None)),
    )
    assert len(train) == len(validation) == 101
    assert train.inputs.dtype == np.float32
    assert not np.isin(train.inputs, validation.inputs).any()
    assert np.bincount(train.targets).tolist() == [51, 50]


def test_noise_and_turns_are_what_they_say() -> None:
    options = {"kind": "generated", "points": 2000, "noise": 0.0, "turns": 1.0}
    clean = make_task("spirals", options).split("train").take(slice(None)).inputs
    noisy = make_task("spirals", options | {"noise": 0.3}).split("train").take(slice(None)).inputs
    assert (noisy - clean).std() == pytest.approx(0.3, rel=0.05)
    radius = np.linalg.norm(clean, axis=1)
    angle = np.arctan2(clean[:, 0], clean[:, 1]) + np.pi * (np.arange(2000) % 2)
    place = (1 - radius / 6.5) * 104 / 96
    turned = (angle - place * 2 * np.pi + np.pi) % (2 * np.pi) - np.pi
    np.testing.assert_allclose(turned, 0, atol=1e-4)


@pytest.mark.parametrize("key", ["points", "noise", "turns", "data_seed"])
def test_keys_of_the_generated_kind_are_refused_for_the_classic_one(key: str) -> None:
    with pytest.raises(ConfigError, match=rf"task\.{key}: kind: generated, the only kind"):
        make_task("spirals", {key: 7})
    make_task("spirals", {"kind": "generated", key: 7})
