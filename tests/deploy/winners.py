# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tiny runs of every mode, whose winners are exported."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vynapse.cli.main import main

_FLOWERS: Final = "size,colour,kind,price\n" + "".join(
    f"{size / 7},{colour},{'rose' if size % 3 else 'tulip'},{20 * size}\n"
    for size in range(1, 40)
    for colour in ("blue", "deep red")
)
RUNS: Final[dict[str, tuple[str, ...]]] = {
    "sgd": ("xor", "--mode", "sgd", "--steps", "30"),
    "static": ("digits", "--mode", "static", "--steps", "3"),
    "deap": ("xor", "--mode", "deap", "--steps", "30"),
    "neat": ("xor", "--mode", "neat", "--steps", "20"),
    "recurrent": ("cartpole", "--mode", "neat", "--steps", "3", "--set", "recurrent=true"),
    "controller": ("cartpole", "--mode", "neat", "--steps", "3"),
    "hybrid": ("xor", "--mode", "hybrid", "--steps", "3"),
    "grow": ("glyphs", "--mode", "grow", "--steps", "4"),
    "prune": ("digits", "--mode", "prune", "--steps", "2"),
    "policy": ("cartpole", "--mode", "policy", "--budget", "env_steps=2000"),
    "actor-critic": ("pendulum", "--mode", "actor-critic", "--budget", "env_steps=300"),
    "csv": ("csv", "--mode", "sgd", "--steps", "20", "--set", "task.target=kind"),
    "csv number": (
        "csv", "--mode", "sgd", "--steps", "20", "--set", "task.target=price",
        "--set", "task.kind=regression", "--set", "task.columns=[size, colour]",
    ),
}  # fmt: skip
"""What stands behind `vynapse run`."""


def run(name: str, folder: Path) -> Path:
    """The directory of a run of this name."""
    words = list(RUNS[name])
    if words[0] == "csv":
        table = folder / "flowers.csv"
        table.write_text(_FLOWERS, encoding="utf-8")
        words += ["--set", f"task.path={table}"]
    out = folder / name.replace(" ", "-")
    assert main(["run", *words, "--seed", "1", "--out", str(out)]) == 0
    return out
