# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which way channels go; tests/esper/kasmina/test_pruning.py cuts them."""

from __future__ import annotations

import pytest
from torch import nn

from vynapse.esper.kasmina import channels
from vynapse.esper.kasmina.assembly import plant
from vynapse.esper.kasmina.attach import attach
from vynapse.esper.kasmina.channels import paths
from vynapse.esper.kasmina.plan import SeedPlan
from vynapse.networks.mlp import MLP
from vynapse.networks.modules import build


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch):
    monkeypatch.setattr(channels, "_ANSWERS", {})


def test_a_path_names_what_is_between_and_who_reads():
    module = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.CELU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.BatchNorm1d(36), nn.Dropout(), nn.Linear(36, 2),
    )  # fmt: skip
    (found,) = paths(module).values()
    assert found.channels == 4
    assert [name for name, _ in found.between] == ["1", "2", "3", "4", "5", "6"]
    assert [name for name, _ in found.norms] == ["1", "5"]
    assert found.reader[0] == "7"
    assert found.parameters() == 9 + 1 + 2 + 2 * 9 + 2 * 9


@pytest.mark.parametrize("live", [True, False])
def test_a_seed_behind_an_activation_says_nothing_of_other_activations(live):
    network = attach(build(MLP(sizes=(12, 9, 8, 7, 4))), ["1", "3", "5"], (12,))
    plant(network, "1", SeedPlan("s0", "mlp", "add", 1.0))
    if not live:
        network.slot("1").fossilize()
    assert {"host.2", "host.4"} <= set(paths(network))
    assert "host.0" not in paths(network)


def test_an_answer_is_kept_for_parts_that_are_alike_alone():
    paths(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2)))
    assert len(channels._ANSWERS) == 1
    assert paths(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)))
    assert paths(nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Linear(5, 2)))
    assert len(channels._ANSWERS) == 3


def test_large_pools_and_the_place_of_a_part_are_reckoned_with():
    wide = [nn.Conv2d(1, 4, 3), nn.AvgPool2d(32), nn.Flatten(), nn.Linear(4, 2)]
    assert list(paths(nn.Sequential(*wide))) == ["0"]
    assert paths(nn.Sequential(nn.Linear(3, 4), nn.MaxPool2d(2), nn.Linear(2, 2))) == {}
    assert paths(nn.Sequential(nn.Linear(3, 4), nn.Flatten(), nn.Linear(8, 2))) == {}
    norm = nn.BatchNorm1d(9, affine=False, track_running_stats=False)
    assert paths(nn.Sequential(nn.Linear(3, 4), norm, nn.Linear(4, 2))) == {}


def test_parts_of_others_than_torch_and_those_with_weights_are_barriers():
    class Own(nn.ReLU):
        pass

    for part in (Own(), nn.PReLU(), nn.PReLU(4), nn.LayerNorm(4)):
        assert paths(nn.Sequential(nn.Linear(3, 4), part, nn.Linear(4, 2))) == {}
