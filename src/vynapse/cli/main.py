# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The program `vynapse`: from words to an exit code, from an error to a sentence.

Exit codes: 0 done, 1 the run failed, 2 wrong use or input, 3 a run was made again and has other
bytes, 130 interrupted (state saved).
"""

from __future__ import annotations

import atexit
import gc
import os
import re
import shutil
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from vynapse.cli.command import Program, overview
from vynapse.cli.commands import VYNAPSE
from vynapse.errors import VynapseError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line of `vynapse`.

    Args:
        arguments: words after `vynapse`; by default those of the process.

    Returns:
        The exit code.
    """
    return execute(VYNAPSE, arguments)


def execute(program: Program, arguments: Sequence[str] | None = None) -> int:
    """Run one command line of a program; arguments and result are those of `main`."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None:
        _start_quickly()
    if sys.stderr is None:  # closed by the caller
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - it lasts as long as the process
    if sys.stdout is None:
        return _fail(
            program, "standard output is closed: send it somewhere, e.g. > /dev/null", "", 2, ()
        )
    try:
        _dispatch(program, words, of_process=arguments is None)
    except VynapseError as error:
        return _fail(program, str(error), type(error).__name__, error.exit_code, words)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        return _fail(
            program, "torch is not installed: run pip install torch", "MissingExtra", 2, words
        )
    except KeyboardInterrupt:
        return _fail(program, "interrupted", "Interrupted", 130, words)
    except MemoryError as error:
        reason = f" ({error})" if str(error) else ""
        message = f"there is not enough memory{reason}: choose smaller sizes"
        return _fail(program, message, "MemoryError", 1, words)
    except BrokenPipeError:
        _discard_stdout()
    except SystemExit:
        # rich, which prints help, exits by itself when the reader of standard output goes away
        if not {"--help", "-h"} & set(words):
            raise
    except OSError as error:
        where = error.filename or "standard output"
        message = f"{where}: {error.strerror or error}"
        code = _fail(program, message, type(error).__name__, 1, words)
        if error.filename is None:
            _discard_stdout()
        return code
    return 0


_ENDLESS: Final = re.compile(r"(\S{200})\S{100,}")
"""A word of which a sentence shows the beginning."""

_NARROWEST: Final = 40
"""Columns that help is set in at least; in a few columns it takes minutes."""


def _dispatch(program: Program, words: list[str], *, of_process: bool) -> None:
    if words in ([], ["-h"], ["--help"]):
        sys.stdout.write(overview(program) + "\n")
    elif (group := _group(program, words)) is not None:
        sys.stdout.write(overview(group) + "\n")
    else:
        from vynapse.cli.app import dispatch

        if of_process:
            _find_modules_here()
            if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
                # the program is here now: what follows is told of an interrupt and may save
                signal.signal(signal.SIGINT, signal.default_int_handler)
        if {"--help", "-h"} & set(words):
            _widen()
        dispatch(words, program)
    sys.stdout.flush()


def _group(program: Program, words: list[str]) -> Program | None:
    """The commands that begin with the only word, where it is no command itself."""
    named = [word for word in words if word not in ("-h", "--help")]
    if len(named) != 1 or any(command.name == named[0] for command in program.commands):
        return None
    members = tuple(c for c in program.commands if c.name.startswith(f"{named[0]} "))
    return replace(program, commands=members) if members else None


def _widen() -> None:
    """Let help be set in a readable width, whatever the terminal or COLUMNS says."""
    said = os.environ.get("COLUMNS", "")
    columns = int(said) if said.isdecimal() else shutil.get_terminal_size().columns
    if columns < _NARROWEST:
        os.environ["COLUMNS"] = str(_NARROWEST)


def _start_quickly() -> None:
    """Save an eighth of a second of a process that may take no longer than three.

    OpenBLAS starts a thread for every core when it is loaded; a run sets the number it wants
    later. pydantic reads what every installed package offers, looking for plugins of its own.
    Collecting garbage while modules are loaded finds none; and at exit the process gives back its
    memory, whether what lives in it is collected or not.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.set_threshold(50_000, 20, 20)
    atexit.register(gc.freeze)


def _find_modules_here() -> None:
    """Let package.module:name of a recipe be found in the working directory, after all else."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)


def _fail(program: Program, message: str, kind: str, exit_code: int, words: Sequence[str]) -> int:
    """The sentence goes to standard error; with --json an object ends standard output as well."""
    message = _ENDLESS.sub(r"\1…", message)
    with suppress(OSError):
        for line in message.splitlines():
            sys.stderr.write(f"{program.name}: {line}\n")
        sys.stderr.flush()
    if "--json" in words:
        from vynapse.cli.output import print_json

        try:
            print_json({"error": message, "kind": kind, "exit_code": exit_code})
        except OSError:
            _discard_stdout()
    return exit_code


def _discard_stdout() -> None:
    """Nobody reads any more: let the flush at exit go nowhere, so that it raises nothing."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
