# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The WebAssembly modules of the package are those that its sources make."""

from __future__ import annotations

import hashlib
import json
import runpy
import shutil
from pathlib import Path

import pytest

BUILD = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "build_wasm.py"))
BUILT: Path = BUILD["BUILT"]
RECORD = json.loads((BUILT / "build.json").read_text())
NEEDED = (BUILD["COMPILER"], "wasm-ld-14")


@pytest.mark.parametrize("name", sorted(BUILD["MODULES"]))
def test_a_module_was_built_from_the_sources_as_they_are(name: str) -> None:
    held = RECORD["modules"][name]
    assert held["sources_sha256"] == BUILD["sources_hash"](name), "the C changed: make wasm"
    assert held["flags"] == list(BUILD["MODULES"][name])
    assert RECORD["flags"] == list(BUILD["FLAGS"])
    content = (BUILT / f"{name}.wasm").read_bytes()
    assert held["sha256"] == hashlib.sha256(content).hexdigest()


def test_no_module_is_left_behind() -> None:
    assert {path.stem for path in BUILT.glob("*.wasm")} == set(BUILD["MODULES"])


@pytest.mark.skipif(
    not all(map(shutil.which, NEEDED)), reason=f"{' and '.join(NEEDED)} are not here"
)
def test_another_build_has_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["build_wasm.py", str(tmp_path)])
    assert BUILD["main"]() == 0
    here = json.loads((tmp_path / "build.json").read_text())
    if here["compiler"] != RECORD["compiler"]:
        pytest.skip(f"{RECORD['compiler']} was recorded, here is {here['compiler']}")
    for name in BUILD["MODULES"]:
        path = f"{name}.wasm"
        assert (tmp_path / path).read_bytes() == (BUILT / path).read_bytes()
