# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0

import copy
import dataclasses
import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence import many
from vynapse.core import Array, Budget, Evaluation, Report, Split, State, SupervisedTask, run
from vynapse.errors import ConfigError, TrainingError
from vynapse.networks.cnn import CNN
from vynapse.networks.factory import Factory
from vynapse.networks.mlp import MLP
from vynapse.networks.state import initial_state
from vynapse.networks.structure import Structure
from vynapse.seeding import Streams
from vynapse.settings import validate
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.registry import make_task
from vynapse.trainers import feed
from vynapse.trainers.mode import Stage
from vynapse.trainers.sgd import MODE, SgdTrainer
from vynapse.trainers.sgd_settings import SgdSettings

XOR = MLP(sizes=(2, 2, 1))
SMALL = MLP(sizes=(2, 6, 2))
DROPOUT = CNN(channels=(4, 6), dropout=0.4)


def stage_of(
    task: SupervisedTask,
    structure: Structure,
    seed: int = 0,
    *,
    fresh: bool = True,
    horizon: int | None = 40,
) -> Stage:
    network = initial_state(structure.fit(task.interface()), Streams(seed))
    budget = Budget(steps=horizon)
    return Stage(task, network, fresh, Streams(seed).child("stage"), budget=budget)


def trainer_of(
    task: str, structure: Structure, seed: int = 0, horizon: int | None = 40, **keys: Any
) -> SgdTrainer:
    stage = stage_of(make_task(task, {}), structure, seed, horizon=horizon)
    return SgdTrainer(stage, SgdSettings(**keys))


def line(inputs: list[float], targets: list[float]) -> SupervisedTask:
    """Numbers to numbers, one of each per example."""
    columns = [np.array(values, np.float32)[:, None] for values in (inputs, targets)]
    return ArrayTask("line", Splits(Split(*columns)), input_shape=(1,), output_size=1, loss="mse")


def through_a_file(state: State) -> State:
    """What a checkpoint makes of a state: JSON, and arrays beside it."""
    arrays: list[Array] = []

    def pack(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            arrays.append(np.frombuffer(value.tobytes(), value.dtype).reshape(value.shape).copy())
            return {"$": len(arrays) - 1}
        return {k: pack(v) for k, v in value.items()} if isinstance(value, dict) else value

    def unpack(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return arrays[value["$"]] if "$" in value else {k: unpack(v) for k, v in value.items()}

    text = json.dumps(pack(state), allow_nan=False)
    result: State = unpack(json.loads(text))
    return result


def assert_same(one: Any, other: Any) -> None:
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key, value in one.items():
            assert_same(value, other[key])
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    else:
        assert one == other


def assert_same_report(one: Report, other: Report) -> None:
    assert dataclasses.replace(one, history={}) == dataclasses.replace(other, history={})
    assert_same(dict(one.history), dict(other.history))


def each_step(trainer: SgdTrainer, calls: int) -> list[Report]:
    """One report for every step that some calls make."""
    return [row for _ in range(calls) for row in trainer.step().each()]


def numpy_state() -> Array:
    name, words, *_ = np.random.get_state(legacy=True)
    assert name == "MT19937"
    return np.array(words)


RUNS: dict[str, tuple[str, Structure, dict[str, Any]]] = {
    "adam": ("spirals", SMALL, {"batch_size": 50, "schedule": "cosine", "warmup": 3}),
    "nesterov": (
        "spirals",
        SMALL,
        {"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "batch_size": 64},
    ),
    "adamw": ("spirals", SMALL, {"optimizer": "adamw", "weight_decay": 0.1, "clip_norm": 0.1}),
    "rmsprop": (
        "spirals",
        SMALL,
        {"optimizer": "rmsprop", "momentum": 0.5, "schedule": "step", "step_every": 7},
    ),
    "one at a time": ("spirals", SMALL, {"batch_size": 50, "steps_per_call": 1}),
    "restarts": ("xor", XOR, {"learning_rate": 0.1, "evaluate_every": 2, "restart_patience": 4}),
    "dropout and norm": ("digits", DROPOUT, {"batch_size": 200, "evaluate_every": 3}),
}


@settings(max_examples=many(sample=7, evidence=60))
@given(st.sampled_from(sorted(RUNS)), st.integers(0, 11), st.integers(0, 2**64 - 1))
def test_a_resumed_run_is_the_uninterrupted_one_bit_for_bit(
    name: str, stop: int, seed: int
) -> None:
    task, structure, keys = RUNS[name]
    plain, resumed = (trainer_of(task, structure, seed, **keys) for _ in range(2))
    for _ in range(stop):
        plain.step()
    state = plain.state()
    before = copy.deepcopy(state)
    resumed.load(through_a_file(state))
    for _ in range(12 - stop):
        assert_same_report(plain.step(), resumed.step())
    assert_same(plain.state(), resumed.state())
    assert plain.winner().sha256() == resumed.winner().sha256()
    assert_same(state, before)


@pytest.mark.parametrize("name", RUNS)
def test_saving_changes_nothing(name: str) -> None:
    task, structure, keys = RUNS[name]
    plain, saved = (trainer_of(task, structure, 1, **keys) for _ in range(2))
    for _ in range(12):
        saved.state()
        saved.winner()
        saved.best()
        assert_same_report(plain.step(), saved.step())
    assert_same(plain.state(), saved.state())


def test_a_loaded_state_stays_the_callers_own() -> None:
    trainer = trainer_of("xor", XOR, learning_rate=0.1)
    trainer.step()
    state = trainer.state()
    before = copy.deepcopy(state)
    other = trainer_of("xor", XOR, learning_rate=0.1)
    other.load(state)
    for _ in range(5):
        other.step()
    assert_same(state, before)


@pytest.mark.parametrize("name", ["adam", "dropout and norm"])
def test_the_global_generators_are_neither_read_nor_written(name: str) -> None:
    task, structure, keys = RUNS[name]
    reports = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
        before = torch.get_rng_state(), numpy_state(), random.getstate()
        trainer = trainer_of(task, structure, **keys)
        reports.append([trainer.step() for _ in range(4)])
        assert torch.equal(torch.get_rng_state(), before[0])
        np.testing.assert_array_equal(numpy_state(), before[1])
        assert random.getstate() == before[2]
    for one, other in zip(*reports, strict=True):
        assert_same_report(one, other)


def test_dropout_masks_differ_from_step_to_step() -> None:
    """At a vanishing learning rate the loss of the same batch varies by its mask alone."""
    keys: dict[str, Any] = {"optimizer": "sgd", "learning_rate": 1e-12, "batch_size": None}
    trainer = trainer_of("digits", DROPOUT, **keys)
    assert len({trainer.step().metrics["batch_loss"] for _ in range(4)}) == 4


@pytest.mark.parametrize("seed", range(many(sample=2, evidence=8)))
def test_xor_is_solved_within_20000_steps(seed: int) -> None:
    trainer = trainer_of(
        "xor", XOR, seed, None, learning_rate=0.1, evaluate_every=10, restart_patience=100
    )
    progress = run(trainer, Budget(steps=20_000, target=0.02))
    assert progress.stop == "target"
    task = make_task("xor", {})
    assert task.evaluate(trainer.winner().predictor(), "validation").loss < 0.02


@pytest.mark.parametrize("seed", range(many(sample=1, evidence=4)))
def test_spirals_are_learnt(seed: int) -> None:
    trainer = trainer_of(
        "spirals",
        MLP(sizes=(2, 32, 32, 2), hidden="gelu"),
        seed,
        800,
        learning_rate=0.03,
        schedule="cosine",
        batch_size=None,
        evaluate_every=50,
    )
    report = run(trainer, Budget(steps=800)).report
    assert report is not None
    assert report.metrics["accuracy"] > 0.97


@pytest.mark.parametrize("seed", range(many(sample=1, evidence=3)))
def test_the_loss_is_that_of_the_best_network_so_far(seed: int) -> None:
    task = make_task("spirals", {})
    settings_ = SgdSettings(learning_rate=0.3, batch_size=20, evaluate_every=1)
    trainer = SgdTrainer(stage_of(task, SMALL, seed), settings_)
    start = task.evaluate(trainer.winner().predictor(), "validation").loss
    losses = [start]
    for _ in range(25):
        report = trainer.step()
        losses.append(report.metrics["validation_loss"])
        assert report.loss == min(losses)
        assert report.loss == task.evaluate(trainer.winner().predictor(), "validation").loss
    assert losses != sorted(losses, reverse=True), "a rate so high must overshoot"


def test_validation_happens_when_asked_and_at_the_end() -> None:
    trainer = trainer_of("spirals", SMALL, horizon=10, evaluate_every=4)
    reports = each_step(trainer, 4)
    assert [report.step for report in reports] == list(range(1, 13))
    assert [r.step for r in reports if "accuracy" in r.metrics] == [4, 8, 10, 12]


def test_validation_happens_once_an_epoch_by_default() -> None:
    trainer = trainer_of("spirals", SMALL, horizon=None, batch_size=100)
    assert MODE.steps_per_epoch is not None
    assert MODE.steps_per_epoch(make_task("spirals", {}), SgdSettings(batch_size=100)) == 2
    reports = each_step(trainer, 3)
    assert [r.step for r in reports if "validation_loss" in r.metrics] == [2, 4, 6]
    assert [r.metrics["epoch"] for r in reports] == [0.5, 1, 1.5, 2, 2.5, 3]


@pytest.mark.parametrize("per_call", [1, 100])
def test_every_pass_is_counted(per_call: int) -> None:
    task = make_task("spirals", {})
    structure = SMALL.fit(task.interface())
    keys: dict[str, Any] = {"batch_size": 50, "evaluate_every": 3, "steps_per_call": per_call}
    trainer = SgdTrainer(stage_of(task, SMALL), SgdSettings(**keys))
    flops = structure.flops((2,))
    reports = each_step(trainer, 5)[:5]
    trained = np.cumsum([50, 50, 50, 44, 50])
    validated = 192 * np.array([1, 1, 2, 2, 2])
    assert [report.cost.forwards for report in reports] == list(trained + validated)
    assert [report.cost.backwards for report in reports] == list(trained)
    assert [report.cost.flops for report in reports] == list((3 * trained + validated) * flops)


def test_restarts_draw_other_networks_and_keep_their_cost() -> None:
    keys: dict[str, Any] = {"learning_rate": 1e-9, "evaluate_every": 1, "restart_patience": 2}
    trainer = trainer_of("xor", XOR, warmup=2, **keys)
    starts, reports = [], []
    for _ in range(9):
        starts.append(trainer.state()["network"]["0.weight"].tobytes())
        reports.append(trainer.step())
    assert [r.metrics["restarts"] for r in reports] == [0, 0, 1, 1, 1, 2, 2, 2, 3]
    assert len({starts[0], starts[3], starts[6]}) == 3
    assert [r.metrics["learning_rate"] for r in reports] == [5e-10, 1e-9, 1e-9] * 3
    assert reports[-1].cost.backwards == 9 * 4
    assert reports[-1].cost.forwards == 9 * 4 + 10 * 4
    lowest = min(r.metrics["validation_loss"] for r in reports)
    assert reports[-1].loss <= lowest


def test_an_attempt_that_gains_is_not_given_up() -> None:
    trainer = trainer_of(
        "xor", MLP(sizes=(2, 8, 1)), learning_rate=0.05, evaluate_every=5, restart_patience=100
    )
    report = run(trainer, Budget(steps=5000, target=1e-3)).report
    assert report is not None
    assert report.metrics["restarts"] == 0


@pytest.mark.parametrize("clip", [0.01, 1e9])
def test_the_gradient_of_all_tensors_together_is_clipped(clip: float) -> None:
    trainer = trainer_of("digits", MLP(sizes=(64, 5, 10)), optimizer="sgd", learning_rate=1.0,
                         clip_norm=clip, steps_per_call=1)  # fmt: skip
    before = trainer.state()["network"]
    norm = trainer.step().metrics["gradient_norm"]
    after = trainer.state()["network"]
    moved = np.sqrt(sum(np.square(after[k] - before[k], dtype=np.float64).sum() for k in after))
    assert norm > 0.01
    assert moved == pytest.approx(min(clip, norm), rel=1e-3)


def test_the_rate_follows_the_schedule() -> None:
    trainer = trainer_of(
        "spirals", SMALL, horizon=12, learning_rate=0.2, schedule="cosine", warmup=2,
        final_factor=0.5,
    )  # fmt: skip
    rates = [report.metrics["learning_rate"] for report in each_step(trainer, 7)]
    assert rates[:3] == [0.1, 0.2, 0.2]
    assert rates[7] == pytest.approx(0.15)
    assert rates[12] == pytest.approx(0.1)
    assert rates[2:] == sorted(rates[2:], reverse=True)


@given(
    limit=st.sampled_from(["steps", "forwards", "backwards", "flops"]),
    steps=st.integers(1, 60),
    batch_size=st.sampled_from([None, 50, 64]),
    evaluate_every=st.integers(1, 20),
)
def test_any_budget_of_cost_has_a_known_end(
    limit: str, steps: int, batch_size: int | None, evaluate_every: int
) -> None:
    """The rate has come down, and the network is validated, at the very step that spends it."""
    task = make_task("spirals", {})
    keys: dict[str, Any] = {"batch_size": batch_size, "evaluate_every": evaluate_every}
    limits = {"steps": 1, "forwards": 194, "backwards": 100, "flops": 40_000}
    budget = Budget(**{limit: steps * limits[limit]})
    stage = dataclasses.replace(stage_of(task, SMALL), budget=budget)
    seen: list[Report] = []
    run(
        SgdTrainer(stage, SgdSettings(schedule="cosine", **keys)),
        budget,
        observers=[seen.append],
    )
    assert "validation_loss" in seen[-1].metrics
    count = seen[-1].step
    assert budget.spent(seen[-1].step, seen[-1].cost) == limit
    first = next(seen[-1].each())
    assert budget.spent(first.step, first.cost) is None or seen[-1].steps == 1
    final = 0.001 * (1 + math.cos(math.pi * (count - 1) / count)) / 2
    assert seen[-1].metrics["learning_rate"] == pytest.approx(final)


@pytest.mark.parametrize("keep", [0, 2**28])
def test_training_does_not_depend_on_what_is_kept_on_the_device(
    keep: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_KEEP_BYTES", keep)
    trainer = trainer_of("digits", DROPOUT, batch_size=300)
    for _ in range(4):
        trainer.step()
    monkeypatch.setattr(feed, "_KEEP_BYTES", 2**28 - keep)
    other = trainer_of("digits", DROPOUT, batch_size=300)
    for _ in range(4):
        other.step()
    assert_same(trainer.state(), other.state())


def test_a_loss_that_is_not_finite_stops_before_the_update(monkeypatch: pytest.MonkeyPatch) -> None:
    """The square of the input does not fit in a float32."""
    task = line([3e30], [0.0])
    monkeypatch.setattr(task, "evaluate", lambda predict, split: Evaluation(1.0, {}))
    trainer = SgdTrainer(stage_of(task, MLP(sizes=(1, 1))), SgdSettings(learning_rate=0.25))
    before = trainer.state()["network"]
    wanted = "the batch loss is inf at step 1 with learning_rate 0.25: lower learning_rate"
    with pytest.raises(TrainingError, match=wanted):
        trainer.step()
    assert_same(trainer.state()["network"], before)


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A user's own module."""
    (tmp_path / "vynapse_sgd_networks.py").write_text(
        "import torch\n"
        "from torch import nn\n"
        "class Root(nn.Module):\n"
        "    def forward(self, x):\n"
        "        return torch.sqrt(x * x)\n"
        "def root():\n"
        "    return nn.Sequential(nn.Linear(1, 1, bias=False), Root())\n"
        "def frozen():\n"
        "    return nn.Linear(1, 1).requires_grad_(False)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return "vynapse_sgd_networks"


def test_a_gradient_that_is_not_finite_stops_before_the_update(networks: str) -> None:
    """The root of a square has a finite value at 0 and no derivative."""
    task = line([0.0], [1.0])
    structure = Factory(factory=f"{networks}:root")
    trainer = SgdTrainer(stage_of(task, structure), SgdSettings(learning_rate=0.25))
    before = trainer.state()["network"]
    with pytest.raises(TrainingError, match="gradient is nan at step 1 with learning_rate 0.25"):
        trainer.step()
    assert_same(trainer.state()["network"], before)


def test_a_validation_loss_that_is_not_finite_stops_the_run() -> None:
    task = line([1.0, 2.0], [1.0, 2.0])
    trainer = SgdTrainer(
        stage_of(task, MLP(sizes=(1, 1))), SgdSettings(optimizer="sgd", learning_rate=1e30)
    )
    with pytest.raises(TrainingError, match="validation loss is inf at step 1 with"):
        trainer.step()
    assert np.isfinite(trainer.winner().tensors["0.weight"]).all()


def test_a_network_with_nothing_to_train_is_refused(networks: str) -> None:
    stage = stage_of(line([0.0], [1.0]), Factory(factory=f"{networks}:frozen"))
    with pytest.raises(ConfigError, match="requires a gradient"):
        SgdTrainer(stage, SgdSettings())


def test_a_regression_reports_no_accuracy() -> None:
    trainer = SgdTrainer(stage_of(line([1.0, 2.0], [1.0, 2.0]), MLP(sizes=(1, 1))), SgdSettings())
    metrics = trainer.step().metrics
    assert "validation_loss" in metrics
    assert "accuracy" not in metrics


def test_columns_are_those_of_the_reports() -> None:
    trainer = trainer_of("spirals", SMALL)
    assert set(trainer.step().metrics) | set(trainer.step().metrics) == set(MODE.columns)


def test_a_later_stage_starts_from_the_network_it_is_given() -> None:
    first = trainer_of("xor", XOR, learning_rate=0.1)
    for _ in range(30):
        reached = first.step().loss
    stage = stage_of(make_task("xor", {}), XOR)
    stage = Stage(stage.task, first.winner(), False, stage.streams)
    second = MODE.build(stage, SgdSettings(learning_rate=0.001))
    assert second.winner().sha256() == first.winner().sha256()
    assert second.step().loss <= reached


CONTRADICTIONS: list[tuple[dict[str, Any], str]] = [
    ({"momentum": 0.9}, "momentum: optimizer adam does not use it"),
    ({"optimizer": "sgd", "betas": (0.5, 0.5)}, "betas: optimizer sgd does not use it"),
    ({"optimizer": "rmsprop", "momentum": 0.9, "nesterov": True}, "nesterov: optimizer rmsprop"),
    ({"optimizer": "sgd", "nesterov": True}, "nesterov: a momentum > 0 is wanted"),
    ({"step_every": 5}, "step_every: schedule constant does not use it"),
    ({"schedule": "step"}, "step_every: a number of steps is wanted"),
    ({"schedule": "step", "step_every": 5, "final_factor": 0.1}, "final_factor: schedule step"),
    ({"schedule": "cosine"}, "schedule: cosine must know where it ends"),
    ({"schedule": "cosine", "restart_patience": 5}, "restart_patience: restarts move the end"),
    ({"restart_patience": 5}, "restart_patience: a stage that goes on with"),
]


@pytest.mark.parametrize(("keys", "sentence"), CONTRADICTIONS)
def test_contradictions_are_refused_with_a_sentence(keys: dict[str, Any], sentence: str) -> None:
    stage = stage_of(make_task("xor", {}), XOR, fresh=False, horizon=None)
    with pytest.raises(ConfigError) as error:
        SgdTrainer(stage, SgdSettings(**keys))
    assert any(problem.startswith(sentence) for problem in error.value.problems)


def test_all_contradictions_are_reported_at_once() -> None:
    stage = stage_of(make_task("xor", {}), XOR, horizon=None)
    keys = {"momentum": 0.9, "schedule": "cosine", "step_every": 5}
    with pytest.raises(ConfigError) as error:
        SgdTrainer(stage, SgdSettings(**keys))
    assert len(error.value.problems) == 3


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("optimizer", "adma"), ("learning_rate", 0), ("learning_rate", "0.1"), ("momentum", 1),
        ("betas", [0.9, 1.0]), ("betas", [0.9]), ("weight_decay", -1), ("clip_norm", 0),
        ("schedule", "linear"), ("warmup", -1), ("step_every", 0), ("step_factor", 0),
        ("final_factor", 2), ("batch_size", 0), ("evaluate_every", 0), ("restart_patience", 0),
        ("steps_per_call", 0), ("learning_rates", 0.1),
    ],
)  # fmt: skip
def test_values_out_of_range_are_refused(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=rf"stages\.0\.{key}"):
        validate(SgdSettings, {key: value}, "stages.0")


def test_settings_survive_their_own_resolved_form() -> None:
    given_ = validate(SgdSettings, {"optimizer": "sgd", "momentum": 0.9, "schedule": "cosine"})
    resolved = validate(SgdSettings, given_.model_dump(mode="json"))
    assert resolved == given_
    SgdTrainer(stage_of(make_task("xor", {}), XOR), resolved)


def test_every_key_is_described() -> None:
    assert all(field.description for field in SgdSettings.model_fields.values())
