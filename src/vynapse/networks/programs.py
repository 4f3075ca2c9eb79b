# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Networks that the kernels of NEAT compute: a graph of single nodes as a policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from vynapse.core import Array
from vynapse.kernels import neat
from vynapse.kernels.reference.neat_genomes import Programs
from vynapse.seeding import F32


@final
@dataclass(frozen=True, slots=True, eq=False)
class ProgramPolicy:
    """One network as a policy; only a recurrent one keeps a state.

    Attributes:
        programs: the network, alone.
        updates: how often a recurrent network is computed on the same inputs.
        shift, scale: an input x is seen as (x - shift) * scale (i,); None for as it is.
    """

    programs: Programs
    updates: int = 1
    shift: F32 | None = None
    scale: F32 | None = None

    def start(self, batch: int) -> F32 | None:
        """Zeros for the computed nodes of a recurrent network (n, batch)."""
        if not self.programs.recurrent:
            return None
        return np.zeros((self.programs.node.shape[1], batch), np.float32)

    def __call__(self, inputs: Array, state: F32 | None) -> tuple[Array, F32 | None]:
        """Inputs (batch, …) that flatten to i numbers -> outputs (batch, o), and the next state."""
        flat = np.ascontiguousarray(inputs, np.float32).reshape(len(inputs), -1)
        if self.shift is not None and self.scale is not None:
            flat = (flat - self.shift) * self.scale
        held = None if state is None else state[None].copy()
        outputs = neat.forward(self.programs, neat.Batch(flat), self.updates, held)[0]
        return outputs, None if held is None else held[0]
