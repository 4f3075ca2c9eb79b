# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode deap picks how it computes; one law, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.evidence import many
from tests.trainers.deap_keys import deap_settings
from vynapse.core import Budget, Report, run
from vynapse.errors import CheckpointError, TrainingError
from vynapse.evolution.choice import choose_encoding
from vynapse.evolution.encoding import Encoding, Genomes
from vynapse.evolution.evolution_strategy import EvolutionStrategy
from vynapse.evolution.fused import PARAMETERS
from vynapse.evolution.measured import Measured
from vynapse.evolution.objective import ExamplesObjective, TrainingExamples
from vynapse.kernels import native
from vynapse.kernels.evolve import evolution
from vynapse.kernels.reference.law import Problem
from vynapse.networks.mlp import MLP
from vynapse.networks.state import initial_state
from vynapse.networks.structure import Structure
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_task
from vynapse.trainers.deap import build
from vynapse.trainers.deap_settings import DeapSettings
from vynapse.trainers.mode import Stage
from vynapse.trainers.population import PopulationTrainer

NETWORKS: dict[str, Structure] = {
    "xor": MLP(sizes=(2, 2, 1)),
    "spirals": MLP(sizes=(2, 6, 2)),
    "digits": MLP(sizes=(64, 12, 10)),
}


def stage(
    task: str, seed: int, budget: Budget, structure: Structure | None = None, threads: int = 1
) -> Stage:
    job, streams = make_task(task, {}), Streams(seed)
    network = initial_state(structure or NETWORKS[task].fit(job.interface()), streams)
    return Stage(job, network, True, streams, budget=budget, threads=threads)


def _usual(keys: dict[str, Any]) -> dict[str, Any]:
    """A small population, in the words of the strategy."""
    sampled = keys.get("strategy") in {"generational", "snes"}
    return {"offspring": 20} if sampled else {"mu": 6, "offspring": 20}


def make(
    task: str = "xor",
    seed: int = 0,
    /,
    budget: Budget | None = None,
    structure: Structure | None = None,
    threads: int = 1,
    **keys: Any,
) -> PopulationTrainer[Any]:
    settings = deap_settings(**{**_usual(keys), **keys})
    return build(stage(task, seed, budget or Budget(), structure, threads), settings)


def by_the_kernel(job: Stage) -> Any:
    """Losses in the arithmetic of the kernel, for a trainer that makes one generation at a time."""
    structure, task = job.network.structure, job.supervised
    assert isinstance(structure, MLP)
    split = task.split("train").take(slice(None))
    inputs = np.ascontiguousarray(task.prepare(split.inputs).reshape(len(split.inputs), -1))
    problem = Problem(
        structure.sizes, structure.hidden, structure.output or "identity", structure.bias,
        task.loss.kernel or "mse", inputs, split.targets,
    )  # fmt: skip

    def evaluate(
        objective: ExamplesObjective, encoding: Encoding[Genomes], genomes: Genomes
    ) -> Measured:
        losses = kernel.measure(genomes).astype(np.float64)
        return Measured(losses, objective.cost(encoding, genomes))

    stepper: Any = build(job, DeapSettings())._stepper
    fused = stepper.population
    assert isinstance(fused, EvolutionStrategy)
    kernel = evolution(problem, fused.law())
    return evaluate


def one_by_one(task: str, seed: int, **keys: Any) -> PopulationTrainer[Any]:
    """The trainer that `make` gives, without the kernel's way of making generations."""
    job = stage(task, seed, Budget())
    settings = deap_settings(**{**_usual(keys), **keys})
    population: Any = build(job, settings)._stepper
    population = population.population
    encoding = choose_encoding(job.network, job.supervised.input_shape)
    return PopulationTrainer.on_examples(
        job.supervised,
        encoding.encode(None, job.network), encoding, population, by_the_kernel(job),
        TrainingExamples(job.supervised, None, job.streams.stream("evolution.examples")),
        settings.evaluate_every,
    )  # fmt: skip


def rows(report: Report) -> list[Report]:
    """A report for each generation."""
    return list(report.each())


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def choose(name: str) -> None:
        monkeypatch.setenv(native.VARIABLE, name)
        native.status.cache_clear()

    yield choose
    native.status.cache_clear()


PATHS: list[tuple[str, str, dict[str, Any]]] = [
    ("fused", "xor", {}),
    ("fused", "spirals", {"strategy": "mu,lambda", "crossover_rate": 0.5}),
    ("fused", "digits", {"adaptation": "decay", "restart_patience": None}),
    ("fused", "xor", {"strategy": "generational"}),
    ("numpy", "xor", {"selection": "roulette"}),
    ("numpy", "xor", {"adaptation": "one-fifth"}),
    ("numpy", "xor", {"restart_growth": 2.0}),
    ("numpy", "spirals", {"batch_size": 16}),
    ("numpy", "xor", {"strategy": "snes"}),
    ("numpy", "digits", {"structure": MLP(sizes=(64, 48, 10))}),
]


@pytest.mark.parametrize(("path", "task", "keys"), PATHS)
def test_the_path_is_chosen_and_told(path: str, task: str, keys: dict[str, Any]) -> None:
    trainer = make(task, **keys)
    assert trainer.choices() == {"path": path}
    assert trainer.state()["path"] == path


def test_the_largest_network_of_the_kernel() -> None:
    assert PARAMETERS == 3000
    for hidden, path in ((39, "fused"), (40, "numpy")):
        trainer = make("digits", structure=MLP(sizes=(64, hidden, 10)))
        assert trainer.choices()["path"] == path


@pytest.mark.parametrize("seed", range(many(sample=1, evidence=4)))
@pytest.mark.parametrize(
    ("task", "keys"),
    [
        ("spirals", {"restart_patience": 3, "min_delta": 0.2}),
        ("spirals", {"evaluate_every": 7, "mu": 30, "adaptation": "decay"}),
        ("digits", {"strategy": "mu,lambda", "evaluate_every": 4, "elites": 0}),
    ],
)
def test_the_kernel_makes_the_same_run_as_one_generation_at_a_time(
    task: str, keys: dict[str, Any], seed: int
) -> None:
    """In the same arithmetic: the same rows, costs, champions and state."""
    fused = make(task, seed, generations_per_call=25, **keys)
    single = one_by_one(task, seed, **keys)
    generations = 0
    while generations < 30:
        report = fused.step()
        for row in rows(report):
            expected = single.step()
            generations += 1
            assert row.step == expected.step == generations
            assert row.metrics["train_best"] == expected.metrics["train_best"]
            assert row.metrics["train_mean"] == pytest.approx(expected.metrics["train_mean"])
            assert row.metrics["invalid"] == expected.metrics["invalid"]
            assert row.metrics["restarts"] == expected.metrics["restarts"]
        assert report.cost == expected.cost
        assert report.loss == expected.loss
        assert fused.winner().sha256() == single.winner().sha256()
        one, other = fused.state()["population"], single.state()["population"]
        for name in ("parents", "losses", "sigmas"):
            assert one[name].tobytes() == other[name].tobytes()
        assert one["generation"] == other["generation"]


def test_where_validation_is_training_only_the_champions_of_calls_are_scored() -> None:
    fused, single = make("xor", 1, generations_per_call=40), one_by_one("xor", 1)
    report = fused.step()
    for row in rows(report):
        expected = single.step()
        assert row.metrics["train_best"] == expected.metrics["train_best"]
    assert report.loss == expected.loss
    assert fused.winner().sha256() == single.winner().sha256()
    # 4 examples: the network given and the best of the call
    assert report.cost.forwards == 40 * 20 * 4 + 2 * 4 <= (expected.cost.forwards or 0)


def test_a_report_has_a_row_for_every_generation() -> None:
    trainer = make("xor", 2, generations_per_call=50, restart_patience=4, min_delta=0.5)
    before = Report(0, np.inf, make().step().cost, False)
    for call in range(1, 4):
        report = trainer.step()
        assert (report.step, report.steps) == (50 * call, 50)
        assert {len(column) for column in report.history.values()} == {50}
        assert set(report.history) == {
            "loss", "forwards", "flops", "train_best", "train_mean", "invalid", "sigma", "restarts",
        }  # fmt: skip
        each = rows(report)
        assert [row.step for row in each] == list(range(50 * call - 49, 50 * call + 1))
        costs = [row.cost.flops or 0 for row in each]
        assert costs == sorted(costs)
        # what was known of the champion while the call went on is what the call before had found
        if call > 1:
            assert {row.loss for row in each[:-1]} == {before.loss}
        assert each[-1].metrics == report.metrics
        assert report.history["train_best"].min() == pytest.approx(report.loss) or call > 1
        before = report


def test_candidates_are_scored_at_the_first_generation_and_every_nth_after_it() -> None:
    trainer = make("spirals", evaluate_every=7, generations_per_call=20)
    steps = [trainer.step().step for _ in range(8)]
    assert steps == [1, 8, 15, 20, 22, 29, 36, 40]


@pytest.mark.parametrize("limit", [1, 37, 100, 101])
def test_a_budget_of_steps_is_met(limit: int) -> None:
    budget = Budget(steps=limit)
    for task in ("xor", "spirals"):
        progress = run(make(task, budget=budget, restart_patience=5), budget)
        assert progress.report is not None
        assert (progress.stop, progress.report.step) == ("steps", limit)


@pytest.mark.parametrize("name", ["forwards", "flops"])
@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"restart_patience": 3, "min_delta": 0.5},
        # the first generation after a restart is as large as mu
        {"mu": 60, "offspring": 3, "restart_patience": 2, "min_delta": 0.9},
    ],
)
def test_a_budget_of_work_is_passed_by_no_more_than_a_generation(
    name: str, keys: dict[str, Any]
) -> None:
    for task in ("xor", "spirals"):
        job = make_task(task, {})
        examples = len(job.split("train"))
        generation = max(keys.get("mu", 6), keys.get("offspring", 20)) * examples
        validation = len(job.split("validation"))
        per_network = (
            1 if name == "forwards" else make(task)._encoding.flops(np.empty((1, 0), np.float32))
        )
        for limit in (1000, 20_000):
            budget = Budget(**{name: limit * per_network})
            progress = run(make(task, budget=budget, **keys), budget)
            assert progress.report is not None
            assert progress.stop == name
            spent = getattr(progress.report.cost, name) // per_network
            assert limit <= spent <= limit + generation + 2 * validation


def test_the_target_stops_inside_a_call() -> None:
    for seed in range(many(sample=2, evidence=5)):
        budget = Budget(steps=3000, target=1e-2)
        fused = run(make("xor", seed, budget=budget, restart_patience=30), budget)
        single = run(one_by_one("xor", seed, restart_patience=30), budget)
        assert fused.stop == single.stop == "target"
        assert fused.report is not None
        assert single.report is not None
        assert fused.report.step == single.report.step
        assert fused.report.loss == single.report.loss < 1e-2


@pytest.mark.parametrize("task", ["xor", "spirals", "digits"])
def test_numpy_and_c_make_the_same_run(task: str, kernels: Callable[[str], None]) -> None:
    reports = {}
    for name in ("numpy", *(library.instruction_set for library in native.libraries())):
        kernels(name)
        trainer = make(task, 3, restart_patience=4, min_delta=0.3)
        taken = [trainer.step() for _ in range(3)]
        reports[name] = [(r.step, r.loss, r.cost, dict(r.metrics)) for r in taken]
        assert reports[name] == reports["numpy"]


@pytest.mark.parametrize("task", ["xor", "spirals"])
def test_threads_change_nothing(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vynapse.kernels.evolve._SHARED", 0)
    alone, shared = (make(task, 1, threads=n, offspring=70) for n in (1, 2))
    for _ in range(3):
        one, other = alone.step(), shared.step()
        assert (one.loss, one.cost, dict(one.metrics)) == (
            other.loss, other.cost, dict(other.metrics),
        )  # fmt: skip
    assert alone.winner().sha256() == shared.winner().sha256()


def test_how_many_generations_a_call_makes_changes_no_network() -> None:
    for task in ("xor", "spirals"):
        winners = set()
        for per_call in (1, 7, 100):
            budget = Budget(steps=100)
            trainer = make(task, 5, budget=budget, generations_per_call=per_call)
            run(trainer, budget)
            winners.add(trainer.winner().sha256())
        assert len(winners) == 1


def test_a_state_of_another_path_is_refused() -> None:
    fused, single = make(), make(selection="roulette")
    for trainer, state in ((fused, single.state()), (single, fused.state())):
        with pytest.raises(CheckpointError, match="resume it with the version of Vynapse"):
            trainer.load(state)


def test_the_work_is_timed_by_kind() -> None:
    for selection in ("tournament", "roulette"):
        trainer = make("spirals", selection=selection)
        assert set(trainer.timings()) == {"variation", "evaluation", "selection", "validation"}
        for _ in range(12):
            trainer.step()
        first = trainer.timings()
        assert all(seconds > 0 for seconds in first.values())
        for _ in range(12):
            trainer.step()
        assert all(trainer.timings()[name] > first[name] for name in first)


def test_a_generation_without_a_finite_loss_is_an_error() -> None:
    trainer = make("digits", sigma=1e38, adaptation="none", generations_per_call=5)
    assert trainer.step().step == 1, "the network given is one of the first generation"
    with pytest.raises(TrainingError, match="no loss of the 20 networks of a generation is finite"):
        trainer.step()
