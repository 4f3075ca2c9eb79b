# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Modules of users made ready: what can be put right is, what cannot is refused in a sentence."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from vynapse.errors import ConfigError
from vynapse.networks.tensors import overlaps, problem_of
from vynapse.user_code import guarded


def ready(module: nn.Module) -> nn.Module:
    """A fresh module as it can be trained, kept and made again.

    What `torch.compile` has wrapped is unwrapped: compiling anew for every process, and for every
    part that grows, would take longer than it saves. Tensors that were expanded get memory of
    their own, since they could not be updated.

    Raises:
        ConfigError: a weight or a buffer cannot be kept as an array, or the module has a state
            beside them.
    """
    module = _uncompiled(module)
    for name, tensor in state_of(module).items():
        problem = problem_of(tensor)
        if problem is None and tensor.layout != torch.strided:
            problem = "is sparse, which cannot be trained here: use a dense tensor"
        if problem is not None:
            raise ConfigError(f"network: {name!r} {problem}")
    _separate(module)
    return module


def state_of(module: nn.Module) -> dict[str, Tensor]:
    """The tensors of the state dict themselves, not copies of them.

    Raises:
        ConfigError: it holds something else, or cannot be had.
    """
    with guarded("network: its state cannot be had", ConfigError):
        state = dict(module.state_dict(keep_vars=True))
    for name, value in state.items():
        if not isinstance(value, Tensor):
            raise ConfigError(
                f"network: its state dict holds a {type(value).__name__} under {name!r}, tensors "
                "were wanted: keep what get_extra_state returns in buffers (register_buffer), or "
                "as a tensor"
            )
    return state


def tied(tensors: Iterable[tuple[str, Tensor]]) -> dict[str, str]:
    """Names of tensors that are one and the same -> the first name of each.

    Args:
        tensors: the tensors of a state dict, by name.
    """
    first: dict[tuple[object, ...], str] = {}
    names = {}
    for name, tensor in tensors:
        if tensor.layout == torch.strided and tensor.numel():
            key = (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype)
            names[name] = first.setdefault(key, name)
    return {name: other for name, other in names.items() if name != other}


def refuse_scripted(module: nn.Module, purpose: str) -> None:
    """Refuse what TorchScript has compiled, which takes neither hooks nor weights from outside.

    Args:
        module: the network.
        purpose: what it cannot be used for, e.g. "grow".

    Raises:
        ConfigError: a part of it is scripted or traced.
    """
    for name, part in module.named_modules():
        if isinstance(part, torch.jit.ScriptModule):
            what = f"its part {name!r}" if name else "the module"
            raise ConfigError(
                f"network: {what} is compiled by torch.jit, so that it cannot {purpose}: return "
                "the module as it was before torch.jit.script or torch.jit.trace"
            )


def _uncompiled(module: nn.Module) -> nn.Module:
    """The module without what `torch.compile` has put around it and its parts."""
    while isinstance(inner := getattr(module, "_orig_mod", None), nn.Module):
        module = inner
    for part in list(module.modules()):
        if getattr(part, "_compiled_call_impl", None) is not None:  # from module.compile()
            part._compiled_call_impl = None
        for key, child in list(part._modules.items()):
            if child is not None and isinstance(getattr(child, "_orig_mod", None), nn.Module):
                part._modules[key] = _uncompiled(child)
    return module


def _separate(module: nn.Module) -> None:
    """Give tensors whose elements share memory some of their own."""
    for parameter in module.parameters():
        if overlaps(parameter):
            parameter.data = parameter.data.clone(memory_format=torch.contiguous_format)
    for name, buffer in module.named_buffers():
        if overlaps(buffer):
            owner, _, key = name.rpartition(".")
            alone = buffer.clone(memory_format=torch.contiguous_format)
            setattr(module.get_submodule(owner), key, alone)
