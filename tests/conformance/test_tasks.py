# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every built-in task keeps the promises of a task; absent data are named and skipped."""

from pathlib import Path

import numpy as np
import pytest

from tests.data.drawn_pictures import folder_of
from vynapse.core import ControlTask, with_episodes
from vynapse.data.held import Held
from vynapse.errors import DataError
from vynapse.tasks.registry import TASKS, make_any_task, make_task
from vynapse.testing import check_control_task, check_task

OPTIONS: dict[str, dict[str, object]] = {"parity": {"bits": 3}}
CSV = "size,colour,kind\n" + "".join(
    f"{i},{'red' if i % 3 else 'blue'},{'ab'[i % 2]}\n" for i in range(60)
)


CONTROL = [
    "cartpole",
    "acrobot",
    "mountain-car-continuous",
    "pendulum",
    "double-pole",
    "double-pole-hidden",
    "growth-gym",
    "gym:CartPole-v1",
    "gym:Pendulum-v1",
    "gym:tests.rl.locks:Locks",
    "gym:tests.rl.locks:Plain",
]


@pytest.mark.parametrize("name", CONTROL)
def test_control_task_keeps_its_promises(name) -> None:
    def make() -> ControlTask:
        task = with_episodes(make_any_task(name, {}))
        assert task is not None
        return task

    check_control_task(make)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in TASKS.names()
        if name not in (*CONTROL, "function", "heuristic", "gym", "growth")
    ],
)
def test_task_keeps_its_promises(name, tmp_path, monkeypatch) -> None:
    def refuse(url: str, target: Path, md5: str) -> None:
        raise DataError(f"{target.name} is not here, and tests download nothing from {url}")

    monkeypatch.setattr("vynapse.data.locate.download", refuse)
    options = dict(OPTIONS.get(name, {}))
    if name == "csv":
        (tmp_path / "data.csv").write_text(CSV)
        options = {"path": str(tmp_path / "data.csv"), "target": "kind"}
    if name == "images":
        options = {"path": str(folder_of(tmp_path / "pictures"))}
    if name == "arrays":
        inputs = np.arange(40, dtype=np.float32).reshape(20, 2)
        held = Held({"inputs": inputs, "targets": np.arange(20) % 2})
        (tmp_path / "data.safetensors").write_bytes(held.to_bytes())
        options = {"file": str(tmp_path / "data.safetensors")}
    try:
        make_task(name, options).split("train")
    except DataError as error:
        pytest.skip(str(error))
    check_task(lambda: make_task(name, options))
