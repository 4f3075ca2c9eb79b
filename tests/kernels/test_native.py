# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which kernels are in use, and why; a run and its owner are told."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from vynapse.errors import ConfigError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.kernels import native
from vynapse.kernels.evolve import NativeEvolution, evolution
from vynapse.kernels.reference.evolve import ReferenceEvolution
from vynapse.kernels.reference.law import GenerationRule, Problem
from vynapse.seeding import Streams

COMPILED = pytest.mark.skipif(not native.libraries(), reason="no kernels were compiled")
FILE = f"_native{sysconfig.get_config_var('EXT_SUFFIX')}"


def forget() -> None:
    native.status.cache_clear()
    native.available.cache_clear()


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The library is looked for anew in every test and after it."""
    for name in (native.VARIABLE, native.LIBRARY_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    forget()
    yield
    forget()


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], native.Status]:
    def chosen(name: str) -> native.Status:
        monkeypatch.setenv(native.VARIABLE, name)
        native.status.cache_clear()
        return native.status()

    return chosen


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the library is looked for now; nothing is there."""
    monkeypatch.setattr(native, "__file__", str(tmp_path / "native.py"))
    (tmp_path / "c").mkdir()
    return tmp_path / "c" / FILE


def measure() -> tuple[type, bytes]:
    """The class that does the work, and what it finds."""
    stream, one = Streams(0).stream("any"), np.ones((1, 1), np.float32)
    problem = Problem((1, 1), "identity", "tanh", True, "mse", one, one)
    law = GenerationRule(1, 1, 1, 1, 0.0, 1.0, None, "inherited", 0.0, stream, stream, None, 0.0)
    kernel = evolution(problem, law)
    return type(kernel), kernel.measure(stream.normal(20).reshape(10, 2)).tobytes()


def test_numpy_can_be_asked_for(choose) -> None:
    status = choose("numpy")
    assert (status.library, status.name) == (None, "numpy")
    assert status.reason == "VYNAPSE_KERNELS asks for NumPy"
    assert measure()[0] is ReferenceEvolution


@COMPILED
def test_by_default_the_best_instruction_set_is_used(choose) -> None:
    best = native.libraries()[-1]
    for status in (native.status(), choose("")):
        assert status.library == best
        assert status.name == f"c-{best.instruction_set}"
        assert status.reason == ""
    assert best.path.name == FILE
    assert measure()[0] is NativeEvolution


@COMPILED
def test_every_instruction_set_of_this_machine_can_be_asked_for(choose) -> None:
    assert native.libraries()[0].instruction_set == "baseline"
    found = {"numpy": choose("numpy") and measure()[1]}
    for library in native.libraries():
        assert choose(library.instruction_set).library == library
        found[library.instruction_set] = measure()[1]
    assert len(set(found.values())) == 1


def test_a_name_that_means_nothing(choose) -> None:
    with pytest.raises(ConfigError) as caught:
        choose("fortran")
    assert str(caught.value) == (
        "VYNAPSE_KERNELS: one of numpy, baseline, avx2, avx512 was wanted, got 'fortran'"
    )


@COMPILED
def test_an_instruction_set_that_this_machine_does_not_have(choose, monkeypatch) -> None:
    weak = native.Status(native.libraries()[0])
    monkeypatch.setattr(native, "available", functools.cache(lambda: weak))
    with pytest.raises(ConfigError) as caught:
        choose("avx2")
    assert str(caught.value) == (
        "VYNAPSE_KERNELS: this machine has no avx2; the best here is baseline"
    )


def test_without_a_library_numpy_does_the_work(elsewhere: Path, choose) -> None:
    wanted = measure()[1]
    status = native.status()
    assert status.name == "numpy"
    assert status.reason == "no C compiler was found when Vynapse was installed"
    assert native.libraries() == ()
    assert measure() == (ReferenceEvolution, wanted)


def test_a_broken_library_is_named_and_numpy_does_the_work(elsewhere: Path) -> None:
    elsewhere.write_bytes(b"\x7fELF that was cut short")
    status = native.status()
    assert status.name == "numpy"
    assert status.reason.startswith(f"{FILE} cannot be loaded: ")
    assert measure()[0] is ReferenceEvolution


@COMPILED
def test_another_library_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installed = native.libraries()[-1]
    named = tmp_path / "named.so"
    named.write_bytes(installed.path.read_bytes())
    wanted = measure()
    monkeypatch.setenv(native.LIBRARY_VARIABLE, str(named))
    forget()
    assert [library.path for library in native.libraries()] == [named] * len(native.libraries())
    assert native.libraries()[-1].instruction_set == installed.instruction_set
    assert measure() == wanted


@pytest.mark.parametrize("content", [None, b"", b"\x7fELF that was cut short"])
def test_a_library_that_was_named_and_is_none_is_an_error(
    content: bytes | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It was asked for, so nothing else takes its place."""
    named = tmp_path / "named.so"
    if content is not None:
        named.write_bytes(content)
    monkeypatch.setenv(native.LIBRARY_VARIABLE, str(named))
    for ask in (native.status, native.libraries):
        with pytest.raises(ConfigError) as caught:
            ask()
        assert str(caught.value).startswith(
            f"VYNAPSE_KERNEL_LIBRARY: a library of the kernels was wanted, got {str(named)!r}: "
            "named.so cannot be loaded: "
        )


def test_an_array_with_gaps_has_no_pointer() -> None:
    array = np.zeros((4, 4), np.float32)
    assert native.pointer(array) == array.ctypes.data
    assert native.pointer(None) is None
    with pytest.raises(ValueError, match="contiguous"):
        native.pointer(array[:, ::2])


@pytest.mark.parametrize("name", ["numpy", ""])
def test_a_run_records_what_computed_it(name: str, choose, tmp_path: Path) -> None:
    choose(name)
    recipe = load_recipe("xor", "deap", overrides=["budget={steps: 2}"])
    Session.create(recipe, tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["provenance"]["kernels"] == native.status().name


def test_the_variable_is_read_by_a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "from vynapse.kernels import native; print(native.status().name)"
    monkeypatch.setenv(native.VARIABLE, "numpy")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "numpy\n"


def test_calls_in_threads_all_end() -> None:
    before, seen = threading.active_count(), dict[int, int]()
    gate = threading.Barrier(3)

    def share(number: int) -> None:
        gate.wait(10)  # all are there at the same time
        seen[number] = threading.get_ident()

    native.in_threads(share, 3)
    assert sorted(seen) == [0, 1, 2]
    assert len(set(seen.values())) == 3
    assert seen[0] == threading.get_ident()
    assert threading.active_count() == before


def test_what_a_thread_raises_comes_to_the_caller() -> None:
    def share(number: int) -> None:
        if number == 1:
            raise KeyError("lost")

    before = threading.active_count()
    with pytest.raises(KeyError, match="lost"):
        native.in_threads(share, 3)
    assert threading.active_count() == before
