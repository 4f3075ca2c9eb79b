# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ids, partial tells in any order, and exact resume at any moment."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence import many
from vynapse.core import State
from vynapse.errors import CheckpointError, ConfigError, TrainingError
from vynapse.evolution.ask_tell import AskTell
from vynapse.evolution.bookkeeping import Asynchronous
from vynapse.evolution.evolution_strategy import EvolutionStrategy
from vynapse.evolution.mutation import Mutation
from vynapse.evolution.policies import Policy
from vynapse.evolution.restarts import Restarts, Stagnation
from vynapse.evolution.selection import Selection
from vynapse.evolution.steady_population import SteadyState
from vynapse.seeding import Streams

SIZE, LAMBDA = 4, 9


def strategy(seed: int = 0) -> EvolutionStrategy:
    return EvolutionStrategy(
        lambda restart: np.full(SIZE, restart, np.float32),
        Streams(seed),
        plus=False,
        mu=3,
        offspring=LAMBDA,
        elites=1,
        selection=Selection(),
        crossover_rate=0.5,
        mutation=Mutation(0.3, "self"),
        initial_sigma=1.0,
        restarts=Restarts(Stagnation(2, 0.3)),
    )


def steady(seed: int = 0) -> SteadyState:
    return SteadyState(
        lambda restart: np.full(SIZE, restart, np.float32),
        Streams(seed),
        size=5,
        children=3,
        selection=Selection(),
        crossover_rate=0.5,
        mutation=Mutation(0.3, "self"),
        initial_sigma=1.0,
        restarts=Restarts(Stagnation(4, 0.3)),
    )


def losses(genomes: np.ndarray) -> np.ndarray:
    """The sphere; what is far out has no loss."""
    values = ((genomes.astype(np.float64) - 0.5) ** 2).sum(axis=1)
    return np.where(values > 6, np.nan, values)


def advance(loop: AskTell, generations: int) -> None:
    """Everything that is pending, then whole generations, told in order."""
    for _ in range(generations):
        loop.ask()
        pending = loop.pending()
        loop.tell(pending.ids, losses(pending.genomes))


def same(one: State, other: State) -> None:
    np.testing.assert_equal(one, other)


def as_data(state: Any) -> Any:
    """The state after a trip through bytes and JSON, as a checkpoint makes it."""
    if isinstance(state, dict):
        return {key: as_data(value) for key, value in state.items()}
    if isinstance(state, list):
        return [as_data(value) for value in state]
    if isinstance(state, np.ndarray):
        return np.frombuffer(state.tobytes(), state.dtype).reshape(state.shape).copy()
    return json.loads(json.dumps(state))


@st.composite
def partitions(draw: st.DrawFn) -> list[list[int]]:
    """The ids of a generation in any order, cut into tells of any size."""
    order = draw(st.permutations(range(LAMBDA)))
    cuts = sorted(draw(st.sets(st.integers(1, LAMBDA - 1))))
    return [order[low:high] for low, high in zip([0, *cuts], [*cuts, LAMBDA], strict=True)]


@settings(max_examples=many(sample=10, evidence=80))
@given(seed=st.integers(0, 20), tells=st.lists(partitions(), min_size=1, max_size=4))
def test_the_order_of_tells_changes_no_bit(seed: int, tells: list[list[list[int]]]) -> None:
    plain, other = AskTell(strategy(seed)), AskTell(strategy(seed))
    for generation in tells:
        advance(plain, 1)
        candidates = other.ask()
        for rows in generation:
            other.tell(candidates.ids[rows], losses(candidates.genomes[rows]))
    same(other.state(), plain.state())
    assert other.best is not None
    assert plain.best is not None
    assert other.best.id == plain.best.id


@settings(max_examples=many(sample=10, evidence=80))
@given(seed=st.integers(0, 20), counts=st.lists(st.integers(1, 4), min_size=1, max_size=12))
def test_asking_for_a_few_at_a_time_changes_no_bit(seed: int, counts: list[int]) -> None:
    plain, other = AskTell(strategy(seed)), AskTell(strategy(seed))
    for count in counts:
        candidates = other.ask(count)
        assert len(candidates) <= count
        other.tell(candidates.ids, losses(candidates.genomes))
    while other.generations == 0 or other.evaluations % LAMBDA:
        candidates = other.ask(1)
        other.tell(candidates.ids, losses(candidates.genomes))
    advance(plain, other.generations)
    same(other.state(), plain.state())


@settings(max_examples=many(sample=10, evidence=80))
@given(
    seed=st.integers(0, 20),
    before=st.integers(0, 3),
    asked=st.integers(0, LAMBDA),
    told=st.sets(st.integers(0, LAMBDA - 1)),
)
def test_a_state_in_the_middle_of_a_generation_is_exact(
    seed: int, before: int, asked: int, told: set[int]
) -> None:
    plain = AskTell(strategy(seed))
    advance(plain, before)
    if asked:
        candidates = plain.ask(asked)
        rows = sorted(told & set(range(asked)))
        plain.tell(candidates.ids[rows], losses(candidates.genomes[rows]))
    state = plain.state()
    kept = copy.deepcopy(state)
    other = AskTell(strategy(seed))
    other.load(as_data(state))
    np.testing.assert_array_equal(other.pending().ids, plain.pending().ids)
    np.testing.assert_array_equal(other.pending().genomes, plain.pending().genomes)
    for loop in (plain, other):
        advance(loop, 3)
    same(other.state(), plain.state())
    same(state, kept)


def test_ids_count_over_the_whole_search_and_stay_what_they_are() -> None:
    loop = AskTell(strategy())
    first = loop.ask(4)
    assert first.ids.tolist() == [0, 1, 2, 3]
    assert loop.ask(100).ids.tolist() == [4, 5, 6, 7, 8], "no more than the generation has left"
    assert len(loop.ask()) == 0, "all were given"
    loop.tell([0, 2], [1.0, 2.0])
    waiting = loop.pending()
    assert waiting.ids.tolist() == [1, 3, 4, 5, 6, 7, 8]
    np.testing.assert_array_equal(waiting.genomes[:2], first.genomes[[1, 3]])
    loop.tell(waiting.ids, np.ones(7))
    assert len(loop.pending()) == 0
    assert loop.ask(2).ids.tolist() == [9, 10]
    assert (loop.generations, loop.evaluations) == (1, 9)


def test_candidates_cannot_be_changed_by_accident() -> None:
    candidates = AskTell(strategy()).ask()
    with pytest.raises(ValueError, match="read-only"):
        candidates.genomes[0] = 0


def test_the_best_so_far_is_kept_also_when_the_population_loses_it() -> None:
    loop = AskTell(strategy())
    assert loop.best is None
    candidates = loop.ask()
    loop.tell([4], [-7.0])
    assert loop.best is not None
    rest = [0, 1, 2, 3, 5, 6, 7, 8]
    loop.tell(rest, np.full(8, -7.0))
    assert loop.best.id == 0, "of equals, the lowest id"
    np.testing.assert_array_equal(loop.best.genome, candidates.genomes[0])
    for value in (-7.0, *range(10)):
        loop.tell(loop.ask().ids, np.full(LAMBDA, value))
    assert (loop.best.id, loop.best.loss) == (0, -7.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_counts_as_the_worst(value: float) -> None:
    plain, other = AskTell(strategy()), AskTell(strategy())
    values = np.arange(1.0, LAMBDA + 1)
    for loop, worst in ((plain, np.inf), (other, value)):
        loop.tell(loop.ask().ids, np.where(values == 1, worst, values))
    same(other.state(), plain.state())
    assert other.penalised == 1
    assert other.best is not None
    assert other.best.id == 1


def test_the_policy_may_be_to_raise() -> None:
    loop = AskTell(strategy(), Policy(on_nonfinite="raise"))
    loop.ask()
    before = loop.state()
    with pytest.raises(TrainingError, match=r"the loss of genome 3 is nan: .*Policy\(on_nonfinite"):
        loop.tell([2, 3], [1.0, np.nan])
    same(loop.state(), before)


def test_a_generation_without_any_finite_loss_ends_the_search() -> None:
    loop = AskTell(strategy())
    ids = loop.ask().ids
    loop.tell(ids[:-1], np.full(LAMBDA - 1, np.nan))
    before = loop.state()
    with pytest.raises(TrainingError, match="not one of 9 genomes has a finite loss"):
        loop.tell(ids[-1:], [np.nan])
    same(loop.state(), before)


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize(
    ("ids", "values", "sentence"),
    [
        ([0, 1], [1.0], "one loss for each id was wanted, got 2 ids and 1 losses"),
        ([0, 0], [1.0, 1.0], "id 0 stands 2 times in one tell"),
        ([0, 7], [1.0, 1.0], "id 7 is unknown: ids 0 to 2 were given by ask so far"),
        ([-1], [1.0], "id -1 is unknown"),
        ([1, 2], [1.0, 1.0], "id 2 was told already"),
        ([0.0], [1.0], "ids must be integers, got float64"),
        ([True], [1.0], "ids must be integers, got bool"),
        ([0], ["low"], "losses must be real numbers, got <U3"),
        ([0], [None], "losses must be real numbers, got object"),
        ([0], [1j], "losses must be real numbers, got complex128"),
        ([[0]], [1.0], r"ids of shape \(n,\) were wanted, got shape \(1, 1\)"),
        ([0], 1.0, r"losses of shape \(n,\) were wanted, got shape \(\)"),
    ],
)
def test_a_wrong_tell_is_one_sentence_and_changes_nothing(
    asynchronous: bool, ids: Any, values: Any, sentence: str
) -> None:
    loop = AskTell(steady(), asynchronous=asynchronous)
    loop.ask(3)
    loop.tell([2], [0.5])
    before = loop.state()
    with pytest.raises(ConfigError, match=sentence) as raised:
        loop.tell(ids, values)
    assert "\n" not in str(raised.value)
    same(loop.state(), before)


def test_nothing_is_known_before_anything_was_asked() -> None:
    with pytest.raises(ConfigError, match="id 0 is unknown: no id was given by ask so far"):
        AskTell(strategy()).tell([0], [1.0])
    with pytest.raises(ConfigError, match="a count of at least 1 was wanted, got 0"):
        AskTell(strategy()).ask(0)


def test_an_empty_tell_is_harmless() -> None:
    loop = AskTell(strategy())
    loop.ask()
    before = loop.state()
    loop.tell([], [])
    same(loop.state(), before)


def play(loop: AskTell, seed: int, calls: int) -> None:
    """Asks and tells in an order drawn from `seed`, as many machines would make them."""
    draw = random.Random(seed)
    for _ in range(calls):
        waiting = loop.pending()
        if len(waiting) == 0 or draw.random() < 0.45:
            loop.ask(draw.randint(1, 3))
        else:
            row = draw.randrange(len(waiting))
            loop.tell(waiting.ids[[row]], losses(waiting.genomes[[row]]))


@settings(max_examples=many(sample=6, evidence=50))
@given(seed=st.integers(0, 50), before=st.integers(0, 60))
def test_a_steady_state_resumes_in_the_order_in_which_it_was_told(seed: int, before: int) -> None:
    plain = AskTell(steady(seed), asynchronous=True)
    play(plain, seed, before)
    state = plain.state()
    other = AskTell(steady(seed), asynchronous=True)
    other.load(as_data(state))
    same(other.state(), state)
    np.testing.assert_array_equal(other.pending().genomes, plain.pending().genomes)
    for loop in (plain, other):
        play(loop, seed + 1, 30)
    same(other.state(), plain.state())


def test_each_tell_changes_a_steady_state_at_once() -> None:
    assert isinstance(steady(), Asynchronous)
    loop = AskTell(steady(), asynchronous=True)
    for _ in range(40):
        candidates = loop.ask()
        assert len(candidates) == 1
        loop.tell(candidates.ids, losses(candidates.genomes))
    slow = loop.ask()
    far = [np.abs(loop.ask().genomes).max() for _ in range(30)]
    for _ in range(100):
        candidates = loop.ask()
        loop.tell(candidates.ids, [float(((candidates.genomes - 100) ** 2).sum())])
    near = [np.abs(loop.ask().genomes - 100).max() for _ in range(30)]
    assert min(near) < 100 - max(far), "the population moved while a slow one was pending"
    assert slow.ids[0] in loop.pending().ids
    loop.tell(slow.ids, [0.0])


def test_a_steady_state_may_also_be_told_by_generations() -> None:
    loop = AskTell(steady())
    assert len(loop.ask()) == 3


def test_what_cannot_be_told_one_at_a_time_says_so() -> None:
    with pytest.raises(ConfigError, match="SteadyState, got EvolutionStrategy"):
        AskTell(strategy(), asynchronous=True)


def test_a_state_of_another_kind_is_refused() -> None:
    with pytest.raises(CheckpointError, match="told one by one, this one is told by generations"):
        AskTell(steady()).load(AskTell(steady(), asynchronous=True).state())
    small, large = AskTell(steady()), AskTell(strategy())
    small.ask()
    state = small.state()
    state["book"]["population"] = large.state()["book"]["population"]
    with pytest.raises(CheckpointError, match="a generation of 3 genomes, here it has 9"):
        large.load(state)
