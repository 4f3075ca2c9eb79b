# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A network that is in use is grown by the rule that trained it."""

from typing import Any

import pytest

from vynapse.esper.tolaria.existing import for_a_trained_network
from vynapse.esper.tolaria.settings import GrowSettings
from vynapse.settings import validate


def test_it_stands_still_while_seeds_learn_and_the_rule_is_that_of_the_last_descent() -> None:
    sgd = {"optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.05, "evaluate_every": 3}
    grow = {"training": {"optimizer": "adamw", "learning_rate": 0.01, "weight_decay": 0.2}}
    stages: list[tuple[str, dict[str, Any]]] = [
        ("sgd", sgd),
        ("grow", grow),
        ("deap", {"sigma": 0.1}),
    ]
    keys = for_a_trained_network(stages)
    assert keys["training"] == {
        "optimizer": "adamw",
        "learning_rate": pytest.approx(0.004),
        "weight_decay": 0.2,
        "schedule": "cosine",
    }
    settings = validate(GrowSettings, keys)
    assert settings.isolation == "frozen"
    assert settings.controller.settings.model_dump()["host_epochs"] == 0
    assert for_a_trained_network(stages[:1])["training"] == {
        "optimizer": "sgd",
        "momentum": 0.9,
        "learning_rate": pytest.approx(0.02),
        "schedule": "cosine",
    }


def test_without_descent_the_defaults_train_it() -> None:
    for stages in ([], [("deap", {"sigma": 0.1})]):
        assert for_a_trained_network(stages)["training"] == {"schedule": "cosine"}
