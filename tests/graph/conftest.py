# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Traces of the zoo, made once for all tests."""

from __future__ import annotations

from functools import lru_cache

import pytest
import torch

from tests.graph.zoo import make
from vynapse.graph.ir import Graph
from vynapse.graph.trace import trace


@pytest.fixture(scope="session")
def traced():
    """Name of a zoo module -> (module, example, graph)."""

    @lru_cache
    def of(name: str) -> tuple[torch.nn.Module, tuple[torch.Tensor, ...], Graph]:
        module, example = make(name)
        return module, example, trace(module, *example)

    return of


@pytest.fixture(scope="session", autouse=True)
def one_registry():
    """Torch's exporter reads its table of translations anew for each model, half a second each."""
    from torch.onnx._internal.exporter import _registration

    once = lru_cache(_registration.ONNXRegistry.from_torchlib)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_registration.ONNXRegistry, "from_torchlib", staticmethod(once))
        yield
