# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The command `vynapse`: from words to a function, from an error to a sentence and an exit code.

Exit codes: 0 done, 1 the run failed, 2 wrong use or input, 130 interrupted (state saved).

A command's module is imported when the command is used, and imports what it works with inside its
function, so that `vynapse --help` stays instant.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cyclopts import App, CycloptsError, Parameter
from cyclopts.exceptions import UnknownCommandError, UnusedCliTokensError

import vynapse
from vynapse.errors import UnknownName, VynapseError


@dataclass(frozen=True, slots=True)
class Command:
    """A command: where its function is, what help says of it, and how it is used."""

    name: str
    target: str
    summary: str
    details: str
    examples: tuple[str, ...]


COMMANDS = (
    Command(
        "run",
        "vynapse.cli.run:run",
        "Train a network on a task and keep everything in a run directory.",
        "On a terminal a progress bar is shown, otherwise a line now and then, both on standard "
        "error. With --json standard output carries one JSON object per row of metrics.csv, and "
        "last the summary that `vynapse show RUN --json` prints, or an object with the keys "
        "error, kind and exit_code. If the reader of standard output goes away, the run goes on.",
        (
            "vynapse run xor --mode deap",
            "vynapse run mnist --mode sgd --seed 1 --budget epochs=5",
            "vynapse run --recipe recipe.yaml --set seed=2 --out runs/second",
        ),
    ),
    Command(
        "resume",
        "vynapse.cli.run:resume",
        "Go on with a run that was interrupted or killed.",
        "It ends with the same bytes as if it had never stopped. A run that has finished only "
        "shows its summary again.",
        ("vynapse resume runs/first",),
    ),
    Command(
        "compare",
        "vynapse.cli.compare:compare",
        "Run tasks in several modes with several seeds at one budget.",
        "Prints a table of means and 95 % confidence intervals. The runs and the table (Markdown, "
        "CSV, JSON) are kept. With --json standard output carries one object per task and mode.",
        (
            "vynapse compare xor --modes sgd,deap --seeds 5",
            "vynapse compare xor spirals --modes sgd,deap --budget flops=1e9",
        ),
    ),
    Command(
        "init",
        "vynapse.cli.recipes:init",
        "Write a commented recipe to start from.",
        "Every key stands in it with its value, its meaning and its range.",
        (
            "vynapse init xor --mode deap --out recipe.yaml",
            "vynapse run --recipe recipe.yaml",
        ),
    ),
    Command(
        "show",
        "vynapse.cli.show:show",
        "Show a run: stages, loss, metrics, cost and the curve of its loss.",
        "It also works while the run is going on. With --json one object, the summary.",
        ("vynapse show runs/first", "vynapse show runs/first --plot loss.svg"),
    ),
    Command(
        "runs",
        "vynapse.cli.show:runs",
        "List the runs in a folder.",
        "With --json one object per run and line.",
        ("vynapse runs", "vynapse runs experiments --json"),
    ),
    Command(
        "evaluate",
        "vynapse.cli.predict:evaluate",
        "Measure the best network of a run on data.",
        "The data are `train` or `validation`, the splits of the run's task, or, for a run on a "
        "CSV task, a CSV file with the same columns; the run's own preprocessing is applied.",
        (
            "vynapse evaluate runs/first validation",
            "vynapse evaluate runs/penguins new.csv --json",
        ),
    ),
    Command(
        "predict",
        "vynapse.cli.predict:predict",
        "Write what the best network of a run predicts, as CSV.",
        "One row per example: the class and the probability of each class, or the value. The data "
        "are named as for evaluate; a CSV file needs no target column.",
        (
            "vynapse predict runs/penguins new.csv --out predicted.csv",
            "vynapse predict runs/first validation",
        ),
    ),
    Command(
        "tasks",
        "vynapse.cli.names:tasks",
        "List the built-in tasks.",
        "A task of your own is named package.module:Class.",
        ("vynapse tasks",),
    ),
    Command(
        "modes",
        "vynapse.cli.names:modes",
        "List the modes: ways to improve a network.",
        "Packages add modes through the entry-point group vynapse.modes.",
        ("vynapse modes",),
    ),
    Command(
        "schema",
        "vynapse.cli.recipes:schema",
        "Print the JSON schema of a recipe.",
        "Editors use it to complete and check recipe files.",
        ("vynapse schema > recipe.schema.json",),
    ),
    Command(
        "doctor",
        "vynapse.cli.doctor:doctor",
        "Say what is installed, what is missing and how to get it.",
        "Also where data are looked for, which were found, and how much space is left for runs.",
        ("vynapse doctor", "vynapse doctor --json"),
    ),
)


def build_app() -> App:
    """The command line, with no command's module imported yet."""
    app = App(
        name="vynapse",
        help="Train, evolve and grow small neural networks.",
        help_format="plaintext",
        help_epilogue="Example:\n  vynapse run xor --mode deap",
        version=vynapse.__version__,
        version_flags=["--version"],
        default_parameter=Parameter(negative=()),
        suppress_keyboard_interrupt=False,
        result_action="return_value",
        print_error=False,
        exit_on_error=False,
    )
    for order, command in enumerate(COMMANDS):
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line.

    Args:
        arguments: words after `vynapse`; by default those of the process.

    Returns:
        The exit code.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None:
        _find_modules_here()
    try:
        build_app()(words)
        sys.stdout.flush()
    except VynapseError as error:
        return _fail(str(error), type(error).__name__, error.exit_code, words)
    except CycloptsError as error:
        return _fail(_usage_sentence(error), "UsageError", 2, words)
    except KeyboardInterrupt:
        return _fail("interrupted", "Interrupted", 130, words)
    except BrokenPipeError:
        _discard_stdout()
    except SystemExit:
        # rich, which prints help, exits by itself when the reader of standard output goes away
        if words and not {"--help", "-h"} & set(words):
            raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}", type(error).__name__, 1, words)
    return 0


def _find_modules_here() -> None:
    """Let package.module:name of a recipe be found in the working directory."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)


def _usage_sentence(error: CycloptsError) -> str:
    tokens = error.unused_tokens or [""]
    if isinstance(error, UnknownCommandError):
        return str(UnknownName("command", tokens[0], [command.name for command in COMMANDS]))
    if isinstance(error, UnusedCliTokensError):
        return f"unexpected word {tokens[0]!r}: see --help for what the command takes"
    return " ".join(str(error).split())


def _fail(message: str, kind: str, exit_code: int, words: Sequence[str]) -> int:
    """The sentence goes to standard error; with --json an object ends standard output as well."""
    for line in message.splitlines():
        sys.stderr.write(f"vynapse: {line}\n")
    if "--json" in words:
        from vynapse.cli.output import print_json

        try:
            print_json({"error": message, "kind": kind, "exit_code": exit_code})
        except BrokenPipeError:
            _discard_stdout()
    return exit_code


def _discard_stdout() -> None:
    """Nobody reads any more: let the flush at exit go nowhere, so that it raises nothing."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
