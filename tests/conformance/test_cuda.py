# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""On a GPU every mode does what it does on the CPU, to the accuracy of float32.

Sums are in another order there, so that results differ in their last bits, and a run on `cuda` is
not promised to be the same twice. All that is exact within one pass stays exact.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.data.drawn_pictures import folder_of
from vynapse import Session, load, load_recipe
from vynapse.core import Budget, Trainer
from vynapse.esper.kasmina.attach import attach
from vynapse.esper.kasmina.blueprints import blueprint, blueprint_names, offers
from vynapse.esper.kasmina.hosts import residual, transformer
from vynapse.esper.kasmina.seed import Seed
from vynapse.esper.nissa.counterfactual import paired
from vynapse.esper.tolaria.flop_table import FlopTable
from vynapse.esper.tolaria.growing_network import GrowingNetwork
from vynapse.networks.cnn import CNN
from vynapse.networks.factory import Factory
from vynapse.networks.flops import module_flops
from vynapse.networks.mlp import MLP
from vynapse.networks.modules import predictor
from vynapse.networks.state import initial_state
from vynapse.networks.structure import Structure
from vynapse.seeding import Streams
from vynapse.settings import validate
from vynapse.tasks.registry import make_task
from vynapse.testing import check_trainer
from vynapse.trainers import feed as feed_module
from vynapse.trainers import mode as registered
from vynapse.trainers.feed import Feed
from vynapse.trainers.mode import Stage

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here")

LIFE = {"kind": "fixed", "begin": 1, "every": 9, "live_seeds": 9}
"""Seeds in all slots after the first epoch; they train for one, blend in for one, and stay."""
GROW: dict[str, Any] = {"epoch_steps": 3, "probe_examples": 40, "controller": LIFE}
NETWORKS: dict[str, Structure] = {
    "mlp": MLP(sizes=(64, 12, 8, 10), hidden="relu"),
    "cnn": CNN(channels=(4, 6)),
    "dropout": Factory(factory="vynapse_cuda_networks:dropout"),
    "recurrent": Factory(factory="vynapse_cuda_networks:Recurrent"),
}
SLOTS = {"recurrent": ("first",)}
MODES: dict[str, dict[str, Any]] = {
    "sgd": {"batch_size": 32, "clip_norm": 1.0},
    "deap": {"strategy": {"mu": 4, "offspring": 8}},
    "grow": GROW,
}


@pytest.fixture(autouse=True)
def _networks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Modules of a user's, and kernels that give the same bits twice."""
    (tmp_path / "vynapse_cuda_networks.py").write_text(
        "from torch import nn\n"
        "def dropout():\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(64, 12), nn.BatchNorm1d(12), nn.ReLU(),\n"
        "                         nn.Dropout(0.3), nn.Linear(12, 10))\n"
        "class Recurrent(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.first = nn.Linear(8, 8)\n"
        "        self.rest = nn.LSTM(8, 6, num_layers=2, dropout=0.2, batch_first=True)\n"
        "        self.head = nn.Linear(6, 10)\n"
        "    def forward(self, x):\n"
        "        output, _ = self.rest(self.first(x.flatten(1, 2)))\n"
        "        return self.head(output[:, -1])\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    ):
        yield


def stage_of(network: str, device: str = "cuda", steps: int = 6) -> Stage:
    task = make_task("digits", {})
    streams = Streams(0)
    state = initial_state(NETWORKS[network].fit(task.interface()), streams)
    stage, budget = streams.child("stage.0"), Budget(steps=steps)
    return Stage(task, state, True, stage, device=device, budget=budget)


def maker(mode: str, network: str, device: str = "cuda", **own: Any) -> Callable[[], Trainer]:
    entry = registered.MODES.get(mode)
    if mode == "grow" and network in SLOTS:
        own["slots"] = SLOTS[network]
    settings = validate(entry.settings, MODES[mode] | own, mode)
    return lambda: entry.build(stage_of(network, device), settings)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("mode", MODES)
def test_a_mode_keeps_its_promises(mode: str, network: str) -> None:
    check_trainer(maker(mode, network))


@pytest.mark.parametrize("isolation", ["shadow", "straight_through", "frozen", "joint"])
@pytest.mark.parametrize("network", ["mlp", "cnn", "recurrent"])
def test_growth_is_that_of_the_cpu_to_the_accuracy_of_float32(network: str, isolation: str) -> None:
    training = {"learning_rate": 0.01, "optimizer": "sgd", "batch_size": 32}
    own = {"isolation": isolation, "training": training}
    here, there = (maker("grow", network, device, **own)() for device in ("cpu", "cuda"))
    for _ in range(6):
        one, other = here.step(), there.step()
        assert other.events == one.events or network == "recurrent"
        assert other.cost.flops == one.cost.flops
        loss = one.metrics["validation_loss"]
        # dropout draws other numbers there
        assert network == "recurrent" or other.metrics["validation_loss"] == pytest.approx(
            loss, rel=1e-3
        )


@pytest.mark.parametrize("network", ["mlp", "cnn", "recurrent"])
@pytest.mark.parametrize("profile", ["standard", "deep"])
def test_profiles_measure_what_they_do_on_the_cpu(network: str, profile: str) -> None:
    trainer = maker("grow", network, profile=profile)()
    names = {name for _ in range(4) for name in trainer.step().metrics}
    wanted = maker("grow", network, "cpu", profile=profile)()
    assert names == {name for _ in range(4) for name in wanted.step().metrics}


@pytest.mark.parametrize("seed", range(3))
def test_alpha_0_is_the_host_and_an_identity_seed_is_worth_nothing(seed: int) -> None:
    torch.manual_seed(seed)
    host = residual(10, (1, 24, 24), (8, 16, 32)).cuda()
    network = attach(host, ["stage1"], (1, 24, 24)).cuda().eval()
    slot = network.slot("stage1")
    inputs = torch.randn(50, 1, 24, 24, device="cuda")
    targets = torch.randint(10, (50,), device="cuda")
    before = network(inputs)
    body = nn.Conv2d(16, 16, 3, padding=1)
    slot.plant("s0", Seed(body, "body", "add", slot.shape).cuda(), alpha=1.0)
    slot.flow = "open"
    assert torch.equal(network(inputs, alpha={"stage1": 0.0}), before)

    def worth() -> float:
        batches, on, off = [(inputs, targets)], {"stage1": 1.0}, {"stage1": 0.0}
        found = paired(network, nn.functional.cross_entropy, batches, on, off, unit="nats")
        assert found is not None
        return found.value

    assert worth() != 0
    for parameter in body.parameters():
        nn.init.zeros_(parameter)
    assert worth() == 0


@pytest.mark.parametrize(("make", "shape"), [(residual, (3, 32, 32)), (transformer, (16,))])
def test_operations_are_counted_as_on_the_cpu(make: Any, shape: tuple[int, ...]) -> None:
    host = make(10, shape)
    assert module_flops(host.cuda(), shape) == module_flops(host.cpu(), shape)
    task = make_task("digits", {})
    state = initial_state(NETWORKS["cnn"].fit(task.interface()), Streams(0))
    prices = []
    for device in ("cpu", "cuda"):
        network = GrowingNetwork(state, None, task.input_shape, torch.device(device))
        prices.append(FlopTable(network).network())
    assert prices[0] == prices[1]


@pytest.mark.parametrize("shape", [(8, 6, 6), (8, 16), (16,)])
def test_every_blueprint_has_the_operations_that_it_has_on_the_cpu(shape: tuple[int, ...]) -> None:
    for offer in offers(blueprint_names(), shape):
        seed = Seed(blueprint(offer.blueprint).body(shape), offer.blueprint, "add", shape)
        assert module_flops(seed.cuda(), shape) == module_flops(seed.cpu(), shape)


def test_a_network_is_grown_and_then_pruned_on_a_gpu(tmp_path: Path) -> None:
    grown = load_recipe(
        task="digits",
        mode="grow",
        overrides=[
            "device=cuda", "network={cnn: {channels: [4, 6]}}", "budget={steps: 5}",
            "epoch_steps=5", "controller={kind: fixed, begin: 1, every: 9, live_seeds: 9}",
        ],
    )  # fmt: skip
    session = Session.create(grown, tmp_path / "grown")
    summary = session.run()
    assert summary["device"] == "cuda"
    assert not summary["reproducible"]
    pruned = load_recipe(
        task="digits",
        mode="grow",
        overrides=[
            "device=cuda", f"weights={tmp_path / 'grown'}", "budget={steps: 8}", "epoch_steps=5",
            "controller={kind: pruning, target: 0.8}",
        ],
    )  # fmt: skip
    smaller = Session.create(pruned, tmp_path / "pruned").run()
    assert smaller["parameters"] < summary["parameters"]
    module = load(tmp_path / "pruned").module()
    task = make_task("digits", {})
    assert np.isfinite(task.evaluate(predictor(module), "validation").loss)


def test_batches_read_ahead_arrive_as_on_the_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "_KEEP_BYTES", 0)
    options = {"path": str(folder_of(tmp_path / "data")), "augment": ["flip"]}
    found = []
    for device, threads in (("cpu", 0), ("cuda", 0), ("cuda", 3)):
        task = make_task("images", {**options, "loader": {"threads": threads, "ahead": 6}})
        feed = Feed(task, 4, Streams(1), torch.device(device))
        batches = [feed.batch(step) for step in range(40)]
        assert batches[0][0].device.type == device
        feed.close()
        found.append([(inputs.cpu(), targets.cpu()) for inputs, targets in batches])
    for other in found[1:]:
        for batch, twin in zip(found[0], other, strict=True):
            assert all(map(torch.equal, batch, twin))
