# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode `static` trains as eager training does, says what it chose, and refuses in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vynapse.core import Budget, Split, SupervisedTask
from vynapse.errors import CheckpointError, ConfigError, GraphError, TrainingError
from vynapse.graph.execute.planned import Planned
from vynapse.graph.execute.stepping import Interpreted, Stepper
from vynapse.graph.rewrite import fusion
from vynapse.networks.cnn import CNN
from vynapse.networks.factory import Factory
from vynapse.networks.mlp import MLP
from vynapse.networks.modules import isolated_generators
from vynapse.networks.state import initial_state
from vynapse.networks.structure import Structure
from vynapse.seeding import Streams
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.registry import make_task
from vynapse.trainers.mode import MODES, Stage
from vynapse.trainers.rules import Rule
from vynapse.trainers.static import MODE
from vynapse.trainers.static_settings import StaticSettings
from vynapse.trainers.static_step import Position, TrainingStep, carried

NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "mlp": lambda: nn.Sequential(nn.Linear(16, 12), nn.Tanh(), nn.Linear(12, 3)),
    "cnn": lambda: nn.Sequential(
        nn.Unflatten(1, (1, 4, 4)), nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 3),
    ),
}  # fmt: skip
STEP_RULES = {
    "adam": (Rule("adam"), torch.optim.Adam, {}),
    "momentum": (Rule("sgd", momentum=0.9), torch.optim.SGD, {"momentum": 0.9}),
}
RATE = 0.01


def batch(step: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    draw = np.random.default_rng(step)
    inputs = torch.from_numpy(draw.normal(size=(20, 16))).to(dtype)
    return inputs, torch.from_numpy(draw.integers(0, 3, 20))


def training(network: str, rule: str, dtype: torch.dtype) -> tuple[TrainingStep, Any, nn.Module]:
    """A step, torch's own optimiser for the same module, and the module."""
    own, optimiser, keys = STEP_RULES[rule]
    with isolated_generators(1):
        module, twin = NETWORKS[network]().to(dtype), NETWORKS[network]().to(dtype)
    twin.load_state_dict(module.state_dict())
    step = TrainingStep(module, nn.functional.cross_entropy, own)
    return step, optimiser(twin.parameters(), lr=RATE, foreach=False, **keys), twin


def after(stepper: Stepper, position: Position, given: tuple[Tensor, Tensor]) -> list[Tensor]:
    """What an executor makes of one step from a position: loss, norm, next position."""
    stepper.start(*position.tensors())
    outputs = [tensor.clone() for tensor in stepper.compute(*given, rate())]
    stepper.commit()
    return [*outputs, *(tensor.clone() for tensor in stepper.state)]


def rate() -> Tensor:
    return torch.tensor(RATE, dtype=torch.float64)


@pytest.mark.parametrize("rule", STEP_RULES)
@pytest.mark.parametrize("network", NETWORKS)
def test_static_is_eager(network: str, rule: str) -> None:
    step, optimiser, twin = training(network, rule, torch.float32)
    position = step.begin()
    graph = step.traced(position, *batch(0, torch.float32))
    interpreted, planned = Interpreted(graph, carried(graph)), Planned(graph, carried(graph))
    for number in range(301):
        given = batch(number, torch.float32)
        loss, norm, *rest = step(*position.tree(), *given, rate())
        reached = Position(*cast("Any", rest))
        if number in (0, 100, 300):
            eager = [loss, norm, *reached.tensors()]
            same = after(interpreted, position, given)
            assert all(torch.equal(a, b) for a, b in zip(same, eager, strict=True))
            for mine, wanted in zip(after(planned, position, given), eager, strict=True):
                torch.testing.assert_close(mine, wanted, rtol=1e-5, atol=1e-5)
            _agrees_with_torch(twin, optimiser, position, reached, given)
        position = reached


def _agrees_with_torch(
    twin: nn.Module, optimiser: Any, before: Position, reached: Position, given: Any
) -> None:
    """One step of torch.optim from the same state, which is loaded into it, within 1e-6."""
    with torch.no_grad():
        for name, tensor in [*twin.named_parameters(), *twin.named_buffers()]:
            tensor.copy_(before.network[name])
    names = [name for name, _ in twin.named_parameters()]
    state = {
        index: {key: tensor.clone() for key, tensor in before.memory[name].items()}
        | {"step": before.count.clone()}
        for index, name in enumerate(names)
    }
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    optimiser.zero_grad()
    nn.functional.cross_entropy(twin(given[0]), given[1]).backward()
    optimiser.step()
    for name, parameter in twin.named_parameters():
        wanted = parameter.detach()
        torch.testing.assert_close(reached.network[name], wanted, rtol=1e-6, atol=1e-6)


FUSED_RULES = {
    "adam": (Rule("adam"), None, True),
    "adam, other betas": (Rule("adam", betas=(0.5, 0.9)), None, True),
    "adam, decay and clipping": (Rule("adam", weight_decay=0.1), 0.1, True),
    "adamw, clipping": (Rule("adamw", weight_decay=0.1), 0.1, True),
    "momentum": (Rule("sgd", momentum=0.9), None, False),
    "rmsprop": (Rule("rmsprop"), None, False),
}


@pytest.mark.parametrize("rule", FUSED_RULES)
@pytest.mark.parametrize("network", NETWORKS)
def test_adam_is_fused_and_stays_near_the_rule_others_have_its_bits(network, rule) -> None:
    own, clip, fused = FUSED_RULES[rule]
    with isolated_generators(1):
        module = NETWORKS[network]()
    step = TrainingStep(module, nn.functional.cross_entropy, own, clip)
    position = step.begin()
    given = batch(0, torch.float32)
    graph = step.traced(position, *given)
    quick = Planned(graph, carried(graph), fast_linear=False)
    plain = Planned(graph, carried(graph), fast_linear=False, fused_update=False)
    assert (quick.fused_update, plain.fused_update) == (fused, False)
    for number in range(20):
        given = batch(number, torch.float32)
        eager = after(Interpreted(graph, carried(graph)), position, given)
        for mine, wanted in zip(after(plain, position, given), eager, strict=True):
            assert torch.equal(mine, wanted)
        for mine, wanted in zip(after(quick, position, given), eager, strict=True):
            torch.testing.assert_close(mine, wanted, rtol=1e-6, atol=1e-6)
        position = position.with_tensors(tuple(eager[2:]))


@pytest.mark.parametrize("rule", STEP_RULES)
@pytest.mark.parametrize("network", NETWORKS)
def test_in_double_precision_the_whole_way_is_the_same(network: str, rule: str) -> None:
    step, _, _ = training(network, rule, torch.float64)
    position = step.begin()
    graph = step.traced(position, *batch(0, torch.float64))
    planned = Planned(graph, carried(graph))
    planned.start(*position.tensors())
    for number in range(300):
        given = batch(number, torch.float64)
        loss, _, *rest = step(*position.tree(), *given, rate())
        position = Position(*cast("Any", rest))
        assert planned.step(*given, rate())[0].item() == pytest.approx(loss.item(), abs=1e-9)
    for mine, wanted in zip(planned.state, position.tensors(), strict=True):
        torch.testing.assert_close(mine, wanted, rtol=1e-9, atol=1e-9)


def stage_of(task: SupervisedTask, structure: Structure, budget: Budget | None = None) -> Stage:
    network = initial_state(structure.fit(task.interface()), Streams(0))
    budget = budget or Budget(steps=40)
    return Stage(task, network, True, Streams(0).child("stage"), budget=budget)


def losses(mode: str, stage: Stage, steps: int, **keys: Any) -> list[float]:
    entry = MODES.get(mode)
    trainer = entry.build(stage, entry.settings(**keys))
    return [trainer.step().metrics["batch_loss"] for _ in range(steps)]


def test_the_mode_goes_the_way_of_sgd_through_epochs_of_unequal_batches() -> None:
    keys: dict[str, Any] = {"batch_size": 400, "optimizer": "adamw", "weight_decay": 0.1}
    keys |= {"learning_rate": 0.01, "schedule": "cosine", "clip_norm": 1.0}
    stage = stage_of(make_task("glyphs", {}), CNN(channels=(3,), norm=True), Budget(steps=14))
    eager = losses("sgd", stage, 14, **keys)
    static = losses("static", stage, 14, **keys)
    np.testing.assert_allclose(static, eager, rtol=2e-4)


def test_what_it_chose_is_said_and_kept(monkeypatch) -> None:
    task = make_task("digits", {})
    chosen = {
        executor: MODE.build(
            stage_of(task, MLP(sizes=(64, 8, 10))), StaticSettings(executor=executor)
        )
        for executor in ("auto", "planned", "interpreter")
    }
    paths = {name: trainer.choices()["path"] for name, trainer in chosen.items()}
    assert paths["auto"] == "kernel"
    assert paths["planned"].startswith("graph, planned")
    assert paths["interpreter"] == "graph, interpreter"
    chosen["planned"].step()
    state = chosen["planned"].state()
    with pytest.raises(CheckpointError, match="executor"):
        chosen["interpreter"].load(state)
    # a machine with another oneDNN
    there = not fusion.available()
    monkeypatch.setattr("vynapse.graph.execute.planned.fusion.available", lambda: there)
    stage = stage_of(task, MLP(sizes=(64, 8, 10)))
    with pytest.raises(CheckpointError, match="made its steps by 'graph, planned"):
        MODE.build(stage, StaticSettings(executor="planned")).load(state)


def test_what_cannot_be_planned_is_interpreted_and_says_so(monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise GraphError("no plan")

    monkeypatch.setattr("vynapse.trainers.static_engine.Planned", refuse)
    task = make_task("digits", {})
    trainer = MODE.build(stage_of(task, CNN(channels=(2,))), StaticSettings())
    assert trainer.choices() == {"path": "graph, interpreter"}
    with pytest.raises(GraphError, match="no plan"):
        MODE.build(stage_of(task, CNN(channels=(2,))), StaticSettings(executor="planned"))


def test_a_network_that_draws_random_numbers_is_refused_in_a_sentence(monkeypatch, tmp_path):
    (tmp_path / "static_networks.py").write_text(
        "from torch import nn\n"
        "def dropout():\n    return nn.Sequential(nn.Linear(2, 4), nn.Dropout(), nn.Linear(4, 2))\n"
        "def frozen():\n    return nn.Linear(2, 2).requires_grad_(False)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    task = make_task("spirals", {})
    with pytest.raises(ConfigError, match=r"cannot trace .*draws random numbers.*: use mode sgd"):
        MODE.build(stage_of(task, Factory(factory="static_networks:dropout")), StaticSettings())
    with pytest.raises(ConfigError, match="static needs a parameter that requires a gradient"):
        MODE.build(stage_of(task, Factory(factory="static_networks:frozen")), StaticSettings())


def test_it_computes_on_the_cpu_alone() -> None:
    stage = stage_of(make_task("xor", {}), MLP(sizes=(2, 2, 1)))
    elsewhere = Stage(stage.task, stage.network, True, stage.streams, "cuda", stage.budget)
    with pytest.raises(ConfigError, match="device: mode static computes on the CPU, got cuda"):
        MODE.build(elsewhere, StaticSettings())


def test_a_step_that_is_not_finite_is_not_made() -> None:
    x, y = np.array([[1e20], [1.0]], np.float32), np.array([[0.0], [1.0]], np.float32)
    task = ArrayTask(
        "steep", Splits(Split(x, y), Split(x[1:], y[1:]), Split(x[1:], y[1:])),
        input_shape=(1,), output_size=1, loss="mse",
    )  # fmt: skip
    stage = stage_of(task, MLP(sizes=(1, 1)))
    trainer = MODE.build(stage, StaticSettings(executor="planned", optimizer="sgd"))
    with pytest.raises(TrainingError, match=r"at step 1 with learning_rate"):
        trainer.step()
    for name, tensor in trainer.state()["network"].items():
        assert np.array_equal(tensor, stage.network.tensors[name])
