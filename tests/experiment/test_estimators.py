# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Classifier and Regressor: scikit-learn's own checks, and what they say of wrong input."""

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from vynapse import Classifier, Regressor
from vynapse.errors import ConfigError, VynapseError

X = np.random.default_rng(0).normal(size=(60, 3))
Y = np.where(X[:, 0] > 0, "yes", "no")

NEEDS = {
    "check_array_api_input": "SCIPY_ARRAY_API",
    "check_classifier_data_not_an_array": "pandas",
    "check_regressor_data_not_an_array": "pandas",
}
"""Checks that do not run without what they need; all others have to pass."""


CHECKS = """
import json, sys, warnings
import vynapse
from sklearn.utils.estimator_checks import check_estimator
warnings.simplefilter("ignore")  # it need not inherit from BaseEstimator
for name in sys.argv[1:]:
    estimator = getattr(vynapse, name)(budget={"epochs": 40})
    for check in check_estimator(estimator, on_skip=None, on_fail=None):
        print(json.dumps([name, check["check_name"], check["status"], str(check["exception"])]))
"""


@pytest.fixture(scope="module")
def checks() -> list[list[str]]:
    """In a process without checks of types, since odd arguments are among those that it tries."""
    command = [sys.executable, "-c", CHECKS, "Classifier", "Regressor"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("name", ["Classifier", "Regressor"])
def test_the_checks_of_scikit_learn(name: str, checks: list[list[str]]) -> None:
    own = [rest for estimator, *rest in checks if estimator == name]
    assert len(own) > 45
    for check, status, reason in own:
        if status == "skipped" and check in NEEDS:
            assert NEEDS[check] in reason
        else:
            assert status == "passed", (check, reason)


def test_scikit_learn_is_not_needed() -> None:
    code = (
        "import sys, numpy as np; sys.modules['sklearn'] = None\n"
        "from vynapse import Classifier\n"
        "c = Classifier(budget={'epochs': 1})\n"
        "try: c.predict([[1, 2]])\n"
        "except ValueError as error: print(error)\n"
        "c.fit([[0, 1], [1, 0], [2, 2], [3, 1]], [0, 1, 0, 1]); print(c.predict([[1, 2]]).shape)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "this Classifier is not fitted yet: call fit(X, y) first\n(1,)\n"


def test_a_fit_is_a_function_of_its_arguments_and_travels(tmp_path: Path) -> None:
    one = Classifier(seed=3, budget={"epochs": 5}).fit(X, Y)
    two = pickle.loads(pickle.dumps(clone(one).fit(X, Y)))
    assert np.array_equal(one.predict_proba(X), two.predict_proba(X))
    assert one.predict_proba(X).shape == (60, 2)
    kept = Classifier(seed=3, budget={"epochs": 5}, out=tmp_path / "run").fit(X, Y)
    assert kept.network_.sha256() == one.network_.sha256()
    assert (tmp_path / "run" / "summary.json").exists()
    assert repr(one) == "Classifier(seed=3, budget={'epochs': 5})"


def test_class_weights_move_the_border() -> None:
    options: dict[str, Any] = {"budget": {"epochs": 20}, "network": {"mlp": [3, 2]}}
    noisy = np.random.default_rng(1).random(60) > 0.85
    shares = [
        (Classifier(class_weight=weight, **options).fit(X, noisy).predict(X)).mean()
        for weight in (None, "balanced", {True: 50.0})
    ]
    assert shares == sorted(shares)
    assert shares[0] < shares[2]


def test_several_targets_and_other_modes() -> None:
    regressor = Regressor(settings={"learning_rate": 0.02}).fit(X, X[:, :2] * 10)
    assert regressor.predict(X).shape == (60, 2)
    assert regressor.score(X, X[:, :2] * 10) > 0.9
    assert Regressor("deap", budget={"steps": 3}).fit(X, X[:, 0]).predict(X).shape == (60,)


class Frame(list[Any]):
    columns = ("a", "b", "c")


def test_names_of_features_are_kept_and_compared() -> None:
    classifier = Classifier(budget={"epochs": 1}).fit(Frame(X.tolist()), Y)
    assert classifier.feature_names_in_.tolist() == ["a", "b", "c"]
    other = Frame(X.tolist())
    other.columns = ("b", "a", "c")
    with pytest.raises(ValueError, match="feature names should match"):
        classifier.predict(other)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Classifier().predict(X), "not fitted yet"),
        (lambda: Classifier().fit(X, None), "requires y to be passed"),
        (lambda: Classifier().fit(X, Y[:3]), "a target for each of 60 rows"),
        (lambda: Classifier().fit(X, X[:, 0]), "Unknown label type"),
        (lambda: Classifier().fit(X, np.zeros(60)), "two or more classes"),
        (lambda: Classifier(class_weight="much").fit(X, Y), "class_weight: None, 'balanced'"),
        (lambda: Classifier().set_params(sed=1), "did you mean 'seed'"),
        (lambda: Classifier("deep").fit(X, Y), "did you mean 'deap'"),
        (lambda: Classifier(settings={"learning_rat": 1}).fit(X, Y), "did you mean 'learning_r"),
        (lambda: Classifier(network={"mlp": [4, 2]}).fit(X, Y), "network"),
    ],
)
def test_wrong_use_is_said_in_a_sentence(make, sentence) -> None:
    with pytest.raises((VynapseError, TypeError, NotFittedError), match=sentence):
        make()


def test_probabilities_of_a_loss_of_ones_own_are_not_made_up() -> None:
    def loss(output, target):
        return (output.gather(1, target[:, None]) - 1).square().mean()

    classifier = Classifier(loss=loss, budget={"epochs": 2}).fit(X, Y)
    assert classifier.predict(X).shape == (60,)
    with pytest.raises(ConfigError, match="known of cross_entropy alone"):
        classifier.predict_proba(X)
