# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Networks that become smaller while they train, and what that leaves alone."""

import dataclasses
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.evidence import EVIDENCE
from vynapse.core import Budget, Report, State, run
from vynapse.errors import ConfigError, TrainingError
from vynapse.esper.kasmina.grown import Grown
from vynapse.esper.leyline.actions import (
    Action,
    Blend,
    Decision,
    Fossilize,
    Germinate,
    Narrow,
    Prune,
)
from vynapse.esper.leyline.observation import Needs
from vynapse.esper.tolaria import trainer as module
from vynapse.esper.tolaria.flop_table import FlopTable, passes
from vynapse.esper.tolaria.trainer import GrowthTrainer
from vynapse.networks.cnn import CNN
from vynapse.networks.factory import Factory
from vynapse.networks.mlp import MLP
from vynapse.networks.state import NetworkState, initial_state
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_task
from vynapse.testing import check_trainer
from vynapse.trainers import deap
from vynapse.trainers.deap_settings import DeapSettings
from vynapse.trainers.mode import Stage
from vynapse.trainers.sgd_torch import TorchEngine

from .stages import SMALL, Script, flops_of, make, settings_of, stage_of

Follow = Callable[[Mapping[int, Sequence[Action]]], Script]
LAYERS = {"mlp": ("host.0", "host.2"), "cnn": ("host.0", "host.4")}
SLOTS = {"mlp": ("1", "3"), "cnn": ("2", "6")}
OWN = {"mlp": "mlp", "cnn": "conv_heavy"}
BODY = {"mlp": "1", "cnn": "residual.0"}
"""The layer of such a seed's body that can be narrower."""


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch) -> Follow:
    """Let every trainer follow a script, of which it sees one copy."""

    def set_script(orders: Mapping[int, Sequence[Action]]) -> Script:
        script = Script(orders)
        monkeypatch.setattr(module, "make_controller", lambda *_: script)
        return script

    return set_script


def life(name: str) -> dict[int, list[Action]]:
    """Layers of the host and of a fossil become narrower, a seed grows at the new width."""
    (first, second), (slot, other) = LAYERS[name], SLOTS[name]
    return {
        0: [Germinate(slot, OWN[name]), Narrow(second, 5)],
        1: [Blend(slot), Germinate(other, OWN[name])],
        2: [Fossilize(slot)],
        3: [Narrow(f"slots.{slot}.seeds.s0.body.{BODY[name]}", 3), Blend(other)],
        4: [Prune(slot, "s0"), Narrow(first, 9 if name == "mlp" else 3), Fossilize(other)],
    }


def pruned(trainer: GrowthTrainer, steps: int) -> list[Mapping[str, Any]]:
    """What was cut in so many epochs."""
    reports = [trainer.step() for _ in range(steps)]
    return [d for r in reports for kind, d in r.events if kind == "growth.prune"]


def carry_out(trainer: GrowthTrainer, *actions: Action) -> list[Mapping[str, Any]]:
    decisions = [Decision(action, "now") for action in actions]
    events = trainer.growth.editor.carry_out(
        decisions, trainer.growth.epoch, trainer.growth.batches
    )
    trainer.growth._count_anew()
    return [data for _, data in events]


def same(one: State, other: State) -> None:
    np.testing.assert_equal(one, other)


@pytest.mark.parametrize("name", SMALL)
def test_resume_is_exact_while_fossils_and_channels_go(name: str, follow: Follow) -> None:
    follow(life(name))
    own = {"epoch_steps": 2, "probe_examples": 10}
    trainer = make(name, **own)
    assert [cut["seed"] for cut in pruned(trainer, 6)] == [None, None, "s0", None]
    assert isinstance(trainer.growth.network.winner().structure, Grown)
    check_trainer(lambda: make(name, **own), steps=6, follow=None if EVIDENCE else 1)


@pytest.mark.parametrize("optimiser", ["sgd", "adam", "rmsprop"])
@pytest.mark.parametrize("name", SMALL)
def test_what_the_optimiser_remembers_of_the_channels_that_stay_is_kept(
    name: str, optimiser: str
) -> None:
    training = {"learning_rate": 0.01, "batch_size": 32, "optimizer": optimiser}
    training |= {} if optimiser == "adam" else {"momentum": 0.9}
    trainer = make(name, training=training)
    trainer.step()
    before, tensors = (
        trainer.growth.editor.state()["optimiser"],
        trainer.growth.network.winner().tensors,
    )
    carry_out(trainer, Narrow(LAYERS[name][0], 3))
    after, now = trainer.growth.editor.state()["optimiser"], trainer.growth.network.winner().tensors
    assert before.keys() == after.keys()
    shorter = 0
    for parameter, entries in before.items():
        own = parameter.removeprefix("host.")
        rows = _rows(tensors[own], now[own])
        shorter += rows is not None
        for key, memory in entries.items():
            kept = memory if rows is None or not memory.ndim else memory[rows]
            np.testing.assert_array_equal(after[parameter][key], kept)
            assert memory.any()
    assert shorter == (3 if name == "mlp" else 4)


def _rows(before: np.ndarray, after: np.ndarray) -> Any:
    """Where the shorter array stands in the longer one; None where they are of one shape."""
    if before.shape == after.shape:
        return None
    axis = next(a for a in range(before.ndim) if before.shape[a] != after.shape[a])
    rows = [
        next(r for r in range(before.shape[axis])
             if np.array_equal(before.take(r, axis), after.take(new, axis)))
        for new in range(after.shape[axis])
    ]  # fmt: skip
    return (slice(None),) * axis + (rows,)


@pytest.mark.parametrize("name", SMALL)
def test_it_is_smaller_and_cheaper_and_says_so(name: str) -> None:
    trainer = make(name)
    trainer.step()
    size, price = trainer.growth.network.parameters(), trainer.growth.flops.network()
    (cut,) = carry_out(trainer, Narrow(LAYERS[name][1], 4))
    assert cut["slot"] == LAYERS[name][1]
    assert cut["seed"] is None
    assert cut["channels"] == [8 if name == "mlp" else 6, 4]
    assert cut["parameters"] == size - trainer.growth.network.parameters() > 0
    assert (cut["epoch"], cut["reason"], cut["gates"]) == (1, "now", [])
    assert trainer.growth.flops.network() < price
    winner = trainer.growth.network.winner()
    assert type(winner.structure) is type(SMALL[name][1])
    expected = winner.structure.flops(trainer.growth._descent._task.input_shape)
    assert trainer.growth.flops.network() == expected
    cost = trainer.step().cost
    assert flops_of(cost) < flops_of(make(name).step().cost) * 2


@pytest.mark.parametrize("name", SMALL)
def test_after_a_cut_the_smaller_network_is_kept_and_patience_counts_anew(
    name: str, follow: Follow
) -> None:
    """However well the larger one scored: to become smaller is what the run is for."""
    follow({8: [Narrow(LAYERS[name][0], 2)]})
    trainer = make(name, epoch_steps=20)
    seen: list[tuple[float, int]] = []

    def look(report: Report) -> None:
        assert any(kind == "growth.prune" for kind, _ in report.events) == (report.step == 8)
        seen.append((report.loss, sum(p.numel() for p in trainer.best().parameters())))

    progress = run(trainer, Budget(steps=10), observers=[look])
    larger, smaller = seen[:8], seen[8:]
    assert smaller[0][0] > larger[-1][0], "the cut cost something"
    assert len({size for _, size in larger}) == len({size for _, size in smaller}) == 1
    assert smaller[0][1] < larger[0][1]
    assert progress.best_step > 8, "patience counts from here"
    assert progress.best_loss == smaller[-1][0]


WRONG: dict[str, tuple[Action, str]] = {
    "unknown": (Narrow("host.1", 2), "no layer 'host.1' of the network can become narrower"),
    "none left": (Narrow("host.0", 0), "host.0 has 7 channels: fewer, and at least 1, were wanted"),
    "as many": (Narrow("host.0", 7), "host.0 has 7 channels: fewer, and at least 1, were wanted"),
    "seed behind": (Narrow("host.2", 3), "no layer 'host.2' of the network can become narrower"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_cut_that_cannot_be_made_leaves_everything_to_the_bit(case: str) -> None:
    action, sentence = WRONG[case]
    trainer = make()
    trainer.step()
    carry_out(trainer, Germinate("3", "mlp"))
    before, price = trainer.growth.editor.state(), trainer.growth.flops.network()
    with pytest.raises(ConfigError) as caught:
        carry_out(trainer, Narrow("host.0", 7), action)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("controller: it ordered Narrow(")
    same(trainer.growth.editor.state(), before)
    trainer.growth._count_anew()
    assert trainer.growth.flops.network() == price
    twin = make()
    twin.step()
    carry_out(twin, Germinate("3", "mlp"))
    assert trainer.step() == twin.step(), "an aborted cut equals none"


class Reaching(nn.Module):
    """It reaches past its sequence to a layer in it, which nothing can tell from outside."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(64, 12), nn.ReLU(), nn.Linear(12, 10))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.flatten(1)
        output: torch.Tensor = self.layers(x) + self.layers[0](x)[:, :10]
        return output


def test_a_network_that_cannot_do_without_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    own = ModuleType("reaching")
    own.build = Reaching  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "reaching", own)
    start = stage_of()
    network = initial_state(Factory(factory="reaching:build"), Streams(0))
    trainer = GrowthTrainer(Stage(start.task, network, True, start.streams), settings_of())
    trainer.step()
    before = trainer.growth.editor.state()
    with pytest.raises(ConfigError, match="network: it cannot take an input of shape"):
        carry_out(trainer, Narrow("host.layers.0", 7))
    same(trainer.growth.editor.state(), before)
    trainer.step()


@pytest.mark.parametrize("name", SMALL)
def test_the_winner_is_the_best_of_the_smaller_ones(name: str, follow: Follow) -> None:
    """Else a stage that prunes would hand on the network it began with."""
    follow({3: [Narrow(LAYERS[name][0], 1)]})
    trainer = make(name, epoch_steps=20)
    reports = [trainer.step() for _ in range(3)]
    assert trainer.winner().parameters() == stage_of(name).network.parameters()
    reports.append(trainer.step())
    assert reports[3].loss > reports[2].loss, "one channel is too few"
    assert trainer.winner().parameters() < stage_of(name).network.parameters()
    trainer.step()
    losses = trainer.state()["growth"]["validation_losses"]
    assert trainer.state()["winner_loss"] == min(losses[4:])


@pytest.mark.parametrize("name", SMALL)
def test_a_pruned_network_is_an_ordinary_network_of_the_next_stage(
    name: str, follow: Follow
) -> None:
    follow({1: [Narrow(layer, 3) for layer in LAYERS[name]]})
    trainer = make(name)
    trainer.step()
    trainer.step()
    winner = trainer.winner()
    key, widths = {"mlp": ("sizes", (64, 3, 3, 10)), "cnn": ("channels", (3, 3))}[name]
    assert winner.structure == stage_of(name).network.structure.model_copy(update={key: widths})
    again = NetworkState.from_parts(winner.structure.model_dump(mode="json"), winner.tensors)
    task = stage_of(name).supervised
    inputs = task.prepare(task.split("validation").take(slice(None)).inputs)
    np.testing.assert_array_equal(again.predictor()(inputs), winner.predictor()(inputs))
    start = stage_of(name)
    stage = Stage(start.task, winner, False, start.streams, budget=start.budget)
    TorchEngine(stage, settings_of().training).update(0, np.array([0.01]))
    follow({})
    later = GrowthTrainer(stage, settings_of())
    later.step()
    assert later.growth.initial_parameters == trainer.growth.network.parameters()
    if name == "mlp":
        evolving = deap.build(stage, DeapSettings())
        evolving.step()
        assert evolving.winner().structure == winner.structure


def residual_stage(network: NetworkState | None = None) -> Stage:
    task = make_task("digits", {})
    structure = Factory(factory="vynapse.esper.kasmina.hosts:residual", options={"widths": [4, 6]})
    start = network or initial_state(structure.fit(task.interface()), Streams(0))
    return Stage(task, start, network is None, Streams(0).child("s"), budget=Budget(steps=20))


def test_a_pruned_network_with_fossils_goes_on_in_every_stage(follow: Follow) -> None:
    body = "slots.stem.seeds.s0.body.residual.0"
    follow({
        0: [Germinate("stem", "bottleneck")], 1: [Blend("stem")], 2: [Fossilize("stem")],
        3: [Narrow(body, 4), Narrow("host.stage1.0", 5)],
    })  # fmt: skip
    trainer = GrowthTrainer(residual_stage(), settings_of(epoch_steps=2, probe_examples=10))
    for _ in range(4):
        trainer.step()
    winner = trainer.winner()
    assert isinstance(winner.structure, Grown)
    assert winner.structure.widths == {body: 4, "host.stage1.0": 5}
    stage = residual_stage(
        NetworkState.from_parts(winner.structure.model_dump(mode="json"), winner.tensors)
    )
    assert winner.structure.fit(stage.task.interface()) == winner.structure
    TorchEngine(stage, settings_of().training).update(0, np.array([0.01]))
    follow({0: [Prune("stem", "s0")], 1: [Narrow("host.stem.0", 3)]})
    later = GrowthTrainer(stage, settings_of(epoch_steps=2, probe_examples=10))
    assert later.winner().sha256() == winner.sha256()
    assert later.growth.network.winner().sha256() == winner.sha256()
    later.step()
    later.step()
    last = later.winner().structure
    assert isinstance(last, Grown)
    assert last.widths == {"host.stage1.0": 5, "host.stem.0": 3}
    assert last.slots == {"stem": (), "stage1": ()}
    check_trainer(
        lambda: GrowthTrainer(stage, settings_of(epoch_steps=2, probe_examples=10)), steps=3
    )


def test_a_seed_is_never_named_like_a_fossil_that_is_left(follow: Follow) -> None:
    grow: list[Action] = [Germinate("1", "mlp"), Blend("1"), Fossilize("1")]
    follow({epoch: [action] for epoch, action in enumerate([*grow, *grow, Prune("1", "s0")])})
    trainer = make(epoch_steps=2)
    for _ in range(7):
        trainer.step()
    follow({0: [Germinate("1", "mlp")]})
    start = stage_of()
    later = GrowthTrainer(
        Stage(start.task, trainer.winner(), False, start.streams), settings_of(epoch_steps=2)
    )
    later.step()
    assert list(later.growth.network.module.slot("1").shares) == ["s1", "s2"]


def test_offers_follow_the_width_of_the_slot(follow: Follow) -> None:
    script = follow({1: [Narrow("host.0", 4)]})
    trainer = make()
    trainer.step()
    trainer.step()
    wide, narrow = (seen.slots[0].offers for seen in (script.seen[1], script.seen[2]))
    assert [offer.blueprint for offer in wide] == [offer.blueprint for offer in narrow]
    assert all(n.parameters < w.parameters for w, n in zip(wide, narrow, strict=True))
    layers = [{found.layer: found.channels for found in seen.layers} for seen in script.seen]
    assert layers[1:] == [{"host.0": 12, "host.2": 8}, {"host.0": 4, "host.2": 8}]


def test_fossils_are_measured_for_whom_it_concerns_and_at_a_cost(
    follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = follow({0: [Germinate("1", "mlp")], 1: [Blend("1")], 2: [Fossilize("1")]})
    trainer = make(epoch_steps=20)
    for _ in range(3):
        trainer.step()
    assert all(not slot.fossil_contributions for seen in script.seen for slot in seen.slots)
    plain = trainer.state()
    cost = trainer.step().cost
    monkeypatch.setattr(Script, "wants_fossil_contributions", True, raising=False)
    trainer.load(plain)
    price = FlopTable(trainer.growth.network).network()
    measured = trainer.step().cost
    assert measured == cost + passes(2 * 40, price)
    first, second = script.seen[-1].slots
    (worth,) = first.fossil_contributions
    assert second.fossil_contributions == ()
    assert worth is not None
    assert worth.samples == 40
    assert worth.value != 0
    slot = trainer.growth.network.module.slot("1")
    with torch.no_grad():
        for parameter in slot.seeds["s0"].parameters():
            parameter.zero_()
    growth = trainer.growth
    look = growth.observe(Needs(fossil_contributions=True))
    (worth,) = look.slots[0].fossil_contributions
    assert worth is not None
    assert (worth.value, worth.uncertainty) == (0, 0), "the identity contributes nothing"


@pytest.mark.parametrize("name", SMALL)
def test_the_controller_prunes_to_its_target(name: str) -> None:
    controller = {"kind": "pruning", "target": 0.6, "share": 0.25, "rest": 1, "tolerance": 0.5}
    stage = stage_of(name, budget=Budget(steps=8))
    settings = settings_of(controller=controller, epoch_steps=20)
    trainer = GrowthTrainer(stage, settings)
    size = trainer.growth.network.parameters()
    losses = [trainer.step().metrics["validation_loss"] for _ in range(8)]
    assert 0.5 * size < trainer.growth.network.parameters() <= 0.6 * size
    assert trainer.winner().structure == trainer.growth.network.winner().structure
    assert isinstance(trainer.winner().structure, MLP | CNN)
    assert losses[-1] < losses[0]
    if name == "mlp":
        check_trainer(lambda: GrowthTrainer(stage, settings), steps=3)


def test_the_controller_takes_out_a_fossil_that_does_nothing(
    follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow({0: [Germinate("1", "mlp")], 1: [Blend("1")], 2: [Fossilize("1")]})
    trainer = make()
    for _ in range(3):
        trainer.step()
    grown, start = trainer.growth.network.winner(), stage_of()
    seed = {n: np.zeros_like(t) for n, t in grown.tensors.items() if ".seeds." in n}
    network = NetworkState(grown.structure, grown.tensors | seed)
    monkeypatch.undo()
    stage = Stage(start.task, network, False, start.streams, budget=Budget(steps=6))
    trainer = GrowthTrainer(
        stage, settings_of(controller={"kind": "pruning", "target": 0.3, "tolerance": 9.0})
    )
    first, *later = pruned(trainer, 5)
    assert (first["slot"], first["seed"], first["epoch"]) == ("1", "s0", 0)
    assert first["parameters"] == 12 * 48 * 2 + 48 + 12 + 24
    assert [gate["gate"] for gate in first["gates"]][-1] == "no contribution"
    assert {cut["slot"] for cut in later} == {"host.0", "host.2"}, "nothing stands behind them now"
    assert trainer.winner().structure.kind == "mlp"


@pytest.mark.parametrize("loss", [50.0, math.nan])
def test_a_network_that_a_cut_made_sick_is_not_handed_out(loss, monkeypatch, follow) -> None:
    follow({3: [Narrow("host.0", 6)]})
    trainer = make()
    for _ in range(3):
        trainer.step()
    healthy = trainer.winner(), trainer.state()["winner_loss"]
    task = trainer.growth._descent._task
    evaluate = task.evaluate
    monkeypatch.setattr(
        type(task),
        "evaluate",
        lambda _, predict, split: dataclasses.replace(evaluate(predict, split), loss=loss),
    )
    with pytest.raises(TrainingError, match="or cut less at a time"):
        trainer.step()
    assert trainer.winner() is healthy[0]
    assert trainer.state()["winner_loss"] == healthy[1]
