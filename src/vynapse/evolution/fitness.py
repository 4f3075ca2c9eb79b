# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What becomes of losses before anything is selected by them.

The only transforms from a loss to a fitness: `fitness` for wheels, `gap_to_worst` for species that
share it. `docs/architecture.md` says why there are two.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from vynapse.errors import NothingFinite
from vynapse.kernels.reference.neat_plan import gap_to_worst

Losses = npt.NDArray[np.float64]
"""One per genome, lower is better: (g,)."""


def usable(losses: npt.NDArray[Any]) -> tuple[Losses, int]:
    """Losses with every one that is not finite replaced by +inf, the worst, and how many were.

    Raises:
        NothingFinite: not one loss is finite.
    """
    wide = losses.astype(np.float64)
    finite = np.isfinite(wide)
    invalid = len(wide) - int(np.count_nonzero(finite))
    if invalid == len(wide):
        raise no_finite_loss(len(wide))
    if invalid:
        wide[~finite] = np.inf
    return wide, invalid


def no_finite_loss(networks: int) -> NothingFinite:
    """The error for a generation that says nothing."""
    return NothingFinite(
        f"no loss of the {networks} networks of a generation is finite: lower sigma or "
        "initial_sigma, or check the data"
    )


def fitness(losses: Losses) -> Losses:
    """Loss -> fitness for selection in proportion to fitness.

    With gap = loss - lowest loss, fitness = m / (m + gap), where m is the median of the gaps that
    are not 0. The best has 1, the median of the others 1/2, an infinite loss 0. Order is kept, and
    adding a constant to all losses or scaling them changes nothing. So the pressure is the same at
    any sign and size of the losses, and one terrible individual does not flatten the rest.

    Args:
        losses: (g,), finite or +inf, at least one finite.

    Returns:
        (g,) in [0, 1].
    """
    # halved, so that the difference of two extreme losses does not overflow
    gap = losses / 2 - losses.min() / 2
    positive = gap[(gap > 0) & np.isfinite(gap)]
    if len(positive) == 0:
        return np.isfinite(losses).astype(np.float64)
    # 1 / (1 + gap / m) rather than m / (m + gap): no inf / inf
    with np.errstate(over="ignore"):
        result: Losses = 1 / (1 + gap / np.median(positive))
    return result


__all__ = ["Losses", "fitness", "gap_to_worst", "no_finite_loss", "usable"]
