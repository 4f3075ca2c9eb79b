# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Genomes of NEAT from the arrays of a state, which are looked at before a kernel reads them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vynapse.core import State
from vynapse.core.compatible import Numbers, refuse_misfit
from vynapse.errors import CheckpointError
from vynapse.kernels.reference.neat_genomes import COUNTS, GENE_ARRAYS, NODE_ARRAYS, Genomes

_TYPES: Final[dict[str, Any]] = {"weight": np.float32, "enabled": np.uint8}
"""Types of the arrays that do not hold int32."""


def genomes_of(inputs: int, outputs: int, arrays: State) -> Genomes:
    """The genomes whose arrays these are copies of.

    Args:
        inputs, outputs: how many the networks have.
        arrays: what `Genomes.arrays` gave.

    Raises:
        CheckpointError: an array is absent, or of another type or shape than the others say.
    """
    sizes = dict.fromkeys(COUNTS, (-1,)) | dict.fromkeys((*NODE_ARRAYS, *GENE_ARRAYS), (-1, -1))
    refuse_misfit(
        "genomes", {n: Numbers(_TYPES.get(n, np.int32), size) for n, size in sizes.items()}, arrays
    )
    count = len(arrays["nodes"])
    rooms = {name: arrays[name].shape for name in (*NODE_ARRAYS, *GENE_ARRAYS)}
    for names, counts, least in ((NODE_ARRAYS, "nodes", outputs), (GENE_ARRAYS, "genes", 0)):
        if len({rooms[name] for name in names}) > 1 or rooms[names[0]][0] != count:
            raise CheckpointError(
                f"genomes: the state does not fit: arrays of the same shape, with {count} rows, "
                f"were wanted, got {', '.join(f'{name} {rooms[name]}' for name in names)}"
            )
        held, room = arrays[counts], rooms[names[0]][1]
        if len(held) != count or not ((held >= least) & (held <= room)).all():
            raise CheckpointError(
                f"genomes: the state does not fit: {counts}: {count} numbers from {least} to "
                f"{room} were wanted, got {held}"
            )
    return Genomes(inputs, outputs, **{name: array.copy() for name, array in arrays.items()})
