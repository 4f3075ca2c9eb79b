# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse graph` and `vynapse export`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from vynapse.catalogue import CATALOGUE
from vynapse.errors import ConfigError

if TYPE_CHECKING:
    from vynapse.experiment.graphs import Given
    from vynapse.graph.ir import Graph

Inputs = Annotated[list[str] | None, Parameter(name="--input")]
Format = Annotated[str | None, Parameter(name="--format")]
*_FIRST, _LAST = CATALOGUE["exports"]
_FORMATS: Final = f"{', '.join(_FIRST)} or {_LAST}"


def graph(
    source: str,
    /,
    *others: str,
    weights: Path | None = None,
    input: Inputs = None,
    task: str | None = None,
    format: Format = None,
    out: Path | None = None,
    cost: bool = False,
    schedule: bool = False,
) -> None:
    """Show what a network computes.

    Args:
        source: a run directory (also run:PATH, or last for the newest run), a file (.yaml, .json,
            .safetensors), package.module:factory, or the word diff before two of these.
        others: the two sources behind diff.
        weights: file of weights for a module: .safetensors, .pt or .pth.
        input: shape of one input without the batch, e.g. 3,32,32 or 12:int64; once for each input.
        task: name of a task whose inputs the network takes, in place of --input.
        format: json, dot, mermaid or svg; by default a table of nodes.
        out: file to write; by default standard output.
        cost: parameters, FLOPs, bytes and time of each node instead.
        schedule: the order of the training step of a run, forward and backward, or of the nodes.
    """
    from vynapse.cli.graph_tables import cost_lines, node_lines, schedule_lines
    from vynapse.cli.output import write_or_print
    from vynapse.experiment.graphs import Given, graph_of, picture_of, run_in, training_graph

    given = Given(weights, tuple(input or ()), task)
    if source == "diff":
        write_or_print("\n".join(_difference(others, given)) + "\n", out)
        return
    if others:
        raise ConfigError(f"unexpected word {others[0]!r}: see vynapse graph --help")
    if format is not None and (cost or schedule):
        raise ConfigError("--format: it draws the graph; leave out --cost and --schedule")
    run = run_in(source) if schedule else None
    if run is not None:
        step, _ = training_graph(run)
        lines = schedule_lines(step, trains=True)
    elif format == "svg" and weights is None and (drawn := picture_of(source)) is not None:
        write_or_print(drawn, out)
        return
    else:
        found = graph_of(source, given)
        if format is not None:
            _draw(found, format, out)
            return
        lines = cost_lines(found) if cost else node_lines(found)
        lines = schedule_lines(found, trains=False) if schedule else lines
    write_or_print("\n".join(lines) + "\n", out)


def _difference(sources: tuple[str, ...], given: Given) -> list[str]:
    from vynapse.cli.graph_tables import difference_lines
    from vynapse.experiment.graphs import graph_of
    from vynapse.experiment.named_runs import means_a_run

    if len(sources) != 2:
        raise ConfigError(f"graph diff: two graphs were wanted, got {len(sources)}")
    # weights are those of the modules among the two
    bare = replace(given, weights=None)
    modules = (":" in name and not means_a_run(name) for name in sources)
    before, after = (
        graph_of(name, given if module else bare)
        for name, module in zip(sources, modules, strict=True)
    )
    return difference_lines(before, after)


def export(
    source: str,
    /,
    *,
    format: Annotated[str, Parameter(name="--format", help=f"{_FORMATS}.")],
    weights: Path | None = None,
    input: Inputs = None,
    task: str | None = None,
    front: int | None = None,
    out: Path | None = None,
) -> None:
    """Write a network as a file that other programs run.

    Args:
        source: a run directory (also run:PATH, or last for the newest run), a file (.yaml, .json,
            .safetensors) or package.module:factory.
        format: the form of the file.
        weights: file of weights for a module: .safetensors, .pt or .pth.
        input: shape of one input without the batch, e.g. 3,32,32 or 12:int64; once for each input.
        task: name of a task whose inputs the network takes, in place of --input.
        front: number of a network in the table of `vynapse show RUN --front`, in place of the best.
        out: file to write; by default standard output.
    """
    from vynapse.cli.output import print_line
    from vynapse.deploy.target import TARGETS
    from vynapse.deploy.writing import exported, write
    from vynapse.experiment.graphs import Given, subject_of

    text = TARGETS.get(format, "--format").text
    if out is None and not text and sys.stdout.isatty():
        raise ConfigError(
            f"--out: {format} is no text: name a file, or send standard output to one"
        )
    subject = subject_of(source, Given(weights, tuple(input or ()), task, front))
    _, files = exported(subject, format)
    if out is None:
        sys.stdout.buffer.write(files.content)
        sys.stdout.buffer.flush()
        return
    for path in write(files, out):
        print_line(f"{path}: {path.stat().st_size:,} bytes, {files.told}")


def _draw(found: Graph, name: str, out: Path | None) -> None:
    from vynapse.cli.output import write_or_print
    from vynapse.graph.formats.json import save
    from vynapse.graph.formats.table import written

    if name not in ("json", "dot", "mermaid", "svg"):
        raise ConfigError(
            f"--format: json, dot, mermaid or svg was wanted, got {name!r}; vynapse export has "
            "onnx and pt2"
        )
    if name == "json" and out is not None:
        save(found, out)
        return
    text = written(found, name)
    write_or_print(text if isinstance(text, str) else text.decode(), out)
