# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse evaluate` and `vynapse predict`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vynapse.cli.options import Json, Run


def evaluate(run: Run, data: str, /, *, json: Json = False) -> None:
    """Measure the winner of a run on data.

    Args:
        run: directory of the run, or last.
        data: train, validation or, for a run on a CSV task, a CSV file; for one on pictures, a
            folder or a table of labelled ones.
        json: one JSON object instead of lines.
    """
    from vynapse.cli.figures import figures_by_name, unknown
    from vynapse.cli.output import number, print_json, print_line
    from vynapse.experiment.prediction import measure
    from vynapse.experiment.store import load

    found = measure(load(run), data)
    if json:
        print_json({"run": run.name, "data": data, **found})
        return
    figures = {"loss": found["loss"], **found["metrics"]}
    known = {name: value for name, value in figures.items() if value is not None}
    words = ", ".join(f"{name} {number(value)}" for name, value in known.items())
    print_line(f"{found['examples']:,} examples: {words}")
    if found["per_class"]:
        for line in figures_by_name(found["per_class"]):
            print_line(line)
    for line in unknown(found["undefined"]):
        print_line(line)


def predict(run: Run, data: str, /, *, out: Path | None = None) -> None:
    """Write predictions as CSV.

    Args:
        run: directory of the run, or last.
        data: train, validation or, for a run on a CSV task, a CSV file; for one on pictures, a
            picture or a folder of them.
        out: file to write; by default standard output.
    """
    import csv
    import io

    from vynapse.cli.output import files_of, refuse_overwriting, write_or_print
    from vynapse.experiment.prediction import predictions
    from vynapse.experiment.store import load

    loaded = load(run)
    refuse_overwriting(out, "--out", [Path(data), *files_of(run), *_named_in(loaded.recipe)])
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(predictions(loaded, data))
    write_or_print(buffer.getvalue(), out)


def _named_in(recipe: Mapping[str, Any]) -> list[Path]:
    """The files that a recipe names, which a run on it reads again; it holds their whole paths."""
    named = [recipe.get("weights"), *recipe["task"].values()]
    return [Path(text) for text in named if isinstance(text, str) and Path(text).is_absolute()]
