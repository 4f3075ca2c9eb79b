# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Files from their official addresses: checksum, progress, resume after a broken transfer."""

from __future__ import annotations

import hashlib
import http
import http.client
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vynapse.errors import DataError, StorageError

Progress = Callable[[str, int, int | None], None]
"""progress(file name, bytes so far, bytes in all or None where the server does not say)."""

_BLOCK = 1 << 18
_TIMEOUT = 30.0  # seconds without a sign of the server


def terminal_bar(name: str, done: int, total: int | None) -> None:
    """Progress on standard error when that is a terminal; nothing otherwise."""
    if not sys.stderr.isatty():
        return
    size = f"{done / 1e6:.1f} MB" if total is None else f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"
    filled = 0 if not total else 20 * done // total
    end = "\n" if done == total else ""
    sys.stderr.write(f"\r{name} [{'#' * filled:20}] {size}{end}")
    sys.stderr.flush()


def download(url: str, target: Path, md5: str, progress: Progress = terminal_bar) -> None:
    """Fetch `url` into `target`, which appears whole and checked or not at all.

    What has arrived stands in `<target>.part`. A transfer that breaks off is resumed as long as
    each attempt brings something new, and a later call goes on from the same place.

    Args:
        url: an http or https address.
        target: the file to write; its folder is made.
        md5: checksum of the whole file in hexadecimal.
        progress: told after every block.

    Raises:
        DataError: the server refuses, the transfer broke off, or the checksum is wrong.
        StorageError: the folder cannot be written.
    """
    part = target.with_name(f"{target.name}.part")
    with _storage(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    whole = False
    while not whole:
        before, reason = _size(part), "it broke off"
        try:
            whole = _fetch(url, part, progress)
        except urllib.error.HTTPError as error:
            with error:
                raise DataError(f"{url}: the server answered {error.code} {error.reason}") from None
        except (OSError, http.client.HTTPException) as error:
            reason = str(getattr(error, "reason", error)) or type(error).__name__
        if not whole and _size(part) <= before:
            raise DataError(
                f"{url}: the transfer failed after {before} bytes: {reason}: "
                "the same command goes on from there"
            )
    _accept(part, target, url, md5)


def _fetch(url: str, part: Path, progress: Progress) -> bool:
    """One attempt: append to `part` what it lacks; whether it is whole now."""
    have = _size(part)
    headers = {"User-Agent": "vynapse"} | ({"Range": f"bytes={have}-"} if have else {})
    # The addresses are constants of the built-in tasks, so no file: or ftp: can come in.
    request = urllib.request.Request(url, headers=headers)  # noqa: S310
    try:
        response: Any = urllib.request.urlopen(request, timeout=_TIMEOUT)  # noqa: S310
    except urllib.error.HTTPError as error:
        if have and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            error.close()
            return True  # nothing lies behind what is there; the checksum decides
        raise
    with response:
        if response.status != http.HTTPStatus.PARTIAL_CONTENT:
            have = 0  # the server knows no ranges and sends the file from its start
        length = response.headers["Content-Length"]
        total = None if length is None else have + int(length)
        with _storage(part):
            file = part.open("ab" if have else "wb")
        with file:
            while block := response.read(_BLOCK):
                with _storage(part):
                    file.write(block)
                    file.flush()
                have += len(block)
                progress(part.name.removesuffix(".part"), have, total)
    return total is None or have >= total


def _accept(part: Path, target: Path, url: str, md5: str) -> None:
    """Give `part` its final name if its checksum is right, else delete it."""
    with _storage(part):
        found = file_md5(part)
        if found == md5:
            part.replace(target)
            return
        part.unlink()
    raise DataError(
        f"{url}: the checksum {md5} was wanted, what arrived has {found} and was deleted: try again"
    )


def file_md5(path: Path) -> str:
    """MD5 of a file in hexadecimal: what publishers of data state; it finds damage, not malice."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@contextmanager
def _storage(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}: set VYNAPSE_DATA to a folder "
            "with space that you may write to"
        ) from None
