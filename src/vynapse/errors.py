# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every error Vynapse raises on purpose.

    VynapseError                    one sentence: which name, what was wanted, what came, what to do
    ├── ConfigError        exit 2   a recipe, an override or an option is wrong (all at once)
    ├── UnknownName        exit 2   no such task, mode, key …; names the nearest valid one
    ├── DataError          exit 2   data are absent, damaged or not what was promised
    ├── GraphError         exit 2   a graph is malformed, or something cannot become a graph
    ├── MissingExtra       exit 2   an optional dependency is not installed
    ├── RunDirectoryError  exit 2   a run directory is absent, locked, foreign or of a newer format
    ├── CheckpointError    exit 2   a checkpoint is truncated or was tampered with
    ├── DataChanged        exit 1   data are not those that a run began with
    ├── StorageError       exit 1   the disk is full or a path cannot be written
    ├── TrainingError      exit 1   the run itself failed: NaN loss, a network of the wrong shape
    ├── NotReproduced      exit 3   a run was made again, and its bytes are others
    └── Interrupted        exit 130 Ctrl-C or SIGTERM; the state was saved first

An error is *recoverable* when nothing of the run was lost and a corrected command goes on from
where it stood; it is *fatal* when the same run would fail again in the same way.
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final

_LISTED, _COMPARED, _LONGEST = 40, 5000, 100
"""Names that a sentence lists; names, and characters of one, that are compared."""

UNREADABLE: Final = (
    OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError
)  # fmt: skip
"""What reading a file may raise that somebody changed: its parts are absent or of other types."""


class VynapseError(Exception):
    """Root of the tree; never raised itself. `str(error)` is the sentence shown to the user."""

    exit_code: ClassVar[int] = 2
    recoverable: ClassVar[bool] = True

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes as the finished sentence, whatever `__init__` takes."""
        return (type(self).__new__, (type(self), *self.args), self.__dict__)


class ConfigError(VynapseError):
    """One or more wrong settings; `problems` holds a sentence for each."""

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class UnknownName(VynapseError):
    """A name that is not in a table of names.

    Args:
        kind: what the name stands for, e.g. "task".
        name: what was given.
        known: the valid names; the nearest is suggested, or all are listed when none is near.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"unknown {kind} {name!r}{suggestion(name, known)}")


class DataError(VynapseError):
    """Data are absent, damaged or not what was promised; never replaced by something else."""


class GraphError(VynapseError):
    """A graph is malformed, or a computation cannot be one: which node, or which line."""


class MissingExtra(VynapseError):
    """An optional dependency is absent; the sentence holds the command that installs it."""

    def __init__(self, package: str, extra: str | None, purpose: str) -> None:
        wanted = package if extra is None else f"'vynapse[{extra}]'"
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed: "
            f"run pip install {wanted}"
        )


class RunDirectoryError(VynapseError):
    """A run directory is absent, locked by another process, foreign or of a newer format."""


class CheckpointError(VynapseError):
    """A checkpoint is truncated, tampered with or does not belong to the run."""


class DataChanged(VynapseError):
    """Data that were to be those of a run, or of a hash, are others."""

    exit_code = 1


class StorageError(VynapseError):
    """The disk is full or a path cannot be written; what was saved before is intact."""

    exit_code = 1


class TrainingError(VynapseError):
    """The run itself failed, e.g. its loss is not a number."""

    exit_code = 1
    recoverable = False


class NothingFinite(TrainingError):
    """Not one network of a generation has a finite loss: nothing can be selected.

    A search that has found something before ends with it, and says so as its reason to stop.
    """


class NotReproduced(VynapseError):
    """A run was made again and came to other bytes; the sentence says where they part."""

    exit_code = 3


class Interrupted(VynapseError):
    """Ctrl-C or SIGTERM arrived; the run was saved and `vynapse resume` continues it."""

    exit_code = 130


def first_line(error: Exception) -> str:
    """An error that was not made for a person, in short: its type and the begin of what it says."""
    said = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def like(name: str, known: Iterable[str]) -> str | None:
    """The nearest of the `known` names, None where none of them is like `name`."""
    names = sorted(known)
    near = difflib.get_close_matches(name[:_LONGEST], names[:_COMPARED], n=1, cutoff=0.6)
    return near[0] if near else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown `name`: the nearest valid name, else all of them."""
    names = sorted(known)
    if near := like(name, names):
        return f": did you mean {near!r}?"
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return f": valid names are {', '.join(names[:_LISTED])}{more}" if names else ""


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn an `OSError` that happens inside into a `StorageError` about `path`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageError(
                f"no space left to write {path}: free some and resume the run; "
                "what was saved before is intact"
            ) from None
        advice = "choose a folder you may write to"
        if error.errno == errno.EISDIR:
            advice = "move the folder that stands in its place away"
        raise StorageError(f"cannot write {path}: {error.strerror or error}: {advice}") from None
