# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode prune refuses a network that it cannot prune, before anything is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vynapse.errors import ConfigError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session

GRAPH = {
    "inputs": {"x": {"shape": ["batch", 2]}},
    "parameters": {"w": {"shape": [8, 2]}, "last": {"shape": [2, 8]}},
    "nodes": [
        {"name": "sum", "op": "linear", "inputs": ["x", "w"]},
        {"name": "hidden", "op": "relu", "inputs": ["sum"]},
        {"name": "y", "op": "linear", "inputs": ["hidden", "last"]},
    ],
    "outputs": ["y"],
}
NETWORKS: dict[str, dict[str, Any]] = {
    "one layer": {"mlp": [2, 2]},
    "a graph": {"graph": GRAPH},
    "softmax between": {"factory": "vynapse_whole_networks:mixing"},
}


@pytest.fixture(autouse=True)
def _networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vynapse_whole_networks.py").write_text(
        "from torch import nn\n"
        "def mixing():\n"
        "    return nn.Sequential(nn.Linear(2, 4), nn.Softmax(-1), nn.Linear(4, 2))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize("mode", ["prune", "grow"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_with_nothing_to_prune_is_one_sentence(name, mode, tmp_path: Path) -> None:
    keys: dict[str, Any] = {"controller": {"kind": "pruning"}} if mode == "grow" else {}
    budget = {"steps": 3, "target": None}
    recipe = load_recipe("spirals", mode, network=NETWORKS[name], budget=budget, **keys)
    with pytest.raises(ConfigError) as caught:
        Session.create(recipe, tmp_path / "run")
    assert str(caught.value) == (
        "network: nothing can be pruned, since it has no fossil and no layer that can become "
        "narrower, as two nn.Linear in one nn.Sequential do: choose another network, or another "
        "mode"
    )
    assert not (tmp_path / "run").exists()


def test_what_can_be_pruned_is_taken(tmp_path: Path) -> None:
    budget = {"steps": 3, "target": None}
    recipe = load_recipe("spirals", "prune", network={"mlp": [2, 4, 2]}, budget=budget)
    assert Session.create(recipe, tmp_path / "run").run()["status"] == "finished"
