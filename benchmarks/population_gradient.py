# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Gradients of a population of 1,000 topologies: one batched call beside three other ways.

    python benchmarks/population_gradient.py

The population is bred by NEAT on random losses, so that no two networks need have one shape. Each
way computes the outputs of all networks and the gradients of their squared errors, 150 examples a
network, on one thread. Ways take turns; a figure is the median of CPU times.

- kernels: `batched(genomes)`, forward and backward in C.
- flat: the same module made to use its flat lists of edges in torch, as on a GPU.
- padded: every network as a dense matrix of the largest size, masked, applied once for each level.
- loop: one `nn.Module` after the other.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from vynapse.evolution.neat.batched import BatchedNetworks, batched
from vynapse.evolution.neat.network import ACTIVATIONS, NeatNetwork
from vynapse.evolution.neat.population import Neat
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.kernels import neat
from vynapse.kernels.reference.neat_genomes import Genomes
from vynapse.seeding import Streams

POPULATION, EXAMPLES, GENERATIONS = 1000, 150, 15
ROUNDS, LOOPS = 7, 2


def population(seed: int = 0) -> Genomes:
    """Topologies with hidden nodes, all of activation tanh."""
    settings = NeatSettings(
        population=POPULATION, add_node=0.5, add_connection=0.5, activation="tanh", sigma=0.3
    )
    search = Neat(settings, 4, 2, Streams(seed))
    for generation in range(GENERATIONS):
        search.tell(Streams(seed).stream("losses").uniform(POPULATION, generation, 0))
    return search.ask()


class Padded(torch.nn.Module):
    """All networks as matrices (p, slots, slots): what one writes who has no sparse code."""

    def __init__(self, genomes: Genomes) -> None:
        super().__init__()
        programs = neat.compile_genomes(genomes, recurrent=False)
        p, before = len(programs), genomes.inputs + 1
        slots = before + int(programs.steps.max())
        weight = np.zeros((p, slots, slots), np.float32)
        self.mask = torch.zeros(p, slots, slots)
        for row in range(p):
            for k in range(programs.steps[row]):
                edges = slice(programs.first[row, k], programs.first[row, k + 1])
                weight[row, before + k, programs.origin[row, edges]] = programs.weight[row, edges]
                self.mask[row, before + k, programs.origin[row, edges]] = 1
        self.weight = torch.nn.Parameter(torch.from_numpy(weight))
        self.before, self.slots = before, slots
        deepest = [programs.level[row, : programs.steps[row]].max() for row in range(p)]
        self.levels = int(max(deepest))
        self.result = torch.from_numpy(programs.result.astype(np.int64))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """(b, i) -> (p, b, o)."""
        p, b = len(self.weight), len(inputs)
        known = torch.cat((inputs.T, torch.ones(1, b)))
        rest = torch.zeros(p, self.slots - self.before, b)
        first, matrix = known.expand(p, -1, -1), self.weight * self.mask
        values = torch.cat((first, rest), dim=1)
        for _ in range(self.levels):
            computed = torch.tanh(torch.bmm(matrix, values))[:, self.before :]
            values = torch.cat((first, computed), dim=1)
        index = self.result[:, :, None].expand(-1, -1, b)
        return values.gather(1, index).transpose(1, 2)


def gradients(module: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> None:
    """Of the sum of squared errors."""
    for parameter in module.parameters():
        parameter.grad = None
    ((module(inputs) - targets) ** 2).sum().backward()


def flat(module: BatchedNetworks, inputs: torch.Tensor, targets: torch.Tensor) -> None:
    """The way of other devices, here."""
    module.weight.grad = None
    ((module.flat(inputs) - targets) ** 2).sum().backward()


def one_by_one(modules: list[NeatNetwork], inputs: torch.Tensor, targets: torch.Tensor) -> None:
    """What there is without a batch."""
    for module in modules:
        gradients(module, inputs, targets)


def seconds(way: Callable[[], None]) -> float:
    """CPU time."""
    began = time.process_time()
    way()
    return time.process_time() - began


def main() -> None:
    torch.set_num_threads(1)
    genomes = population()
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(EXAMPLES, 4, generator=generator)
    targets = torch.randn(EXAMPLES, 2, generator=generator)
    module, padded = batched(genomes), Padded(genomes)
    singles = [NeatNetwork(genomes, row) for row in range(len(genomes))]
    torch.testing.assert_close(module(inputs), padded(inputs), rtol=1e-4, atol=1e-4)
    ways: dict[str, tuple[Callable[[], None], int]] = {
        "kernels": (lambda: gradients(module, inputs, targets), ROUNDS),
        "flat": (lambda: flat(module, inputs, targets), ROUNDS),
        "padded": (lambda: gradients(padded, inputs, targets), ROUNDS),
        "loop": (lambda: one_by_one(singles, inputs, targets), LOOPS),
    }
    gradients(module, inputs, targets)
    for row, one in enumerate(singles):
        gradients(one, inputs, targets)
        assert module.weight.grad is not None
        assert one.weight.grad is not None
        found = module.weight.grad[row, : len(one.weight)]
        torch.testing.assert_close(found, one.weight.grad, rtol=1e-4, atol=1e-3)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS):
        for name, (way, rounds) in ways.items():
            if turn < rounds:
                times[name].append(seconds(way))
    base = statistics.median(times["kernels"])
    edges = int((genomes.enabled * (np.arange(genomes.gene_room) < genomes.genes[:, None])).sum())
    print(f"{len(genomes)} networks, {edges} edges, at most {int(genomes.nodes.max())} nodes, ")
    print(f"{EXAMPLES} examples; hidden activation {ACTIVATIONS[1].__name__}\n")
    print("| way | ms | to the kernels |\n|---|---|---|")
    for name, measured in times.items():
        middle = statistics.median(measured)
        print(f"| {name} | {1e3 * middle:.1f} | {middle / base:.1f} |")


if __name__ == "__main__":
    main()
