# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""One call of a kernel for many generations: the law is that of ask and tell, bit for bit.

With VYNAPSE_EVIDENCE set, 200 random configurations run for 1,000 generations each.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.evidence import EVIDENCE
from vynapse.core import State
from vynapse.errors import TrainingError
from vynapse.evolution.crossover import Crossover
from vynapse.evolution.encoding import ArrayEncoding
from vynapse.evolution.evolution_strategy import EvolutionStrategy, Mutation, Selection
from vynapse.evolution.fitness import usable
from vynapse.evolution.fused import FusedStepper
from vynapse.evolution.measured import Measured
from vynapse.evolution.mutation import PolynomialMutation
from vynapse.evolution.objective import ExamplesObjective, TrainingExamples
from vynapse.evolution.restarts import Convergence, Restarts, Stagnation
from vynapse.kernels import native
from vynapse.kernels.evolve import Evolution, NativeEvolution
from vynapse.kernels.reference.evolve import ReferenceEvolution
from vynapse.kernels.reference.law import Problem
from vynapse.networks.mlp import MLP
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_task

CONFIGURATIONS, GENERATIONS = (200, 1000) if EVIDENCE else (6, 80)

STRUCTURE = MLP(sizes=(2, 4, 1), hidden="tanh", output="sigmoid")
SIZE = 17


def objective(name: str = "xor") -> ExamplesObjective:
    examples = TrainingExamples(make_task(name, {}), None, Streams(0).stream("examples"))
    return examples.objective(0)


def problem() -> Problem:
    job = objective()
    return Problem(STRUCTURE.sizes, "tanh", "sigmoid", True, "mse", job.inputs, job.targets)


def centre(restart: int) -> np.ndarray:
    return Streams(restart).stream("centre").normal(SIZE)


def make(seed: int = 0, **changes: Any) -> EvolutionStrategy:
    options: dict[str, Any] = {
        "plus": True,
        "mu": 6,
        "offspring": 20,
        "elites": 1,
        "selection": Selection(),
        "crossover_rate": 0.0,
        "mutation": Mutation(0.3, "self", sigma_min=1e-4),
        "initial_sigma": 1.0,
        "restarts": Restarts(Stagnation(8, 0.05)),
    }
    return EvolutionStrategy(centre, Streams(seed), **(options | changes))


def some_options(seed: int) -> dict[str, Any]:
    """Anything inside the law of the kernels."""
    rng = np.random.default_rng(seed)
    mu, offspring = int(rng.integers(1, 30)), int(rng.integers(1, 40))
    plus = bool(rng.integers(2))
    mu = mu if plus else min(mu, offspring)
    adaptation = str(rng.choice(["none", "decay", "self"]))
    rate = float(rng.choice([1, 1, rng.random()]))
    return {
        "plus": plus,
        "mu": mu,
        "offspring": offspring,
        "elites": int(rng.integers(0, mu + 1)),
        "selection": Selection(tournament_size=int(rng.integers(1, 5))),
        "crossover_rate": float(rng.choice([0, rng.random(), 1])),
        "mutation": Mutation(0.5, adaptation, 0.98, 1e-3, rate),  # type: ignore[arg-type]
        "initial_sigma": float(rng.choice([0, 1])),
        "mask": rng.random(SIZE) < 0.6 if rng.random() < 0.3 else None,
        "restarts": Restarts(Stagnation(int(rng.integers(1, 9)), float(rng.choice([0, 0.1, 0.7]))))
        if rng.random() < 0.8
        else None,
    }


def kernels(strategy: EvolutionStrategy, job: Problem | None = None) -> Iterator[Evolution]:
    job, law = job or problem(), strategy.law()
    yield ReferenceEvolution(job, law)
    for library in native.libraries():
        yield NativeEvolution(job, law, library)


def flat(state: Any, name: str = "") -> dict[str, Any]:
    """Leaves of a state, arrays as their bytes."""
    if isinstance(state, dict):
        return {k: v for key in state for k, v in flat(state[key], f"{name}.{key}").items()}
    if isinstance(state, np.ndarray):
        return {name: (state.dtype, state.shape, state.tobytes())}
    return {name: state}


def by_ask_and_tell(
    strategy: EvolutionStrategy, kernel: Evolution, generations: int
) -> list[tuple[State, float]]:
    """The state after each generation and its lowest loss."""
    after = []
    for _ in range(generations):
        genomes = strategy.ask()
        losses, _ = usable(kernel.measure(genomes))
        strategy.tell(genomes, Measured(losses))
        after.append((strategy.state(), float(losses.min())))
    return after


@pytest.mark.parametrize("seed", range(CONFIGURATIONS))
def test_the_law_is_that_of_ask_and_tell(seed: int) -> None:
    """Parents, step sizes, generations and restarts, whatever the calls are cut into."""
    options = some_options(seed)
    by_hand = make(seed, **options)
    kernel = ReferenceEvolution(problem(), by_hand.law())
    wanted = by_ask_and_tell(by_hand, kernel, GENERATIONS)
    rng = np.random.default_rng(seed)
    strategy = make(seed, **some_options(seed))
    arms = list(kernels(strategy))
    done = 0
    while done < GENERATIONS:
        fast = arms[int(rng.integers(len(arms)))]
        if strategy.begun:
            result = strategy.evolve(fast, min(int(rng.integers(1, 40)), GENERATIONS - done), -1.0)
            lowest = [loss for _, loss in wanted[done : done + len(result.best)]]
            np.testing.assert_array_equal(result.best, np.array(lowest, np.float32))
            done += len(result.best)
        else:
            by_ask_and_tell(strategy, fast, 1)
            done += 1
        assert flat(strategy.state()) == flat(wanted[done - 1][0]), f"generation {done}"


def test_the_configurations_restart() -> None:
    restarts = []
    for seed in range(24):
        strategy = make(seed, **some_options(seed))
        by_ask_and_tell(strategy, [*kernels(strategy)][-1], 40)
        restarts.append(strategy.restarts)
    assert 0 in restarts
    assert sum(count > 1 for count in restarts) > 5


OUTSIDE: dict[str, dict[str, Any]] = {
    "roulette": {"selection": Selection("roulette")},
    "rank": {"selection": Selection("rank")},
    "sus": {"selection": Selection("sus")},
    "truncation": {"selection": Selection("truncation")},
    "k-point": {"crossover_rate": 0.5, "crossover": Crossover("k-point")},
    "blend": {"crossover_rate": 0.5, "crossover": Crossover("blend")},
    "polynomial": {"mutation": PolynomialMutation(5.0)},
    "one-fifth": {"mutation": Mutation(0.3, "one-fifth")},
    "growing": {"restarts": Restarts(Stagnation(5), growth=2.0)},
    "converging": {"restarts": Restarts(Convergence(1e-3))},
    "two rules": {"restarts": Restarts(Stagnation(5), Stagnation(9))},
    "examples that change": {"measure_again": True},
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_is_outside_the_law_is_refused(name: str) -> None:
    strategy = make(**OUTSIDE[name])
    assert not strategy.fusable
    with pytest.raises(ValueError, match="no kernel knows the law"):
        strategy.law()


def test_what_is_not_used_does_not_matter() -> None:
    assert make(crossover=Crossover("blend")).fusable, "nothing is crossed"
    assert make(restarts=None).law().patience is None


def test_a_generation_that_says_nothing_is_an_error_and_changes_nothing() -> None:
    strategy = make(restarts=None)
    by_ask_and_tell(strategy, next(kernels(strategy)), 1)
    before = flat(strategy.state())
    broken = dataclasses.replace(problem(), inputs=np.full((4, 2), np.nan, np.float32))
    for kernel in kernels(strategy, broken):
        with pytest.raises(TrainingError, match="no loss of the 20 networks of a generation"):
            strategy.evolve(kernel, 5, -1.0)
        assert flat(strategy.state()) == before


def test_a_stretch_tells_of_every_generation_what_ask_and_tell_would() -> None:
    by_hand, strategy = (make(3, restarts=Restarts(Stagnation(3, 0.3))) for _ in range(2))
    kernel = ReferenceEvolution(problem(), by_hand.law())
    fused = FusedStepper(strategy, STRUCTURE, objective())
    stretches = [fused.advance(generations, -1.0) for generations in (1, 2, 40, 17)]
    for stretch, count in zip(stretches, (1, 2, 40, 17), strict=True):
        assert {len(column) for column in stretch.columns.values()} == {count}
        assert len(stretch) == count
        measured = np.diff(stretch.costs["forwards"], prepend=0) // 4
        lowest, champion = np.inf, np.empty(0, np.float32)
        for index in range(count):
            genomes = by_hand.ask()
            losses, invalid = usable(kernel.measure(genomes))
            by_hand.tell(genomes, Measured(losses))
            row = {name: column[index] for name, column in stretch.columns.items()}
            assert measured[index] == len(genomes)
            assert row["train_best"] == losses.min()
            assert row["train_mean"] == pytest.approx(losses.mean(), rel=1e-12)
            assert row["invalid"] == invalid
            metrics = by_hand.metrics()
            assert row["restarts"] == metrics["restarts"]
            if "sigma" in metrics:
                assert row["sigma"] == pytest.approx(metrics["sigma"], rel=1e-5)
            if losses.min() < lowest:
                lowest, champion = float(losses.min()), genomes[losses.argmin()].copy()
        assert stretch.best_loss == lowest
        np.testing.assert_array_equal(stretch.best[0], champion)
    assert by_hand.restarts > 1, "there were restarts inside a stretch"
    assert flat(strategy.state()) == flat(by_hand.state())


@pytest.mark.threads
@pytest.mark.parametrize("threads", [1, 2])
def test_a_stretch_ends_with_the_first_loss_below_the_target(threads: int) -> None:
    for seed in range(4):
        free = FusedStepper(make(seed, offspring=40), STRUCTURE, objective())
        column = free.advance(60, -1.0).columns["train_best"]
        for wanted in (0, 1, 9, int(column.argmin())):
            target = float(np.nextafter(column[: wanted + 1].min(), 1))
            strategy = make(seed, offspring=40)
            fused = FusedStepper(strategy, STRUCTURE, objective(), threads=threads)
            stretch = fused.advance(60, target)
            expected = int(np.argmax(column < target)) + 1
            np.testing.assert_array_equal(stretch.columns["train_best"], column[:expected])
            assert stretch.best_loss < target


def test_the_time_of_each_kind_of_work_adds_up() -> None:
    fused = FusedStepper(make(), STRUCTURE, objective())
    assert fused.seconds == {"variation": 0, "evaluation": 0, "selection": 0}
    fused.advance(30, -1.0)
    before = dict(fused.seconds)
    assert all(spent > 0 for spent in before.values())
    fused.advance(30, -1.0)
    assert all(fused.seconds[name] > before[name] for name in before)


def test_the_largest_generation_is_the_first() -> None:
    for mu, offspring in ((6, 20), (20, 6)):
        fused = FusedStepper(make(mu=mu, offspring=offspring), STRUCTURE, objective())
        assert fused.dearest().forwards == fused.advance(1, -1.0).costs["forwards"][0] == 80
        assert fused.advance(1, -1.0).costs["forwards"][0] == 4 * offspring


def test_classes() -> None:
    """Cross-entropy, and the loss is that of the network that comes out."""
    job, structure = objective("spirals"), MLP(sizes=(2, 6, 2), hidden="gelu")
    start = np.zeros(32, np.float32)
    strategy = EvolutionStrategy(
        lambda restart: start, Streams(0), plus=True, mu=5, offspring=40, elites=0,
        selection=Selection(), crossover_rate=0.3, mutation=Mutation(0.5, "self"),
        initial_sigma=1.0,
    )  # fmt: skip
    stretch = FusedStepper(strategy, structure, job).advance(150, 0.0)
    outputs = ArrayEncoding(structure).forward(stretch.best, job.inputs)
    loss = job.loss.array(outputs, job.targets)[0]
    assert stretch.best_loss == pytest.approx(loss, rel=1e-4)
    assert stretch.best_loss < stretch.columns["train_best"][0] - 1e-3
