# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tags of a run: words that people put on it; they change nothing of the run.

Each is an empty file in the folder `tags` of the run, named by the tag. So processes that put tags
on one run at the same time lose none of each other's, and none of them has to wait.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vynapse.errors import ConfigError, RunDirectoryError, UnknownName, storage_errors
from vynapse.experiment.directory import RunDirectory

FOLDER: Final = "tags"
_TAG: Final = re.compile(r"\w[\w.+:=@-]{0,63}")


def tags_of(run: Path) -> list[str]:
    """The tags of a run, by name.

    Raises:
        RunDirectoryError: the folder of tags cannot be read.
    """
    try:
        return sorted(name for name in os.listdir(run / FOLDER) if _TAG.fullmatch(name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunDirectoryError(f"cannot read {run / FOLDER}: {error.strerror}") from None


def add_tags(run: Path, tags: Sequence[str]) -> None:
    """Put tags on a run; those that it has already stay.

    Raises:
        ConfigError: a tag is no word.
        RunDirectoryError: no run is there.
        StorageError: the run cannot be written.
    """
    RunDirectory.open(run)
    for tag in tags:
        if not _TAG.fullmatch(tag):
            raise ConfigError(
                "tag: a word of at most 64 letters, digits and . + : = @ - _ that begins with a "
                f"letter or a digit was wanted, got {tag[:99]!r}"
            )
    with storage_errors(run / FOLDER):
        (run / FOLDER).mkdir(exist_ok=True)
        for tag in tags:
            (run / FOLDER / tag).touch()


def remove_tags(run: Path, tags: Sequence[str]) -> None:
    """Take tags off a run.

    Raises:
        RunDirectoryError: no run is there.
        UnknownName: the run has no such tag; then none is taken off.
        StorageError: the run cannot be written.
    """
    RunDirectory.open(run)
    known = tags_of(run)
    for tag in tags:
        if tag not in known:
            raise UnknownName("tag of this run", tag, known)
    for tag in tags:
        with storage_errors(run / FOLDER / tag):
            (run / FOLDER / tag).unlink(missing_ok=True)
