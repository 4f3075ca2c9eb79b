# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evaluation of a plain function in this process."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Any, final

import numpy as np

from vynapse.core import Array
from vynapse.evolution.policies import Measurement, Outcome, Policy
from vynapse.seeding import I64

Function = Callable[[Any], Any]
"""A genome (p,) -> one real number, lower is better; what it returns is checked on each call."""


@final
class Inline:
    """Evaluation in this process, in the order of the rows."""

    def __init__(self, function: Function, policy: Policy, batched: bool) -> None:
        self._function, self._policy, self._batched = function, policy, batched

    def measure(self, genomes: Array, ids: I64) -> Generator[tuple[int, Measurement], None, None]:
        outcomes: Iterable[Outcome] = (
            self._together(genomes)
            if self._batched
            else (attempt(self._function, genome) for genome in genomes)
        )
        for row, (identity, genome, outcome) in enumerate(
            zip(ids.tolist(), genomes, outcomes, strict=True)
        ):
            yield row, self._policy.settle(identity, genome, outcome)

    def _together(self, genomes: Array) -> list[float] | list[Exception]:
        """One call for all; an exception is that of each of them."""
        try:
            values = np.asarray(self._function(genomes.copy()))
            if values.shape != (len(genomes),) or values.dtype.kind not in "fiu":
                raise TypeError(
                    f"{len(genomes)} real numbers were wanted, the function returned "
                    f"{values.dtype} of shape {values.shape}"
                )
        except Exception as error:  # noqa: BLE001 - a policy decides what becomes of it
            return [error] * len(genomes)
        return [float(value) for value in values]


def attempt(function: Callable[[Any], Any], genome: Array) -> float | Exception:
    """`function(genome)` as a number, or the exception that it raised."""
    try:
        return number(function(genome))
    except Exception as error:  # noqa: BLE001 - a policy decides what becomes of it
        return error


def number(value: Any) -> float:
    """A Python, NumPy or other scalar as a float.

    Raises:
        TypeError: it is no single real number.
    """
    array = np.asarray(value)
    if array.shape != () or array.dtype.kind not in "fiu":
        came = type(value).__name__ + (f" of shape {array.shape}" if array.shape else "")
        raise TypeError(f"one real number was wanted, the function returned {came}")
    return float(array)
