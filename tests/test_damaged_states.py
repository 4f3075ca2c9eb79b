# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whatever has a state refuses a damaged one in a sentence: every part of it is damaged in turn."""

from __future__ import annotations

import copy
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evidence import EVIDENCE
from vynapse.core import State, Trainer
from vynapse.errors import CheckpointError
from vynapse.esper.tamiyo.controllers import CONTROLLERS as ALL_CONTROLLERS
from vynapse.esper.tamiyo.controllers import make_controller
from vynapse.evolution.ask_tell import AskTell
from vynapse.evolution.named import make_population
from vynapse.evolution.strategies.kind import STRATEGIES
from vynapse.experiment.config import load_recipe
from vynapse.experiment.plan import prepare
from vynapse.seeding import Streams
from vynapse.trainers.minimise import minimize

XOR = ["budget.steps=6"]
FUNCTION = ["budget.steps=6", "task.path=damaged_states_function:two", "task.size=2"]
FUNCTION += ["task.low=0", "task.high=1", "task.start=0.5"]

TRAINERS: dict[str, tuple[str, str, list[str], int]] = {
    "sgd": ("xor", "sgd", [*XOR, "optimizer=adamw"], 3),
    "static": ("xor", "static", XOR, 3),
    "deap fused": ("xor", "deap", [*XOR, "generations_per_call=1"], 3),
    "deap snes": ("xor", "deap", [*XOR, "strategy=snes"], 3),
    "deap episodes": ("cartpole", "deap", [*XOR, "strategy={kind: snes, offspring: 4}"], 2),
    "neat": ("xor", "neat", [*XOR, "population=20"], 4),
    "neat episodes": ("cartpole", "neat", [*XOR, "population=10"], 2),
    "nsga2": ("function", "nsga2", [*FUNCTION, "task.objectives=2", "population=8"], 3),
    "map-elites": (
        "function",
        "map-elites",
        [*FUNCTION, "task.descriptors=1", "batch=8", "grid={low: 0, high: 1, cells: 4}"],
        3,
    ),
    "grow": ("spirals", "grow", ["budget.epochs=12"], 6),
    "prune": ("spirals", "prune", ["budget.epochs=12"], 4),
}


MODULE = """
def two(x):
    return [float((x**2).sum()), float(x[0])]
"""
HARMLESS = (
    "forwards", "backwards", "flops", "env_steps",  # absent from files before 0.2 where it was 0
    "population.best", "population.best_loss",  # of restarts, absent from files before 0.2
    "champion_score",  # absent from files before 0.2
    "winner_structure.hidden", "winner_structure.output", "winner_structure.bias",  # have defaults
    "population.metrics",  # what was measured, shown and measured anew
)  # fmt: skip
"""What may be absent. An array whose length is free may be longer."""
FREE = (
    "chronicle.known", "chronicle.alive", "population.connections", "population.splits",
    "population.ancestry.champions", "population.metrics", "best.genome", "history",
    "population.distribution.ranks",  # a longer history
)  # fmt: skip
MOST = 10**9 if EVIDENCE else 50


@pytest.fixture(autouse=True)
def _function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "damaged_states_function.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("damaged_states_function", None)


def leaves(tree: State, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every name in a state, and what stands there."""
    for key, value in tree.items():
        if key in {"made_from", "made"}:  # they are compared as values
            continue
        yield (*path, key), value
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))


def changed(state: State, path: tuple[str, ...], value: Any) -> State:
    """A copy in which something else stands at a place; `...` for nothing at all."""
    copied = copy.deepcopy(state)
    inner = copied
    for key in path[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return copied


def damages(state: State) -> Iterator[tuple[str, State]]:
    """Names of what is wrong, and the damaged states."""
    for path, value in leaves(state):
        name = ".".join(path)
        known = name.removeprefix("loop.").removeprefix("book.")
        if not known.startswith(HARMLESS):
            yield f"{name}: absent", changed(state, path, ...)
        if isinstance(value, np.ndarray):
            wider = np.zeros((*value.shape, 2), value.dtype)
            yield f"{name}: wider", changed(state, path, wider)
            yield f"{name}: complex", changed(state, path, value.astype(np.complex128))
            yield f"{name}: a list", changed(state, path, value.tolist())
            if value.ndim and not known.startswith(FREE):
                longer = np.zeros((len(value) + 1, *value.shape[1:]), value.dtype)
                yield f"{name}: longer", changed(state, path, longer)
        else:
            yield f"{name}: an array", changed(state, path, np.zeros(3))
            if not isinstance(value, str | type(None)):
                yield f"{name}: a text", changed(state, path, "x")
            if not isinstance(value, dict | type(None)):
                yield f"{name}: names", changed(state, path, {"a": 1})
            if isinstance(value, dict) and known not in FREE:
                yield f"{name}: one more", changed(state, path, {**value, "no such": "x"})


def refused(make: Callable[[], Any], state: State) -> None:
    """A few of the damages, or all of them, raise `CheckpointError` and nothing else."""
    make().load(copy.deepcopy(state))
    every = list(damages(state))
    chosen = every if len(every) <= MOST else random.Random(16).sample(every, MOST)
    loader = make()
    for name, damaged in chosen:
        try:
            loader.load(damaged)
        except CheckpointError as error:
            found = str(error)
        except Exception as error:
            raise AssertionError(f"{name}: {type(error).__name__}: {error}") from error
        else:
            raise AssertionError(f"{name}: it was loaded")
        assert len(found.splitlines()) == 1, name
    for wrong in ({}, {"a": 1}):
        with pytest.raises(CheckpointError):
            loader.load(wrong)


def trainer(name: str, *more: str) -> Trainer:
    task, mode, keys, _ = TRAINERS[name]
    return prepare(load_recipe(task, mode, overrides=[*keys, *more])).build(0, None)[0]


@pytest.mark.parametrize("name", TRAINERS)
def test_a_trainer(name: str) -> None:
    one = trainer(name)
    for _ in range(TRAINERS[name][-1]):
        one.step()
    refused(lambda: trainer(name), one.state())


@pytest.mark.parametrize("name", ["neat", "grow", "prune", "sgd", "deap snes"])
def test_a_trainer_made_differently(name: str) -> None:
    one = trainer(name)
    one.step()
    for change in ("seed=7", {"neat": "add_node=0.5"}.get(name, "seed=8")):
        with pytest.raises(CheckpointError, match="made differently"):
            trainer(name, change).load(one.state())


def test_growth_that_refuses_a_state_is_as_it_was() -> None:
    one, other = trainer("grow"), trainer("grow")
    one.step()
    state = one.state()
    state["winner"] = {"x": np.zeros(3, np.float32)}
    other.step()
    before = other.winner().sha256()
    with pytest.raises(CheckpointError, match="trainer grow: the state does not fit"):
        other.load(state)
    assert other.winner().sha256() == before
    assert other.step() == one.step()


@pytest.mark.parametrize("strategy", STRATEGIES.names())
def test_a_strategy(strategy: str) -> None:
    if strategy == "cma-es":
        pytest.importorskip("cma")

    def make() -> AskTell:
        return AskTell(make_population(strategy, np.zeros(3), sigma=1.0, size=6, seed=0))

    one = make()
    for _ in range(4):
        some = one.ask()
        one.tell(some.ids, [float(((x - 3) ** 2).sum()) for x in some.genomes])
    some = one.ask(2)
    one.tell(some.ids[:1], [1.0])
    refused(make, one.state())


def sphere(x: Any) -> float:
    return float((x**2).sum())


def test_minimize() -> None:
    def go_on(state: State | None, generations: int) -> Any:
        return minimize(sphere, [1.0, 2.0], sigma=0.3, generations=generations, state=state)

    class Search:
        def load(self, state: State) -> None:
            go_on(state, 4)

    refused(Search, go_on(None, 3).state)


CONTROLLERS: dict[str, tuple[Any, State]] = {
    "heuristic": (
        {"kind": "heuristic"},
        {"before": {"1": ["s0", 0.5], "2": [None, 0.25]}, "culled": {"1": {"s0": "mlp"}}}
        | {"begun": True, "widens": False},
    ),
    "pruning": ({"kind": "pruning"}, {"wait": 2, "done": False}),
}


@pytest.mark.parametrize("name", CONTROLLERS)
def test_a_controller(name: str) -> None:
    chosen, state = CONTROLLERS[name]

    def make() -> Any:
        return make_controller(ALL_CONTROLLERS.choose(chosen, "controller"), Streams(0))

    one = make()
    one.load(copy.deepcopy(state))
    assert one.state() == state
    for path, value in leaves(state):
        wrongs = [np.zeros(3), None if isinstance(value, dict) else {"a": 1}]
        for wrong in [..., *wrongs] if len(path) == 1 else wrongs:
            with pytest.raises(CheckpointError, match=f"controller {name}: the state does not fit"):
                make().load(changed(state, path, wrong))
