# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What an evaluator is. It says how genomes are measured, never what comes out."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

from vynapse.core import Array
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.genomes import G
from vynapse.evolution.measured import Measured
from vynapse.evolution.objective import Objective
from vynapse.evolution.policies import Measurement, Policy
from vynapse.registry import Kind, Registry


@runtime_checkable
class Evaluator(Protocol):
    """Measures genomes, wherever it likes."""

    def __call__(self, objective: Objective[G], encoding: Encoding[G], genomes: G) -> Measured:
        """What `objective.measure(encoding, genomes)` gives."""


@runtime_checkable
class Shared(Protocol):
    """An objective that the kernels measure in one call, in which threads share the genomes."""

    def in_threads(self, encoding: Encoding[G], genomes: G, threads: int) -> Measured | None:
        """What `measure` gives; None where the kernels do not know network or task."""


@runtime_checkable
class OneByOne(Protocol):
    """An objective that is a function of one vector at a time, whose failures a policy settles."""

    @property
    def policy(self) -> Policy:
        """What becomes of failures."""

    def answer(self) -> Callable[[Any], Any]:
        """What is called for each vector; picklable where the user's function is."""

    def vectors(self, encoding: Encoding[G], genomes: G) -> Array:
        """The vectors (g, p)."""

    def each(self, vectors: Array) -> Generator[tuple[int, Measurement], None, None]:
        """Rows and what was measured, computed here."""

    def settle(self, row: int, vector: Array, outcome: Any) -> Measurement:
        """What counts of an outcome."""

    def gather(self, count: int, measurements: Any) -> Measured:
        """All measurements as one."""


@runtime_checkable
class Streaming(Evaluator, Protocol):
    """An evaluator that also tells each measurement as soon as it is there."""

    def measurements(
        self, objective: OneByOne, vectors: Array
    ) -> Generator[tuple[int, Measurement], None, None]:
        """Rows and what was measured, in any order."""


@dataclass(frozen=True, slots=True)
class EvaluatorKind(Kind[AbstractContextManager[Evaluator]]):
    """A way to measure; `build(settings)` makes one.

    What it makes is a context manager that gives the evaluator: what the evaluator holds, such as
    processes, ends with the block.

    Attributes:
        elsewhere: it measures in other processes, which import what they need.
        count: the key that says how many work at once; None where there is none.
    """

    elsewhere: bool = False
    count: str | None = None


EVALUATORS: Final = Registry("evaluators", "evaluator", EvaluatorKind, default="inline")
"""All evaluators by name."""
