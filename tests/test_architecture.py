# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the house promises about its own shape; the layers are checked by import-linter."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import vynapse
from tests import speed

PACKAGE = Path(vynapse.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))

LIGHT = [
    "vynapse.cli.app",
    "vynapse.cli.main",
    "vynapse.cli.run",
    "vynapse.core",
    "vynapse.data.splits",
    "vynapse.evolution.strategies",
    "vynapse.experiment.config",
    "vynapse.networks.arrays",
    "vynapse.networks.state",
    "vynapse.networks.structure",
    "vynapse.tasks.registry",
    "vynapse.telemetry.events",
    "vynapse.trainers.deap",
    "vynapse.trainers.mode",
]
"""What a run of `deap` on an array task imports."""


def fresh(code: str) -> str:
    """Standard output of `code` in a process of its own."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_public_names_are_what_is_visible() -> None:
    assert dir(vynapse) == sorted(vynapse.__all__)
    assert len(vynapse.__all__) <= 30


@pytest.mark.parametrize("name", vynapse.__all__)
def test_a_public_name_resolves_to_one_object(name: str) -> None:
    value = getattr(vynapse, name)
    assert getattr(vynapse, name) is value
    assert getattr(value, "__name__", name) == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'vynapse' has no attribute 'Trainor'"):
        _ = vynapse.Trainor  # type: ignore[attr-defined]


def test_import_of_the_package_loads_nothing_heavy() -> None:
    loaded = set(json.loads(fresh("import vynapse, sys, json; print(json.dumps([*sys.modules]))")))
    assert "vynapse" in loaded
    assert not loaded & {"torch", "numpy", "pydantic", "cyclopts", "yaml", "vynapse.core"}


def test_import_of_the_package_takes_less_than_a_fifth_of_a_second() -> None:
    spent = speed.of_command([sys.executable, "-c", "import vynapse"])
    assert spent < speed.limit(0.2)


@pytest.mark.parametrize("module", LIGHT)
def test_the_array_path_loads_no_torch(module: str) -> None:
    assert fresh(f"import {module}, sys; print('torch' in sys.modules)") == "False\n"


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_a_file_keeps_the_house_rules(file: Path) -> None:
    names = {part.removesuffix(".py") for part in file.relative_to(PACKAGE).parts}
    assert not names & {"utils", "util", "common", "helpers", "base", "misc"}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        assert not _imported(node) & {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
        # through the lazy root a room could reach one above it unseen by import-linter
        if isinstance(node, ast.ImportFrom) and node.module == "vynapse":
            assert {alias.name for alias in node.names} == {"__version__"}
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "vynapse":
            assert node.attr in {"__version__", "__file__"}


OPEN = {
    *("Structure", "MLP", "CNN", "Factory", "Grown", "Vector"),
    *("Task", "SupervisedTask", "ExampleTask", "ArrayTask", "FunctionTask"),
    *("Loss", "MeanSquaredError", "CrossEntropy"),
}
"""Classes of which others bring more: who tells them apart by class would not know those."""


def test_nobody_asks_for_the_class_of_a_structure_a_task_or_a_loss() -> None:
    asked = []
    for file in SOURCES:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        own = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance":
                names = {name.id for name in ast.walk(node.args[1]) if isinstance(name, ast.Name)}
                asked += [f"{file.name}: {ast.unparse(node)}"] * bool(names & OPEN - own)
    assert asked == []


SPEAK_OF_GROWTH = {
    "commands",
    "episodes",
    "esper",
    "evolve",
    "grow",
    "learn",
    "learning_commands",
    "tune",
    "tuning",
    "blueprint",
    "controller",
    "growing_world",
}
"""Commands that are for growth or list those that are, and the search that one of them makes;
checkers of what growth is extended by."""


def test_growth_is_one_mode_among_others() -> None:
    """Only commands name it in the rooms that serve every mode."""
    rooms = ("core", "telemetry", "experiment", "cli", "testing")
    spoken = [
        f"{file.relative_to(PACKAGE)}: {line.strip()}"
        for file in SOURCES
        if file.relative_to(PACKAGE).parts[0] in rooms and file.stem not in SPEAK_OF_GROWTH
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"\b(growth|grow|grown|growing|esper)\b", line, re.IGNORECASE)
    ]
    assert spoken == []


def test_no_module_imports_itself_by_a_detour() -> None:
    """Imports inside functions count as well."""
    known = {_name(file): file for file in SOURCES}
    imports = {name: _within(file, known) - {name} for name, file in known.items()}
    del imports["vynapse"]  # resolves its names on demand
    while leaves := [name for name, used in imports.items() if not used & imports.keys()]:
        for name in leaves:
            del imports[name]
    while roots := imports.keys() - {used for own in imports.values() for used in own}:
        for name in roots:
            del imports[name]
    assert sorted(imports) == []


def _name(file: Path) -> str:
    parts = ["vynapse", *file.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts).removesuffix(".__init__")


def _within(file: Path, known: Mapping[str, Path]) -> set[str]:
    """The modules of the package that a file imports, anywhere."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    found &= known.keys()
    # a module is not what its package says of it
    return {name for name in found if not any(other.startswith(f"{name}.") for other in found)}


def _imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return {node.module.partition(".")[0]}
    return set()
