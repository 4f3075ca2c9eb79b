# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The bytes of CSV files as UTF-8, block by block, and the hash of what was read on the way.

The hash of a file is that of the SHA-256 sums of its chunks of 16 MiB, so that reading can go on
after a break, and a change can be told to the chunk.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

from vynapse.data.csv_faults import encoding_fault
from vynapse.data.csv_format import BROKEN, PACKED, CsvFormat, lines_of, open_text, unpacked
from vynapse.errors import DataError

CHUNK: Final = 1 << 24
_BOM: Final = codecs.BOM_UTF8
_END: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells, without reading, that a file is most likely still the same."""

    name: str
    size: int
    modified: int
    changed: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """The stamp of a file as it is now; times in nanoseconds."""
        found = path.stat()
        return cls(path.name, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


@dataclass(frozen=True, slots=True)
class Content:
    """The hash of a file.

    Attributes:
        size: bytes.
        chunks: SHA-256 of each chunk of 16 MiB, in hexadecimal.
    """

    size: int
    chunks: tuple[str, ...]


def content_of(path: Path) -> Content:
    """Read a file, and hash it."""
    with path.open("rb", buffering=0) as file:
        hashed = HashedFile(file, ())
        while hashed.read(1 << 20):
            pass
        return hashed.content()


def sha256_of(contents: Sequence[Content]) -> str:
    """The hash of files in their order."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(f"{content.size}:".encode())
        digest.update(bytes.fromhex("".join(content.chunks)))
    return digest.hexdigest()


@final
class HashedFile(io.RawIOBase):
    """A file that is hashed as it is read, from the chunk on that follows those given."""

    def __init__(self, file: io.FileIO | io.BytesIO, chunks: Sequence[str]) -> None:
        super().__init__()
        self._file, self._chunks = file, list(chunks)
        self._digest, self._size = hashlib.sha256(), len(chunks) * CHUNK
        file.seek(self._size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._file.read(min(len(buffer), CHUNK - self._size % CHUNK))
        count = len(data)
        buffer[:count] = data
        self._digest.update(data)
        self._size += count
        if count and self._size % CHUNK == 0:
            self._chunks.append(self._digest.hexdigest())
            self._digest = hashlib.sha256()
        return count

    @property
    def chunks(self) -> tuple[str, ...]:
        """The sums of the chunks that have been read whole."""
        return tuple(self._chunks)

    def content(self) -> Content:
        """The hash, when all has been read."""
        rest = () if self._size % CHUNK == 0 and self._size else (self._digest.hexdigest(),)
        return Content(self._size, (*self._chunks, *rest))


@final
class Bytes:
    """One file as UTF-8.

    Args:
        path: the file.
        form: how it is written.
        skip: bytes of UTF-8 to leave out.
        chunks: sums of chunks that were read before.
        source: the bytes, where they are in memory; nothing is refused of them.
    """

    def __init__(
        self,
        path: Path,
        form: CsvFormat,
        skip: int = 0,
        chunks: Sequence[str] = (),
        source: io.BytesIO | None = None,
    ) -> None:
        self._path, self._form = path, form
        self._raw = path.open("rb", buffering=0) if source is None else source
        self._trusted = source is not None
        begin = self._raw.read(4)
        plain = form.utf8 and not begin.startswith(PACKED)
        self.hashed = HashedFile(self._raw, chunks if plain else ())
        # one buffer that is large enough for decompression and small enough to be reused
        hashed: Any = self.hashed
        buffered = io.BufferedReader(hashed, 1 << 18)
        self._bytes = unpacked(buffered, begin)
        self._decoder = None if form.utf8 else codecs.getincrementaldecoder(form.encoding)()
        self._check = codecs.getincrementaldecoder("utf-8")()
        self.packed = self._bytes is not buffered
        self._begun = plain and bool(chunks)
        mark = len(_BOM) if begin.startswith(_BOM) else 0
        self._ahead = b""
        left = skip - (len(chunks) * CHUNK - mark if self._begun else 0)
        while left > 0 and (data := self.read(min(left, 1 << 20), check=False)):
            self._ahead = data[left:]
            left -= len(data)

    def read(self, size: int, *, check: bool = True) -> bytes:
        """About so many bytes; none at the end.

        Raises:
            DataError: the file is damaged, or written in another encoding.
        """
        if self._ahead:
            data, self._ahead = self._ahead, b""
            return data
        try:
            data = self._bytes.read(size)
            if self._decoder is not None:
                final = not data
                text = self._decoder.decode(data, final=final)
                while not text and not final:
                    data = self._bytes.read(size)
                    final = not data
                    text = self._decoder.decode(data, final=final)
                data = text.encode("utf-8", "surrogatepass")
            elif (
                check
                and not self._trusted
                and not (data.isascii() and self._check.getstate()[0] == b"" and data)
            ):
                self._check.decode(data, final=not data)
        except UnicodeDecodeError as error:
            if self._form.utf8 and not self.packed:
                raise DataError(encoding_fault(self._path, error)) from None
            raise DataError(wrong_encoding(self._path, self._form)) from None
        except UnicodeError:  # no mark of the byte order
            raise DataError(wrong_encoding(self._path, self._form)) from None
        except BROKEN as error:
            raise DataError(self._broken(error)) from None
        except OSError as error:
            raise DataError(f"{self._path}: cannot be read: {error.strerror or error}") from None
        if not self._begun:
            self._begun = True
            data = data.removeprefix(_BOM)
        return data

    def _refuse_bad(self, data: bytes) -> None:
        """Raise a UnicodeDecodeError for what is no UTF-8."""
        within = self._check.getstate()[0]  # the begin of a character at the end of the last block
        if within or not data or not data.isascii():
            self._check.decode(data, final=not data)

    def content(self) -> Content:
        """The hash of the whole file."""
        while self.hashed.read(1 << 20):
            pass
        return self.hashed.content()

    def close(self) -> None:
        """Close the file."""
        self._raw.close()

    def _broken(self, error: BaseException) -> str:
        line = 0
        try:
            for line, _ in enumerate(lines_of(self._path, self._form), start=1):  # noqa: B007
                pass
        except (*BROKEN, OSError, UnicodeDecodeError):
            pass
        reason = str(error).strip().rstrip(".").partition("\n")[0]
        return (
            f"{self._path}: line {line + 1}: the file is compressed, and damaged from here on "
            f"({reason}): fetch or compress it again"
        )


def wrong_encoding(path: Path, form: CsvFormat) -> str:
    """The sentence for a file that is not in the encoding it should be in."""
    name = "UTF-8" if form.utf8 else form.encoding
    line, bad = 1, ""
    with open_text(path, form) as file:
        raw, decoder = file.buffer, codecs.getincrementaldecoder(form.encoding)()
        try:
            while data := bytes(raw.read(1 << 20)):
                line += len(_END.findall(decoder.decode(data)))
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            line += len(_END.findall(error.object[: error.start].decode(form.encoding, "replace")))
            bad = f"byte 0x{error.object[error.start]:02x}"
        except (*BROKEN, OSError, UnicodeError):
            pass
    return (
        f"{path}: line {line}: text in {name} was wanted, got {bad or 'other bytes'}: save the "
        "file in that encoding, or set encoding to the file's own"
    )
