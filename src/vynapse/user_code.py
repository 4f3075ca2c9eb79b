# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Code of users (modules, tasks, losses, functions, controllers): what it raises, in one sentence.

The sentence names the line of their own code at which it happened, not one of torch or of Vynapse.
"""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, cast

from vynapse.errors import VynapseError

_HERE: Final = f"{Path(__file__).parent}/"
_STANDARD: Final = f"{sysconfig.get_paths()['stdlib']}/"
_INSTALLED: Final = ("/site-packages/", "/dist-packages/")
_FRAMEWORKS: Final = ("/torch/", "/numpy/", "/beartype/", "/jaxtyping/", "/pydantic/")
_PLACE: Final = "vynapse_place"
"""The attribute of an error that came from another process."""
_PLAIN: Final = (RuntimeError, ValueError, TypeError, IndexError)
"""Their texts say enough without the name of the type; `KeyError: 'x'` does not."""


@contextmanager
def guarded(sentence: str, kind: type[VynapseError]) -> Iterator[None]:
    """Turn whatever is raised inside into an error of `kind`; a `VynapseError` passes.

    Args:
        sentence: its beginning, e.g. "network: it cannot take a batch of 8 examples".
        kind: the class of the error; the original one is its cause.
    """
    try:
        yield
    except VynapseError:
        raise
    except Exception as error:
        raise kind(f"{sentence}: {told(error)}") from error


@contextmanager
def own_errors(kind: type[VynapseError]) -> Iterator[None]:
    """Turn what a user's own code raises inside into an error of `kind`; all else passes.

    It stands around code of ours that calls theirs in many places, where a fault of ours is to
    remain one.
    """
    try:
        yield
    except VynapseError:
        raise
    except Exception as error:
        if place_of(error, installed=False) is None:
            raise
        raise kind(f"your own code raised {told(error, named=True)}: correct it") from error


def told(error: BaseException, *, named: bool = False) -> str:
    """What was raised and where: "KeyError: 'x' (models.py, line 12, in forward)".

    Args:
        error: the error as it was caught.
        named: say the type of it even where its text is enough.
    """
    text = str(error).strip()
    first = text.splitlines()[0].rstrip(".: ") if text else ""
    if isinstance(error, SyntaxError):
        first = error.msg
    name = type(error).__name__
    plain = isinstance(error, _PLAIN) and first and not named
    what = first if plain else f"{name}: {first}" if first else name
    place = place_of(error)
    return what if place is None else f"{what} ({place})"


def remember_place(error: BaseException) -> None:
    """Let an error that goes to another process keep its place: its traceback stays here."""
    with suppress(AttributeError, TypeError):  # a class of theirs may refuse attributes
        error.__dict__[_PLACE] = {
            installed: place_of(error, installed=installed) for installed in (False, True)
        }


def place_of(error: BaseException, *, installed: bool = True) -> str | None:
    """The innermost line of a user's own code that an error passed.

    Args:
        error: the error as it was caught.
        installed: take a line of an installed package that is no framework, where there is no line
            of their own.

    Returns:
        "file, line 12, in function"; None where no line is theirs.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_shown(error.filename)}, line {error.lineno}"
    remembered = getattr(error, "__dict__", {}).get(_PLACE)
    if remembered is not None:
        return cast("str | None", remembered[installed])
    frames = traceback.extract_tb(error.__traceback__)
    for is_theirs in (_is_own, _is_of_a_package)[: 1 + installed]:
        for frame in reversed(frames):
            if is_theirs(frame.filename):
                return f"{_shown(frame.filename)}, line {frame.lineno}, in {frame.name}"
    return None


def _is_own(file: str) -> bool:
    if file.startswith("<"):  # code without a file: theirs where they type, else generated
        return file.startswith(("<stdin>", "<ipython"))
    return not (any(part in file for part in _INSTALLED) or file.startswith((_HERE, _STANDARD)))


def _is_of_a_package(file: str) -> bool:
    inside = any(part in file for part in _INSTALLED)
    return inside and not file.startswith(_HERE) and not any(part in file for part in _FRAMEWORKS)


def _shown(file: str) -> str:
    """Relative where the file lies below the working directory."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file
