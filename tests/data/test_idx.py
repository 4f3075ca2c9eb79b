# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""IDX files: what is written is read, and damage is named."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from vynapse.data.idx import read_idx
from vynapse.errors import DataError

VALUES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
HEADER = bytes((0, 0, 8, 3)) + struct.pack(">3I", 2, 3, 4)


def test_values_and_shape_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(HEADER + VALUES.tobytes()))
    array = read_idx(path)
    assert array.dtype == np.uint8
    np.testing.assert_array_equal(array, VALUES)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no gzip", "cannot be read as a gzip file"),
        (gzip.compress(HEADER + VALUES.tobytes())[:-9], "cannot be read as a gzip file"),
        (gzip.compress(b"\0\0\x0d\x01" + bytes(8)), "IDX file of unsigned bytes was wanted"),
        (gzip.compress(b"\0\0"), "IDX file of unsigned bytes was wanted"),
        (gzip.compress(HEADER[:6]), "the header is cut off"),
        (gzip.compress(HEADER + VALUES.tobytes()[:-1]), r"24 values .* the file holds 23"),
    ],
)
def test_damage_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=sentence):
        read_idx(path)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.gz: cannot be read"):
        read_idx(tmp_path / "absent.gz")
