# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Networks as ordinary `torch.nn` modules: made, loaded, run, and kept from global generators."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from vynapse.core import Array, Predict
from vynapse.errors import ConfigError, TrainingError
from vynapse.networks.foreign import ready, state_of
from vynapse.networks.tensors import as_array
from vynapse.user_code import guarded


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


GeneratorStates = tuple[Any, Any, Tensor, list[Tensor]]
"""The states of the global generators of Python, NumPy and torch, and of its CUDA devices."""


def generator_states() -> GeneratorStates:
    """Where the global generators are."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    return random.getstate(), np.random.get_state(), torch.get_rng_state(), cuda


def restore_generators(states: GeneratorStates) -> None:
    """Have the global generators where they were."""
    random.setstate(states[0])
    np.random.set_state(states[1])
    torch.set_rng_state(states[2])
    if states[3]:
        torch.cuda.set_rng_state_all(states[3])


def user_errors(
    what: str, kind: type[ConfigError | TrainingError] = TrainingError
) -> AbstractContextManager[None]:
    """Turn whatever a module raises about its input into one sentence with the user's own line.

    Args:
        what: the input, for the sentence.
        kind: the error to raise; the original one is its cause.
    """
    return guarded(f"network: it cannot take {what}", kind)


def call(
    module: nn.Module,
    inputs: Tensor,
    what: str,
    kind: type[ConfigError | TrainingError] = TrainingError,
) -> Tensor:
    """The output of a module, which is one tensor of real numbers.

    Args:
        module: the network, or a part of it.
        inputs: (batch, *input_shape).
        what: the input, for the sentence of an error.
        kind: the error to raise where it fails or returns something else.
    """
    with user_errors(what, kind):
        output = module(inputs)
    return one_tensor(output, kind)


def one_tensor(output: object, kind: type[ConfigError | TrainingError] = TrainingError) -> Tensor:
    """What a module has returned, where it is one tensor of floating-point numbers.

    Raises:
        ConfigError, TrainingError: of `kind`, where it is something else.
    """
    if isinstance(output, Tensor) and output.is_floating_point():
        return output
    if isinstance(output, Tensor):
        dtype = str(output.dtype).removeprefix("torch.")
        raise kind(f"network: outputs that are floating-point numbers were wanted, got {dtype}")
    came = type(output).__name__
    if isinstance(output, Mapping):
        came += f" with {', '.join(map(str, output))}"
    elif isinstance(output, (tuple, list)):
        came += f" of {len(output)}"
    raise kind(
        f"network: one tensor of outputs was wanted, the module returns a {came}: let a module "
        "around it return the outputs alone"
    )


def trial_inputs(input_shape: tuple[int, ...], examples: Array | None, count: int = 2) -> Tensor:
    """Inputs to try a module with: a task's own where they are known, else zeros.

    Args:
        input_shape: the shape of one input.
        examples: prepared inputs (n, *input_shape); None or n = 0 where there are none.
        count: how many are wanted; fewer examples are repeated.
    """
    inputs = torch.zeros(count, *input_shape)
    if examples is not None and len(examples):
        # into memory of the usual layout, as that of an array may tempt a convolution to another
        inputs.copy_(torch.from_numpy(examples[np.arange(count) % len(examples)]))
    return inputs


def shown_shape(inputs: Tensor) -> str:
    """How sentences name the inputs that a module was tried with."""
    return f"an input of shape {tuple(inputs.shape)} (batch, *inputs of the task)"


@contextmanager
def evaluation_mode(module: nn.Module) -> Iterator[None]:
    """The module in evaluation mode inside; afterwards each part is in its own mode again."""
    modes = [(part, part.training) for part in module.modules()]
    if not any(training for _, training in modes):
        yield
        return
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
        ConfigError: a factory fails, the module is none that can be kept (see
            `vynapse.networks.foreign`), or tensors do not fit it.
    """
    with isolated_generators(0):
        module = ready(structure.module())
    if tensors is not None:
        load_tensors(module, tensors)
    return module


def initialise(structure: Modular, seed: int) -> dict[str, Array]:
    """Tensors of a fresh module that initialised itself under `seed`."""
    with isolated_generators(seed):
        return to_tensors(ready(structure.module()))


def to_tensors(module: nn.Module) -> dict[str, Array]:
    """The module's state dict as NumPy arrays that share no memory with it.

    Raises:
        ConfigError: the state dict holds something else than tensors.
    """
    return {name: as_array(tensor) for name, tensor in state_of(module).items()}


def load_tensors(module: nn.Module, tensors: dict[str, Array]) -> None:
    """Copy arrays into the module's parameters and buffers.

    Raises:
        ConfigError: a name or a shape differs.
    """
    own = state_of(module)
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
    with guarded("network: its weights cannot be loaded", ConfigError):
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
        what = f"a batch of {len(inputs)} examples"
        with evaluation_mode(module), torch.no_grad():
            output = call(module, torch.tensor(inputs, device=device), what)
        return as_array(output)

    return predict


class FlatInput(nn.Sequential):
    """A `Sequential` whose input is flattened to (batch, features) first."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = super().forward(x.flatten(1))  # type: ignore[no-untyped-call]
        return output
