# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A folder of runs that is served, and a run that goes on as long as a test wants."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pages.live.serving import Served, Writer
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session

STEPS = 20


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("finished") / "run"
    keys = [f"budget={{steps: {STEPS}, target: null}}", "selection=roulette"]
    Session.create(load_recipe("xor", "deap", overrides=keys), run).run()
    return run


@pytest.fixture(scope="session")
def evolved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("evolved") / "run"
    keys = ["budget={steps: 6, target: null}"]
    Session.create(load_recipe("xor", "neat", overrides=keys), run).run()
    return run


@pytest.fixture
def root(tmp_path: Path, finished: Path) -> Path:
    folder = tmp_path / "runs"
    shutil.copytree(finished, folder / "first")
    return folder


@pytest.fixture
def writer(root: Path, finished: Path) -> Iterator[Writer]:
    with Writer(finished, root / "going") as writing:
        yield writing


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Serves folders, with the keys of `bind`, until the test ends."""
    all_served: list[Served] = []

    def begin(root: Path, host: str = "127.0.0.1", token: str | None = None) -> Served:
        all_served.append(Served(root, host, token))
        return all_served[-1]

    yield begin
    for served in all_served:
        served.close()
