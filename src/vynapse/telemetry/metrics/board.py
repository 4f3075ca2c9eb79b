# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The newest values of a run, in memory that another process reads.

A file of 256 slots of 64 bytes: a name, padded with zeros, then a number. It is mapped into the
memory of both processes. One process writes. A number of 8 bytes that lies at a multiple of 8 is
written at once, and a name appears after its number. So nobody waits for anybody, and no lock is
needed. Beside it lies a JSON file that says whose values they are.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, final

SLOTS: Final = 256
SIZE: Final = 64
NAME: Final = 56
"""Bytes of a slot that hold its name."""
VALUES: Final = ".values"
OWNER: Final = ".json"


@final
class Board:
    """What a run writes.

    Args:
        folder: that of the boards; it exists.
        name: what the board is called, without a slash.
        about: whose values they are, JSON values.

    Raises:
        OSError: the files cannot be written.
    """

    def __init__(self, folder: Path, name: str, about: Mapping[str, Any]) -> None:
        path = folder / f"{name}{VALUES}"
        # written, not only sized: a page that finds no room on the disk would end the process
        path.write_bytes(bytes(SLOTS * SIZE))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), SLOTS * SIZE)
        self._numbers = memoryview(self._map).cast("d")
        self._places: dict[str, int] = {}
        draft = folder / f".{name}.tmp"
        draft.write_text(json.dumps(dict(about)), encoding="utf-8")
        os.replace(draft, folder / f"{name}{OWNER}")

    def set(self, name: str, value: float) -> None:
        """Write a number; a name beyond the last slot is left out."""
        place = self.place(name, value)
        if place is not None:
            self._numbers[place] = value

    def add(self, name: str, amount: float = 1.0) -> None:
        """Count."""
        place = self.place(name, 0.0)
        if place is not None:
            self._numbers[place] += amount

    def put(self, place: int, value: float) -> None:
        """Write a number at the place that `place` has given."""
        self._numbers[place] = value

    def place(self, name: str, value: float) -> int | None:
        """Where the number of a name stands, which begins as `value`; None beyond the last slot."""
        number = self._places.get(name)
        if number is None:
            number = len(self._places)
            if number >= SLOTS:
                return None
            self._places[name] = number
            self._numbers[(number * SIZE + NAME) // 8] = value
            word = name.encode()[:NAME]
            self._map[number * SIZE : number * SIZE + len(word)] = word
        return (number * SIZE + NAME) // 8

    def close(self) -> None:
        """Write no more; what was written stays readable."""
        self._numbers.release()
        self._map.close()


def read_board(path: Path) -> tuple[dict[str, Any], dict[str, float]]:
    """Whose values these are, and the values by name.

    Args:
        path: the JSON file.

    Raises:
        OSError, ValueError: they cannot be read.
    """
    about = json.loads(path.read_text(encoding="utf-8"))
    content = path.with_suffix(VALUES).read_bytes()
    values = {}
    for place in range(0, len(content) - SIZE + 1, SIZE):
        name = content[place : place + NAME].rstrip(b"\0")
        if not name:
            break
        (values[name.decode(errors="replace")],) = struct.unpack_from("=d", content, place + NAME)
    return about, values
