# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The loop of every mode."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from vynapse.core.cost import Budget
from vynapse.core.trainer import Report, Trainer
from vynapse.errors import NothingFinite, TrainingError
from vynapse.user_code import own_errors

NOTHING_FINITE: Final = "nothing finite"
"""Why a search stops that has found something and comes to a generation without a finite loss."""


@dataclass(slots=True)
class Progress:
    """Where a run stands beside its trainer; part of a checkpoint.

    Attributes:
        report: the last report, None before the first step.
        best_loss, best_step: loss of the winner and the step at which it was found.
        stop: why the run has ended: "target", "patience", "interrupt", "nothing finite" or the name
            of a limit.
    """

    report: Report | None = None
    best_loss: float = math.inf
    best_step: int = 0
    stop: str | None = None


def run(
    trainer: Trainer,
    budget: Budget,
    *,
    progress: Progress | None = None,
    observers: Iterable[Callable[[Report], None]] = (),
    interrupted: Callable[[], bool] = lambda: False,
) -> Progress:
    """The loop of every mode: step until a limit is reached.

    Args:
        trainer: what to step.
        budget: when to stop; at least one limit should be set.
        progress: where an earlier call stopped; None starts afresh.
        observers: called with every report, in order, once `progress` is up to date; they may not
            change the trainer.
        interrupted: asked after every step; True ends the loop with `stop = "interrupt"`.

    Raises:
        NothingFinite: no loss is finite, and none was before. Later it ends the loop instead.
        TrainingError: the loss is not a number, or code of the user's raised something; the
            trainer is left as the step left it.
    """
    progress = progress or Progress()
    progress.stop = None
    seconds = (progress.report.cost.seconds or 0.0) if progress.report else 0.0
    while progress.stop is None:
        begin = time.perf_counter()
        try:
            with own_errors(TrainingError):
                report = trainer.step()
        except NothingFinite:
            if progress.report is None or not math.isfinite(progress.best_loss):
                raise
            # no report of this step: observers have seen the last one, when nothing had stopped
            progress.stop = NOTHING_FINITE
            break
        seconds += time.perf_counter() - begin
        cost = dataclasses.replace(report.cost, seconds=seconds)
        report = dataclasses.replace(report, cost=cost)
        if math.isnan(report.loss):
            raise TrainingError(
                f"the loss is not a number at step {report.step}: lower the learning rate "
                "or the mutation strength, or clip gradients"
            )
        if report.renewed or progress.report is None:
            progress.best_loss, progress.best_step = report.loss, report.step
        progress.report = report
        if budget.target is not None and report.loss < budget.target:
            progress.stop = "target"
        elif (limit := budget.spent(report.step, report.cost)) is not None:
            progress.stop = limit
        elif budget.patience is not None and report.step - progress.best_step >= budget.patience:
            progress.stop = "patience"
        elif interrupted():
            progress.stop = "interrupt"
        for observe in observers:
            observe(report)
    return progress
