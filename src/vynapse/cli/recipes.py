# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse init` and `vynapse schema`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from vynapse.errors import ConfigError


def init(
    task: str,
    /,
    *,
    mode: str | None = None,
    from_neat_python: Path | None = None,
    out: Path | None = None,
) -> None:
    """Write a commented recipe.

    Args:
        task: a name of `vynapse tasks`, or package.module:Class.
        mode: a name of `vynapse modes`.
        from_neat_python: a configuration file of neat-python, whose keys become those of mode neat.
        out: file to write, which must not exist; by default standard output.
    """
    from vynapse.cli.output import write_or_print
    from vynapse.experiment.config import load_recipe
    from vynapse.experiment.schema import to_yaml

    if out is not None and out.exists():
        raise ConfigError(f"--out: {out} exists already: choose another name or remove it")
    keys: list[tuple[str, Any]] = []
    lead = ""
    if from_neat_python is not None:
        if mode not in (None, "neat"):
            raise ConfigError(f"--mode: neat was wanted with --from-neat-python, got {mode}")
        mode, (keys, lead) = "neat", _translated(from_neat_python)
    if mode is None:
        raise ConfigError("--mode is needed: name one of vynapse modes")
    recipe = load_recipe(task=task, mode=mode, overrides=keys)
    write_or_print(lead + to_yaml(recipe, comments=True), out)


def _translated(file: Path) -> tuple[list[tuple[str, Any]], str]:
    """Keys of a configuration file of neat-python, and comments on each of its own keys."""
    from vynapse.experiment.neat_python import read

    found = read(file)
    keys = list(found.keys.items())
    if found.seed is not None:
        keys.append(("seed", found.seed))
    lines = [
        f"# from {file.name} of neat-python:",
        *(f"#   {line}" for line in found.mapped),
        "# not mapped:",
        *(f"#   {line}" for line in found.unmapped),
    ]
    return keys, "\n".join(lines) + "\n"


def schema(*, sweep: Annotated[bool, Parameter(show_default=False)] = False) -> None:
    """Print a JSON schema.

    Args:
        sweep: that of a sweep file in place of a recipe.
    """
    import json

    from vynapse.cli.output import print_line

    if sweep:
        from vynapse.experiment.sweeps.settings import json_schema
    else:
        from vynapse.experiment.schema import json_schema
    print_line(json.dumps(json_schema(), indent=2))
