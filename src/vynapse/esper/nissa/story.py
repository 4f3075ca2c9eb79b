# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The events of growth, and how they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from vynapse.esper.nissa.narrative import sentences, spans, timeline
from vynapse.telemetry.story import Spans, Story, Told

EVENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "growth.stage": "a seed has entered another phase; data: slot, seed, blueprint, from, to, "
        "cause, reason, epoch, alpha, parameters, gates",
        "growth.rollback": "growth went back to the last sound epoch; data: reason, epoch, culled",
        "growth.network": "the network that would be handed out, the first and each other one; "
        "data: epoch, parameters (with buffers), network",
        "growth.measured": "what the profile measured of single layers; data: epoch, values",
        "growth.prune": "a fossil, or channels of a layer, were taken out; data: slot (or layer), "
        "seed (null for channels), channels (before and after), parameters, epoch, reason, gates",
    }
)
"""Every kind of event of mode grow and what its data hold."""

_CHANGES: Final = frozenset({"growth.stage", "growth.rollback", "growth.prune"})
"""The events that tell of a change of the network."""

_ENTERED: Final = {
    "germinated": "germinated",
    "blending": "begins to blend in",
    "fossilized": "fossilised",
    "culled": "culled",
}
"""What is said of a seed that enters a phase; the phases left out follow by themselves."""


def happening(kind: str, data: Mapping[str, Any]) -> str | None:
    """A short line for an event that a person would want to know of at once."""
    if kind == "growth.rollback":
        return f"epoch {data['epoch']}: went back: {data['reason']}"
    if kind == "growth.prune":
        part = data["slot"] if data["seed"] is None else f"{data['slot']}/{data['seed']}"
        return f"epoch {data['epoch']}: {part} pruned"
    if kind == "growth.stage" and data["to"] in _ENTERED:
        seed = f"{data['slot']}/{data['seed']} {data['blueprint']}"
        return f"epoch {data['epoch']}: {seed} {_ENTERED[data['to']]}"
    return None


def tell(events: Sequence[Told], steps: int) -> list[str]:
    """A timeline over the steps of a stage, which are epochs, and the same in words."""
    own = [event for event in events if event["kind"] in _CHANGES]
    return [*timeline(own, steps), "", *sentences(own)] if own else []


def lives(events: Sequence[Told], steps: int) -> Spans:
    """The phases of each slot's seeds, over the steps of a stage of the run."""
    own = [event for event in events if event["kind"] in _CHANGES]
    return {
        slot: [(str(name), begin, end) for name, begin, end in parts]
        for slot, parts in spans(own, steps).items()
    }


def facts(events: Sequence[Told]) -> Mapping[str, Any]:
    """Counts and the life of each seed, under the key `growth`; nothing where nothing grew.

    The first keys say how many seeds were germinated, fossilized and culled, and count the cuts (of
    fossils and of channels) and the rollbacks. `seeds` has the stage of the run, slot, name,
    blueprint and parameters of each seed. `entered` there is the epoch in which it entered each
    phase of its life; `pruned` is the epoch in which a fossil was taken out.
    """
    seeds: dict[tuple[int, str, str], dict[str, Any]] = {}
    counts = dict.fromkeys(("germinated", "fossilized", "culled", "pruned", "rollbacks"), 0)
    for event in events:
        data = event["data"]
        if event["kind"] not in _CHANGES:
            continue
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
        return {}
    return {"growth": {**counts, "seeds": list(seeds.values())}}


STORY: Final = Story(
    happening=happening,
    tell=tell,
    spans=lives,
    colours=MappingProxyType(
        {
            "germinated": "tab:olive",
            "training": "tab:orange",
            "blending": "tab:blue",
            "fossilized": "tab:green",
            "culled": "tab:red",
            "embargoed": "tab:gray",
        }
    ),
    facts=facts,
    silence="nothing grew: docs/controllers.md says what a controller waits for",
)
