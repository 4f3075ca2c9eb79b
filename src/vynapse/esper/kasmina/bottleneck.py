# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How much layers hold a network up, by the gradients of one batch.

Channels that are not there are tried as in `informed`, those of all layers in the same pass: since
nothing reads them, they do not see each other. The measure of a layer is how fast the loss would
fall by the best of them, over how fast it falls by a channel that is there: the norm of the
gradient of the weights that would read it, over the mean of such norms (the quantity that GradMax
makes large, Evci et al. 2022, ICLR). Channels that have been trained have given what they can; a
layer of too few of them leaves a gradient to others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn

from vynapse.esper.kasmina import informed, newcomers
from vynapse.esper.kasmina.resizing import keep, put_back
from vynapse.esper.kasmina.tied import examine
from vynapse.esper.leyline.measurement import Measurement

_TRIED = 8
"""Channels of each layer that are tried."""


def bottlenecks(
    network: nn.Module, layers: Sequence[str], example: Tensor, loss: informed.Loss
) -> dict[str, Measurement]:
    """Measure some layers; the network is as it was afterwards.

    Args:
        network: of which these layers may become wider.
        layers: their names.
        example: input of the network, at least two examples.
        loss: of the network on one batch.

    Returns:
        The ratio by layer; none where the gradients are zero or not finite.
    """
    known = examine(network, (example,)).tied
    tied = [known[name] for name in layers if name in known]
    kept = keep(network, dict.fromkeys(m.tensor for one in tied for m in one.members))
    numbers = np.random.default_rng(0)
    found: dict[str, Measurement] = {}
    try:
        for one in tied:
            newcomers.fresh(network, one, _TRIED, numbers)
        norms = informed.norms_of_readers(network, tied, loss)
    finally:
        put_back(network, kept)
    for one, lengths in zip(tied, norms, strict=True):
        present, absent = lengths[: one.channels], lengths[one.channels :]
        mean = float(present.mean())
        if mean > 0 and bool(lengths.isfinite().all()):
            ratio = float(absent.max()) / mean
            found[one.layer] = Measurement(ratio, None, _TRIED, "ratio")
    return found
