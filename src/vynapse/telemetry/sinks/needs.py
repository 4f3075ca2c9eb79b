# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a sink needs beside the package, asked before a run begins."""

from __future__ import annotations

from importlib.util import find_spec

from vynapse.errors import MissingExtra


def demand(module: str, package: str, extra: str, purpose: str) -> None:
    """Refuse a sink whose package is not installed; the module is not imported.

    Raises:
        MissingExtra: it is not.
    """
    try:
        found = find_spec(module)
    except ModuleNotFoundError:  # a package around the module is absent
        found = None
    if found is None:
        raise MissingExtra(package, extra, purpose)
