# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The comparison before every `load`: a state belongs to what was made in the same way.

    def state(self):
        return {MADE: self._made(), "step": …, "weights": …}

    def load(self, state):
        refuse_other("trainer sgd", self._made(), state)
        refuse_misfit("trainer sgd", self.state(), state)

The first compares what something was made from: its kind, sizes, settings and seed. The second
compares the form: the names, and the types and shapes of arrays. Where a part of a state may have
several forms, a `Form` stands in its place.
"""

from __future__ import annotations

import abc
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, final

import numpy as np

from vynapse.core.network import Array, State
from vynapse.errors import UNREADABLE, CheckpointError, VynapseError, first_line

MADE: Final = "made_from"
"""The key of a state under which stands what it was made from; states of version 0.1 lack it."""

_ABSENT: Final = object()
_UNKNOWN: Final = type(None), int, float
_LEAVES: Final[tuple[tuple[type, tuple[type, ...]], ...]] = (
    (bool, (bool,)), (int, (int,)), (str, (str,)), (object, _UNKNOWN)
)  # fmt: skip
"""What may stand in a state where a value of a type stands: a measurement may be absent."""


class Form(abc.ABC):
    """What a part of a state may look like."""

    @abc.abstractmethod
    def problem(self, name: str, other: object) -> str | None:
        """What is wrong with a part, as a clause; None for a good one."""


@final
@dataclass(frozen=True)
class Kind(Form):
    """A value of one of some types; a boolean counts as a number nowhere.

    Attributes:
        words: what was wanted, e.g. "a text".
        types: what fits.
    """

    words: str
    types: tuple[type, ...]

    def problem(self, name: str, other: object) -> str | None:
        """What is wrong with a part."""
        fits = isinstance(other, self.types) and (bool in self.types or not isinstance(other, bool))
        return None if fits else f"{name}: {self.words} was wanted, got {_short(other)}"


@final
@dataclass(frozen=True)
class OneOf(Form):
    """One of some texts.

    Attributes:
        texts: what fits.
    """

    texts: tuple[str, ...]

    def problem(self, name: str, other: object) -> str | None:
        """What is wrong with a part."""
        fits = isinstance(other, str) and other in self.texts
        wanted = ", ".join(self.texts)
        return None if fits else f"{name}: one of {wanted} was wanted, got {_short(other)}"


@final
@dataclass(frozen=True)
class Named(Form):
    """Any names, with a part of one form for each.

    Attributes:
        of: the form, or a part that has it.
    """

    of: Any

    def problem(self, name: str, other: object) -> str | None:
        """What is wrong with a part."""
        if not isinstance(other, dict):
            return f"{name}: names and values were wanted, got {_short(other)}"
        parts = ((f"{name}.{key}", part) for key, part in other.items())
        return next(filter(None, (_misfit(n, self.of, p, _ALL) for n, p in parts)), None)


@final
@dataclass(frozen=True)
class Listed(Form):
    """Any number of parts of one form.

    Attributes:
        of: the form, or a part that has it.
    """

    of: Any

    def problem(self, name: str, other: object) -> str | None:
        """What is wrong with a part."""
        if not isinstance(other, (list, tuple)):
            return f"{name}: a list was wanted, got {_short(other)}"
        parts = ((f"{name}.{number}", part) for number, part in enumerate(other))
        return next(filter(None, (_misfit(n, self.of, p, _ALL) for n, p in parts)), None)


@final
@dataclass(frozen=True)
class Numbers(Form):
    """An array of numbers.

    Attributes:
        dtype: its type; None for any real numbers.
        shape: its shape, with -1 for a side of any length; None for any shape.
    """

    dtype: Any = None
    shape: tuple[int, ...] | None = None

    def problem(self, name: str, other: object) -> str | None:
        """What is wrong with a part."""
        if not isinstance(other, np.ndarray):
            return f"{name}: an array was wanted, got {_short(other)}"
        kind = other.dtype.kind in "biuf" if self.dtype is None else other.dtype == self.dtype
        if kind and (self.shape is None or self._like(other.shape)):
            return None
        wanted = "real numbers" if self.dtype is None else str(np.dtype(self.dtype))
        shape = "" if self.shape is None else f" {self.shape}".replace("-1", "any")
        return f"{name}: {wanted}{shape} were wanted, got {_form(other)}"

    def _like(self, shape: tuple[int, ...]) -> bool:
        wanted = self.shape or ()
        sides = zip(wanted, shape, strict=False)
        return len(wanted) == len(shape) and all(side in (-1, came) for side, came in sides)


TEXT: Final = Kind("a text", (str,))
TEXT_OR_NONE: Final = Kind("a text or nothing", (str, type(None)))
WHOLE: Final = Kind("a whole number", (int,))
NUMBER: Final = Kind("a number", (int, float))
NUMBER_OR_NONE: Final = Kind("a number or nothing", (int, float, type(None)))
ARRAYS: Final = Named(Numbers())


def refuse_other(what: str, made: Mapping[str, Any], state: object) -> None:
    """Refuse the state of something that was made from something else.

    Args:
        what: the name of what is to load the state, for the sentence.
        made: what it was made from, as JSON values by name.
        state: whose key "made_from" holds the same of the one that it is of; a state without the
            key is not refused.

    Raises:
        CheckpointError: they differ, with the first name and both values.
    """
    if not isinstance(state, Mapping):
        raise CheckpointError(f"{what}: a state was wanted, got {_short(state)}")
    if MADE not in state:
        return
    found = _difference("", _plain(made), _plain(state[MADE]))
    if found is not None:
        name, own, other = found
        raise CheckpointError(
            f"{what}: the state is of one made differently: {name} is {own} here and {other} in "
            "the state"
        )


def digest_of(array: Array | None) -> str | None:
    """SHA-256 of an array, to stand for it in what something was made from; None for None."""
    if array is None:
        return None
    whole = np.ascontiguousarray(array)
    return hashlib.sha256(f"{_form(whole)}".encode() + whole.tobytes()).hexdigest()


def refuse_misfit(
    what: str,
    own: State,
    state: State,
    *,
    free: Collection[str] = (),
    rows: Collection[str] = (),
    optional: Collection[str] = (),
    even: Collection[str] | None = None,
) -> None:
    """Refuse a state of another form, before anything of it is taken over.

    A measurement may be a number or None; a list may have another length.

    Args:
        what: the name of what is to load the state, for the sentence.
        own: its own state.
        state: the state to be loaded.
        free: dotted names of what has to be there, but may have any form; another part checks it.
            Names and values are to stay such.
        rows: dotted names of arrays that may have any number of rows, as an archive that grows.
        optional: dotted names of what may be absent, or there although it is absent here.
        even: names of arrays that have as many rows as each other; None for those of `rows`.

    Raises:
        CheckpointError: a name is absent or unknown, or an array has another type or shape.
    """
    problem = _misfit("", own, state, _Leave(frozenset(free), frozenset(rows), frozenset(optional)))
    if problem is not None:
        raise CheckpointError(f"{what}: the state does not fit: {problem}")
    named = rows if even is None else even
    counted = {name: len(state[name]) for name in named if name in state}
    if len(set(counted.values())) > 1:
        counts = ", ".join(f"{name} {count}" for name, count in counted.items())
        raise CheckpointError(
            f"{what}: the state does not fit: as many rows everywhere were wanted, got {counts}"
        )


@contextmanager
def unloadable(what: str) -> Iterator[None]:
    """Turn whatever loading a damaged state raises inside into a `CheckpointError`.

    Args:
        what: the name of what is to load the state, for the sentence.
    """
    try:
        yield
    except CheckpointError:
        raise
    except VynapseError as error:
        raise CheckpointError(f"{what}: the state does not fit: {error}") from error
    except (*UNREADABLE, RuntimeError) as error:
        raise CheckpointError(f"{what}: the state does not fit: {first_line(error)}") from error


def _plain(value: object) -> Any:
    """The value as it comes back from a file: tuples are lists."""
    return json.loads(json.dumps(value, default=repr))


def _difference(name: str, own: Any, other: Any) -> tuple[str, str, str] | None:
    if isinstance(own, dict) and isinstance(other, dict):
        for key in sorted(own.keys() | other.keys()):
            dotted = f"{name}.{key}" if name else key
            found = _difference(dotted, own.get(key, _ABSENT), other.get(key, _ABSENT))
            if found is not None:
                return found
        return None
    return None if own == other else (name or "it", _short(own), _short(other))


class _Leave(NamedTuple):
    """What may differ, by dotted name."""

    free: frozenset[str]
    rows: frozenset[str]
    optional: frozenset[str]


_ALL: Final = _Leave(frozenset(), frozenset(), frozenset())


def _misfit(name: str, own: Any, other: Any, leave: _Leave) -> str | None:
    if isinstance(own, Form):
        return own.problem(name, other)
    if isinstance(own, dict):
        return _misfit_of_names(name, own, other, leave)
    if isinstance(own, np.ndarray):
        if not isinstance(other, np.ndarray):
            return f"{name}: an array was wanted, got {_short(other)}"
        first = 1 if name in leave.rows and own.ndim == other.ndim > 0 else 0
        if (own.dtype, own.shape[first:]) != (other.dtype, other.shape[first:]):
            return f"{name}: {_form(own)} was wanted, got {_form(other)}"
        return None
    if isinstance(own, list | tuple):
        fits = isinstance(other, list | tuple)
        return None if fits else f"{name}: a list was wanted, got {_short(other)}"
    kinds = next(kinds for of, kinds in _LEAVES if isinstance(own, of))
    fits = isinstance(other, kinds) and (bool in kinds or not isinstance(other, bool))
    return None if fits else f"{name}: {_short(own)} stands here, the state has {_short(other)}"


def _misfit_of_names(name: str, own: Mapping[str, Any], other: object, leave: _Leave) -> str | None:
    if not isinstance(other, dict):
        return f"{name or 'it'}: names and values were wanted, got {_short(other)}"
    for key in sorted(own.keys() | other.keys()):
        dotted = f"{name}.{key}" if name else key
        if key == MADE:
            continue
        if dotted in leave.optional and not (key in own and key in other):
            continue
        if key not in other:
            return f"it lacks {dotted}"
        if key not in own:
            return f"{dotted} is not known"
        if dotted in leave.free:
            if isinstance(own[key], dict) and not isinstance(other[key], dict):
                return f"{dotted}: names and values were wanted, got {_short(other[key])}"
            continue
        if (problem := _misfit(dotted, own[key], other[key], leave)) is not None:
            return problem
    return None


def _form(array: Any) -> str:
    return f"{array.dtype} {array.shape}"


def _short(value: object) -> str:
    if value is _ABSENT:
        return "absent"
    if isinstance(value, np.ndarray):
        return f"an array {_form(value)}"
    text = json.dumps(value, default=lambda other: type(other).__name__)
    return text if len(text) <= 60 else f"{text[:60]}…"
