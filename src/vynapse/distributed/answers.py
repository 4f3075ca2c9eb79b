# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Answers as messages and back. A worker is not trusted: what it answers is checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vynapse.core import AMOUNTS, Cost
from vynapse.distributed.crew import Answer
from vynapse.distributed.wire import Malformed, array_message, rows_of
from vynapse.errors import ConfigError, DataError, NothingFinite, TrainingError, VynapseError
from vynapse.evaluation.v1 import evaluation_pb2 as messages
from vynapse.evolution.measured import Measured
from vynapse.evolution.policies import WrongAnswer

_TROUBLES: Final = ("nonfinite", "exception", "timeout", "death")
_ERRORS: Final[Mapping[str, type[VynapseError]]] = {
    model.__name__: model for model in (ConfigError, DataError, NothingFinite)
}
_SAID: Final = 2000
"""Characters of a sentence that are read."""
_LONGEST: Final = 1e7
"""Seconds that a worker may say it took."""


def answer_message(value: Measured | VynapseError) -> messages.EvaluateBatchResponse:
    """What was measured by examples or episodes, or an error that would come everywhere."""
    if isinstance(value, VynapseError):
        said = messages.Failure(type=type(value).__name__, message=str(value)[:_SAID])
        return messages.EvaluateBatchResponse(error=said)
    answer = messages.EvaluateBatchResponse(
        losses=array_message(value.losses),
        cost={name: int(amount) for name, amount in value.cost.counted().items()},
        troubles=value.troubles,
    )
    if value.objectives is not None:
        answer.objectives.CopyFrom(array_message(value.objectives))
    if value.descriptors is not None:
        answer.descriptors.CopyFrom(array_message(value.descriptors))
    return answer


def outcomes_message(outcomes: list[Any], width: int) -> messages.EvaluateBatchResponse:
    """What a function gave for each vector: so many numbers, or an exception."""
    values, failures = np.zeros((len(outcomes), width)), []
    for row, outcome in enumerate(outcomes):
        if isinstance(outcome, Exception):
            told = type(outcome).__name__, str(outcome)[:_SAID]
            failures.append(messages.Failure(row=row, type=told[0], message=told[1]))
        else:
            values[row] = outcome
    return messages.EvaluateBatchResponse(losses=array_message(values), failures=failures)


def answer_of(message: messages.EvaluateBatchResponse, count: int, width: int | None) -> Answer:
    """What a worker answered.

    Args:
        message: what came.
        count: genomes that were sent.
        width: numbers that a function gives; None where it is no function.

    Raises:
        Malformed: it is no answer to what was asked.
    """
    seconds = message.seconds
    if not (math.isfinite(seconds) and 0 <= seconds <= _LONGEST):
        raise Malformed(f"it took {seconds} seconds")
    if message.HasField("error"):
        return Answer(_error(message.error), seconds)
    losses = rows_of(message.losses, count, "losses")
    if width is not None:
        return Answer(_outcomes(losses.reshape(count, -1), message, width), seconds)
    if losses.ndim != 1:
        raise Malformed(f"losses of shape {losses.shape}")
    troubles = _counts(message.troubles, _TROUBLES)
    cost = Cost(**_counts(message.cost, AMOUNTS))
    tables = _table(message, "objectives", count), _table(message, "descriptors", count)
    return Answer(Measured(losses, cost, tables[0], tables[1], troubles), seconds)


def _table(
    message: messages.EvaluateBatchResponse, name: str, count: int
) -> npt.NDArray[np.float64] | None:
    if not message.HasField(name):
        return None
    table = rows_of(getattr(message, name), count, name)
    if table.ndim != 2:
        raise Malformed(f"{name}: a table was wanted, got shape {table.shape}")
    return table


def _outcomes(
    values: npt.NDArray[np.float64],
    message: messages.EvaluateBatchResponse,
    width: int,
) -> list[Any]:
    """Numbers and exceptions, as a function called here would give them."""
    count = len(values)
    if values.shape[1:] != (width,) or len(message.failures) > count:
        raise Malformed(f"numbers of shape {values.shape}, where {width} for each were wanted")
    found: list[Any] = [float(row[0]) if width == 1 else row for row in values]
    for failure in message.failures:
        if failure.row >= count:
            raise Malformed(f"a failure of genome {failure.row} of {count}")
        found[failure.row] = _exception(failure)
    return found


def _exception(failure: messages.Failure) -> Exception:
    """An exception of the same name, which was raised elsewhere."""
    if failure.type == WrongAnswer.__name__:
        return WrongAnswer(failure.message[:_SAID])
    name = failure.type if failure.type.isidentifier() and len(failure.type) < 100 else "Failure"
    model: type[Exception] = type(name, (Exception,), {})
    return model(failure.message[:_SAID])


def _error(failure: messages.Failure) -> VynapseError:
    said = failure.message[:_SAID] or "a worker gave no reason"
    return _ERRORS.get(failure.type, TrainingError)(said)


def _counts(given: Mapping[str, int], known: tuple[str, ...]) -> dict[str, Any]:
    wrong = [name for name, count in given.items() if name not in known or count < 0]
    if wrong:
        raise Malformed(f"an amount {wrong[0][:50]!r} of {given[wrong[0]]}")
    return dict(given)
