# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Composite fitness: what is measured, whom it selects, that it resumes, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vynapse.core import Budget, Split
from vynapse.errors import CheckpointError, ConfigError, RunDirectoryError
from vynapse.evolution.evaluators.inline import Inline
from vynapse.evolution.evaluators.processes import Processes
from vynapse.evolution.evaluators.threads import Threads
from vynapse.evolution.neat.encoding import NeatEncoding
from vynapse.evolution.neat.population import Neat as Search
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.evolution.neat.structure import Neat
from vynapse.evolution.nsga2 import fronts
from vynapse.evolution.objective import TrainingExamples
from vynapse.evolution.terms import ManyTerms, Terms
from vynapse.experiment.config import load_recipe
from vynapse.experiment.fronts import read_front
from vynapse.experiment.session import Session
from vynapse.experiment.store import load
from vynapse.networks.state import NetworkState, initial_state
from vynapse.seeding import Streams
from vynapse.settings import validate
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.registry import make_any_task, make_task
from vynapse.trainers.hybrid import MODE, HybridKeys
from vynapse.trainers.mode import Stage

QUICK: dict[str, Any] = {"population": 24, "add_node": 0.3, "add_connection": 0.3}
LEARNING: dict[str, Any] = {"top_k": 3, "steps": 2}
BOTH = pytest.mark.parametrize(
    "keys",
    [
        {"fitness": {"loss": 1, "error": 0.5, "parameters": 0.01, "flops": 1e-4}},
        {"objectives": ["loss", "parameters"]},
        {"objectives": ["error", "flops", "loss"]},
    ],
    ids=["sum", "two", "three"],
)


def build(task: str = "spirals", seed: int = 0, *, refine: Any = LEARNING, **keys: Any) -> Any:
    made = make_any_task(task, {})
    network = initial_state(Neat().fit(made.interface()), Streams(seed))
    stage = Stage(made, network, True, Streams(seed).child("stage.0"), budget=Budget(steps=9))
    return MODE.build(stage, validate(HybridKeys, {**QUICK, "refine": refine, **keys}, "hybrid"))


def told(trainer: Any, steps: int) -> list[Any]:
    return [trainer.step() for _ in range(steps)]


def same(one: Any, two: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    if isinstance(one, np.ndarray):
        return bool(one.tobytes() == two.tobytes())
    return bool(one == two)


def enabled(network: NetworkState) -> int:
    structure = network.structure
    assert isinstance(structure, Neat)
    return sum(gene.enabled for gene in structure.connections or ())


@pytest.mark.parametrize("refine", [None, LEARNING], ids=["evolution", "learning"])
@pytest.mark.parametrize("seed", range(3))
def test_a_sum_in_which_nothing_but_the_loss_weighs_is_plain_evolution(
    seed: int, refine: Any
) -> None:
    plain = build("xor", seed, refine=refine)
    other = build("xor", seed, refine=refine, fitness={"loss": 1, "parameters": 0, "latency": 0})
    assert told(plain, 6) == told(other, 6)
    assert same(plain.state(), other.state())


@BOTH
@pytest.mark.parametrize("inherit", ["lamarckian", "baldwinian"])
def test_a_run_goes_on_to_the_bit(keys: dict[str, Any], inherit: str) -> None:
    refine = {**LEARNING, "inherit": inherit}
    whole, first, second = (build(refine=refine, **keys) for _ in range(3))
    reports = told(whole, 8)
    told(first, 4)
    second.load(first.state())
    assert told(second, 4) == reports[4:]
    assert same(whole.state(), second.state())
    assert (whole.front() is None) == ("fitness" in keys)
    if whole.front() is not None:
        assert same(whole.front(), second.front())


def test_a_state_without_the_number_of_the_winner_is_still_loaded() -> None:
    trainer, again = build("xor"), build("xor")
    told(trainer, 3)
    state = dict(trainer.state())
    del state["champion_score"]
    again.load(state)
    assert told(again, 2) == told(trainer, 2)
    with pytest.raises(CheckpointError, match="archive"):
        build("xor", objectives=["loss", "parameters"]).load(state)


@BOTH
def test_every_evaluator_measures_the_same(keys: dict[str, Any]) -> None:
    task = make_task("digits", {})
    examples = TrainingExamples(task, 50, Streams(0).stream("e"))
    search = Search(NeatSettings(population=40, add_node=0.5), 64, 10, Streams(0))
    for generation in range(3):
        search.tell(Streams(0).stream("losses").uniform(40, generation, 0))
    weights = tuple(map(float, keys["fitness"].values())) if "fitness" in keys else None
    terms = tuple(keys.get("fitness", keys.get("objectives", ())))
    objective = ManyTerms(examples, terms, weights).objective(0)
    encoding = NeatEncoding(64, 10)
    with Processes(2) as processes:
        inline, *others = (
            evaluator(objective, encoding, search.ask())
            for evaluator in (Inline(), Threads(2), processes)
        )
    for other in others:
        assert other.losses.tobytes() == inline.losses.tobytes()
        assert other.cost == inline.cost
        assert same(other.objectives, inline.objectives)


def test_terms_are_what_they_say() -> None:
    task = make_task("spirals", {})
    examples = TrainingExamples(task, None, Streams(0).stream("e"))
    terms: Terms = ("loss", "error", "parameters", "flops", "latency")
    encoding, genomes = NeatEncoding(2, 2), Search(NeatSettings(population=9), 2, 2, Streams(3))
    plain = Inline()(examples.objective(0), encoding, genomes.ask())
    table = Inline()(ManyTerms(examples, terms, None).objective(0), encoding, genomes.ask())
    assert table.objectives is not None
    for row, (loss, error, parameters, flops, latency) in enumerate(table.objectives):
        network = encoding.decode(genomes.ask()[row])
        evaluation = task.evaluate(network.predictor(), "train")
        assert loss == plain.losses[row] == table.losses[row]
        assert error == pytest.approx(1 - evaluation.metrics["accuracy"])
        assert (parameters, flops) == (enabled(network), network.structure.flops((2,)))
        assert 0 < latency < 1e4
    assert plain.cost.flops is not None
    assert table.cost.flops is not None
    assert table.cost.flops > plain.cost.flops  # taking time is work too


@pytest.mark.parametrize("seed", range(3))
def test_the_winner_follows_the_sum_and_reports_its_own_loss(seed: int) -> None:
    heavy = build("digits", seed, fitness={"loss": 1, "parameters": 1}, evaluate_every=1)
    plain = build("digits", seed, evaluate_every=1)
    reports, others = told(heavy, 15), told(plain, 15)
    task = make_task("digits", {})
    assert reports[-1].loss == task.evaluate(heavy.winner().predictor(), "validation").loss
    # no gain of loss is worth a connection here
    assert enabled(heavy.winner()) < enabled(plain.winner())
    assert reports[-1].loss > others[-1].loss


@pytest.mark.parametrize("inherit", ["lamarckian", "baldwinian"])
@pytest.mark.parametrize("seed", range(2))
def test_the_archive_holds_networks_as_they_were_measured(seed: int, inherit: str) -> None:
    refine = {**LEARNING, "inherit": inherit}
    trainer = build(seed=seed, refine=refine, objectives=["loss", "parameters"])
    reports = told(trainer, 8)
    front = trainer.front()
    objectives = front["objectives"]
    assert (fronts(objectives) == 0).all()
    assert objectives[0, 0] == min(report.metrics["train_best"] for report in reports)
    archive = trainer._stepper._archive
    task = make_task("spirals", {})
    examples = TrainingExamples(task, None, Streams(0).stream("e"))
    again = Inline()(examples.objective(0), archive._encoding, archive.genomes)
    assert again.losses.tobytes() == objectives[:, 0].tobytes()
    assert front["parameters"].tolist() == objectives[:, 1].tolist()


def test_the_front_of_a_run_is_a_menu_of_networks(tmp_path: Path) -> None:
    keys = {**QUICK, "refine": LEARNING, "objectives": ["loss", "parameters"]}
    recipe = load_recipe("spirals", "hybrid", budget={"steps": 12}, **keys)
    run = tmp_path / "run"
    Session.create(recipe, run).run()
    rows = read_front(run).rows(load(run).network)
    assert rows
    for row in rows:
        chosen = load(run, front=row["number"])
        evaluation = make_task("spirals", {}).score(chosen.network)
        assert (evaluation.loss, evaluation.metrics["accuracy"]) == (row["loss"], row["accuracy"])
        assert enabled(chosen.network) == row["parameters"] == row["objectives"]["parameters"]
        assert chosen.network.structure.flops((2,)) == row["flops"]
        assert len(chosen.network.to_bytes()) == row["bytes"]
    for number in (len(rows), -1):
        with pytest.raises(ConfigError, match=f"front: a number from 0 to {len(rows) - 1} was"):
            load(run, front=number)
    (run / "front.safetensors").write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match=r"front\.safetensors is damaged"):
        load(run, front=0)
    (run / "front.safetensors").unlink()
    with pytest.raises(RunDirectoryError, match="has no front: finish a run of mode nsga2"):
        load(run, front=0)


def test_measured_time_makes_a_run_irreproducible() -> None:
    for keys, wanted in (
        ({"fitness": {"loss": 1, "latency": 0.01}}, False),
        ({"objectives": ["loss", "latency"]}, False),
        ({"fitness": {"loss": 1, "latency": 0}}, True),
        ({"objectives": ["loss", "flops"]}, True),
    ):
        assert load_recipe("xor", "neat", **keys).reproducible == wanted


@pytest.mark.parametrize(
    ("task", "keys", "sentence"),
    [
        ("xor", {"fitness": {"speed": 1}}, "fitness.speed: unknown key"),
        ("xor", {"fitness": {"parameters": 1}}, "fitness: a weight of loss or of error above 0"),
        ("xor", {"fitness": {"loss": -1}}, "fitness.loss: .*0 was wanted, got -1"),
        ("xor", {"objectives": ["loss"]}, "objectives: a list of two or more different names"),
        ("xor", {"objectives": ["loss", "speed"]}, r"objectives.1: 'loss', 'error', .* was wanted"),
        (
            "xor",
            {"fitness": {"loss": 1}, "objectives": ["loss", "flops"]},
            "fitness, objectives: one of them was wanted, got both",
        ),
        ("spirals", {"objectives": ["loss", "flops"], "batch_size": 9}, "batch_size: objectives"),
        ("tests.trainers.test_composite:line", {"fitness": {"error": 1}}, "fitness.error: task"),
        ("tests.trainers.test_composite:line", {"objectives": ["error", "flops"]}, "no classes"),
    ],
)
def test_mistakes_are_said(task: str, keys: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        build(task, **keys)


def line() -> Any:
    """A regression: the answer is the input."""
    x = np.linspace(0, 1, 8, dtype=np.float32).reshape(-1, 1)
    split = Split(x, x)
    return ArrayTask("line", Splits(split, split), input_shape=(1,), output_size=1, loss="mse")
