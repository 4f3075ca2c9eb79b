# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""CSV files of any size as a matrix on the disk, which is read in place.

A file is read once. Its rows become `values.f64`, (rows, columns in use) as `CsvRows` has them;
`texts.npz` has the texts, gaps and line numbers, `meta.json` the rest and the sums of both. The
folder is named by the hash of the files and the options. Another one, named by the path and the
options, says which that is and how the files looked, so that a second start reads nothing.

Every 64 MB a checkpoint is written. What was killed goes on from there, with the same bytes.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vynapse.data.csv_bytes import CHUNK, Content, Stamp, content_of, sha256_of
from vynapse.data.csv_format import CsvFormat, files_of
from vynapse.data.csv_rows import RowStream
from vynapse.data.csv_table import CachedTable
from vynapse.data.csv_texts import resolved
from vynapse.data.download import Progress, terminal_bar
from vynapse.data.locate import cache_folder
from vynapse.errors import DataError, StorageError
from vynapse.kernels.csv import LEFT_OUT, NUMBERS, TEXTS

_VERSION: Final = 1
_EVERY: Final = 1 << 26
"""Bytes of text between two checkpoints."""
_PIECE: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is kept of CSV files.

    Attributes:
        form: how they are written.
        columns: the columns in use; None for all.
        texts: columns whose cells are kept as texts, as categories are, with the number of
            different numbers up to which they are.
    """

    form: CsvFormat
    columns: tuple[str, ...] | None = None
    texts: tuple[tuple[str, float], ...] = ()

    def modes(self, names: Sequence[str]) -> npt.NDArray[np.int8]:
        """What is read of each column."""
        texts, chosen = dict(self.texts), None if self.columns is None else set(self.columns)
        return np.array(
            [
                LEFT_OUT
                if chosen is not None and name not in chosen
                else (TEXTS if texts.get(name) else NUMBERS)
                for name in names
            ],
            np.int8,
        )

    @property
    def few(self) -> dict[str, float]:
        """The columns whose texts are kept while they are few."""
        return {name: most for name, most in self.texts if most < float("inf")}

    def identity(self) -> dict[str, Any]:
        """The options as JSON values, for hashes."""
        return {
            "version": _VERSION,
            "format": self.form.model_dump(),
            "columns": self.columns and sorted(self.columns),
            "texts": sorted((name, str(most)) for name, most in self.texts),
        }

    def sha256(self) -> str:
        """The hash of it."""
        return hashlib.sha256(json.dumps(self.identity()).encode()).hexdigest()


def caches() -> Path:
    """The folder of all caches."""
    return cache_folder() / "csv"


def tell(sentence: str) -> None:
    """Say a sentence on standard error."""
    sys.stderr.write(f"vynapse: {sentence}\n")


def cached_table(
    path: Path,
    wanted: Wanted,
    *,
    progress: Progress = terminal_bar,
    say: Callable[[str], None] = tell,
) -> CachedTable:
    """The table of a CSV file or of a folder of them, read in place; made where there is none.

    Args:
        path: the file or folder.
        wanted: what is kept of it.
        progress: told (name, bytes so far, bytes in all) while the text is read.
        say: told in a sentence when a cache is made anew, and why.

    Raises:
        DataError: the files are absent or malformed, or change while they are read.
        StorageError: the cache cannot be written.
    """
    files = files_of(path)
    stamps = [asdict(Stamp.of(file)) for file in files]
    own = hashlib.sha256(f"{path.absolute()}\0{wanted.sha256()}".encode()).hexdigest()[:32]
    with _storage(), _alone(caches() / "paths", own) as note:
        known = _json(note)
        found = None if known is None else _known(known, files, stamps, path, say)
        folder = None if found is None else caches() / found
        if folder is not None and not _sound(folder, path, say):
            folder = None
        if folder is None:
            folder = _ingest(path, files, stamps, wanted, own, progress)
            known = None
        if known is None or known["stamps"] != stamps:
            _write(note, json.dumps({"stamps": stamps, "folder": folder.name}).encode())
    return CachedTable(folder, path)


def verify_table(path: Path, table: CachedTable) -> str | None:
    """Read the files and the cache through: what is no longer as it was, or None.

    A start trusts the size, the times and the number of a file; this does not.
    """
    meta = _json(table.folder / "meta.json") or {}
    change = changed(files_of(path), [Content(int(a), tuple(b)) for a, b in meta["contents"]])
    if change is not None:
        return change
    for name, total in meta["sums"].items():
        if _sum(table.folder / name) != total:
            return f"{name} in the cache {table.folder} has changed"
    return None


def drop_table(table: CachedTable) -> None:
    """Remove a cache, so that it is made anew."""
    shutil.rmtree(table.folder, ignore_errors=True)


def _known(
    known: Mapping[str, Any],
    files: Sequence[Path],
    stamps: list[dict[str, Any]],
    path: Path,
    say: Callable[[str], None],
) -> str | None:
    """The folder that holds files that look as those did, or are equal; None after a change."""
    name = str(known["folder"])
    if known["stamps"] == stamps:
        return name
    meta = _json(caches() / name / "meta.json")
    if meta is None:
        return None
    change = changed(files, [Content(int(a), tuple(b)) for a, b in meta["contents"]])
    if change is None:
        return name
    say(f"{path}: {change} since it was read: its cache is made anew")
    return None


def changed(files: Sequence[Path], contents: Sequence[Content]) -> str | None:
    """What is no longer as it was read, in words; None where all bytes are the same."""
    if len(files) != len(contents):
        return f"{len(contents)} files became {len(files)}"
    for file, old in zip(files, contents, strict=True):
        new = content_of(file)
        if new == old:
            continue
        chunks = zip(new.chunks, old.chunks, strict=False)
        first = next((k for k, (a, b) in enumerate(chunks) if a != b), len(old.chunks))
        if new.size != old.size and first >= len(old.chunks) - 1:
            return f"{file.name} has {new.size:,} bytes in place of {old.size:,}"
        return (
            f"{file.name} has changed between its bytes {first * CHUNK:,} and "
            f"{min((first + 1) * CHUNK, new.size):,}"
        )
    return None


def _sound(folder: Path, path: Path, say: Callable[[str], None]) -> bool:
    """Whether a cache is as it was written; files that look touched are read through."""
    meta = _json(folder / "meta.json")
    if meta is not None:
        seal = _json(folder / "seal.json")
        now = _seal(folder)
        if seal is not None and now == seal["files"] and seal["meta"] == _sum(folder / "meta.json"):
            return True
        sums = {name: _sum(folder / name) for name in meta["sums"] if (folder / name).is_file()}
        body = {name: value for name, value in meta.items() if name != "check"}
        if sums == meta["sums"] and meta["check"] == zlib.crc32(json.dumps(body).encode()):
            _sealed(folder)
            return True
    say(f"{path}: its cache {folder} is damaged: it is made anew")
    shutil.rmtree(folder, ignore_errors=True)
    return False


def _ingest(
    path: Path,
    files: Sequence[Path],
    stamps: list[dict[str, Any]],
    wanted: Wanted,
    own: str,
    progress: Progress,
) -> Path:
    """Read the text, from the last checkpoint on, and give the folder its name."""
    part = caches() / "parts" / own
    part.mkdir(parents=True, exist_ok=True)
    state = _checkpoint(part, stamps, wanted)
    stream = RowStream(files, wanted.form, wanted.modes, wanted.few, state)
    total = sum(stamp["size"] for stamp in stamps)
    width = 8 * len(stream.names)
    with (part / "values.f64").open("r+b" if state else "wb") as values:
        values.seek(stream.rows.row * width)
        values.truncate()
        next_stop = stream.done + _EVERY
        for rows in stream.blocks():
            values.write(np.ascontiguousarray(rows).data)
            if not len(rows) and stream.done >= next_stop:
                values.flush()
                os.fdatasync(values.fileno())
                _save_state(part, stream.state(), stamps)
                progress(path.name, stream.done, total)
                next_stop = stream.done + _EVERY
        values.flush()
        os.fdatasync(values.fileno())
    progress(path.name, total, total)
    if [asdict(Stamp.of(file)) for file in files] != stamps:
        shutil.rmtree(part, ignore_errors=True)
        raise DataError(f"{path}: it was changed while it was read: try again when it is complete")
    return _finish(path, part, stream, wanted, [file.name for file in files])


def _finish(
    path: Path, part: Path, stream: RowStream, wanted: Wanted, names: Sequence[str]
) -> Path:
    """Write what was found beside the values, and move all to its place."""
    texts = resolved(stream.rows, stream.names, wanted.form, path)
    arrays: dict[str, Any] = {"breaks": stream.rows.found()["breaks"]}
    columns = []
    for name in ("codes", "own", "numbers", "counts", "firsts"):
        arrays[name] = np.concatenate([getattr(column, name) for column in texts])
    for name in ("codes", "texts"):
        arrays[f"{name} each"] = np.array([len(getattr(column, name)) for column in texts])
    for name, column in zip(stream.names, texts, strict=True):
        columns.append(
            {
                "name": name,
                "texts": column.texts,
                "missing": column.missing,
                "first_missing": column.first_missing,
                "spelled": dict(column.spelled),
            }
        )
    with (part / "texts.npz").open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    (part / "state.npz").unlink(missing_ok=True)
    content = sha256_of(stream.contents)
    meta = {
        "version": _VERSION,
        "sha256": content,
        "wanted": wanted.identity(),
        "header": stream.header,
        "columns": columns,
        "rows": stream.rows.row,
        "begins": stream.begins,
        "files": names if len(names) > 1 or path.is_dir() else [],
        "contents": [(one.size, one.chunks) for one in stream.contents],
        "sums": {name: _sum(part / name) for name in ("values.f64", "texts.npz")},
    }
    meta["check"] = zlib.crc32(json.dumps(json.loads(json.dumps(meta))).encode())
    _write(part / "meta.json", json.dumps(meta).encode())
    folder = caches() / f"{content[:24]}-{wanted.sha256()[:16]}"
    shutil.rmtree(folder, ignore_errors=True)
    part.replace(folder)
    _sealed(folder)
    return folder


def _checkpoint(part: Path, stamps: list[dict[str, Any]], wanted: Wanted) -> dict[str, Any] | None:
    """Where reading stopped; None where it begins, or where the files are others by now."""
    try:
        with np.load(part / "state.npz", allow_pickle=False) as stored:
            arrays = dict(stored)
        state: dict[str, Any] = json.loads(arrays.pop("json").tobytes())
        if state.pop("stamps") != stamps:
            return None
        state["rows"] = arrays
        width = 8 * int((wanted.modes(state["header"]) > 0).sum())
        if (part / "values.f64").stat().st_size < int(arrays["numbers"][2]) * width:
            return None
    except (OSError, ValueError, KeyError, EOFError, zlib.error, zipfile.BadZipFile):
        return None
    return state


def _save_state(part: Path, state: dict[str, Any], stamps: list[dict[str, Any]]) -> None:
    rows = state.pop("rows")
    text = json.dumps(state | {"stamps": stamps}).encode()
    temporary = part / ".state.npz"
    with temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, json=np.frombuffer(text, np.uint8), **rows)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(part / "state.npz")


def _seal(folder: Path) -> list[dict[str, Any]]:
    """How the files of a cache look."""
    try:
        return [asdict(Stamp.of(folder / name)) for name in ("values.f64", "texts.npz")]
    except OSError:
        return []


def _sealed(folder: Path) -> None:
    """Note how the files of a cache look, so that they need not be read through next time."""
    content = {"files": _seal(folder), "meta": _sum(folder / "meta.json")}
    _write(folder / "seal.json", json.dumps(content).encode())


def _sum(path: Path) -> int:
    """CRC-32 of a file."""
    total = 0
    with path.open("rb", buffering=0) as file:
        while data := file.read(_PIECE):
            total = zlib.crc32(data, total)
    return total


def _json(path: Path) -> dict[str, Any] | None:
    """The object in a file; None where there is none or another thing."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _write(path: Path, content: bytes) -> None:
    """Replace a file as a whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(path)


@contextlib.contextmanager
def _storage() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{caches()}: the cache of a CSV file cannot be written: {error.strerror or error}: "
            "free space, or set XDG_CACHE_HOME to another folder"
        ) from None


@contextlib.contextmanager
def _alone(folder: Path, name: str) -> Iterator[Path]:
    """The note of that name, while no other process works on it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder / f"{name}.json"
