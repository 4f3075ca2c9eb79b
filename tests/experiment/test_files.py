# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A file is the old one or the new one at every moment, whatever call of the system fails."""

import os
from pathlib import Path

import pytest

from vynapse.errors import StorageError
from vynapse.experiment.files import write_atomically

OLD, NEW = b"old " * 1000, b"new " * 2000


def test_the_place_holds_the_old_file_until_the_new_one_is_whole_and_synced(
    tmp_path: Path, monkeypatch
) -> None:
    place = tmp_path / "file"
    place.write_bytes(OLD)
    calls: list[str] = []
    sync, move = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        calls.append("sync")
        sync(descriptor)

    def moved(self: Path, target: Path) -> Path:
        calls.append("move")
        assert place.read_bytes() == OLD
        assert self.read_bytes() == NEW
        assert self.parent == target.parent, "a rename is atomic within one folder"
        return move(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", moved)
    write_atomically(place, NEW)
    assert calls == ["sync", "move", "sync"], "content, rename, folder"
    assert place.read_bytes() == NEW


@pytest.mark.parametrize("failing", ["open", "fsync", "replace"])
def test_a_call_that_fails_leaves_the_old_file_and_nothing_else(
    failing, tmp_path: Path, monkeypatch
) -> None:
    place = tmp_path / "file"
    place.write_bytes(OLD)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os if failing == "fsync" else Path, failing, refuse)
    with pytest.raises(StorageError, match="Input/output error"):
        write_atomically(place, NEW)
    monkeypatch.undo()
    assert place.read_bytes() == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
