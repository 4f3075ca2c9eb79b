# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A state tree survives its file bit for bit; a damaged file never passes for a whole one."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import save

from vynapse.errors import CheckpointError, StorageError
from vynapse.experiment.checkpoint import FORMAT, read_checkpoint, write_checkpoint
from vynapse.experiment.compression import compress, decompress

arrays = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.uint32, np.uint8, np.bool_]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | arrays,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def same(one, other) -> bool:
    if isinstance(one, np.ndarray):
        equal = one.tobytes() == other.tobytes()
        return bool(one.dtype == other.dtype and one.shape == other.shape and equal)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@given(state=st.dictionaries(st.text(), values, max_size=4))
def test_a_state_survives_its_file(state, tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("c") / "x.ckpt"
    write_checkpoint(path, state)
    assert same(read_checkpoint(path), state)


def test_infinity_survives(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "x.ckpt", {"loss": float("inf")})
    assert read_checkpoint(tmp_path / "x.ckpt") == {"loss": float("inf")}


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    path = tmp_path / "x.ckpt"
    write_checkpoint(path, {"weights": np.arange(300, dtype=np.float32), "step": 7})
    return path


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_checkpoint_is_refused(whole, part) -> None:
    content = whole.read_bytes()
    whole.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(CheckpointError, match="is damaged"):
        read_checkpoint(whole)


def test_every_flipped_byte_is_noticed(whole) -> None:
    content = whole.read_bytes()
    for position in range(0, len(content), 7):
        broken = bytearray(content)
        broken[position] ^= 0x10
        whole.write_bytes(bytes(broken))
        with pytest.raises(CheckpointError):
            read_checkpoint(whole)


def test_an_edited_checkpoint_is_refused(whole) -> None:
    """Somebody unpacked it, changed a weight or a number, and packed it again properly."""
    raw = bytearray(decompress(whole.read_bytes()))
    raw[-2] ^= 0x10
    whole.write_bytes(compress(bytes(raw)))
    with pytest.raises(CheckpointError, match="was changed after it was written"):
        read_checkpoint(whole)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    import hashlib

    text = json.dumps({"format": FORMAT + 1, "state": {}})
    metadata = {"vynapse": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    (tmp_path / "x.ckpt").write_bytes(compress(save({}, metadata)))
    with pytest.raises(CheckpointError, match="install a newer vynapse"):
        read_checkpoint(tmp_path / "x.ckpt")


def test_an_absent_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"nothing\.ckpt does not exist"):
        read_checkpoint(tmp_path / "nothing.ckpt")


@pytest.mark.parametrize("leaf", [{1, 2}, object(), np.float32(1), 1j])
def test_a_leaf_that_is_no_data_is_refused(leaf, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="'/inner/0': a NumPy array or a JSON value"):
        write_checkpoint(tmp_path / "x.ckpt", {"inner": [leaf]})


def test_a_full_disk_leaves_the_old_file_whole(whole, monkeypatch) -> None:
    before = whole.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vynapse.experiment.files.os.fsync", full)
    with pytest.raises(StorageError, match="no space left"):
        write_checkpoint(whole, {"step": 8})
    assert whole.read_bytes() == before
    assert [p.name for p in whole.parent.iterdir()] == [whole.name]
