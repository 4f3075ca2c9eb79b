# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Gradient descent of small MLPs, many steps a call: in C, or where it is absent in NumPy.

`reference.train` says what is computed; which of the two computes it changes no bit, nor does it
matter how many steps a call makes.
"""

from __future__ import annotations

import ctypes
from ctypes import c_float, c_int32, c_int64, c_void_p
from typing import Final, final

import numpy as np

from vynapse.kernels import native
from vynapse.kernels.reference import train as reference
from vynapse.kernels.reference.functions import ACTIVATIONS
from vynapse.kernels.reference.law import F64, Problem
from vynapse.kernels.reference.train import (
    EPSILON,
    I32,
    Learner,
    Rule,
    Steps,
    factors,
    fresh,
    padded,
)
from vynapse.seeding import F32

__all__ = ["Learner", "Problem", "Rule", "Steps", "Training", "fresh", "padded"]

_RULES: Final = ("sgd", "adam", "adamw")
_LOSSES: Final = ("mse", "cross_entropy")


class _Lesson(ctypes.Structure):
    _fields_ = (
        *((name, c_void_p) for name in ("sizes", "inputs", "targets")),
        *((name, c_int32) for name in ("layers", "bias", "hidden", "output", "loss", "padded")),
    )


class _Descent(ctypes.Structure):
    _fields_ = (
        *((name, c_void_p) for name in ("rates", "scales", "shrinks", "rows")),
        *((name, c_int32) for name in ("batch", "rule", "nesterov", "clips")),
        *((name, c_float) for name in ("momentum", "beta1", "rest1", "beta2", "rest2")),
        *((name, c_float) for name in ("epsilon", "weight_decay", "clip_norm")),
    )


class _Learner(ctypes.Structure):
    _fields_ = tuple(
        (name, c_void_p) for name in ("parameters", "first", "second", "losses", "norms", "work")
    )


@final
class Training:
    """Gradient descent on a problem.

    Args:
        problem: network and examples.
        rule: how parameters follow their gradient.
        library: compiled kernels; None for NumPy.

    Raises:
        ValueError: arrays of the problem have another type or shape than it says.
    """

    def __init__(self, problem: Problem, rule: Rule, library: native.Library | None) -> None:
        _check(problem)
        self._problem, self._rule, self._library = problem, rule, library
        sizes = np.array(problem.sizes, np.int32)
        inputs = np.ascontiguousarray(problem.inputs)
        targets = np.ascontiguousarray(problem.targets, np.float32)
        self._held = sizes, inputs, targets
        names = list(ACTIVATIONS)
        self._lesson = _Lesson(
            *(native.pointer(array) for array in self._held),
            len(problem.sizes) - 1,
            problem.bias,
            names.index(problem.hidden),
            names.index(problem.output),
            _LOSSES.index(problem.loss),
            padded(problem.parameters),
        )
        self._descent = _native_rule(rule)
        self._work = np.empty(0, np.float32)

    def run(self, learner: Learner, rates: F64, rows: I32 | None = None) -> Steps:
        """One step at each of the rates.

        Args:
            learner: changed in place; after a step whose loss or gradient is not finite it is as
                it was before that step.
            rates: learning rates (n,).
            rows: positions of the examples of each batch, (n, b); None for all in their order.

        Raises:
            ValueError: arrays have another shape, or a row does not exist.
        """
        self._check_call(learner, rates, rows)
        if self._library is None:
            return reference.train(self._problem, self._rule, learner, rates, rows)
        batch = len(self._problem.inputs) if rows is None else rows.shape[1]
        by_step = factors(self._rule, learner.step, rates)
        losses, norms = np.empty(len(rates), np.float32), np.empty(len(rates), np.float32)
        at = native.pointer
        descent = self._descent
        descent.rates, descent.scales, descent.shrinks = (at(values) for values in by_step)
        descent.rows, descent.batch = at(rows), batch
        arrays = learner.parameters, learner.first, learner.second, losses, norms
        work = self._workspace(self._library, batch)
        own = _Learner(*(at(array) for array in arrays), at(work))
        kernel = self._library.function("train", c_int64, *[c_void_p] * 3, c_int64)
        made = kernel(
            ctypes.byref(self._lesson), ctypes.byref(descent), ctypes.byref(own), len(rates)
        )
        learner.step += made
        found = min(made + 1, len(rates))
        return Steps(losses[:found], norms[:found])

    def _workspace(self, library: native.Library, batch: int) -> F32:
        needed = library.function("train_workspace", c_int64, c_void_p, c_int32)
        count = needed(ctypes.byref(self._lesson), batch)
        if len(self._work) < count:
            self._work = np.empty(count, np.float32)
        return self._work

    def _check_call(self, learner: Learner, rates: F64, rows: I32 | None) -> None:
        length = padded(self._problem.parameters)
        for name in ("parameters", "first", "second"):
            array = getattr(learner, name)
            if array.shape != (length,) or array.dtype != np.float32:
                raise ValueError(
                    f"train: {name} must be float32 of shape {(length,)}, got {array.dtype} of "
                    f"shape {array.shape}"
                )
        if rows is None:
            return
        if rows.ndim != 2 or len(rows) != len(rates) or rows.shape[1] < 1 or rows.dtype != np.int32:
            raise ValueError(
                f"train: rows must be int32 of shape ({len(rates)}, batch), got {rows.dtype} of "
                f"shape {rows.shape}"
            )
        if rows.size and not 0 <= rows.min() <= rows.max() < len(self._problem.inputs):
            raise ValueError(
                f"train: rows must be from 0 to {len(self._problem.inputs) - 1}, got "
                f"{rows.min()} to {rows.max()}"
            )


def _native_rule(rule: Rule) -> _Descent:
    first, second = rule.betas
    return _Descent(
        rule=_RULES.index(rule.name),
        nesterov=rule.nesterov,
        clips=rule.clip_norm is not None,
        momentum=rule.momentum,
        beta1=first,
        rest1=1 - first,
        beta2=second,
        rest2=1 - second,
        epsilon=EPSILON,
        weight_decay=rule.weight_decay,
        clip_norm=rule.clip_norm or 0.0,
    )


def _check(problem: Problem) -> None:
    inputs, targets, outputs = problem.inputs, problem.targets, problem.sizes[-1]
    if inputs.ndim != 2 or inputs.shape[1] != problem.sizes[0] or inputs.dtype != np.float32:
        raise ValueError(
            f"train: inputs must be float32 of shape (examples, {problem.sizes[0]}), got "
            f"{inputs.dtype} of shape {inputs.shape}"
        )
    if len(inputs) == 0:
        raise ValueError("train: at least one example was wanted, got none")
    labels = problem.loss == "cross_entropy"
    shape = (len(inputs),) if labels else (len(inputs), outputs)
    if targets.shape != shape or (targets.dtype.kind != "i" if labels else targets.dtype != "f4"):
        raise ValueError(
            f"train: targets must be {'classes' if labels else 'float32'} of shape {shape}, got "
            f"{targets.dtype} of shape {targets.shape}"
        )
    if labels and not 0 <= targets.min() <= targets.max() < min(outputs, 2**24):
        raise ValueError(
            f"train: classes must be from 0 to {outputs - 1}, got {targets.min()} to "
            f"{targets.max()}"
        )
