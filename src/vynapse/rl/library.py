# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Stable-Baselines3, loaded so that nobody's random numbers change."""

from __future__ import annotations

from vynapse.errors import MissingExtra
from vynapse.networks.modules import isolated_generators


def load(what: str) -> None:
    """Load the library, for the first time or again.

    Some of what it loads draws from Python's global generator while it is loaded.

    Args:
        what: what needs it, for the sentence.

    Raises:
        MissingExtra: it is not installed.
    """
    with isolated_generators(0):
        try:
            import sb3_contrib  # noqa: F401 - whether it is there
            import stable_baselines3  # noqa: F401
        except ImportError:
            raise MissingExtra("stable-baselines3", "rl", what) from None
