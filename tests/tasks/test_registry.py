# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tasks by name, and a user's own by import path."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import speed
from vynapse.core import SupervisedTask
from vynapse.errors import ConfigError, UnknownName
from vynapse.settings import Settings
from vynapse.tasks.registry import TASKS, make_task, task_settings

MODULE = """
import numpy as np
from vynapse.core import Split
from vynapse.settings import Settings
from vynapse.tasks.arrays import ArrayTask, Splits

def rings(points: int = 6) -> ArrayTask:
    inputs = np.zeros((points, 2), np.float32)
    return ArrayTask(
        "rings", Splits(Split(inputs, np.arange(points) % 2)),
        input_shape=(2,), output_size=2, loss="cross_entropy",
    )

class Counted:
    class Settings(Settings):
        count: int = 3

    def __new__(cls, settings):
        return rings(settings.count)

class Wrong:
    Settings = dict

def broken() -> ArrayTask:
    raise TypeError("inside")

number = 3
"""


@pytest.fixture
def _module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_tasks.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)


def test_every_task_has_a_summary_and_documented_keys() -> None:
    assert set(TASKS.names()) == {
        "xor", "parity", "spirals", "digits", "glyphs", "mnist", "cifar10", "text", "function",
        "csv", "images", "arrays", "cartpole", "acrobot", "mountain-car-continuous", "pendulum",
        "double-pole", "double-pole-hidden", "gym", "growth", "growth-gym", "heuristic",
    }  # fmt: skip
    assert list(TASKS.summaries()) == TASKS.names()
    for name in TASKS.names():
        assert TASKS.summaries()[name] == TASKS.get(name).summary
        assert TASKS.get(name).name == name
        settings = task_settings(name)
        assert settings is not None
        assert issubclass(settings, Settings)
        assert all(field.description for field in settings.model_fields.values())


def test_an_unknown_name_brings_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown task 'sprials': did you mean 'spirals'"):
        make_task("sprials", {})
    with pytest.raises(ConfigError, match="unknown task .qqq.: valid names are acrobot, arrays"):
        task_settings("qqq")


def test_all_problems_of_the_options_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        make_task("parity", {"bits": 1, "bitz": 3}, "task")
    assert len(caught.value.problems) == 2
    assert any("task.bitz: unknown key: did you mean 'bits'" in p for p in caught.value.problems)
    assert any(p.startswith("task.bits: ") for p in caught.value.problems)


@pytest.mark.usefixtures("_module")
def test_a_users_task_takes_keywords_or_settings() -> None:
    assert len(make_task("my_tasks:rings", {}).split("train")) == 6
    assert len(make_task("my_tasks:rings", {"points": 4}).split("train")) == 4
    assert task_settings("my_tasks:rings") is None
    assert isinstance(make_task("my_tasks:Counted", {"count": 2}), SupervisedTask)
    settings = task_settings("my_tasks:Counted")
    assert settings is not None
    assert list(settings.model_fields) == ["count"]


@pytest.mark.usefixtures("_module")
@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        (
            "my_tasks:rings",
            {"pints": 3},
            "task.name: my_tasks:rings does not take these options: .*",
        ),
        ("my_tasks:Counted", {"cont": 3}, r"task\.cont: unknown key: did you mean 'count'"),
        ("my_tasks:ring", {}, "task.name: 'my_tasks' has no 'ring': did you mean 'rings'"),
        ("my_taks:rings", {}, "task.name: cannot import 'my_taks'"),
        ("my_tasks:number", {}, "task.name: a class or function was wanted, my_tasks:number is 3"),
        ("my_tasks:Wrong", {}, "my_tasks:Wrong.Settings must be a subclass"),
        ("collections:Counter", {}, "must give a vynapse.Task, it gave Counter"),
        ("collections:OrderedDict", {}, "does not take these options: no signature"),
    ],
)
def test_what_is_wrong_with_a_users_task_is_said(
    name: str, options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        make_task(name, options)


@pytest.mark.usefixtures("_module")
def test_an_error_within_a_users_task_names_its_line() -> None:
    with pytest.raises(ConfigError, match=r"TypeError: inside \(.*my_tasks.py, line 25, in broken"):
        make_task("my_tasks:broken", {})


def test_xor_loads_numpy_and_pydantic_alone_and_is_made_at_once() -> None:
    code = (
        "import json, sys, time\n"
        "from vynapse.tasks.registry import make_task\n"
        "make_task('xor', {})\n"
        "begin = time.process_time()\n"
        "task = make_task('xor', {}); task.fingerprint()\n"
        "spent = time.process_time() - begin\n"
        "print(json.dumps([spent, sorted({name.partition('.')[0] for name in sys.modules})]))\n"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent, loaded = json.loads(output)
    assert {"numpy", "pydantic"} <= set(loaded)
    assert not {"torch", "PIL", "yaml", "urllib3", "safetensors"} & set(loaded)
    assert spent < speed.limit(0.005)


def test_a_sentence_does_not_list_thousands_of_names() -> None:
    sentence = str(UnknownName("column", "price", (f"x{number}" for number in range(100_000))))
    assert sentence.endswith(" and 99,960 more")
    assert len(sentence) < 500
