# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Decoded pictures on disk, found by the hash of the file that they were decoded from.

    index     40 bytes a slot: SHA-256 of the picture file, CRC-32 of that and the pixels, 4 zeros
    pixels    the pixels of each slot, uint8
    names     JSON: path of a picture below its folder -> SHA-256, as of the last opening

A slot counts once its index entry is written, which happens after its pixels. A process that is
killed leaves a free slot. A checksum that is wrong makes a slot free. So what is read is what was
decoded, or is decoded anew.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, final

import numpy as np

from vynapse.core import Array

_ENTRY: Final = 40
_HASH: Final = 32
_NAMED: Final = 3
"""Pictures that a sentence names."""

_LOG = logging.getLogger("vynapse.data")


@final
class PictureCache:
    """Decoded pictures of one shape in a folder of their own. Threads and processes may share it.

    Pictures that are no longer wanted lose their slots. Those that do not fit below the limit are
    not kept: the first ones in order are.

    Args:
        folder: where; made if need be.
        shape: (channels, height, width) of every picture.
        files: path of each wanted picture below its folder -> SHA-256 of its content, in order.
        limit: most bytes on disk.
    """

    def __init__(
        self, folder: Path, shape: tuple[int, int, int], files: Mapping[str, bytes], limit: int
    ) -> None:
        self._folder, self._size = folder, int(np.prod(shape))
        self._told: set[str] = set()
        self._index = self._pixels = -1
        self._slots: dict[bytes, int] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._tell_changes(files)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._index = os.open(folder / "index", flags, 0o644)
            self._pixels = os.open(folder / "pixels", flags, 0o644)
            wanted = list(dict.fromkeys(files.values()))
            self._assign(wanted, min(limit // (self._size + _ENTRY), len(wanted)))
        except OSError as error:
            self._unusable(error)

    def __del__(self) -> None:
        for file in (self._index, self._pixels):
            if file >= 0:
                os.close(file)

    def get(self, content: bytes, out: Array) -> bool:
        """Write the pixels of a picture into `out`, if they are there.

        Args:
            content: SHA-256 of the picture file.
            out: uint8 of the shape of every picture, contiguous.
        """
        slot = self._slots.get(content)
        if slot is None:
            return False
        try:
            entry = os.pread(self._index, _ENTRY, slot * _ENTRY)
            if entry[:_HASH] != content:
                return False
            read = os.preadv(self._pixels, [out.data], slot * self._size)
        except OSError as error:
            self._unusable(error)
            return False
        if read == self._size and entry[_HASH:] == _checksum(content, out):
            return True
        self._tell(
            f"{self._folder}: the cache of decoded pictures is damaged: the pictures concerned "
            "are decoded anew"
        )
        return False

    def put(self, content: bytes, pixels: Array) -> None:
        """Keep the pixels of a picture, if there is a slot for it; arguments as of `get`."""
        slot = self._slots.get(content)
        if slot is None:
            return
        try:
            _write(self._pixels, pixels.tobytes(), slot * self._size)
            _write(self._index, content + _checksum(content, pixels), slot * _ENTRY)
        except OSError as error:
            self._unusable(error)

    def _assign(self, wanted: Sequence[bytes], capacity: int) -> None:
        """Find the slot of each wanted picture; those of others are freed."""
        count = os.fstat(self._index).st_size // _ENTRY
        kept = min(count, capacity)
        os.ftruncate(self._index, kept * _ENTRY)
        if os.fstat(self._pixels).st_size > capacity * self._size:
            os.ftruncate(self._pixels, capacity * self._size)
        entries = os.pread(self._index, kept * _ENTRY, 0)
        known, free = set(wanted), []
        for slot in range(kept):
            content = entries[slot * _ENTRY :][:_HASH]
            if content in known and content not in self._slots:
                self._slots[content] = slot
                continue
            free.append(slot)
            if any(content):
                _write(self._index, bytes(_ENTRY), slot * _ENTRY)
        free += range(kept, capacity)
        new = [content for content in wanted if content not in self._slots]
        self._slots.update(zip(new, free, strict=False))
        if len(new) > len(free):
            self._tell(
                f"{self._folder}: the cache is full: {len(new) - len(free):,} of {len(wanted):,} "
                "pictures do not fit into it and are decoded each time: raise task.cache"
            )

    def _tell_changes(self, files: Mapping[str, bytes]) -> None:
        """Name pictures whose content is another than when the folder was last opened."""
        names, now = self._folder / "names", {name: own.hex() for name, own in files.items()}
        before: object = None
        with contextlib.suppress(OSError, ValueError):
            before = json.loads(names.read_bytes())
        if before == now:
            return
        if isinstance(before, Mapping):
            changed = [name for name, own in now.items() if before.get(name, own) != own]
            if changed:
                more = f" and {len(changed) - _NAMED:,} more" if len(changed) > _NAMED else ""
                self._tell(
                    f"{', '.join(changed[:_NAMED])}{more}: changed since the last use of the "
                    "cache of decoded pictures: decoded anew"
                )
        temporary = names.with_name(f".names.{os.getpid()}.tmp")
        temporary.write_text(json.dumps(now))
        temporary.replace(names)

    def _unusable(self, error: OSError) -> None:
        """A cache that cannot be used costs the time to decode again, nothing else."""
        self._slots = {}
        self._tell(
            f"{self._folder}: the cache of decoded pictures cannot be used ({error.strerror}): "
            "pictures are decoded each time"
        )

    def _tell(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            _LOG.warning("%s", sentence)


def _checksum(content: bytes, pixels: Array) -> bytes:
    return zlib.crc32(pixels.data, zlib.crc32(content)).to_bytes(4, "little") + bytes(4)


def _write(file: int, content: bytes, place: int) -> None:
    if os.pwrite(file, content, place) != len(content):
        raise OSError(28, "the disk is full")
