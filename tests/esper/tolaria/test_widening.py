# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Layers become wider and slots deeper while a network trains: the lives of both, and resume."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from tests.evidence import EVIDENCE
from vynapse.core import Budget, State
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.grown import Grown
from vynapse.esper.leyline.actions import (
    Action,
    Cull,
    Decision,
    Deepen,
    Fossilize,
    Germinate,
    Narrow,
    Widen,
)
from vynapse.esper.leyline.legal import legal, objection
from vynapse.esper.leyline.observation import LayerObservation, Needs
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.nissa.narrative import sentences, timeline
from vynapse.esper.tolaria import trainer as module
from vynapse.esper.tolaria.growth_state import completed
from vynapse.esper.tolaria.trainer import GrowthTrainer
from vynapse.networks.factory import Factory
from vynapse.networks.state import NetworkState, initial_state
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_task
from vynapse.testing import check_trainer
from vynapse.trainers.mode import Stage

from .stages import SMALL, Script, flops_of, settings_of, stage_of

Follow = Callable[[Mapping[int, Sequence[Action]]], Script]
OWN = Factory(factory="tests.esper.kasmina.wide_networks:residual_host")
LAYER = {"mlp": "host.0", "cnn": "host.0", "branch": "host.one.0", "stream": "host.stem.0"}
SLOT = {"mlp": "1", "cnn": "2", "branch": "one.2", "stream": "two"}
OTHER = {"mlp": "3", "cnn": "6", "branch": "stem"}
BLUEPRINT = {"mlp": "mlp", "cnn": "conv_light", "branch": "conv_light", "stream": "conv_light"}
NAMES = (*SMALL, "branch", "stream")
CHOICES = ("split", "zero", "gradient")


def make(name: str, **changes: Any) -> GrowthTrainer:
    if name in SMALL:
        return GrowthTrainer(stage_of(name), settings_of(**changes))
    task, streams = make_task("digits", {}), Streams(0)
    network = initial_state(OWN.fit(task.interface()), streams)
    stage = Stage(task, network, True, streams.child("stage.0"), budget=Budget(steps=20))
    return GrowthTrainer(stage, settings_of(slots=["stem", "one.2", "two"], **changes))


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch) -> Follow:
    """Let every trainer follow a script."""

    def set_script(orders: Mapping[int, Sequence[Action]]) -> Script:
        script = Script(orders)
        monkeypatch.setattr(module, "make_controller", lambda *_: script)
        return script

    return set_script


def life(name: str) -> dict[int, list[Action]]:
    """Every phase of both kinds: a widening is kept, one culled, one cut; a layer is put in."""
    layer, slot = LAYER[name], SLOT[name]
    deepen = [Deepen(OTHER[name], BLUEPRINT[name])] if name in OTHER else []
    keep = [Fossilize(OTHER[name])] if name in OTHER else []
    return {
        0: [Widen(layer, 13), *deepen],
        1: [Fossilize(layer), *keep],
        2: [Widen(layer, 17)],
        3: [Cull(layer), Germinate(slot, BLUEPRINT[name])],
    }


def carry_out(trainer: GrowthTrainer, *actions: Action) -> list[Mapping[str, Any]]:
    events = trainer.growth.apply([Decision(action, "now") for action in actions])
    return [data for _, data in events]


def layer_of(trainer: GrowthTrainer, name: str, needs: Needs) -> LayerObservation:
    return next(one for one in trainer.growth.observe(needs).layers if one.layer == name)


def outputs(trainer: GrowthTrainer) -> torch.Tensor:
    network = trainer.growth.network
    network.module.eval()
    with torch.no_grad():
        found: torch.Tensor = network.module(network.example())
    network.module.train()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_resume_is_exact_in_every_phase(name: str, follow: Follow) -> None:
    follow(life(name))
    own = {"epoch_steps": 2, "probe_examples": 10, "embargo_epochs": 1}
    trainer = make(name, **own)
    phases = set()
    for _ in range(6):
        events = trainer.step().events
        phases |= {(d["slot"], d["to"]) for kind, d in events if kind == "growth.stage"}
    assert {to for place, to in phases if place == LAYER[name]} == {
        "blending", "fossilized", "culled", "embargoed", "dormant",
    }  # fmt: skip
    check_trainer(lambda: make(name, **own), steps=6, follow=None if EVIDENCE else 1)


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_changes_at_birth_and_undo_equals_never(name: str, choice: str) -> None:
    trainer = make(name, new_channels=choice)
    trainer.growth.live()
    network, before = trainer.growth.network, outputs(trainer)
    held, structure = trainer.growth.editor.state(), network.winner().structure
    size, flops = network.parameters(), trainer.growth.flops.network()
    cost = flops_of(trainer.growth.cost)
    others = [OTHER[name]] if name in OTHER else []
    deepen = [Deepen(slot, BLUEPRINT[name]) for slot in others]
    events = carry_out(trainer, Widen(LAYER[name], 14), *deepen)
    assert torch.allclose(outputs(trainer), before, atol=1e-6)
    assert events[0]["channels"][1] == 14
    assert events[0]["parameters"] > 0
    if not deepen:
        assert events[0]["parameters"] == network.parameters() - size
    assert trainer.growth.flops.network() > flops
    assert (flops_of(trainer.growth.cost) > cost) == (choice == "gradient")
    memory = trainer.growth.editor.state()["optimiser"]
    for tensor, entries in held["optimiser"].items():
        for key, old in entries.items():
            rows = tuple(slice(0, side) for side in old.shape)
            np.testing.assert_array_equal(memory[tensor][key][rows], old)
    winner = network.winner()
    at_rest = winner.module().eval()
    with torch.no_grad():
        assert torch.allclose(at_rest(network.example()), outputs(trainer), atol=1e-6)
    again = NetworkState.from_parts(winner.structure.model_dump(mode="json"), winner.tensors)
    assert again.structure == winner.structure
    carry_out(trainer, *(Cull(place) for place in (LAYER[name], *others)))
    after = trainer.growth.editor.state()
    for part in ("tensors", "shapes", "trials"):
        now, own = after["body"][part], held["body"][part]
        culled = tuple(f"slots.{slot.replace('.', '-')}." for slot in others)
        np.testing.assert_equal({k: v for k, v in now.items() if not k.startswith(culled)}, own)
    kept = {k: v for k, v in after["optimiser"].items() if k in held["optimiser"]}
    np.testing.assert_equal(kept, held["optimiser"])
    assert network.winner().structure == structure
    assert torch.equal(outputs(trainer), before)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_on_trial_is_measured_and_nothing_else_may_be_done_with_it(name: str) -> None:
    trainer = make(name, probe_examples=60)
    layer, slot = LAYER[name], SLOT[name]
    needs = Needs(wider=True, bottlenecks=True)
    before = layer_of(trainer, layer, needs)
    assert before.widens
    assert before.bottleneck is not None
    assert before.bottleneck.value > 0
    assert slot in before.slots
    carry_out(trainer, Widen(layer, before.channels + 3))
    at_birth = layer_of(trainer, layer, needs)
    assert at_birth.contribution is not None
    assert at_birth.contribution.value == pytest.approx(0, abs=1e-6)
    for _ in range(6):
        trainer.growth.live()
    now = layer_of(trainer, layer, needs)
    assert (now.added, now.phase, now.epochs) == (3, SeedPhase.BLENDING, 6)
    assert not now.widens
    assert not now.narrows
    assert now.contribution is not None
    assert now.contribution.value != 0
    observation = trainer.growth.observe(needs)
    assert {Cull(layer), Fossilize(layer)} <= set(legal(observation))
    refused: list[tuple[Action, str]] = [
        (Widen(layer, 99), "the 3 new channels of"),
        (Narrow(layer, 1), "the 3 new channels of"),
        (Germinate(slot, BLUEPRINT[name]), f"new channels of {layer}, which pass {slot}, are on"),
        (Deepen(slot, BLUEPRINT[name]), f"new channels of {layer}, which pass {slot}, are on"),
    ]
    for action, words in refused:
        assert words in str(objection(action, observation))
        with pytest.raises(ConfigError, match="which cannot be done"):
            carry_out(trainer, action)
    carry_out(trainer, Fossilize(layer))
    kept = layer_of(trainer, layer, needs)
    assert (kept.phase, kept.added, kept.widens) == (SeedPhase.FOSSILIZED, 0, True)


@pytest.mark.parametrize("name", NAMES)
def test_a_transaction_that_fails_leaves_everything_to_the_bit(name: str) -> None:
    trainer = make(name)
    trainer.growth.live()
    before = trainer.growth.editor.state()
    with pytest.raises(ConfigError, match="no slot 'nowhere'"):
        carry_out(trainer, Widen(LAYER[name], 20), Cull("nowhere"))
    np.testing.assert_equal(trainer.growth.editor.state(), before)


@pytest.mark.parametrize("name", NAMES)
def test_a_sick_network_goes_back_and_loses_what_was_on_trial(name: str) -> None:
    trainer = make(name)
    trainer.growth.live()
    carry_out(trainer, Widen(LAYER[name], 20))
    before = trainer.growth.editor.state()
    weight = dict(trainer.growth.network.module.named_parameters())[f"{LAYER[name]}.weight"]
    trainer.growth._descent.adopt()
    with torch.no_grad():
        healthy = weight.clone()
        weight.fill_(float("nan"))
        snapshot = trainer.growth.snapshot
        trainer.growth.snapshot = lambda: {**snapshot(), "garden": before}  # type: ignore[method-assign]
    epoch = trainer.growth.live()
    assert not epoch.sound
    rollback, cull = epoch.happenings[0][1], epoch.happenings[-1][1]
    assert rollback["culled"] == [LAYER[name]]
    assert (cull["slot"], cull["cause"]) == (LAYER[name], "cull")
    now = dict(trainer.growth.network.module.named_parameters())[f"{LAYER[name]}.weight"]
    assert torch.equal(now, healthy[: len(now)])
    assert not trainer.growth.editor.live()
    trainer.growth.snapshot = snapshot  # type: ignore[method-assign]
    assert trainer.growth.live().sound


@pytest.mark.parametrize("name", NAMES)
def test_wider_narrower_and_wider_again_is_rebuilt_at_rest(name: str) -> None:
    trainer = make(name)
    layer, trained = LAYER[name], trainer.growth
    for channels in (16, 19):
        carry_out(trainer, Widen(layer, channels))
        trained.live()
        carry_out(trainer, Fossilize(layer))
        narrower = layer if name != "stream" else "host.one.0"
        fewer = next(o.channels for o in trained.observe().layers if o.layer == narrower) - 1
        carry_out(trainer, Narrow(narrower, fewer))
        trained.live()
        winner = trained.network.winner()
        with torch.no_grad():
            at_rest = winner.module().eval()(trained.network.example())
        assert torch.allclose(at_rest, outputs(trainer), atol=1e-5)
        state = trained.editor.state()
        trained.editor.load(state)
        np.testing.assert_equal(trained.editor.state(), state)
    assert isinstance(winner.structure, Grown) == (name not in SMALL)


def test_a_state_of_before_there_was_widening_loads() -> None:
    trainer = make("mlp")
    trainer.step()
    state: State = trainer.state()
    del state["growth"]["garden"]["layers"]
    del state["growth"]["garden"]["body"]["shapes"], state["growth"]["garden"]["body"]["trials"]
    other = make("mlp")
    other.load(state)
    np.testing.assert_equal(other.state(), completed(state))


def test_the_story_tells_it(follow: Follow) -> None:
    follow(life("mlp"))
    trainer = make("mlp", epoch_steps=2, embargo_epochs=1)
    told = [
        {"kind": kind, "data": dict(data)} for _ in range(6) for kind, data in trainer.step().events
    ]
    text = "\n".join(sentences(told))
    assert "host.0 was widened from 12 to 13 channels (73 parameters), on trial" in text
    assert "the new channels of host.0 became a part of the network" in text
    assert "host.0 lost its new channels again: 13 are left of 17" in text
    assert "host.0 may become wider again" in text
    assert "seed s0 (" in text
    assert "entered 3 as an identity" in text
    assert any(line.startswith("host.0") for line in timeline(told, 6))
