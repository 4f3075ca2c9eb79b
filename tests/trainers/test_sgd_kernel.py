# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evidence import many
from vynapse.core import Array, Budget, KernelLoss, Split, SupervisedTask
from vynapse.errors import CheckpointError, TrainingError
from vynapse.kernels import native
from vynapse.networks.cnn import CNN
from vynapse.networks.mlp import MLP
from vynapse.networks.state import initial_state
from vynapse.networks.structure import Structure
from vynapse.seeding import Streams
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.registry import make_task
from vynapse.trainers import sgd, sgd_kernel
from vynapse.trainers.mode import Stage
from vynapse.trainers.sgd import SgdTrainer
from vynapse.trainers.sgd_kernel import KernelEngine, suits
from vynapse.trainers.sgd_settings import SgdSettings
from vynapse.trainers.sgd_torch import TorchEngine

SMALL = MLP(sizes=(2, 6, 2))


def stage_of(
    task: SupervisedTask, structure: Structure, seed: int = 0, budget: Budget | None = None
) -> Stage:
    network = initial_state(structure.fit(task.interface()), Streams(seed))
    budget = budget or Budget(steps=40)
    return Stage(task, network, True, Streams(seed).child("stage"), budget=budget)


def trainer_of(task: str, structure: Structure, seed: int = 0, **keys: Any) -> SgdTrainer:
    return SgdTrainer(stage_of(make_task(task, {}), structure, seed), SgdSettings(**keys))


def until(trainer: SgdTrainer, steps: int) -> dict[str, Array]:
    """The columns of metrics.csv over the first steps."""
    rows: list[dict[str, float]] = []
    while len(rows) < steps:
        for report in trainer.step().each():
            cost = report.cost.counted()
            rows.append({"step": report.step, "loss": report.loss, **cost, **report.metrics})
    names = rows[0].keys() | {"validation_loss", "accuracy"}
    return {name: np.array([row.get(name, math.nan) for row in rows[:steps]]) for name in names}


RUNS: dict[str, tuple[str, Structure, dict[str, Any]]] = {
    "adam": ("spirals", SMALL, {"batch_size": 50, "schedule": "cosine", "warmup": 3}),
    "nesterov": (
        "spirals", SMALL,
        {"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "batch_size": 64},
    ),
    "sgd": ("digits", MLP(sizes=(64, 5, 10)), {"optimizer": "sgd", "learning_rate": 0.1}),
    "adamw": ("spirals", SMALL, {"optimizer": "adamw", "weight_decay": 0.1, "clip_norm": 0.1}),
    "restarts": (
        "xor", MLP(sizes=(2, 2, 1)),
        {"learning_rate": 0.1, "evaluate_every": 5, "restart_patience": 10},
    ),
    "no biases": ("xor", MLP(sizes=(2, 3, 1), hidden="gelu", bias=False), {"evaluate_every": 7}),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("seed", range(many(sample=1, evidence=4)))
def test_the_rows_do_not_depend_on_the_steps_of_a_call(name: str, seed: int) -> None:
    task, structure, keys = RUNS[name]
    one, *others = (
        trainer_of(task, structure, seed, **keys, steps_per_call=per_call)
        for per_call in (1, 3, 100)
    )
    assert one.choices() == {"path": "kernel"}
    wanted = until(one, 41)
    for other in others:
        rows = until(other, 41)
        assert rows.keys() == wanted.keys()
        for column, values in rows.items():
            np.testing.assert_array_equal(values, wanted[column], err_msg=column)


@pytest.mark.parametrize("name", RUNS)
def test_both_engines_follow_the_same_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first steps agree closely; later ones drift apart in their last bits."""
    task, structure, keys = RUNS[name]
    kernel = until(trainer_of(task, structure, **keys), 10)
    monkeypatch.setattr(sgd, "suits", lambda task, structure, settings: False)
    other = trainer_of(task, structure, **keys)
    assert other.choices() == {"path": "torch"}
    rows = until(other, 10)
    assert rows.keys() == kernel.keys()
    for column, values in rows.items():
        np.testing.assert_allclose(values, kernel[column], rtol=1e-3, atol=1e-5, err_msg=column)


@pytest.mark.parametrize("name", RUNS)
def test_both_engines_remember_the_same_things(name: str) -> None:
    """The layout is torch's own, so that who edits one can edit the other."""
    task, structure, keys = RUNS[name]
    stage, settings = stage_of(make_task(task, {}), structure), SgdSettings(**keys)
    engines = KernelEngine(stage, settings), TorchEngine(stage, settings)
    for engine in engines:
        engine.update(0, np.full(3, 0.01))
    kernel, other = (engine.memory() for engine in engines)
    assert kernel.keys() == other.keys()
    for parameter, entries in kernel.items():
        assert entries.keys() == other[parameter].keys()
        for entry, array in entries.items():
            assert array.shape == other[parameter][entry].shape
            np.testing.assert_allclose(array, other[parameter][entry], rtol=1e-3, atol=1e-6)


def test_a_call_ends_where_something_is_due() -> None:
    keys: dict[str, Any] = {"batch_size": None, "evaluate_every": 30, "steps_per_call": 20}
    trainer = SgdTrainer(
        stage_of(make_task("spirals", {}), SMALL, budget=Budget(steps=45)), SgdSettings(**keys)
    )
    reports = [trainer.step() for _ in range(5)]
    assert [report.step for report in reports] == [20, 30, 40, 45, 60]
    assert [report.steps for report in reports] == [20, 10, 10, 5, 15]
    assert [
        report.step for report in reports if "validation_loss" in report.metrics
    ] == [30, 45, 60]  # fmt: skip


@pytest.mark.parametrize(
    "variable", ["numpy", *(lib.instruction_set for lib in native.libraries())]
)
def test_the_result_does_not_depend_on_what_carries_it_out(variable: str, tmp_path: Path) -> None:
    code = (
        "import json, os, sys\n"
        "os.environ['VYNAPSE_KERNELS'] = sys.argv[1]\n"
        "import vynapse.cli.main as cli\n"
        "code = cli.main(['run', 'xor', '--mode', 'sgd', '--seed', '3', '--out', sys.argv[2]])\n"
        "print(code, 'torch' in sys.modules)\n"
    )
    hashes: list[bytes] = []
    for name in (variable, "numpy"):
        out = tmp_path / name / str(len(hashes))
        command = [sys.executable, "-c", code, name, str(out)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert done.stdout.splitlines()[-1] == "0 False", "a small MLP needs no torch"
        hashes.append((out / "best.safetensors").read_bytes())
    assert hashes[0] == hashes[1]


def test_the_history_ends_with_the_report_itself() -> None:
    keys: dict[str, Any] = {"learning_rate": 0.1, "evaluate_every": 10, "restart_patience": 10}
    trainer = trainer_of("xor", MLP(sizes=(2, 2, 1)), **keys)
    for report in (trainer.step() for _ in range(6)):
        assert report.steps == 10
        last = {name: values[-1].item() for name, values in report.history.items()}
        cost = report.cost
        wanted = {"loss": report.loss, "forwards": cost.forwards, "backwards": cost.backwards}
        assert last == {**wanted, "flops": cost.flops, **report.metrics}


def task_of(loss: KernelLoss = "mse") -> SupervisedTask:
    numbers = np.arange(6, dtype=np.float32)[:, None]
    return ArrayTask(
        "line", Splits(Split(numbers, numbers)), input_shape=(1,), output_size=1,
        loss=loss,
    )  # fmt: skip


def test_the_rule_is_one_of_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SgdSettings(batch_size=32)
    spirals, digits = make_task("spirals", {}), make_task("digits", {})
    assert suits(spirals, SMALL, settings)
    assert suits(digits, MLP(sizes=(64, 8, 10)), SgdSettings(batch_size=8))
    assert not suits(spirals, SMALL, SgdSettings(optimizer="rmsprop"))
    assert not suits(digits, CNN(channels=(4,)), settings)
    noisy = make_task("digits", {"augment": [{"noise": 0.2}]})
    assert not suits(noisy, MLP(sizes=(64, 8, 10)), SgdSettings(batch_size=8))
    parameters = (64 + 1) * 8 + (8 + 1) * 10
    for limit, batch_size, whole in ((parameters * 50, 50, True), (parameters * 50, 51, False)):
        monkeypatch.setattr(sgd_kernel, "WORK", limit)
        monkeypatch.setattr(sgd_kernel, "WORK_IN_NUMPY", limit)
        chosen = suits(digits, MLP(sizes=(64, 8, 10)), SgdSettings(batch_size=batch_size))
        assert chosen is whole
    assert not suits(digits, MLP(sizes=(64, 8, 10)), SgdSettings(batch_size=None))


def test_a_run_goes_on_with_the_engine_that_it_began_with(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = trainer_of("xor", MLP(sizes=(2, 2, 1)))
    begun.step()
    state = begun.state()
    assert state["path"] == "kernel"
    monkeypatch.setattr(sgd, "suits", lambda task, structure, settings: False)
    other = trainer_of("xor", MLP(sizes=(2, 2, 1)))
    with pytest.raises(CheckpointError, match="made its steps by 'kernel', here they would be"):
        other.load(state)


def test_a_step_that_diverges_names_itself_and_is_not_made() -> None:
    """The error grows from step to step until its square does not fit in a float32."""
    task = task_of()
    keys: dict[str, Any] = {"optimizer": "sgd", "learning_rate": 1e4, "evaluate_every": 1000}
    failing = SgdTrainer(stage_of(task, MLP(sizes=(1, 1))), SgdSettings(**keys))
    with pytest.raises(TrainingError) as error:
        failing.step()
    step = int(str(error.value).split("at step ")[1].split()[0])
    assert 1 < step < 40
    careful = SgdTrainer(stage_of(task, MLP(sizes=(1, 1))), SgdSettings(**keys, steps_per_call=1))
    for _ in range(step - 1):
        careful.step()
    with pytest.raises(TrainingError) as same:
        careful.step()
    assert str(same.value) == str(error.value)
    for name, tensor in failing.state()["network"].items():
        np.testing.assert_array_equal(tensor, careful.state()["network"][name])


def test_timings_are_of_training_and_validation() -> None:
    trainer = trainer_of("xor", MLP(sizes=(2, 2, 1)))
    trainer.step()
    timings = trainer.timings()
    assert set(timings) == {"training", "validation"}
    assert min(timings.values()) > 0
