# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Networks in the form that scikit-learn gives its estimators; scikit-learn itself is not needed.

classifier = Classifier(mode="sgd", network={"mlp": [4, 16, 3]}, seed=1).fit(X, y)
classifier.predict_proba(rows)
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from vynapse.core import Array
from vynapse.data.held import Held
from vynapse.errors import ConfigError, suggestion
from vynapse.experiment.call import recipe_given
from vynapse.experiment.estimator_inputs import (
    InputError,
    classes_in,
    column,
    names_of,
    not_fitted,
    numbers_in,
    refuse_other_features,
    rows_in,
)
from vynapse.experiment.in_memory import train
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.session import Session
from vynapse.experiment.store import load
from vynapse.networks.state import NetworkState
from vynapse.registry import Choice
from vynapse.settings import validate
from vynapse.tasks.examples import as_float32
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.registry import TASKS
from vynapse.tasks.scoring import outputs
from vynapse.tasks.stored import ArraysReader

E = TypeVar("E", bound="Estimator")


class Estimator:
    """What `Classifier` and `Regressor` share.

    Attributes:
        network_: the network that was found.
        n_features_in_: columns of X.
        feature_names_in_: their names, where X was a frame with names.
        loss_: the loss of the network on the examples that validate.
    """

    mode: str
    network: Any
    loss: Any
    seed: int
    budget: Mapping[str, int | float] | None
    validation: float
    standardize: bool
    settings: Mapping[str, Any] | None
    out: str | Path | None

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments by name."""
        return {name: getattr(self, name) for name in _arguments(type(self))}

    def set_params(self: E, **params: Any) -> E:
        """Change arguments.

        Raises:
            ConfigError: there is no such argument.
        """
        known = _arguments(type(self))
        for name, value in params.items():
            if name not in known:
                raise InputError(f"{name}: unknown parameter{suggestion(name, known)}")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = _arguments(type(self))
        given = self.get_params()
        changed = [f"{n}={given[n]!r}" for n in given if repr(given[n]) != repr(defaults[n])]
        return f"{type(self).__name__}({', '.join(changed)})"

    def _fitted(self: E, rows: Any, values: Array, held: Held, kind: str, loss: Any) -> E:
        keys = {"file": "arrays.safetensors", "kind": kind, "validation": self.validation}
        keys["standardize"] = self.standardize
        chosen: Any = TASKS.get("arrays")
        settings: Any = validate(chosen.settings, keys, "task")
        choice: Choice[TaskKind] = Choice(chosen, settings.holding(held))
        further = {"seed": self.seed, **(self.settings or {})}
        if self.budget is not None:
            further["budget"] = dict(self.budget)
        recipe, start = recipe_given(choice, self.mode, network=self.network, loss=loss, **further)
        if len(recipe.stages) != 1:
            raise ConfigError("settings: one stage was wanted: use vynapse.run for several")
        found = self._trained(recipe, start)
        self.network_, self._encoding, self.loss_ = found
        self.n_features_in_ = values.shape[1]
        names = names_of(rows)
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return self

    def _trained(
        self, recipe: Recipe, start: NetworkState | None
    ) -> tuple[NetworkState, dict[str, Any], float]:
        """The network, what turns rows into its inputs, and its loss."""
        if self.out is None:
            return train(recipe, start)
        session = Session.create(recipe, Path(self.out), start=start)
        loss = float(session.run()["loss"])
        run = load(session.directory)
        return run.network, dict(run.preprocessing or {}), loss

    def _outputs(self, rows: Any) -> tuple[Array, ArraysReader]:
        if not hasattr(self, "network_"):
            raise not_fitted(self)
        values = rows_in(rows)
        refuse_other_features(self, rows, values)
        reader = ArraysReader(self._encoding)
        predict = self.network_.predictor()
        return outputs(predict, reader.inputs(values), as_float32, reader.output_size), reader


class Classifier(Estimator):
    """A network that tells classes.

    Args:
        mode: a name of `vynapse modes` that works on examples.
        network: what `vynapse.run` takes; None: one hidden layer.
        loss: what `vynapse.run` takes; None: cross-entropy.
        class_weight: None; "balanced": inversely to how often a class occurs; or a mapping.
        seed: root of all random numbers.
        budget: limits such as {"epochs": 20}; None: the preset's.
        validation: fraction that decides which network is kept; 0: the training examples do.
        standardize: columns of X, to a mean of 0 and a standard deviation of 1.
        settings: further keys of the recipe or of its stage, as {"learning_rate": 0.01}.
        out: directory of a run to keep; None: nothing is written.

    Attributes:
        classes_: the classes, sorted.
    """

    classes_: Array

    def __init__(
        self,
        mode: str = "sgd",
        *,
        network: Any = None,
        loss: Any = None,
        class_weight: Mapping[Any, float] | str | None = None,
        seed: int = 0,
        budget: Mapping[str, int | float] | None = None,
        validation: float = 0.0,
        standardize: bool = True,
        settings: Mapping[str, Any] | None = None,
        out: str | Path | None = None,
    ) -> None:
        self.mode, self.network, self.loss = mode, network, loss
        self.class_weight = class_weight
        self.seed, self.budget, self.validation = seed, budget, validation
        self.standardize, self.settings, self.out = standardize, settings, out

    def fit(self, X: Any, y: Any) -> Classifier:  # noqa: N803 - as scikit-learn has it
        """Find a network for rows X (n, features) and their classes y (n,).

        Raises:
            InputError: X or y is none that a network can learn from.
            ConfigError: an argument is wrong.
        """
        values = rows_in(X)
        labels = classes_in(y, len(values))
        classes, codes = np.unique(labels, return_inverse=True)
        if len(classes) < 2:
            raise InputError(f"y: two or more classes were wanted, got {len(classes)} class")
        held = Held({"inputs": values, "targets": codes}, tuple(map(str, classes.tolist())))
        loss = self.loss
        if self.class_weight is not None:
            if loss is not None:
                raise ConfigError("class_weight: it belongs to the default loss: leave loss out")
            weights = self._weights(classes, codes)
            loss = {"kind": "cross_entropy", "class_weights": weights}
        self._fitted(X, values, held, "classification", loss)
        self.classes_ = classes
        return self

    def predict(self, X: Any) -> Array:  # noqa: N803
        """The class of each row, (n,)."""
        found, reader = self._outputs(X)
        best: Array = self.classes_[reader.scoring.loss.predicted(found)]
        return best

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """The probability of each class, (n, classes), in the order of `classes_`.

        Raises:
            ConfigError: the network was trained with a loss of your own, whose outputs need not be
                probabilities.
        """
        if self.loss not in (None, "cross_entropy"):
            raise ConfigError("loss: probabilities are known of cross_entropy alone")
        found, reader = self._outputs(X)
        return np.asarray(reader.scoring.loss.probabilities(found))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
        """The accuracy."""
        return float(np.average(self.predict(X) == column(y), weights=sample_weight))

    def _weights(self, classes: Array, codes: Array) -> list[float]:
        if self.class_weight == "balanced":
            counts = np.bincount(codes)
            return list((len(codes) / (len(classes) * counts)).tolist())
        if not isinstance(self.class_weight, Mapping):
            raise InputError(
                f"class_weight: None, 'balanced' or a mapping was wanted, got {self.class_weight!r}"
            )
        weights = self.class_weight
        return [float(weights.get(name, 1.0)) for name in classes.tolist()]

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(),
        )


class Regressor(Estimator):
    """A network that gives numbers.

    Args:
        mode, network, seed, budget, validation, settings, out: what `Classifier` takes.
        loss: what `vynapse.run` takes; None: the mean squared error.
        standardize: columns of X and of y, to a mean of 0 and a standard deviation of 1.
    """

    def __init__(
        self,
        mode: str = "sgd",
        *,
        network: Any = None,
        loss: Any = None,
        seed: int = 0,
        budget: Mapping[str, int | float] | None = None,
        validation: float = 0.0,
        standardize: bool = True,
        settings: Mapping[str, Any] | None = None,
        out: str | Path | None = None,
    ) -> None:
        self.mode, self.network, self.loss = mode, network, loss
        self.seed, self.budget, self.validation = seed, budget, validation
        self.standardize, self.settings, self.out = standardize, settings, out

    def fit(self, X: Any, y: Any) -> Regressor:  # noqa: N803
        """Find a network for rows X (n, features) and their numbers y, (n,) or (n, out).

        Raises:
            InputError: X or y is none that a network can learn from.
            ConfigError: an argument is wrong.
        """
        values = rows_in(X)
        targets = numbers_in(y, len(values))
        held = Held({"inputs": values, "targets": targets})
        return self._fitted(X, values, held, "regression", self.loss)

    def predict(self, X: Any) -> Array:  # noqa: N803
        """The number of each row, (n,) or (n, out), in the units of y."""
        found, reader = self._outputs(X)
        return reader.values(found)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
        """R², the mean over outputs."""
        truth, found = np.asarray(y, np.float64), self.predict(X)
        truth, found = truth.reshape(len(truth), -1), found.reshape(len(found), -1)
        mean = np.average(truth, axis=0, weights=sample_weight)
        residual = np.average((truth - found) ** 2, axis=0, weights=sample_weight)
        spread = np.average((truth - mean) ** 2, axis=0, weights=sample_weight)
        known = spread > 0
        each = np.where(residual > 0, 0.0, 1.0)
        each[known] = 1 - residual[known] / spread[known]
        return float(each.mean())

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, RegressorTags, Tags, TargetTags

        return Tags(
            estimator_type="regressor",
            target_tags=TargetTags(required=True, multi_output=True),
            regressor_tags=RegressorTags(),
            input_tags=InputTags(),
        )


def _arguments(kind: type) -> dict[str, Any]:
    parameters = inspect.signature(kind).parameters.values()
    return {parameter.name: parameter.default for parameter in parameters}
