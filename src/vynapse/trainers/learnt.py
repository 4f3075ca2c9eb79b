# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The weights of a module that a learner trains."""

from __future__ import annotations

from typing import Any

import numpy as np

from vynapse.core import Array
from vynapse.errors import TrainingError


def tensors_of(module: Any) -> dict[str, Array]:
    """The weights of a module."""
    from vynapse.networks import modules

    return modules.to_tensors(module)


def refuse_infinite(module: Any, when: str, whose: str, advice: str) -> None:
    """Refuse weights that are not finite.

    Args:
        module: what was trained.
        when: the begin of the sentence, e.g. "round 3".
        whose: e.g. "the policy".
        advice: what to do.

    Raises:
        TrainingError: a weight is not finite; the first is named.
    """
    for name, tensor in tensors_of(module).items():
        if not np.isfinite(tensor).all():
            raise TrainingError(f"{when}: the weight {name} of {whose} is not finite: {advice}")
