# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys of islands: what an island has of its own, and what is refused in a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from vynapse.errors import ConfigError
from vynapse.settings import validate
from vynapse.trainers.deap_settings import DeapSettings
from vynapse.trainers.islands.keys import keys_of
from vynapse.trainers.neat import NeatKeys


def deap(**islands: Any) -> DeapSettings:
    own = {"strategy": {"mu": 4, "offspring": 8}, "islands": {"count": 3, **islands}}
    return validate(DeapSettings, own)


def test_islands_have_the_keys_of_all_and_make_one_generation_a_step() -> None:
    own = keys_of(deap(), 2)
    assert (own.islands, own.generations_per_call) == (None, 1)
    assert own.strategy == deap().strategy


def test_overrides_go_round_and_are_merged_into_a_part_of_the_same_kind() -> None:
    keys = deap(overrides=[{"strategy": {"sigma": 0.5}}, {"strategy": "cma-es"}])
    kinds = [keys_of(keys, island).strategy for island in range(3)]
    assert [one.kind.name for one in kinds] == ["mu+lambda", "cma-es", "mu+lambda"]
    assert (kinds[0].settings.sigma, kinds[0].settings.mu) == (0.5, 4)
    assert kinds[0].settings == kinds[2].settings


def test_the_strategy_named_again_keeps_its_keys() -> None:
    own = keys_of(deap(overrides=[{"strategy": "mu+lambda"}]), 0)
    assert own.strategy.settings.mu == 4


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"count": 1}, "islands.count: .*greater than or equal to 2"),
        ({"topology": "line"}, "islands.topology: 'ring', 'star'"),
        ({"overrides": [{"no_such": 1}]}, r"islands.overrides.0.no_such: unknown key"),
        ({"overrides": [{}, {"strategy": {"mu": 0}}]}, r"overrides.1.strategy.mu: .* got 0"),
        ({"overrides": [{"batch_size": 4}]}, "overrides.0.batch_size: all islands have the same"),
    ],
)
def test_wrong_keys_are_refused_in_a_sentence(keys: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        deap(**keys)


def test_a_place_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="islands_on: local, ray, auto or ray://HOST:PORT was"):
        validate(NeatKeys, {"islands": {}, "islands_on": "cloud"})
