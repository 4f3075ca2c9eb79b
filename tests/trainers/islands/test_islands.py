# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Islands in one process: exact resume, whose winner, who moves where, and what is told of it."""

from __future__ import annotations

import copy
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pytest

from tests.evidence import many
from tests.trainers.islands.searches import OWN, on_islands, search, stage_of, told
from vynapse.errors import CheckpointError, ConfigError
from vynapse.evolution.neat.story import why
from vynapse.networks.mlp import MLP
from vynapse.testing import check_mode, check_trainer
from vynapse.trainers.mode import MODES

ISLANDS: dict[str, Any] = {"count": 3, "interval": 2, "migrants": 2}


@pytest.mark.parametrize(
    ("mode", "topology"),
    [
        ("hybrid", "ring"),
        *product(["deap", "neat"], ["ring", "star", "complete", "random"]),
    ],
)
def test_islands_keep_the_promises_of_a_trainer(mode: str, topology: str) -> None:
    check_trainer(
        lambda: search(mode, {**ISLANDS, "topology": topology}), many(sample=5, evidence=9)
    )


@pytest.mark.parametrize("select", ["best", "random"])
@pytest.mark.parametrize("replace", ["worst", "better"])
def test_each_way_of_choosing_resumes_exactly(select: str, replace: str) -> None:
    keys = {**ISLANDS, "select": select, "replace": replace}
    for mode in ("deap", "neat"):
        check_trainer(partial(search, mode, keys), 5)


@pytest.mark.parametrize(
    ("task", "own"),
    [
        ("spirals", {"batch_size": 16, "evaluate_every": 2}),
        ("cartpole", {"episodes": 1, "evaluate_every": 2}),
    ],
)
def test_mini_batches_and_episodes_resume_exactly(task: str, own: dict[str, Any]) -> None:
    sizes = {"spirals": (2, 4, 2), "cartpole": (4, 3, 1)}[task]
    check_trainer(lambda: search("deap", ISLANDS, stage_of(task, MLP(sizes=sizes)), **own), 5)


@pytest.mark.parametrize("mode", ["deap", "neat"])
def test_modes_with_islands_declare_what_they_report(mode: str) -> None:
    check_mode(MODES.get(mode), stage_of, {**OWN[mode], "islands": ISLANDS}, steps=4)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mode", ["deap", "neat"])
def test_the_winner_is_the_best_of_all_and_the_cost_is_that_of_all(mode: str, seed: int) -> None:
    trainer = on_islands(mode, ISLANDS, stage=stage_of(seed=seed))
    for _ in range(9):
        report = trainer.step()
        task = stage_of(seed=seed).supervised
        losses = [task.score(one).loss for one in trainer.hosts.all("winner")]
        assert report.loss == min(losses) == task.score(trainer.winner()).loss
    each = [state["forwards"] for state in trainer.state()["islands"]]
    assert report.cost.forwards == sum(each)
    assert len(set(map(str, trainer.state()["islands"]))) == 3, "each searches in its own way"


def test_islands_apart_are_not_disturbed_by_how_many_there_are() -> None:
    """Before the first migration an island does what it does in a larger archipelago."""
    few, more = (on_islands("deap", {"count": n, "interval": 50}) for n in (2, 4))
    for _ in range(5):
        few.step()
        more.step()
    for one, other in zip(few.state()["islands"], more.state()["islands"], strict=False):
        np.testing.assert_equal(one, other)


def test_the_best_move_to_the_next_island_and_nothing_moves_twice() -> None:
    trainer = on_islands("deap", {"count": 3, "interval": 1, "migrants": 1})
    report = trainer.step()
    ((kind, data),) = report.events
    assert kind == "islands.migration"
    losses = [state["population"]["losses"] for state in trainer.state()["islands"]]
    for move in data["moves"]:
        assert move["target"] == (move["source"] + 1) % 3
        assert move["losses"] == [data["bests"][move["source"]]]
        assert move["losses"][0] in losses[move["target"]], "it is a parent there, good or bad"
    assert report.metrics["migrants"] == 3


def test_only_better_ones_are_taken_in_where_the_keys_say_so() -> None:
    trainer = on_islands("neat", {**ISLANDS, "replace": "better", "topology": "complete"})
    moved = 0
    for _ in range(20):
        for kind, data in trainer.step().events:
            if kind == "islands.migration":
                for move in data["moves"]:
                    moved += 1
                    assert max(move["losses"]) < data["bests"][move["target"]]
    assert moved


def test_islands_differ_as_the_overrides_say() -> None:
    keys = {"count": 3, "interval": 2, "overrides": [{}, {"strategy": "snes"}]}
    check_trainer(lambda: search("deap", keys), 5)
    parts = [one["population"] for one in on_islands("deap", keys).state()["islands"]]
    assert ["parents" in part for part in parts] == [True, False, True]


@pytest.mark.parametrize("seed", range(2))
def test_why_follows_a_genome_from_island_to_island(seed: int) -> None:
    trainer = on_islands("neat", {**ISLANDS, "topology": "complete"}, stage=stage_of(seed=seed))
    events: list[dict[str, Any]] = []
    for _ in range(24):
        report = trainer.step()
        events += [{"kind": k, "data": d, "step": report.step} for k, d in report.events]
    lines = why(events, None)
    first = lines[1]
    assert "generation 0: genome" in first, "the line goes back to a first generation"
    came = [e for e in events if e["kind"] == "islands.migration"]
    for move in (move for event in came for move in event["data"]["moves"]):
        assert all(one.startswith(f"{move['source']}:") for one in move["ids"])
    sent = {new for e in came for m in e["data"]["moves"] for new in m["became"] if new}
    known = {row[0] for e in events for row in e["data"].get("ancestors", ())}
    wanderers = sorted(sent & known)
    assert wanderers
    assert "it is genome" in " ".join(why(events, wanderers[-1]))


def test_a_state_of_other_islands_is_refused() -> None:
    one, other = on_islands("deap", ISLANDS), on_islands("deap", {**ISLANDS, "interval": 3})
    one.step()
    with pytest.raises(CheckpointError, match="interval"):
        other.load(one.state())
    state = copy.deepcopy(one.state())
    state["islands"] = state["islands"][:2]
    with pytest.raises(CheckpointError, match="3 islands were wanted, got 2"):
        on_islands("deap", ISLANDS).load(state)


@pytest.mark.parametrize(
    ("mode", "own", "sentence"),
    [
        ("neat", {"objectives": ["loss", "parameters"]}, "objectives: islands have one winner"),
        ("neat", {"normalize_observations": True}, "normalize_observations: every island"),
    ],
)
def test_keys_of_one_population_are_refused(mode: str, own: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        search(mode, ISLANDS, **own)


def test_a_place_without_islands_is_refused() -> None:
    with pytest.raises(ConfigError, match="islands_on: there are no islands"):
        search("deap", None, islands_on="ray")


def test_a_first_generation_takes_nobody_in_and_nothing_breaks() -> None:
    strategy = {"mu": 4, "offspring": 8, "restart_patience": 1, "min_delta": 0.9}
    keys = {"count": 2, "interval": 1}
    reports = [
        told([step() for _ in range(8)])
        for step in (search("deap", keys, strategy=strategy).step for _ in range(2))
    ]
    assert reports[0] == reports[1]
