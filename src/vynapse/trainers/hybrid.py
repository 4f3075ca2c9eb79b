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
            "spirals": {
                "budget": {"steps": 200},
                "activation": "tanh",
                "add_node": 0.3,
                "add_connection": 0.5,
            },
        }
    ),
)
