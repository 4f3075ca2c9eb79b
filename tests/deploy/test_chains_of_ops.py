# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Random chains of ops as loops: views of views, copies of parts, folds of what is strided."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from vynapse.deploy.engine import CEngine
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.trace import trace
from vynapse.kernels import native

pytestmark = pytest.mark.skipif(
    native.status().library is None, reason="the kernels were not compiled"
)
EXAMPLES = 400 if os.environ.get("VYNAPSE_EVIDENCE") else 8

# each takes and gives (batch, a, b, c), so that any may follow any other
Link = Callable[[Tensor, int], Tensor]
LINKS: dict[str, Link] = {
    "transpose": lambda x, k: x.transpose(1 + k % 3, 1 + (k + 1) % 3),
    "permute": lambda x, k: x.permute(0, *[1 + (n + k) % 3 for n in range(3)]),
    "slice": lambda x, k: x[:, :, k % 2 :: 2] if x.shape[2] > 1 else x,
    "select": lambda x, k: x.select(1 + k % 3, 0).unsqueeze(1 + (k + 1) % 3),
    "reshape": lambda x, k: x.reshape(len(x), 1, -1, x.shape[1 + k % 3]),
    "flip": lambda x, k: x.flip(1 + k % 3),
    "roll": lambda x, k: x.roll(1, 1 + k % 3),
    "cat": lambda x, k: torch.cat([x, -x], 1 + k % 3),
    "cat_parts": lambda x, k: torch.cat([x[:, :1], torch.tanh(x), x[:, :1]], 1),
    "split": lambda x, k: torch.split(x, max(1, x.shape[1 + k % 3] - 1), 1 + k % 3)[0].sin(),
    "stack": lambda x, k: torch.stack([x, x.exp().clamp(max=9)], 1 + k % 4).flatten(1, 2),
    "pad": lambda x, k: torch.nn.functional.pad(x, (k % 3, 1, 0, k % 2), value=0.5),
    "tanh": lambda x, k: torch.tanh(x),
    "relu": lambda x, k: torch.relu(x) - 0.1,
    "where": lambda x, k: torch.where(x > 0.1 * k, x, x.abs().sqrt()),
    "add": lambda x, k: x + x.amax(1 + k % 3, keepdim=True),
    "mul": lambda x, k: torch.tanh(x) * x.mean((1, 2), keepdim=True),
    "softmax": lambda x, k: x.softmax(1 + k % 3),
    "sum": lambda x, k: x.sum(1 + k % 3, keepdim=True).tanh(),
    "matmul": lambda x, k: torch.tanh(x @ x.transpose(-1, -2)),
    "expand": lambda x, k: x[:, :1].expand(-1, 2, -1, -1),
    "pool": lambda x, k: torch.max_pool2d(x, 2, 1, 1, ceil_mode=bool(k % 2)),
    "index": lambda x, k: x.index_select(1 + k % 3, torch.zeros(2, dtype=torch.int64)),
    "clone": lambda x, k: x.clone(memory_format=torch.contiguous_format),
}
SMALL = 4000
"""Numbers for one example from which a chain grows no more."""


class Chain(nn.Module):
    def __init__(self, links: list[tuple[str, int]]) -> None:
        super().__init__()
        self.links = links

    def forward(self, x: Tensor) -> Any:
        given = x
        for name, k in self.links:
            if x[0].numel() < SMALL or name in ("sum", "select"):
                x = LINKS[name](x, k)
        return x, given.flip(1), x.flatten(1).sum(1)


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(LINKS)), st.integers(0, 5)), min_size=1, max_size=7)
)
def test_a_chain_of_ops_computes_what_torch_computes(links):
    x = torch.randn(3, 2, 3, 4, generator=torch.Generator().manual_seed(len(links)))
    graph = trace(Chain(links), x, dynamic_batch=True)
    wanted = Interpreter(graph).run(x)
    for mine, theirs in zip(CEngine(graph).run(x), wanted, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
