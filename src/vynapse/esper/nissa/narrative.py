# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What grew, when and why: the events of growth in plain words, and as a timeline.

    Epoch 5: the validation loss has stopped falling, so a conv_heavy seed s0 (73,984 parameters)
    germinated in stage1.

            1       9
    stage1  ····gttbF
    ·=dormant  g=germinated  t=training  b=blending  F=fossil

It loads no torch.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from vynapse.esper.leyline.phases import Cause, SeedPhase

Event = Mapping[str, Any]
"""An event with its `kind` and `data`, as `events.jsonl` has them."""

WIDTH: Final = 80

_LONGEST_NAME = 24
_MARKS: Mapping[str, str] = {
    SeedPhase.DORMANT: "·",
    SeedPhase.GERMINATED: "g",
    SeedPhase.TRAINING: "t",
    SeedPhase.BLENDING: "b",
    SeedPhase.FOSSILIZED: "F",
    SeedPhase.CULLED: "x",
    SeedPhase.EMBARGOED: "e",
}
_PRUNED = "p"
_MEANINGS: Mapping[str, str] = {
    "·": "dormant", "g": "germinated", "t": "training", "b": "blending", "F": "fossil",
    "x": "culled", "e": "embargo", _PRUNED: "pruned",
}  # fmt: skip
_NOTABLE = "xpFg"
"""Marks of what began within a column; the first of these is shown, whatever came after it."""

_WHAT_HAPPENED: Mapping[str, str] = {
    Cause.START: "seed {seed} in {slot} began to train",
    Cause.BLEND: "seed {seed} in {slot} began to blend in",
    Cause.FOSSILIZE: "seed {seed} in {slot} became a part of the network",
    Cause.CULL: "seed {seed} in {slot} was given up",
    Cause.CLEAN_UP: "seed {seed} was removed from {slot}, which stays closed for now",
    Cause.REOPEN: "{slot} is open to a seed again",
}
_TO_A_LAYER: Mapping[str, str] = {
    Cause.ENTER: "{slot} was widened from {channels[0]} to {channels[1]} channels{size}, on trial",
    Cause.FOSSILIZE: "the new channels of {slot} became a part of the network",
    Cause.CULL: "{slot} lost its new channels again: {channels[1]} are left of {channels[0]}",
    Cause.CLEAN_UP: "{slot} cannot become wider for now",
    Cause.REOPEN: "{slot} may become wider again",
}
_WIDER: Final = "wider"
"""What stands in the place of a blueprint where channels were added."""
_OF_ITSELF = frozenset({Cause.START, Cause.CLEAN_UP, Cause.REOPEN})
"""Nobody decides on these: their reason is always the same."""


def sentences(events: Iterable[Event]) -> list[str]:
    """A sentence or two for each event of growth, in order; other events are passed over."""
    lines: list[str] = []
    rolled_back: tuple[int, Sequence[str]] = (-1, ())
    for event in events:
        kind, data = event["kind"], event["data"]
        if kind == "growth.rollback":
            rolled_back = (data["epoch"], data["culled"])
            lines.append(_rollback(data))
        elif kind == "growth.prune":
            lines.append(_prune(data))
        elif kind == "growth.stage":
            told = data["epoch"] == rolled_back[0] and data["slot"] in rolled_back[1]
            if not (told and data["cause"] in {Cause.START, Cause.CULL}):
                lines.append(_phase(data))
    return lines


def timeline(events: Iterable[Event], epochs: int) -> list[str]:
    """A line for each slot with a character for each epoch: what its newest seed was at its end.

    An epoch in which a seed germinated, fossilised, was culled or was pruned shows that. Where
    there are more epochs than fit into 80 columns, a character stands for several.

    Args:
        events: the events of one stage of a run; those of other kinds are passed over.
        epochs: how many there were; more where the events tell of more.

    Returns:
        Numbers of the first and the last epoch, the slots, a legend; nothing without events.
    """
    changes = _changes(events)
    epochs = max([epochs, 1, *(epoch for slot in changes.values() for epoch, _ in slot)])
    if not changes:
        return []
    name_width = min(_LONGEST_NAME, max(map(len, changes)))
    each = math.ceil(epochs / (WIDTH - name_width - 2))
    columns = math.ceil(epochs / each)
    rows = {slot: _row(found, columns, each) for slot, found in changes.items()}
    numbers = f"1{epochs:>{columns - 1}}" if columns > len(str(epochs)) + 1 else "1"
    used = [mark for mark in _MEANINGS if any(mark in row for row in rows.values())]
    legend = "  ".join(f"{mark}={_MEANINGS[mark]}" for mark in used)
    return [
        f"{'':{name_width}}  {numbers}",
        *(f"{_short(slot):{name_width}}  {row}" for slot, row in rows.items()),
        *textwrap.wrap(legend, WIDTH),
        *([f"each character is {each} epochs"] if each > 1 else []),
    ]


def spans(events: Iterable[Event], epochs: int) -> dict[str, list[tuple[SeedPhase, int, int]]]:
    """The phases of each slot's seeds that lasted, with the epochs done at their beginning and end.

    Dormant ones are left out, and those that began and ended with the same epoch.

    Args:
        events: the events of one stage of a run; those of other kinds are passed over.
        epochs: how many there were.
    """
    found: dict[str, list[tuple[SeedPhase, int, int]]] = {}
    now: dict[str, tuple[SeedPhase, int]] = {}

    def end(slot: str, epoch: int) -> None:
        phase, begin = now.pop(slot, (SeedPhase.DORMANT, epoch))
        if phase != SeedPhase.DORMANT and begin < epoch:
            found[slot].append((phase, begin, epoch))

    for event in events:
        data = event["data"]
        if event["kind"] == "growth.stage":
            # after the first batch of an epoch, which is no whole one
            epoch = data["epoch"] - (data["cause"] == Cause.START)
            found.setdefault(data["slot"], [])
            end(data["slot"], epoch)
            now[data["slot"]] = (SeedPhase(data["to"]), epoch)
        elif event["kind"] == "growth.prune" and data["seed"] is not None:
            end(data["slot"], data["epoch"])
    for slot in list(now):
        end(slot, epochs)
    return found


def _changes(events: Iterable[Event]) -> dict[str, list[tuple[int, str]]]:
    """Marks for each slot of what began in which epoch; epoch 0 is told with the first."""
    changes: dict[str, list[tuple[int, str]]] = {}
    fossils: dict[str, set[str]] = {}
    for event in events:
        kind, data = event["kind"], event["data"]
        if kind == "growth.stage":
            slot, epoch = data["slot"], max(1, data["epoch"])
            changes.setdefault(slot, []).append((epoch, _MARKS[data["to"]]))
            if data["to"] == SeedPhase.FOSSILIZED:
                fossils.setdefault(slot, set()).add(data["seed"])
        elif kind == "growth.prune":
            slot, epoch = data["slot"], max(1, data["epoch"])
            own, found = fossils.setdefault(slot, set()), changes.setdefault(slot, [])
            own.discard(data["seed"])
            mark = found[-1][1] if found else "·"
            after = "·" if mark == "F" and not own else mark
            found += [(epoch, _PRUNED), (epoch, after)]
    return changes


def _row(changes: Sequence[tuple[int, str]], columns: int, each: int) -> str:
    row, now = "", _MARKS[SeedPhase.DORMANT]
    for column in range(columns):
        began = [mark for epoch, mark in changes if (epoch - 1) // each == column]
        now = began[-1] if began else now
        row += next((mark for mark in _NOTABLE if mark in began), now)
    return row


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else "…" + name[-(_LONGEST_NAME - 1) :]


def _phase(data: Mapping[str, Any]) -> str:
    if data["blueprint"] == _WIDER:
        what = _TO_A_LAYER[data["cause"]].format(**data, size=_size(data))
    elif data["cause"] == Cause.ENTER:
        what = f"{_article(data['blueprint'])} seed {data['seed']}{_size(data)} entered "
        what += f"{data['slot']} as an identity"
    elif data["cause"] == Cause.GERMINATE:
        what = f"{_article(data['blueprint'])} seed {data['seed']}{_size(data)} germinated in "
        what += data["slot"]
    else:
        what = _WHAT_HAPPENED[data["cause"]].format(**data)
    why = "" if data["cause"] in _OF_ITSELF else _because(data)
    return f"{_when(data)}: {why}{what}.{_evidence(data)}"


def _rollback(data: Mapping[str, Any]) -> str:
    what = "the network went back to what it was after the last healthy epoch"
    layers = data.get("layers", ())
    culled = [place for place in data["culled"] if place not in layers]
    if len(culled) == 1:
        what += f", and the seed in {culled[0]} was given up"
    elif culled:
        what += f", and the seeds in {', '.join(culled[:-1])} and {culled[-1]} were given up"
    if layers:
        what += f", and the new channels of {' and '.join(layers)} were taken out"
    return f"{_when(data)}: {_because(data)}{what}."


def _prune(data: Mapping[str, Any]) -> str:
    if data["seed"] is None:
        before, after = data["channels"]
        what = f"{data['slot']} was narrowed from {before} to {after} channels{_size(data)}"
    else:
        what = f"fossil {data['seed']} was taken out of {data['slot']}{_size(data)}"
    return f"{_when(data)}: {_because(data)}{what}."


def _when(data: Mapping[str, Any]) -> str:
    return f"Epoch {data['epoch']}" if data["epoch"] else "Before the first epoch"


def _because(data: Mapping[str, Any]) -> str:
    return f"{data['reason']}, so " if data.get("reason") else ""


def _article(blueprint: str) -> str:
    return f"{'an' if blueprint[0] in 'aeiou' else 'a'} {blueprint}"


def _size(data: Mapping[str, Any]) -> str:
    count = data.get("parameters")
    return "" if count is None else f" ({count:,} parameter{'' if count == 1 else 's'})"


def _evidence(data: Mapping[str, Any]) -> str:
    """What the gates saw, as a sentence of its own."""
    text = ""
    for verdict, passed in (("Passed", True), ("Not passed", False)):
        gates = [_gate(gate) for gate in data.get("gates", ()) if gate["passed"] is passed]
        text += f" {verdict}: {', '.join(gates)}." if gates else ""
    return text


def _gate(gate: Mapping[str, Any]) -> str:
    measured = gate["measured"]
    if measured is None:
        return f"{gate['gate']} not measured"
    value, error, unit = measured["value"], measured["uncertainty"], measured["unit"]
    text = f"{gate['gate']} {value:.3g}" + (f" ± {error:.2g}" if error else "")
    text += "" if unit == "share" else f" {unit}"
    return f"{text} (threshold {gate['threshold']:g})"
