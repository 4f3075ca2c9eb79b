# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Complex numbers are refused wherever a search takes numbers: no imaginary part is dropped."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vynapse
from vynapse.core import Evaluation
from vynapse.errors import ConfigError, TrainingError
from vynapse.evolution.ask_tell import AskTell
from vynapse.evolution.measured import Measured
from vynapse.evolution.named import make_population
from vynapse.evolution.policies import Policy

WHOLE: dict[str, Any] = {"sigma": 0.3, "generations": 3}
BOX: dict[str, Any] = {"task.size": 2, "task.low": 0, "task.high": 1, "task.start": 0.5}


def one(x: Any) -> Any:
    return complex(x[0], 1)


def no_imaginary_part(x: Any) -> Any:
    return complex(x[0], 0)


def of_numpy(x: Any) -> Any:
    return np.complex64(x[0])


def together(xs: Any) -> Any:
    return xs[:, 0] * 1j


def several(x: Any) -> Any:
    return [x[0] * 1j, x[1]]


def of_objects(x: Any) -> Any:
    return np.array([x[0] * 1j, x[1]], dtype=object)


@pytest.mark.parametrize("function", [one, no_imaginary_part, of_numpy])
def test_minimize_refuses_them(function: Any) -> None:
    sentence = r"^genome 0: one real number was wanted, the function returned complex"
    with pytest.raises(TrainingError, match=sentence):
        vynapse.minimize(function, [1.0, 2.0], **WHOLE)


def test_workers_refuse_them() -> None:
    with pytest.raises(TrainingError, match="^genome 0: one real .* returned complex"):
        vynapse.minimize(one, [1.0, 2.0], workers=2, **WHOLE)


def test_a_batched_function_may_not_give_them() -> None:
    with pytest.raises(TrainingError, match="real numbers were wanted, .* returned complex128 of"):
        vynapse.minimize(together, [1.0, 2.0], batched=True, **WHOLE)


def test_a_policy_penalises_them_as_it_says() -> None:
    def half(x: Any) -> Any:
        return complex(1) if x[0] > 1 else x[0] ** 2

    policy = Policy(on_exception="penalise")
    found = vynapse.minimize(half, [1.0, 2.0], policy=policy, **WHOLE)
    assert found.penalised["exception"] > 0
    assert found.x[0] <= 1


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ({"x0": [1.0, 2j]}, "x0: .* real number was wanted, got complex128"),
        ({"bounds": (-1j, 2)}, "bounds: real numbers were wanted"),
        ({"bounds": (np.zeros(2), np.array([3, 2j]))}, "bounds: real numbers were wanted"),
    ],
)
def test_arguments(argument: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        vynapse.minimize(**{"function": one, "x0": [1.0, 2.0], **WHOLE, **argument})


@pytest.mark.parametrize("name", ["several", "of_objects"])
@pytest.mark.parametrize(
    ("mode", "keys"),
    [
        ("nsga2", {"task.objectives": 2}),
        ("map-elites", {"task.descriptors": 1, "grid": {"low": 0, "high": 1, "cells": 4}}),
    ],
)
def test_objectives_and_descriptors(
    mode: str, keys: dict[str, Any], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "complex_functions", sys.modules[__name__])
    options = {**BOX, **keys, "task.path": f"complex_functions:{name}", "budget": {"steps": 2}}
    sentence = r"genome 0: 2 real numbers were wanted, the function returned .*(complex128|object)"
    with pytest.raises(TrainingError, match=sentence):
        vynapse.run("function", mode=mode, out=tmp_path / "run", **options)


@pytest.mark.parametrize("losses", [[1, 2, 3, 4j], np.array([1, 2, 3, 4j], object)])
def test_they_are_not_told(losses: Any) -> None:
    loop = AskTell(make_population("snes", np.zeros(2), sigma=1.0, size=4, seed=0))
    ids = loop.ask().ids
    with pytest.raises(ConfigError, match="tell: losses must be real numbers, got "):
        loop.tell(ids, losses)
    loop.tell(ids, [1, 2, 3, 4])
    assert loop.generations == 1, "the refused tell changed nothing"


@pytest.mark.parametrize("kind", ["complex64", "complex128", "object", "U1"])
def test_they_are_not_measured(kind: str) -> None:
    wrong, right = np.ones((1, 2), kind), np.ones(1)
    for sentence, make in (
        ("losses", lambda: Measured(wrong[:, 0])),
        ("objectives", lambda: Measured(right, objectives=wrong)),
        ("objectives", lambda: Measured.by_objectives(wrong)),
        ("descriptors", lambda: Measured(right, descriptors=wrong)),
    ):
        with pytest.raises(ConfigError, match=f"^{sentence}: real numbers were wanted, got "):
            make()
    assert Measured(np.array([1, 2])).losses.dtype == np.float64


@pytest.mark.parametrize("value", [1j, np.complex64(1), None, "1"])
def test_they_are_no_evaluation(value: Any) -> None:
    make: Any = Evaluation.__new__(Evaluation)
    for name, loss, metrics in (("loss", value, {}), ("mae", 1.0, {"mae": value})):
        for field, given in (("loss", loss), ("metrics", metrics)):
            object.__setattr__(make, field, given)
        with pytest.raises(TrainingError, match=f"{name}: one real number was wanted"):
            make.__post_init__()
