# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The largest eigenvalue of the Hessian, against quadratics and dense Hessians."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.autograd.functional import hessian
from torch.func import functional_call

from tests.evidence import many
from vynapse.errors import TrainingError
from vynapse.esper.nissa.sharpness import Sharpness, largest_curvature
from vynapse.seeding import Streams

SEEDS = range(many(sample=1, evidence=3))
NOTHING = torch.zeros(1)


class Bowl(nn.Module):
    """Half the quadratic form of a matrix with these eigenvalues, in a random basis."""

    def __init__(self, eigenvalues: Sequence[float], seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        count = len(eigenvalues)
        basis, _ = torch.linalg.qr(torch.randn(count, count, generator=generator))
        self.register_buffer("matrix", basis @ torch.diag(torch.tensor(eigenvalues)) @ basis.T)
        self.x = nn.Parameter(torch.randn(count, generator=generator))

    def forward(self, inputs: Tensor) -> Tensor:
        return self.x @ self.matrix @ self.x / 2  # type: ignore[operator]


def output_itself(output: Tensor, target: Tensor) -> Tensor:
    return output


def sharpness_of(module: nn.Module, seed: int = 0, **options: float) -> Sharpness:
    start = Streams(seed).stream("sharpness")
    found = largest_curvature(module, output_itself, NOTHING, NOTHING, start, **options)  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("eigenvalues", "largest"),
    [
        ([4.0, 1.0, 0.5, 0.0], 4.0),
        ([3.0, 2.9, 1.0, -1.0], 3.0),
        ([-7.0, 2.0, 1.0, 0.0], 2.0),  # the one of largest magnitude is not the largest
        ([5.0, -5.0, 1.0, 0.0], 5.0),  # where plain power iteration never settles
        ([-2.0, -3.0, -9.0], -2.0),
    ],
)
def test_of_a_known_quadratic(eigenvalues: list[float], largest: float, seed: int) -> None:
    found = sharpness_of(Bowl(eigenvalues, seed), seed, tolerance=0.01)
    assert found.converged
    assert found.residual <= 0.01 * abs(found.value)
    assert found.value == pytest.approx(largest, rel=0.04 if 2.9 in eigenvalues else 0.01)
    assert found.value <= largest + 1e-4


def test_a_finer_tolerance_takes_longer_and_comes_nearer() -> None:
    rough, fine = (sharpness_of(Bowl([3.0, 2.7, 1.0], 0), tolerance=t) for t in (0.03, 1e-4))
    assert rough.iterations < fine.iterations
    assert fine.value == pytest.approx(3, rel=1e-5)


def test_a_search_that_is_cut_short_says_so() -> None:
    found = sharpness_of(Bowl([3.0, 2.7, 1.0], 0), tolerance=1e-4, limit=3)
    assert not found.converged
    assert found.iterations == 2 * 3
    assert found.value < 3


def test_a_linear_loss_has_no_curvature() -> None:
    class Line(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.x = nn.Parameter(torch.ones(3))

        def forward(self, inputs: Tensor) -> Tensor:
            return self.x.sum()

    assert sharpness_of(Line()) == Sharpness(0.0, 0.0, 1, converged=True)


def test_a_curvature_that_is_not_finite_is_not_measured() -> None:
    bowl = Bowl([1.0, 2.0], 0)
    bowl.matrix.fill_(torch.inf)  # type: ignore[operator]
    stream = Streams(0).stream("sharpness")
    assert largest_curvature(bowl, output_itself, NOTHING, NOTHING, stream) is None


def classifier(seed: int) -> tuple[nn.Module, Tensor, Tensor]:
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3),
        nn.BatchNorm2d(2),
        nn.Tanh(),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(8, 3),
    )
    inputs, targets = torch.randn(12, 1, 4, 4), torch.randint(3, (12,))
    net(inputs)  # statistics of their own
    return net, inputs, targets


def dense(net: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Eigenvalues, the smallest first."""
    names, parts = zip(*((n, p.detach()) for n, p in net.named_parameters()), strict=True)
    sizes = [part.numel() for part in parts]

    def loss(flat: Tensor) -> Tensor:
        pieces = [x.view_as(p) for x, p in zip(flat.split(sizes), parts, strict=True)]
        output = functional_call(net, dict(zip(names, pieces, strict=True)), (inputs,))
        return nn.functional.cross_entropy(output, targets)

    matrix: Tensor = hessian(loss, torch.cat([part.flatten() for part in parts]))
    eigenvalues: Tensor = torch.linalg.eigvalsh(matrix)
    return eigenvalues


@pytest.mark.parametrize("seed", SEEDS)
def test_of_a_network_against_its_dense_hessian(seed: int) -> None:
    net, inputs, targets = classifier(seed)
    start = Streams(seed).stream("sharpness")
    found = largest_curvature(
        net, nn.functional.cross_entropy, inputs, targets, start, tolerance=0.01
    )
    eigenvalues = dense(net.eval(), inputs, targets)
    assert found is not None
    assert found.converged
    assert found.value == pytest.approx(eigenvalues[-1].item(), rel=0.02)


def test_parameters_that_are_held_constant_have_no_part_in_it() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))

        def forward(self, inputs: Tensor) -> Tensor:
            return (self.a.square() + 100 * self.b.square()).sum()

    two = Two()
    assert sharpness_of(two).value == pytest.approx(200, rel=0.01)
    two.b.requires_grad_(False)
    assert sharpness_of(two).value == pytest.approx(2)


def test_measuring_leaves_everything_as_it_was() -> None:
    net, inputs, targets = classifier(0)
    net.train()
    next(net.children()).eval()
    nn.functional.cross_entropy(net(inputs), targets).backward()
    state = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    gradients = [p.grad.clone() for p in net.parameters() if p.grad is not None]
    modes = [part.training for part in net.modules()]
    generators = torch.get_rng_state(), random.getstate(), np.random.get_state(legacy=False)
    with torch.no_grad():
        start = Streams(0).stream("sharpness")
        first = largest_curvature(net, nn.functional.cross_entropy, inputs, targets, start)
        second = largest_curvature(net, nn.functional.cross_entropy, inputs, targets, start)
        assert not torch.is_grad_enabled()
    assert first == second
    assert all(torch.equal(tensor, state[name]) for name, tensor in net.state_dict().items())
    after = [p.grad for p in net.parameters() if p.grad is not None]
    assert all(torch.equal(a, b) for a, b in zip(gradients, after, strict=True))
    assert [part.training for part in net.modules()] == modes
    assert torch.equal(torch.get_rng_state(), generators[0])
    assert random.getstate() == generators[1]
    assert str(np.random.get_state(legacy=False)) == str(generators[2])


class Counter(nn.Module):
    """Counts its calls in a buffer, in evaluation mode too, and draws from the generator."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)
        self.calls: Tensor
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        output: Tensor = self.linear(x + torch.randn(()))
        return output


def test_buffers_that_change_in_evaluation_are_left_alone_too() -> None:
    net, before = Counter(), torch.get_rng_state()
    inputs, targets = torch.ones(4, 3), torch.zeros(4, dtype=torch.int64)
    start = Streams(0).stream("sharpness")
    assert largest_curvature(net, nn.functional.cross_entropy, inputs, targets, start)
    assert net.calls == 0
    assert torch.equal(torch.get_rng_state(), before)


def test_attention_can_be_measured() -> None:
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0.1)
    net = nn.Sequential(layer, nn.Flatten(), nn.Linear(40, 3))
    inputs, targets = torch.randn(6, 5, 8), torch.randint(3, (6,))
    start = Streams(0).stream("sharpness")
    found = largest_curvature(net, nn.functional.cross_entropy, inputs, targets, start)
    assert found is not None
    assert found.value > 0
    assert net.training


class Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * x

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient):
        return gradient


def test_what_cannot_be_differentiated_twice_is_told() -> None:
    class Net(Counter):
        def forward(self, x: Tensor) -> Tensor:
            return Once.apply(self.linear(x))  # type: ignore[no-any-return]

    net, start = Net(), Streams(0).stream("sharpness")
    targets = torch.zeros(4, dtype=torch.int64)
    with pytest.raises(TrainingError, match="differentiated twice .*another profile than deep"):
        largest_curvature(net, nn.functional.cross_entropy, torch.ones(4, 3), targets, start)
    assert net.training
