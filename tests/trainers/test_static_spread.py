# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Static training ends as near to eager as eager ends to itself after a change of one ulp."""

from __future__ import annotations

import pytest

from tests.evidence import many
from tests.trainers.spread import NETWORKS, ends
from vynapse.trainers.rules import Rule

RULES = {"adam": Rule("adam"), "momentum": Rule("sgd", momentum=0.9)}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("network", NETWORKS)
def test_static_ends_within_the_spread_of_eager(network: str, rule: str) -> None:
    found = ends(network, RULES[rule], many(sample=1, evidence=10), many(sample=4, evidence=9))
    assert found.inside, (found.deviations, found.distance, found.spread)
    assert found.eager.max() < 1.0
