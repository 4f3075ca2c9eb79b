# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys that stood beside `strategy` are read in their new place for one release."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.trainers.deap_keys import deap_settings
from vynapse.errors import ConfigError
from vynapse.experiment.config import load_recipe, resolve
from vynapse.settings import validate
from vynapse.trainers.deap_settings import DeapSettings

OLD_DEFAULTS: dict[str, Any] = {
    "mu": 20, "offspring": None, "elites": 1, "selection": "tournament", "tournament_size": 3,
    "rank_pressure": 1.5, "truncation_share": 0.5, "crossover_rate": 0.0, "crossover": "uniform",
    "crossover_points": 2, "blend_alpha": 0.5, "mutation": "gaussian", "mutation_rate": 1.0,
    "polynomial_eta": 20.0, "weight_bound": 10.0, "sigma": None, "adaptation": "self",
    "sigma_decay": 0.99, "sigma_min": 0.0001, "initial_sigma": None, "optimizer": "adam",
    "learning_rate": 0.05, "momentum": 0.9, "restart_patience": 100, "min_delta": 0.01,
    "restart_spread": None, "restart_growth": 1.0,
}  # fmt: skip
"""What a run of version 0.1 says of itself, whatever its strategy."""


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The warnings so far."""
    monkeypatch.setattr(logging.getLogger("vynapse"), "propagate", True)
    return lambda: [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]


@pytest.mark.parametrize(
    ("flat", "keys"),
    [
        ({"sigma": 0.3}, {"sigma": 0.3}),
        ({"strategy": "snes", "sigma": 0.3, "offspring": 9}, {"sigma": 0.3, "offspring": 9}),
        ({"strategy": {"kind": "snes", "offspring": 9}, "sigma": 0.3}, {"sigma": 0.3}),
        ({"mu": 7, "batch_size": 4}, {"mu": 7}),
    ],
)
def test_a_flat_key_moves_with_one_warning(
    flat: dict[str, Any], keys: dict[str, Any], told: Any
) -> None:
    settings = validate(DeapSettings, flat, "stages.0")
    assert settings.batch_size == flat.get("batch_size")
    data = settings.model_dump(mode="json")["strategy"]
    assert {key: data[key] for key in keys} == keys
    assert len(told()) == 1
    assert all(f"strategy.{key}" in told()[0] for key in keys)
    validate(DeapSettings, settings.model_dump(mode="json"))
    assert len(told()) == 1, "what was resolved has the new form"


def test_the_new_form_says_nothing(told: Any) -> None:
    deap_settings(strategy="snes", sigma=0.3)
    assert told() == []


@pytest.mark.parametrize("strategy", ["mu+lambda", "snes", "cma-es", "generational", "openai-es"])
def test_a_run_of_the_version_before_names_every_key(strategy: str, told: Any) -> None:
    """What its strategy does not use has its default there, and is left out."""
    old = validate(DeapSettings, {"strategy": strategy, **OLD_DEFAULTS, "mask": {}})
    assert old == deap_settings(strategy=strategy)
    assert len(told()) == 1


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"strategy": "snes", "mu": 7}, "stages.0.mu: strategy snes does not use it: remove it"),
        (
            {"strategy": {"sigma": 0.1}, "sigma": 0.2},
            "stages.0.sigma: it stands in its new place strategy.sigma too",
        ),
        ({"sigma": -1.0}, "stages.0.strategy.sigma: greater than 0 was wanted, got -1.0"),
        ({"offsprng": 9}, "stages.0.offsprng: unknown key: did you mean 'strategy.offspring'?"),
        ({"strategy": "sness"}, "stages.0.strategy.kind: unknown strategy 'sness': did you mean"),
        ({"strategy": {"mu": 1, "kind": "snes"}}, "stages.0.strategy.mu: unknown key"),
    ],
)
def test_sentences_name_the_place(keys: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        validate(DeapSettings, keys, "stages.0")
    assert [problem.startswith(sentence) for problem in caught.value.problems] == [True]


def test_a_recipe_warns_once_and_is_resolved_to_the_new_form(told: Any) -> None:
    recipe = load_recipe("xor", "deap", overrides=["sigma=0.3", "strategy=snes"])
    assert len(told()) == 1
    strategy = recipe.as_file()["stages"][0]["strategy"]
    assert (strategy["kind"], strategy["sigma"]) == ("snes", 0.3)
    assert resolve(recipe.as_file()) == recipe
    assert len(told()) == 1


def test_every_key_of_every_strategy_is_described() -> None:
    from vynapse.evolution.strategies.kind import STRATEGIES

    for name in STRATEGIES.names():
        fields = STRATEGIES.get(name).settings.model_fields
        assert all(field.description for field in fields.values())
        assert STRATEGIES.get(name).summary == STRATEGIES.summaries()[name]
