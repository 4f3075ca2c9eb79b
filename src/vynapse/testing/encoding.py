# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of encodings."""

from __future__ import annotations

import numpy as np

from vynapse.core import Array
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.genomes import G
from vynapse.testing.data import as_data, same_data
from vynapse.testing.demand import demand


def check_encoding(encoding: Encoding[G], genomes: G, inputs: Array) -> None:
    """An encoding keeps its promises.

    `forward` computes what the decoded networks do, whatever genomes and examples stand beside each
    other; `encode` inverts `decode`; genomes survive being selected, joined, packed and unpacked.

    Args:
        encoding: the encoding.
        genomes: three genomes or more.
        inputs: prepared inputs, (batch, …).
    """
    together = encoding.forward(genomes, inputs)
    demand(
        together.shape[:2] == (len(genomes), len(inputs)),
        f"forward() must give (population, batch, out), got {together.shape}",
    )
    for index in range(len(genomes)):
        genome = genomes[index]
        decoded = encoding.decode(genome)
        alone = decoded.predictor()(inputs)
        demand(
            np.allclose(alone, together[index], rtol=1e-4, atol=1e-5),
            f"forward() and the decoded network differ for genome {index}",
        )
        again = encoding.join([encoding.encode(genome, decoded)])
        demand(
            same_data(encoding.pack(again), encoding.pack(encoding.join([genome]))),
            f"encode(decode(genome)) is not genome {index}",
        )
    first, rest = (
        encoding.select(genomes, rows) for rows in np.split(np.arange(len(genomes)), [1])
    )
    parts = [encoding.forward(first, inputs), encoding.forward(rest, inputs)]
    demand(
        np.array_equal(np.concatenate(parts), together),
        "the result depends on how the population is cut into chunks",
    )
    demand(encoding.flops(genomes) >= 0, "flops() must not be negative")
    _check_packing(encoding, genomes)


def _check_packing(encoding: Encoding[G], genomes: G) -> None:
    packed = encoding.pack(genomes)
    unpacked = encoding.unpack(as_data(packed))
    demand(len(unpacked) == len(genomes), "unpack(pack(genomes)) has another number of genomes")
    demand(same_data(encoding.pack(unpacked), packed), "unpack(pack(genomes)) are other genomes")
    joined = encoding.join([genomes[index] for index in range(len(genomes))])
    demand(same_data(encoding.pack(joined), packed), "join() of all genomes are other genomes")
    backwards = np.arange(len(genomes))[::-1].copy()
    turned = encoding.join([genomes[int(index)] for index in backwards])
    demand(
        same_data(encoding.pack(encoding.select(genomes, backwards)), encoding.pack(turned)),
        "select() does not keep the order of rows",
    )
