# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""X and y of an estimator: what they are, and the sentences that scikit-learn's users know."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np

from vynapse.core import Array
from vynapse.errors import DataError


class InputError(DataError, ValueError, TypeError):
    """X or y is none that a network can learn from; scikit-learn wants such a class of errors."""


def rows_in(rows: Any) -> Array:
    """X as an array (n, features) of finite real numbers.

    Raises:
        InputError: it is none.
    """
    if hasattr(rows, "tocsr") or hasattr(rows, "tocoo"):
        raise InputError("X: sparse data were given, dense ones were wanted: X.toarray()")
    if hasattr(rows, "detach"):
        rows = rows.detach().cpu()
    values = _real(np.asarray(rows), "X")
    if values.ndim != 2:
        raise InputError(
            f"X: a 2D array (n, features) was wanted, got shape {values.shape}. Reshape your data "
            "either using X.reshape(-1, 1) if it has a single feature or X.reshape(1, -1) if it is "
            "a single row"
        )
    if len(values) == 0:
        raise InputError(
            f"X: Found array with 0 sample(s) (shape={values.shape}) while a minimum of 1 is "
            "required."
        )
    if values.shape[1] == 0:
        raise InputError(
            f"X: Found array with 0 feature(s) (shape={values.shape}) while a minimum of 1 is "
            "required."
        )
    return values


def classes_in(y: Any, count: int) -> Array:
    """y as an array (n,) of classes.

    Raises:
        InputError: it is none, or of another length than X.
    """
    labels = _target(y, count)
    if labels.ndim != 1:
        raise InputError(f"y: classes (n,) were wanted, got shape {labels.shape}")
    if labels.dtype.kind == "f":
        _real(labels, "y")
        if not (labels == np.floor(labels)).all():
            raise InputError("y: Unknown label type: continuous numbers, classes were wanted")
    if labels.dtype.kind == "O":
        kinds = {type(label) for label in labels.tolist()}
        labels = labels.astype(str) if kinds == {str} else np.array(labels.tolist())
        if labels.dtype.kind not in "iubU":
            raise InputError("y: Unknown label type: texts or whole numbers were wanted")
    return labels


def numbers_in(y: Any, count: int) -> Array:
    """y as an array (n,) or (n, out) of finite float64.

    Raises:
        InputError: it is none, or of another length than X.
    """
    values = _real(_target(y, count, flat=False), "y").astype(np.float64)
    if values.ndim > 2:
        raise InputError(f"y: numbers (n,) or (n, out) were wanted, got shape {values.shape}")
    return values


def column(y: Any) -> Array:
    """A target as (n,), also where it is a column."""
    values = np.asarray(y)
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values


def names_of(rows: Any) -> Array | None:
    """The names of the columns of a frame; None where they are no texts or there are none."""
    names = list(getattr(rows, "columns", []))
    whole = names and all(isinstance(name, str) for name in names)
    return np.array(names, dtype=object) if whole else None


def refuse_other_features(estimator: Any, rows: Any, values: Array) -> None:
    """Refuse rows with other columns than those of the fit.

    Raises:
        InputError: their number or their names differ.
    """
    wanted = estimator.n_features_in_
    if values.shape[1] != wanted:
        raise InputError(
            f"X has {values.shape[1]} features, but {type(estimator).__name__} is expecting "
            f"{wanted} features as input"
        )
    known, names = getattr(estimator, "feature_names_in_", None), names_of(rows)
    if known is not None and names is not None and list(known) != list(names):
        raise InputError(
            "The feature names should match those that were passed during fit: "
            f"{', '.join(known)} were wanted, got {', '.join(names)}"
        )


def not_fitted(estimator: Any) -> Exception:
    """The error for an estimator that has no network yet; scikit-learn's own where it is loaded."""
    sentence = f"this {type(estimator).__name__} is not fitted yet: call fit(X, y) first"
    exceptions = sys.modules.get("sklearn.exceptions")
    if exceptions is None:
        return InputError(sentence)
    error: Exception = exceptions.NotFittedError(sentence)
    return error


def _target(y: Any, count: int, *, flat: bool = True) -> Array:
    if y is None:
        raise InputError("requires y to be passed, but the target y is None")
    values = np.asarray(y.detach().cpu() if hasattr(y, "detach") else y)
    if flat and values.ndim == 2 and values.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected: y.ravel() makes one",
            _conversion_warning(),
            stacklevel=4,
        )
        values = values[:, 0]
    if values.ndim == 0 or len(values) != count:
        raise InputError(f"y: a target for each of {count} rows was wanted, got {values.shape}")
    return values


def _conversion_warning() -> type[Warning]:
    exceptions = sys.modules.get("sklearn.exceptions")
    found: type[Warning] = UserWarning if exceptions is None else exceptions.DataConversionWarning
    return found


def _real(values: Array, what: str) -> Array:
    if values.dtype.kind == "c":
        raise InputError(f"{what}: Complex data not supported, real numbers were wanted")
    if values.dtype.kind in "OUS":
        try:
            values = values.astype(np.float64)
        except (ValueError, TypeError) as error:
            raise InputError(f"{what}: an array of numbers was wanted: {error}") from None
    if values.dtype.kind == "f":
        wide = values.astype(np.float64)
        bad = np.isnan(wide) | (np.abs(wide) > float(np.finfo(np.float32).max))
        if bad.any():
            kind = "NaN" if np.isnan(wide).any() else "infinity or a value too large for float32"
            raise InputError(f"Input {what} contains {kind}.")
    if values.dtype.kind not in "biuf":
        raise InputError(f"{what}: an array of numbers was wanted, got {values.dtype}")
    return values
