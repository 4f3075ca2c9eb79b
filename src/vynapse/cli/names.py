# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse tasks` and `vynapse modes`."""

from __future__ import annotations


def tasks() -> None:
    """List the built-in tasks."""
    from vynapse.tasks.registry import TASKS

    _print(TASKS.summaries())


def modes() -> None:
    """List the modes."""
    from vynapse.trainers.mode import MODES

    _print(MODES.summaries())


def _print(summaries: dict[str, str]) -> None:
    from vynapse.cli.output import print_line

    width = max(len(name) for name in summaries)
    for name, summary in summaries.items():
        print_line(f"{name:<{width}}  {summary}")
