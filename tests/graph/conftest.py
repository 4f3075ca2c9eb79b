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
