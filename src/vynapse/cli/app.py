# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From words to a function.

A command's module is imported when the command is used, and imports what it works with inside its
function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cyclopts import App, CycloptsError, Parameter
from cyclopts.exceptions import UnknownCommandError, UnknownOptionError, UnusedCliTokensError

import vynapse
from vynapse.cli.command import Program
from vynapse.cli.commands import VYNAPSE
from vynapse.errors import UnknownName, VynapseError, like
from vynapse.habits import HABITS


class UsageError(VynapseError):
    """The words of the command line are wrong."""


def dispatch(words: Sequence[str], program: Program) -> None:
    """Run the command of a program that the words name.

    Raises:
        UsageError: there is none, or it does not take these words.
    """
    tokens = list(words)
    pair = " ".join(tokens[:2])
    if pair in {command.name for command in program.commands}:
        tokens[:2] = [pair]
    try:
        build_app(program)(tokens)
    except CycloptsError as error:
        raise UsageError(_sentence(error, program)) from None


def build_app(program: Program = VYNAPSE) -> App:
    """The command line, with no command's module imported yet."""
    app = App(
        name=program.name,
        help=program.summary,
        help_format="plaintext",
        help_epilogue=f"Example:\n  {program.commands[0].examples[0]}",
        version=vynapse.__version__,
        version_flags=["--version"],
        default_parameter=Parameter(negative=()),
        suppress_keyboard_interrupt=False,
        result_action="return_value",
        print_error=False,
        exit_on_error=False,
    )
    for order, command in enumerate(program.commands):
        lines = "\n".join(f"  {line}" for line in command.examples)
        title = "Example:" if len(command.examples) == 1 else "Examples:"
        app.command(
            command.target,
            name=command.name,
            help=f"{command.summary}\n\n{command.details}",
            sort_key=order,
            help_epilogue=f"{title}\n{lines}",
        )
    return app


def _sentence(error: CycloptsError, program: Program) -> str:
    tokens = error.unused_tokens or [""]
    if isinstance(error, UnknownCommandError):
        return str(
            UnknownName("command", tokens[0], [command.name for command in program.commands])
        )
    if isinstance(error, UnusedCliTokensError):
        return f"unexpected word {tokens[0]!r}: see --help for what the command takes"
    text = " ".join(str(error).split())
    if isinstance(error, UnknownOptionError) and error.token.keyword is not None:
        return _habit(error.token.keyword) or _unknown(error.token.keyword, text)
    return text


def _unknown(option: str, text: str) -> str:
    """The sentence about an unknown option; what is meant is guessed where it is spelt alike."""
    sentence, _, guess = text.partition(" Did you mean ")
    if guess and like(option.lstrip("-"), [guess.rstrip("?").lstrip("-")]):
        return text
    return f"{sentence} A key of the recipe is set by --set KEY=VALUE."


_WRITTEN: Final = {
    "epochs": "--budget epochs=5",
    "steps": "--budget steps=100",
    "seed": "--seed 1",
    "task": "the name of a task as the first word",
    "network": "--network mlp:2,2,1",
}


def _habit(option: str) -> str | None:
    """A sentence about an option that other programs have, None for any other."""
    key = option.lstrip("-").lower().replace("-", "_")
    name = HABITS.get(key, key)
    if name == key != "epochs":
        return None
    return f"unknown option {option!r}: write {_WRITTEN.get(name, f'--set {name}=VALUE')}"
