# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A layer of a model in use becomes wider, and nothing else changes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import lr_scheduler

from tests.esper.tolaria.own_loop.loops import STEPS, Loop, Scripted, bits, host, same
from tests.esper.tolaria.own_loop.test_resume import dead, risen
from tests.evidence import many
from vynapse.errors import CheckpointError, ConfigError
from vynapse.esper.leyline.actions import (
    Action,
    Blend,
    Cull,
    Deepen,
    Fossilize,
    Germinate,
    Widen,
)
from vynapse.esper.tolaria.own_loop.grower import Grower
from vynapse.esper.tolaria.own_loop.widenings import Choice


def grower_of(loop: Loop) -> Grower:
    assert loop.grower is not None
    return loop.grower


def cosine(optimizer: torch.optim.Optimizer) -> Any:
    return lr_scheduler.CosineAnnealingLR(optimizer, 8)


@pytest.mark.parametrize("choice", ["split", "zero"])
def test_the_model_computes_what_it_did_and_the_optimiser_remembers(choice: Choice) -> None:
    loop = Loop(controller="no-op", slots=["4"])
    loop.epochs(2)
    loop.model.eval()
    before, outputs = bits(loop), loop.model(loop.x)
    optimizer, groups = loop.optimizer, [len(g["params"]) for g in loop.optimizer.param_groups]
    grower_of(loop).widen("0", 20, choice)
    loop.model.eval()
    assert torch.allclose(loop.model(loop.x), outputs, atol=1e-5)
    after = bits(loop)
    assert after["0.weight"].shape == (20, 6)
    assert after["3.weight"].shape == (8, 20)
    assert loop.model.get_submodule("2").num_features == 20
    for name, tensor in before.items():
        rows = tuple(slice(0, size) for size in tensor.shape)
        if not (choice == "split" and name == "3.weight"):  # it shares out
            assert torch.equal(after[name][rows] if tensor.dim() else after[name], tensor), name
    assert loop.optimizer is optimizer
    assert [len(g["params"]) for g in optimizer.param_groups] == groups
    assert {p for g in optimizer.param_groups for p in g["params"]} == set(loop.model.parameters())
    assert set(optimizer.state) == set(loop.model.parameters())
    loop.epochs(2)
    assert not torch.equal(bits(loop)["0.weight"][8:], after["0.weight"][8:]), "they learn"
    told, kept = grower_of(loop).events[-2:]
    assert (told["data"]["cause"], kept["data"]["cause"]) == ("enter", "fossilize")
    assert "host.0 was widened from 8 to 20 channels" in grower_of(loop).story()
    assert told["data"]["channels"] == [8, 20]
    assert told["data"]["parameters"] == 12 * (6 + 1 + 2 + 8)


LIFE: Mapping[int, Sequence[Action]] = {
    1: (Germinate("4", "low_rank"),),
    3: (Blend("4"),),
    5: (Fossilize("4"),),
}


TRIALS: Mapping[int, Sequence[Action]] = {
    1: (Widen("host.0", 11), Deepen("4", "low_rank")),
    2: (Cull("host.0"), Fossilize("4")),
    5: (Widen("host.0", 13),),
    6: (Fossilize("host.0"),),
    7: (Widen("host.0", 15),),
}
"""Channels on trial that are culled, and others that stay."""


@pytest.mark.parametrize("isolation", ["joint", "straight_through"])
def test_a_controller_widens_on_trial_and_resumes_to_the_bit(isolation: str) -> None:
    whole = Loop(scheduler=cosine, isolation=isolation, controller=Scripted(TRIALS))
    end, grower = 8 * STEPS, grower_of(whole)
    states, reached = {}, {}
    for step in range(end):
        if step % STEPS in (0, 3) and step > STEPS:
            states[step] = dead(whole)
        whole.train(1)
        reached[step + 1] = bits(whole), list(grower.events)
    of_the_layer = [e["data"]["to"] for e in grower.events if e["data"]["slot"] == "host.0"]
    assert of_the_layer == ["blending", "culled", "embargoed", "dormant", "blending", "fossilized",
                            "blending"]  # fmt: skip
    trial = {layer.layer: layer for layer in whole.controller.seen[1].layers}["host.0"]
    assert trial.added == 3
    assert trial.contribution is not None
    for step, state in states.items():
        other = risen(state, step, isolation=isolation, controller=Scripted(TRIALS))
        later = min(end, step + many(sample=STEPS, evidence=end))
        other.train(later - step)
        wanted, events = reached[later]
        assert same(wanted, bits(other)), step
        assert events == grower_of(other).events, step


def test_a_cull_takes_channels_out_again() -> None:
    script = Scripted({1: (Widen("host.0", 11),), 2: (Cull("host.0"),)})
    loop = Loop(controller=script)
    loop.epochs(2)
    assert loop.model.get_parameter("0.weight").shape == (8, 6)
    kept = {p for group in loop.optimizer.param_groups for p in group["params"]}
    assert kept == set(loop.model.parameters())
    assert all(m["exp_avg"].shape == p.shape for p, m in loop.optimizer.state.items())
    loop.epochs(1)
    assert "lost its new channels again: 8 are left of 11" in grower_of(loop).story()


def test_the_end_keeps_channels_that_help_and_takes_out_others() -> None:
    for share, width in ((-0.1, 8), (0.1, 11)):
        loop = Loop(controller=Scripted({1: (Widen("host.0", 11),)}))
        model = loop.model

        def losses(model: nn.Module = model, share: float = share) -> Tensor:
            return torch.ones(9) - share * float(model.get_parameter("0.weight").shape[0] == 11)

        for _ in range(2):
            grower_of(loop).after_step(1.0)
            grower_of(loop).after_epoch(losses)
        grower_of(loop).finish()
        assert model.get_parameter("0.weight").shape == (width, 6)


def test_channels_on_trial_are_not_widened_again() -> None:
    loop = Loop(controller=Scripted({1: (Widen("host.0", 11),)}))
    loop.epochs(1)
    with pytest.raises(ConfigError, match="are on trial"):
        grower_of(loop).widen("0", 12)


def run_to(loop: Loop, steps: int) -> None:
    while loop.step < steps:
        loop.train(1)
        if loop.step == 2 * STEPS + 2:
            grower_of(loop).widen("0", 11)
        if loop.step == 4 * STEPS:
            grower_of(loop).widen("0", 13, "zero")


@pytest.mark.parametrize("isolation", ["joint", "frozen"])
def test_a_loop_that_widens_resumes_to_the_bit(isolation: str) -> None:
    whole = Loop(scheduler=cosine, isolation=isolation, controller=Scripted(LIFE))
    states = {}
    for step in range(6 * STEPS):
        if step % STEPS in (0, 3) and step > STEPS:
            states[step] = dead(whole)
        run_to(whole, step + 1)
    for step, state in states.items():
        other = risen(state, step, isolation=isolation, controller=Scripted(LIFE))
        run_to(other, 6 * STEPS)
        assert same(bits(whole), bits(other)), step
        assert grower_of(whole).events == grower_of(other).events, step


def test_a_wide_model_becomes_what_a_narrow_state_was() -> None:
    loop = Loop(controller=Scripted(LIFE))
    loop.epochs(2)
    narrow, before = grower_of(loop).state_dict(), bits(loop)
    grower_of(loop).widen("0", 12)
    wide, after = grower_of(loop).state_dict(), bits(loop)
    loop.epochs(1)
    for state, wanted in ((narrow, before), (wide, after), (narrow, before)):
        grower_of(loop).load_state_dict(state)
        assert same(bits(loop), wanted)
    wide["model"]["0.weight"] = torch.zeros(3, 3)
    with pytest.raises(CheckpointError, match="was wanted"):
        grower_of(loop).load_state_dict(wide)
    assert same(bits(loop), before)
    loop.epochs(1)


def test_a_seed_in_a_slot_behind_keeps_its_width() -> None:
    loop = Loop(controller=Scripted({1: (Germinate("1", "mlp"),)}))
    loop.epochs(1)
    with pytest.raises(ConfigError, match="a seed in slot '1' works on its channels"):
        grower_of(loop).widen("0", 12)
    assert "3" in grower_of(loop).widenable()


def test_an_empty_slot_becomes_wider_and_germinates() -> None:
    loop = Loop(controller=Scripted({1: (Germinate("1", "mlp"),)}))
    grower_of(loop).widen("0", 12)
    loop.epochs(2)
    seed = loop.model.get_parameter("vynapse_growth.1.seeds.s0.body.3.weight")
    assert seed.shape[0] == 12
    assert loop.controller.seen[-1].parameters > loop.controller.seen[-1].initial_parameters


def test_what_cannot_become_wider_says_why() -> None:
    loop = Loop()
    grower = grower_of(loop)
    assert grower.widenable() == {"0": 8, "3": 8}
    for layer, channels, sentence in (
        ("5", 9, "'5' cannot become wider: its channels are the network's output"),
        ("9", 9, "no layer '9'"),
        ("0", 8, "more were wanted"),
        ("vynapse_growth.1.x", 8, "is of a seed"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            grower.widen(layer, channels)


def test_an_optimiser_that_remembers_in_another_shape_is_refused() -> None:
    loop = Loop(lambda m: torch.optim.Adafactor(m.parameters()), controller="no-op")
    loop.epochs(1)
    before = bits(loop)
    with pytest.raises(ConfigError, match=r"Adafactor remembers row_var of shape \(8, 1\)"):
        grower_of(loop).widen("0", 12)
    assert same(bits(loop), before)


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "Adagrad", "NAdam", "Rprop", "ASGD"])
def test_optimisers_of_torch_go_on(name: str) -> None:
    def make(model: nn.Module) -> torch.optim.Optimizer:
        return getattr(torch.optim, name)(model.parameters(), lr=0.01)  # type: ignore[no-any-return]

    loop = Loop(make, scheduler=cosine, controller="no-op")
    loop.epochs(2)
    grower_of(loop).widen("3", 16)
    loop.epochs(2)
    assert math.isfinite(loop.losses().mean().item())


def test_a_widened_model_comes_to_rest() -> None:
    loop = Loop(controller=Scripted({1: (Germinate("4", "low_rank"),)}))
    loop.epochs(1)
    grower_of(loop).widen("0", 12)
    loop.epochs(1)
    module = grower_of(loop).finish().eval()
    network = grower_of(loop).network()
    found: Tensor = network.module()(loop.x)
    assert torch.allclose(found, module(loop.x), atol=1e-6)
    assert host()[0].weight.shape == (8, 6)
