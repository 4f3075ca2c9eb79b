# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where data are looked for: the user's folder first, then the cache; nothing is replaced."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from vynapse.core import Array
from vynapse.data.locate import Source, cache_folder, checksum, data_folder, decoded, find, obtain
from vynapse.errors import DataError

MD5 = hashlib.md5(b"content").hexdigest()
NOWHERE = Source("x.bin", "http://127.0.0.1:1/x.bin", MD5)


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Path, Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("VYNAPSE_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    (tmp_path / "cache" / "vynapse").mkdir(parents=True)
    return tmp_path / "data", tmp_path / "cache" / "vynapse"


def test_the_folders_follow_the_environment(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (data_folder(), cache_folder()) == folders
    monkeypatch.delenv("VYNAPSE_DATA")
    assert data_folder() == cache_folder()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/somewhere")
    assert str(cache_folder()) == "/somewhere/.cache/vynapse"


def test_a_data_folder_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VYNAPSE_DATA", "/nowhere/at/all")
    with pytest.raises(DataError, match="VYNAPSE_DATA: the folder '/nowhere/at/all' does not"):
        data_folder()


def test_the_users_folder_comes_first(folders: tuple[Path, Path]) -> None:
    data, cache = folders
    assert find("x.bin") is None
    (cache / "x.bin").write_bytes(b"cached")
    assert find("x.bin") == cache / "x.bin"
    (data / "x.bin").write_bytes(b"mine")
    assert find("x.bin") == data / "x.bin"


def test_a_file_with_the_right_checksum_is_used(folders: tuple[Path, Path]) -> None:
    (folders[0] / "x.bin").write_bytes(b"content")
    assert obtain([NOWHERE], "t") == [folders[0] / "x.bin"]


def test_a_file_with_a_wrong_checksum_is_refused_and_kept(folders: tuple[Path, Path]) -> None:
    (folders[0] / "x.bin").write_bytes(b"tampered")
    with pytest.raises(DataError, match=f"x.bin: the checksum {MD5} was wanted"):
        obtain([NOWHERE], "t")
    assert (folders[0] / "x.bin").read_bytes() == b"tampered"


def test_without_file_and_network_one_sentence_says_what_to_put_where(
    folders: tuple[Path, Path],
) -> None:
    with pytest.raises(DataError) as caught:
        obtain([NOWHERE, Source("y.bin", "http://127.0.0.1:1/y", MD5)], "t", "; or else z.zip")
    sentence = str(caught.value)
    assert sentence.startswith(f"task 't' needs x.bin, y.bin: put them into {folders[0]} or set")
    assert "VYNAPSE_DATA" in sentence
    assert "; or else z.zip" in sentence
    assert "refused" in sentence


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="data: cannot be read"):
        checksum(tmp_path / "data")


def test_decoded_arrays_are_kept_and_a_damaged_copy_is_made_anew(
    folders: tuple[Path, Path],
) -> None:
    calls = []

    def decode() -> dict[str, Array]:
        calls.append(1)
        return {"a": np.arange(1000), "b": np.ones((2, 2), np.uint8)}

    for wanted_calls in (1, 1):
        arrays = decoded("set-0", decode)
        np.testing.assert_array_equal(arrays["a"], np.arange(1000))
        assert arrays["b"].dtype == np.uint8
        assert len(calls) == wanted_calls
    copy = folders[1] / "set-0.npz"
    assert [path.name for path in folders[1].iterdir()] == ["set-0.npz"]
    content = bytearray(copy.read_bytes())
    content[500] ^= 1
    copy.write_bytes(content)
    np.testing.assert_array_equal(decoded("set-0", decode)["a"], np.arange(1000))
    assert len(calls) == 2
    decoded("set-0", decode)
    assert len(calls) == 2


def test_a_cache_that_cannot_be_written_is_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "blocked").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "blocked"))
    assert decoded("set-0", lambda: {"a": np.arange(3)})["a"].tolist() == [0, 1, 2]
