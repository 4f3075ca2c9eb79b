# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A plain function of a vector as an objective."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
import numpy.typing as npt

from vynapse.core import Array, Cost
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.genomes import G
from vynapse.evolution.measured import Measured
from vynapse.evolution.policies import Measurement, Outcome, Policy, WrongAnswer
from vynapse.seeding import I64

Function = Callable[[Any], Any]
"""A vector (p,) -> one real number, lower is better; what it returns is checked on each call."""


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """A function whose answers are checked; picklable where the function is.

    Attributes:
        function: what is called.
        width: how many real numbers it returns.
    """

    function: Function
    width: int = 1

    def __call__(self, vector: Any) -> Any:
        """One float, or an array (width,) of several.

        Raises:
            WrongAnswer: the function returned something else.
        """
        value = self.function(vector)
        array = np.asarray(value)
        shape = () if self.width == 1 else (self.width,)
        if array.shape != shape or array.dtype.kind not in "fiu":
            wanted = "one real number was" if not shape else f"{self.width} real numbers were"
            raise WrongAnswer(f"{wanted} wanted, the function returned {_came(value, array)}")
        return array.astype(np.float64) if shape else float(array)


def _came(value: Any, array: npt.NDArray[Any]) -> str:
    """What a function returned, in words: its type, and of several numbers theirs."""
    if not array.shape:
        return f"{type(value).__name__} {value!r:.60}"
    held = "" if isinstance(value, np.ndarray) else f"{type(value).__name__} of "
    return f"{held}{array.dtype} of shape {array.shape}"


def attempt(function: Callable[[Any], Any], argument: Any) -> Any:
    """`function(argument)`, or the exception that it raised."""
    try:
        return function(argument)
    except Exception as error:  # noqa: BLE001 - a policy decides what becomes of it
        return error


@final
@dataclass(frozen=True, slots=True, eq=False)
class FunctionObjective:
    """The values of a function; its failures are settled by a policy.

    Attributes:
        function: vector (p,) float64 -> one number, or as many as the next two say.
        policy: what becomes of evaluations that give no usable value.
        objectives: how many numbers are objectives; the first is the loss.
        descriptors: how many numbers behind them describe behaviour.
        batched: the function takes vectors (n, p) and gives all values (n,) or (n, numbers).
        ids: numbers of the genomes (g,), for sentences; None counts from 0.
    """

    function: Function
    policy: Policy
    objectives: int = 1
    descriptors: int = 0
    batched: bool = False
    ids: I64 | None = None

    counts: ClassVar[tuple[str, ...]] = ("forwards",)

    @property
    def width(self) -> int:
        """How many numbers the function gives for a vector."""
        return self.objectives + self.descriptors

    def answer(self) -> Answer:
        """The function, for one vector at a time."""
        return Answer(self.function, self.width)

    def vectors(self, encoding: Encoding[G], genomes: G) -> Array:
        """The vectors (g, p) that the genomes stand for: what their networks answer to nothing."""
        outputs: Array = encoding.forward(genomes, np.empty((1, 0), np.float32))[:, 0]
        return outputs

    def measure(self, encoding: Encoding[G], genomes: G) -> Measured:
        """All values, computed here."""
        return self.gather(len(genomes), self.each(self.vectors(encoding, genomes)))

    def each(self, vectors: Array) -> Generator[tuple[int, Measurement], None, None]:
        """Rows and what was measured, in their order."""
        answer = self.answer()
        outcomes: Iterable[Outcome] = (
            self.together(vectors)
            if self.batched
            else (attempt(answer, vector) for vector in vectors)
        )
        for row, outcome in enumerate(outcomes):
            yield row, self.settle(row, vectors[row], outcome)

    def settle(self, row: int, vector: Array, outcome: Outcome) -> Measurement:
        """What counts of an outcome.

        Raises:
            TrainingError: the policy says so.
        """
        identity = row if self.ids is None else int(self.ids[row])
        return self.policy.settle(identity, vector, outcome)

    def gather(self, count: int, measurements: Iterable[tuple[int, Measurement]]) -> Measured:
        """All measurements as one, +inf where there is none."""
        values = np.full((count, self.width), np.inf)
        troubles: Counter[str] = Counter()
        for row, measurement in measurements:
            values[row] = measurement.values
            if measurement.trouble is not None:
                troubles[measurement.trouble] += 1
        return self.measured(values, troubles)

    def measured(self, values: npt.NDArray[np.float64], troubles: Counter[str]) -> Measured:
        """The numbers (n, width) that the function gave, as what they mean."""
        several, described = self.objectives > 1, self.descriptors > 0
        return Measured(
            values[:, 0],
            Cost(forwards=len(values)),
            objectives=values[:, : self.objectives] if several else None,
            descriptors=values[:, self.objectives :] if described else None,
            troubles=dict(troubles),
        )

    def together(self, vectors: Array) -> list[Any]:
        """One call for all; an exception is that of each of them."""
        shape = (len(vectors),) if self.width == 1 else (len(vectors), self.width)
        try:
            values = np.asarray(self.function(vectors.copy()))
            if values.shape != shape or values.dtype.kind not in "fiu":
                wanted = f"{len(vectors)}" if len(shape) == 1 else f"{shape}"
                raise WrongAnswer(
                    f"{wanted} real numbers were wanted, the function returned "
                    f"{values.dtype} of shape {values.shape}"
                )
        except Exception as error:  # noqa: BLE001 - a policy decides what becomes of it
            return [error] * len(vectors)
        return values.astype(np.float64).tolist() if len(shape) == 1 else [*values.astype(float)]
