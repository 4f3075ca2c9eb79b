# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Digits, MNIST and CIFAR-10 on the real files."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from tests import speed
from vynapse.core import Array, Stateless, SupervisedTask
from vynapse.data import cifar, locate
from vynapse.errors import ConfigError, DataError
from vynapse.tasks.registry import make_task

FINGERPRINT = "04bf00471c2bb4ae6725092f258c4a6148aca8dc153eee2df5b07cac1d3c4a40"
"""Of the digits: an archive or a split that changes must not go unnoticed."""


def assert_standardised(task: SupervisedTask) -> None:
    prepared = task.prepare(task.split("train").take(slice(None)).inputs[::7])
    assert prepared.dtype == np.float32
    assert prepared.shape[1:] == task.input_shape
    np.testing.assert_allclose(prepared.mean(axis=(0, 2, 3), dtype=np.float64), 0, atol=0.02)
    np.testing.assert_allclose(prepared.std(axis=(0, 2, 3), dtype=np.float64), 1, atol=0.02)


def test_digits_are_split_for_good() -> None:
    task = make_task("digits", {})
    assert task.classes == tuple("0123456789")
    assert task.input_shape == (1, 8, 8)
    assert (len(task.split("train")), len(task.split("validation"))) == (1079, 359)
    counts = np.bincount(task.split("validation").take(slice(None)).targets)
    assert counts.min() >= 34
    assert task.fingerprint() == FINGERPRINT
    assert_standardised(task)


def test_augmentation_is_a_key_of_picture_tasks() -> None:
    task = make_task("digits", {"augment": [{"crop": 1}, "flip", {"noise": 0.1}]})
    assert task.augment is not None
    inputs, samples = task.split("train").take(slice(None)).inputs[:50], np.arange(50)
    changed = task.augment(inputs, samples, 2, 9)
    assert changed.dtype == np.uint8
    assert changed.max() <= 16
    assert not np.array_equal(changed, inputs)
    np.testing.assert_array_equal(task.augment(inputs[7:9], samples[7:9], 2, 9), changed[7:9])
    np.testing.assert_array_equal(
        task.split("train").take(slice(None)).inputs,
        make_task("digits", {}).split("train").take(slice(None)).inputs,
    )


@pytest.mark.parametrize("entry", ["flop", {"crop": 0}, {"flip": 1}, 5])
def test_an_unknown_augmentation_is_refused(entry: object) -> None:
    with pytest.raises(ConfigError, match=r"task\.augment"):
        make_task("digits", {"augment": [entry]})


def test_mnist_is_loaded_within_a_second(real_data: Path) -> None:
    task = make_task("mnist", {})
    begin = time.process_time()
    train, validation = (
        task.split("train").take(slice(None)),
        task.split("validation").take(slice(None)),
    )
    assert time.process_time() - begin < speed.limit(1)
    assert (len(train), len(validation)) == (55_000, 5_000)
    assert train.inputs.shape[1:] == task.input_shape == (1, 28, 28)
    assert train.inputs.dtype == np.uint8
    assert train.targets[:5].tolist() == [5, 0, 4, 1, 9]
    assert_standardised(task)
    result = task.final_test(
        Stateless(lambda inputs: np.eye(10, dtype=np.float32)[[7] * len(inputs)])
    )
    assert result is not None
    assert result.metrics["accuracy"] == pytest.approx(0.1028)


def test_mnist_without_data_and_network_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VYNAPSE_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    task = make_task("mnist", {})
    with pytest.raises(DataError) as caught:
        task.split("train")
    sentence = str(caught.value)
    assert sentence.startswith("task 'mnist' needs train-images-idx3-ubyte.gz, ")
    assert f"put them into {tmp_path} or set VYNAPSE_DATA" in sentence


def test_cifar10_in_packed_form_has_the_lossless_hold_out(
    real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (real_data / "cifar10-train.zip").exists():
        pytest.skip("the packed form of CIFAR-10 is not there")
    pytest.importorskip("PIL")
    task = make_task("cifar10", {})
    assert "6,017" in task.description
    assert (len(task.split("train")), len(task.split("validation"))) == (40_000, 5_000)
    assert task.classes is not None
    assert task.classes[task.split("train").take(slice(None)).targets[0]] == "frog"
    assert_standardised(task)
    seen: list[int] = []

    def predict(inputs: Array) -> Array:
        seen.append(len(inputs))
        return np.zeros((len(inputs), 10), np.float32)

    assert task.final_test(Stateless(predict)) is not None
    assert sum(seen) == 6_017

    def refuse(*_: Path) -> tuple[Array, Array]:
        raise AssertionError("decoded again")

    monkeypatch.setattr("vynapse.tasks.cifar10.read_packed", refuse)
    assert make_task("cifar10", {}).fingerprint() == task.fingerprint()


def test_cifar10_prefers_the_official_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VYNAPSE_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name in ("cifar10-train.zip", "cifar10-test.zip"):
        (tmp_path / name).touch()
    assert "6,017" in make_task("cifar10", {}).description
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(b"not it")
    task = make_task("cifar10", {})
    assert "official 10,000 test" in task.description
    with pytest.raises(DataError, match=r"cifar-10-binary\.tar\.gz: the checksum c32a1d4a"):
        task.split("train")


def test_cifar10_official_splits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VYNAPSE_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "cifar-10-binary.tar.gz").touch()
    images = np.zeros((60_000, 3, 32, 32), np.uint8)
    images[:, 0, 0, 0] = np.arange(60_000) // 5_000
    labels = np.arange(60_000) % 10
    monkeypatch.setattr(locate, "file_md5", lambda _: "c32a1d4ab5d03f1284b67883e8d87530")
    monkeypatch.setattr("vynapse.tasks.cifar10.read_binary", lambda _: (images, labels))
    task = make_task("cifar10", {})
    blocks = [
        set(task.split(name).take(slice(None)).inputs[:, 0, 0, 0])
        for name in ("train", "validation")
    ]
    assert blocks == [set(range(9)), {9}]
    assert task.classes == cifar.CLASSES
    result = task.final_test(Stateless(lambda inputs: np.zeros((len(inputs), 10), np.float32)))
    assert result is not None
    assert result.metrics["accuracy"] == 0.1


def test_wrong_pictures_in_the_packed_form_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VYNAPSE_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name in ("cifar10-train.zip", "cifar10-test.zip"):
        (tmp_path / name).touch()
    noise = np.zeros((20, 3, 32, 32), np.uint8), np.zeros(20, np.int64)
    monkeypatch.setattr("vynapse.tasks.cifar10.read_packed", lambda *_: noise)
    with pytest.raises(DataError, match="these are not the pictures of CIFAR-10"):
        make_task("cifar10", {}).split("train")
