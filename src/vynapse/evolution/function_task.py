# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A plain function of a vector as a task: the network is the vector."""

from __future__ import annotations

import hashlib
import json
from typing import final

import numpy as np
import numpy.typing as npt

from vynapse.core import Evaluation, Interface, Measure, Network, SplitName, Task
from vynapse.errors import ConfigError
from vynapse.evolution.box import F64, Box
from vynapse.evolution.function import Function, FunctionObjective
from vynapse.evolution.policies import Policy
from vynapse.evolution.vectors import VectorEncoding
from vynapse.networks.vector import NOTHING


@final
class FunctionTask(Task):
    """A function to be minimised, with several objectives or descriptors if need be.

    Args:
        function: vector (p,) float64 -> one number, or as many as the objectives, or the loss and
            behind it the descriptors.
        start: where to start (p,), float64.
        low, high: bounds, numbers or (p,); kept by reflection.
        objectives: how many numbers are objectives, all better when lower; the first is the loss.
        descriptors: how many numbers behind the loss describe behaviour.
        policy: what becomes of evaluations that give no usable value.
        batched: the function takes vectors (n, p) and gives the values of all.
        name: the name of the task.

    Attributes:
        box: the bounds.
        start: where to start (p,).
        size: p.

    Raises:
        ConfigError: bounds and start do not fit, or there are objectives and descriptors.
    """

    whole: bool = True
    counts: tuple[str, ...] = FunctionObjective.counts

    def __init__(
        self,
        function: Function,
        start: F64,
        low: npt.ArrayLike = -np.inf,
        high: npt.ArrayLike = np.inf,
        *,
        objectives: int = 1,
        descriptors: int = 0,
        policy: Policy | None = None,
        batched: bool = False,
        name: str = "function",
    ) -> None:
        if objectives > 1 and descriptors:
            raise ConfigError("task: several objectives, or descriptors, but not both were wanted")
        self.name, self.description = name, f"a function of {len(start)} numbers"
        self.start, self.size = start, len(start)
        self.box = Box(low, high, start)
        self.objectives, self.descriptors = objectives, descriptors
        self._objective = FunctionObjective(
            function, policy or Policy(), objectives, descriptors, batched
        )

    @property
    def measure(self) -> Measure:
        """The value of the function."""
        return Measure("value", "")

    @property
    def offers(self) -> tuple[str, ...]:  # type: ignore[override]
        """A function, and what its numbers are beside a loss."""
        more = ("objectives",) if self.objectives > 1 else ()
        return ("function", *more, *(("descriptors",) if self.descriptors else ()))

    def interface(self) -> Interface:
        """No inputs, and the vector as outputs."""
        return Interface(self.name, (0,), self.size, "identity")

    def objective(self, generation: int = 0) -> FunctionObjective:
        """What genomes are measured by, the same in every generation."""
        return self._objective

    def encoding(self) -> VectorEncoding:
        """What genomes mean."""
        return VectorEncoding(self.box)

    def score(
        self,
        network: Network,
        split: SplitName = "validation",
    ) -> Evaluation:
        """The value at the vector that is the network.

        Raises:
            TrainingError: the function fails there, and the policy says to raise.
        """
        vector = network.predictor()(NOTHING)[0].astype(np.float64)
        _, measurement = next(self._objective.each(vector[None]))
        values = np.atleast_1d(np.asarray(measurement.values, np.float64))
        word, first = ("objective", 2) if self.objectives > 1 else ("descriptor", 1)
        named = enumerate(values[1:].tolist(), start=first)
        return Evaluation(float(values[0]), {f"{word}_{number}": value for number, value in named})

    def final_test(self, network: Network) -> None:
        """There is no test split."""

    def for_run(self) -> FunctionTask:
        """The task itself: it has no test split that could be read."""
        return self

    def fingerprint(self) -> str:
        """Over what the function is called and how it is asked, not over what it computes."""
        function = self._objective.function
        parts = {
            "function": f"{function.__module__}:{getattr(function, '__qualname__', '')}",
            "start": self.start.tolist(),
            "low": self.box.low.tolist(),
            "high": self.box.high.tolist(),
            "objectives": self.objectives,
            "descriptors": self.descriptors,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
