# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What growth does to a network while it trains, and what it must leave alone."""

import dataclasses
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from torch import Tensor, nn

from tests.evidence import EVIDENCE, many
from vynapse.core import Budget, Report, State
from vynapse.errors import ConfigError, TrainingError, VynapseError
from vynapse.esper.kasmina.grown import Grown
from vynapse.esper.leyline.actions import (
    Action,
    Blend,
    Cull,
    Decision,
    Deepen,
    Fossilize,
    Germinate,
    Prune,
)
from vynapse.esper.leyline.phases import TRANSITIONS, SeedPhase
from vynapse.esper.tolaria import trainer as module
from vynapse.esper.tolaria.descent import Descent, Diverged
from vynapse.esper.tolaria.trainer import GrowthTrainer
from vynapse.networks.mlp import MLP
from vynapse.networks.state import NetworkState, initial_state
from vynapse.testing import check_trainer
from vynapse.trainers.mode import Stage
from vynapse.trainers.sgd_torch import TorchEngine

from .stages import SMALL, Script, flops_of, make, settings_of, stage_of

Follow = Callable[[Mapping[int, Sequence[Action]]], None]
ISOLATIONS = ("shadow", "straight_through", "frozen", "joint")
SLOTS = {"mlp": ("1", "3"), "cnn": ("2", "6")}


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch) -> Follow:
    """Let every trainer follow a script; what it observed lies in `follow.seen`."""

    def set_script(orders: Mapping[int, Sequence[Action]]) -> None:
        monkeypatch.setattr(module, "make_controller", lambda *_: Script(orders))

    return set_script


def life(name: str) -> dict[int, list[Action]]:
    """Both slots, every edge: one seed fossilises, one is culled in training, one in blending."""
    first, second = SLOTS[name]
    blueprint = SMALL[name][2]
    return {
        0: [Germinate(first, blueprint), Germinate(second, blueprint)],
        1: [Blend(first), Cull(second)],
        2: [Fossilize(first)],
        3: [Germinate(first, blueprint)],
        5: [Blend(first), Germinate(second, blueprint)],
        6: [Cull(first), Blend(second)],
        7: [Fossilize(second)],
        8: [Prune(second, "s1")],
        9: [Deepen(first, blueprint)],
    }


def edges(reports: Sequence[Report]) -> list[tuple[str, str]]:
    return [(d["from"], d["to"]) for r in reports for kind, d in r.events if kind == "growth.stage"]


def same(one: State, other: State) -> None:
    np.testing.assert_equal(one, other)


@pytest.mark.parametrize(
    ("name", "isolation"), [("cnn", "shadow"), *(("mlp", other) for other in ISOLATIONS[1:])]
)
def test_every_edge_is_reached_and_resume_is_exact_on_each(name, isolation, follow: Follow) -> None:
    follow(life(name))
    own = {"isolation": isolation, "embargo_epochs": 1, "epoch_steps": 2, "probe_examples": 10}
    trainer = make(name, **own)
    found = edges([trainer.step() for _ in range(10)])
    wanted = {(str(origin), str(target)) for (origin, _), target in TRANSITIONS.items()}
    assert set(found) == wanted
    check_trainer(lambda: make(name, **own), steps=9, follow=None if EVIDENCE else 1)


@pytest.mark.parametrize("seed", range(many(sample=1, evidence=3)))
@pytest.mark.parametrize("name", SMALL)
def test_without_seeds_it_is_plain_gradient_descent_to_the_bit(name: str, seed: int) -> None:
    trainer = make(name, seed)
    for _ in range(3):
        trainer.step()
    settings = settings_of().training
    stage = stage_of(name, seed)
    engine = TorchEngine(stage, settings)
    if name == "cnn":  # its dropout draws from streams of other names
        assert trainer.winner().structure == stage.network.structure
        return
    engine.update(0, np.full(12, settings.learning_rate))
    own = {n.removeprefix("host."): t for n, t in body(trainer).items()}
    same(own, engine.tensors())


@pytest.mark.parametrize("seed", range(many(sample=1, evidence=3)))
@pytest.mark.parametrize("isolation", ["shadow", "straight_through"])
@pytest.mark.parametrize("name", SMALL)
def test_a_host_trains_on_as_if_there_were_no_seed(name, isolation, seed, follow: Follow) -> None:
    plain = make(name, seed)
    losses = [plain.step().metrics["validation_loss"] for _ in range(4)]
    follow({0: [Germinate(slot, SMALL[name][2]) for slot in SLOTS[name]]})
    growing = make(name, seed, isolation=isolation)
    reports = [growing.step() for _ in range(4)]
    assert [report.metrics["validation_loss"] for report in reports] == losses
    host = {n: t for n, t in body(growing).items() if n.startswith("host.")}
    same(host, body(plain))
    assert growing.winner().sha256() == plain.winner().sha256()
    assert flops_of(reports[-1].cost) > flops_of(plain.step().cost), "shadow passes are counted"


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_the_gradients_of_a_seed_in_training_are_clipped_and_no_others(
    isolation, follow: Follow
) -> None:
    """Else a seed that enters at a high rate wrecks itself before what lies behind gives way."""

    def norms(limit: float | None) -> tuple[float, float]:
        follow({0: [Germinate("2", "conv_light")]})
        trainer = make("cnn", isolation=isolation, seed_clip_norm=limit)
        for _ in range(3):
            trainer.step()
        found = {True: 0.0, False: 0.0}
        for name, parameter in trainer.growth.network.module.named_parameters():
            if parameter.grad is not None:
                found[name.startswith("slots.")] += parameter.grad.square().sum().item()
        return found[True] ** 0.5, found[False] ** 0.5

    seed, host = norms(1e-3)
    assert seed == pytest.approx(1e-3, rel=1e-3)
    assert host == 0 if isolation == "frozen" else host > 0.01
    assert norms(None)[0] > 0.01


def test_a_frozen_host_does_not_move_before_a_seed_blends_in(follow: Follow) -> None:
    """Not even in the batch with which the seed germinates: a network in use gets no worse."""
    follow({1: [Germinate("2", "conv_light")]})
    trainer = make("cnn", isolation="frozen")
    first = trainer.step()
    before = body(trainer)
    for report in (trainer.step(), trainer.step()):
        assert report.metrics["validation_loss"] == first.metrics["validation_loss"]
    after = body(trainer)
    changed = {name for name in after if not np.array_equal(after[name], before[name])}
    assert changed
    assert all(name.startswith("slots.2.seeds.s0.") for name in changed)


@pytest.mark.parametrize("name", SMALL)
def test_growth_keeps_what_the_optimiser_remembers_of_others(name: str, follow: Follow) -> None:
    slot, blueprint = SLOTS[name][0], SMALL[name][2]
    follow({2: [Germinate(slot, blueprint)], 4: [Blend(slot)], 5: [Cull(slot)]})
    trainer = make(name)
    for epoch in range(1, 8):
        before = memory(trainer)
        trainer.growth.editor.load(trainer.growth.editor.state())
        same(memory(trainer), before)
        trainer.step()
        entered = {n for n in memory(trainer) if n not in before}
        assert all(n.startswith(f"slots.{slot}.seeds.s0.") for n in entered)
        assert bool(entered) == (epoch == 2)
    assert not any(n.startswith("slots.") for n in memory(trainer)), "it left with its seed"


@pytest.mark.parametrize("state", ["kept", "reset"])
def test_an_edit_keeps_or_resets_the_memory_of_the_host(state: str) -> None:
    trainer = make(optimizer_state=state)
    trainer.step()
    before = memory(trainer)
    decision = Script({0: [Germinate("1", "mlp")]}).orders[0][0]
    trainer.growth.editor.carry_out([Decision(decision, "now")], 1, 4)
    after = memory(trainer)
    assert {n for n in after if n not in before} == {n for n in after if n.startswith("slots.1.")}
    for name, entries in before.items():
        kept = np.array_equal(after[name]["momentum_buffer"], entries["momentum_buffer"])
        assert kept == (state == "kept")


@pytest.mark.parametrize(
    "wrong",
    [Blend("3"), Fossilize("1"), Germinate("1", "mlp"), Germinate("9", "mlp"), Prune("3", "s0"),
     Germinate("3", "conv_heavy")],
)  # fmt: skip
def test_an_order_that_cannot_be_carried_out_leaves_everything_to_the_bit(wrong: Action) -> None:
    trainer = make()
    trainer.step()
    good = Decision(Germinate("1", "mlp"), "first")
    before = trainer.growth.editor.state()
    with pytest.raises(ConfigError, match="controller|blueprint"):
        trainer.growth.editor.carry_out([good, Decision(wrong, "second")], 1, 4)
    same(trainer.growth.editor.state(), before)
    twin = make()
    twin.step()
    assert trainer.step() == twin.step(), "an aborted edit equals none"


@pytest.mark.parametrize("phase", [SeedPhase.GERMINATED, SeedPhase.TRAINING, SeedPhase.BLENDING])
def test_a_sick_network_goes_back_and_its_seeds_are_culled(phase, monkeypatch, follow) -> None:
    blend = [Blend("1")] if phase == SeedPhase.BLENDING else []
    follow({0: [Germinate("1", "mlp")], 2: blend})
    trainer = make(blend_epochs=4)
    healthy = {SeedPhase.GERMINATED: 0, SeedPhase.TRAINING: 1, SeedPhase.BLENDING: 3}[phase]
    for _ in range(healthy):
        trainer.step()
    before, cost = body(trainer), trainer.state()["flops"]
    update = Descent.update

    def poisoned(self: Descent, step: int, *rest: object, frozen: bool) -> object:
        if step == 4 * healthy + 2:
            raise Diverged("a batch had a loss of nan")
        return update(self, step, *rest, frozen=frozen)  # type: ignore[arg-type]

    monkeypatch.setattr(Descent, "update", poisoned)
    report = trainer.step()
    monkeypatch.setattr(Descent, "update", update)
    kinds = [kind for kind, _ in report.events]
    assert "growth.rollback" in kinds
    if healthy:
        after = body(trainer)
        same(after, before)
    assert flops_of(report.cost) > cost, "what it cost stays counted"
    assert trainer.growth.editor.lives["1"].phase == SeedPhase.CULLED
    assert report.metrics["rollbacks"] == 1
    assert report.step == healthy + 1
    later = trainer.step()
    assert trainer.growth.editor.lives.live(SeedPhase.EMBARGOED) == ["1"]
    assert later.metrics["parameters"] == make().step().metrics["parameters"]


def test_a_network_without_seeds_whose_loss_is_no_number_fails_with_a_sentence() -> None:
    trainer = make(training={"learning_rate": 1e38, "batch_size": 32, "optimizer": "sgd"})
    with pytest.raises(TrainingError, match="no seed was growing: lower training.learning_rate"):
        _ = [trainer.step() for _ in range(20)]


@pytest.mark.parametrize("fossils", [False, True])
def test_a_network_with_nothing_to_take_back_trains_on_after_a_spike(
    fossils: bool, monkeypatch: pytest.MonkeyPatch, follow: Follow
) -> None:
    """As it would in mode sgd: the loss of one epoch may be that of chance, and fall again."""
    follow({0: [Germinate("1", "mlp")], 1: [Blend("1")], 2: [Fossilize("1")]} if fossils else {})
    calm, trainer = make(), make()
    reports = [calm.step() for _ in range(6)]
    task = trainer.growth._descent._task
    evaluate = type(task).evaluate
    for epoch in range(6):
        with monkeypatch.context() as patch:
            if epoch == 3:
                spike = lambda *a: dataclasses.replace(evaluate(*a), loss=50.0)  # noqa: E731
                patch.setattr(type(task), "evaluate", spike)
            report = trainer.step()
        assert report.loss <= reports[epoch].loss or epoch == 3
        assert not any(kind == "growth.rollback" for kind, _ in report.events)
    assert trainer.winner().sha256() == calm.winner().sha256()
    assert report.metrics["fossils"] == fossils


def test_a_culled_seed_reaches_nothing_and_its_slot_stays_closed(follow: Follow) -> None:
    follow({0: [Germinate("1", "mlp")], 2: [Blend("1")], 3: [Cull("1")]})
    trainer = make(embargo_epochs=2, blend_epochs=3)
    stages = []
    for _ in range(8):
        trainer.step()
        stages.append(str(trainer.growth.editor.lives["1"].phase))
    assert stages == [
        "training", "blending", "culled", "embargoed", "embargoed", "dormant", "dormant", "dormant"
    ]  # fmt: skip
    assert isinstance(trainer.winner(), NetworkState)


def test_an_epoch_is_a_fixed_number_of_batches_and_a_budget_is_kept() -> None:
    task_flops = flops_of(make().step().cost)
    for share in (1.5, 3.2):
        limit = int(share * task_flops)
        trainer = GrowthTrainer(stage_of(budget=Budget(flops=limit)), settings_of())
        reports = [trainer.step()]
        while Budget(flops=limit).spent(reports[-1].step, reports[-1].cost) is None:
            reports.append(trainer.step())
        counts = [r.metrics["batches"] for r in reports]
        assert [b - a for a, b in itertools.pairwise([0.0, *counts])][:-1] == [4] * (
            len(counts) - 1
        )
        assert abs(flops_of(reports[-1].cost) - limit) < task_flops / 4


def test_cosine_runs_down_over_the_budget_whatever_its_unit() -> None:
    training = {"learning_rate": 0.1, "batch_size": 32, "optimizer": "sgd", "schedule": "cosine"}
    plain = flops_of(make().step().cost)
    for budget in (Budget(steps=4), Budget(flops=4 * plain)):
        trainer = GrowthTrainer(stage_of(budget=budget), settings_of(training=training))
        reports = [trainer.step()]
        while budget.spent(reports[-1].step, reports[-1].cost) is None:
            reports.append(trainer.step())
        rates = [report.metrics["learning_rate"] for report in reports]
        assert all(a > b for a, b in itertools.pairwise(rates))
        assert 0 < rates[-1] < 0.1 * 0.1


@pytest.mark.parametrize("unit", ["steps", "flops"])
def test_the_rate_of_every_batch_lies_on_the_curve(unit: str, monkeypatch) -> None:
    rates: list[float] = []
    update = Descent.update

    def noted(self: Descent, step: int, x: Tensor, y: Tensor, rate: float, *rest: Any, **more: Any):
        rates.append(rate)
        return update(self, step, x, y, rate, *rest, **more)

    monkeypatch.setattr(Descent, "update", noted)
    training = {"learning_rate": 0.1, "batch_size": 32, "optimizer": "sgd", "schedule": "cosine"}
    epochs = 3
    limit = epochs if unit == "steps" else epochs * flops_of(make().step().cost)
    rates.clear()
    budget = Budget(**{unit: limit})
    trainer = GrowthTrainer(stage_of(budget=budget), settings_of(training=training))
    for _ in range(epochs):
        trainer.step()
    assert rates[0] == pytest.approx(0.1, rel=0.05), "validation has been paid for"
    assert all(a > b > 0 for a, b in itertools.pairwise(rates))
    if unit == "steps":
        curve = [0.05 * (1 + math.cos(math.pi * k / len(rates))) for k in range(len(rates))]
        assert rates == pytest.approx(curve)


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("blueprint", ["mlp", "norm"])
def test_a_batch_of_one_example_stops_no_growth(blueprint, isolation, follow: Follow) -> None:
    follow({0: [Germinate("1", blueprint)], 2: [Blend("1")], 4: [Fossilize("1")]})
    training = {"learning_rate": 0.01, "batch_size": 1, "optimizer": "sgd"}
    trainer = make(isolation=isolation, training=training)
    stages = []
    for _ in range(5):
        trainer.step()
        stages.append(trainer.growth.editor.lives["1"].phase)
    assert stages[0] == SeedPhase.TRAINING
    assert stages[-1] == SeedPhase.FOSSILIZED
    assert all(part.training for part in trainer.growth.network.module.modules())


class Viewed(nn.Module):
    """Depends on the layout of its input."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.mix = nn.Conv2d(shape[0], shape[0], 3, padding=1)
        self.layer = nn.Linear(math.prod(shape), math.prod(shape))

    def forward(self, h: Tensor) -> Tensor:
        output: Tensor = self.layer(self.mix(h).view(len(h), -1)).view(h.shape)
        return output


def test_a_module_of_the_users_gets_pictures_in_the_usual_layout(follow: Follow) -> None:
    blueprint = f"{__name__}:Viewed"
    follow({0: [Germinate("2", blueprint)], 2: [Blend("2")], 4: [Fossilize("2")]})
    trainer = make("cnn", controller={"kind": "fixed", "blueprints": [blueprint]})
    assert trainer.growth.network._channels_last, "else nothing is shown"
    for _ in range(6):
        trainer.step()
    assert trainer.growth.editor.lives["2"].phase == SeedPhase.FOSSILIZED
    trainer.load(trainer.state())
    trainer.step()


def test_what_has_grown_is_an_ordinary_network_of_the_next_stage(follow: Follow) -> None:
    follow(life("cnn"))
    trainer = make("cnn")
    for _ in range(4):
        trainer.step()
    grown = trainer.growth.network.winner()
    assert isinstance(grown.structure, Grown)
    again = NetworkState.from_parts(grown.structure.model_dump(mode="json"), dict(grown.tensors))
    task = stage_of("cnn").supervised
    inputs = task.prepare(task.split("validation").take(slice(None)).inputs)
    np.testing.assert_array_equal(again.predictor()(inputs), grown.predictor()(inputs))
    start = stage_of("cnn")
    follow({0: [Germinate("2", "conv_light")]})
    stage = Stage(start.task, grown, False, start.streams, budget=start.budget)
    later = GrowthTrainer(stage, settings_of())
    assert later.winner().sha256() == grown.sha256()
    later.step()
    assert list(later.growth.network.module.slot("2").shares) == ["s0", "s1"]
    TorchEngine(stage, settings_of().training).update(0, np.array([0.01]))


def test_a_network_in_which_nothing_grew_is_its_host() -> None:
    trainer = make()
    trainer.step()
    assert trainer.winner().structure == stage_of().network.structure
    assert trainer.winner().tensors.keys() == stage_of().network.tensors.keys()


def test_a_blueprint_that_no_slot_offers_is_refused_before_a_run_begins() -> None:
    for names, sentence in (
        (["conv_heavy"], "no slot of this network offers 'conv_heavy': name some of low_rank, mlp"),
        (["mlpp"], "unknown blueprint 'mlpp': did you mean 'mlp'"),
    ):
        with pytest.raises(VynapseError, match=sentence):
            make(controller={"kind": "fixed", "blueprints": names})


def test_decisions_see_no_test_data(monkeypatch, follow: Follow) -> None:
    follow(life("mlp"))
    stage = stage_of()

    def forbidden(*_: object) -> None:
        raise AssertionError("the test split was read")

    monkeypatch.setattr(type(stage.task), "final_test", forbidden)
    trainer = GrowthTrainer(stage, settings_of())
    for _ in range(6):
        trainer.step()


def test_a_seed_that_helps_has_a_gain_and_the_identity_has_none(
    follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script({0: [Germinate("1", "mlp")], 3: [Blend("1")]})
    monkeypatch.setattr(module, "make_controller", lambda *_: script)
    trainer = make(epoch_steps=30)
    for _ in range(4):
        trainer.step()
    first = script.seen[1].slots[0]
    assert first.gain is not None
    assert first.gain.value != 0
    assert script.seen[-1].slots[0].contribution is not None
    assert script.seen[-1].slots[0].contribution.value != 0
    assert script.seen[0].slots[0].gain is None, "unknown is not zero"
    assert script.seen[1].slots[1].gradient_health is None
    follow({})
    twin = make()
    twin.step()
    twin.growth.editor.carry_out([Decision(Germinate("1", "mlp"), "now")], 1, 4)
    twin.growth.editor.start(1, 4)
    twin.growth._count_anew()
    look = twin.growth.observe()
    assert look.slots[0].gain is not None
    assert look.slots[0].gain.value == 0
    assert look.slots[0].gain.uncertainty == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"slots": ["hidden"]}, "slots: the network has no part 'hidden'"),
        ({"slots": []}, r"slots: at least 1 was wanted, got \[\]"),
        ({"slots": ["1", "1"]}, "slots: each place once was wanted"),
        ({"controller": "heuristik"}, "unknown controller 'heuristik': did you mean 'heuristic'"),
        ({"training": {"evaluate_every": 5}}, "training.evaluate_every: mode grow does not use it"),
        ({"training": {"nesterov": True}}, "training.nesterov"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(changes, sentence: str) -> None:
    with pytest.raises(Exception, match=sentence):
        make(**changes)


def linear_stage(sizes: tuple[int, ...]) -> Stage:
    start = stage_of()
    structure = MLP(sizes=sizes, hidden="identity").fit(start.task.interface())
    return dataclasses.replace(start, network=initial_state(structure, start.streams))


@pytest.mark.parametrize("controller", ["heuristic", "fixed", "random"])
def test_a_network_without_activations_has_to_be_told_where_to_grow(controller: str) -> None:
    wanted = "no activation to grow behind: name .*, it has 0, 1, .* and 3 more; or, .* nn.Identity"
    with pytest.raises(ConfigError, match=wanted):
        GrowthTrainer(linear_stage((64, *[5] * 10, 10)), settings_of(controller=controller))


@pytest.mark.parametrize("controller", ["no-op", "pruning"])
def test_who_grows_nothing_needs_no_slot(controller: str) -> None:
    own = {"kind": controller} | ({"tolerance": 9.0} if controller == "pruning" else {})
    stage, settings = linear_stage((64, 8, 10)), settings_of(controller=own)
    trainer = GrowthTrainer(stage, settings)
    size = trainer.growth.network.parameters()
    assert trainer.choices() == {"slots": "none"}
    for _ in range(4):
        trainer.step()
    assert (trainer.growth.network.parameters() < size) == (controller == "pruning")
    check_trainer(lambda: GrowthTrainer(stage, settings), steps=3)


def body(trainer: GrowthTrainer) -> dict[str, np.ndarray]:
    tensors: dict[str, np.ndarray] = trainer.growth.editor.state()["body"]["tensors"]
    return tensors


def memory(trainer: GrowthTrainer) -> dict[str, dict[str, np.ndarray]]:
    remembered: dict[str, dict[str, np.ndarray]] = trainer.growth.editor.state()["optimiser"]
    return remembered


def test_what_a_profile_measures_is_in_the_columns_and_the_events_and_changes_nothing() -> None:
    costs, hashes = {}, set()
    for profile in ("off", "standard", "deep"):
        trainer = GrowthTrainer(stage_of(budget=Budget(flops=10**8)), settings_of(profile=profile))
        report = trainer.step()
        costs[profile] = flops_of(report.cost)
        hashes.add(trainer.winner().sha256())
        measured = [data["values"] for kind, data in report.events if kind == "growth.measured"]
        assert bool(measured) == (profile != "off")
        assert ("update_ratio" in report.metrics) == (profile != "off")
        assert ("sharpness_products" in report.metrics) == (profile == "deep")
        if profile == "deep":
            assert "gradient_size/host/0" in measured[0]
    assert costs["off"] == costs["standard"] == costs["deep"]
    assert len(hashes) == 1


@pytest.mark.parametrize("name", SMALL)
def test_a_fossil_and_the_layers_before_it_go_on_learning(name: str, follow: Follow) -> None:
    slot = SLOTS[name][0]
    follow({0: [Germinate(slot, SMALL[name][2])], 1: [Blend(slot)], 2: [Fossilize(slot)]})
    trainer = make(name)
    for _ in range(3):
        trainer.step()
    before = body(trainer)
    assert any(n.startswith(f"slots.{slot}.seeds.s0.") for n in memory(trainer))
    trainer.step()
    after = body(trainer)
    assert all(not np.array_equal(after[n], before[n]) for n in memory(trainer))
