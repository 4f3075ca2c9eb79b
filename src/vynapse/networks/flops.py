# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How many floating-point operations one forward pass of one example takes.

A multiply-add counts 2, an element of a pointwise result 1, an element read by a pooling, a norm
or a reduction 1; views and copies are free. A backward pass counts twice its forward.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from vynapse.core import Array
from vynapse.errors import ConfigError
from vynapse.networks.modules import (
    evaluation_mode,
    isolated_generators,
    shown_shape,
    trial_inputs,
    user_errors,
)

_FREE = frozenset(
    {"clone", "copy_", "_to_copy", "cat", "stack", "empty", "empty_like", "zeros", "zeros_like",
     "ones", "ones_like", "full", "full_like", "arange", "detach", "lift_fresh", "index_select",
     "embedding", "gather", "constant_pad_nd", "_unsafe_view", "as_strided_"}
)  # fmt: skip


class _Counter(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """To tell torch's compiler to pass over this class, torch would load it: 2 seconds."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        packet = func._overloadpacket
        if packet in flop_registry:
            rule: Callable[..., int] = flop_registry[packet]
            self.total += rule(*args, **(kwargs or {}), out_val=result)
        elif torch.Tag.pointwise in func.tags and packet.__name__ not in _FREE:
            self.total += result.numel()
        elif not func.is_view and packet.__name__ not in _FREE:
            sizes = [a.numel() for a in args if isinstance(a, torch.Tensor)]
            self.total += max(sizes, default=0)
        return result


def module_flops(
    module: nn.Module, input_shape: tuple[int, ...], examples: Array | None = None
) -> int:
    """FLOPs of one example through `module`, counted while it runs in evaluation mode.

    Args:
        module: the network, or a part of it.
        input_shape: the shape of one input.
        examples: prepared inputs (n, *input_shape) of the task, of which the first is taken; zeros
            where there are none.

    Raises:
        ConfigError: the module cannot take such an input.
    """
    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    example = trial_inputs(input_shape, examples, count=1).to(device)
    with user_errors(shown_shape(example), ConfigError):
        return call_flops(module, lambda: module(example))


def call_flops(module: nn.Module, call: Callable[[], object]) -> int:
    """FLOPs of one call of `module`, which runs in evaluation mode meanwhile.

    Args:
        module: the network.
        call: calls it.
    """
    counter = _Counter()
    with evaluation_mode(module), isolated_generators(0), torch.no_grad(), _in_parts(), counter:
        call()
    return counter.total


@contextmanager
def _in_parts() -> Iterator[None]:
    """Attention and recurrent layers are computed by operations that can be counted, not by one."""
    backends: Any = torch.backends  # its flags have the type of a descriptor
    fast = backends.mha.get_fastpath_enabled()
    onednn, cudnn = backends.mkldnn.enabled, backends.cudnn.enabled
    backends.mha.set_fastpath_enabled(False)
    backends.mkldnn.enabled = backends.cudnn.enabled = False
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        backends.mha.set_fastpath_enabled(fast)
        backends.mkldnn.enabled, backends.cudnn.enabled = onednn, cudnn
