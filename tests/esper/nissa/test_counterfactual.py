# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Paired counterfactuals, on a small network that takes shares as a growing one does."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.evidence import many
from vynapse.core import Split
from vynapse.errors import TrainingError
from vynapse.esper.leyline.alpha import Alpha, AlphaOverride
from vynapse.esper.nissa.counterfactual import paired, per_example
from vynapse.statistics import student_t95
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.losses.cross_entropy import CrossEntropy
from vynapse.tasks.losses.mse import MeanSquaredError

SEEDS = range(many(sample=1, evidence=3))
Batches = list[tuple[Tensor, Tensor]]


class Grown(nn.Module):
    """A host with two seeds, "a" and "b"; at a share of 0 the features are the host's own."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.stem, self.head = nn.Linear(5, 7), nn.Linear(7, outputs)
        self.seeds = nn.ModuleDict({name: nn.Linear(7, 7) for name in "ab"})
        self.calls, self.learned = 0, False
        self.shares: AlphaOverride = {}

    @contextmanager
    def alpha(self, shares: AlphaOverride) -> Iterator[None]:
        self.shares = shares
        try:
            yield
        finally:
            self.shares = {}

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.learned = torch.is_grad_enabled()
        h = torch.tanh(self.stem(x))
        for name, seed in self.seeds.items():
            share: Alpha = self.shares.get(name, 0.5)
            share = share.reshape(-1, 1) if isinstance(share, Tensor) else torch.tensor([[share]])
            h = torch.where(share == 0, h, h + share * seed(h))
        output: Tensor = self.head(h)
        return output


def cross_entropy(output: Tensor, target: Tensor) -> Tensor:
    return CrossEntropy().tensor(output, target)


def mse(output: Tensor, target: Tensor) -> Tensor:
    return MeanSquaredError().tensor(output, target)


def network(seed: int, outputs: int = 3) -> Grown:
    torch.manual_seed(seed)
    return Grown(outputs).eval()


def batches(seed: int, sizes: tuple[int, ...] = (50, 50, 33), outputs: int | None = 3) -> Batches:
    generator = torch.Generator().manual_seed(seed)
    return [
        (
            torch.randn(size, 5, generator=generator),
            torch.randn(size, 1, generator=generator)
            if outputs is None
            else torch.randint(outputs, (size,), generator=generator),
        )
        for size in sizes
    ]


def one_at_a_time(
    net: Grown,
    loss: Callable[[Tensor, Tensor], Tensor],
    data: Batches,
    on: dict[str, float],
    off: dict[str, float],
) -> list[float]:
    def with_shares(x: Tensor, y: Tensor, shares: dict[str, float]) -> Tensor:
        with net.alpha(shares):
            return loss(net(x), y)

    with torch.no_grad():
        return [
            (
                with_shares(x[i : i + 1], y[i : i + 1], off)
                - with_shares(x[i : i + 1], y[i : i + 1], on)
            ).item()
            for x, y in data
            for i in range(len(x))
        ]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["cross_entropy", "mse"])
def test_it_is_the_mean_difference_of_each_example(seed: int, kind: str) -> None:
    loss, outputs = (cross_entropy, 3) if kind == "cross_entropy" else (mse, None)
    net, data = network(seed, outputs or 1), batches(seed, outputs=outputs)
    on, off = {"a": 1.0, "b": 0.25}, {"a": 0.0, "b": 0.25}
    differences = one_at_a_time(net, loss, data, on, off)
    found = paired(net, loss, data, on, off, unit="nats")
    assert found is not None
    assert found.samples == 133
    assert found.unit == "nats"
    assert found.value == pytest.approx(np.mean(differences), rel=1e-4, abs=1e-7)
    error = student_t95(132) * np.std(differences, ddof=1) / math.sqrt(133)
    assert found.uncertainty == pytest.approx(error, rel=1e-3)
    assert abs(found.value) > 1e-4


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_that_helps_has_a_positive_value_and_its_removal_the_opposite(seed: int) -> None:
    net, data = network(seed), batches(seed)
    on, off = {"a": 1.0, "b": 0.0}, {"a": 0.0, "b": 0.0}
    for _ in range(60):
        with net.alpha(on):
            loss = torch.stack([cross_entropy(net(x), y) for x, y in data]).mean()
        for p, gradient in zip(
            net.seeds["a"].parameters(),
            torch.autograd.grad(loss, list(net.seeds["a"].parameters())),
            strict=True,
        ):
            p.data -= 0.3 * gradient
    gain = paired(net, cross_entropy, data, on, off, unit="nats")
    harm = paired(net, cross_entropy, data, off, on, unit="nats")
    assert gain is not None
    assert harm is not None
    assert gain.low is not None
    assert gain.low > 0
    assert harm.value == pytest.approx(-gain.value)


@given(size=st.integers(1, 200), seed=st.integers(0, 5), outputs=st.sampled_from([1, 2, 3]))
def test_a_seed_that_is_the_identity_is_worth_exactly_nothing(
    size: int, seed: int, outputs: int
) -> None:
    """Also where one output makes a product of a matrix and a vector, which is done in blocks."""
    net = network(seed, outputs)
    for p in net.seeds["a"].parameters():
        nn.init.zeros_(p)
    data = batches(seed, (size,), outputs=None if outputs == 1 else outputs)
    loss = mse if outputs == 1 else cross_entropy
    found = paired(net, loss, data, {"a": 1.0}, {"a": 0.0}, unit="nats")
    assert found is not None
    assert found.value == 0
    assert found.uncertainty == (None if size == 1 else 0)


def test_one_pass_for_each_batch_and_nothing_is_changed() -> None:
    net, data = network(0), batches(0)
    before = {name: p.detach().clone() for name, p in net.named_parameters()}
    random = torch.get_rng_state()
    paired(net, cross_entropy, data, {"b": 1.0}, {"b": 0.0}, unit="nats")
    assert net.calls == len(data)
    assert not net.learned
    assert all(
        torch.equal(p, before[name]) and p.grad is None for name, p in net.named_parameters()
    )
    assert torch.equal(random, torch.get_rng_state())


def test_the_loss_of_a_task_will_do() -> None:
    generator = np.random.default_rng(0)
    for kind, targets in (
        ("cross_entropy", generator.integers(3, size=40)),
        ("mse", generator.normal(size=(40, 3)).astype(np.float32)),
    ):
        split = Split(generator.normal(size=(40, 5)).astype(np.float32), targets)
        task = ArrayTask(
            "any",
            Splits(split),
            input_shape=(5,),
            output_size=3,
            loss=kind,
        )
        output, target = torch.randn(40, 3), torch.tensor(targets)
        losses = per_example(task.loss.tensor, output, target)
        alone = [task.loss.tensor(output[i : i + 1], target[i : i + 1]).item() for i in range(40)]
        assert losses.tolist() == pytest.approx(alone)
        assert losses.mean().item() == pytest.approx(task.loss.tensor(output, target).item())


def test_a_loss_that_is_not_finite_is_not_measured() -> None:
    net, data = network(0), batches(0)
    nn.init.constant_(net.seeds["a"].bias, math.inf)  # type: ignore[arg-type]
    assert paired(net, cross_entropy, data, {"a": 1.0}, {"a": 0.0}, unit="nats") is None
    assert paired(net, cross_entropy, data, {"a": 0.0}, {"a": 0.0}, unit="nats") is not None


@pytest.mark.parametrize(
    ("on", "off", "word"),
    [
        ({}, {}, "same seeds"),
        ({"a": 1.0}, {"b": 0.0}, "same seeds"),
        ({"a": 1.0, "b": 1.0}, {"a": 0.0}, "same seeds"),
        ({"a": 1.5}, {"a": 0.0}, "1.5"),
        ({"a": math.nan}, {"a": 0.0}, "nan"),
    ],
)
def test_what_is_no_pair_of_shares_is_refused(
    on: dict[str, float], off: dict[str, float], word: str
) -> None:
    with pytest.raises(ValueError, match=word):
        paired(network(0), cross_entropy, batches(0), on, off, unit="nats")


def test_there_must_be_examples_and_no_training() -> None:
    with pytest.raises(ValueError, match="at least one example"):
        paired(network(0), cross_entropy, [], {"a": 1.0}, {"a": 0.0}, unit="nats")
    with pytest.raises(ValueError, match="evaluation mode"):
        paired(network(0).train(), cross_entropy, batches(0), {"a": 1.0}, {"a": 0.0}, unit="nats")


@pytest.mark.parametrize(
    ("loss", "word"),
    [
        (lambda output, target: cross_entropy(output, target) * len(output), "divide by"),
        (lambda output, target: (output - output.mean(0)).square().mean(), "a mean over examples"),
        (lambda output, target: output.logsumexp(-1), "one number for a batch"),
        (lambda output, target: torch.tensor(cross_entropy(output, target).item()), "torch.vmap"),
    ],
)
def test_a_loss_that_is_no_mean_over_examples_is_refused(
    loss: Callable[[Tensor, Tensor], Tensor], word: str
) -> None:
    with pytest.raises(TrainingError, match=word):
        per_example(loss, torch.randn(8, 3), torch.randint(3, (8,)))
