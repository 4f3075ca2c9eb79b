# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Texts that a person reads as a number or a time, although they are no decimal numbers."""

from __future__ import annotations

import re
from typing import Final

_DIGITS: Final = r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_GROUPED: Final = r"\d+(?:[.,'’ \u00a0\u202f_]\d+)*"
_CLOCK: Final = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[aApP][mM])?"
_DAY: Final = r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}"
_MONTH: Final = (
    r"(?:\d{1,2}[ -])?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
    r"[ -]\d{1,4}(?:,? \d{4})?"
)
_NOTATIONS: Final = (
    (r"[+-]?(?:inf|infinity|nan)", "is no finite number: correct it or leave the cell empty"),
    (rf"[+-]?{_DIGITS}", "is too large for a number: correct it"),
    (
        rf"{_DAY}(?:[T ]+{_CLOCK}(?:Z|[+-]\d{{2}}:?\d{{2}})?)?",
        "is a date: write a number, as days since a first day",
    ),
    (_MONTH, "is a date: write a number, as days since a first day"),
    (_CLOCK, "is a time: write a number, as minutes"),
    (rf"[+-]?{_GROUPED} ?%", "has a percent sign: write the number alone"),
    (
        rf"[+-]?[$€£¥₹] ?[+-]?{_GROUPED}|[+-]?{_GROUPED} ?(?:[$€£¥₹]|EUR|USD|GBP|CHF)",
        "has a currency sign: write the number alone",
    ),
    (
        r"[+-]?\d*,\d+",
        "has a comma within the number: write decimals with a point, thousands without a mark",
    ),
    (
        rf"[+-]?{_GROUPED}",
        "has marks between its digits: write decimals with a point, thousands without a mark",
    ),
    (rf"\u2212{_GROUPED}|–{_GROUPED}", "has a long minus sign: write '-'"),
    (rf"\({_GROUPED}\)", "is a number in brackets: write a minus sign"),
    (r"[+-]?0[xX][0-9a-fA-F]+", "is a hexadecimal number: write it in decimal notation"),
)
_PATTERNS: Final = tuple((re.compile(p, re.IGNORECASE), why) for p, why in _NOTATIONS)
_LONGEST: Final = 60


def notation(text: str) -> str | None:
    """What a text that is no decimal number is instead, and what to do; None for plain text.

    The answer goes on from the text, e.g. "has a percent sign: write the number alone".
    """
    return next((why for pattern, why in _PATTERNS if pattern.fullmatch(text)), None)


def shown(text: str) -> str:
    """A cell in quotes, for sentences; a long one is cut."""
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def advice(text: str) -> str:
    """The end of a sentence about a cell that should be a number: its notation, if it has one."""
    why = notation(text)
    return "" if why is None else f"; it {why}"
