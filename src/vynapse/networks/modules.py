# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Networks as ordinary `torch.nn` modules: made, loaded, run, and kept from global generators."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import nn

from vynapse.core import Array, Predict
from vynapse.errors import ConfigError, TrainingError


@runtime_checkable
class Modular(Protocol):
    """What a module is made from: a structure."""

    def module(self) -> nn.Module:
        """A fresh module; it may draw from the global generators."""
        ...


@contextmanager
def isolated_generators(seed: int) -> Iterator[None]:
    """Seed the global generators of torch, NumPy and Python inside; put them back afterwards.

    Code that is not ours (`nn.Linear`, `nn.Dropout`, a user's factory) draws from them.
    """
    python_state, numpy_state = random.getstate(), np.random.get_state()
    cuda = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices=cuda):
        # what torch.manual_seed does, but that loads torch's compiler, and formats the stack
        torch.default_generator.manual_seed(seed)
        if cuda:
            torch.cuda.manual_seed_all(seed)
        np.random.seed(seed & 0xFFFFFFFF)
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(python_state)
            np.random.set_state(numpy_state)


@contextmanager
def user_errors(
    what: str, kind: type[ConfigError | TrainingError] = TrainingError
) -> Iterator[None]:
    """Turn what torch or a user's module raises about its input into one sentence.

    Args:
        what: the input, for the sentence.
        kind: the error to raise; the original one is its cause.
    """
    try:
        yield
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise kind(f"network: it cannot take {what}: {first}") from error


@contextmanager
def evaluation_mode(module: nn.Module) -> Iterator[None]:
    """The module in evaluation mode inside; afterwards each part is in its own mode again."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


@contextmanager
def recurrence_without_cudnn(parts: Iterable[nn.Module]) -> Iterator[None]:
    """No cuDNN inside where a part is recurrent: gradients pass through it in evaluation mode too.

    What cuDNN computes of a recurrent layer can be differentiated in training mode alone, and once.
    """
    recurrent = any(isinstance(part, nn.RNNBase) for part in parts)
    with torch.backends.cudnn.flags(enabled=False) if recurrent else nullcontext():
        yield


def build(structure: Modular, tensors: dict[str, Array] | None = None) -> nn.Module:
    """A module of this structure, with the given weights or torch's own initialisation.

    Raises:
        ConfigError: a factory fails, or tensors do not fit the module.
    """
    with isolated_generators(0):
        module = structure.module()
    if tensors is not None:
        load_tensors(module, tensors)
    return module


def initialise(structure: Modular, seed: int) -> dict[str, Array]:
    """Tensors of a fresh module that initialised itself under `seed`."""
    with isolated_generators(seed):
        return to_tensors(structure.module())


def to_tensors(module: nn.Module) -> dict[str, Array]:
    """The module's state dict as NumPy arrays that share no memory with it."""
    return {
        name: tensor.detach().cpu().numpy().copy() for name, tensor in module.state_dict().items()
    }


def load_tensors(module: nn.Module, tensors: dict[str, Array]) -> None:
    """Copy arrays into the module's parameters and buffers.

    Raises:
        ConfigError: a name or a shape differs.
    """
    own = module.state_dict()
    missing, extra = sorted(own.keys() - tensors.keys()), sorted(tensors.keys() - own.keys())
    if missing or extra:
        raise ConfigError(
            f"network: weights do not fit the module: missing {missing}, not wanted {extra}"
        )
    for name, target in own.items():
        if tuple(target.shape) != tensors[name].shape:
            raise ConfigError(
                f"network: weight {name!r} of shape {tuple(target.shape)} was wanted, "
                f"got {tensors[name].shape}"
            )
    module.load_state_dict({name: torch.from_numpy(t.copy()) for name, t in tensors.items()})


def prefers_channels_last(module: nn.Module) -> bool:
    """Whether batches of pictures may be laid out channels last, which convolutions like better.

    They take about two thirds of the time on a CPU. True if every part is of torch.nn or of this
    package: a user's module might depend on the layout, by `view` for one.
    """
    parts = {type(part).__module__ for part in module.modules()}
    return any(isinstance(part, nn.Conv2d) for part in module.modules()) and all(
        name.startswith(("torch.nn.", "vynapse.")) for name in parts
    )


def predictor(module: nn.Module) -> Predict:
    """The module, in evaluation mode and without gradients, as a NumPy function."""
    device = next((tensor.device for tensor in module.parameters()), torch.device("cpu"))

    def predict(inputs: Array) -> Array:
        with evaluation_mode(module), torch.no_grad():
            output = module(torch.tensor(inputs, device=device))
        result: Array = output.cpu().numpy()
        return result

    return predict


class FlatInput(nn.Sequential):
    """A `Sequential` whose input is flattened to (batch, features) first."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = super().forward(x.flatten(1))  # type: ignore[no-untyped-call]
        return output
