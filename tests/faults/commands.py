# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Bad words for every command of `vynapse.cli.commands`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tests.faults.case import ODD, Case
from vynapse.cli.commands import VYNAPSE


def of_commands() -> Iterator[Case]:
    files = {"binary": b"\0\1\xff" * 9, "folder/inside": b""}
    for command in VYNAPSE.commands:
        name = command.name
        for word in ("--no-such-option", "--jsn", "-x", "--lr=1", "--=", "---", "--json=perhaps"):
            yield Case(f"{name} {word}", (name, *_NEEDED.get(name, ()), word), files)
        if name in _NEEDED:
            if name != "compare":  # which then compares everything
                yield Case(f"{name} of nothing", (name,), files)
            yield Case(f"{name} of too much", (name, *_NEEDED[name], *"abcdefgh"), files)
        for number, words in enumerate(_MISUSES.get(name, ())):
            for odd in ODD:
                yield Case(
                    f"{name} {number} {odd[:20]!r}",
                    (name, *(odd if word == "?" else word.replace("?", odd) for word in words)),
                    files,
                )
    for word in ODD[2:]:
        yield Case(f"command {word[:20]!r}", (word,), files)


_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "run": ("xor", "--mode", "sgd", "--steps", "1", "--out", "new"),
    "grow-existing": ("nowhere",),
    "resume": ("nowhere",),
    "compare": ("xor", "--modes", "sgd", "--seeds", "1", "--out", "new"),
    "init": ("xor", "--mode", "sgd"),
    "show": ("nowhere",),
    "evaluate": ("nowhere", "validation"),
    "predict": ("nowhere", "validation"),
    "graph": ("nowhere",),
    "export": ("nowhere", "--format", "json"),
    "play": ("nowhere",),
    "why": ("nowhere",),
}

_XOR: Final = ("xor", "--mode", "sgd", "--steps", "1", "--out", "new")
_MISUSES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    # what a "?" stands in is wrong whatever takes its place
    "run": (
        ("?", "--mode", "sgd", "--out", "new"),
        ("xor", "--mode", "?", "--out", "new"),
        (*_XOR, "--seed", "x?"),
        (*_XOR, "--threads", "-?1"),
        (*_XOR, "--network", "?,"),
        (*_XOR, "--weights", "?"),
        (*_XOR, "--budget", "?"),
        (*_XOR, "--set", "?"),
        (*_XOR, "--set", "stages.?=1"),
        (*_XOR, "--set", "network={?"),
        (*_XOR, "--set", "loss=?x"),
        (*_XOR, "--device", "?"),
        ("--recipe", "?", "--out", "new"),
    ),
    "grow-existing": (("?",), ("?", "--task", "xor"), ("nowhere", "--task", "?")),
    "resume": (("?",),),
    "compare": (
        ("?", "--modes", "sgd", "--seeds", "1", "--out", "new"),
        ("xor", "--modes", "?", "--seeds", "1", "--out", "new"),
        ("xor", "--modes", "sgd", "--seeds", "-?", "--out", "new"),
        ("xor", "--modes", "sgd", "--controls", "?", "--seeds", "1", "--out", "new"),
    ),
    "init": (("?", "--mode", "sgd"), ("xor", "--mode", "?")),
    "show": (("?",), ("nowhere", "--plot", "?")),
    "evaluate": (("?", "validation"), ("nowhere", "?")),
    "predict": (("?", "validation"), ("nowhere", "?"), ("nowhere", "train", "--out", "?")),
    "graph": (
        ("?",),
        ("?", "--task", "xor"),
        ("diff", "?"),
        ("diff", "?", "nowhere"),
        ("math:fsum", "--input", "?"),
        ("nowhere", "--format", "?"),
        ("torch.nn:Identity", "--input", "?,"),
        ("torch.nn:Identity", "--input", "2", "--weights", "?"),
        ("torch.nn:Identity", "--input", "2", "--format", "?x"),
        ("torch.nn:Identity", "--task", "?"),
    ),
    "export": (
        ("?", "--format", "json"),
        ("nowhere", "--format", "?"),
        ("torch.nn:Identity", "--input", "2", "--format", "?"),
        ("torch.nn:Identity", "--input", "?,", "--format", "json"),
        ("torch.nn:Identity", "--task", "?", "--format", "json"),
    ),
    "play": (("?",), ("nowhere", "--episodes", "-?1"), ("nowhere", "--seed", "x?")),
    "why": (("?",), ("nowhere", "?")),
    "runs": (("?x?",),),
}
