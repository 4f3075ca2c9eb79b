# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A command, and a program of several."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A command: where its function is, what help says of it, and how it is used."""

    name: str
    target: str
    summary: str
    details: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A program: its name, what help says of it, and its commands; the first is its example."""

    name: str
    summary: str
    commands: tuple[Command, ...]


def overview(program: Program) -> str:
    """What `--help` prints. Made here, so that it needs none of what the commands need."""
    width = max(len(command.name) for command in program.commands)
    lines = [f"  {command.name:<{width}}  {command.summary}" for command in program.commands]
    name = program.name
    return "\n".join(
        [
            f"Usage: {name} COMMAND [ARGS]",
            "",
            program.summary,
            "",
            "Commands:",
            *lines,
            "",
            f"{name} COMMAND --help says more of a command; {name} --version prints the version.",
            "",
            "Example:",
            f"  {program.commands[0].examples[0]}",
        ]
    )
