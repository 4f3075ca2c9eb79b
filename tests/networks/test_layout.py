# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Pictures are laid out channels last where that is known to be safe, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.networks.modules import prefers_channels_last

MODULE = """
import torch
from torch import nn

class Viewed(nn.Module):
    def forward(self, x):
        return x.view(len(x), -1)

def host(last):
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=4), nn.ReLU(), last, nn.Linear(4 * 36, 10)
    )

def viewed():
    return host(Viewed())

def flat():
    return host(nn.Flatten())
"""


@pytest.fixture(autouse=True)
def _module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vynapse_layouts.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.parametrize(("name", "wanted"), [("viewed", False), ("flat", True)])
@pytest.mark.parametrize("mode", ["sgd", "grow"])
def test_a_module_that_may_depend_on_the_layout_gets_the_usual_one(
    name: str, wanted: bool, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`view` raises on features that are channels last."""
    layouts = []
    forward = nn.Conv2d.forward

    def seen(self: nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
        if torch.is_grad_enabled():
            # a picture of one channel is contiguous either way, its features are not
            layouts.append(forward(self, x).is_contiguous())
        return forward(self, x)

    monkeypatch.setattr(nn.Conv2d, "forward", seen)
    network = f"network={{factory: 'vynapse_layouts:{name}'}}"
    epoch = {"sgd": "budget.steps=2", "grow": "epoch_steps=2"}[mode]
    settings = [epoch, "task.train=200", "task.test=100", network]
    if mode == "grow":
        settings += ["budget.epochs=1", "controller=no-op", "slots=['1']"]
    recipe = load_recipe(task="glyphs", mode=mode, overrides=settings)
    Session.create_or_open(recipe, tmp_path / "run").run()
    assert layouts
    assert set(layouts) == {not wanted}


def test_only_convolutions_ask_for_it() -> None:
    assert prefers_channels_last(nn.Sequential(nn.Conv2d(3, 2, 1), nn.Flatten()))
    assert not prefers_channels_last(nn.Sequential(nn.Flatten(), nn.Linear(3, 2)))
