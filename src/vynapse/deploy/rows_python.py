# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What goes before and after a network, in Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vynapse.deploy.rows import MISSING, Rows, classes_of, pixels_of, rows_of
from vynapse.deploy.target import Subject

_ROWS: Final = '''

def inputs_of(row):
    """Inputs of the network for a row: a dict from column names to texts or numbers."""
    inputs = []
    for column in COLUMNS:
        name = column["name"]
        value = row.get(name)
        text = "" if value is None else str(value).strip()
        if not text or text.lower() in MISSING:
            value = column["fill"]
            if value is None:
                raise ValueError(f"column {name!r}: a value was wanted, the row has none")
            text = str(value)
        number = _number(value if isinstance(value, (int, float)) else text.replace(DECIMAL, "."))
        if column["kind"] == "numeric":
            if number is None or abs(number) > LARGEST:
                raise ValueError(f"column {name!r}: a number was wanted, got {text!r}")
            number = (number - column["mean"]) / column["scale"]
            if abs(number) > LARGEST:
                raise ValueError(f"column {name!r}: {text!r} lies too far from the training rows")
            inputs.append(number)
            continue
        if "." in text and number is not None and number.is_integer() and abs(number) < 2**53:
            text = str(int(number))
        if text not in column["categories"]:
            known = ", ".join(column["categories"])
            raise ValueError(f"column {name!r}: one of {known} was wanted, got {text!r}")
        inputs += [float(text == category) for category in column["categories"]]
    return inputs


def _number(value):
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and "_" not in str(value) else None


def predict(row):
    """The answer for a row: a dict from column names to texts or numbers."""
    return answer_of(forward(inputs_of(row)))
'''
_PIXELS: Final = '''

def inputs_of_pixels(pixels):
    """Inputs of the network for {size} pixels from 0 to {top}, channel by channel, row by row."""
    return [p * FACTOR[i // {plane}] + OFFSET[i // {plane}] for i, p in enumerate(pixels)]
'''


def row_lines(subject: Subject) -> Iterator[str]:
    """Constants and functions; nothing where the network takes no rows.

    Raises:
        GraphError: rows become inputs in a way that has no form here.
    """
    rows, classes, pixels = rows_of(subject, "python"), classes_of(subject), pixels_of(subject)
    if classes is not None:
        yield f"CLASSES = {classes!r}"
    if pixels is not None:
        channels, height, width = pixels["shape"]
        yield f"FACTOR = {list(pixels['factor'])!r}\nOFFSET = {list(pixels['offset'])!r}"
        size = channels * height * width
        yield _PIXELS.format(size=size, top=pixels["top"], plane=height * width)
    if rows is not None:
        yield f"MISSING = {MISSING!r}\nDECIMAL = {rows.decimal!r}\nLARGEST = 3.4028234663852886e38"
        yield f"COLUMNS = {[dict(column) for column in rows.columns]!r}"
        yield from _answer(rows)
        yield _ROWS


def _answer(rows: Rows) -> Iterator[str]:
    target = rows.target
    yield "\n\ndef answer_of(outputs):"
    if target["kind"] == "regression":
        yield f'    """{_said(target["name"])}, in the units of the file."""'
        yield f"    return outputs[0] * {target['scale']!r} + {target['mean']!r}"
    elif target["kind"] == "classification":
        yield f'    """The class of {_said(target["name"])}."""'
        yield "    return CLASSES[max(range(len(CLASSES)), key=outputs.__getitem__)]"
    elif target["kind"] == "multi-output":
        yield '    """Numbers in the units of the file, by the names of their columns."""'
        parts = [list(target[key]) for key in ("names", "scales", "means")]
        yield f"    parts = zip({parts[0]!r}, outputs, {parts[1]!r}, {parts[2]!r})"
        yield "    return {name: y * scale + mean for name, y, scale, mean in parts}"
    else:
        yield '    """Whether each label is there, 0 or 1, by its name."""'
        names = list(target["names"])
        yield f"    return {{name: int(y > 0) for name, y in zip({names!r}, outputs)}}"


def _said(name: str) -> str:
    """A name inside a docstring."""
    return name.encode("unicode_escape").decode().replace('"', "'").rstrip("\\")
