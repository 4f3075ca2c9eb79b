# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What goes before and after a network: rows of a CSV file, pixels, classes, actions.

Sources that carry a network carry this with it, or refuse what they do not know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from vynapse.deploy.target import Subject
from vynapse.errors import GraphError

_COLUMNS: Final = {
    "numeric": {"kind", "name", "mean", "scale", "fill"},
    "categorical": {"kind", "name", "categories", "fill"},
}
_TARGETS: Final = {
    "classification": {"kind", "name", "classes", "weights"},
    "regression": {"kind", "name", "mean", "scale"},
    "multi-output": {"kind", "names", "means", "scales"},
    "multi-label": {"kind", "names"},
}
MISSING: Final = ("na", "n/a", "nan", "null")
"""What a missing cell may hold beside nothing, in any case."""


@dataclass(frozen=True, slots=True)
class Rows:
    """How a row of a CSV file becomes inputs, and outputs an answer.

    Attributes:
        columns: the columns of preprocessing.json.
        target: its target.
        decimal: what stands before decimals in the file.
    """

    columns: tuple[Mapping[str, Any], ...]
    target: Mapping[str, Any]
    decimal: str


def rows_of(subject: Subject, form: str) -> Rows | None:
    """None where the network takes no rows.

    Args:
        subject: the network.
        form: the format that asks, for the sentence.

    Raises:
        GraphError: rows become inputs in a way that has no form here.
    """
    held = _held(subject, "preprocessing")
    if not isinstance(held, dict) or "columns" not in held:
        return None
    unknown = [name for name in held if name not in ("columns", "target", "format")]
    if unknown:
        raise _refused(form, f"{unknown[0]} of the preprocessing")
    for column in held["columns"]:
        if not set(column) <= _COLUMNS.get(str(column.get("kind")), set()):
            raise _refused(form, f"column {column.get('name')!r}, {column.get('kind')}")
    target = held.get("target") or {}
    if not target or not set(target) <= _TARGETS.get(str(target.get("kind")), set()):
        raise _refused(form, f"a target of kind {target.get('kind')!r}")
    decimal = (held.get("format") or {}).get("decimal", ".")
    columns = tuple({"fill": None, **column} for column in held["columns"])
    return Rows(columns, target, decimal)


def inputs_told(rows: Rows) -> list[str]:
    """What each input is, in order."""
    found = []
    for column in rows.columns:
        name = column["name"]
        if column["kind"] == "numeric":
            found.append(f"({name} - {column['mean']:.6g}) / {column['scale']:.6g}")
        else:
            found += [f"1 where {name} is {value}, else 0" for value in column["categories"]]
    return found


def classes_of(subject: Subject) -> list[str] | None:
    """The names of the classes that each output stands for; None where they do not."""
    found = _held(subject, "classes")
    one_each = isinstance(found, list) and sum(subject.output_sizes[:1]) == len(found)
    return [str(name) for name in found] if one_each else None


def pixels_of(subject: Subject) -> Mapping[str, Any] | None:
    """How pixels become inputs: "shape", "top", and "factor" and "offset" of each channel."""
    found = _held(subject, "pixels")
    return found if isinstance(found, dict) else None


def told(subject: Subject) -> list[str]:
    """Sentences on how an action is chosen from outputs; none where there are no actions."""
    factors, actions = _held(subject, "factors"), _held(subject, "actions")
    if isinstance(factors, dict):
        each = ", ".join(f"{name} has {count}" for name, count in factors.items())
        return [f"An action has a choice for each factor: the greatest of its outputs. {each}."]
    if not isinstance(actions, dict):
        return []
    if not actions["count"]:
        return [
            f"Action {k} is {low} + ({high} - {low}) * output {k}, within these bounds."
            for k, (low, high) in enumerate(zip(actions["low"], actions["high"], strict=True))
        ]
    if actions["count"] == 2:
        return ["The action is 1 where the output is above 0.5, else 0."]
    return ["The action is the number of the greatest output, from 0."]


def _held(subject: Subject, name: str) -> Any:
    return json.loads(subject.metadata.get(name, "null"))


def _refused(form: str, what: str) -> GraphError:
    return GraphError(f"{form}: {what} has no form here: use onnx, pt2 or json")
