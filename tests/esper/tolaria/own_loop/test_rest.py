# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What comes out of a user's loop keeps the call of the model, and can be traced and exported."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import vynapse
from tests.esper.tolaria.own_loop.loops import Loop, Scripted, host
from vynapse.errors import ConfigError
from vynapse.esper.leyline.actions import Germinate
from vynapse.esper.tolaria.own_loop.grower import Grower


class Tagger(nn.Module):
    """Tokens and a mask by name, labels where they are known; it answers with a mapping."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(11, 8)
        self.mix = nn.Sequential(nn.Linear(8, 8), nn.GELU())
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(8, 3)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor | None = None
    ) -> dict[str, Tensor]:
        h = self.drop(self.mix(self.embed(input_ids)))
        weights = attention_mask.unsqueeze(-1).to(h.dtype)
        logits = self.head((h * weights).sum(1) / weights.sum(1))
        if labels is None:
            return {"logits": logits}
        return {"logits": logits, "loss": nn.functional.cross_entropy(logits, labels)}


class Hoarder(nn.Module):
    """It keeps its parts in a list of its own, and calls them from there."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Sequential(nn.Linear(6, 8), nn.ReLU()), nn.Linear(8, 3)
        self.__dict__["hoard"] = [self.one, self.two]

    def forward(self, x: Tensor) -> Tensor:
        for part in self.__dict__["hoard"]:
            x = part(x)
        return x


def words(count: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(count)
    tokens = torch.randint(0, 11, (count, 5), generator=generator)
    mask = torch.ones(count, 5, dtype=torch.long)
    return {"input_ids": tokens, "attention_mask": mask, "labels": tokens[:, 0] % 3}


def germinating(place: str, blueprint: str) -> Scripted:
    return Scripted({1: (Germinate(place, blueprint),)})


def helped(grower: Grower) -> Tensor:
    """What a validation says is not the matter here: seeds lower the loss by 0.1."""
    slots = grower.model.get_submodule("vynapse_growth").children()
    live = any(slot.override.get("s0", 1.0) for slot in slots if slot.shares)  # type: ignore[operator, union-attr]
    return torch.ones(9) - 0.1 * float(live)


def finished(
    model: nn.Module, place: str, blueprint: str, step: Callable[[], Tensor], **given: Any
) -> Grower:
    """A grower whose seed has learnt from `step`, and has become a part."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    grower = vynapse.grow(
        model, optimizer, slots=[place], controller=germinating(place, blueprint), **given
    )
    for epoch in range(3):
        for _ in range(4):
            optimizer.zero_grad()
            loss = step()
            loss.backward()
            optimizer.step()
            grower.after_step(loss)
        grower.after_epoch(lambda: helped(grower))
        assert len(grower.events) == 2 * (epoch >= 0)
    grower.finish()
    assert grower.events[-1]["data"]["to"] == "fossilized"
    return grower


def grown_tagger() -> Tagger:
    torch.manual_seed(0)
    model, batch = Tagger(), words(12)
    finished(model, "mix", "mlp", lambda: model(**batch)["loss"], example_inputs=batch)
    return model.eval()


def grown_chain() -> tuple[nn.Module, Grower]:
    loop = Loop(grows=False)
    step = lambda: loop.losses().mean()  # noqa: E731
    grower = finished(loop.model, "1", "mlp", step, example_inputs=loop.x)
    return loop.model.eval(), grower


def test_a_model_with_arguments_by_name_keeps_its_call() -> None:
    model = grown_tagger()
    fresh = inspect.signature(Tagger().forward)
    assert inspect.signature(model.forward) == fresh
    batch = words(3)
    by_name = model(**batch)
    assert by_name.keys() == {"logits", "loss"}
    assert torch.equal(by_name["logits"], model(*batch.values())["logits"])
    assert model(batch["input_ids"], attention_mask=batch["attention_mask"]).keys() == {"logits"}


def test_a_model_with_arguments_by_name_is_exported_with_a_free_batch() -> None:
    model, batch = grown_tagger(), torch.export.Dim("batch", min=2, max=64)
    given = {key: value for key, value in words(4).items() if key != "labels"}
    shapes = {"input_ids": {0: batch}, "attention_mask": {0: batch}}
    program = torch.export.export(model, (), given, dynamic_shapes=shapes)
    other = {key: value for key, value in words(9).items() if key != "labels"}
    assert torch.allclose(program.module()(**other)["logits"], model(**other)["logits"], atol=1e-6)


SCRIPT = """
import torch
from tests.esper.tolaria.own_loop.test_rest import grown_chain, grown_tagger, words

module, _ = grown_chain()
x = torch.randn(7, 6)
assert torch.equal(torch.fx.symbolic_trace(module)(x), module(x))
assert torch.equal(torch.jit.script(module)(x), module(x))
tagger, batch = grown_tagger(), words(9)
traced = torch.fx.symbolic_trace(tagger, concrete_args={"labels": None})
found = traced(batch["input_ids"], batch["attention_mask"], None)["logits"]
assert torch.equal(found, tagger(**batch)["logits"])
"""


def test_it_is_traced_symbolically_and_scripted() -> None:
    # in a process without checks of types at run time, which refuse the tracer's stand-ins
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_chain_is_exported_with_a_free_batch(tmp_path: Path) -> None:
    module, _ = grown_chain()
    x = torch.randn(7, 6)
    wanted = module(x)
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.export.export(module, (torch.zeros(2, 6),), dynamic_shapes=({0: batch},))
    assert torch.allclose(program.module()(x), wanted, atol=1e-6)
    file = tmp_path / "grown.onnx"
    torch.onnx.export(
        module, (torch.zeros(2, 6),), file, dynamo=False, input_names=["x"],
        dynamic_axes={"x": {0: "batch"}},
    )  # fmt: skip
    runtime = pytest.importorskip("onnxruntime")
    found = runtime.InferenceSession(str(file)).run(None, {"x": x.numpy()})[0]
    assert torch.allclose(torch.tensor(found), wanted, atol=1e-5)


def test_a_compiled_model_grows_within_and_compiles_when_finished() -> None:
    loop = Loop(grows=False)
    compiled = torch.compile(loop.model, backend="eager")
    assert isinstance(compiled, nn.Module)
    compiled(loop.x[:64])
    optimizer = torch.optim.Adam(loop.model.parameters(), lr=0.01)
    grower = vynapse.grow(
        compiled, optimizer, example_inputs=loop.x[:4], controller=germinating("1", "mlp"),
        slots=["1"],
    )  # fmt: skip
    assert grower.model is compiled
    for _ in range(3):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(compiled(loop.x[:64]), loop.y[:64])
        loss.backward()
        optimizer.step()
        grower.after_step(loss)
        grower.after_epoch(loop.losses)
    seed = loop.model.get_parameter("vynapse_growth.1.seeds.s0.body.3.weight")
    assert seed.any(), "the compiled model passes by its slot"
    compiled.eval()
    assert torch.allclose(compiled(loop.x), loop.model(loop.x), atol=1e-6)
    grower.finish()
    assert torch.allclose(compiled(loop.x), loop.model(loop.x), atol=1e-6)


def test_a_finished_chain_is_a_network_that_grows_on(tmp_path: Path) -> None:
    module, grower = grown_chain()
    network = grower.network()
    x = torch.randn(7, 6)
    assert network.structure.kind == "grown"
    assert torch.allclose(network.module()(x), module(x), atol=1e-6)
    network.save(tmp_path / "grown.safetensors")
    again = vynapse.NetworkState.read(tmp_path / "grown.safetensors")
    assert torch.allclose(torch.tensor(again.predictor()(x.numpy())), module(x), atol=1e-6)
    with torch.no_grad():
        next(module.parameters()).zero_()
    assert not grower.network().tensors["0.weight"].any(), "with the weights of now"


def test_what_cannot_be_made_from_data_says_so() -> None:
    loop = Loop()
    assert loop.grower is not None
    with pytest.raises(ConfigError, match="call finish"):
        loop.grower.network()
    torch.manual_seed(0)
    model, batch = Tagger(), words(12)
    grower = finished(model, "mix", "mlp", lambda: model(**batch)["loss"], example_inputs=batch)
    with pytest.raises(ConfigError, match="torch.export"):
        grower.network()


def test_a_host_with_parts_in_a_list_of_its_own_keeps_the_hooks() -> None:
    torch.manual_seed(0)
    model = Hoarder()
    x = torch.randn(12, 6)
    step = lambda: model(x).square().mean()  # noqa: E731
    finished(model, "one", "mlp", step, example_inputs=x)
    assert any("vynapse_growth" in name for name in model.state_dict())
    with_fossil = model(x)
    slot = model.get_submodule("vynapse_growth.one")
    slot.override = {"s0": 0.0}  # type: ignore[assignment]
    assert not torch.equal(model(x), with_fossil)


def test_parts_of_a_chain_are_still_found_by_their_names() -> None:
    model = host()
    weights = list(model.state_dict())
    optimizer = torch.optim.Adam(model.parameters())
    vynapse.grow(model, optimizer, example_inputs=torch.zeros(2, 6))
    assert list(model.state_dict()) == weights
    assert model[0] is model.get_submodule("0")
