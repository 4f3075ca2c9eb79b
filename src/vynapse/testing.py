# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Checkers for what you plug in: your task, your trainer, your encoding, your evaluator.

Call them in your own tests. Each raises `AssertionError` with one sentence that says which promise
is broken; the built-in tasks and modes pass the same checks.

    from vynapse.testing import check_task
    check_task(lambda: MyTask())
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import numpy as np

from vynapse.core import NO_COST, Array, Report, State, SupervisedTask, Trainer
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.evaluator import Evaluator, Objective
from vynapse.networks.state import NetworkState
from vynapse.telemetry.events import json_line


def check_task(make: Callable[[], SupervisedTask]) -> None:
    """A task keeps its promises: shapes, two equal losses, one fingerprint, a sealed test split.

    Args:
        make: returns a fresh task; called twice.
    """
    import torch

    task, again = make(), make()
    for name in ("train", "validation"):
        split, other = task.split(name), again.split(name)
        _demand(len(split) > 0, f"the {name} split is empty")
        _demand(len(split.inputs) == len(split.targets), f"{name}: inputs and targets differ")
        same = np.array_equal(split.inputs, other.inputs)
        _demand(same, f"the {name} split differs between two tasks made alike")
        prepared = task.prepare(split.inputs[:3])
        _demand(prepared.dtype == np.float32, f"prepare() must give float32, got {prepared.dtype}")
        _demand(
            prepared.shape[1:] == task.input_shape,
            f"prepare() gives {prepared.shape[1:]}, input_shape is {task.input_shape}",
        )
    _demand(task.fingerprint() == again.fingerprint(), "fingerprint() differs between two tasks")
    _demand(bool(task.name), "name is empty")

    targets = task.split("train").targets[:5]
    outputs = np.linspace(0.1, 0.9, 2 * len(targets) * task.output_size, dtype=np.float32)
    outputs = outputs.reshape(2, len(targets), task.output_size)
    in_numpy = task.array_loss(outputs, targets)
    in_torch = task.loss(torch.from_numpy(outputs), torch.from_numpy(targets)).numpy()
    _demand(in_numpy.shape == (2,), "array_loss() must keep leading population dimensions")
    _demand(in_torch.shape == (2,), "loss() must keep leading population dimensions")
    _demand(np.allclose(in_numpy, in_torch, rtol=1e-4), "loss() and array_loss() differ")

    def predict(inputs: Array) -> Array:
        return np.full((len(inputs), task.output_size), 0.25, np.float32)

    _demand(
        task.evaluate(predict, "validation") == task.evaluate(predict, "validation"),
        "evaluate() differs between two calls",
    )
    if task.final_test(predict) is not None:
        try:
            task.final_test(predict)
        except Exception:  # noqa: BLE001 - any refusal will do
            return
        raise AssertionError("final_test() may be called once only")


def check_trainer(make: Callable[[], Trainer], steps: int = 6) -> None:
    """A trainer keeps its promises: exact resume, same seed same run, watching changes nothing.

    Args:
        make: returns a fresh trainer of one configuration and seed; called `steps` + 2 times.
        steps: how often to call `step`; state is saved and loaded after each call.
    """
    before = _global_generators()
    plain = make()
    reports = [plain.step() for _ in range(steps)]
    _check_reports(reports)
    _demand(_global_generators() == before, "a step read or changed a global random generator")

    watched = make()
    states: list[State] = []
    for index in range(steps):
        report = watched.step()
        watched.winner()
        states.append(_as_data(watched.state()))
        _demand(_same(report, reports[index]), f"step {report.step}: same seed, another report")
    _demand(_sha(plain) == _sha(watched), "the winner differs when the state is saved at each step")
    _demand(_global_generators() == before, "saving changed a global random generator")

    for index, state in enumerate(states):
        resumed = make()
        resumed.load(copy.deepcopy(state))
        for later in range(index + 1, steps):
            report = resumed.step()
            _demand(
                _same(report, reports[later]),
                f"resumed after step {reports[index].step}: step {report.step} gives {report}, "
                f"uninterrupted it gave {reports[later]}",
            )
        _demand(
            _sha(resumed) == _sha(plain),
            f"resumed after step {reports[index].step}: the winner differs",
        )


def check_encoding(encoding: Encoding, genomes: Array, inputs: Array) -> None:
    """An encoding keeps its promises: forward = decode, encode inverts decode, chunks are free.

    Args:
        encoding: the encoding.
        genomes: at least three genomes.
        inputs: prepared inputs, (batch, …).
    """
    together = encoding.forward(genomes, inputs)
    _demand(
        together.shape[:2] == (len(genomes), len(inputs)),
        f"forward() must give (population, batch, out), got {together.shape}",
    )
    for index, genome in enumerate(genomes):
        decoded = encoding.decode(genome)
        alone = decoded.predictor()(inputs)
        _demand(
            np.allclose(alone, together[index], rtol=1e-4, atol=1e-5),
            f"forward() and the decoded network differ for genome {index}",
        )
        _demand(
            np.array_equal(encoding.encode(genome, decoded), genome),
            f"encode(decode(genome)) is not genome {index}",
        )
    parts = [encoding.forward(genomes[:1], inputs), encoding.forward(genomes[1:], inputs)]
    _demand(
        np.array_equal(np.concatenate(parts), together),
        "the result depends on how the population is cut into chunks",
    )


def check_evaluator(
    evaluator: Evaluator, objective: Objective, encoding: Encoding, genomes: Array
) -> None:
    """An evaluator gives one loss per genome, each independent of the others."""
    losses = evaluator(objective, encoding, genomes)
    _demand(losses.shape == (len(genomes),), f"one loss per genome was wanted, got {losses.shape}")
    turned = evaluator(objective, encoding, genomes[::-1].copy())
    _demand(np.array_equal(turned[::-1], losses), "losses depend on the order of the genomes")


def _check_reports(reports: list[Report]) -> None:
    previous = Report(0, float("inf"), NO_COST, renewed=False)
    for report in reports:
        _demand(
            report.step == previous.step + report.steps,
            f"step {report.step} follows step {previous.step}, the report is about {report.steps}",
        )
        lengths = {name: len(values) for name, values in report.history.items()}
        _demand(
            set(lengths.values()) <= {report.steps},
            f"step {report.step}: every measurement of the history must be there for each of "
            f"{report.steps} steps, got {lengths}",
        )
        _demand(report.loss == report.loss, f"step {report.step}: the loss is not a number")
        _demand(
            report.renewed or previous.step == 0 or report.loss == previous.loss,
            f"step {report.step}: the loss of the winner went from {previous.loss} to "
            f"{report.loss}, and the report does not say that the winner was renewed",
        )
        now, then = report.cost.counted(), previous.cost.counted()
        _demand(
            all(now[name] >= then[name] for name in now) and any(map(now.get, now)),
            f"step {report.step}: cost must grow, it went from {then} to {now}",
        )
        previous = report


def _as_data(state: State) -> State:
    """The state after a trip through JSON and raw bytes, as a checkpoint makes it."""

    def walk(value: Any, path: str) -> Any:
        if isinstance(value, np.ndarray):
            return np.frombuffer(value.tobytes(), value.dtype).reshape(value.shape).copy()
        if isinstance(value, dict):
            return {key: walk(inner, f"{path}.{key}") for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [walk(inner, f"{path}.{index}") for index, inner in enumerate(value)]
        _demand(
            value is None or isinstance(value, (bool, int, float, str)),
            f"state{path}: a NumPy array or JSON value was wanted, got {type(value).__name__}",
        )
        return json.loads(json.dumps(value))

    packed = walk(state, "")
    if not isinstance(packed, dict):
        raise AssertionError(f"state() must return a dictionary, got {type(state).__name__}")  # noqa: TRY004 - a checker raises AssertionError
    return packed


def _same(one: Report, other: Report) -> bool:
    return (
        one.step == other.step
        and one.loss == other.loss
        and (one.cost, one.renewed) == (other.cost, other.renewed)
        and dict(one.metrics) == dict(other.metrics)
        and one.history.keys() == other.history.keys()
        and all(np.array_equal(one.history[k], other.history[k], True) for k in one.history)
        and json_line(one.events) == json_line(other.events)
    )


def _sha(trainer: Trainer) -> str:
    winner = trainer.winner()
    _demand(isinstance(winner, NetworkState), "winner() must return a NetworkState")
    return winner.sha256()


def _global_generators() -> tuple[str, ...]:
    import torch

    return (
        repr(random.getstate()),
        repr(np.random.get_state()),  # noqa: NPY002 - proves that nobody touches it
        repr(torch.random.get_rng_state().tolist()),
    )


def _demand(holds: bool, sentence: str) -> None:
    if not holds:
        raise AssertionError(sentence)
