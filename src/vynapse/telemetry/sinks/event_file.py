# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The format that TensorBoard reads: records of protobuf, each with checksums.

Four messages with a handful of fields are written here, by the numbers that `event.proto` and
`summary.proto` of TensorFlow give them. tensorboardX would load torch for it, which takes longer
than many a run.
"""

from __future__ import annotations

import itertools
import os
import socket
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, final

_NUMBERS: Final = itertools.count()
_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5
_STRING_TENSOR: Final = 7
_SESSION_START: Final = 1


@final
class EventFile:
    """One file of events in a folder.

    Args:
        folder: made where it is absent.
        purge_step: what other files of the folder say from this step on is to be hidden.
    """

    def __init__(self, folder: Path, purge_step: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        own = f"{time.time():.0f}.{socket.gethostname()}.{os.getpid()}.{next(_NUMBERS)}"
        self._file = (folder / f"events.out.tfevents.{own}").open("xb")
        self._write(time.time(), 0, _text(3, "brain.Event:2"))
        if purge_step is not None:
            session = _bytes(7, _whole(1, _SESSION_START))
            self._write(time.time(), purge_step, session)

    def scalars(self, values: Mapping[str, float], step: int, moment: float) -> None:
        """A point of each curve."""
        each = (
            _bytes(1, _text(1, name) + _key(2, _FLOAT) + struct.pack("<f", _single(value)))
            for name, value in values.items()
        )
        self._write(moment, step, _bytes(5, b"".join(each)))

    def text(self, name: str, text: str, step: int, moment: float) -> None:
        """A text, in Markdown."""
        shape = _bytes(2, _bytes(2, _whole(1, 1)))
        tensor = _whole(1, _STRING_TENSOR) + shape + _text(8, text)
        metadata = _bytes(1, _text(1, "text"))
        value = _text(1, name) + _bytes(9, metadata) + _bytes(8, tensor)
        self._write(moment, step, _bytes(5, _bytes(1, value)))

    def flush(self) -> None:
        """Let others see what was written."""
        self._file.flush()

    def close(self) -> None:
        """Write what is left and close."""
        self._file.close()

    def _write(self, moment: float, step: int, what: bytes) -> None:
        time_of_it = _key(1, _DOUBLE) + struct.pack("<d", moment)
        content = time_of_it + (_whole(2, step) if step else b"") + what
        size = struct.pack("<Q", len(content))
        self._file.write(size + _checksum(size) + content + _checksum(content))


def _key(field: int, kind: int) -> bytes:
    return _varint(field << 3 | kind)


def _whole(field: int, value: int) -> bytes:
    return _key(field, _VARINT) + _varint(value)


def _bytes(field: int, content: bytes) -> bytes:
    return _key(field, _BYTES) + _varint(len(content)) + content


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode(errors="replace"))


def _varint(value: int) -> bytes:
    """A whole number from 0 on, seven bits to a byte."""
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def _single(value: float) -> float:
    """A number in the range of single precision; what is larger is infinite there."""
    largest = 3.4028234e38
    return value if -largest <= value <= largest else float(value) * float("inf")


def _table() -> list[int]:
    table = []
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)  # noqa: PLW2901
        table.append(number)
    return table


_TABLE: Final = _table()


def _checksum(content: bytes) -> bytes:
    """CRC-32C (Castagnoli), masked as TensorFlow masks it."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = _TABLE[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
