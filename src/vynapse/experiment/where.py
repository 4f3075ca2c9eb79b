# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which runs are meant: conditions on the fields of summaries, and an order.

    loss<0.1 and (mode=deap or not status=finished)

A condition is made of NAME OPERATOR VALUE, `and`, `or`, `not` and brackets; nothing of it is ever
executed. A run that has no such field satisfies no comparison but the one with null.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn, final

from vynapse.errors import ConfigError, UnknownName

Fields = Mapping[str, Any]
Condition = Callable[[Fields], bool]

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<operator><=|>=|==|!=|<|>|=)|(?P<bracket>[()])"
    r"|(?P<text>'[^']*'|\"[^\"]*\")|(?P<word>[^\s()<>=!'\"]+))"
)
_OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_LONGEST: Final = 1000
_AGO: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def fields_of(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a summary by name: those of an inner object as `cost.flops`.

    Metrics of the validation split also have their bare name, where no other field has it. `steps`
    of a run that has not ended is the step of its stage.
    """
    flat = dict(_flat(summary, ""))
    if "step" in flat:
        flat.setdefault("steps", flat["step"])
    own = {name.removeprefix("metrics."): name for name in flat if name.startswith("metrics.")}
    return {**{bare: flat[name] for bare, name in own.items()}, **flat}


def names_in(rows: Iterable[Fields]) -> list[str]:
    """All names of fields, each once."""
    return list(dict.fromkeys(name for row in rows for name in row))


def condition(text: str, known: Sequence[str]) -> Condition:
    """The condition that a text stands for.

    Args:
        text: see above.
        known: names of fields; without any, every name will do.

    Raises:
        ConfigError: the text is none.
        UnknownName: there is no such field.
    """
    if len(text) > _LONGEST:
        raise ConfigError(
            f"--where: at most {_LONGEST:,} characters were wanted, got {len(text):,}"
        )
    return _Parser(text, known).whole()


def since(text: str, now: datetime) -> datetime:
    """The time that `2d`, `90m` or `2026-11-01` stands for.

    Args:
        text: a number with s, m, h, d or w behind it, or a date or time in ISO 8601, local unless
            it says otherwise.
        now: the present time, with its zone.

    Raises:
        ConfigError: it is neither.
    """
    ago = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)([smhdw])", text)
    try:
        if ago is not None:
            return now - timedelta(**{_AGO[ago[2]]: float(ago[1])})
        return datetime.fromisoformat(text).astimezone(now.tzinfo)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"--since: a time such as 2d, 12h or 2026-11-01 was wanted, got {text[:99]!r}"
        ) from None


def place(value: object) -> tuple[int, Any]:
    """Where a field stands in an order: numbers, then texts, then what is not there."""
    if isinstance(value, int | float):
        return (0, value)
    return (2, 0) if value is None else (1, str(value))


def refuse_unknown(option: str, name: str, known: Sequence[str]) -> None:
    """Refuse the name of a field that no run has.

    Raises:
        UnknownName: it is none of the known ones, and there are some.
    """
    if known and name not in known:
        raise UnknownName(f"field of {option}", name, known)


def _flat(content: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif not isinstance(value, list):
            yield prefix + name, value


@final
class _Parser:
    """or, and, not, brackets, comparison: each a method, from the loosest to the tightest."""

    def __init__(self, text: str, known: Sequence[str]) -> None:
        self._known = known
        self._tokens: list[tuple[str, str]] = []
        place, text = 0, text.rstrip()
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                self._fail(repr(text[place:][:20]))
            self._tokens.append((match.lastgroup or "", match[match.lastgroup or ""]))
            place = match.end()

    def whole(self) -> Condition:
        try:
            found = self._or()
        except RecursionError:
            self._fail("too many brackets")
        if self._tokens:
            self._fail(repr(self._tokens[0][1]))
        return found

    def _or(self) -> Condition:
        parts = [self._and()]
        while self._takes("or"):
            parts.append(self._and())
        return lambda row: any(part(row) for part in parts)

    def _and(self) -> Condition:
        parts = [self._not()]
        while self._takes("and"):
            parts.append(self._not())
        return lambda row: all(part(row) for part in parts)

    def _not(self) -> Condition:
        if self._takes("not"):
            inner = self._not()
            return lambda row: not inner(row)
        if self._takes("("):
            inner = self._or()
            if not self._takes(")"):
                self._fail("no closing bracket")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        name = self._next("word", "a name")
        refuse_unknown("--where", name, self._known)
        compare = _OPERATORS[self._next("operator", "an operator")]
        kind, text = self._tokens.pop(0) if self._tokens else ("", "")
        if kind not in ("word", "text"):
            self._fail(repr(text) if text else "the end")
        wanted = text[1:-1] if kind == "text" else _value(text)
        return lambda row: _holds(name, row.get(name), compare, wanted, text.strip("'\""))

    def _takes(self, text: str) -> bool:
        if self._tokens and self._tokens[0][0] != "text" and self._tokens[0][1] == text:
            self._tokens.pop(0)
            return True
        return False

    def _next(self, kind: str, what: str) -> str:
        found, text = self._tokens.pop(0) if self._tokens else ("", "")
        if found != kind:
            self._fail(f"{text!r} in place of {what}" if text else f"the end in place of {what}")
        return text

    def _fail(self, got: str) -> NoReturn:
        raise ConfigError(
            "--where: comparisons such as loss<0.1 or mode=deap, with and, or, not and brackets, "
            f"were wanted, got {got}"
        )


def _value(text: str) -> Any:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    try:
        return float(text)
    except ValueError:
        return text


def _holds(
    name: str, value: Any, compare: Callable[[Any, Any], bool], wanted: Any, text: str
) -> bool:
    """Whether a field of a run compares so; texts are compared with what was written."""
    if wanted is None or value is None:
        return compare in (operator.eq, operator.ne) and wanted is None and compare(value, wanted)
    if isinstance(value, str):
        return compare(value, text)
    if isinstance(wanted, str):
        raise ConfigError(f"--where: {name} is compared with a number, got {text!r}")
    return compare(value, wanted)
