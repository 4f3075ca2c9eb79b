# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a file held when a run began, so that a change can be named later: its size and hashes.

Files of up to 64 MiB are hashed whole. Of larger ones 64 pieces at even distances are looked at, so
that a run begins without reading them twice; whether the examples are the same is known of all by
their fingerprint.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from vynapse.errors import DataError

_WHOLE: Final = 64 << 20
_PIECES: Final = 64
_LEAST: Final = 1 << 12
_CHUNK: Final = 1 << 20


def file_print(path: Path) -> dict[str, Any]:
    """What is remembered of a file, as JSON values.

    The keys are file (its path), bytes, sha256 (None of a large file), piece and step in bytes, and
    crc32 of each piece.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            return {"file": str(path), "bytes": size, **_hashes(file, size)}
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None


def sha256_of_file(path: Path) -> str:
    """SHA-256 of all bytes of a file.

    Raises:
        DataError: the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_CHUNK):
                digest.update(block)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    return digest.hexdigest()


def change_of(known: Mapping[str, Any]) -> str | None:
    """How a file differs from what was remembered of it, as a clause; None where it does not.

    Args:
        known: what `file_print` gave.
    """
    path = Path(known["file"])
    if not path.is_file():
        return "it is not there any more"
    now = file_print(path)
    if now["bytes"] != known["bytes"]:
        return f"it has {now['bytes']:,} bytes and had {known['bytes']:,}"
    for place, (then, own) in enumerate(zip(known["crc32"], now["crc32"], strict=False)):
        if then != own:
            begin = place * known["step"]
            end = min(begin + known["piece"], known["bytes"])
            return f"it differs between byte {begin:,} and byte {end:,}{_lines(path, begin, end)}"
    if known["sha256"] is not None and known["sha256"] != now["sha256"]:
        return "its bytes are others"
    return None


def _hashes(file: BinaryIO, size: int) -> dict[str, Any]:
    whole = size <= _WHOLE
    step = max(_LEAST, -(-size // _PIECES))
    piece = step if whole else _LEAST
    digest, sums = hashlib.sha256(), []
    for begin in range(0, size, step):
        file.seek(begin)
        block = file.read(piece)
        sums.append(zlib.crc32(block))
        if whole:
            digest.update(block)
    found = digest.hexdigest() if whole else None
    return {"sha256": found, "piece": piece, "step": step, "crc32": sums}


def _lines(path: Path, begin: int, end: int) -> str:
    """The lines of a text between two bytes, where the file is small enough to count them."""
    if end > _WHOLE:
        return ""
    with path.open("rb") as file:
        before = file.read(begin)
        within = file.read(end - begin)
    if b"\0" in within:
        return ""
    first = before.count(b"\n") + 1
    return f", on lines {first:,} to {first + within.count(bytes([10])):,}"
