# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The program `esper`: growth alone."""

from __future__ import annotations

from collections.abc import Sequence

from vynapse.cli.commands import ESPER
from vynapse.cli.main import execute


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line of `esper`.

    Args:
        arguments: words after `esper`; by default those of the process.

    Returns:
        The exit code, as of `vynapse`.
    """
    return execute(ESPER, arguments)
