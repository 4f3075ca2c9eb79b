# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What turns a row of a CSV file into inputs and outputs into an answer, as Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from vynapse.deploy.target import Subject

_ROWS: Final = '''

def inputs_of(row):
    """Inputs of the network for a row: a dict from column names to texts or numbers."""
    inputs = []
    for column in COLUMNS:
        name = column["name"]
        value = row.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            value = column["fill"]
            if value is None:
                raise ValueError(f"column {name!r}: a value was wanted, the row has none")
        if column["kind"] == "numeric":
            try:
                number = float(value)
            except (TypeError, ValueError):
                raise ValueError(f"column {name!r}: a number was wanted, got {value!r}") from None
            if not math.isfinite(number):
                raise ValueError(f"column {name!r}: a finite number was wanted, got {value!r}")
            inputs.append((number - column["mean"]) / column["scale"])
            continue
        text = str(value).strip()
        if text not in column["categories"]:
            known = ", ".join(column["categories"])
            raise ValueError(f"column {name!r}: one of {known} was wanted, got {text!r}")
        inputs += [float(text == category) for category in column["categories"]]
    return inputs


def predict(row):
    """The answer for a row: a dict from column names to texts or numbers."""
    return answer_of(forward(inputs_of(row)))
'''


def row_lines(subject: Subject) -> Iterator[str]:
    """Constants and functions; nothing where the network takes no rows."""
    classes = json.loads(subject.metadata.get("classes", "null"))
    held = json.loads(subject.metadata.get("preprocessing", "null"))
    if classes is not None:
        yield f"CLASSES = {classes!r}"
    if held is None or "columns" not in held:
        return
    target = held["target"]
    columns = [{"fill": None, **column} for column in held["columns"]]
    yield f"COLUMNS = {columns!r}"
    yield "\n\ndef answer_of(outputs):"
    if target["kind"] == "regression":
        yield f'    """{target["name"]}, in the units of the file."""'
        yield f"    return outputs[0] * {target['scale']!r} + {target['mean']!r}"
    else:
        yield f'    """The class of {target["name"]}."""'
        yield "    return CLASSES[max(range(len(CLASSES)), key=outputs.__getitem__)]"
    yield _ROWS
