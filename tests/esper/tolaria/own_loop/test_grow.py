# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth in a loop of the user's: what changes, and above all what does not."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.optim import lr_scheduler

import vynapse
from tests.esper.tolaria.own_loop.loops import STEPS, Loop, Scripted, adamw, bits, host, same
from vynapse.errors import ConfigError
from vynapse.esper.leyline.actions import Blend, Cull, Fossilize, Germinate, Narrow
from vynapse.esper.tolaria.own_loop.grower import Grower


def grower_of(loop: Loop) -> Grower:
    assert loop.grower is not None
    return loop.grower


def of_the_host(found: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in found.items() if "vynapse_growth" not in name}


def test_until_something_grows_the_loop_is_the_users_own_to_the_bit() -> None:
    alone, grown = Loop(grows=False), Loop(controller="no-op")
    for loop in (alone, grown):
        loop.epochs(4)
    assert same(bits(alone), bits(grown))


@pytest.mark.parametrize("blueprint", ["mlp", "low_rank", "norm"])
def test_a_seed_changes_nothing_at_birth(blueprint: str) -> None:
    loop = Loop(controller=Scripted({1: (Germinate("1", blueprint), Germinate("4", blueprint))}))
    loop.train(STEPS - 1)
    twin = Loop(grows=False)
    twin.epochs(1)
    loop.train(1)
    for mode in (True, False):
        for one in (loop, twin):
            one.model.train(mode)
        assert torch.equal(loop.model(loop.x), twin.model(loop.x))


def test_straight_through_leaves_the_host_alone_until_the_seed_blends_in() -> None:
    script = Scripted({1: (Germinate("1", "mlp"),), 3: (Blend("1"),)})
    alone = Loop(grows=False)
    grown = Loop(controller=script, isolation="straight_through")
    for loop in (alone, grown):
        loop.epochs(3)
    assert same(bits(alone), of_the_host(bits(grown)))
    born = dict(grower_of(grown).model.named_parameters())
    assert any(p.any() for name, p in born.items() if name.endswith("body.3.weight"))
    for loop in (alone, grown):
        loop.epochs(1)
    assert not same(bits(alone), of_the_host(bits(grown)))


def test_frozen_holds_weights_statistics_and_outputs() -> None:
    script = Scripted({1: (Germinate("1", "mlp"), Germinate("4", "low_rank"))})
    loop = Loop(controller=script, isolation="frozen")
    loop.epochs(1)
    loop.model.eval()
    before, outputs = of_the_host(bits(loop)), loop.model(loop.x)
    loop.epochs(1)
    loop.model.eval()
    assert same(before, of_the_host(bits(loop)))
    assert torch.equal(loop.model(loop.x), outputs)
    gains = [slot.gain for slot in script.seen[-1].slots]
    assert all(gain is not None and gain.value > 0 for gain in gains), "both have learnt"
    script.script = {3: (Blend("1"), Cull("4"))}
    loop.epochs(1)
    assert all(p.requires_grad for p in loop.model.get_submodule("0").parameters())
    loop.epochs(1)
    assert not same(before, of_the_host(bits(loop)))


def test_alpha_rises_over_the_epoch_after_a_blend() -> None:
    script = Scripted({1: (Germinate("1", "mlp"),), 2: (Blend("1"),)})
    loop = Loop(controller=script, isolation="straight_through")
    loop.epochs(2)
    slot = loop.model.get_submodule("vynapse_growth.1")
    shares = []
    for _ in range(STEPS):
        shares.append(slot.shares["s0"])  # type: ignore[index]
        loop.train(1)
    assert shares == [0.2, 0.4, 0.6, 0.8, 1.0]


def _cosine(optimizer: torch.optim.Optimizer) -> Any:
    return lr_scheduler.CosineAnnealingLR(optimizer, 8)


def _one_cycle(optimizer: torch.optim.Optimizer) -> Any:
    return lr_scheduler.OneCycleLR(optimizer, [0.02, 0.05], total_steps=8 * STEPS)


def _lambda(optimizer: torch.optim.Optimizer) -> Any:
    return lr_scheduler.LambdaLR(optimizer, [lambda n: 0.9**n, lambda n: 0.8**n])


def _plateau(optimizer: torch.optim.Optimizer) -> Any:
    return lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=[1e-4, 2e-4])


@pytest.mark.parametrize(
    ("scheduler", "per_step"),
    [(_cosine, False), (_one_cycle, True), (_lambda, False), (_plateau, False)],
)
def test_seeds_follow_the_schedule_of_the_group_beside_them(
    scheduler: Callable[[torch.optim.Optimizer], Any], per_step: bool
) -> None:
    loop = Loop(scheduler=scheduler, per_step=per_step)
    alone = Loop(scheduler=scheduler, per_step=per_step, controller="no-op")
    loop.epochs(4)
    alone.epochs(4)
    groups = loop.optimizer.param_groups
    assert len(groups) == 2
    names = {p: name for name, p in loop.model.named_parameters()}
    for group, matrices in zip(groups, (True, False), strict=True):
        own = [p for p in group["params"] if "vynapse_growth" in names[p]]
        assert own
        assert all((p.dim() > 1) == matrices for p in own)
    if scheduler is not _plateau:  # that one looks at the loss
        assert [g["lr"] for g in groups] == [g["lr"] for g in alone.optimizer.param_groups]
    loop.epochs(4)
    grower_of(loop).finish()
    kept = {p for group in groups for p in group["params"]}
    assert kept == set(loop.model.parameters())
    assert set(loop.optimizer.state) <= kept


OPTIMISERS = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adamax", "NAdam", "RAdam", "Rprop",
              "ASGD", "Adadelta", "Adafactor")  # fmt: skip


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_of_torch_keeps_what_it_remembers(name: str) -> None:
    def make(model: nn.Module) -> torch.optim.Optimizer:
        return getattr(torch.optim, name)(model.parameters(), lr=0.01)  # type: ignore[no-any-return]

    script = Scripted({1: (Germinate("1", "mlp"),), 2: (Cull("1"),)})
    loop = Loop(make, controller=script, isolation="straight_through")
    alone = Loop(make, grows=False)
    for one in (loop, alone):
        one.epochs(2)
    names = [n for n, _ in alone.model.named_parameters()]
    assert same(bits(alone), of_the_host(bits(loop)))
    group = loop.optimizer.param_groups[0]
    known = {p: n for n, p in loop.model.named_parameters()}
    assert [known[p] for p in group["params"]] == names, "culled seeds have left"
    loop.epochs(2)


def test_named_parameters_keep_their_names_in_the_optimiser() -> None:
    loop = Loop(lambda m: torch.optim.AdamW(m.named_parameters(), lr=0.01))
    loop.epochs(2)
    group = loop.optimizer.param_groups[0]
    names = {p: name for name, p in loop.model.named_parameters()}
    assert group["param_names"] == [names[p] for p in group["params"]]
    assert any("vynapse_growth" in name for name in group["param_names"])


@pytest.mark.parametrize("options", [{"autocast": True}, {"scaler": True}, {"accumulate": 3}])
@pytest.mark.parametrize("isolation", ["joint", "straight_through", "frozen"])
def test_precision_scaling_and_accumulation(options: dict[str, Any], isolation: str) -> None:
    loop = Loop(isolation=isolation, **options)
    loop.epochs(7)
    health = [s.gradient_health for s in loop.controller.seen[2].slots]
    assert any(h is not None and h.value > 0.5 for h in health)
    assert grower_of(loop).finish() is loop.model
    loop.model.eval()
    assert loop.losses().mean().item() < 1.2


def test_further_calls_of_a_validation_draw_what_the_first_one_drew() -> None:
    loop = Loop(controller=Scripted({1: (Germinate("1", "mlp"), Germinate("4", "norm"))}))
    drawn: list[tuple[float, float, float]] = []

    def noisy() -> Tensor:
        noise = torch.rand(200)
        drawn.append((noise[0].item(), float(np.random.rand()), random.random()))
        return loop.losses() + noise

    loop.train(STEPS - 1)
    torch.manual_seed(1)
    np.random.seed(1)
    random.seed(1)
    for calls in (1, 3, 3):
        drawn.clear()
        grower_of(loop).after_epoch(noisy)
        assert len(drawn) == calls
        assert len(set(drawn)) == 1
        first = drawn[0]
        grower_of(loop).after_step(1.0)
    torch.manual_seed(1)
    assert first[0] == [torch.rand(200)[0].item() for _ in range(3)][-1], "as without growth"
    gain = loop.controller.seen[1].slots[0].gain
    assert gain is not None
    assert gain.uncertainty == 0, "the noise is in both"


def test_a_number_measures_no_gain() -> None:
    for validation in (0.5, torch.tensor(0.5), lambda: 0.5):
        loop = Loop()
        for _ in range(3):
            grower_of(loop).after_step(torch.tensor(1.0))
            grower_of(loop).after_epoch(validation)
        looked = loop.controller.seen[-1]
        assert looked.validation_loss == (0.5, 0.5, 0.5)
        assert looked.training_loss == (1.0, 1.0, 1.0)
        assert looked.slots[0].contribution is None


@pytest.mark.parametrize("isolation", ["joint", "straight_through", "frozen"])
def test_a_batch_of_one_example_is_taken_where_the_host_takes_it(isolation: str) -> None:
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
    script = Scripted({1: (Germinate("1", "norm"),), 2: (Blend("1"),), 4: (Fossilize("1"),)})
    loop = Loop(model=model, controller=script, slots=["1"], isolation=isolation)
    for _ in range(5):
        loop.epochs(1)
        loop.model.train()
        assert loop.model(loop.x[:1]).isfinite().all()


def test_the_controller_sees_the_budget() -> None:
    for loop, share in ((Loop(epochs=4), 0.25), (Loop(total_steps=4 * STEPS), 0.25)):
        loop.epochs(4)
        seen = loop.controller.seen
        assert [look.progress for look in seen] == [0.25, 0.5, 0.75], "none at the end"
        assert {look.epoch_share for look in seen} == {share}
        assert seen[-1].parameters == sum(p.numel() for p in host().parameters())
        assert seen[0].flops > 2 * (6 * 8 + 8 * 8 + 8 * 3)


def test_begin_lets_seeds_germinate_before_the_first_epoch() -> None:
    loop = Loop(controller=Scripted({0: (Germinate("1", "mlp"),)}))
    grower_of(loop).begin(loop.losses)
    assert [event["data"]["to"] for event in grower_of(loop).events] == ["germinated", "training"]
    loop.epochs(1)
    assert len(loop.controller.seen[-1].validation_loss) == 2
    with pytest.raises(ConfigError, match="begin"):
        grower_of(loop).begin(loop.losses)


def test_a_loss_that_is_not_finite_ends_the_lives_of_seeds() -> None:
    loop = Loop()
    loop.epochs(1)
    grower_of(loop).after_step(float("nan"))
    grower_of(loop).after_epoch(loop.losses)
    assert grower_of(loop).events[-1]["data"]["to"] == "culled"
    assert len(loop.controller.seen) == 1


def test_heuristic_grows_what_helps_and_tells_of_it() -> None:
    told: list[Any] = []
    loop = Loop(lambda m: torch.optim.AdamW(m.parameters(), lr=0.02), controller={
        "kind": "heuristic", "host_epochs": 1, "plateau_window": 1, "plateau_gain": 1.0},
        blueprints=["mlp"], on_event=told.append)  # fmt: skip
    loop.epochs(12)
    grower = grower_of(loop)
    assert "germinated in 1" in grower.story()
    assert told == grower.events
    assert any(event["data"]["to"] == "fossilized" for event in told)
    assert "nothing grew" in grower_of(Loop()).story()


def test_finish_keeps_what_has_proved_its_worth() -> None:
    script = Scripted({3: (Germinate("1", "mlp"),), 10: (Germinate("4", "norm"),)})
    loop = Loop(controller=script)
    loop.epochs(10)
    grower = grower_of(loop)
    worth = {slot.slot: slot.gain for slot in loop.controller.seen[-1].slots}
    loop.model.eval()
    before = loop.losses()
    module = grower.finish()
    assert module is loop.model
    assert not any("vynapse_growth" in name for name in loop.model.state_dict())
    proven = {place for place, gain in worth.items() if gain is not None and gain.low > 0}  # type: ignore[operator]
    ends = {event["data"]["slot"]: event["data"]["to"] for event in grower.events}
    assert {place for place, end in ends.items() if end == "fossilized"} == proven
    assert proven == {"1"}
    loop.model.eval()
    assert torch.equal(before, loop.losses()), "the other one was new"
    for call in (lambda: grower.after_epoch(1.0), grower.finish, grower.state_dict):
        with pytest.raises(ConfigError, match="finish"):
            call()
    loop.optimizer.zero_grad()
    loop.losses().mean().backward()
    loop.optimizer.step()


def test_as_a_context_manager_and_as_a_callback() -> None:
    loop = Loop(grows=False)
    with vynapse.grow(
        loop.model, loop.optimizer, example_inputs=loop.x, slots=["1"],
        controller=Scripted({1: (Germinate("1", "mlp"),)}),
    ) as grower:  # fmt: skip
        callback = grower.callback(loop.losses)
        callback.setup(None, None, stage="fit")
        for _ in range(4):
            for rows in loop.x[:80].split(16), loop.x[:80].split(40):
                del rows
                loss = loop.losses().mean()
                loop.optimizer.zero_grad()
                loss.backward()
                loop.optimizer.step()
                callback.on_train_batch_end(None, None, {"loss": loss}, None, 0)
            callback.on_validation_epoch_end(None, None)
    assert not any("vynapse_growth" in name for name, _ in loop.model.named_modules())
    with pytest.raises(AttributeError):
        _ = callback.unknown
    with pytest.raises(KeyError), grow_with() as grower:
        raise KeyError
    assert "vynapse_growth" in dict(grower.model.named_children()), "it can go on"


def grow_with(**changes: Any) -> Grower:
    model = host()
    given = {"example_inputs": torch.zeros(4, 6), **changes}
    optimizer = given.pop("optimizer", adamw)(model)
    return vynapse.grow(model, optimizer, **given)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"isolation": "shadow"}, "shadow needs a pass of its own"),
        ({"isolation": "jont"}, "isolation"),
        ({"slots": ["9"]}, "no part '9'"),
        ({"slots": ["1", "1"]}, "each place once"),
        ({"blueprints": ["conv_heavy"]}, "no slot of this model offers 'conv_heavy'"),
        ({"blueprints": ["mlpp"]}, "mlp"),
        ({"controller": "heuristics"}, "heuristic"),
        ({"controller": {"kind": "fixed", "begn": 1}}, "begin"),
        ({"epochs": 3, "total_steps": 5}, "one of the two"),
        ({"example_inputs": torch.zeros(4, 5)}, "it cannot take"),
        ({"example_inputs": "data"}, "a batch was wanted"),
        ({"example_inputs": None}, "either example_inputs or loader"),
        ({"optimizer": lambda m: torch.optim.LBFGS(m.parameters())}, "LBFGS keeps one vector"),
        ({"optimizer": lambda _: torch.optim.SGD([nn.Parameter(torch.zeros(1))], 1)},
         "has no parameter of the model"),
        ({"epocs": 3}, "did you mean 'epochs'"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as found:
        grow_with(**changes)
    assert "\n" not in str(found.value)


def test_blueprints_are_those_of_the_controller_or_the_call() -> None:
    for changes in (
        {"controller": "no-op", "blueprints": ["mlp"]},
        {"controller": "heuristic", "blueprints": ["mlp"]},
        {"controller": {"kind": "fixed", "blueprints": ["mlp"]}},
        {"controller": Scripted({}), "blueprints": ["mlp"]},
    ):
        grower = grow_with(**changes)
        grower.after_step(1.0)
        grower.after_epoch(1.0)
        slots = grower._observe().slots
        assert all([offer.blueprint for offer in slot.offers] == ["mlp"] for slot in slots)


def test_mistakes_of_the_loop_are_told_in_a_sentence() -> None:
    loop = Loop(controller=Scripted({1: (Blend("1"),), 2: (Narrow("host.0", 2),)}))
    grower = grower_of(loop)
    with pytest.raises(ConfigError, match="no step was made"):
        grower.after_epoch(1.0)
    grower.after_step(1.0)
    with pytest.raises(ConfigError, match=r"2 or more examples.*\(1, 2\)"):
        grower.after_epoch(lambda: torch.zeros(1, 2))
    with pytest.raises(ConfigError, match="got bool"):
        grower.after_epoch(validation=True)
    with pytest.raises(ConfigError, match="cannot be done: a seed that is dormant cannot blend"):
        grower.after_epoch(1.0)
    with pytest.raises(ConfigError, match="one number, was wanted"):
        grower.after_step(torch.zeros(3))
    with pytest.raises(ConfigError, match="it grows already"):
        vynapse.grow(loop.model, loop.optimizer, example_inputs=loop.x)
    grower.after_step(1.0)
    with pytest.raises(ConfigError, match="can become narrower"):
        grower.after_epoch(1.0)


def test_muon_takes_matrices_alone() -> None:
    model = host()
    matrices = [p for p in model.parameters() if p.dim() == 2]
    grower = vynapse.grow(
        model, torch.optim.Muon(matrices, lr=0.01), example_inputs=torch.zeros(4, 6),
        controller=Scripted({1: (Germinate("1", "mlp"),)}), slots=["1"],
    )  # fmt: skip
    grower.after_step(1.0)
    with pytest.raises(ConfigError, match="Muon takes matrices alone"):
        grower.after_epoch(1.0)
    assert grower.events == []


def test_a_loader_gives_the_first_batch_and_is_left_as_it_was() -> None:
    x = torch.randn(20, 6)
    own = torch.Generator().manual_seed(3)
    data = torch.utils.data.TensorDataset(x, torch.zeros(20))
    loader = torch.utils.data.DataLoader(data, batch_size=5, shuffle=True, generator=own)
    model = host()
    before = own.get_state(), torch.get_rng_state()
    vynapse.grow(model, adamw(model), loader=loader)
    assert torch.equal(own.get_state(), before[0])
    assert torch.equal(torch.get_rng_state(), before[1])
