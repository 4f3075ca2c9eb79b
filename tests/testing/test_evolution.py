# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Checkers of populations, encodings and evaluators: the built-in ones pass, broken ones do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.evidence import many
from vynapse.core import Array, State
from vynapse.evolution.box import Box
from vynapse.evolution.encoding import ArrayEncoding
from vynapse.evolution.evaluators.inline import Inline
from vynapse.evolution.map_elites import Grid, IsoLine, MapElites
from vynapse.evolution.measured import Measured
from vynapse.evolution.named import make_population
from vynapse.evolution.nsga2 import Nsga2
from vynapse.evolution.objective import TrainingExamples
from vynapse.evolution.strategies.kind import STRATEGIES
from vynapse.evolution.vectors import VectorEncoding
from vynapse.networks.mlp import MLP
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_task
from vynapse.testing import check_encoding, check_evaluator, check_population

SIZE = 3
VECTORS = VectorEncoding(Box(-np.inf, np.inf, np.zeros(SIZE)))


def sphere(genomes: Array) -> Measured:
    wide = genomes.astype(np.float64)
    losses = ((wide - 0.3) ** 2).sum(axis=1)
    return Measured(losses, descriptors=wide[:, :2])


def trade_off(genomes: Array) -> Measured:
    wide = genomes.astype(np.float64)
    return Measured.by_objectives(
        np.stack([(wide**2).sum(axis=1), ((wide - 1) ** 2).sum(axis=1)], axis=1)
    )


@pytest.mark.parametrize("strategy", STRATEGIES.names())
@pytest.mark.parametrize("seed", range(many(sample=1, evidence=3)))
def test_every_strategy_keeps_the_promises_of_a_population(strategy: str, seed: int) -> None:
    def make() -> Any:
        keys = {"kind": strategy, "restart_patience": 3, "min_delta": 0.5}
        return make_population(keys, np.ones(SIZE), sigma=0.5, size=8, seed=seed)

    check_population(make, sphere, VECTORS)


def nsga2() -> Nsga2:
    low = np.zeros(SIZE, np.float32)
    return Nsga2(low, low + 1, Streams(0), population=8)


def map_elites() -> MapElites:
    return MapElites(
        np.zeros(SIZE, np.float32),
        Grid((0.0, 0.0), (1.0, 1.0), (4, 4)),
        Streams(0),
        variation=IsoLine(0.1, 0.2),
        initial_sigma=0.5,
        batch=8,
    )


def test_nsga2_and_map_elites_keep_the_promises_of_a_population() -> None:
    check_population(nsga2, trade_off, VECTORS)
    check_population(map_elites, sphere, VECTORS)


class Broken:
    """A sound population, but for one method."""

    def __init__(self, **methods: Callable[..., Any]) -> None:
        self.inner = make_population("mu+lambda", np.ones(SIZE), sigma=0.5, size=16)
        self.methods, self.count = methods, 0

    def _call(self, name: str, *args: Any) -> Any:
        method = self.methods.get(name)
        return method(self, *args) if method else getattr(self.inner, name)(*args)

    def ask(self) -> Any:
        return self._call("ask")

    def tell(self, genomes: Array, measured: Measured) -> None:
        self._call("tell", genomes, measured)

    def emigrants(self, count: int) -> Any:
        return self._call("emigrants", count)

    def receive(self, genomes: Array, measured: Measured) -> None:
        self._call("receive", genomes, measured)

    def metrics(self) -> Any:
        return self._call("metrics")

    def state(self) -> Any:
        return self._call("state")

    def load(self, state: State) -> None:
        self._call("load", state)


def counted(self: Broken) -> Array:
    self.count += 1
    return self.inner.ask() + np.float32(self.count)


def in_place(self: Broken, genomes: Array, measured: Measured) -> None:
    self.inner.tell(genomes, measured)
    genomes.flags.writeable = True
    genomes += 1


def forgetful(self: Broken, state: State) -> None:
    self.inner.load({**state, "generation": 0})


def global_numbers(self: Broken) -> Array:
    np.random.random()
    return self.inner.ask()


@pytest.mark.parametrize(
    ("methods", "sentence"),
    [
        ({"ask": counted}, "ask\\(\\) twice gave other genomes"),
        ({"tell": in_place}, "tell\\(\\) changed the genomes"),
        ({"load": forgetful}, "loaded after generation 0: generation 1 has other genomes"),
        ({"ask": global_numbers}, "global random generator"),
        ({"state": lambda self: {"set": {1, 2}}}, "a NumPy array or JSON value was wanted"),
        (
            {"emigrants": lambda self, count: self.inner.emigrants(count + 1)},
            "emigrants\\(2\\) gave more than 2",
        ),
        (
            {
                "emigrants": lambda self, count: (
                    self.inner.emigrants(count)[0],
                    Measured(np.ones(2)),
                )
            },
            "losses that are not those of its genomes",
        ),
    ],
)
def test_a_broken_population_is_caught(methods: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_population(lambda: Broken(**methods), sphere, VECTORS)


STRUCTURE = MLP(sizes=(2, 2, 1), output="sigmoid")


def some_genomes() -> Array:
    return Streams(0).stream("genomes").normal(9, 0, np.arange(5))


def encoding_but(**methods: Any) -> Any:
    """A sound encoding, but for these methods."""
    sound = ArrayEncoding(STRUCTURE)

    class Changed:
        path = "numpy"

        def __getattr__(self, name: str) -> Any:
            return methods.get(name, getattr(sound, name))

    changed = Changed()
    for name in dir(sound):
        if not name.startswith("_") and name != "path":
            setattr(changed, name, methods.get(name, getattr(sound, name)))
    return changed


@pytest.mark.parametrize(
    ("name", "method", "sentence"),
    [
        ("forward", lambda g, x: np.zeros((len(g), 1, len(x))), "must give \\(population, batch"),
        ("forward", lambda g, x: np.zeros((len(g), len(x), 1)), "the decoded network differ"),
        ("encode", lambda genome, network: genome + 1, "is not genome 0"),
        ("flops", lambda genomes: -1, "flops\\(\\) must not be negative"),
        ("unpack", lambda packed: packed[:-1], "another number of genomes"),
        ("unpack", lambda packed: packed[::-1].copy(), "are other genomes"),
        ("pack", lambda genomes: {1, 2}, "a NumPy array or JSON value was wanted"),
        ("select", lambda genomes, rows: genomes[np.sort(rows)], "the order of rows"),
    ],
)
def test_a_broken_encoding_is_caught(name: str, method: Any, sentence: str) -> None:
    inputs = np.array([[0, 0], [0, 1], [1, 0]], np.float32)
    check_encoding(encoding_but(), some_genomes(), inputs)
    with pytest.raises(AssertionError, match=sentence):
        check_encoding(encoding_but(**{name: method}), some_genomes(), inputs)


def test_the_encoding_of_vectors_keeps_its_promises() -> None:
    for dtype in (np.float32, np.float64):
        genomes = some_genomes()[:, :SIZE].astype(dtype)
        check_encoding(VECTORS, genomes, np.empty((4, 0), np.float32))
    boxed = VectorEncoding(Box(-0.5, 0.5, np.zeros(SIZE)))
    check_encoding(boxed, some_genomes()[:, :SIZE], np.empty((4, 0), np.float32))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda m: m.losses, "Measured was wanted, got ndarray"),
        (lambda m: Measured(m.losses[:-1], m.cost), "one loss per genome was wanted"),
        (lambda m: Measured(m.losses + 1, m.cost), "not what the objective gives"),
        (lambda m: Measured(np.sort(m.losses), m.cost), "not what the objective gives"),
        (lambda m: Measured(m.losses), "measuring here costs"),
    ],
)
def test_a_broken_evaluator_is_caught(change: Any, sentence: str) -> None:
    task = make_task("xor", {})
    objective = TrainingExamples(task, None, Streams(0).stream("examples")).objective(0)
    encoding, genomes = ArrayEncoding(STRUCTURE), some_genomes()
    check_evaluator(Inline(), objective, encoding, genomes)

    def broken(objective: Any, encoding: Any, genomes: Any) -> Any:
        return change(objective.measure(encoding, genomes))

    with pytest.raises(AssertionError, match=sentence):
        check_evaluator(broken, objective, encoding, genomes)
