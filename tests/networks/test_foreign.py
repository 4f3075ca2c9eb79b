# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Users' modules and weights: what can work works, what cannot is named, in every mode alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file, save_model
from torch import nn

import vynapse
from tests.networks.zoo import Tied
from vynapse.errors import ConfigError, VynapseError
from vynapse.esper.kasmina.attach import attach
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.experiment.weights import read_weights
from vynapse.networks.foreign import ready, tied
from vynapse.networks.modules import build, to_tensors
from vynapse.networks.structure import parse_network
from vynapse.networks.tensors import as_array, problem_of

HERE = "tests.networks.test_foreign"
VECTORS = "tests.networks.zoo_tasks:vectors"
MODES = ["sgd", "deap", "grow"]


class Around(nn.Module):
    """A small network with something unusual in it."""

    def __init__(self, prepare: Callable[[nn.Module], object] = lambda _: None) -> None:
        super().__init__()
        self.a, self.act, self.b = nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)
        prepare(self)

    def forward(self, x):
        return self.b(self.act(self.a(x)))


def lazy():
    return nn.Sequential(nn.LazyLinear(6), nn.Tanh(), nn.LazyLinear(2))


class Extra(Around):
    def __init__(self, state):
        super().__init__()
        self.state = state

    def get_extra_state(self):
        if self.state == "raise":
            raise KeyError("state")
        return self.state

    def set_extra_state(self, state):
        self.state = state


def extra():
    return Extra({"steps": 3})


def extra_raises():
    return Extra("raise")


def extra_tensor():
    return Extra(torch.tensor([3.0, 4.0]))


class Half(Around):
    def __init__(self, dtype):
        super().__init__(lambda m: m.to(dtype))

    def forward(self, x):
        return super().forward(x.to(self.a.weight.dtype)).float()


def bfloat16():
    return Half(torch.bfloat16)


def float64():
    return Half(torch.float64)


def complex_parameter():
    return Around(lambda m: m.register_parameter("w", nn.Parameter(torch.ones(2) * 1j)))


def complex_buffer():
    return Around(lambda m: m.register_buffer("w", torch.ones(2) * 1j))


def meta():
    return Around(lambda m: m.a.to("meta"))


def sparse():
    return Around(lambda m: m.register_buffer("w", torch.eye(3).to_sparse()))


def quantized(tensor):
    return torch.quantize_per_tensor(tensor, 0.1, 0, torch.qint8)


def huge_sparse():
    return torch.sparse_coo_tensor(torch.tensor([[0]]), torch.tensor([1.0]), (10**13,))


def quantised():
    return Around(lambda m: m.register_buffer("w", quantized(torch.ones(2))))


def scripted():
    with pytest.warns(DeprecationWarning, match="torch.jit.script"):
        return torch.jit.script(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)))


def empty():
    return Around(lambda m: m.register_parameter("e", nn.Parameter(torch.empty(0, 3))))


def expanded():
    def change(m):
        m.a.bias = nn.Parameter(torch.zeros(1).expand(4))
        m.register_buffer("ones", torch.ones(1).expand(3, 2))

    return Around(change)


def wide():
    return Around(lambda m: setattr(m, "b", nn.Linear(4, 3)))


REFUSED = {
    "lazy": "'0.weight' has no shape before data pass through it",
    "extra": "a dict under '_extra_state'",
    "extra_raises": "KeyError: 'state' (tests/networks/test_foreign.py, line",
    "complex_parameter": "'w' is complex (complex64)",
    "complex_buffer": "'w' is complex (complex64)",
    "meta": "'a.weight' has no values (device meta)",
    "sparse": "'w' is sparse",
    "quantised": "'w' is qint8, which is not supported",
    "wide": "outputs of shape (2, 2) were wanted for 2 examples, the module gives (2, 3)",
}


def started(mode: str, name: str, tmp_path: Path, *keys: str) -> Session:
    keys = (f"network={{factory: '{HERE}:{name}'}}", "budget.steps=2", *keys)
    if mode == "grow":
        keys += ("slots=[act]",)
    return Session.create(load_recipe(task=VECTORS, mode=mode, overrides=list(keys)), tmp_path)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
def test_what_cannot_work_is_named_before_the_run(name: str, mode: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape(REFUSED[name])) as caught:
        started(mode, name, tmp_path / "run")
    assert str(caught.value).startswith("network")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["empty", "expanded", "extra_tensor"])
def test_what_can_work_works(name: str, mode: str, tmp_path: Path) -> None:
    started(mode, name, tmp_path / "run").run()
    module = vynapse.load(tmp_path / "run").module()
    assert module(torch.ones(1, 3)).shape == (1, 2)


@pytest.mark.parametrize(("name", "mode"), [("bfloat16", "sgd"), ("bfloat16", "grow"),
                                            ("float64", "sgd"), ("float64", "grow")])  # fmt: skip
def test_other_kinds_of_number_are_kept_exactly(name: str, mode: str, tmp_path: Path) -> None:
    keys = ["checkpoint.every_steps=1"]
    whole = started(mode, name, tmp_path / "a", *keys).run()
    found = vynapse.load(tmp_path / "a")
    again = to_tensors(build(found.network.structure, found.network.tensors))
    assert all(np.array_equal(again[key], found.network.tensors[key]) for key in again)
    session = started(mode, name, tmp_path / "b", *keys)

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session.run([stop])
    assert Session.open(tmp_path / "b").run()["network_sha256"] == whole["network_sha256"]


@pytest.mark.parametrize("name", ["bfloat16", "float64"])
def test_evolution_names_the_kind_of_number(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"float32 were wanted: 'a.weight' is {name}"):
        started("deap", name, tmp_path / "run")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("mode", "verb"), [("deap", "be evolved"), ("grow", "grow")])
def test_a_scripted_module_is_refused_where_it_cannot_work(mode: str, verb: str) -> None:
    with pytest.raises(ConfigError, match=f"compiled by torch.jit, so that it cannot {verb}"):
        started(mode, "scripted", Path("never"))
    with pytest.raises(ConfigError, match="compiled by torch.jit"):
        attach(scripted(), ["1"], (3,))


def test_slots_behind_parts_of_a_module_of_doubles() -> None:
    network = attach(Around().double(), ["act"], (3,))
    assert network(torch.ones(2, 3, dtype=torch.float64)).dtype == torch.float64


PLAIN = parse_network({"factory": f"{HERE}:Around"})
MLP = parse_network({"mlp": [3, 4, 2]})


def weights(path: Path, structure=PLAIN):
    from vynapse.core import Interface

    interface = Interface("vectors", (3,), 2)
    return read_weights(path, structure.fit(interface), interface)


def state(**changes) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return Around().state_dict() | changes


BAD = {
    "complex": (lambda s: {k: v + 1j for k, v in s.items()}, "is complex (complex64)"),
    "one complex": (lambda s: s | {"b.bias": s["b.bias"] * 1j}, "'b.bias' is complex"),
    "too large": (lambda s: {k: v.double() * 1e300 for k, v in s.items()},
                  "'a.weight' holds values too large for float32"),
    "not finite": (lambda s: s | {"a.bias": s["a.bias"] / 0}, "'a.bias' holds values that are not"),
    "whole numbers": (lambda s: {k: v.to(torch.int8) for k, v in s.items()},
                      "floating-point numbers were wanted, got int8"),
    "booleans": (lambda s: s | {"a.bias": s["a.bias"] > 0},
                 "floating-point numbers were wanted, got bool"),
    "quantised": (lambda s: s | {"a.bias": quantized(s["a.bias"])},
                  "'a.bias' is qint8"),
    "a huge sparse": (lambda s: s | {"a.bias": huge_sparse()},
                      "'a.bias' of shape (4,) was wanted"),
    "a huge expanded": (lambda s: s | {"a.bias": torch.zeros(1).expand(10**13)},
                        "'a.bias' of shape (4,) was wanted"),
    "data parallel": (lambda s: {f"module.{k}": v for k, v in s.items()},
                      "the file's names begin with 'module.': take off"),
    "compiled": (lambda s: {f"_orig_mod.{k}": v for k, v in s.items()},
                 "the file's names begin with '_orig_mod.': take off"),
    "lightning": (lambda s: {"state_dict": s, "epoch": 3}, "got OrderedDict under 'state_dict'"),
    "an optimiser": (lambda s: {"lr": 0.1, **s}, "got float under 'lr'"),
    "a list": (lambda s: list(s.values()), "got list: save"),
}  # fmt: skip


@pytest.mark.parametrize("structure", [PLAIN, MLP], ids=["factory", "mlp"])
@pytest.mark.parametrize("name", BAD)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_weights_that_cannot_be_used_are_named(name: str, structure, tmp_path: Path) -> None:
    change, sentence = BAD[name]
    own = state()
    if structure is MLP:
        renamed = {"a": "0", "b": "2"}
        own = {f"{renamed[k[0]]}{k[1:]}": v for k, v in own.items()}
    changed = change(state())
    if structure is MLP and isinstance(changed, dict):
        changed = {re.sub(r"(^|\.)(a|b)\.", lambda m: f"{m[1]}{renamed[m[2]]}.", k): v
                   for k, v in changed.items()}  # fmt: skip
        sentence = sentence.replace("'a.", "'0.").replace("'b.", "'2.")
    torch.save(changed, tmp_path / "w.pt")
    with pytest.raises(ConfigError, match=re.escape(sentence)) as caught:
        weights(tmp_path / "w.pt", structure)
    assert "\n" not in str(caught.value)


GOOD = {
    "bfloat16": lambda v: v.to(torch.bfloat16),
    "float16": lambda v: v.half(),
    "float64": lambda v: v.double(),
    "float8": lambda v: v.to(torch.float8_e4m3fn),
    "transposed": lambda v: v.t().contiguous().t() if v.dim() == 2 else v,
    "a parameter": nn.Parameter,
}


@pytest.mark.parametrize("structure", [PLAIN, MLP], ids=["factory", "mlp"])
@pytest.mark.parametrize("name", [*GOOD, "sparse", "expanded"])
def test_weights_in_other_forms_are_read_exactly(name: str, structure, tmp_path: Path) -> None:
    own = state(**{"a.bias": torch.zeros(1).expand(4)})
    names = {"a": "0", "b": "2"} if structure is MLP else {"a": "a", "b": "b"}
    own = {f"{names[k[0]]}{k[1:]}": v for k, v in own.items()}
    forms = GOOD | {"sparse": torch.Tensor.to_sparse, "expanded": lambda v: v}
    given = {key: forms[name](value) for key, value in own.items()}
    torch.save(given, tmp_path / "w.pt")
    files = ["w.pt"]
    if name in ("bfloat16", "float8", "float16"):
        save_file({key: value.clone() for key, value in given.items()}, tmp_path / "w.safetensors")
        files.append("w.safetensors")
    for file in files:
        found = weights(tmp_path / file, structure).tensors
        for key, value in given.items():
            plain = value.detach().to_dense() if value.layout != torch.strided else value.detach()
            assert np.array_equal(found[key], plain.float().numpy()), key
            assert found[key].dtype == np.float32


def test_masks_that_a_module_begins_with_need_not_be_finite(tmp_path: Path) -> None:
    structure = parse_network({"factory": "tests.networks.zoo:hf_like"})
    own = build(structure).state_dict()
    torch.save(own, tmp_path / "w.pt")
    assert np.isinf(weights(tmp_path / "w.pt", structure).tensors["model.mask"]).any()
    torch.save(own | {"model.mask": own["model.mask"].T * 1.0}, tmp_path / "w.pt")
    with pytest.raises(ConfigError, match=r"model.mask' holds values that are not finite"):
        weights(tmp_path / "w.pt", structure)


def test_buffers_of_whole_numbers_lose_nothing(tmp_path: Path) -> None:
    structure = parse_network({"factory": "tests.networks.zoo:buffers"})
    own = build(structure).state_dict()
    torch.save(own | {"calls": torch.tensor(3.0)}, tmp_path / "w.pt")
    assert weights(tmp_path / "w.pt", structure).tensors["calls"] == 3
    torch.save(own | {"calls": torch.tensor(2.5)}, tmp_path / "w.pt")
    with pytest.raises(ConfigError, match="values of int64 were wanted, got float32"):
        weights(tmp_path / "w.pt", structure)


def test_tied_weights_that_a_file_holds_once(tmp_path: Path) -> None:
    structure = parse_network({"factory": "tests.networks.zoo:tied"})
    torch.manual_seed(1)
    module = Tied()
    save_model(module, str(tmp_path / "tied.safetensors"))
    own = module.state_dict()
    for left_out in ("embed.weight", "out.weight"):
        torch.save({k: v for k, v in own.items() if k != left_out}, tmp_path / f"{left_out}.pt")
    for file in ("tied.safetensors", "embed.weight.pt", "out.weight.pt"):
        found = weights(tmp_path / file, structure).tensors
        assert list(found) == list(own)
        assert all(np.array_equal(found[key], own[key].numpy()) for key in own)
    torch.save(own | {"out.weight": own["out.weight"] + 1}, tmp_path / "two.pt")
    with pytest.raises(ConfigError, match="are one weight in the network, the file has two"):
        weights(tmp_path / "two.pt", structure)
    assert tied(module.state_dict().items()) == {"out.weight": "embed.weight"}


@pytest.mark.parametrize("content", [b"hello", b"", b"\x80\x02.", b"PK\x03\x04", b"\x00" * 64])
@pytest.mark.parametrize("suffix", ["pt", "pth", "safetensors"])
def test_a_file_of_something_else(content: bytes, suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"w.{suffix}"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        weights(file)
    said = str(caught.value)
    assert said.startswith(f"weights: {file}")
    assert re.search(r"damaged|empty|cannot be read|state dict of names", said)
    assert not re.search(r"cannot be read: \S+$", said), said


@pytest.mark.parametrize("tensor", [
    torch.tensor([1, 2, 3], dtype=torch.uint16), torch.tensor(True), torch.ones(2, 0),
    torch.ones(2, 3).T, torch.view_as_complex(torch.ones(2, 2)).imag, torch.ones(2).conj(),
    torch.ones(3, dtype=torch.float8_e5m2), torch.ones(1).expand(4), torch.eye(2).to_sparse(),
    torch._neg_view(torch.ones(2)),
])  # fmt: skip
def test_arrays_share_nothing_with_their_tensors(tensor: torch.Tensor) -> None:
    assert problem_of(tensor) is None
    array = as_array(tensor)
    assert array.shape == tuple(tensor.shape)
    assert np.array_equal(
        array, np.asarray(tensor.to_dense().tolist(), array.dtype).reshape(array.shape)
    )
    array[...] = 0
    assert tensor.numel() == 0 or as_array(tensor).any()


def test_a_module_is_made_ready_once() -> None:
    module = Around()
    assert ready(module) is module
    with pytest.raises(VynapseError):
        ready(Extra({"steps": 3}))
