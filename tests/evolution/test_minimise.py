# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Plain functions: what is found, where a search stops, and how it goes on."""

from __future__ import annotations

import math
import os
import random
import signal
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vynapse
from tests.evidence import many
from vynapse.errors import CheckpointError, ConfigError, TrainingError
from vynapse.evolution.box import Box, limits_of
from vynapse.evolution.function import FunctionObjective
from vynapse.evolution.named import make_population
from vynapse.evolution.policies import Policy
from vynapse.evolution.strategies.kind import STRATEGIES as KINDS
from vynapse.trainers.minimise import Result, Standing, minimize

STRATEGIES = KINDS.names()


def sphere(x: np.ndarray) -> float:
    return float(((x - 0.3) ** 2).sum())


def spheres(x: np.ndarray) -> np.ndarray:
    return np.asarray(((x - 0.3) ** 2).sum(axis=1))


def ellipsoids(x: np.ndarray) -> np.ndarray:
    return np.asarray((x**2 * 1e6 ** np.linspace(0, 1, x.shape[1])).sum(axis=1))


def rosenbrocks(x: np.ndarray) -> np.ndarray:
    a, b = x[:, :-1], x[:, 1:]
    return np.asarray((100 * (b - a**2) ** 2 + (1 - a) ** 2).sum(axis=1))


def rastrigins(x: np.ndarray) -> np.ndarray:
    return np.asarray((10 + x**2 - 10 * np.cos(2 * np.pi * x)).sum(axis=1))


def same(one: Result, other: Result) -> None:
    assert one.x.tobytes() == other.x.tobytes()
    assert (one.fun, one.evaluations, one.generations) == (
        other.fun,
        other.evaluations,
        other.generations,
    )
    np.testing.assert_equal(one.state, other.state)


@pytest.mark.parametrize(
    ("function", "strategy", "dimensions", "target", "evaluations", "seeds"),
    [
        (spheres, "snes", 5, 1e-6, 1_500, 10),
        (spheres, "cma-es", 5, 1e-6, 1_500, 3),
        (spheres, "mu,lambda", 5, 1e-6, 2_500, 3),
        (spheres, "mu+lambda", 5, 1e-6, 2_500, 3),
        (spheres, "generational", 5, 1e-6, 5_000, 3),
        (spheres, "steady-state", 2, 1e-6, 1_500, 3),
        (spheres, "openai-es", 2, 1e-1, 2_000, 3),
        (spheres, "snes", 1, 1e-12, 1_000, 3),
        (ellipsoids, "snes", 5, 1e-6, 2_500, 10),
        (rosenbrocks, "cma-es", 5, 1e-6, 10_000, 5),
    ],
)
def test_what_each_strategy_solves(
    function: Any,
    strategy: str,
    dimensions: int,
    target: float,
    evaluations: int,
    seeds: int,
) -> None:
    for seed in range(many(sample=2, evidence=seeds)):
        x0 = np.random.default_rng(seed).uniform(-2, 2, dimensions)
        result = minimize(
            function,
            x0,
            sigma=0.7,
            strategy=strategy,
            evaluations=evaluations,
            target=target,
            seed=seed,
            batched=True,
        )
        assert result.stop == "target"
        assert result.fun < target
        assert function(result.x[None])[0] == result.fun, "x is what the function saw"


@pytest.mark.parametrize("strategy", KINDS.names())
def test_the_same_call_gives_the_same_bits_and_touches_no_global_generator(
    strategy: str,
) -> None:
    before = random.getstate(), repr(np.random.get_state())
    runs = [
        minimize(sphere, np.ones(3), sigma=0.5, strategy=strategy, evaluations=200, seed=seed)
        for seed in (4, 4, 5)
    ]
    same(runs[0], runs[1])
    assert runs[0].x.tobytes() != runs[2].x.tobytes()
    assert (random.getstate(), repr(np.random.get_state())) == before


@pytest.mark.parametrize("strategy", KINDS.names())
@pytest.mark.parametrize("first", [1, 50, 123])
def test_going_on_from_a_result_changes_no_bit(strategy: str, first: int) -> None:
    def search(evaluations: int, state: Any = None) -> Result:
        return minimize(
            sphere,
            [1.0, 2.0, 3.0],
            sigma=0.5,
            strategy=strategy,
            evaluations=evaluations,
            state=state,
        )

    whole = search(300)
    part = search(first)
    assert (part.evaluations, part.stop) == (first, "evaluations")
    same(search(300, part.state), whole)
    np.testing.assert_array_equal(search(300, part.state).history, whole.history)
    same(search(first, whole.state), whole)


def test_one_call_for_a_generation_is_the_same_as_one_for_each() -> None:
    options: dict[str, Any] = {"sigma": 0.5, "evaluations": 500, "seed": 3}
    one = minimize(lambda x: float(x[0] ** 2 + x[1] ** 4), [1, 2], **options)
    all_at_once = minimize(lambda x: x[:, 0] ** 2 + x[:, 1] ** 4, [1, 2], batched=True, **options)
    same(one, all_at_once)


@pytest.mark.parametrize("strategy", ["snes", "steady-state"])
def test_workers_change_no_bit(strategy: str) -> None:
    options: dict[str, Any] = {"sigma": 0.5, "evaluations": 60, "strategy": strategy}
    here = minimize(np.linalg.norm, np.ones(4), **options)
    same(minimize(np.linalg.norm, np.ones(4), workers=2, **options), here)
    assert here.reproducible


def test_time_in_a_decision_makes_a_run_not_reproducible() -> None:
    policy = Policy(timeout=60)
    late = minimize(np.linalg.norm, np.ones(2), sigma=0.5, evaluations=8, policy=policy)
    assert not late.reproducible
    timed = minimize(sphere, np.ones(2), sigma=0.5, seconds=0.05)
    assert (timed.stop, timed.reproducible) == ("seconds", False)
    assert 0.05 <= timed.seconds < 5


def test_limits_are_kept_and_history_and_callback_see_every_generation() -> None:
    calls = 0
    seen: list[Standing] = []

    def counted(x: np.ndarray) -> float:
        nonlocal calls
        calls += 1
        return sphere(x)

    result = minimize(counted, np.ones(4), sigma=0.5, evaluations=101, callback=seen.append)
    assert (calls, result.evaluations, result.generations) == (101, 101, 12)
    assert result.history[:, 0].tolist() == [8 * k for k in range(1, 13)]
    assert (np.diff(result.history[:, 1]) <= 0).all()
    assert [progress.evaluations for progress in seen] == result.history[:, 0].tolist()
    assert [progress.fun for progress in seen] == result.history[:, 1].tolist()
    assert sphere(seen[-1].x) == seen[-1].fun
    assert seen[-1].metrics["sigma"] > 0
    assert minimize(sphere, np.ones(4), sigma=0.5, generations=5).generations == 5
    reached = minimize(sphere, np.ones(4), sigma=0.5, target=0.5, evaluations=10_000)
    assert reached.stop == "target"
    assert reached.fun < 0.5


def test_a_genome_far_larger_population_is_asked_for() -> None:
    assert minimize(sphere, np.ones(4), sigma=0.5, generations=2, population=50).evaluations == 100


def test_a_search_starts_afresh_when_it_is_stuck_in_a_local_minimum() -> None:
    restarts: list[float] = []

    def note(progress: Standing) -> None:
        restarts.append(progress.metrics["restarts"])

    for seed in range(3):
        result = minimize(
            rastrigins,
            [2.6, -1.6],
            sigma=1.0,
            evaluations=10_000,
            target=1e-6,
            seed=seed,
            batched=True,
            callback=note,
        )
        assert result.stop == "target"
    assert max(restarts) > 0


@pytest.mark.parametrize("bounds", [(-1.0, 2.0), ([-1, 0.5], [np.inf, 2.0]), (-np.inf, 2.0)])
def test_the_function_sees_no_vector_outside_its_bounds(bounds: Any) -> None:
    low, high = (np.broadcast_to(bound, 2) for bound in bounds)

    def slope(x: np.ndarray) -> float:
        assert (low <= x).all()
        assert (x <= high).all()
        return float(-x[1] + (x[0] - 1.9) ** 2)

    result = minimize(slope, [0.0, 1.0], sigma=1.0, evaluations=2000, bounds=bounds)
    np.testing.assert_allclose(result.x, [1.9, 2.0], atol=1e-3)
    assert slope(result.x) == result.fun


finite = st.floats(-1e3, 1e3)


@given(low=finite, width=st.floats(1e-3, 1e3), x=st.floats(-1e6, 1e6))
def test_reflection_is_a_mirror_at_each_bound(low: float, width: float, x: float) -> None:
    start = np.array([low + width / 2])
    box = Box(low, low + width, start)
    inside = box.inside(np.array([x]))
    assert box.low <= inside <= box.high
    if low <= x <= low + width:
        assert inside == x
    else:
        mirrored = np.array([2 * low - x])
        np.testing.assert_allclose(box.inside(mirrored), inside, atol=1e-6 * (abs(x) + width))
        far = np.array([x + 2 * width])
        np.testing.assert_allclose(box.inside(far), inside, atol=1e-6 * (abs(x) + width))


@given(bound=finite, distance=st.floats(0, 1e6))
def test_one_bound_is_one_mirror(bound: float, distance: float) -> None:
    above, below = np.array([bound + distance]), np.array([bound - distance])
    lower = Box(bound, np.inf, np.array([bound + 1]))
    upper = Box(-np.inf, bound, np.array([bound - 1]))
    np.testing.assert_allclose(lower.inside(below), above, atol=1e-9)
    np.testing.assert_allclose(upper.inside(above), below, atol=1e-9)
    assert lower.inside(above) == above
    assert upper.inside(below) == below


def test_troubles_are_penalised_as_the_policy_says_and_counted() -> None:
    def fragile(x: np.ndarray) -> float:
        if x[0] > 1.2:
            raise ArithmeticError
        return math.nan if x[1] > 1.2 else sphere(x)

    lenient = Policy(on_exception="penalise")
    result = minimize(fragile, np.ones(2), sigma=0.5, evaluations=600, policy=lenient)
    assert result.fun < 1e-6
    assert result.penalised["exception"] > 0
    assert result.penalised["nonfinite"] > 0
    with pytest.raises(TrainingError, match="raised ArithmeticError for genome") as raised:
        minimize(fragile, np.ones(2), sigma=0.5, evaluations=600)
    assert isinstance(raised.value.__cause__, ArithmeticError)


def test_a_function_without_any_finite_value_is_a_sentence() -> None:
    with pytest.raises(TrainingError, match="not one of 8 genomes has a finite loss"):
        minimize(lambda x: math.nan, np.ones(4), sigma=1.0, evaluations=100)
    with pytest.raises(TrainingError, match="not one of 3 evaluations gave a finite value"):
        minimize(lambda x: math.nan, np.ones(4), sigma=1.0, evaluations=3)


def infinite_below_one(x: np.ndarray) -> float:
    """Lowest on the border of a region without values."""
    return math.inf if x[0] < 1 else float((x**2).sum())


def a_needle(x: np.ndarray) -> float:
    """Finite in a small ball alone."""
    distance = float(((x - 1) ** 2).sum())
    return distance if distance < 0.4 else math.nan


@pytest.mark.parametrize("seed", range(many(sample=2, evidence=10)))
@pytest.mark.parametrize("strategy", KINDS.names())
def test_what_was_found_is_never_lost(strategy: str, seed: int) -> None:
    """A generation without a finite value ends the search with the best so far."""
    if strategy == "cma-es":
        pytest.importorskip("cma")
    settings: dict[str, Any] = {"strategy": strategy, "evaluations": 3000, "seed": seed}
    found = minimize(infinite_below_one, [2.0, 1.0], sigma=0.5, **settings)
    assert found.fun < 1.1
    assert found.stop in {"evaluations", "nothing finite"}
    assert infinite_below_one(found.x) == found.fun
    settings["evaluations"] = 600
    needle = minimize(a_needle, [1.3, 1.2], sigma=0.2, **settings)
    assert needle.fun < 0.13
    assert needle.stop in {"evaluations", "nothing finite"}


@pytest.mark.parametrize(
    ("bounds", "low", "high"),
    [
        (([0, -1, -np.inf], 2), [0, -1, -np.inf], [2, 2, 2]),
        ([(0, 2), (-1, 2), (None, 2)], [0, -1, -np.inf], [2, 2, 2]),
        (((0, 2), (-1, 2), (0, None)), [0, -1, 0], [2, 2, np.inf]),
        ((None, 2), [-np.inf] * 3, [2] * 3),
        ([0, 2], [0] * 3, [2] * 3),
        (np.array([[0, 2], [0, 2], [0, 3]]), [0, 0, 0], [2, 2, 3]),
    ],
)
def test_bounds_are_limits_or_pairs(bounds: Any, low: Any, high: Any) -> None:
    found = limits_of(bounds, np.ones(3))
    for one, wanted in zip(found, (low, high), strict=True):
        np.testing.assert_array_equal(np.broadcast_to(one, 3), wanted)


def test_two_pairs_are_told_from_two_limits() -> None:
    start = np.ones(2)
    np.testing.assert_array_equal(limits_of([(0, 5), (1, 9)], start), [[0, 1], [5, 9]])
    np.testing.assert_array_equal(limits_of(([0, 5], [3, 9]), start), [[0, 5], [3, 9]])
    for either in (((0, 5), (3, 9)), [[0, 5], [3, 9]], np.array([[0, 5], [3, 9]])):
        with pytest.raises(ConfigError, match="may be two pairs or two limits"):
            limits_of(either, start)


WRONG = {
    "bounds=5": "bounds: a lowest and a highest value, or 3 pairs of them, were wanted, got 5",
    "bounds=[(0, 1)] * 4": "bounds: a lowest and a highest value, or 3 pairs of them, were wanted",
    "bounds=('a', 'b')": "bounds: real numbers were wanted",
    "bounds=[(0, 1j)] * 3": "bounds: real numbers were wanted",
    "strategy=None": "strategy: a name, or a mapping of its kind and keys was wanted, got None",
    "callback=5": "callback: a function of a Standing was wanted, got 5",
    "target=math.nan": "target: a finite number was wanted, got nan",
    "evaluations=True": "evaluations: an integer of at least 1 was wanted, got True",
    "state={}": "state: the state of a result of minimize was wanted",
    "state=5": "state: the state of a result of minimize was wanted",
    "state={**state, 'made': {}}": "state: the state of a result of minimize was wanted",
    "state={**state, 'loop': {}}": "ask and tell: the state does not fit",
    "state={'made': state['made']}": "search: the state does not fit: it lacks history",
}


def test_an_argument_of_another_kind_is_a_sentence() -> None:
    """Without the types that the tests check, as users call it."""
    calls = "\n".join(f"    lambda: call({argument})," for argument in WRONG)
    program = f"""
import math, vynapse
def call(**given):
    keys = {{"sigma": 0.5, "evaluations": 30, **given}}
    return vynapse.minimize(lambda x: float((x**2).sum()), [1.0, 1.0, 1.0], **keys)
state = dict(call().state)
for attempt in [
{calls}
]:
    try:
        print("no error", attempt())
    except vynapse.VynapseError as error:
        print(error)
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    said = found.stdout.splitlines()
    assert found.returncode == 0, found.stderr
    for line, sentence in zip(said, WRONG.values(), strict=True):
        assert line.startswith(sentence)


def test_an_interrupt_loses_nothing() -> None:
    """Whether the function raises it or the terminal sends it, the search goes on bit for bit."""
    whole = minimize(sphere, np.ones(4), sigma=0.5, evaluations=300)

    def interrupted(by: str) -> Result:
        calls = 0

        def function(x: np.ndarray) -> float:
            nonlocal calls
            calls += 1
            if calls == 45 and by == "function":
                raise KeyboardInterrupt
            if calls == 45:
                os.kill(os.getpid(), signal.SIGINT)
            return sphere(x)

        return minimize(function, np.ones(4), sigma=0.5, evaluations=300)

    for by in ("function", "terminal"):
        result = interrupted(by)
        assert (result.stop, result.evaluations) == ("interrupted", 44)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        again = minimize(sphere, np.ones(4), sigma=0.5, evaluations=300, state=result.state)
        same(again, whole)
        a_few = minimize(sphere, np.ones(4), sigma=0.5, evaluations=46, state=result.state)
        assert a_few.evaluations == 46, "four were pending"


def test_an_interrupt_between_evaluations_waits_for_the_bookkeeping() -> None:
    """A signal that arrives while a generation is applied ends the search before the next one."""
    whole = minimize(sphere, np.ones(4), sigma=0.5, evaluations=300)
    from vynapse.evolution.strategies.snes import Snes

    learn = Snes.learn
    count = 0

    def interrupting(self: Any, *args: Any) -> None:
        nonlocal count
        count += 1
        if count == 7:
            os.kill(os.getpid(), signal.SIGINT)
        learn(self, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Snes, "learn", interrupting)
        result = minimize(sphere, np.ones(4), sigma=0.5, evaluations=300)
    assert (result.stop, result.evaluations, result.generations) == ("interrupted", 56, 7)
    same(minimize(sphere, np.ones(4), sigma=0.5, evaluations=300, state=result.state), whole)


def test_an_interrupt_after_the_last_evaluation_of_a_generation_keeps_its_history() -> None:
    whole = minimize(sphere, np.ones(4), sigma=0.5, evaluations=80)
    each = FunctionObjective.each

    def interrupting(self: Any, *args: Any) -> Any:
        yield from each(self, *args)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FunctionObjective, "each", interrupting)
        result = minimize(sphere, np.ones(4), sigma=0.5, evaluations=80)
    assert (result.stop, result.generations) == ("interrupted", 1)
    same(minimize(sphere, np.ones(4), sigma=0.5, evaluations=80, state=result.state), whole)


def test_an_interrupt_before_anything_is_known_is_an_interrupt() -> None:
    def function(x: np.ndarray) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        minimize(function, np.ones(4), sigma=0.5, evaluations=300)


def test_it_works_outside_the_main_thread() -> None:
    results: list[Result] = []
    thread = threading.Thread(
        target=lambda: results.append(minimize(sphere, np.ones(3), sigma=0.5, evaluations=50))
    )
    thread.start()
    thread.join()
    same(results[0], minimize(sphere, np.ones(3), sigma=0.5, evaluations=50))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"sigma": 0.0}, "sigma: a finite number > 0 was wanted, got 0.0"),
        ({"sigma": math.inf}, "sigma: a finite number > 0 was wanted, got inf"),
        ({"population": 1}, "population: an integer of at least 2 was wanted, got 1"),
        ({"workers": 0}, "workers: an integer of at least 1 was wanted, got 0"),
        ({"evaluations": 0}, "evaluations: an integer of at least 1 was wanted, got 0"),
        ({"evaluations": None, "target": 1.0}, "a target alone may never be reached"),
        ({"seconds": -1.0}, "seconds: a finite number > 0 was wanted, got -1.0"),
        ({"x0": 1.0}, r"x0: a vector of at least one real number was wanted, .* shape \(\)"),
        ({"x0": []}, r"x0: a vector of at least one real number was wanted, .* shape \(0,\)"),
        ({"x0": ["a"]}, "x0: a vector of at least one real number was wanted, got <U1"),
        ({"x0": [1.0, math.nan]}, "x0: finite numbers were wanted"),
        ({"bounds": (2.0, 3.0)}, "got 2.0, 3.0 and 1.0 for parameter 0"),
        ({"bounds": (1.0, 1.0)}, "low < high"),
        ({"bounds": (-np.ones(3), 5.0)}, r"a lowest and a highest value, or 2 pairs"),
        ({"batched": True, "workers": 2}, "use workers=1 and no timeout"),
        ({"workers": 2}, "define it at the top level of a module"),
        ({"strategy": "cma-es", "x0": [1.0]}, "cma-es: at least 2 parameters"),
        ({"seed": -1}, r"seed: an integer in \[0, 2\^64\) was wanted, got -1"),
    ],
)
def test_a_wrong_argument_is_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    arguments: dict[str, Any] = {"x0": [1.0, 1.0], "sigma": 0.5, "evaluations": 10, **changes}
    with pytest.raises(ConfigError, match=sentence) as raised:
        minimize(lambda x: 0.0, **arguments)
    assert "\n" not in str(raised.value)


def test_a_state_of_another_search_is_refused() -> None:
    state = minimize(sphere, np.ones(2), sigma=0.5, evaluations=10).state
    for changes, name in (
        ({"sigma": 0.6}, "sigma=0.5"),
        ({"seed": 1}, "seed=0"),
        ({"strategy": "cma-es"}, "strategy='snes'"),
    ):
        options: dict[str, Any] = {"sigma": 0.5, "evaluations": 20, **changes}
        with pytest.raises(CheckpointError, match=f"with {name}, here it is"):
            minimize(sphere, np.ones(2), state=state, **options)
    with pytest.raises(CheckpointError, match="with x0="):
        minimize(sphere, np.zeros(2), sigma=0.5, evaluations=20, state=state)


def test_an_unknown_strategy_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown strategy 'sness': did you mean 'snes'?"):
        make_population("sness", np.ones(2), sigma=1.0)


def test_it_is_public_and_loads_no_torch() -> None:
    assert vynapse.minimize is minimize
    code = (
        "import sys, vynapse\n"
        "result = vynapse.minimize(lambda x: x @ x, [1.0, 2.0], sigma=1, evaluations=50)\n"
        "print(result.evaluations, sorted({'torch', 'cma'} & sys.modules.keys()))"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert output == "50 []\n"
