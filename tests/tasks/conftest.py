# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Real data, where they are: the folder that VYNAPSE_DATA names, else ../shared/data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_set_folder() -> Path:
    """A folder with data sets; tests that need it are skipped without one."""
    named = os.environ.get("VYNAPSE_DATA")
    folder = Path(named) if named else Path(__file__).parents[3] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no real data: set VYNAPSE_DATA to a folder with MNIST, CIFAR-10 and small/")
    return folder


@pytest.fixture(scope="session")
def decoded_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that the tests of one session share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def real_data(data_set_folder: Path, decoded_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the tasks look for their files among the real data."""
    monkeypatch.setenv("VYNAPSE_DATA", str(data_set_folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(decoded_folder))
    return data_set_folder
