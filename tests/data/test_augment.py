# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Augmentation: a function of (sample, epoch, seed), whatever the batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.core import Array
from vynapse.data.augment import Entry, build_augment, problem_of
from vynapse.errors import ConfigError, DataError

PICTURES = np.random.default_rng(0).integers(1, 256, (40, 2, 6, 5), dtype=np.uint8)
ALL: list[Entry] = [{"crop": 2}, "flip", {"noise": 0.1}]


@pytest.mark.parametrize("pictures", [PICTURES, PICTURES.astype(np.float32)], ids=["u8", "f32"])
@given(
    samples=st.lists(st.integers(0, 39), min_size=1, max_size=20),
    epoch=st.integers(0, 1000),
    seed=st.integers(0, 2**64 - 1),
    entries=st.sampled_from([[entry] for entry in ALL] + [ALL, ["flip", "flip"]]),
)
def test_a_picture_changes_alike_in_any_batch(
    pictures: Array, samples: list[int], epoch: int, seed: int, entries: list[Entry]
) -> None:
    augment = build_augment(entries, 255.0, "augment")
    everything = augment(pictures, np.arange(40), epoch, seed)
    which = np.array(samples)
    some = augment(pictures[which], which, epoch, seed)
    assert some.dtype == pictures.dtype
    np.testing.assert_array_equal(some, everything[which])


@pytest.mark.parametrize("entry", ALL, ids=str)
def test_epochs_seeds_and_samples_differ(entry: Entry) -> None:
    augment = build_augment([entry], 255.0, "augment")
    same = np.repeat(PICTURES[:1], 40, axis=0)
    samples = np.arange(40)
    results = [augment(same, samples, *key) for key in ((0, 0), (1, 0), (0, 1))]
    assert len({result.tobytes() for result in results}) == 3
    assert len(np.unique(results[0], axis=0)) > 1
    np.testing.assert_array_equal(same, np.repeat(PICTURES[:1], 40, axis=0))


def test_flip_mirrors_about_half_of_the_pictures() -> None:
    pictures = np.repeat(PICTURES[:1], 2000, axis=0)
    flipped = build_augment(["flip"], 255.0, "augment")(pictures, np.arange(2000), 0, 0)
    mirrored = (flipped == PICTURES[0, :, :, ::-1]).all(axis=(1, 2, 3))
    untouched = (flipped == PICTURES[0]).all(axis=(1, 2, 3))
    assert np.all(mirrored ^ untouched)
    assert 900 < mirrored.sum() < 1100


def test_crop_shifts_by_up_to_its_pixels_and_fills_with_black() -> None:
    pictures = np.repeat(PICTURES[:1], 500, axis=0)
    cropped = build_augment([{"crop": 1}], 255.0, "augment")(pictures, np.arange(500), 3, 7)
    padded = np.pad(PICTURES[0], ((0, 0), (1, 1), (1, 1)))
    windows = {
        padded[:, y : y + 6, x : x + 5].tobytes(): (y, x) for y in range(3) for x in range(3)
    }
    places = [windows[picture.tobytes()] for picture in cropped]
    assert set(places) == set(windows.values())


def test_noise_has_its_deviation_and_stays_within_the_range() -> None:
    grey = np.full((50, 1, 20, 20), 128, np.uint8)
    samples = np.arange(50)
    noisy = build_augment([{"noise": 0.1}], 255.0, "a")(grey, samples, 0, 0).astype(float)
    assert abs(noisy.std() - 25.5) < 1
    assert abs(noisy.mean() - 128) < 1
    small = np.full((50, 1, 8, 8), 16, np.uint8)
    assert build_augment([{"noise": 0.5}], 16.0, "a")(small, samples, 0, 0).max() == 16
    assert build_augment([{"noise": 1}], 255.0, "a")(grey * 0, samples, 0, 0).min() == 0


def test_nothing_to_do_hands_back_the_same_array() -> None:
    assert build_augment([], 255.0, "augment")(PICTURES, np.arange(40), 0, 0) is PICTURES


@pytest.fixture
def users_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_changes.py").write_text(
        "number = 3\n"
        "def negative(inputs, samples, epoch, seed):\n"
        "    return 255 - inputs + (samples + epoch + seed).astype('uint8')[:, None, None, None]\n"
        "def cut(inputs, samples, epoch, seed):\n"
        "    return inputs[:, :, 1:]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("users_module")
def test_a_users_function_takes_part() -> None:
    augment = build_augment(["my_changes:negative"], 255.0, "task.augment")
    changed = augment(PICTURES[:2], np.array([0, 1]), 2, 3)
    np.testing.assert_array_equal(changed[1], 255 - PICTURES[1] + np.uint8(6))
    with pytest.raises(DataError, match=r"augment\.1: my_changes:cut must return uint8 of shape"):
        build_augment(["flip", "my_changes:cut"], 255.0, "task.augment")(
            PICTURES, np.arange(40), 0, 0
        )
    with pytest.raises(ConfigError, match=r"task\.augment\.0: 'my_changes' has no 'negativ'"):
        build_augment(["my_changes:negativ"], 255.0, "task.augment")
    with pytest.raises(ConfigError, match="a function was wanted, my_changes:number is a int"):
        build_augment(["my_changes:number"], 255.0, "task.augment")


@pytest.mark.parametrize("entry", [*ALL, {"crop": 4.0}, {"noise": 1}, "my.module:function"])
def test_valid_entries_have_no_problem(entry: Entry) -> None:
    assert problem_of(entry) is None


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        ("flop", "{crop: pixels}, flip"),
        ({"crop": 1.5}, "crop: a whole number of pixels"),
        ({"crop": 0}, "crop: a whole number of pixels"),
        ({"noise": 0}, "noise: a fraction"),
        ({"noise": 2}, "noise: a fraction"),
        ({"crop": 1, "noise": 1}, "{crop: pixels}, flip"),
        ({}, "{crop: pixels}, flip"),
    ],
)
def test_invalid_entries_say_what_was_wanted(entry: Entry, wanted: str) -> None:
    found = problem_of(entry)
    assert found is not None
    assert found.startswith(wanted)
