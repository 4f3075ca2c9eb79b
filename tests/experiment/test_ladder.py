# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A ladder: equal cost, the same seeds, and nothing is claimed that was not shown."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.evidence import EVIDENCE
from vynapse.errors import ConfigError, Interrupted, UnknownName
from vynapse.experiment import rungs
from vynapse.experiment.ladder import Ladder
from vynapse.experiment.ladder_table import LadderTable, Rung
from vynapse.experiment.rungs import Cost
from vynapse.experiment.sizes import FACTORS, sizes_of
from vynapse.experiment.table import Row

QUICK = (("budget.epochs", 3), ("epoch_steps", 3), ("device", "cpu"))


def ladder(folder: Path, *names: str, **more: Any) -> Ladder:
    keys: dict[str, Any] = {"keys": QUICK, "episodes": 2, "training": 12, "rungs": names} | more
    return Ladder("xor", folder, **keys)


def test_a_ladder_is_made_once_and_says_what_it_lacks(tmp_path: Path) -> None:
    names = ("heuristic", "evolved", *(("tuned", "ppo") if EVIDENCE else ()))
    told: list[str] = []
    found = ladder(tmp_path, *names).run(tell=told.append)
    by_name = {rung.name: rung for rung in found.rungs}
    assert by_name["evolved"].row is None
    assert "at least 13 episodes were wanted for a generation" in str(by_name["evolved"].missing)
    reached = [rung for rung in found.rungs if rung.row is not None]
    assert [rung.cost.episodes for rung in reached] == [0, 12, 12][: len(reached)]
    # equal cost: an epoch is never cut, so a run exceeds the budget by less than one
    for rung in reached:
        for run in [] if rung.row is None else rung.row.runs:
            assert found.flops <= run["cost"]["flops"] < 2 * found.flops
            assert run["seed"] in (0, 1)
    text = (tmp_path / "ladder.md").read_text()
    assert "| evolved | not reached: training: at least 13" in text
    assert found.verdict() in text
    assert (tmp_path / "ladder.svg").read_text().startswith("<svg")
    kept = json.loads((tmp_path / "ladder.json").read_text())
    assert [rung["name"] for rung in kept["rungs"]] == list(names)
    assert kept["compared_with"] == ("tuned" if EVIDENCE else "heuristic")
    # the same ladder goes on where it stood: nothing is searched for, and nothing runs again
    again: list[str] = []
    assert ladder(tmp_path, *names).run(tell=again.append).json() == kept
    assert len(told) == len(names) - 1, "a search each, and what is not reached"
    assert [line for line in again if "not reached" not in line] == []


def test_searches_have_seeds_of_their_own(tmp_path: Path) -> None:
    ground = ladder(tmp_path, "no-op", training=16).ground(print)
    for name in ("tuned", "thresholds"):
        recipe, cost = rungs.rung(name, ground)
        assert (recipe.seed, cost.episodes) == (0, 16)
    found = json.loads((tmp_path / "training" / "tuned.json").read_text())["schedule"]["found"]
    assert min(found["seeds"]) > 10**6
    run = json.loads((tmp_path / "training" / "thresholds" / "run.json").read_text())
    assert run["recipe"]["task"]["first_seed"] > 10**6
    assert run["recipe"]["task"]["grow"]["epoch_steps"] == 3


def test_training_in_epochs_is_that_many_episodes(tmp_path: Path) -> None:
    assert ladder(tmp_path, "no-op", training_epochs=30).ground(print).episodes == 10


def test_an_interrupted_search_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise Interrupted("cut")

    monkeypatch.setattr(rungs, "tune", cut)
    with pytest.raises(Interrupted, match="while tuned was made: go on with the same command"):
        ladder(tmp_path, "tuned").run()


def test_mistakes_are_named_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="rung"):
        ladder(tmp_path, "heuristics").run()
    with pytest.raises(ConfigError, match="each once was wanted"):
        ladder(tmp_path, "no-op", "no-op").run()
    with pytest.raises(ConfigError, match="training: a number from 1 on"):
        ladder(tmp_path, "no-op", training=0).run()
    assert not any(tmp_path.iterdir())


def rung(name: str, losses: list[float]) -> Rung:
    runs: list[dict[str, Any]] = [
        {"seed": seed, "loss": loss, "cost": {"flops": 1}, "metrics": {}, "converged": None}
        for seed, loss in enumerate(losses)
    ]
    return Rung(name, Row("t", name, runs), Cost())


@pytest.mark.parametrize(
    ("learnt", "above"),
    [
        ([0.5, 0.6, 0.4, 0.5], ["ppo"]),
        ([1.5, 1.6, 1.4, 1.5], []),
        ([0.9, 1.1, 0.2, 1.2], []),  # better on average, but not by more than the interval
        ([0.5], []),  # one episode has no interval
    ],
)
def test_learnt_to_decide_is_said_only_above_the_tuned_schedule(
    learnt: list[float], above: list[str]
) -> None:
    better = rung("heuristic", [0.1, 0.1, 0.1, 0.1])  # which has not learnt
    all_of_them = [better, rung("tuned", [1.0, 1.1, 0.9, 1.0]), rung("ppo", learnt)]
    without = LadderTable("t", [better], "heuristic", 1, 1)
    assert "not known" in without.verdict()
    table = LadderTable("t", all_of_them, "tuned", 1, 1)
    assert table.above() == above
    assert table.verdict().startswith("Learnt to decide" if above else ("No", "One"))
    gain = table.gain(better)
    assert gain is not None
    assert gain.value > 0, "a lower loss is better"


def test_sizes_keep_inputs_and_outputs() -> None:
    assert sizes_of({"mlp": [64, 6, 3, 10]})[1.5] == {"mlp": [64, 9, 5, 10]}
    whole = {"mlp": {"sizes": [2, 3, 1], "hidden": "relu"}}
    assert sizes_of(whole)[4.0] == {"mlp": {"sizes": [2, 12, 1], "hidden": "relu"}}
    assert sizes_of({"cnn": [4, 8]})[2.0] == {"cnn": [8, 16]}
    made = {"factory": "a.b:c", "options": {"widths": [8, 16], "deep": True}}
    assert sizes_of(made)[3.0]["options"] == {"widths": [24, 48], "deep": True}
    assert sizes_of(made)[1.0] == made
    assert len(sizes_of(made)) == len(FACTORS)
    with pytest.raises(ConfigError, match="static sizes, got graph"):
        sizes_of({"graph": {}})
    with pytest.raises(ConfigError, match="static sizes, got factory"):
        sizes_of({"factory": "a.b:c", "options": {}})
