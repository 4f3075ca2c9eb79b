# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How a run of NEAT is told: its winner, its species, and how a genome arose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vynapse.errors import ConfigError
from vynapse.evolution.neat.retold import MIGRATION
from vynapse.telemetry.story import Spans, Story, Told

_ROWS: Final = 16
"""Species that the picture shows: those that lived longest."""
_WORDS: Final[Mapping[str, str]] = {
    "interspecies": "parents of two species",
    "weights": "weights",
    "toggle": "a connection switched",
    "activation": "another activation",
    "delete": "structure deleted",
    "add_gene": "a new connection",
    "add_node": "a new node",
}


def _of(events: Sequence[Told], kind: str) -> list[Told]:
    return [event for event in events if event["kind"] == kind]


def happening(kind: str, data: Mapping[str, Any]) -> str | None:
    """The solution is news at once."""
    if kind == "neat.solved":
        return f"solved in generation {data['generation']}: all outputs on the right side of 0.5"
    return None


def facts(events: Sequence[Told]) -> Mapping[str, Any]:
    """`solved_step` and the genome of the winner, for the summary."""
    found: dict[str, Any] = {}
    for event in _of(events, "neat.solved"):
        found.setdefault("solved_step", event["data"]["generation"])
    winners = _of(events, "neat.winner")
    if winners:
        identity = winners[-1]["data"]["id"]
        found["winner_id"] = identity
        for event in _of(events, "neat.champion"):
            if event["data"]["id"] == identity:
                found["hidden_nodes"] = event["data"]["hidden"]
                found["connections"] = event["data"]["connections"]
    return found


def tell(events: Sequence[Told], _steps: int) -> list[str]:
    """A few lines about a stage."""
    if not _of(events, "neat.champion"):
        return []
    known, lines = facts(events), []
    if "winner_id" in known:
        size = ""
        if "hidden_nodes" in known:
            size = f": {known['hidden_nodes']} hidden nodes, {known['connections']} connections"
        lines.append(
            f"winner: genome {known['winner_id']}{size} (vynapse why RUN tells its origin)"
        )
    if "solved_step" in known:
        lines.append(f"solved in generation {known['solved_step']}")
    changes = _of(events, "neat.species")
    if changes:
        founded = sum(len(event["data"]["founded"]) for event in changes)
        alive = {event["data"].get("island"): event["data"]["alive"] for event in changes}
        lines.append(f"species: {founded} in all, {sum(alive.values())} at the end")
    return lines


def spans(events: Sequence[Told], steps: int) -> Spans:
    """When each species lived, for those that lived longest."""
    begun: dict[Any, int] = {}
    lives: dict[Any, tuple[int, int]] = {}
    for event in _of(events, "neat.species"):
        step, island = int(event["step"]), event["data"].get("island")
        for own in event["data"]["founded"]:
            begun[own if island is None else f"{island}:{own}"] = step - 1
        for own in event["data"]["died"]:
            number = own if island is None else f"{island}:{own}"
            lives[number] = (begun.pop(number, 0), step - 1)
    lives |= {number: (begin, steps) for number, begin in begun.items()}
    longest = sorted(lives, key=lambda number: lives[number][0] - lives[number][1])[:_ROWS]
    return {f"species {number}": [("alive", *lives[number])] for number in sorted(longest)}


def why(events: Sequence[Told], identity: str | None) -> list[str]:
    """The line of fitter parents of a genome, from the first generation on.

    Args:
        events: all those of a run.
        identity: id of a genome; None for the winner.

    Raises:
        ConfigError: there is no champion, or none descends from such a genome.
    """
    champions = _of(events, "neat.champion")
    sent = _of(events, "islands.migration")
    told = [event["data"]["ancestors"] for event in champions]
    told += [event["data"].get("ancestors", ()) for event in sent]
    known = {row[0]: row for rows in told for row in rows}
    if not champions:
        raise ConfigError("why: a run with a champion was wanted, its events.jsonl tells of none")
    winners = _of(events, "neat.winner")
    if identity is None:
        wanted = winners[-1]["data"]["id"] if winners else champions[-1]["data"]["id"]
    else:
        wanted = int(identity) if identity.isdigit() else identity
    if wanted not in known:
        named = ", ".join(str(event["data"]["id"]) for event in champions[-3:])
        raise ConfigError(
            f"why: the id of a champion or of one of its ancestors was wanted, got {identity!r}: "
            f"the last champions are {named}"
        )
    lines: list[str] = []
    at = wanted
    while at is not None and at in known:
        lines.append(_line(*known[at]))
        parents = known[at][2]
        at = parents[0] if parents else None
    return [f"genome {wanted}, from the first generation on:", *reversed(lines)]


def _line(
    identity: int | str,
    generation: int,
    parents: Sequence[int | str],
    operators: Sequence[str],
    loss: float | None,
) -> str:
    measured = "no loss" if loss is None else f"loss {loss:.4g}"
    lead = f"  generation {generation}: genome {identity}, {measured}"
    if not parents:
        return f"{lead}; it came with the first generation or from elsewhere"
    if MIGRATION in operators:
        return f"{lead}; it is genome {parents[0]} of another island"
    changes = [_WORDS[name] for name in operators if name in _WORDS]
    made = f"child of {' and '.join(map(str, parents))}"
    if not changes:
        return f"{lead}; {made}" + (", unchanged" if len(parents) == 1 else "")
    return f"{lead}; {made}, changed: {', '.join(changes)}"


STORY: Final = Story(
    happening=happening,
    tell=tell,
    spans=spans,
    colours={"alive": "tab:green"},
    facts=facts,
    why=why,
    curves={
        "fitness (−loss)": {"train_best": -1.0, "train_mean": -1.0},
        "species": {"species": 1.0},
        "size": {
            "hidden": 1.0,
            "connections": 1.0,
            "best_hidden": 1.0,
            "best_connections": 1.0,
        },
    },
)
