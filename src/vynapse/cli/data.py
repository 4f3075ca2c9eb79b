# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse data info`, `split`, `hash` and `verify`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from vynapse.cli.options import Json


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Meant:
    """What the data are read as.

    Attributes:
        target: column to predict; may be repeated for several.
        set: a key of the task, as KEY=VALUE, e.g. validation=0.1; may be repeated.
    """

    target: list[str] | None = None
    set: Annotated[list[str] | None, Parameter(name="--set")] = None

    def keys(self) -> dict[str, Any]:
        """Keys of the task."""
        from vynapse.experiment.described_data import keys_given

        return keys_given(self.target or (), self.set or ())


def info(data: str, /, *, meant: Meant | None = None, json: Json = False) -> None:
    """Say what data hold.

    Args:
        data: a CSV file, the directory of a run, last, or the name of a task.
        meant: what the data are read as.
        json: one JSON object instead of tables.
    """
    from vynapse.cli.output import print_json, print_line
    from vynapse.experiment.described_data import dataset_of

    found = dataset_of(_named(data), (meant or Meant()).keys()).info()
    if json:
        print_json(found)
        return
    for line in _shown(found):
        print_line(line)


def split(data: str, /, *, out: Path, meant: Meant | None = None, json: Json = False) -> None:
    """Write the splits of a CSV file as files.

    Args:
        data: a CSV file, the directory of a run, or last.
        out: a new folder, for train.csv, validation.csv and test.csv.
        meant: what the data are read as.
        json: one JSON object instead of lines.
    """
    from vynapse.cli.output import print_json, print_line
    from vynapse.experiment.described_data import dataset_of

    counts = dataset_of(_named(data), (meant or Meant()).keys()).write_splits(out)
    if json:
        print_json({f"{name}.csv": count for name, count in counts.items()})
        return
    for name, count in counts.items():
        print_line(f"{out / name}.csv: {count:,} rows")


def hash_(data: str, /, *, meant: Meant | None = None, json: Json = False) -> None:
    """Hash data: content, order and options.

    Args:
        data: a CSV file, the directory of a run, last, or the name of a task.
        meant: what the data are read as.
        json: one JSON object, which `vynapse data verify --against` takes.
    """
    from vynapse.cli.output import print_json, print_line
    from vynapse.experiment.described_data import dataset_of

    found = dataset_of(_named(data), (meant or Meant()).keys()).hash()
    if json:
        print_json(found)
        return
    print_line(found["sha256"])
    for file in found["files"]:
        print_line(f"  {file['sha256']}  {file['bytes']:,} bytes  {file['file']}")
    if found["examples"] is not None:
        print_line(f"  {found['examples']}  examples, as a run records them")


def verify(
    data: str,
    /,
    *,
    against: str | None = None,
    meant: Meant | None = None,
    json: Json = False,
) -> None:
    """Say whether data are still those of a run, or of a hash.

    Args:
        data: the directory of a run, or last; with --against any data.
        against: a hash of `vynapse data hash`, or a file with its output in JSON.
        meant: what the data are read as; for a hash.
        json: one JSON object instead of lines.
    """
    from vynapse.cli.output import print_json, print_line
    from vynapse.errors import ConfigError
    from vynapse.experiment import described_data

    name = _named(data)
    if against is not None:
        keys = (meant or Meant()).keys()
        found = described_data.verify_data(described_data.dataset_of(name, keys), against)
    elif described_data.is_run(Path(name)):
        found = described_data.verify_run(Path(name))
    else:
        raise ConfigError(f"{data}: a run was wanted, or --against HASH with data")
    if json:
        print_json(found)
    described_data.refuse_changed(name, found)
    if json:
        return
    changed = [file for file in found["files"] if file["how"]]
    for file in changed:
        print_line(f"{file['file']}: {file['how']}, but the examples are the same")
    print_line(f"{name}: the data are those it was made of")


def _named(data: str) -> str:
    """The directory of the run that `last` or `run:PATH` means; anything else as it stands."""
    from vynapse.experiment.named_runs import means_a_run, named

    return str(named(data, "DATA")) if means_a_run(data) else data


def _shown(found: Mapping[str, Any]) -> list[str]:
    from vynapse.cli.output import number, table

    lists = ("columns", "preview", "target", "splits", "warnings")
    lines = [
        f"{name}: {value if isinstance(value, str) else _plain(value)}"
        for name, value in found.items()
        if name not in lists
    ]
    columns = found.get("columns") or []
    if columns:
        names = dict.fromkeys(key for column in columns for key in column if key != "std")
        rows = [[_cell(column.get(name)) for name in names] for column in columns]
        lines += ["", *table(list(names), rows)]
    if preview := found.get("preview"):
        lines += ["", *table(list(preview[0]), [list(row.values()) for row in preview])]
    target = found.get("target") or {}
    if target:
        lines += ["", f"target: {target['kind']}"]
    if counts := target.get("counts"):
        whole = sum(counts.values())
        shares = [[n, f"{c:,}", f"{100 * c / whole:.3g} %"] for n, c in counts.items()]
        lines += table(["class", "rows", "share"], shares)
    for name, points in (target.get("quantiles") or {}).items():
        header = ["column", "min", "25 %", "50 %", "75 %", "max"]
        lines += table(header, [[name, *(number(point) for point in points)]])
    if splits := found.get("splits"):
        lines += ["", "splits: " + ", ".join(f"{n:,} {name}" for name, n in splits.items())]
    return lines + [f"warning: {text}" for text in found.get("warnings") or ()]


def _cell(value: Any) -> str:
    from vynapse.cli.output import number

    if isinstance(value, Mapping):
        return ", ".join(f"{text} ({count:,})" for text, count in value.items())
    return value if isinstance(value, str) else "" if value is None else number(value)


def _plain(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, list) else f"{value:,}"
