# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What users' code raises becomes one sentence that names their own line, wherever it is called."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import vynapse
from vynapse.cli.main import main
from vynapse.errors import ConfigError, TrainingError, VynapseError
from vynapse.imports import import_object
from vynapse.user_code import guarded, own_errors, place_of

CODE = """
import numpy as np, torch
from torch import nn
from vynapse.core import Split
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.losses.mse import MeanSquaredError as MSE

RAISE = {"KeyError": KeyError("x"), "AssertionError": AssertionError(),
         "AttributeError": AttributeError("no thing"), "ZeroDivisionError": ZeroDivisionError(),
         "RuntimeError": RuntimeError("two\\nlines"), "StopIteration": StopIteration(),
         "OSError": OSError(2, "gone"),
         "UnicodeDecodeError": UnicodeDecodeError("a", b"", 0, 1, "b")}

def data(**keys):
    x = np.linspace(-1, 1, 24, dtype=np.float32).reshape(12, 2)
    part = Split(x, (x[:, :1] > 0).astype(np.float32))
    keys = {"loss": "mse", "classes": None} | keys
    return ArrayTask("own", Splits(part, part, part), input_shape=(2,), output_size=1, **keys)

class Net(nn.Module):
    def __init__(self, error="KeyError", when="always"):
        super().__init__(); self.a = nn.Linear(2, 3); self.act = nn.Tanh(); self.b = nn.Linear(3, 1)
        self.error, self.when = error, when
    def forward(self, x):
        now = {"always": True, "training": self.training, "later": len(x) > 4, "never": False}
        if now[self.when]:
            raise RAISE[self.error]                                   # the line
        return self.b(self.act(self.a(x)))

class Pairs(Net):
    def forward(self, x):
        out = super().forward(x)
        return {"pair": (out, x), "dict": {"logits": out}, "whole": out.argmax(1, keepdim=True),
                "none": None, "list": [out]}[self.error]

def net(error="KeyError", when="always"): return Net(error, when)
def pairs(kind): return Pairs(kind, "never")
def bad_factory(): raise LookupError("no weights here")
def bad_task(): return {}["rows"]
def bad_prepare():
    def prepare(x): raise AttributeError("prepare")
    return data(prepare=prepare)
def bad_source():
    def load(): return [][3]
    return ArrayTask("own", load, input_shape=(2,), output_size=1, loss="mse")
def nan_prepare(): return data(prepare=lambda x: np.log(np.abs(x) - 0.5).astype(np.float32))
def nan_augment():
    return data(augment=lambda x, rows, epoch, seed: x * np.float32("nan"))

class Loss(MSE):
    def tensor(self, output, target): return {}["loss"]
def bad_loss(): return data(loss=Loss())

class Controller:
    def __init__(self, *context): pass
    def decide(self, observation): return {}["advice"]
    def state(self): return {}
    def load(self, state): pass
"""


@pytest.fixture(autouse=True)
def _module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "their_code.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    sys.modules.pop("their_code", None)


def outcome(capsys, *words: str) -> tuple[int, str]:
    code = main(["run", *words, "--out", "run"])
    error = capsys.readouterr().err.strip()
    assert error.count("\n") == 0, error
    return code, error


ERRORS = ["KeyError", "AssertionError", "AttributeError", "ZeroDivisionError", "RuntimeError",
          "StopIteration", "OSError", "UnicodeDecodeError"]  # fmt: skip


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("mode", ["sgd", "deap", "grow"])
def test_an_error_of_forward_names_their_line(error: str, mode: str, capsys) -> None:
    network = f"{{factory: 'their_code:net', options: {{error: {error}}}}}"
    code, said = outcome(capsys, "their_code:data", "--mode", mode, "--network", network)
    assert code == 2
    assert "their_code.py, line 27, in forward" in said
    shown = {"RuntimeError": "two", "OSError": "FileNotFoundError", "UnicodeDecodeError": "codec"}
    assert shown.get(error, error) in said
    assert not Path("run").exists()


@pytest.mark.parametrize("mode", ["sgd", "grow"])
def test_an_error_in_training_alone_is_found_before_the_run(mode: str, capsys) -> None:
    network = "{factory: 'their_code:net', options: {when: training}}"
    code, said = outcome(capsys, "their_code:data", "--mode", mode, "--network", network)
    assert (code, "line 27, in forward" in said) == (2, True)
    assert not Path("run").exists()


@pytest.mark.parametrize("mode", ["sgd", "deap", "grow"])
def test_an_error_that_comes_later_fails_the_run_in_a_sentence(mode: str, capsys) -> None:
    network = "{factory: 'their_code:net', options: {when: later}}"
    code, said = outcome(capsys, "their_code:data", "--mode", mode, "--network", network)
    assert (code, "line 27, in forward" in said) == (1, True)
    with pytest.raises(VynapseError, match="it failed before it saved anything") as caught:
        vynapse.load("run")
    assert "resume" not in str(caught.value)
    with pytest.raises(ConfigError) as refused:
        vynapse.load_recipe(task="their_code:data", mode="sgd", overrides=["weights=run"])
    assert "resume" not in str(refused.value)


@pytest.mark.parametrize("mode", ["sgd", "deap", "grow"])
@pytest.mark.parametrize(
    ("kind", "came"),
    [("pair", "tuple of 2"), ("dict", "dict with logits"), ("whole", "int64"),
     ("none", "NoneType"), ("list", "list of 1")],
)  # fmt: skip
def test_what_is_no_tensor_of_outputs_is_named(kind: str, came: str, mode: str, capsys) -> None:
    network = f"{{factory: 'their_code:pairs', options: {{kind: {kind}}}}}"
    code, said = outcome(capsys, "their_code:data", "--mode", mode, "--network", network)
    assert (code, came in said) == (2, True), said


@pytest.mark.parametrize("mode", ["sgd", "deap", "grow"])
@pytest.mark.parametrize(
    ("words", "place"),
    [
        (["their_code:bad_task"], "in bad_task"),
        (["their_code:bad_prepare"], "in prepare"),
        (["their_code:bad_source"], "in load"),
        (["their_code:data", "--network", "their_code:bad_factory"], "in bad_factory"),
    ],
)
def test_other_code_of_theirs_is_named_too(words, place: str, mode: str, capsys) -> None:
    code, said = outcome(capsys, *words, "--mode", mode)
    assert code == 2, said
    assert "their_code.py, line" in said
    assert place in said


@pytest.mark.parametrize("mode", ["sgd", "grow"])
def test_a_loss_of_theirs_is_named(mode: str, capsys) -> None:
    network = "{factory: 'their_code:net', options: {when: never}}"
    code, said = outcome(capsys, "their_code:bad_loss", "--mode", mode, "--network", network)
    assert (code, "in tensor" in said, "loss mse" in said) == (2, True, True), said


def test_a_controller_of_theirs_is_named(capsys) -> None:
    words = ["their_code:data", "--mode", "grow", "--network", "mlp:2,3,1"]
    code, said = outcome(capsys, *words, "--set", "controller=their_code:Controller")
    assert (code, "KeyError: 'advice'" in said, "in decide" in said) == (1, True, True), said


@pytest.mark.parametrize(
    ("task", "mode"),
    [("nan_prepare", "sgd"), ("nan_prepare", "deap"), ("nan_prepare", "grow"),
     ("nan_augment", "sgd"), ("nan_augment", "grow")],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_inputs_that_are_not_finite_blame_no_setting(task: str, mode: str, capsys) -> None:
    code, said = outcome(capsys, f"their_code:{task}", "--mode", mode, "--network", "mlp:2,3,1")
    assert code == 2, said
    assert "finite numbers of 32 bits were wanted, got nan in example" in said
    assert "learning" not in said


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x = = 1", "invalid syntax (broken.py, line 1)"),
        ("1 / 0", "ZeroDivisionError: division by zero (broken.py, line 1, in <module>)"),
        ("import no_such_package", "No module named 'no_such_package' (broken.py, line 1"),
        ("raise KeyError('k')", "KeyError: 'k' (broken.py, line 1"),
    ],
)
def test_a_module_that_cannot_be_imported(text: str, sentence: str) -> None:
    Path("broken.py").write_text(text)
    sys.modules.pop("broken", None)
    with pytest.raises(ConfigError) as caught:
        import_object("broken:x", "network.factory")
    assert sentence in str(caught.value)


def test_functions_of_minimize_are_named() -> None:
    def function(x):
        raise IndexError(len(x))

    with pytest.raises(TrainingError, match=r"test_user_code.py, line \d+, in function"):
        vynapse.minimize(function, [1.0, 2.0], sigma=0.1, evaluations=8)


def test_faults_of_ours_stay_tracebacks() -> None:
    ours = "def step():\n    with own_errors(ConfigError):\n        1 / 0\n"
    names: dict[str, Any] = {"own_errors": own_errors, "ConfigError": ConfigError}
    exec(compile(ours, vynapse.__file__, "exec"), names)
    with pytest.raises(ZeroDivisionError):
        names["step"]()
    expected = pytest.raises(VynapseError, match="your own code raised ZeroDivisionError")
    with expected, own_errors(ConfigError):
        _ = 1 / 0


def test_errors_of_vynapse_pass_the_guard() -> None:
    with pytest.raises(TrainingError, match="^as it is$"), guarded("x", ConfigError):
        raise TrainingError("as it is")


def test_the_innermost_line_that_is_theirs() -> None:
    with pytest.raises(OSError, match="no such program") as caught:
        subprocess.run(["no such program"], check=False)
    assert "test_user_code.py" in str(place_of(caught.value))
