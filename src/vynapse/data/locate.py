# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where data files are looked for, and where downloads and decoded copies are kept.

`VYNAPSE_DATA` names the folder with the user's data files; downloads go there too. Without it
they go to the cache folder, `$XDG_CACHE_HOME/vynapse` or `~/.cache/vynapse`, where decoded copies
are kept in any case.
"""

from __future__ import annotations

import contextlib
import os
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vynapse.core import Array
from vynapse.data.download import download, file_md5
from vynapse.errors import DataError


@dataclass(frozen=True, slots=True)
class Source:
    """A file that a task needs.

    Attributes:
        name: file name.
        url: official address.
        md5: checksum of the whole file.
    """

    name: str
    url: str
    md5: str


def cache_folder() -> Path:
    """Where decoded copies are kept; it need not exist."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "vynapse"


def data_folder() -> Path:
    """Where downloads go: `VYNAPSE_DATA`, else the cache folder.

    Raises:
        DataError: VYNAPSE_DATA names a folder that does not exist.
    """
    named = os.environ.get("VYNAPSE_DATA")
    if not named:
        return cache_folder()
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise DataError(f"VYNAPSE_DATA: the folder {named!r} does not exist: create it or unset it")
    return folder


def find(name: str) -> Path | None:
    """The file called `name` in the data folder or the cache folder, or None."""
    for folder in (data_folder(), cache_folder()):
        if (folder / name).is_file():
            return folder / name
    return None


def obtain(sources: Iterable[Source], task: str, otherwise: str = "") -> list[Path]:
    """Paths of all files, found or downloaded, each with the right checksum.

    Args:
        sources: the files.
        task: who needs them, for the sentence of an error.
        otherwise: another way to provide the data, added to that sentence.

    Raises:
        DataError: a file is absent and cannot be downloaded, or has the wrong checksum.
    """
    wanted = list(sources)
    paths: list[Path] = []
    for source in wanted:
        found = find(source.name)
        if found is None:
            found = data_folder() / source.name
            try:
                download(source.url, found, source.md5)
            except DataError as error:
                names = ", ".join(item.name for item in wanted)
                raise DataError(
                    f"task {task!r} needs {names}: put them into {data_folder()} or set "
                    f"VYNAPSE_DATA to the folder that holds them{otherwise} ({error})"
                ) from None
        elif (md5 := checksum(found)) != source.md5:
            raise DataError(
                f"{found}: the checksum {source.md5} was wanted, the file has {md5}: delete it "
                "and it will be downloaded again"
            )
        paths.append(found)
    return paths


def checksum(path: Path) -> str:
    """MD5 of a file that was found.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return file_md5(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None


def decoded(name: str, decode: Callable[[], Mapping[str, Array]]) -> dict[str, Array]:
    """The arrays that `decode` returns, kept in the cache folder for the next time.

    Args:
        name: what the copy is called; it must hold a checksum of the source.
        decode: makes the arrays; called when there is no readable copy.
    """
    path = cache_folder() / f"{name}.npz"
    with contextlib.suppress(OSError, ValueError, zipfile.BadZipFile), np.load(path) as copy:
        return dict(copy)
    arrays = dict(decode())
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    # A cache that cannot be written costs the time to decode again, nothing else.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return arrays


def absolute_path(value: str) -> str:
    """The path from the root, with ~ as the home folder, so that it holds in any folder.

    Raises:
        ValueError: a home folder is not known, or the path holds a NUL character.
    """
    if "\0" in value:
        raise ValueError("a path without NUL characters")
    try:
        return str(Path(value).expanduser().absolute())
    except RuntimeError:
        raise ValueError("a path in a home folder that is known") from None
