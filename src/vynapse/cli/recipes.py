# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse init` and `vynapse schema`."""

from __future__ import annotations

from pathlib import Path

from vynapse.errors import ConfigError


def init(task: str, /, *, mode: str, out: Path | None = None) -> None:
    """Write a commented recipe.

    Args:
        task: a name of `vynapse tasks`, or package.module:Class.
        mode: a name of `vynapse modes`.
        out: file to write, which must not exist; by default standard output.
    """
    from vynapse.cli.output import write_or_print
    from vynapse.experiment.config import load_recipe
    from vynapse.experiment.schema import to_yaml

    if out is not None and out.exists():
        raise ConfigError(f"--out: {out} exists already: choose another name or remove it")
    write_or_print(to_yaml(load_recipe(task=task, mode=mode), comments=True), out)


def schema() -> None:
    """Print the JSON schema of a recipe."""
    import json

    from vynapse.cli.output import print_line
    from vynapse.experiment.schema import json_schema

    print_line(json.dumps(json_schema(), indent=2))
