# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whether two runs have the same bytes where the same recipe has to give them, and where not.

Times are left out, and events that tell of saving and of interruptions, since these depend on the
clock and on the user.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from vynapse.telemetry.reading import read_events, read_metrics

_OF_TIME: Final = frozenset({"seconds", "timings"})
_OF_THE_PROCESS: Final = frozenset(
    {"checkpoint.saved", "run.resumed", "run.interrupted", "run.failed", "warning"}
)
_NETWORKS: Final = ("best.safetensors", "front.safetensors")


@dataclass(frozen=True, slots=True)
class Part:
    """A file of two runs.

    Attributes:
        name: the name of the file.
        difference: where they part; empty where they are the same.
    """

    name: str
    difference: str

    @property
    def same(self) -> bool:
        """Whether they are the same."""
        return not self.difference


def parts_of(one: Path, two: Path) -> list[Part]:
    """The files of two finished runs that have to be the same, and where they part."""
    found = [
        Part(name, _of_bytes(one / name, two / name))
        for name in _NETWORKS
        if (one / name).exists() or (two / name).exists()
    ]
    found.append(Part("metrics.csv", _of_rows(one / "metrics.csv", two / "metrics.csv")))
    found.append(Part("events.jsonl", _of_events(one / "events.jsonl", two / "events.jsonl")))
    return found


def _of_bytes(one: Path, two: Path) -> str:
    for path, which in ((one, "the first"), (two, "the second")):
        if not path.exists():
            return f"{which} run has none"
    first, second = one.read_bytes(), two.read_bytes()
    if first == second:
        return ""
    if len(first) != len(second):
        return f"{len(first):,} bytes, and {len(second):,}"
    count = sum(a != b for a, b in zip(first, second, strict=True))
    return f"{count:,} of {len(first):,} bytes differ"


def _of_rows(one: Path, two: Path) -> str:
    pairs = zip_longest(read_metrics(one), read_metrics(two))
    for number, (first, second) in enumerate(pairs, start=1):
        if first is None or second is None:
            which = "first" if second is None else "second"
            return f"only the {which} run has a row {number}"
        for name in {**first, **second}:
            if name != "seconds" and first.get(name) != second.get(name):
                place = f"row {number}, step {first.get('step', '?')}"
                return f"{place}: {name} was {first.get(name)}, and is {second.get(name)}"
    return ""


def _of_events(one: Path, two: Path) -> str:
    for first, second in zip_longest(_told(one), _told(two)):
        if first is None or second is None:
            more, which = (first, "first") if second is None else (second, "second")
            return f"only the {which} run has {_named(more)}"
        if first != second:
            keys = [key for key in first if first[key] != second.get(key)]
            return f"{_named(first)} differs in {', '.join(keys) or 'its keys'}"
    return ""


def _told(path: Path) -> list[dict[str, Any]]:
    return [
        {
            "kind": event["kind"],
            "stage": event.get("stage"),
            "step": event.get("step"),
            "data": _without_times(event.get("data")),
        }
        for event in read_events(path)
        if event["kind"] not in _OF_THE_PROCESS
    ]


def _named(event: Mapping[str, Any] | None) -> str:
    return "" if event is None else f"{event['kind']} at step {event['step']}"


def _without_times(value: Any) -> Any:
    if isinstance(value, Mapping):
        held = {key: _without_times(item) for key, item in value.items() if key not in _OF_TIME}
        # the steps that were made stand for seconds
        return held | ({"stop": "steps"} if held.get("stop") == "seconds" else {})
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_without_times(item) for item in value]
    return value
