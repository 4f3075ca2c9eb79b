# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How a CSV file is written, and its bytes whatever they are packed in: gzip, zstd or nothing."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, field_validator

from vynapse.errors import DataError
from vynapse.settings import Settings

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdError, ZstdFile
else:
    from backports.zstd import ZstdError, ZstdFile

_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
PACKED: Final = (_GZIP, _ZSTD)
"""The first bytes of compressed files."""
BROKEN: Final = (EOFError, gzip.BadGzipFile, zlib.error, ZstdError)
"""What a damaged compressed file raises."""
_NAMES: Final = re.compile(r".*\.(csv|tsv|txt)(\.gz|\.zst)?", re.IGNORECASE)


class CsvFormat(Settings):
    """How the text of a CSV file is read."""

    separator: str = Field(",", description="the character between cells")
    quote: str = Field('"', description="the character around cells; empty for none")
    decimal: Literal[".", ","] = Field(".", description="what stands before decimals")
    encoding: str = Field("utf-8", description="how characters are written, e.g. utf-16, cp1252")

    @field_validator("separator")
    @classmethod
    def _one(cls, value: str) -> str:
        if len(value) != 1 or not value.isascii() or value in '\r\n\0"' or value.isalnum():
            raise ValueError("one ASCII character that is no letter, digit, quote or line end")
        return value

    @field_validator("quote")
    @classmethod
    def _one_or_none(cls, value: str) -> str:
        if value not in ("", '"', "'"):
            raise ValueError("a double or a single quote, or nothing")
        return value

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            name = codecs.lookup(value).name
            "a,\n".encode(name)
        except (LookupError, ValueError):
            raise ValueError("the name of an encoding, as utf-8, utf-16 or cp1252") from None
        return name

    @property
    def plain(self) -> bool:
        """Whether it is what RFC 4180 has, in UTF-8."""
        return self == PLAIN

    @property
    def utf8(self) -> bool:
        """Whether the bytes of a file are those that are read."""
        return self.encoding in ("utf-8", "utf-8-sig", "ascii")


PLAIN: Final = CsvFormat()


def files_of(path: Path) -> list[Path]:
    """The CSV files that a path means: itself, or those in a folder in the order of their names.

    Raises:
        DataError: it does not exist, or the folder holds none.
    """
    try:
        if not path.is_dir():
            if path.is_char_device() or path.is_block_device():
                raise DataError(f"{path}: a file was wanted, this is a device")
            with path.open("rb"):
                return [path]
        found = sorted(item for item in path.iterdir() if _NAMES.fullmatch(item.name))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    if not found:
        raise DataError(
            f"{path}: CSV files were wanted in this folder, names that end in .csv, .tsv or .txt, "
            "and .gz or .zst after it: it has none"
        )
    return found


def is_packed(path: Path) -> bool:
    """Whether a file is compressed, by its first bytes."""
    with path.open("rb") as file:
        return file.read(4).startswith(PACKED)


def unpacked(raw: io.BufferedReader, packed: bytes) -> io.BufferedReader:
    """The bytes of an open file, which begins with `packed`, without compression."""
    if packed.startswith(_GZIP):
        return io.BufferedReader(gzip.GzipFile(fileobj=raw))
    if packed.startswith(_ZSTD):
        archive: Any = ZstdFile(raw)
        return io.BufferedReader(archive)
    return raw


def open_text(path: Path, form: CsvFormat = PLAIN) -> io.TextIOWrapper:
    """The text of a file, line ends as they stand."""
    with path.open("rb") as file:
        begin = file.read(4)
    encoding = "utf-8-sig" if form.utf8 else form.encoding
    if begin.startswith(_GZIP):
        owner: Any = gzip.open(path)  # noqa: SIM115 - closed with what is returned
    elif begin.startswith(_ZSTD):
        owner = io.BufferedReader(ZstdFile(path))
    else:
        owner = path.open("rb")
    return io.TextIOWrapper(owner, encoding=encoding, newline="")


def lines_of(path: Path, form: CsvFormat) -> Iterator[str]:
    """The lines of a file, for the search of a fault."""
    with open_text(path, form) as file:
        yield from file
