# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of encodings."""

from __future__ import annotations

import numpy as np

from vynapse.core import Array
from vynapse.evolution.encoding import Encoding
from vynapse.testing.demand import demand


def check_encoding(encoding: Encoding, genomes: Array, inputs: Array) -> None:
    """An encoding keeps its promises: forward = decode, encode inverts decode, chunks are free.

    Args:
        encoding: the encoding.
        genomes: at least three genomes.
        inputs: prepared inputs, (batch, …).
    """
    together = encoding.forward(genomes, inputs)
    demand(
        together.shape[:2] == (len(genomes), len(inputs)),
        f"forward() must give (population, batch, out), got {together.shape}",
    )
    for index, genome in enumerate(genomes):
        decoded = encoding.decode(genome)
        alone = decoded.predictor()(inputs)
        demand(
            np.allclose(alone, together[index], rtol=1e-4, atol=1e-5),
            f"forward() and the decoded network differ for genome {index}",
        )
        demand(
            np.array_equal(encoding.encode(genome, decoded), genome),
            f"encode(decode(genome)) is not genome {index}",
        )
    parts = [encoding.forward(genomes[:1], inputs), encoding.forward(genomes[1:], inputs)]
    demand(
        np.array_equal(np.concatenate(parts), together),
        "the result depends on how the population is cut into chunks",
    )
