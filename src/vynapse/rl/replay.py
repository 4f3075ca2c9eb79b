# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whether a run on a task could be resumed: tried at its start, when it is not too late."""

from __future__ import annotations

from typing import Final

import numpy as np

from vynapse.core import ControlTask
from vynapse.core.control import ResumableEnvironments, legal_now
from vynapse.errors import CheckpointError
from vynapse.networks import modules

_STEPS: Final = 8


def comes_back(task: ControlTask, seed: int) -> bool:
    """Whether a fresh environment comes out where a used one is.

    One environment plays a few steps of two episodes by random actions, and a second one loads its
    state. So what a resumed run does is tried, in all but the length of the episodes.

    Args:
        task: what they are environments of.
        seed: root of the episodes and of the actions.
    """
    generator = np.random.default_rng(seed)
    one, two = task.environments(1, seed), task.environments(1, seed)
    if not (isinstance(one, ResumableEnvironments) and isinstance(two, ResumableEnvironments)):
        return False
    with modules.isolated_generators(seed):
        for _ in range(2):
            one.reset()
            for _ in range(_STEPS):
                outputs = generator.random((1, task.outputs), np.float32)
                one.step(task.act(outputs, legal_now(task, one)))
        try:
            two.load(one.state())
        except CheckpointError:
            return False
    return True
