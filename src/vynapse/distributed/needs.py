# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is said where an extra is absent."""

from __future__ import annotations

from importlib.util import find_spec

from vynapse.errors import MissingExtra


def refuse_without(module: str, package: str, extra: str, purpose: str) -> None:
    """Refuse to go on where a package is absent; it is not imported for that.

    Raises:
        MissingExtra: it is.
    """
    if find_spec(module) is None:
        raise MissingExtra(package, extra, purpose)
