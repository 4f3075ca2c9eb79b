# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What runs in one call: its nodes, who ran them, and the tensors that somebody noted."""

import torch
from torch import Tensor, nn

from vynapse.graph.watching import Watch, watched


def test_nodes_owners_notes_and_several_results() -> None:
    linear, x = nn.Linear(3, 2), torch.randn(4, 3)
    held, kept = dict(linear.named_parameters()), list[Watch]()

    def call() -> dict[str, Tensor | list[Tensor]]:
        (watch,) = kept
        watch.enter("linear")
        h = linear(x)
        watch.enter("inside")
        watch.note("before", h)
        h = torch.relu(h)
        watch.leave()
        h = h + 1
        watch.leave()
        return {"one": h, "more": [h * 2, x]}

    found = watched(call, {"x": x}, held, kept.append)
    assert found is not None
    assert found.single is None
    ran = {name: found.nodes[name].op for name in found.owners}
    assert [(ran[name].split(".")[1], found.owners[name]) for name in ran][-3:] == [
        ("relu", "inside"), ("add", "linear"), ("mul", ""),
    ]  # fmt: skip
    relu = next(name for name, op in ran.items() if op == "aten.relu.default")
    assert found.nodes[relu].sources == (found.noted["before"],)
    assert len(found.results) == 3
    assert found.results[2] == "x"
    assert {"x", "weight", "bias"} <= found.nodes.keys()


def test_a_call_that_fails_or_depends_on_nothing_is_not_known() -> None:
    x = torch.randn(2)

    def fails() -> Tensor:
        raise RuntimeError("no")

    assert watched(fails, {"x": x}, {}) is None
    assert watched(lambda: None, {"x": x}, {}) is None
    single = watched(lambda: x * 2, {"x": x}, {})
    assert single is not None
    assert single.single == single.results[0]
