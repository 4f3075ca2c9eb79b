# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Bad words about runs that exist, damaged runs, and bad configurations of neat-python."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.faults.case import DEEP, LONG, ODD, Case
from vynapse.experiment import neat_python
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session

_ON_RUNS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    # by the mode of the run in the folder `run`; what a "?" stands in is wrong
    "sgd": (
        ("why", "run", "?"),
        ("play", "run", "--episodes", "?"),
        ("show", "run", "--plot", "?"),
        ("evaluate", "run", "?"),
        ("predict", "run", "?"),
        ("predict", "run", "validation", "--out", "run/run.json/?x"),
        ("graph", "run", "--format", "?x"),
        ("graph", "diff", "run", "?"),
        ("export", "run", "--format", "?"),
        ("run", "--recipe", "run/recipe.yaml", "--out", "run", "--set", "?"),
        ("resume", "run/?x"),
    ),
    "neat": (
        ("why", "run", "-?1"),
        ("why", "run", "x?"),
        ("play", "run", "--seed", "x?"),
        ("graph", "run", "--format", "?x"),
        ("export", "run", "--format", "?"),
    ),
}


_DAMAGE: Final = (b"", b"\0\xff", b"[]", b"{}", b"null", DEEP.encode())


def of_runs() -> Iterator[Case]:
    for mode, several in _ON_RUNS.items():
        files = dict(_run_of(mode))
        for number, words in enumerate(several):
            for odd in ODD:
                yield Case(
                    f"{words[0]} {number} of a run of {mode} {odd[:20]!r}",
                    tuple(word.replace("?", odd) for word in words),
                    files,
                )
        ancestors = b'{"seq": 0, "time": "", "kind": "neat.champion", "stage": 0, "step": 1'
        for text in (*_DAMAGE, ancestors + b"}", ancestors + b', "data": {"id": 3}}'):
            yield Case(
                f"why of a run of {mode} with other events",
                ("why", "run"),
                {**files, "run/events.jsonl": text},
            )
        for name in files:
            for text in _DAMAGE:
                damaged = {**files, name: text}
                for words in (("graph", "run", "--format", "x"), ("play", "run")):
                    yield Case(f"{words[0]} of a run of {mode} with {name}", words, damaged)


@functools.cache
def _run_of(mode: str) -> tuple[tuple[str, bytes], ...]:
    """The files of a finished run, without what it says of the time it took."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        recipe = load_recipe("xor", mode, overrides=["budget.steps=2", "budget.target=null"])
        Session.create(recipe, run).run()
        found = (path for path in sorted(run.rglob("*")) if path.is_file())
        return tuple((f"run/{path.relative_to(run)}", path.read_bytes()) for path in found)


def of_neat_python() -> Iterator[Case]:
    whole = "[NEAT]\npop_size = 20\n[DefaultGenome]\n"
    for name, text in (
        ("nothing", ""), ("bytes", b"\xff\xfe\0"), ("no section", "pop_size = 3\n"),
        ("another section", "[NEAT]\npop_size = 3\n"), ("a word", whole + "word\n"),
        ("a key twice", whole + "elitism = 1\nelitism = 2\n"),
        ("a section twice", whole + "[NEAT]\n"), ("a long line", whole + LONG),
    ):  # fmt: skip
        yield Case(f"init from neat-python of {name}", _INIT, {"config": text})
    for key in sorted({*neat_python._PLAIN, *neat_python._SPECIAL} - _TEXTS):
        for value in ("", "x", "nan", "inf", "-inf", "1e400", "[1]", "1:30", "0x10", "--1", LONG):
            text = f"{whole if key != 'pop_size' else '[DefaultGenome]'}\n{key} = {value}\n"
            yield Case(f"init from neat-python: {key} = {value[:9]}", _INIT, {"config": text})
    for odd in ODD:
        for mode in ((), ("--mode", "deap")):
            words = ("init", "xor", *mode, "--from-neat-python", odd)
            yield Case(f"init from neat-python {odd[:20]!r}", words, {"folder/inside": b""})


_INIT: Final = ("init", "xor", "--from-neat-python", "config")
_TEXTS: Final = {
    "activation_default", "activation_options", "initial_connection",  # any word is one
    "weight_replace_rate",  # told with another key
}  # fmt: skip
