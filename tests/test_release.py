# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Figures that stand in more than one file agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import vynapse

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def test_the_version_is_the_same_everywhere() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == PYPROJECT["project"]["version"] == vynapse.__version__


def test_every_dependency_is_pinned_to_a_version_it_may_have() -> None:
    project, pinned = PYPROJECT["project"], pins()
    extras = project["optional-dependencies"].values()
    for text in [*project["dependencies"], *(text for extra in extras for text in extra)]:
        wanted = Requirement(text)
        if wanted.name != "vynapse":
            assert wanted.specifier.contains(pinned[canonicalize_name(wanted.name)])


def test_uv_takes_the_torch_that_pip_takes() -> None:
    assert PYPROJECT["tool"]["uv"]["constraint-dependencies"] == [f"torch=={pins()['torch']}"]
