# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Checkers for what you plug in: your task, loss, trainer, encoding and evaluator.

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
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from vynapse.core import (
    NO_COST,
    Array,
    Loss,
    Report,
    SplitName,
    State,
    Stateless,
    SupervisedTask,
    Trainer,
)
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.evaluator import Evaluator, Objective
from vynapse.networks.state import NetworkState
from vynapse.tasks.losses.registry import make_loss
from vynapse.telemetry.events import KINDS, json_line

if TYPE_CHECKING:
    from torch import Tensor

_SPLITS: Final[tuple[SplitName, ...]] = ("train", "validation")


def check_task(make: Callable[[], SupervisedTask]) -> None:
    """A task keeps its promises: shapes, its loss, one fingerprint, a sealed test split.

    Args:
        make: returns a fresh task; called twice.
    """
    task, again = make(), make()
    for name in _SPLITS:
        source, other = task.split(name), again.split(name)
        _demand(len(source) > 0, f"the {name} split is empty")
        _demand(len(source) == len(other), f"the {name} split differs between two tasks made alike")
        for rows in (slice(0, 1000), np.array([len(source) - 1, 0])):
            split, twin = source.take(rows), other.take(rows)
            _demand(len(split.inputs) == len(split.targets), f"{name}: inputs and targets differ")
            same = np.array_equal(split.inputs, twin.inputs)
            same &= np.array_equal(split.targets, twin.targets)
            _demand(same, f"the {name} split differs between two tasks made alike")
        prepared = task.prepare(source.take(slice(0, 3)).inputs)
        _demand(prepared.dtype == np.float32, f"prepare() must give float32, got {prepared.dtype}")
        _demand(
            prepared.shape[1:] == task.input_shape,
            f"prepare() gives {prepared.shape[1:]}, input_shape is {task.input_shape}",
        )
    _demand(task.fingerprint() == again.fingerprint(), "fingerprint() differs between two tasks")
    _demand(bool(task.name), "name is empty")
    check_loss(task.loss, task.split("train").take(slice(0, 100)).targets, task.output_size)

    def predict(inputs: Array) -> Array:
        return np.full((len(inputs), task.output_size), 0.25, np.float32)

    network = Stateless(predict)
    _demand(
        task.evaluate(predict, "validation") == task.score(network),
        "evaluate() and score() differ, or differ between two calls",
    )
    _check_sealed(task, network)


def _check_sealed(task: SupervisedTask, network: Stateless) -> None:
    first = task.final_test(network)
    if first is None:
        return
    _demand(
        task.for_run().final_test(network) == first,
        "for_run() must give a copy whose test split can be read once more",
    )
    try:
        task.final_test(network)
    except Exception:  # noqa: BLE001 - any refusal will do
        return
    raise AssertionError("final_test() may be called once only")


def check_loss(loss: Loss, targets: Array, outputs: int) -> None:
    """A loss keeps its promises: a mean over examples, alike in NumPy and torch, differentiable.

    Args:
        loss: the loss.
        targets: of at least two examples, (b,) or (b, o).
        outputs: number of outputs o of a network.
    """
    import torch

    _demand(bool(loss.name and loss.unit), "name or unit is empty")
    problem = loss.misfit(targets, outputs)
    _demand(problem is None, f"misfit() refuses the targets: {problem}")
    count = len(targets)
    output = np.random.default_rng(0).uniform(0.1, 0.9, (3, count, outputs)).astype(np.float32)
    before = output.copy(), targets.copy()
    in_numpy = loss.array(output, targets)
    wanted = torch.tensor(targets)
    in_torch = loss.tensor(torch.tensor(output), wanted).numpy()
    _demand(
        np.array_equal(output, before[0]) and np.array_equal(targets, before[1]),
        "array() changes its arguments",
    )
    for name, found in (("array", in_numpy), ("tensor", in_torch)):
        _demand(found.shape == (3,), f"{name}() must keep leading population dimensions")
        _demand(bool(np.isfinite(found).all()), f"{name}() is not finite")
    _demand(np.allclose(in_numpy, in_torch, rtol=1e-4), "tensor() and array() differ")
    alone = [float(loss.array(one, targets)) for one in output]
    _demand(alone == in_numpy.tolist(), "array() depends on the networks beside one")
    each = [float(loss.array(output[0, i : i + 1], targets[i : i + 1])) for i in range(count)]
    _demand(bool(np.isclose(np.mean(each), alone[0], rtol=1e-4)), "it is no mean over examples")
    _check_gradient(loss, torch.tensor(output[0], dtype=torch.float64), wanted)
    _check_known(loss, output[0], targets)


def _check_gradient(loss: Loss, output: Tensor, targets: Tensor) -> None:
    """The gradient is what the loss changes by, and `torch.vmap` can take the loss apart."""
    import torch

    output.requires_grad_()
    value = loss.tensor(output, targets)
    _demand(value.requires_grad, "tensor() is not differentiable in the output")
    (gradient,) = torch.autograd.grad(value, output)
    with torch.no_grad():
        direction = torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view_as(output)
        high, low = (loss.tensor(output + s * 1e-6 * direction, targets) for s in (1, -1))
        slope, along = float(high - low) / 2e-6, float((gradient * direction).sum())
        _demand(
            bool(np.isclose(slope, along, rtol=1e-2, atol=1e-5)),
            f"the gradient of tensor() says {along:g} where the loss changes by {slope:g}",
        )
        try:
            torch.vmap(lambda o, t: loss.tensor(o[None], t[None]))(output, targets)
        except (RuntimeError, ValueError) as error:
            raise AssertionError(f"torch.vmap cannot take tensor() apart: {error}") from None


def _check_known(loss: Loss, output: Array, targets: Array) -> None:
    """What a loss says beyond its value is true: its kernel, chance and probabilities."""
    if loss.kernel is not None:
        known = float(make_loss(loss.kernel).array(output, targets))
        value = float(loss.array(output, targets))
        _demand(bool(np.isclose(value, known)), f"it is not what the kernels call {loss.kernel}")
    chance = loss.chance(targets)
    if chance is not None:
        constant = float(loss.array(np.broadcast_to(output[:1], output.shape), targets))
        _demand(chance <= constant * (1 + 1e-6), f"a constant output scores below {chance:g}")
    shares = loss.probabilities(output)
    if shares is not None:
        _demand(len(shares) == len(output), "probabilities() must give a row for each example")
        sums = bool((shares >= 0).all()) and np.allclose(shares.sum(axis=1), 1)
        _demand(sums, "probabilities() must be from 0 on and add up to 1")


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
        unknown = {kind for kind, _ in report.events} - KINDS.keys()
        _demand(not unknown, f"step {report.step}: no event may be of kind {sorted(unknown)}")
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
