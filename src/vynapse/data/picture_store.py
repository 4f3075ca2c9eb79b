# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The pictures of a task by number, decoded when they are wanted, and splits over them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar, final

import numpy as np

from vynapse.core import Array, Digest, Rows, Split
from vynapse.data.loader import LoaderSettings
from vynapse.data.locate import cache_folder
from vynapse.data.picture_cache import PictureCache
from vynapse.data.pictures import PictureForm, decode, decoder
from vynapse.errors import DataError
from vynapse.seeding import I64

T = TypeVar("T")

_GIGABYTE: Final = 10**9


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture and its class.

    Attributes:
        path: its file.
        name: the path below the folder of the data, with slashes.
        where: what it is called in sentences: its file, and the line of the table that names it.
        label: name of its class.
        split: the split that it is given to; None where fractions decide.
    """

    path: Path
    name: str
    where: str
    label: str
    split: str | None = None


@final
class PictureStore:
    """Pictures of one form. Threads may decode at the same time.

    Each file is hashed once in a process. A file that changes later is refused: half of a run would
    see other data.

    Args:
        files: the pictures.
        form: what they become.
        root: the folder or table that they are from; a cache belongs to it and to the form.
        cache: most gigabytes that decoded pictures may take on disk; None to keep none there.
        loader: how many threads may hash at once.
    """

    def __init__(
        self,
        files: Sequence[PictureFile],
        form: PictureForm,
        root: Path,
        cache: float | None = None,
        loader: LoaderSettings | None = None,
    ) -> None:
        self.files, self.form = tuple(files), form
        self.loader = loader or LoaderSettings()
        self._root, self._gigabytes = root, cache
        self._known: list[tuple[bytes, int, int] | None] = [None] * len(self.files)
        self._cache: PictureCache | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.files)

    def pixels(self, numbers: I64) -> Array:
        """Decoded pictures: uint8 (n, channels, height, width).

        Raises:
            DataError: one is absent, damaged, no picture, or was changed.
        """
        found = np.empty((len(numbers), *self.form.shape), np.uint8)
        for place, number in enumerate(numbers.tolist()):
            self._decode(number, found[place])
        return found

    def hashes(self) -> list[bytes]:
        """SHA-256 of the content of every file.

        Raises:
            DataError: one cannot be read.
        """
        self._each(self._hashed)
        return [known[0] for known in self._known if known is not None]

    def without_damaged(self) -> tuple[PictureStore, list[str]]:
        """A store of the pictures that can be decoded, and a sentence about each other one.

        All are decoded once. What was found is remembered in the cache folder by their content.

        Raises:
            DataError: one cannot be read, or none can be decoded.
        """
        digest = hashlib.sha256(f"{self._root} {self.form.key()} {decoder()}".encode())
        for content in self.hashes():
            digest.update(content)
        note = cache_folder() / "pictures" / f"damaged-{digest.hexdigest()[:24]}.json"
        damaged = _noted(note, len(self.files))
        if damaged is None:
            found = self._each(self._problem)
            damaged = {number: text for number, text in enumerate(found) if text is not None}
            _note(note, damaged)
        if not damaged:
            return self, []
        if len(damaged) == len(self.files):
            raise DataError(f"{self._root}: every picture is damaged, the first: {damaged[0]}")
        kept = [number for number in range(len(self.files)) if number not in damaged]
        whole = PictureStore(
            [self.files[number] for number in kept],
            self.form,
            self._root,
            self._gigabytes,
            self.loader,
        )
        whole._known = [self._known[number] for number in kept]
        return whole, [damaged[number] for number in sorted(damaged)]

    def _problem(self, number: int) -> str | None:
        """What is wrong with a picture, as a sentence; None where it can be decoded."""
        content, _ = self._content(number)
        try:
            decode(content, self.form, self.files[number].where)
        except DataError as error:
            return str(error)
        return None

    def _each(self, function: Callable[[int], T]) -> list[T]:
        numbers = range(len(self.files))
        if self.loader.threads < 2:
            return [function(number) for number in numbers]
        with ThreadPoolExecutor(self.loader.threads, "vynapse-loader") as pool:
            return list(pool.map(function, numbers))

    def _decode(self, number: int, out: Array) -> None:
        cache = self._opened_cache()
        known = self._known[number]
        if cache is not None and known is not None and self._cached(cache, number, known, out):
            return
        file = self.files[number]
        content, known = self._content(number)
        out[...] = decode(content, self.form, file.where)
        if cache is not None:
            cache.put(known[0], out)

    def _opened_cache(self) -> PictureCache | None:
        if self._gigabytes is None:
            return None
        with self._lock:
            if self._cache is None:
                names = [file.name for file in self.files]
                self._cache = PictureCache(
                    self.folder(),
                    self.form.shape,
                    dict(zip(names, self.hashes(), strict=True)),
                    int(self._gigabytes * _GIGABYTE),
                )
        return self._cache

    def folder(self) -> Path:
        """Where decoded pictures are kept; it need not exist."""
        about = f"1 {self._root} {self.form.key()} {decoder()}"
        name = hashlib.sha256(about.encode()).hexdigest()[:24]
        return cache_folder() / "pictures" / name

    def _cached(
        self, cache: PictureCache, number: int, known: tuple[bytes, int, int], out: Array
    ) -> bool:
        """Whether the cache has the pixels, and the file looks as it did when it was hashed."""
        try:
            found = os.stat(self.files[number].path)
        except OSError as error:
            raise self._unreadable(number, error) from None
        return known[1:] == (found.st_size, found.st_mtime_ns) and cache.get(known[0], out)

    def _hashed(self, number: int) -> None:
        if self._known[number] is None:
            self._content(number)

    def _content(self, number: int) -> tuple[bytes, tuple[bytes, int, int]]:
        """The bytes of a file, and what is known of it; it is as it was when it was first read."""
        path = self.files[number].path
        try:
            with path.open("rb") as file:
                about = os.fstat(file.fileno())
                content = file.read()
        except OSError as error:
            raise self._unreadable(number, error) from None
        now = hashlib.sha256(content).digest(), about.st_size, about.st_mtime_ns
        before = self._known[number]
        if before is not None and before[0] != now[0]:
            raise DataError(
                f"{self.files[number].where}: the file was changed while it was in use: put the "
                "original back, or begin anew"
            )
        self._known[number] = now
        return content, now

    def _unreadable(self, number: int, error: OSError) -> DataError:
        return DataError(f"{self.files[number].where}: cannot be read: {error.strerror}")


def _noted(note: Path, count: int) -> dict[int, str] | None:
    """Damaged pictures as they were noted; None where nothing can be read."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        found = {int(number): str(text) for number, text in json.loads(note.read_bytes()).items()}
        if all(0 <= number < count for number in found):
            return found
    return None


def _note(note: Path, damaged: dict[int, str]) -> None:
    temporary = note.with_name(f".{note.name}.{os.getpid()}.tmp")
    # a note that cannot be written costs the time to decode again, nothing else
    with contextlib.suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(damaged))
        temporary.replace(note)


@final
class PictureSource:
    """A split over some pictures of a store.

    Args:
        store: the pictures.
        numbers: those of the split (n,).
        labels: the class of each picture of the store.
        classes: names of the classes.
    """

    def __init__(
        self, store: PictureStore, numbers: I64, labels: I64, classes: tuple[str, ...]
    ) -> None:
        self._store, self._numbers, self._classes = store, numbers, classes
        self.targets = labels[numbers]
        self.loader = store.loader

    def __len__(self) -> int:
        return len(self._numbers)

    def take(self, rows: Rows) -> Split:
        """Some pictures, decoded, and their classes."""
        return Split(self._store.pixels(self._numbers[rows]), self.targets[rows])

    def identify(self, name: str, digest: Digest) -> None:
        """Identify the pictures by the content of their files, their classes and their form."""
        hashes = self._store.hashes()
        digest.update(f"{name}:{self._store.form.key()}:{self._classes};".encode())
        for number, label in zip(self._numbers.tolist(), self.targets.tolist(), strict=True):
            digest.update(hashes[number] + label.to_bytes(8, "little"))
