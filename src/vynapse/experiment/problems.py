# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Everything that is wrong with a recipe, gathered so that it can be said at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, final

from vynapse.errors import ConfigError, UnknownName

T = TypeVar("T")


@final
class Problems:
    """Collects sentences, each led by where its key came from.

    Args:
        file: the recipe file, None where there is none.
    """

    def __init__(self, file: Path | None = None) -> None:
        self.file = file
        self.found: list[str] = []
        self.overridden: set[str] = set()

    def add(self, sentence: str) -> None:
        """Note a sentence that begins with a dotted key."""
        key = sentence.partition(": ")[0]
        if any(key == own or key.startswith(f"{own}.") for own in self.overridden):
            self.found.append(f"command line: {sentence}")
        else:
            self.found.append(f"{self.file}: {sentence}" if self.file else sentence)

    def collect(self, make: Callable[[], T]) -> T | None:
        """The result of `make`, or None after noting what it complained of."""
        try:
            return make()
        except ConfigError as error:
            for sentence in error.problems:
                self.add(sentence)
        except UnknownName as error:
            self.add(str(error))
        return None

    def raise_any(self) -> None:
        """Raise a ConfigError with all sentences, if there is one."""
        if self.found:
            raise ConfigError(dict.fromkeys(self.found))
