# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A bad input, and texts that many of them use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

LONG: Final = "x" * 4000
DEEP: Final = "[" * 2000 + "]" * 2000
ODD: Final = ("", " ", "nowhere", "\u00e9\u2603", LONG, "-", "--", "~", "../..", "/dev/null",
               "a:b", ":", "a.b:", ":c", "..:x", "0", "-1", "1.5", "nan", "[", "{", "'", "#", "=",
               "%s", "{0}", "math:pi", "json:loads", "folder", "binary")  # fmt: skip
"""Words that stand where something else was wanted."""


@dataclass(frozen=True, slots=True)
class Case:
    """A bad input.

    Attributes:
        name: what is bad.
        words: what stands behind `vynapse`.
        files: contents by name, in the working directory.
    """

    name: str
    words: tuple[str, ...]
    files: Mapping[str, str | bytes] = field(default_factory=dict)
