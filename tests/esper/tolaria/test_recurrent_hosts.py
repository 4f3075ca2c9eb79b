# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Hosts whose parts give no single tensor: what the sentence says is the remedy, and it works."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import vynapse
from vynapse.errors import ConfigError


class Last(nn.Module):
    """A recurrent layer over the two numbers, and what is read off its last step."""

    def __init__(self, layer: type[nn.LSTM | nn.GRU], *, named: bool) -> None:
        super().__init__()
        self.rest = layer(1, 4, batch_first=True)
        self.here = nn.Identity() if named else None
        self.out = nn.Linear(4, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(b, 2) -> (b, 1)"""
        found: Tensor = self.rest(x[:, :, None])[0][:, -1]
        return torch.sigmoid(self.out(found if self.here is None else self.here(found)))


class Pair(nn.Module):
    """It returns a tuple, as a recurrent layer does."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Two tensors."""
        return self.layer(x), x


def grow(network: Any, out: Path, mode: str = "grow", **keys: Any) -> Any:
    return vynapse.run("xor", mode=mode, network=network, out=out, budget={"steps": 2}, **keys)


@pytest.mark.parametrize("layer", [nn.LSTM, nn.GRU])
def test_the_remedy_is_said_and_works(layer: type[nn.LSTM | nn.GRU], tmp_path: Path) -> None:
    remedy = r"pass a tensor through an nn.Identity\(\) of its own name, and name that$"
    with pytest.raises(ConfigError, match=f"no activation to grow behind: .*{remedy}") as caught:
        grow(Last(layer, named=False), tmp_path / "a")
    assert len(str(caught.value)) < 300
    with pytest.raises(
        ConfigError, match=f"output of 'rest' must be .*, it is a tuple: .*{remedy}"
    ):
        grow(Last(layer, named=False), tmp_path / "b", slots=["rest"])
    run = grow(Last(layer, named=True), tmp_path / "c", slots=["here"])
    assert run.summary["status"] == "finished"
    assert grow(Last(layer, named=False), tmp_path / "d", slots=["out"]).summary["steps"] > 0


@pytest.mark.parametrize("mode", ["grow", "prune", "sgd", "deap", "static"])
@pytest.mark.parametrize("network", [nn.LSTM(2, 1), Pair()])
def test_a_network_that_returns_a_tuple(network: nn.Module, mode: str, tmp_path: Path) -> None:
    sentence = "the module returns a tuple of 2: let a module around it return the outputs alone"
    with pytest.raises(ConfigError, match=f"one tensor of outputs was wanted, {sentence}"):
        grow(network, tmp_path / "run", mode)
    assert not (tmp_path / "run").exists()
