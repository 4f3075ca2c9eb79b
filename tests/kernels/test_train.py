# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0

import copy
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from tests.evidence import many
from vynapse.kernels import native
from vynapse.kernels.reference.law import Problem
from vynapse.kernels.train import Learner, Rule, Steps, Training, fresh, padded
from vynapse.seeding import F32
from vynapse.tasks.losses.registry import make_loss

LIBRARIES = native.libraries()
ACTIVATIONS = ("identity", "tanh", "sigmoid", "relu", "gelu")
F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
CASES = many(sample=12, evidence=60)


def problem_of(
    sizes: tuple[int, ...],
    hidden: str,
    output: str,
    loss: Any,
    examples: int,
    *,
    bias: bool = True,
    seed: int = 0,
) -> Problem:
    random = np.random.default_rng(seed)
    inputs = random.normal(size=(examples, sizes[0])).astype(np.float32)
    targets: npt.NDArray[Any] = random.normal(size=(examples, sizes[-1])).astype(np.float32)
    if loss == "cross_entropy":
        targets = random.integers(0, sizes[-1], examples)
    return Problem(sizes, hidden, output, bias, loss, inputs, targets)


def genome_of(problem: Problem, seed: int = 0) -> F32:
    return np.random.default_rng(seed).normal(size=problem.parameters).astype(np.float32)


def drawn(seed: int) -> tuple[Problem, Rule, F32, F64, I32 | None]:
    """A random configuration, genome, learning rates and batches."""
    random = np.random.default_rng(seed)
    problem = problem_of(
        tuple(random.integers(1, 20, random.integers(2, 5)).tolist()),
        str(random.choice(ACTIVATIONS)),
        str(random.choice(ACTIVATIONS)),
        str(random.choice(["mse", "cross_entropy"])),
        int(random.integers(1, 50)),
        bias=bool(random.integers(2)),
        seed=seed,
    )
    rule = Rule(
        ("sgd", "adam", "adamw")[random.integers(3)],
        momentum=float(random.choice([0, 0.9])),
        nesterov=bool(random.integers(2)),
        betas=((0.9, 0.999), (0.0, 0.9))[random.integers(2)],
        weight_decay=float(random.choice([0, 0.1])),
        clip_norm=(None, 0.1, 1e3)[random.integers(3)],
    )
    rates = random.uniform(0.001, 0.1, 6)
    batch = int(random.integers(1, 41))
    rows = random.integers(0, len(problem.inputs), (6, batch)).astype(np.int32)
    return problem, rule, genome_of(problem, seed), rates, rows if random.random() < 0.7 else None


def trained(
    problem: Problem,
    rule: Rule,
    genome: F32,
    rates: F64,
    rows: I32 | None = None,
    library: native.Library | None = None,
) -> tuple[Learner, Steps]:
    learner = fresh(genome)
    return learner, Training(problem, rule, library).run(learner, rates, rows)


def assert_same(one: tuple[Learner, Steps], other: tuple[Learner, Steps], rule: Rule) -> None:
    assert one[0].step == other[0].step
    used = ("parameters", "first") if rule.name == "sgd" else ("parameters", "first", "second")
    for name in used:
        np.testing.assert_array_equal(getattr(one[0], name), getattr(other[0], name))
    np.testing.assert_array_equal(one[1].losses, other[1].losses)
    np.testing.assert_array_equal(one[1].norms, other[1].norms)


@pytest.mark.parametrize("block", range(4))
def test_c_and_numpy_agree_bit_for_bit(block: int) -> None:
    for seed in range(block * CASES, (block + 1) * CASES):
        problem, rule, genome, rates, rows = drawn(seed)
        wanted = trained(problem, rule, genome, rates, rows)
        for library in LIBRARIES:
            assert_same(trained(problem, rule, genome, rates, rows, library), wanted, rule)


@pytest.mark.parametrize("examples", [1, 4, 5, 8, 9, 16, 17, 64, 100])
def test_c_and_numpy_agree_on_every_tile(examples: int) -> None:
    """Layers wider than a tile, and batches of every width and with every rest."""
    for loss in ("mse", "cross_entropy"):
        problem = problem_of((37, 21, 10), "tanh", "identity", loss, examples)
        arguments = (problem, Rule("adam"), genome_of(problem), np.full(2, 0.01))
        wanted = trained(*arguments)
        for library in LIBRARIES:
            assert_same(trained(*arguments, library=library), wanted, Rule("adam"))


@pytest.mark.parametrize("library", [None, *LIBRARIES], ids=str)
@pytest.mark.parametrize("seed", range(6))
def test_it_does_not_matter_how_many_steps_a_call_makes(
    seed: int, library: native.Library | None
) -> None:
    problem, _, genome, _, rows = drawn(seed)
    rates = np.random.default_rng(seed).uniform(0.001, 0.05, 60)
    if rows is not None:
        rows = np.tile(rows, (10, 1))
    for name in ("sgd", "adam", "adamw"):
        rule = Rule(name, momentum=0.9, weight_decay=0.01, clip_norm=1.0)
        together = trained(problem, rule, genome, rates, rows, library)
        learner, found = fresh(genome), []
        for cut in (slice(0, 1), slice(1, 24), slice(24, 25), slice(25, 60)):
            part = None if rows is None else rows[cut]
            found.append(Training(problem, rule, library).run(learner, rates[cut], part))
        steps = Steps(
            *(np.concatenate([getattr(s, n) for s in found]) for n in ("losses", "norms"))
        )
        assert_same((learner, steps), together, rule)


FUNCTIONS: dict[str, Callable[[F64], F64]] = {
    "identity": lambda x: x,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "gelu": lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
}


def float64_loss(problem: Problem, genome: F64) -> tuple[float, float]:
    """The mean loss by NumPy's own functions, and the least distance of a sum from a kink."""
    hidden, begin, nearest = problem.inputs.astype(np.float64), 0, np.inf
    for layer, (i, o) in enumerate(itertools.pairwise(problem.sizes)):
        weights = genome[begin : begin + i * o].reshape(o, i)
        begin += i * o
        sums = hidden @ weights.T
        if problem.bias:
            sums = sums + genome[begin : begin + o]
            begin += o
        name = problem.output if layer == len(problem.sizes) - 2 else problem.hidden
        if name == "relu":
            nearest = min(nearest, float(np.abs(sums).min()))
        hidden = FUNCTIONS[name](sums)
    if problem.loss == "mse":
        return float(np.square(hidden - problem.targets).mean()), nearest
    shifted = hidden - hidden.max(1, keepdims=True)
    chosen = np.take_along_axis(shifted, problem.targets[:, None], 1)[:, 0]
    return float((np.log(np.exp(shifted).sum(1)) - chosen).mean()), nearest


@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
@pytest.mark.parametrize("output", ACTIVATIONS)
@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_the_gradient_is_that_of_finite_differences(hidden: str, output: str, loss: str) -> None:
    step = 1e-5
    problem = problem_of((3, 5, 4, 2), hidden, output, loss, 6, bias=hidden != "tanh")
    genome = 0.7 * genome_of(problem)
    seeds = itertools.count(1)
    while float64_loss(problem, genome.astype(np.float64))[1] < 1e-3:
        genome = 0.7 * genome_of(problem, next(seeds))
    # the memory of the first step of momentum is the gradient itself
    learner, found = trained(problem, Rule("sgd", momentum=0.5), genome, np.array([1e-3]))
    assert found.losses[0] == pytest.approx(float64_loss(problem, genome.astype(np.float64))[0])
    for q in range(problem.parameters):
        either = []
        for sign in (1, -1):
            moved = genome.astype(np.float64)
            moved[q] += sign * step
            either.append(float64_loss(problem, moved)[0])
        slope = (either[0] - either[1]) / (2 * step)
        assert learner.first[q] == pytest.approx(slope, rel=1e-4, abs=3e-6)
    norm = np.sqrt(np.square(learner.first, dtype=np.float64).sum())
    assert found.norms[0] == pytest.approx(norm, rel=1e-5)


def torch_network(problem: Problem, genome: F32) -> torch.nn.Sequential:
    layers: list[torch.nn.Module] = []
    begin = 0
    kinds = {"tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid, "relu": torch.nn.ReLU}
    for index, (i, o) in enumerate(itertools.pairwise(problem.sizes)):
        linear = torch.nn.Linear(i, o, bias=problem.bias)
        with torch.no_grad():
            for tensor in linear.parameters():
                part = genome[begin : begin + tensor.numel()].reshape(tensor.shape)
                tensor.copy_(torch.from_numpy(part.copy()))
                begin += tensor.numel()
        name = problem.output if index == len(problem.sizes) - 2 else problem.hidden
        layers.append(linear)
        if name == "gelu":
            layers.append(torch.nn.GELU(approximate="tanh"))
        elif name != "identity":
            layers.append(kinds[name]())
    return torch.nn.Sequential(*layers)


def torch_optimiser(rule: Rule, parameters: Any) -> torch.optim.Optimizer:
    if rule.name == "sgd":
        return torch.optim.SGD(
            parameters,
            lr=1.0,
            momentum=rule.momentum,
            nesterov=rule.nesterov,
            weight_decay=rule.weight_decay,
        )
    kind = torch.optim.Adam if rule.name == "adam" else torch.optim.AdamW
    return kind(parameters, lr=1.0, betas=rule.betas, weight_decay=rule.weight_decay)


RULES = [
    Rule("sgd"),
    Rule("sgd", momentum=0.9, weight_decay=0.1),
    Rule("sgd", momentum=0.9, nesterov=True, clip_norm=0.2),
    Rule("adam"),
    Rule("adam", betas=(0.5, 0.9), weight_decay=0.1),
    Rule("adamw", weight_decay=0.3, clip_norm=0.2),
]


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_steps_are_those_of_torch(loss: str, rule: Rule) -> None:
    problem = problem_of((4, 7, 3), "gelu", "identity", loss, 21)
    genome = 0.5 * genome_of(problem)
    rates = np.linspace(0.02, 0.002, 8)
    rows = np.random.default_rng(0).integers(0, 21, (8, 9)).astype(np.int32)
    network = torch_network(problem, genome)
    optimiser = torch_optimiser(rule, network.parameters())
    learner, training = fresh(genome), Training(problem, rule, None)
    for step, rate in enumerate(rates):
        inputs = torch.from_numpy(problem.inputs[rows[step]])
        targets = torch.from_numpy(problem.targets[rows[step]])
        optimiser.zero_grad()
        value = make_loss(loss).tensor(network(inputs), targets)
        value.backward()
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), rule.clip_norm or float("inf"))
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.step()
        found = training.run(learner, rates[step : step + 1], rows[step : step + 1])
        assert found.losses[0] == pytest.approx(value.item(), rel=1e-5)
        assert found.norms[0] == pytest.approx(norm.item(), rel=1e-4)
        flat = torch.cat([tensor.detach().flatten() for tensor in network.parameters()]).numpy()
        np.testing.assert_allclose(learner.parameters[: len(flat)], flat, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("library", [None, *LIBRARIES], ids=str)
@pytest.mark.parametrize("at", [0, 3])
def test_a_step_that_is_not_finite_is_not_made(at: int, library: native.Library | None) -> None:
    """The square of one input does not fit in a float32; the step that meets it is the last."""
    problem = problem_of((1, 1), "identity", "identity", "mse", 5)
    problem.inputs[4] = 3e30
    rows = np.array([[0, 1], [1, 2], [2, 3], [3, 0], [0, 2]], np.int32)
    rows[at, 1] = 4
    learner, found = trained(
        problem, Rule("adam"), genome_of(problem), np.full(5, 0.1), rows, library
    )
    before, _ = trained(
        problem, Rule("adam"), genome_of(problem), np.full(at, 0.1), rows[:at], library
    )
    assert learner.step == at
    assert len(found.losses) == len(found.norms) == at + 1
    assert np.isfinite(found.losses[:at]).all()
    assert not np.isfinite(found.losses[at])
    np.testing.assert_array_equal(learner.parameters, before.parameters)
    np.testing.assert_array_equal(learner.first, before.first)


@pytest.mark.parametrize("library", [None, *LIBRARIES], ids=str)
def test_places_that_a_batch_does_not_fill_count_for_nothing(
    library: native.Library | None,
) -> None:
    """Three examples in four places: the mean and its gradient are those of the three."""
    problem = problem_of((2, 3, 1), "tanh", "sigmoid", "mse", 3)
    genome = genome_of(problem)
    learner, found = trained(
        problem, Rule("sgd", momentum=0.5), genome, np.array([0.1]), None, library
    )
    parts = [
        trained(problem, Rule("sgd", momentum=0.5), genome, np.array([0.1]), row, library)
        for row in np.arange(3, dtype=np.int32).reshape(3, 1, 1)
    ]
    losses = [steps.losses[0] for _, steps in parts]
    gradients = [other.first for other, _ in parts]
    assert found.losses[0] == pytest.approx(np.mean(losses), rel=1e-5)
    np.testing.assert_allclose(learner.first, np.mean(gradients, 0), rtol=1e-4, atol=1e-7)


def test_padding_stays_zero() -> None:
    problem = problem_of((2, 2, 1), "tanh", "sigmoid", "mse", 4)
    assert padded(problem.parameters) == 16
    for library in (None, *LIBRARIES):
        learner, _ = trained(
            problem, Rule("adamw", weight_decay=0.1), genome_of(problem), np.full(50, 0.1), None,
            library,
        )  # fmt: skip
        for array in (learner.parameters, learner.first, learner.second):
            assert not array[problem.parameters :].any()


def test_what_does_not_fit_is_refused() -> None:
    problem = problem_of((2, 3), "tanh", "identity", "cross_entropy", 5)
    training = Training(problem, Rule("sgd"), None)
    learner, rates = fresh(genome_of(problem)), np.full(2, 0.1)
    before = copy.deepcopy(learner)
    wrong: list[tuple[I32, str]] = [
        (np.zeros((3, 4), np.int32), r"rows must be int32 of shape \(2, batch\)"),
        (np.zeros((2, 0), np.int32), r"rows must be int32 of shape \(2, batch\)"),
        (np.full((2, 4), 5, np.int32), "rows must be from 0 to 4, got 5 to 5"),
        (np.full((2, 4), -1, np.int32), "rows must be from 0 to 4, got -1 to -1"),
    ]
    for rows, sentence in wrong:
        with pytest.raises(ValueError, match=sentence):
            training.run(learner, rates, rows)
    learner.first = learner.first[:3]
    with pytest.raises(ValueError, match="first must be float32 of shape"):
        training.run(learner, rates)
    np.testing.assert_array_equal(learner.parameters, before.parameters)
    for targets in (np.full(5, 3), np.zeros(4, np.int64), np.zeros(5, np.float32)):
        with pytest.raises(ValueError, match="train: "):
            Training(
                Problem((2, 3), "tanh", "identity", True, "cross_entropy", problem.inputs, targets),
                Rule("sgd"),
                None,
            )
