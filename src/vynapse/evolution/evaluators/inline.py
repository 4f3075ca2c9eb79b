# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evaluator `inline`: here and now, in this thread."""

from __future__ import annotations

from collections.abc import Generator
from typing import final

from vynapse.core import Array
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.evaluators.kind import EvaluatorKind, OneByOne
from vynapse.evolution.genomes import G
from vynapse.evolution.measured import Measured
from vynapse.evolution.objective import Objective
from vynapse.evolution.policies import Measurement
from vynapse.registry import NoKeys


@final
class Inline:
    """Whatever the objective computes, in this thread."""

    def __enter__(self) -> Inline:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to let go of."""

    def __call__(self, objective: Objective[G], encoding: Encoding[G], genomes: G) -> Measured:
        """Measure all genomes."""
        return objective.measure(encoding, genomes)

    def measurements(
        self, objective: OneByOne, vectors: Array
    ) -> Generator[tuple[int, Measurement], None, None]:
        """Rows and what was measured, in their order."""
        return objective.each(vectors)


def build(_settings: NoKeys) -> Inline:
    """There is nothing to hold."""
    return Inline()


EVALUATOR = EvaluatorKind("inline", "in this process", NoKeys, build)
