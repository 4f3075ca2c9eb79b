# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Both forms of CIFAR-10, made small: pixels and labels come back, damage is named."""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from vynapse.core import Array
from vynapse.data.cifar import read_binary, read_packed
from vynapse.errors import DataError, MissingExtra

RANDOM = np.random.default_rng(0)
MEMBERS = [f"data_batch_{number}.bin" for number in range(1, 6)] + ["test_batch.bin"]


def write_binary(
    path: Path, parts: Sequence[tuple[Array, Array]], names: Sequence[str] = MEMBERS
) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, (images, labels) in zip(names, parts, strict=True):
            rows = np.concatenate([labels[:, None], images.reshape(len(images), -1)], axis=1)
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = rows.size
            tar.addfile(info, io.BytesIO(rows.astype(np.uint8).tobytes()))


def write_packed(path: Path, prefix: str, images: Array, labels: Array) -> None:
    image_module = pytest.importorskip("PIL.Image")
    with zipfile.ZipFile(path, "w") as packed:
        for number, begin in enumerate(range(0, len(images), 4)):
            mosaic = images[begin : begin + 4].reshape(-1, 64, 3)
            buffer = io.BytesIO()
            image_module.fromarray(mosaic).save(buffer, "WEBP", lossless=True)
            packed.writestr(f"{prefix}{number:02d}.webp", buffer.getvalue())
        buffer = io.BytesIO()
        np.save(buffer, labels)
        packed.writestr("labels.npy", buffer.getvalue())


def pictures(count: int, shape: tuple[int, ...]) -> tuple[Array, Array]:
    return (
        RANDOM.integers(0, 256, (count, *shape), dtype=np.uint8),
        RANDOM.integers(0, 10, count, dtype=np.uint8),
    )


def test_the_official_archive_is_read_in_order(tmp_path: Path) -> None:
    parts = [pictures(3, (3, 32, 32)) for _ in MEMBERS]
    write_binary(tmp_path / "c.tar.gz", parts)
    images, labels = read_binary(tmp_path / "c.tar.gz")
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(images, np.concatenate([part[0] for part in parts]))
    np.testing.assert_array_equal(labels, np.concatenate([part[1] for part in parts]))


def test_a_damaged_official_archive_is_named(tmp_path: Path) -> None:
    path = tmp_path / "c.tar.gz"
    write_binary(path, [pictures(1, (3, 32, 32))] * 5, MEMBERS[:5])
    with pytest.raises(DataError, match=r"c\.tar\.gz: .*test_batch\.bin"):
        read_binary(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError, match=r"c\.tar\.gz: cannot be read as a tar\.gz archive"):
        read_binary(path)
    parts = [pictures(1, (3, 32, 32))] * 6
    write_binary(path, [*parts[:5], (parts[5][0][:, :, :, :16], parts[5][1])])
    with pytest.raises(DataError, match=r"test_batch\.bin is not a whole number of images"):
        read_binary(path)


def test_the_packed_form_gives_the_lossless_pictures(tmp_path: Path) -> None:
    images, labels = pictures(10, (32, 32, 3))
    test_images, test_labels = pictures(6, (32, 32, 3))
    write_packed(tmp_path / "train.zip", "train_", images, labels)
    # labels of test pictures that exist only with losses are there too
    write_packed(tmp_path / "test.zip", "test_lossless_", test_images[:4], test_labels)
    found, found_labels = read_packed(tmp_path / "train.zip", tmp_path / "test.zip")
    wanted = np.concatenate([images, test_images[:4]]).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(found, wanted)
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found_labels, np.concatenate([labels, test_labels[:4]]))


def test_a_damaged_packed_archive_is_named(tmp_path: Path) -> None:
    images, labels = pictures(4, (32, 32, 3))
    train, test = tmp_path / "train.zip", tmp_path / "test.zip"
    write_packed(train, "train_", images, labels)
    write_packed(test, "other_", images, labels)
    with pytest.raises(DataError, match=r"test\.zip: no images called test_lossless_"):
        read_packed(train, test)
    write_packed(test, "test_lossless_", images, labels[:2])
    with pytest.raises(DataError, match="a label for each image was wanted"):
        read_packed(train, test)
    with zipfile.ZipFile(train) as packed, zipfile.ZipFile(test, "w") as without:
        without.writestr("train_00.webp", packed.read("train_00.webp"))
    with pytest.raises(DataError, match=r"test\.zip: .*labels\.npy"):
        read_packed(test, train)
    train.write_bytes(train.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"train\.zip: cannot be read as a packed archive"):
        read_packed(train, test)


def test_without_pillow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = pictures(4, (32, 32, 3))
    write_packed(tmp_path / "train.zip", "train_", images, labels)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtra, match=r"pip install 'vynapse\[images\]'"):
        read_packed(tmp_path / "train.zip", tmp_path / "train.zip")
