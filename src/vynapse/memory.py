# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whether something fits into the memory of this machine, known before it is made."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from vynapse.errors import ConfigError

_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")


def memory_bytes() -> int:
    """Memory of this machine, or of the container in which the process is."""
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError, ValueError):  # there is no such file, or it says max
        return min(whole, int(_LIMIT.read_text()))
    return whole


def refuse_too_large(where: str, what: str, numbers: int) -> None:
    """Refuse what takes more than the memory there is.

    Args:
        where: the key that decides the size; it begins the sentence.
        what: what it is, in the plural.
        numbers: how many numbers in float32 it takes.

    Raises:
        ConfigError: it does not fit.
    """
    wanted, there = 4 * numbers, memory_bytes()
    if wanted > there:
        raise ConfigError(
            f"{where}: {what} that fit into {there / 1e9:,.0f} GB of memory were wanted, these "
            f"take {wanted / 1e9:,.0f} GB: choose smaller sizes"
        )
