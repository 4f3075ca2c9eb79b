# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Generated pictures of two glyphs."""

from __future__ import annotations

import time

import numpy as np
import pytest

from tests import speed
from tests.evidence import many
from vynapse.core import Array, Stateless, SupervisedTask
from vynapse.errors import ConfigError
from vynapse.kernels import native
from vynapse.tasks import glyphs
from vynapse.tasks.registry import bundled_tasks, make_task
from vynapse.testing import check_task

FINGERPRINT = "0a753d6cb8394be148d873c8efad1a2a477cc2b5c1763e3636dd319c8c430893"
"""Of the default pictures: figures that users compare must not change unnoticed."""
FEW = {"train": 300, "validation": 200, "test": 100}


def plain(**options: object) -> SupervisedTask:
    """Neither noise nor strokes."""
    return make_task("glyphs", {"noise": 0.0, "clutter": 0, **options})


def glyphs_in(picture: Array) -> list[tuple[str, int, int]]:
    """Every place where a whole glyph stands, by its outline: exact where nothing else is."""
    found = []
    for upside_down, shapes in enumerate(glyphs._shapes()):
        for name, shape in zip(glyphs._GLYPHS, shapes, strict=True):
            if upside_down and name != "triangle":
                continue
            for row in range(18):
                for column in range(18):
                    window = picture[row : row + 7, column : column + 7]
                    if np.array_equal(window > 0, shape > 0) and np.ptp(window[shape > 0]) == 0:
                        found.append((name, row, column))
    return found


def test_it_keeps_the_promises_of_a_task() -> None:
    check_task(lambda: make_task("glyphs", FEW))


def test_the_default_pictures_are_fixed_for_good() -> None:
    begin = time.process_time()
    task = make_task("glyphs", {})
    train, validation = (
        task.split("train").take(slice(None)),
        task.split("validation").take(slice(None)),
    )
    assert time.process_time() - begin < speed.limit(1)
    assert (len(train), len(validation)) == (6000, 2000)
    assert train.inputs.shape[1:] == task.input_shape == (1, 24, 24)
    assert train.inputs.dtype == np.float32
    result = task.final_test(
        Stateless(lambda inputs: np.eye(10, dtype=np.float32)[[7] * len(inputs)])
    )
    assert result is not None
    assert result.metrics["accuracy"] == 0.1
    assert task.fingerprint() == FINGERPRINT


def test_the_pictures_are_the_same_without_the_compiled_kernels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = make_task("glyphs", FEW)
    expected = task.fingerprint()
    monkeypatch.setenv("VYNAPSE_KERNELS", "numpy")
    native.status.cache_clear()
    try:
        assert make_task("glyphs", FEW).fingerprint() == expected
    finally:
        monkeypatch.undo()
        native.status.cache_clear()


def test_classes_are_the_ten_pairs_equally_often() -> None:
    task = make_task("glyphs", {})
    assert task.classes is not None
    assert len(set(task.classes)) == task.output_size == 10
    assert task.classes[1] == "square+ring"
    for name, each in (("train", 600), ("validation", 200)):
        split = task.split(name).take(slice(None))  # type: ignore[arg-type]
        assert np.bincount(split.targets).tolist() == [each] * 10


@pytest.mark.parametrize("seed", range(many(sample=1, evidence=3)))
def test_a_picture_holds_the_two_glyphs_of_its_class_side_by_side(seed: int) -> None:
    task = plain(train=100, data_seed=seed)
    train = task.split("train").take(slice(None))
    assert task.classes is not None
    orientations, places = set(), []
    for picture, label in zip(train.inputs[:, 0], train.targets, strict=True):
        found = glyphs_in(picture)
        names = sorted((name for name, _, _ in found), key=list(glyphs._GLYPHS).index)
        assert "+".join(names) == task.classes[label]
        (_, row, column), (_, other_row, other_column) = found
        assert max(abs(row - other_row), abs(column - other_column)) >= 7
        marked = picture[picture > 0]
        assert 0.6 <= marked.min() <= marked.max() <= 1.2
        places += [(row, column), (other_row, other_column)]
        for name, row, column in found:
            if name == "triangle":
                orientations.add(bool(picture[row, column] > 0))
    assert orientations == {True, False}
    assert np.min(places) == 0
    assert np.max(places) == 17
    assert len(set(places)) > 120


def test_two_glyphs_never_overlap_wherever_they_stand() -> None:
    places = glyphs._places_apart()
    assert places.min() == 0
    assert places.max() == 17
    assert np.abs(places[:, 0] - places[:, 1]).max(axis=-1).min() == 7
    assert len(np.unique(places.reshape(-1, 4), axis=0)) == len(places)
    # every ordered pair of 18 x 18 corners, less those nearer than 7 along both axes
    near = sum(18 - abs(shift) for shift in range(-6, 7))
    assert len(places) == 18**4 - near**2


def test_noise_and_clutter_are_what_they_say() -> None:
    clean = plain(train=2000).split("train").take(slice(None)).inputs
    noisy = plain(train=2000, noise=0.25).split("train").take(slice(None)).inputs
    difference = noisy - clean
    assert difference.std() == pytest.approx(0.25, rel=0.01)
    assert abs(difference.mean()) < 0.001
    strokes = plain(train=2000, clutter=1).split("train").take(slice(None)).inputs - clean
    assert np.all(np.isclose(strokes, 0, atol=1e-6) | np.isclose(strokes, 0.7, atol=1e-6))
    marked = strokes[:, 0] > 0.5
    assert set(marked.sum(axis=(1, 2))) == {4}
    across = marked.any(axis=1).sum(axis=1) == 4
    assert 0.4 < across.mean() < 0.6
    assert marked.any(axis=0).all()  # up to every border
    three = plain(train=50, clutter=3).split("train").take(slice(None)).inputs - clean[:50]
    np.testing.assert_allclose(three.sum(axis=(1, 2, 3)), 3 * 4 * 0.7, rtol=1e-5)


def test_splits_share_no_picture_and_another_seed_gives_others() -> None:
    one, other = (make_task("glyphs", {**FEW, "data_seed": seed}) for seed in (0, 1))
    pictures = [
        split.inputs.tobytes()[start : start + 4 * 576]
        for split in (
            one.split("train").take(slice(None)),
            one.split("validation").take(slice(None)),
            other.split("train").take(slice(None)),
        )
        for start in range(0, split.inputs.nbytes, 4 * 576)
    ]
    assert len(set(pictures)) == 800
    # no two are alike without the noise either: place and brightness differ
    bare = [plain(**FEW, data_seed=seed) for seed in (0, 1)]
    kept = [
        part.inputs
        for t in bare
        for part in (t.split("train").take(slice(None)), t.split("validation").take(slice(None)))
    ]
    assert len(np.unique(np.concatenate(kept).reshape(1000, -1), axis=0)) == 1000


def test_more_pictures_begin_with_the_same_ones() -> None:
    few, many = (make_task("glyphs", {**FEW, "train": count}) for count in (30, 400))
    np.testing.assert_array_equal(
        few.split("train").take(slice(None)).inputs,
        many.split("train").take(slice(None)).inputs[:30],
    )
    np.testing.assert_array_equal(
        few.split("validation").take(slice(None)).inputs,
        many.split("validation").take(slice(None)).inputs,
    )


@pytest.mark.parametrize(
    "options", [{"noise": -0.1}, {"clutter": -1}, {"train": 0}, {"validation": 0}, {"sed": 1}]
)
def test_wrong_keys_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=rf"^task\.{next(iter(options))}: "):
        make_task("glyphs", options)


def test_a_comparison_does_not_take_it_unasked() -> None:
    assert "glyphs" not in bundled_tasks()
