# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Gradient descent on one random sparse topology: what mode hybrid has to beat on MNIST.

The topology is that of the first genome of the run's first generation. Adam has a learning rate
that falls as a cosine to 0, batches of 128, and all FLOPs of the hybrid run. The network of the
epoch with the lowest validation loss is tested.
"""

from typing import Any, Final

import numpy as np
import torch

from vynapse.core import SupervisedTask, loss_of_tensors
from vynapse.evolution.neat.batched import BatchedNetworks
from vynapse.evolution.neat.encoding import NeatEncoding
from vynapse.evolution.neat.population import Neat
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.evolution.objective import TrainingExamples
from vynapse.experiment.config import load_recipe
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_task
from vynapse.trainers.optimisers import Optimiser

BATCH: Final = 128
RATE: Final = 0.002


def on_random_topology(seed: int, keys: list[str], flops: float) -> dict[str, Any]:
    """A summary as runs have it."""
    task: SupervisedTask = make_task("mnist", {})
    module, encoding = _first_genome(seed, keys), NeatEncoding(784, 10)
    epoch = len(task.split("train")) // BATCH
    examples = 3 * epoch * BATCH + len(task.split("validation"))
    cost = encoding.flops(module.genomes()) * examples
    epochs = int(flops / cost)
    batches = TrainingExamples(task, BATCH, Streams(seed).stream("random-topology"))
    optimiser, best = Optimiser("adam", module), None
    for step in range(epochs * epoch):
        batch = batches.objective(step)
        inputs, targets = map(torch.from_numpy, (batch.inputs, batch.targets))
        loss = loss_of_tensors(task.loss, module(inputs), targets).sum()
        (module.weight.grad,) = torch.autograd.grad(loss, (module.weight,))
        optimiser.step(RATE * 0.5 * (1 + np.cos(np.pi * step / (epochs * epoch))))
        if (step + 1) % epoch == 0:
            network = encoding.decode(module.genomes())
            scored = task.score(network)
            if best is None or scored.loss < best[0].loss:
                best = scored, network
    if best is None:
        raise ValueError(f"flops: at least {cost:g} were wanted, got {flops:g}")
    tested = task.final_test(best[1])
    return {
        "metrics": best[0].metrics,
        "test": {} if tested is None else tested.metrics,
        "parameters": int(module.genomes().genes[0]),
        "cost": {"flops": epochs * cost},
    }


def _first_genome(seed: int, keys: list[str]) -> BatchedNetworks:
    recipe = load_recipe("mnist", "hybrid", seed=seed, overrides=keys)
    given = recipe.stages[0].settings.model_dump(include=set(NeatSettings.model_fields))
    settings = NeatSettings(**given | {"output_activation": "identity"})
    return BatchedNetworks(Neat(settings, 784, 10, Streams(seed)).ask()[0])
