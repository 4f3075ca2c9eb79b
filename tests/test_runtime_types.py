# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Annotations are checked while the tests run: jaxtyping and beartype, over the whole package.

A check that silently does nothing would go unnoticed, so every room proves that its own works.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any, get_args

import numpy as np
import pytest
from beartype import beartype
from beartype.door import is_bearable
from jaxtyping import Shaped, TypeCheckError

import vynapse
from tests import checked_types
from vynapse import registry

# the catalogue and the habits are tables, the protocol is generated: no functions of arrays
TABLES = {"__main__", "catalogue", "evaluation", "habits"}
ROOMS = sorted({m.name for m in pkgutil.iter_modules(vynapse.__path__)} - TABLES)


HIDING: Mapping[str, str] = {
    "vynapse.cli.curve": "pictures are drawn after a run is read",
    "vynapse.cli.compare": "the command line starts before a session is imported",
    "vynapse.cli.episodes": "the command line starts before a session is imported",
    "vynapse.cli.learn": "the command line starts before a session is imported",
    "vynapse.cli.evolve": "the command line starts before a session is imported",
    "vynapse.cli.metrics": "the command line starts before a session is imported",
    "vynapse.cli.dry_run": "the command line starts before a session is imported",
    "vynapse.cli.graph": "the command line starts before a session is imported",
    "vynapse.cli.run": "the command line starts before a session is imported",
    "vynapse.cli.reproduce": "the command line starts before a session is imported",
    "vynapse.cli.show": "help is there before a run is read",
    "vynapse.cli.sweep": "the command line starts before a session is imported",
    "vynapse.core.loss": "it loads no torch",
    "vynapse.evolution.learner": "it loads no torch",
    "vynapse.experiment.given": "arrays are told apart without torch",
    "vynapse.experiment.graphs": "the graph is imported when it is asked for",
    "vynapse.experiment.weights": "arrays are read without torch",
    "vynapse.networks.state": "a network at rest loads no torch",
    "vynapse.cli.tune": "the command line starts before a search is imported",
    "vynapse.trainers.actor_critic": "what learns is an extra, loaded when it is built",
    "vynapse.trainers.refine": "a mode without learning loads no torch",
    "vynapse.tasks.losses.binary": "a loss in NumPy loads no torch",
    "vynapse.tasks.losses.cross_entropy": "a loss in NumPy loads no torch",
    "vynapse.tasks.losses.function": "a loss in NumPy loads no torch",
    "vynapse.tasks.losses.weighted": "a loss in NumPy loads no torch",
    "vynapse.tasks.losses.mse": "a loss in NumPy loads no torch",
}
"""Modules that import a type for type checkers alone: beartype passes over such parameters."""


class Intruder:
    """No function of the package takes it: neither an array, nor a tensor, nor anything else."""


def modules(room: str) -> Iterator[ModuleType]:
    module = importlib.import_module(f"vynapse.{room}")
    yield module
    for inner in pkgutil.walk_packages(getattr(module, "__path__", []), f"vynapse.{room}."):
        yield importlib.import_module(inner.name)


def functions(room: str) -> Iterator[FunctionType]:
    """Functions and methods that the room itself defines."""
    for module in modules(room):
        owners = [module, *(v for v in vars(module).values() if isinstance(v, type))]
        for value in [value for owner in owners for value in vars(owner).values()]:
            function = getattr(value, "__func__", value)
            if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                yield function


def hints(function: FunctionType) -> tuple[list[Any], list[str]]:
    """What the parameters must be, and the annotations that have no meaning at run time."""
    known, hidden = [], []
    for parameter in inspect.signature(function).parameters.values():
        annotation = parameter.annotation
        if isinstance(annotation, str):
            try:
                # a kind inherits fields, and with them names of the registry's module
                inherited = {**vars(registry), **inspect.unwrap(function).__globals__}
                annotation = eval(annotation, inherited)
            except NameError:
                hidden.append(annotation)
                continue
        if annotation is not parameter.empty:
            known.append(annotation)
    return known, hidden


def foreign(hint: Any) -> bool:
    """Whether nothing in `hint` is a class of ours: those may not exist yet when it is read."""
    parts = [hint, *get_args(hint)]
    own = any(str(getattr(part, "__module__", "")).startswith("vynapse") for part in parts)
    return not own and all(foreign(part) for part in parts[1:])


def demands(function: FunctionType) -> bool:
    """Whether some parameter certainly refuses an Intruder; the hook leaves coroutines alone."""
    if inspect.iscoroutinefunction(function):
        return False
    return any(foreign(hint) and not is_bearable(Intruder(), hint) for hint in hints(function)[0])


def call_with_intruders(function: Callable[..., object]) -> None:
    arguments, keywords = [], {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in {parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD}:
            keywords[name] = Intruder()
        else:
            arguments.append(Intruder())
    function(*arguments, **keywords)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_refuses_what_its_annotations_do_not_allow(room: str) -> None:
    checked = [function for function in functions(room) if demands(function)]
    assert checked
    for function in checked:
        assert hasattr(function, "__wrapped__"), f"{function.__qualname__} is not checked"
        with pytest.raises(TypeCheckError):
            call_with_intruders(function)


def name_of(number: int, *, wanted: str | None = "") -> str:
    return wanted  # type: ignore[return-value]


@dataclass
class Pair:
    one: int
    other: float = 0


def test_arguments_answers_and_fields_are_checked() -> None:
    checked = checked_types.jaxtyped(name_of, typechecker=beartype)
    assert checked(1) == ""
    assert inspect.signature(checked) == inspect.signature(name_of)
    for number, wanted in [("1", ""), (1, 2), (1, None)]:
        with pytest.raises(TypeCheckError):
            checked(number, wanted=wanted)
    pair = checked_types.jaxtyped(Pair, typechecker=beartype)
    assert pair(1, 2).other == 2
    with pytest.raises(TypeCheckError):
        pair("1")


def test_dimensions_of_one_name_are_compared() -> None:
    def product(a, b):
        return a

    matrix, row = Shaped[np.ndarray, "n m"], Shaped[np.ndarray, "m"]
    product.__annotations__ = {"a": matrix, "b": row, "return": matrix}
    checked = checked_types.jaxtyped(product, typechecker=beartype)
    assert checked(np.zeros((2, 3)), np.zeros(3)).shape == (2, 3)
    with pytest.raises(TypeCheckError):
        checked(np.zeros((2, 3)), np.zeros(2))


def test_only_these_modules_hide_types_at_run_time() -> None:
    hiding = {f.__module__ for room in ROOMS for f in functions(room) if hints(f)[1]}
    assert sorted(hiding - HIDING.keys()) == []
    assert sorted(HIDING.keys() - hiding) == []


def test_a_list_is_not_an_array() -> None:
    from vynapse.networks import arrays

    with pytest.raises(TypeCheckError):
        arrays.flatten({"0.weight": [1.0, 2.0]})  # type: ignore[dict-item]


def test_an_array_of_the_wrong_kind_is_refused() -> None:
    from vynapse.networks import arrays
    from vynapse.networks.mlp import MLP

    genomes = np.zeros((1, 9), dtype=np.int64)
    with pytest.raises(TypeCheckError):
        arrays.forward(MLP(sizes=(2, 2, 1)), genomes, genomes[:, :2])  # type: ignore[arg-type]


def test_an_array_is_not_a_module() -> None:
    from vynapse.networks import modules as torch_modules

    with pytest.raises(TypeCheckError):
        torch_modules.predictor(np.zeros(3))  # type: ignore[arg-type]


def test_checking_leaves_the_global_generator_alone() -> None:
    from vynapse.errors import ConfigError

    before = random.getstate()
    ConfigError(["one sentence", "another", "a third"])
    assert random.getstate() == before
