# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Task `double-pole-hidden`: two poles on a cart whose velocities a network does not see.

As in Gruau, Whitley & Pyeatt (1996) and Stanley & Miikkulainen (2002), section 4.3: networks are
bred by Gruau's fitness of 1,000 steps. The best of each generation has to balance for 100,000
steps, and then from at least 200 of 625 other starts for 1,000 steps.
"""

from __future__ import annotations

from typing import Final, final

import numpy as np

from vynapse.core import Evaluation, KernelEpisodes, Measure, Network
from vynapse.errors import ConfigError
from vynapse.kernels import control
from vynapse.networks.programs import ProgramPolicy
from vynapse.tasks.control.kernel import FixedSettings, KernelTask
from vynapse.tasks.kind import TaskKind

_LONG: Final = 100_000
_SHORT: Final = 1000


@final
class DoublePoleHidden(KernelTask):
    """A network's return: the share of the 100,000 steps that it balances, and where that is all
    of them the number of other starts that it masters.
    """

    @property
    def measure(self) -> Measure:
        """The return."""
        return Measure("return", "starts", higher_is_better=True)

    def rate(self, network: Network, split: str) -> tuple[Evaluation, int]:
        """The test of the best of a generation; the steps of both parts count."""
        policy = network.policy()
        if not isinstance(policy, ProgramPolicy):
            raise ConfigError(
                "task: double-pole-hidden is scored in the kernels: a network of kind neat was "
                "wanted, use mode neat"
            )
        view = self.view_of(policy)
        start = control.starts(self.control, 0, np.zeros(1, np.int64))
        long = control.play(policy.programs, self.control, view, start, _LONG)
        balanced, steps = int(long.steps[0, 0]), int(long.steps.sum())
        mastered = 0
        if balanced == _LONG:
            others = control.generalisation_starts()
            short = control.play(policy.programs, self.control, view, others, _SHORT)
            steps += int(short.steps.sum())
            mastered = int(np.count_nonzero(short.steps[0] == _SHORT))
        score = balanced / _LONG + mastered
        metrics = {"return": score, "balanced_steps": float(balanced), "starts": float(mastered)}
        return Evaluation(-score, metrics), steps


def build(_: FixedSettings) -> DoublePoleHidden:
    """The task."""
    return DoublePoleHidden(
        "double-pole-hidden",
        KernelEpisodes("double-pole-no-velocities", _SHORT, gruau=True),
        "balance two poles on a cart, velocities hidden: by Gruau's fitness",
    )


TASK = TaskKind(
    "double-pole-hidden",
    "balance two poles on a cart, velocities hidden: by Gruau's fitness",
    FixedSettings,
    build,
    comparison={"env_steps": 50_000_000, "target": 201},
    presets={
        # what sections 4.1 and 4.3 change for this task, and steps that are smaller than for others
        "neat": {
            "sigma": 0.7,
            "population": 1000,
            "add_connection": 0.3,
            "weight_difference": 3.0,
            "compatibility_threshold": 1.5,
            "recurrent": True,
            "evaluate_every": 1,
            "budget": {"steps": 100, "target": 201},
        },
    },
    episodes=True,
)
