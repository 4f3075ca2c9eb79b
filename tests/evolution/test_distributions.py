# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""OpenAI-ES, SNES and CMA-ES: published rates, resume, masks and restarts."""

from __future__ import annotations

import copy
import json
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence import many
from vynapse.errors import MissingExtra
from vynapse.evolution.distribution import Distribution, DistributionSearch
from vynapse.evolution.measured import Measured
from vynapse.evolution.population import Population
from vynapse.evolution.restarts import Restarts, Stagnation
from vynapse.evolution.strategies.cma_es import CmaEs
from vynapse.evolution.strategies.openai_es import Ascent, OpenAIES, centred_ranks
from vynapse.evolution.strategies.snes import Snes, default_size, utilities
from vynapse.seeding import Streams

SIZE = 6
LAWS: dict[str, Callable[[Streams], Distribution]] = {
    "openai-es": lambda streams: OpenAIES(streams, 0.3, Ascent(rate=0.1)),
    "openai-es sgd": lambda streams: OpenAIES(streams, 0.3, Ascent("sgd", 0.2)),
    "snes": lambda streams: Snes(streams, 1.0),
    "cma-es": lambda streams: CmaEs(streams, 1.0),
}


def make(law: str, seed: int = 0, /, dtype: Any = np.float32, **changes: Any) -> Any:
    options: dict[str, Any] = {"size": 10} | changes
    return DistributionSearch(
        lambda restart: np.full(SIZE, restart, dtype), LAWS[law](Streams(seed)), **options
    )


def sphere(genomes: np.ndarray) -> np.ndarray:
    return np.asarray(((genomes.astype(np.float64) - 0.5) ** 2).sum(axis=1))


def ellipsoid(genomes: np.ndarray) -> np.ndarray:
    condition = 10 ** (6 * np.arange(genomes.shape[1]) / (genomes.shape[1] - 1))
    return np.asarray((condition * genomes**2).sum(axis=1))


def advance(search: Any, generations: int = 1) -> list[float]:
    best = []
    for _ in range(generations):
        genomes = search.ask()
        losses = sphere(genomes)
        search.tell(genomes, Measured(losses))
        best.append(float(losses.min()))
    return best


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_law_descends_in_the_dtype_of_its_centre(law: str, dtype: Any) -> None:
    for seed in range(many(sample=1, evidence=3)):
        search = make(law, seed, dtype)
        assert search.ask().dtype == dtype
        assert isinstance(search, Population)
        best = advance(search, 150)
        assert min(best) < 0.2 * best[0]


@pytest.mark.parametrize("law", LAWS)
@settings(max_examples=many(sample=5, evidence=10))
@given(seed=st.integers(0, 50), after=st.integers(1, 4))
def test_a_state_from_every_generation_goes_on_bit_for_bit(law: str, seed: int, after: int) -> None:
    restarts = {"restarts": Restarts(Stagnation(3, 0.5), growth=1.5)}
    plain = make(law, seed, **copy.deepcopy(restarts))
    generations, states, reports = 9, [], []
    for _ in range(generations + after):
        states.append(json_and_arrays(plain.state()))
        reports.append((plain.ask().tobytes(), advance(plain), plain.metrics()))
    for begin in range(generations):
        other = make(law, seed, **copy.deepcopy(restarts))
        other.load(copy.deepcopy(states[begin]))
        for index in range(begin, begin + after):
            assert (other.ask().tobytes(), advance(other), other.metrics()) == reports[index]


def json_and_arrays(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: json_and_arrays(inner) for key, inner in value.items()}
    return value if isinstance(value, np.ndarray) else json.loads(json.dumps(value))


@pytest.mark.parametrize("law", LAWS)
def test_learnt_genomes_are_what_is_learnt_from_and_resume_knows(law: str) -> None:
    plain, other = make(law), make(law)
    for generation in range(6):
        genomes = plain.ask()
        told = genomes + np.float32(0.1) * (generation % 2)
        plain.tell(told, Measured(sphere(genomes)))
    other.load(plain.state())
    np.testing.assert_array_equal(plain.ask(), other.ask())
    # the same losses for other genomes
    one, untouched = make(law), make(law)
    genomes = one.ask()
    one.tell(genomes[::-1].copy(), Measured(sphere(genomes)))
    advance(untouched)
    assert not np.array_equal(one.ask(), untouched.ask())


@pytest.mark.parametrize("law", LAWS)
def test_masked_weights_never_change_and_are_no_dimension(law: str) -> None:
    mask = np.array([True, False, True, False, True, True])
    start = np.where(mask, np.float32(1), np.float32(-0.0))
    search = DistributionSearch(lambda _: start, LAWS[law](Streams(0)), size=10, mask=mask)
    alone = DistributionSearch(lambda _: start[mask], LAWS[law](Streams(0)), size=10)
    for _ in range(5):
        genomes = search.ask()
        assert np.signbit(genomes[:, ~mask]).all()
        assert (genomes[:, ~mask] == 0).all()
        np.testing.assert_array_equal(genomes[:, mask], alone.ask())
        losses = sphere(genomes)
        search.tell(genomes, Measured(losses))
        alone.tell(alone.ask(), Measured(losses))


@pytest.mark.parametrize("law", LAWS)
def test_only_the_order_of_the_losses_matters(law: str) -> None:
    one, other = make(law), make(law)
    for _ in range(5):
        genomes, losses = one.ask(), sphere(one.ask())
        np.testing.assert_array_equal(genomes, other.ask())
        one.tell(genomes, Measured(losses))
        stretched = np.exp(3 * losses)
        stretched[losses.argmax()] = np.inf
        other.tell(genomes, Measured(stretched))
    np.testing.assert_array_equal(one.ask(), other.ask())


@pytest.mark.parametrize("law", LAWS)
def test_stagnation_restarts_round_another_centre_with_more_samples(law: str) -> None:
    search = make(law, restarts=Restarts(Stagnation(2), growth=2.0))
    for _ in range(3):
        genomes = search.ask()
        assert len(genomes) == 10
        search.tell(genomes, Measured(np.zeros(10)))
    assert search.metrics()["restarts"] == 1
    assert len(search.ask()) == 20
    assert abs(float(search.ask().mean()) - 1) < 0.4
    assert search.metrics()["sigma"] == make(law).metrics()["sigma"]


@pytest.mark.parametrize("law", LAWS)
def test_global_generators_are_neither_read_nor_written(law: str) -> None:
    np.random.seed(7)
    before = np.random.get_state()
    first = make(law)
    advance(first, 5)
    np.testing.assert_equal(np.random.get_state(), before)
    np.random.seed(8)
    second = make(law)
    advance(second, 5)
    np.testing.assert_array_equal(first.ask(), second.ask())


@pytest.mark.parametrize("law", LAWS)
def test_ask_is_the_same_until_tell(law: str) -> None:
    search = make(law)
    with pytest.raises(ValueError, match="the genomes that ask gave last"):
        search.tell(np.zeros((10, SIZE), np.float32), Measured(np.zeros(10)))
    first = search.ask().copy()
    np.testing.assert_array_equal(search.ask(), first)
    advance(search)
    assert not np.array_equal(search.ask(), first)


BANDS: list[tuple[str, Callable[[np.ndarray], np.ndarray], int, int, int]] = [
    ("snes", lambda x: sphere(x + 0.5), 20, 1700, 2100),
    ("snes", ellipsoid, 20, 2400, 3000),
    ("cma-es", lambda x: sphere(x + 0.5), 20, 1150, 1550),
    ("cma-es", ellipsoid, 10, 3400, 4500),
]
"""Medians of peer implementations are 1,880, 2,715, 1,365 and 4,115 (benchmarks/strategies.py)."""


def ten_dimensional(law: str, seed: int) -> Any:
    streams = Streams(seed)
    start = streams.stream("start").normal(10).astype(np.float64)
    return DistributionSearch(lambda _restart: start, LAWS[law](streams), size=10)


@pytest.mark.parametrize(("law", "function", "seeds", "least", "most"), BANDS)
def test_published_rates_in_ten_dimensions(
    law: str, function: Callable[[np.ndarray], np.ndarray], seeds: int, least: int, most: int
) -> None:
    """Evaluations until a loss below 1e-8, float64, step size 1, the published population size."""
    needed = []
    for seed in range(many(sample=5, evidence=seeds)):
        search = ten_dimensional(law, seed)
        evaluations, lowest = 0, np.inf
        while lowest > 1e-8 and evaluations < 9000:
            genomes = search.ask()
            losses = function(genomes)
            search.tell(genomes, Measured(losses))
            evaluations, lowest = evaluations + len(losses), losses.min()
        needed.append(evaluations)
    assert least < np.median(needed) < most


def test_the_published_default_size() -> None:
    assert [default_size(d) for d in (1, 2, 10, 100)] == [4, 6, 10, 17]


def test_utilities_are_those_of_the_paper() -> None:
    found = utilities(4)
    raw = [math.log(3) - math.log(k) for k in (1, 2, 3)]
    np.testing.assert_allclose(found[:3], np.array(raw) / sum(raw) - 0.25, atol=1e-15)
    assert found[3] == -0.25
    assert abs(found.sum()) < 1e-15


def test_snes_learns_a_step_size_for_each_weight() -> None:
    search = DistributionSearch(lambda _: np.ones(4), Snes(Streams(0), 1.0), size=20)
    weights = np.array([1.0, 1e2, 1e4, 1e6])
    for _ in range(60):
        genomes = search.ask()
        search.tell(genomes, Measured((weights * genomes**2).sum(axis=1)))
    sigmas = search.state()["distribution"]["sigmas"]
    assert (np.diff(sigmas) < 0).all()
    assert sigmas[0] > 50 * sigmas[3]


@given(losses=st.lists(st.sampled_from([0.0, 1.0, 2.0, np.inf]), min_size=1, max_size=12))
def test_centred_ranks(losses: list[float]) -> None:
    found = centred_ranks(np.array(losses))
    better = [sum(other < loss for other in losses) for loss in losses]
    equal = [losses.count(loss) for loss in losses]
    rank = np.array(better) + (np.array(equal) - 1) / 2
    np.testing.assert_allclose(found, 0.5 - rank / max(1, len(losses) - 1), atol=1e-12)


def test_openai_es_asks_for_opposite_pairs_and_follows_the_gradient() -> None:
    law = OpenAIES(Streams(3), 0.5, Ascent("sgd", 1.0, momentum=0.0))
    search = DistributionSearch(lambda _: np.zeros(3), law, size=1999)
    genomes = search.ask()
    assert len(genomes) == 2000, "pairs"
    np.testing.assert_allclose(genomes[:1000], -genomes[1000:])
    slope = np.array([1.0, -2.0, 0.5])
    search.tell(genomes, Measured(genomes @ slope))
    step = search.state()["distribution"]["centre"]
    assert step @ -slope / np.linalg.norm(step) / np.linalg.norm(slope) > 0.99
    # E[rank * eps] / sigma for a linear function: 1 / (2 sqrt(pi)) per step size
    assert np.linalg.norm(step) == pytest.approx(1 / (2 * math.sqrt(math.pi)) / 0.5, rel=0.05)


def test_adam_is_adam() -> None:
    """The first step is the rate in each direction; later ones as in the paper's algorithm 1."""
    ascent, first, second = Ascent("adam", 0.1), np.zeros(2), np.zeros(2)
    m, v = np.zeros(2), np.zeros(2)
    for count, gradient in enumerate(np.array([[3.0, -0.01], [1.0, 0.02], [-2.0, 0.0]]), 1):
        step = ascent.step(gradient, first, second, count)
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        expected = 0.1 * (m / (1 - 0.9**count)) / np.sqrt(v / (1 - 0.999**count))
        np.testing.assert_allclose(step, expected, rtol=1e-3)


def test_cma_es_says_how_to_install_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cma", None)
    with pytest.raises(MissingExtra, match=r"CMA-ES needs .*: run pip install 'vynapse\[cma\]'"):
        CmaEs(Streams(0), 1.0)


def test_cma_es_is_loaded_only_when_it_is_wanted() -> None:
    import subprocess

    code = "import vynapse.trainers.deap, sys; print('cma' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False False\n"
