# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is remembered of a file tells what changed, wherever it did."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from vynapse.data import prints
from vynapse.data.prints import change_of, file_print, sha256_of_file
from vynapse.errors import DataError


@pytest.mark.parametrize("place", [0, 4095, 4096, 123_456, 299_999])
def test_one_byte_is_found_in_its_piece(place: int, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    content = np.random.default_rng(0).integers(0, 256, 300_000).astype(np.uint8)
    path.write_bytes(content.tobytes())
    known = file_print(path)
    assert known["sha256"] == sha256_of_file(path) == hashlib.sha256(content.tobytes()).hexdigest()
    assert change_of(known) is None
    content[place] ^= 1
    path.write_bytes(content.tobytes())
    said = change_of(known) or ""
    begin, end = (int(word.replace(",", "")) for word in said.split() if word[0].isdigit())
    assert begin <= place < end
    assert end - begin == known["step"] or end == 300_000


def test_a_large_file_is_looked_at_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prints, "_WHOLE", 100_000)
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(400_000))
    known = file_print(path)
    assert known["sha256"] is None
    assert known["piece"] < known["step"]
    path.write_bytes(bytes(399_999))
    assert change_of(known) == "it has 399,999 bytes and had 400,000"


def test_files_that_are_empty_or_absent(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_bytes(b"")
    known = file_print(path)
    assert change_of(known) is None
    path.unlink()
    assert change_of(known) == "it is not there any more"
    with pytest.raises(DataError, match="cannot be read"):
        file_print(path)
