# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A population as one module: what its networks give one by one, and their gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vynapse.errors import ConfigError
from vynapse.evolution.neat.batched import BatchedNetworks, batched
from vynapse.evolution.neat.network import NeatNetwork
from vynapse.evolution.neat.population import Neat
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.kernels.reference.neat_genomes import Genomes, blank
from vynapse.kernels.reference.neat_registry import insert_gene
from vynapse.seeding import Streams

SEEDS = range(8)
KINDS = ("tanh", "sigmoid", "relu", "gelu", "steep-sigmoid", "gauss", "identity")


def grown(seed: int, population: int = 24, generations: int = 12) -> Genomes:
    """A population of many topologies and activations, with disabled genes."""
    rng = np.random.default_rng(seed)
    settings = NeatSettings(
        population=population,
        add_node=0.5,
        add_connection=0.5,
        toggle=0.3,
        activations=KINDS,
        activation_mutation=0.3,
        sigma=0.5,
    )
    search = Neat(settings, int(rng.integers(1, 5)), int(rng.integers(1, 4)), Streams(seed))
    for _ in range(generations):
        search.tell(rng.random(population))
    return search.ask()


def loss_of(outputs: torch.Tensor, slopes: torch.Tensor) -> torch.Tensor:
    return (outputs * slopes).sum()


def gradient(module: torch.nn.Module) -> torch.Tensor:
    found = module.get_parameter("weight").grad
    assert found is not None
    return found


def data(genomes: Genomes, seed: int, dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(19, genomes.inputs, generator=generator, dtype=dtype)
    slopes = torch.randn(len(genomes), 19, genomes.outputs, generator=generator, dtype=dtype)
    return [inputs, slopes]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_gradient_of_each_genome_is_that_of_its_module(seed: int) -> None:
    genomes = grown(seed)
    module, (inputs, slopes) = batched(genomes), data(genomes, seed)
    outputs = module(inputs)
    loss_of(outputs, slopes).backward()
    gradients = gradient(module)
    for row in range(len(genomes)):
        alone = NeatNetwork(genomes, row)
        single = alone(inputs)
        loss_of(single, slopes[row]).backward()
        torch.testing.assert_close(outputs[row], single, rtol=1e-5, atol=1e-5)
        genes = int(genomes.genes[row])
        scale = max(1.0, float(gradient(alone).abs().max()))
        found = gradients[row, :genes]
        torch.testing.assert_close(found, gradient(alone), rtol=1e-5, atol=1e-5 * scale)
        assert not gradients[row, genes:].any()
        assert not found[~genomes.enabled[row, :genes].astype(bool)].any()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_flat_edges_agree_with_the_kernels_and_with_finite_differences(seed: int) -> None:
    genomes = grown(seed, population=12)
    module, (inputs, slopes) = batched(genomes), data(genomes, seed)
    loss_of(module(inputs), slopes).backward()
    kernels = gradient(module).clone()
    double = batched(genomes).double()
    inputs, slopes = data(genomes, seed)
    inputs, slopes = inputs.double(), slopes.double()
    loss_of(double(inputs), slopes).backward()
    exact = gradient(double)
    scale = float(exact.abs().max())
    torch.testing.assert_close(kernels.double(), exact, rtol=1e-4, atol=1e-5 * scale)
    rng, weight = np.random.default_rng(seed), double.weight
    for _ in range(20):
        row = int(rng.integers(len(genomes)))
        at = row, int(rng.integers(genomes.genes[row]))
        step, ends = 1e-6, []
        with torch.no_grad():
            for move in (step, -2 * step):
                weight[at] += move
                ends.append(float(loss_of(double(inputs), slopes)))
            weight[at] += step
        difference = (ends[0] - ends[1]) / (2 * step)
        assert difference == pytest.approx(float(exact[at]), rel=1e-4, abs=1e-6 * scale)


def test_inputs_may_have_a_gradient_too() -> None:
    genomes = grown(3)
    inputs, slopes = data(genomes, 3)
    inputs.requires_grad_(True)
    loss_of(batched(genomes)(inputs), slopes).backward()
    assert inputs.grad is not None
    assert inputs.grad.any()


def test_an_optimiser_trains_every_network_on_its_own() -> None:
    genomes = grown(5)
    module, inputs = batched(genomes), torch.randn(32, genomes.inputs)
    targets = torch.tanh(inputs.sum(dim=1, keepdim=True)).expand(-1, genomes.outputs)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.03)
    history = []
    for _ in range(60):
        losses = ((module(inputs) - targets) ** 2).mean(dim=(1, 2))
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
        history.append(losses.detach())
    assert (history[-1] <= history[0] + 1e-6).float().mean() > 0.9
    trained = module.genomes()
    again = batched(trained)(inputs)
    assert torch.equal(again, module(inputs))
    assert (trained.innovation == batched(genomes).genomes().innovation).all()
    alone = BatchedNetworks(genomes.take(np.array([7])))
    with torch.no_grad():
        alone.weight.copy_(module.weight[7:8, : alone.weight.shape[1]])
    assert torch.equal(alone(inputs)[0], module(inputs)[7])


def test_the_population_is_left_alone() -> None:
    genomes = grown(2)
    before = {name: array.copy() for name, array in genomes.arrays().items()}
    module = batched(genomes)
    with torch.no_grad():
        module.weight.mul_(2)
    module(torch.ones(3, genomes.inputs))
    for name, array in genomes.arrays().items():
        assert array.tobytes() == before[name].tobytes()


def test_a_cycle_and_wrong_inputs_are_one_sentence() -> None:
    genomes = blank(1, 1, 1, 3, 6)
    genomes.node[0], genomes.nodes[0] = [2, 3, 4], 3
    for number, (source, target) in enumerate([(0, 3), (3, 4), (4, 3), (4, 2)]):
        insert_gene(genomes, 0, number, source, target, np.float32(1))
    with pytest.raises(ConfigError, match="cycle"):
        batched(genomes)
    module = batched(grown(0))
    with pytest.raises(ConfigError, match="numbers for each example were wanted, got 9"):
        module(torch.ones(2, 9))
