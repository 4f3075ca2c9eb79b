# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Weight evolution in C and in NumPy: the same bits, and the law that both state.

With VYNAPSE_EVIDENCE set, 200 random configurations run for 1,000 generations each.
"""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys
from collections.abc import Iterator
from ctypes import CDLL
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evidence import EVIDENCE, many
from vynapse.evolution.restarts import Stagnation
from vynapse.kernels import native
from vynapse.kernels.evolve import _SHARED, Evolution, NativeEvolution, evolution
from vynapse.kernels.reference.evolve import ReferenceEvolution, measure, ordered_sum
from vynapse.kernels.reference.functions import ACTIVATIONS
from vynapse.kernels.reference.law import (
    EvolutionState,
    EvolvedGenerations,
    GenerationRule,
    Problem,
)
from vynapse.networks import arrays
from vynapse.networks.mlp import MLP
from vynapse.seeding import F32, Streams

BLOCKS, CASES, GENERATIONS = (20, 10, 1000) if EVIDENCE else (4, 6, 12)

LIBRARIES = native.libraries()
NAMES = [library.instruction_set for library in LIBRARIES]
COMPILED = pytest.mark.skipif(not LIBRARIES, reason="no kernels were compiled")


@dataclass(frozen=True)
class Case:
    problem: Problem
    law: GenerationRule
    standing: EvolutionState
    target: float
    step_sizes: F32 | None

    def reference(self) -> ReferenceEvolution:
        return ReferenceEvolution(self.problem, self.law)

    def native(self, library: native.Library, threads: int = 1) -> NativeEvolution:
        return NativeEvolution(self.problem, self.law, library, threads)

    def kernels(self) -> list[Evolution]:
        return [self.reference(), *(self.native(library) for library in LIBRARIES)]


def some_problem(rng: np.random.Generator) -> Problem:
    sizes = tuple(int(n) for n in rng.integers(1, 10, rng.integers(2, 6)))
    loss = str(rng.choice(["mse", "cross_entropy"]))
    examples = int(rng.integers(1, 41))
    inputs = rng.normal(0, 1, (examples, sizes[0])).astype(np.float32)
    targets = (
        rng.normal(0, 1, (examples, sizes[-1])).astype(np.float32)
        if loss == "mse"
        else rng.integers(0, sizes[-1], examples)
    )
    hidden, output = (str(name) for name in rng.choice(list(ACTIVATIONS), 2))
    return Problem(sizes, hidden, output, bool(rng.integers(2)), loss, inputs, targets)  # type: ignore[arg-type]


def some_law(rng: np.random.Generator, parameters: int) -> GenerationRule:
    mu, offspring = int(rng.integers(1, 41)), int(rng.integers(1, 71))
    kept = mu
    if rng.random() < 0.5:
        mu = min(mu, offspring)
        kept = int(rng.integers(0, mu))
    streams = Streams(int(rng.integers(2**63)))
    return GenerationRule(
        mu=mu,
        offspring=offspring,
        kept=kept,
        tournament=int(rng.integers(1, 6)),
        crossover_rate=float(rng.choice([0, 0.5, rng.random(), 1])),
        mutation_rate=float(rng.choice([1, rng.random(), 0.02])),
        mask=rng.random(parameters) < rng.random() if rng.random() < 0.4 else None,
        adaptation=str(rng.choice(["inherited", "scheduled", "self"])),  # type: ignore[arg-type]
        sigma_min=float(rng.choice([0, 1e-3, 0.3])),
        uniform=streams.stream("uniform"),
        normal=streams.stream("normal"),
        patience=int(rng.integers(1, 9)) if rng.random() < 0.5 else None,
        min_delta=float(rng.choice([0, 0.01, 0.5])),
    )


def standing_of(problem: Problem, genomes: F32, sigmas: F32, generation: int = 0) -> EvolutionState:
    """Parents in the order of their losses."""
    losses = measure(problem, np.ascontiguousarray(genomes.T))
    order = np.argsort(losses, kind="stable")
    return EvolutionState(genomes[order], losses[order], sigmas[order], generation)


def some_case(seed: int) -> Case:
    """Anything that the kernel takes; in some, losses of some or all networks overflow."""
    rng = np.random.default_rng(seed)
    problem = some_problem(rng)
    law = some_law(rng, problem.parameters)
    scale = 10.0 ** rng.uniform(4, 22) if rng.random() < 0.25 else rng.choice([0.1, 1, 3])
    genomes = rng.normal(0, 1, (law.mu, problem.parameters)).astype(np.float32)
    sigmas = (scale * rng.random(law.mu)).astype(np.float32)
    standing = standing_of(problem, genomes, sigmas, int(rng.integers(2**20)))
    best = float(standing.losses[0])
    target = best * rng.random() if rng.random() < 0.3 and best < np.inf else -np.inf
    steps = None
    if law.adaptation == "scheduled":
        steps = (scale * 0.999 ** np.arange(GENERATIONS)).astype(np.float32)
    return Case(problem, law, standing, target, steps)


def a_case(seed: int = 0, /, steps: F32 | None = None, **changes: Any) -> Case:
    """A tame one: 3-4-2 on 10 examples, (8 + 40), self-adaptation."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(0, 1, (10, 3)).astype(np.float32)
    targets = rng.normal(0, 1, (10, 2)).astype(np.float32)
    problem = Problem((3, 4, 2), "tanh", "identity", True, "mse", inputs, targets)
    problem = dataclasses.replace(
        problem, **{name: changes.pop(name) for name in ("hidden", "output") if name in changes}
    )
    streams = Streams(seed)
    law = GenerationRule(
        mu=8, offspring=40, kept=8, tournament=2, crossover_rate=0.3, mutation_rate=1.0,
        mask=None, adaptation="self", sigma_min=1e-4, uniform=streams.stream("u"),
        normal=streams.stream("n"), patience=None, min_delta=0.0,
    )  # fmt: skip
    law = dataclasses.replace(law, **changes)
    genomes = rng.normal(0, 1, (law.mu, problem.parameters)).astype(np.float32)
    sigmas = np.full(law.mu, 0.3, np.float32)
    return Case(problem, law, standing_of(problem, genomes, sigmas), -np.inf, steps)


def follow(kernel: Evolution, case: Case, generations: int) -> Iterator[EvolvedGenerations]:
    """What a trainer does: go on after every stop, and stop at the target once."""
    standing, target, made = case.standing, case.target, 0
    while made < generations:
        steps = None if case.step_sizes is None else case.step_sizes[made:]
        part = kernel.run(standing, generations - made, target, steps)
        yield part
        made += len(part.best)
        if part.stop == "invalid":
            return
        standing = part.standing
        if part.stop == "target":
            target = -np.inf
        if part.stop == "stagnant":
            standing = dataclasses.replace(standing, reference=None, waited=0)


def bits(done: EvolvedGenerations) -> dict[str, object]:
    """Everything but the time, so that only equal bits are equal."""
    after = done.standing
    arrays: dict[str, Any] = {
        "genomes": after.genomes, "losses": after.losses, "sigmas": after.sigmas,
        "champion": done.champion, "best": done.best, "mean": done.mean, "sigma": done.sigma,
        "invalid": done.invalid,
    }  # fmt: skip
    return {
        **{name: (array.dtype, array.shape, array.tobytes()) for name, array in arrays.items()},
        "counters": (after.generation, after.reference, after.waited),
        "stop": done.stop,
        "champion_loss": done.champion_loss,
    }


def assert_same(one: EvolvedGenerations, other: EvolvedGenerations, about: object = "") -> None:
    first, second = bits(one), bits(other)
    assert [name for name in first if first[name] != second[name]] == [], about


@COMPILED
@pytest.mark.threads
@pytest.mark.parametrize("block", range(BLOCKS))
def test_c_and_numpy_agree_bit_for_bit(block: int) -> None:
    """In every instruction set, and where two threads share a generation."""
    for seed in range(block * CASES, (block + 1) * CASES):
        case = some_case(seed)
        wanted = list(follow(case.reference(), case, GENERATIONS))
        arms = [(case.native(library), library.instruction_set) for library in LIBRARIES]
        arms.append((case.native(LIBRARIES[-1], threads=2), "two threads"))
        for kernel, name in arms:
            found = list(follow(kernel, case, GENERATIONS))
            assert len(found) == len(wanted)
            for one, other in zip(found, wanted, strict=True):
                assert_same(one, other, f"case {seed}, {name}")


def test_the_cases_are_of_every_kind() -> None:
    cases = [some_case(seed) for seed in range(60)]
    parts = [done for case in cases for done in follow(case.reference(), case, 6)]
    assert {done.stop for done in parts} == {"", "target", "stagnant", "invalid"}
    assert {case.problem.hidden for case in cases} == set(ACTIVATIONS)
    assert {case.problem.loss for case in cases} == {"mse", "cross_entropy"}
    assert {len(case.problem.sizes) for case in cases} == {2, 3, 4, 5}
    assert {case.law.adaptation for case in cases} == {"inherited", "scheduled", "self"}
    assert {case.law.kept == case.law.mu for case in cases} == {True, False}
    assert {case.law.mask is None for case in cases} == {True, False}
    assert {case.law.tournament for case in cases} == {1, 2, 3, 4, 5}
    partly = [done for done in parts if done.invalid.any() and done.stop != "invalid"]
    assert partly, "generations of which some losses are not finite"


@COMPILED
@pytest.mark.parametrize("library", LIBRARIES, ids=NAMES)
def test_they_agree_over_many_generations(library: native.Library) -> None:
    for seed in range(2):
        case = a_case(seed, mutation_rate=0.5)
        count = many(sample=100, evidence=1000)
        wanted = case.reference().run(case.standing, count, -np.inf, None)
        assert_same(case.native(library).run(case.standing, count, -np.inf, None), wanted)
        assert wanted.best[-1] < 0.7 * wanted.best[0], "it evolves"


@COMPILED
@pytest.mark.threads
@pytest.mark.parametrize("threads", [2, 3, 8])
@pytest.mark.parametrize("offspring", [1, 16, 17, 70])
def test_threads_change_no_bit(threads: int, offspring: int) -> None:
    library = LIBRARIES[-1]
    steps = np.full(20, 0.2, np.float32)
    for adaptation in ("self", "scheduled"):
        case = a_case(1, offspring=offspring, adaptation=adaptation)
        given = steps if adaptation == "scheduled" else None
        alone = case.native(library).run(case.standing, 20, -np.inf, given)
        shared = case.native(library, threads).run(case.standing, 20, -np.inf, given)
        assert_same(shared, alone)
        stopped = [case.native(library, n).run(case.standing, 20, 1e9, given) for n in (1, threads)]
        assert len(stopped[1].best) == 1
        assert_same(*stopped)


@COMPILED
def test_threads_share_only_a_generation_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "status", lambda: native.Status(LIBRARIES[-1]))
    case = a_case()
    each = case.law.offspring * case.problem.parameters
    enough = -(-_SHARED // each)
    assert each * enough > _SHARED > each * (enough - 1)
    for examples, threads in ((10, 1), (enough - 1, 1), (enough, 2)):
        problem = dataclasses.replace(
            case.problem,
            inputs=np.zeros((examples, 3), np.float32),
            targets=np.zeros((examples, 2), np.float32),
        )
        kernel = evolution(problem, case.law, threads=2)
        assert isinstance(kernel, NativeEvolution)
        assert kernel._threads == threads, f"{examples} examples"
        alone = evolution(problem, case.law)
        assert isinstance(alone, NativeEvolution)
        assert alone._threads == 1


def test_it_does_not_matter_how_many_generations_a_call_makes() -> None:
    for seed in range(4):
        steps = np.linspace(0.5, 0.1, 23, dtype=np.float32) if seed == 3 else None
        adaptation = "scheduled" if seed == 3 else "self"
        case = a_case(seed, steps, adaptation=adaptation, patience=50, kept=8 if seed % 2 else 2)
        for kernel in case.kernels():
            whole = kernel.run(case.standing, 23, -np.inf, case.step_sizes)
            for cuts in ([*range(24)], [0, 1, 4, 20, 23]):
                standing, parts = case.standing, []
                for begin, end in pairwise(cuts):
                    given = None if steps is None else steps[begin:end]
                    parts.append(kernel.run(standing, end - begin, -np.inf, given))
                    standing = parts[-1].standing
                best = min(parts, key=lambda part: part.champion_loss)
                columns: dict[str, Any] = {
                    name: np.concatenate([getattr(part, name) for part in parts])
                    for name in ("best", "mean", "sigma", "invalid")
                }
                joined = EvolvedGenerations(
                    standing, parts[-1].stop, best.champion, best.champion_loss, **columns
                )
                assert_same(joined, whole)


@pytest.mark.parametrize("mu", [1, 8])
def test_a_call_changes_nothing_that_it_is_given(mu: int) -> None:
    case = a_case(mu=mu, kept=0)
    before = [case.standing.genomes.copy(), case.standing.losses.copy()]
    for kernel in case.kernels():
        first = kernel.run(case.standing, 5, -np.inf, None)
        kept = bits(first)
        kernel.run(first.standing, 5, -np.inf, None)
        assert bits(first) == kept, "what a call returned is not written to by the next"
    np.testing.assert_array_equal(case.standing.genomes, before[0])
    np.testing.assert_array_equal(case.standing.losses, before[1])


def test_the_target_stops_at_the_first_loss_below_it() -> None:
    for seed in range(3):
        case = a_case(seed)
        whole = case.reference().run(case.standing, 30, -np.inf, None)
        lowest = np.minimum.accumulate(whole.best)
        for wanted in sorted({5, 12, int(np.argmin(whole.best))}):
            target = float(np.nextafter(lowest[wanted], np.float32(np.inf)))
            expected = int(np.argmax(whole.best < target)) + 1
            for kernel in case.kernels():
                done = kernel.run(case.standing, 30, target, None)
                assert (done.stop, len(done.best)) == ("target", expected)
                assert done.champion_loss == done.best[-1] < target
                assert done.standing.generation == expected
                np.testing.assert_array_equal(done.best, whole.best[:expected])
                # a loss that equals the target is not below it
                exact = kernel.run(case.standing, 30, done.champion_loss, None)
                assert len(exact.best) > expected or exact.stop == ""


def test_stagnation_stops_where_the_rule_says_so() -> None:
    stopped = 0
    for seed in range(6):
        patience, min_delta = 1 + seed, (0.0, 0.05, 0.4)[seed % 3]
        case = a_case(seed, patience=patience, min_delta=min_delta, kept=8 if seed % 2 else 1)
        free = dataclasses.replace(case, law=dataclasses.replace(case.law, patience=None))
        rule, standing, expected = Stagnation(patience, min_delta), case.standing, 0
        while expected < 60:
            standing = free.reference().run(standing, 1, -np.inf, None).standing
            expected += 1
            if rule.update(float(standing.losses[0])):
                break
        for kernel in case.kernels():
            done = kernel.run(case.standing, 60, -np.inf, None)
            assert len(done.best) == expected
            if done.stop == "stagnant":
                stopped += 1
                history = {"best": done.standing.reference, "waited": done.standing.waited}
                assert history == rule.state()
    assert stopped >= 3


@pytest.mark.parametrize("activation", ["relu", "identity"])
def test_losses_that_are_not_finite_are_counted_and_never_chosen(activation: str) -> None:
    case = a_case(2, hidden=activation, adaptation="scheduled", crossover_rate=0.0)
    for scale in (1e9, 1.5e9, 2e9):
        step = np.array([scale], np.float32)
        results = [kernel.run(case.standing, 1, -np.inf, step) for kernel in case.kernels()]
        for done in results:
            assert_same(done, results[0])
        done = results[0]
        assert 0 < done.invalid[0] < 40
        assert done.stop == ""
        assert np.isfinite(done.mean[0])
        assert np.isfinite(done.standing.losses).all()


def test_a_generation_without_a_finite_loss_leaves_the_parents_as_they_are() -> None:
    case = a_case(2, hidden="relu", adaptation="scheduled", crossover_rate=0.0)
    steps = np.array([0.1, 0.1, 1e30, 0.1], np.float32)
    for kernel in case.kernels():
        before = kernel.run(case.standing, 2, -np.inf, steps[:2])
        done = kernel.run(case.standing, 4, -np.inf, steps)
        assert (done.stop, len(done.best)) == ("invalid", 3)
        assert done.invalid.tolist() == [0, 0, 40]
        assert done.best[-1] == np.inf
        assert np.isnan([done.mean[-1], done.sigma[-1]]).all()
        assert bits(before)["genomes"] == bits(done)["genomes"]
        assert before.standing.generation == done.standing.generation == 2
        assert done.champion_loss == before.champion_loss < np.inf
        hopeless = kernel.run(case.standing, 1, -np.inf, steps[2:])
        assert hopeless.champion_loss == np.inf


@pytest.mark.parametrize(
    ("loss", "value"),
    [
        ("mse", np.nan),
        ("mse", np.inf),
        ("cross_entropy", np.inf),
        ("cross_entropy", np.nan),
    ],
)
def test_the_loss_of_a_network_with_a_broken_output_is_infinite(loss: str, value: float) -> None:
    """Whichever output it is and whatever is wanted of it."""
    problem = Problem(
        (1, 3), "identity", "identity", False, loss, np.ones((1, 1), np.float32),  # type: ignore[arg-type]
        np.zeros((1, 3), np.float32) if loss == "mse" else np.zeros(1, np.int64),
    )  # fmt: skip
    genomes = np.ones((4, 3), np.float32)
    genomes[[0, 1, 2], [0, 1, 2]] = value
    for kernel in Case(problem, a_case().law, a_case().standing, 0.0, None).kernels():
        assert np.isinf(kernel.measure(genomes)).tolist() == [True, True, True, False]


def test_of_equal_losses_parents_come_first_and_then_lower_indices() -> None:
    """Every network is the same; they are told apart by their step sizes."""
    frozen = a_case(3, mask=np.zeros(26, np.bool_), mu=5, kept=5, crossover_rate=0.0)
    genomes = np.repeat(frozen.standing.genomes[:1], 5, axis=0)
    sigmas = np.array([0.5, 0.1, 0.4, 0.2, 0.3], np.float32)
    standing = standing_of(frozen.problem, genomes, sigmas)
    for kernel in frozen.kernels():
        done = kernel.run(standing, 3, -np.inf, None)
        np.testing.assert_array_equal(done.standing.sigmas, sigmas)
        np.testing.assert_array_equal(done.standing.genomes, genomes)
    # five children are the next parents: in the order in which they were made
    few, many = (
        dataclasses.replace(frozen, law=dataclasses.replace(frozen.law, kept=0, offspring=n))
        for n in (5, 70)
    )
    wanted = few.reference().run(standing, 1, -np.inf, None).standing.sigmas
    assert len(set(wanted.tolist())) == 5
    for kernel in many.kernels():
        done = kernel.run(standing, 1, -np.inf, None)
        np.testing.assert_array_equal(done.standing.sigmas, wanted)


def test_masked_weights_keep_their_bits() -> None:
    mask = np.arange(26) % 3 > 0
    case = a_case(4, mask=mask, crossover_rate=0.0, mutation_rate=0.7)
    pool = {row.tobytes() for row in case.standing.genomes[:, ~mask]}
    for kernel in case.kernels():
        done = kernel.run(case.standing, 15, -np.inf, None)
        assert {row.tobytes() for row in done.standing.genomes[:, ~mask]} <= pool
        assert (done.standing.genomes[:, mask] != case.standing.genomes[:, mask]).any()


def test_elites_and_parents_are_kept() -> None:
    for kept in (0, 1, 3, 8):
        case = a_case(5, kept=kept)
        for kernel in case.kernels():
            standing = case.standing
            for _ in range(20):
                after = kernel.run(standing, 1, -np.inf, None).standing
                assert (np.diff(after.losses) >= 0).all(), "best first"
                if kept:
                    assert after.losses[0] <= standing.losses[0]
                standing = after


@pytest.mark.parametrize("hidden", ACTIVATIONS)
@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_a_loss_is_that_of_the_network_in_double_precision(hidden: str, loss: str) -> None:
    rng = np.random.default_rng(7)
    inputs = rng.normal(0, 1, (13, 3)).astype(np.float32)
    targets = rng.normal(0, 1, (13, 4)).astype(np.float32)
    labels = rng.integers(0, 4, 13)
    for bias in (True, False):
        structure = MLP(sizes=(3, 6, 5, 4), hidden=hidden, output="identity", bias=bias)
        count = sum(int(np.prod(shape)) for shape in arrays.layout(structure).values())
        genomes = rng.normal(0, 1, (37, count)).astype(np.float32)
        outputs = arrays.forward(structure, genomes, inputs).astype(np.float64)
        if loss == "mse":
            wanted = ((outputs - targets) ** 2).mean(axis=(1, 2))
        else:
            own = outputs[:, np.arange(13), labels]
            wanted = (np.log(np.exp(outputs).sum(axis=2)) - own).mean(axis=1)
        given = targets if loss == "mse" else labels
        problem = Problem(structure.sizes, hidden, "identity", bias, loss, inputs, given)  # type: ignore[arg-type]
        assert problem.parameters == count
        for kernel in Case(problem, a_case().law, a_case().standing, 0.0, None).kernels():
            np.testing.assert_allclose(kernel.measure(genomes), wanted, rtol=2e-4, atol=1e-5)


def test_a_loss_does_not_depend_on_who_is_measured_beside() -> None:
    case = a_case(6)
    genomes = np.random.default_rng(0).normal(0, 1, (70, 26)).astype(np.float32)
    wanted = case.reference().measure(genomes)
    for kernel in case.kernels():
        for count in (1, 15, 16, 17, 70):
            assert kernel.measure(genomes[:count]).tobytes() == wanted[:count].tobytes()
        assert kernel.measure(genomes[::-1]).tobytes() == wanted[::-1].tobytes()


def test_a_sum_is_exact_to_double_precision() -> None:
    rng = np.random.default_rng(1)
    for count in (1, 2, 15, 16, 17, 100, 1000):
        values = rng.normal(0, 1, count).astype(np.float32)
        wanted = values.astype(np.float64).sum()
        assert ordered_sum(values) == pytest.approx(wanted, abs=1e-12)


@COMPILED
@pytest.mark.skipif(sys.platform == "win32", reason="cc is called as on Unix")
@pytest.mark.parametrize("optimised", ["-O1", "-O2", "-O3"] if EVIDENCE else ["-O1"])
def test_a_build_without_any_choice_of_instructions_gives_the_same_bits(
    optimised: str, tmp_path: Path
) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no cc")
    source = Path(native.__file__).parent / "c" / "baseline.c"
    target = tmp_path / "baseline.so"
    words = [compiler, optimised, "-std=c99", "-ffp-contract=off", "-fno-math-errno", "-w"]
    subprocess.run([*words, "-shared", "-fPIC", "-o", target, source], check=True)
    library = native.Library("baseline", target, CDLL(str(target)))
    for seed in range(1000, 1000 + many(sample=4, evidence=12)):
        case = some_case(seed)
        wanted = list(follow(case.native(LIBRARIES[-1]), case, GENERATIONS))
        found = list(follow(case.native(library), case, GENERATIONS))
        for one, other in zip(found, wanted, strict=True):
            assert_same(one, other, f"case {seed}")


def test_it_tells_where_its_time_went() -> None:
    case = a_case()
    for kernel in case.kernels():
        ticks = kernel.run(case.standing, 20, -np.inf, None).ticks
        assert all(ticks) or ticks == (0, 0, 0), "all three, or a machine without such a clock"
