# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What grew in a run, from its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from vynapse.telemetry.reading import read_events

KINDS: Final = frozenset({"growth.stage", "growth.rollback", "growth.prune"})
"""The events that tell of a change of the network."""


def read_growth(events: Path) -> list[dict[str, Any]]:
    """Events of `KINDS` in an `events.jsonl`, in order; none where there is no such file.

    Raises:
        RunDirectoryError: the file is damaged or of a newer version.
    """
    found = read_events(events) if events.exists() else []
    return [event for event in found if event["kind"] in KINDS]


def growth_of(events: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Counts and the life of each seed; None where nothing grew.

    Keys: how many seeds were germinated, fossilized and culled, the number of cuts (of fossils and
    of channels) and of rollbacks,
    and `seeds`: for each its stage of the run, slot, name, blueprint and parameters, `entered`
    (the epoch in which it entered each stage of its life) and, for a fossil that was taken out,
    `pruned` (the epoch).
    """
    seeds: dict[tuple[int, str, str], dict[str, Any]] = {}
    counts = dict.fromkeys(("germinated", "fossilized", "culled", "pruned", "rollbacks"), 0)
    for event in events:
        data = event["data"]
        if event["kind"] == "growth.rollback":
            counts["rollbacks"] += 1
            continue
        counts["pruned"] += event["kind"] == "growth.prune"
        if data["seed"] is None:  # a slot that opens again, or channels that were cut
            continue
        own = {"stage": event["stage"], "slot": data["slot"], "seed": data["seed"]}
        seed = seeds.setdefault((own["stage"], own["slot"], own["seed"]), own)
        if event["kind"] == "growth.prune":
            seed["pruned"] = data["epoch"]
        else:
            if data["to"] in counts:
                counts[data["to"]] += 1
            about = {name: data[name] for name in ("blueprint", "parameters") if name in data}
            seed.update(about)
            seed.setdefault("entered", {})[data["to"]] = data["epoch"]
    if not seeds and not any(counts.values()):
        return None
    return {**counts, "seeds": list(seeds.values())}
