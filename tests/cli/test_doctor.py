# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""doctor: it finds what is there and works where things are missing."""

from __future__ import annotations

import json
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from vynapse.cli import doctor
from vynapse.cli.main import main
from vynapse.kernels import native
from vynapse.tasks import cifar10, mnist, text


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("VYNAPSE_DATA", raising=False)


def examine(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["doctor", "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_what_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    found = examine(capsys)
    assert found["torch"]["version"].startswith(metadata.version("torch").partition("+")[0])
    assert found["numpy"]["version"] == metadata.version("numpy")
    assert found["cores"] >= 1
    assert found["extras"].keys() >= {"images", "viz"}
    assert "dev" not in found["extras"]
    assert found["runs"]["free_bytes"] > 0
    assert found["runs"]["writable"] is True


def test_it_works_without_torch_and_without_a_compiler(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert doctor.examine()["torch"] is None
    assert main(["doctor"]) == 0
    text = capsys.readouterr().out
    assert "torch     missing or broken: run pip install torch" in text
    assert "compiler  none: install gcc or clang" in text


def test_which_kernels_are_in_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(native.VARIABLE, "")
    native.status.cache_clear()
    try:
        assert examine(capsys)["kernels"] == {
            "in_use": native.status().name,
            "reason": native.status().reason,
        }
        monkeypatch.setenv(native.VARIABLE, "numpy")
        native.status.cache_clear()
        assert main(["doctor"]) == 0
        assert "kernels   numpy: VYNAPSE_KERNELS asks for NumPy\n" in capsys.readouterr().out
    finally:
        native.status.cache_clear()


@pytest.mark.parametrize("words", [["doctor"], ["run", "xor", "--mode", "deap", "--steps", "2"]])
def test_kernels_that_are_not_there_are_an_error_in_one_sentence(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(native.VARIABLE, "fast")
    native.status.cache_clear()
    try:
        assert main(words) == 2
    finally:
        native.status.cache_clear()
    (line,) = capsys.readouterr().err.splitlines()
    assert "VYNAPSE_KERNELS: one of numpy, baseline, avx2, avx512 was wanted, got 'fast'" in line
    assert not Path("runs").exists()


def test_a_missing_extra_comes_with_its_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = metadata.version

    def version(name: str) -> str:
        if name == "matplotlib":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(metadata, "version", version)
    assert main(["doctor"]) == 0
    assert "viz: no matplotlib: run pip install 'vynapse[viz]'" in capsys.readouterr().out


def test_data_are_found_where_they_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert examine(capsys)["data"]["sets"] == {"mnist": False, "cifar10": False, "text": False}
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.setenv("VYNAPSE_DATA", str(data))
    for name in doctor.DATA_FILES["mnist"][0]:
        (data / name).touch()
    (data / "cifar10-train.zip").touch()
    found = examine(capsys)["data"]
    assert found["folders"][0] == str(data)
    assert found["sets"] == {"mnist": True, "cifar10": False, "text": False}
    (data / "cifar10-test.zip").touch()
    assert examine(capsys)["data"]["sets"]["cifar10"] is True


def test_a_data_folder_that_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VYNAPSE_DATA", "/nowhere")
    assert main(["doctor"]) == 0
    assert "the folder '/nowhere' does not exist" in capsys.readouterr().out


def test_the_files_it_looks_for_are_those_that_the_tasks_read() -> None:
    names = tuple(source.name for source in mnist._SOURCES)
    assert doctor.DATA_FILES["mnist"] == (names,)
    assert doctor.DATA_FILES["text"] == ((text._DEFAULT,), (f"small/{text._DEFAULT}",))
    assert doctor.DATA_FILES["cifar10"] == ((cifar10._OFFICIAL.name,), cifar10._PACKED)
