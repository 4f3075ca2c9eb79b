# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode `hybrid`: mode `neat` whose best networks learn by gradient descent in every generation."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

from pydantic import Field

from vynapse.trainers import neat
from vynapse.trainers.hybrid_controls import controls_of
from vynapse.trainers.refine import RefineKeys


class HybridKeys(neat.NeatKeys):
    """Keys of mode `hybrid`: those of mode `neat`, with learning unless told otherwise."""

    refine: RefineKeys | None = Field(
        default_factory=RefineKeys,
        description="the best genomes of a generation learn by gradient descent before selection; "
        "null for evolution alone",
    )


_SPARSE = {
    "population": 50,
    "topology": "sparse",
    "initial_weight": 1.0,
    "mutation_only": 1.0,
    "weight_mutation": 0.1,
    "sigma": 0.1,
    "add_node": 0.1,
    "add_connection": 0.3,
}
"""Keys of networks that learn from the first generation on. Crossover mixes hidden nodes that have
learnt different things, and large mutations of weights undo what was learnt."""

MODE = dataclasses.replace(
    neat.MODE,
    name="hybrid",
    summary="NEAT and gradients: topology evolves, the best networks are fine-tuned and inherit",
    settings=HybridKeys,
    accepts=("examples",),
    counts=("forwards", "backwards", "flops"),
    in_arrays=False,
    controls=controls_of("hybrid"),
    presets=MappingProxyType(
        {
            "xor": {"budget": {"steps": 1000, "target": 0.01}},
            "parity": {"budget": {"steps": 1000, "target": 0.01}},
            "spirals": _SPARSE
            | {
                "budget": {"steps": 200},
                "activation": "tanh",
                "sparse_hidden": 32,
                "weight_mutation": 0.8,
                "sigma": 0.3,
                "evaluate_every": 1,
                "refine": {"steps": 100, "optimizer": {"learning_rate": 0.02}},
            },
            "digits": _SPARSE
            | {
                "budget": {"steps": 100},
                "activation": "tanh",
                "sparse_hidden": 32,
                "sparse_inputs": 12,
                "refine": {"steps": 50, "batch_size": 128},
            },
            "mnist": _SPARSE
            | {
                "budget": {"flops": 3.3e11},
                "activation": "relu",
                "batch_size": 1000,
                "sparse_hidden": 128,
                "sparse_inputs": 48,
                "sigma": 0.02,
                "refine": {
                    "top_k": 3,
                    "steps": 400,
                    "batch_size": 128,
                    "optimizer": {"learning_rate": 0.002},
                },
            },
        }
    ),
)
