# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""CIFAR-10: Krizhevsky, "Learning multiple layers of features from tiny images", 2009.

Two forms are read. The official *binary* archive holds records of one label byte and 3,072 pixel
bytes (red, green, blue plane). The *packed* form holds the 50,000 training images and the first
1,017 test images as lossless WebP mosaics. All other test images exist there only as JPEG, whose
losses cost accuracy, so they are not used. Python pickles are never opened.
"""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from vynapse.core import Array
from vynapse.errors import DataError, MissingExtra

CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip

_RECORD = 1 + 3 * 32 * 32
_FOLDER = "cifar-10-batches-bin"


def read_binary(archive: Path) -> tuple[Array, Array]:
    """Images (n, 3, 32, 32) uint8 and labels (n,) int64 of `cifar-10-binary.tar.gz`.

    The pictures of its five training batches come first, those of the test batch last.

    Raises:
        DataError: the archive is damaged or lacks a member.
    """
    names = [f"data_batch_{number}.bin" for number in range(1, 6)] + ["test_batch.bin"]
    parts: list[Array] = []
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for name in names:
                member = tar.extractfile(f"{_FOLDER}/{name}")
                content = b"" if member is None else member.read()
                if not content or len(content) % _RECORD:
                    raise DataError(f"{archive}: {name} is not a whole number of images")
                parts.append(np.frombuffer(content, dtype=np.uint8).reshape(-1, _RECORD))
    except KeyError as error:
        raise DataError(f"{archive}: {error.args[0]}") from None
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise DataError(f"{archive}: cannot be read as a tar.gz archive: {error}") from None
    records = np.concatenate(parts)
    return records[:, 1:].reshape(-1, 3, 32, 32).copy(), records[:, 0].astype(np.int64)


def read_packed(train_archive: Path, test_archive: Path) -> tuple[Array, Array]:
    """Images (n, 3, 32, 32) uint8 and labels (n,) int64 of the packed form.

    All lossless images of `cifar10-train.zip` come first, then those of `cifar10-test.zip`.

    Raises:
        DataError: an archive is damaged or lacks a member.
        MissingExtra: Pillow is not installed.
    """
    train, train_labels = _read_zip(train_archive, "train_")
    test, test_labels = _read_zip(test_archive, "test_lossless_")
    if len(train) != len(train_labels) or len(test) > len(test_labels):
        raise DataError(
            f"{train_archive} and {test_archive}: a label for each image was wanted, got "
            f"{len(train_labels)} for {len(train)} and {len(test_labels)} for {len(test)}"
        )
    images = np.ascontiguousarray(np.concatenate((train, test)).transpose(0, 3, 1, 2))
    return images, np.concatenate((train_labels, test_labels[: len(test)])).astype(np.int64)


def _read_zip(archive: Path, prefix: str) -> tuple[Array, Array]:
    """Images (n, 32, 32, 3) of the mosaics whose names begin with `prefix`, and all labels."""
    try:
        with zipfile.ZipFile(archive) as packed:
            mosaics = sorted(
                name
                for name in packed.namelist()
                if name.startswith(prefix) and name.endswith(".webp")
            )
            if not mosaics:
                raise DataError(f"{archive}: no images called {prefix}*.webp were found")
            images = [
                _unpack_mosaic(packed.read(name))
                for name in _shown(mosaics, f"decoding {archive.name}")
            ]
            labels: Array = np.load(io.BytesIO(packed.read("labels.npy")), allow_pickle=False)
    except KeyError as error:
        raise DataError(f"{archive}: {error.args[0]}") from None
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{archive}: cannot be read as a packed archive: {error}") from None
    return np.concatenate(images), labels


def _shown(names: list[str], title: str) -> Iterable[str]:
    """The names, with a bar on standard error while they are gone through, if it is a terminal."""
    from rich.console import Console
    from rich.progress import track

    quiet = not sys.stderr.isatty()
    return track(names, title, console=Console(stderr=True), transient=True, disable=quiet)


def _unpack_mosaic(content: bytes) -> Array:
    """The images of one mosaic, whose pixels are those of all images one after the other."""
    image: Any = _pillow().open(io.BytesIO(content))
    return np.asarray(image.convert("RGB")).reshape(-1, 32, 32, 3)


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtra("pillow", "images", "reading the packed form of CIFAR-10") from None
    return Image
