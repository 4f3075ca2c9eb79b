# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The tree-structured Parzen estimator (Bergstra et al. 2011), by Optuna.

A study lives for one question: it is told of all points so far, in their order, and asked for the
next with a seed of its own. So the answer is a function of these points alone, and a sweep needs no
state of Optuna's to be gone on with.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from vynapse.errors import MissingExtra
from vynapse.experiment.sweeps.settings import Axis
from vynapse.experiment.sweeps.space import Space, Values, rounded
from vynapse.seeding import Stream


@dataclass(frozen=True, slots=True)
class Told:
    """A point and what is known of it.

    Attributes:
        values: its keys and values.
        loss: the mean over its seeds, infinite where it failed; None while it is not known.
    """

    values: Values
    loss: float | None


def refuse_missing() -> None:
    """Raise unless Optuna is installed.

    Raises:
        MissingExtra: it is not.
    """
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise MissingExtra("optuna", "sweep", "search.kind: tpe") from None


def proposed(
    space: Space, told: Sequence[Told], stream: Stream, number: int, startup: int
) -> Values:
    """The next point.

    Args:
        space: where it lies.
        told: the points so far, in their order.
        stream: random numbers of the search.
        number: the number of the point.
        startup: points that are drawn at random first.

    Raises:
        MissingExtra: Optuna is not installed.
    """
    refuse_missing()
    from optuna import create_study
    from optuna.samplers import TPESampler
    from optuna.trial import TrialState, create_trial

    seed = stream.seed_for(number) % 2**32
    with _quiet():
        study = create_study(sampler=TPESampler(seed=seed, n_startup_trials=startup))
        finite = [one.loss for one in told if one.loss is not None and math.isfinite(one.loss)]
        worst = max(finite, default=0.0)
        for one in told:
            known = one.loss is not None
            study.add_trial(
                create_trial(
                    state=TrialState.COMPLETE if known else TrialState.RUNNING,
                    value=None if one.loss is None else min(one.loss, worst),
                    params={key: _code(space.axes[key], v) for key, v in one.values.items()},
                    distributions={key: _distribution(space.axes[key]) for key in one.values},
                )
            )
        trial = study.ask()
        return space.walk(lambda key, axis: _suggested(trial, key, axis))


def _distribution(axis: Axis) -> Any:
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if axis.values is not None:
        # a place in the list: values may be anything, Optuna takes plain ones alone
        return CategoricalDistribution(range(len(axis.values)))
    low, high = axis.low or 0.0, axis.high or 0.0
    if axis.int:
        return IntDistribution(round(low), round(high), log=axis.log)
    return FloatDistribution(low, high, log=axis.log)


def _code(axis: Axis, value: Any) -> Any:
    return axis.values.index(value) if axis.values is not None else value


def _suggested(trial: Any, key: str, axis: Axis) -> Any:
    if axis.values is not None:
        return axis.values[trial.suggest_categorical(key, range(len(axis.values)))]
    low, high = axis.low or 0.0, axis.high or 0.0
    if axis.int:
        return trial.suggest_int(key, round(low), round(high), log=axis.log)
    return rounded(axis, trial.suggest_float(key, low, high, log=axis.log))


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna tells of each study that is made."""
    log = logging.getLogger("optuna")
    before = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(before)
