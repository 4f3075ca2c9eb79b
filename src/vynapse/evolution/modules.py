# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Weights of any `torch.nn.Module`, a whole population at once where `vmap` can do it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from vynapse.core import Array, State
from vynapse.errors import CheckpointError, ConfigError
from vynapse.evolution.encoding import Genome, Genomes
from vynapse.evolution.genomes import ArrayGenomes
from vynapse.evolution.learner import Learner
from vynapse.evolution.recorded import RecordedNetwork
from vynapse.networks.flops import module_flops
from vynapse.networks.foreign import refuse_scripted
from vynapse.networks.modules import (
    isolated_generators,
    one_tensor,
    shown_shape,
    trial_inputs,
    user_errors,
)
from vynapse.networks.state import NetworkState

DATA_CHUNK = 256
"""Examples per forward pass; fixed, as a row's bits may depend on how many are beside it."""
_LANES = 32
"""Torch computes pairs of vectors of up to 16 lanes, and what is left over with other code whose
last bits differ. Populations are padded to a multiple of a pair, so that nothing is left over and
a genome's outputs do not depend on its neighbours."""
_LARGEST_CHUNK = 128
"""Genomes per batched call."""
_WORK = {"cpu": 1 << 26, "cuda": 1 << 34}
"""Floating-point operations of a batched call; beyond it, batching gains nothing."""
_GROUPED = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
"""Layers that `vmap` turns into grouped convolutions, which the CPU does up to 8 times slower: one
network after the other, its operations recorded."""


@final
class ModuleEncoding(ArrayGenomes):
    """The trainable parameters of one module, in evaluation mode.

    Buffers and parameters that need no gradient stay as they were given, so batch norm normalises
    by its initial statistics. A parameter that is shared is one stretch of the genome.

    Args:
        network: structure and weights.
        input_shape: shape of one prepared input.
        device: "cpu" or "cuda".
        examples: prepared inputs (n, *input_shape) of the task, to try the module with; numbers
            between 0 and 1 where there are none.

    Attributes:
        path: "recorded" for convolutions on the CPU, "vmap" for other light modules, each where it
            does the same on two genomes; "loop" for all others.

    Raises:
        ConfigError: the module has no trainable parameter, has one that is not float32, or cannot
            take such inputs.
    """

    def __init__(
        self,
        network: NetworkState,
        input_shape: tuple[int, ...],
        device: str = "cpu",
        examples: Array | None = None,
    ) -> None:
        self._network, self._input_shape, self._examples = network, input_shape, examples
        self._device = device
        self._module = network.module().to(device)
        refuse_scripted(self._module, "be evolved")
        trainable = {name: p for name, p in self._module.named_parameters() if p.requires_grad}
        wrong = [name for name, p in trainable.items() if p.dtype != torch.float32]
        if wrong or not trainable:
            found = "it has none"
            if wrong:
                dtype = str(trainable[wrong[0]].dtype).removeprefix("torch.")
                found = f"{wrong[0]!r} is {dtype}"
            raise ConfigError(f"network: trainable parameters of float32 were wanted: {found}")
        self.layout: Mapping[str, tuple[int, ...]] = {
            name: tuple(p.shape) for name, p in trainable.items()
        }
        self._sizes = [p.numel() for p in trainable.values()]
        owners = {id(p): name for name, p in trainable.items()}
        self._shared = {
            name: owners[id(p)]
            for name, p in self._module.named_parameters(remove_duplicate=False)
            if id(p) in owners
        }
        self._module.requires_grad_(False)
        grouped = any(isinstance(layer, _GROUPED) for layer in self._module.modules())
        one_by_one = grouped and device == "cpu"
        self._recorded = self._record() if one_by_one else None
        batches = not one_by_one and self._try(partial(self._run, "vmap"))
        with isolated_generators(0):
            self._flops = module_flops(self._module, input_shape, examples)
        affordable = _WORK[device.partition(":")[0]] // (DATA_CHUNK * max(1, self._flops))
        self._chunk = min(_LARGEST_CHUNK, affordable // _LANES * _LANES)
        self.path = "vmap" if batches and self._chunk else "loop"
        self.path = self.path if self._recorded is None else "recorded"

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process makes it again, and computes by the same backend."""
        made_from = (self._network, self._input_shape, self._device, self._examples)
        return _again, (*made_from, self.state())

    def decode(self, genome: Genome) -> NetworkState:
        """The module's tensors with these parameters, all others as given."""
        ends = np.cumsum(self._sizes)[:-1]
        parts = dict(zip(self.layout, np.split(genome, ends), strict=True))
        tensors = {name: tensor.copy() for name, tensor in self._network.tensors.items()}
        for name, owner in self._shared.items():
            tensors[name] = parts[owner].reshape(self.layout[owner]).copy()
        return NetworkState(self._network.structure, tensors)

    def encode(self, genome: Genome | None, network: NetworkState) -> Genome:
        """The network's parameters in layout order; `genome` could only name the same structure."""
        result: Genome = np.concatenate([network.tensors[name].ravel() for name in self.layout])
        return result

    def forward(self, genomes: Genomes, inputs: Array) -> Array:
        """(g, p) and (b, *input_shape) -> (g, b, o)."""
        outputs = []
        with torch.no_grad(), isolated_generators(0):
            population = torch.from_numpy(genomes).to(self._device)
            if self.path == "recorded" and self._recorded is not None:
                with user_errors(f"a batch of {len(inputs)} examples"):
                    return self._recorded.forward(population, _tensor(inputs)).numpy()
            if self.path == "vmap":
                padding = population[:1].expand(-len(genomes) % _LANES, -1)
                population = torch.cat([population, padding])
            for low in range(0, len(inputs), DATA_CHUNK):
                x = _tensor(inputs[low : low + DATA_CHUNK]).to(self._device)
                chunks = population.split(self._chunk or 1)
                with user_errors(f"a batch of {len(x)} examples"):
                    parts = torch.cat([self._run(self.path, who, x) for who in chunks])
                outputs.append(parts[: len(genomes)].cpu())
        result: Array = torch.cat(outputs, dim=1).numpy()
        return result

    def learner(self, genomes: Genomes) -> Learner:
        """The networks of (g, p), ready to learn; they compute as they are evolved."""
        return _ModuleLearner(self, torch.from_numpy(genomes.copy()).to(self._device))

    def run(self, population: Tensor, x: Tensor) -> Tensor:
        """(g, p) and (b, *input_shape) -> (g, b, o), differentiable."""
        with isolated_generators(0), user_errors(f"a batch of {len(x)} examples"):
            return self._run(self.path, population, x.to(self._device))

    def flops(self, genomes: Genomes) -> int:
        """Operations of one example through every genome."""
        return len(genomes) * self._flops

    def state(self) -> State:
        """Path and device, and what else the bits of recorded operations depend on."""
        known: State = {"path": self.path, "device": self._device}
        if self.path == "recorded" and self._recorded is not None:
            known = {**known, "recorded": self._recorded.state()}
        return known

    def load(self, state: State) -> None:
        """Take the path over, without trying again.

        Raises:
            CheckpointError: the run was on another device, or by operations that cannot be
                recorded here.
        """
        known = ("vmap", "loop") if self._recorded is None else ("vmap", "loop", "recorded")
        if state["path"] not in known or state["device"] != self._device:
            raise CheckpointError(
                f"the run evaluated its networks by {state['path']!r} on {state['device']!r}, here "
                f"it would be {self.path!r} on {self._device!r}: resume on the device it was "
                "started on"
            )
        if self._recorded is not None and state["path"] == "recorded":
            self._recorded.load(state["recorded"])
        self.path = state["path"]

    def _run(self, path: str, population: Tensor, x: Tensor) -> Tensor:
        """(g, p) and (b, ...) -> (g, b, o) in one call or one by one."""
        stretches = population.split(self._sizes, dim=1)
        weights = {
            name: stretch.reshape(len(population), *shape)
            for stretch, (name, shape) in zip(stretches, self.layout.items(), strict=True)
        }

        def one(own: dict[str, Tensor]) -> Tensor:
            # copies: a module that writes to its buffers must not reach the next genome
            buffers = {name: buffer.clone() for name, buffer in self._module.named_buffers()}
            return one_tensor(functional_call(self._module, {**buffers, **own}, (x,)), ConfigError)

        if path == "vmap":
            batched: Tensor = vmap(one)(weights)
            return batched
        singles = [
            {name: w[index] for name, w in weights.items()} for index in range(len(population))
        ]
        return torch.stack([one(own) for own in singles])

    def _record(self) -> RecordedNetwork | None:
        """The module's operations, where they can be recorded and agree with the loop."""
        found: list[RecordedNetwork] = []

        def run(two: Tensor, x: Tensor) -> Tensor:
            found.append(RecordedNetwork(self._module, self.layout, x))
            return found[0].forward(two, x)

        return found[0] if self._try(run) else None

    def _try(self, run: Callable[[Tensor, Tensor], Tensor]) -> bool:
        """Whether `run` takes two genomes without complaint and agrees with the loop."""
        genome = torch.from_numpy(self.encode(None, self._network)).to(self._device)
        two = torch.stack([genome, genome * 0.5])
        shape = self._input_shape
        if self._examples is None:
            x = torch.linspace(0, 1, 2 * math.prod(shape)).reshape(2, *shape)
        else:
            x = trial_inputs(shape, self._examples)
        x = x.to(self._device)
        with torch.no_grad(), isolated_generators(0), warnings.catch_warnings():
            with user_errors(shown_shape(x), ConfigError):
                expected = self._run("loop", two, x)
            warnings.simplefilter("error")
            try:
                output = run(two, x)
            except Exception:  # noqa: BLE001 - torch, or the module itself, raises whatever it does
                return False
        same = output.shape == expected.shape
        return same and torch.allclose(output, expected, rtol=1e-3, atol=1e-4)


@final
class _ModuleLearner(nn.Module):
    """Networks of one module with the weights (g, p) of some genomes."""

    def __init__(self, encoding: ModuleEncoding, genomes: Tensor) -> None:
        super().__init__()
        self._encoding = encoding
        self.weight = nn.Parameter(genomes)

    def forward(self, inputs: Tensor) -> Tensor:
        return self._encoding.run(self.weight, inputs)


def _tensor(inputs: Array) -> Tensor:
    """The array itself; a copy only where it is read-only, which torch warns about."""
    return torch.from_numpy(np.require(inputs, requirements="W"))


def _again(
    network: NetworkState,
    input_shape: tuple[int, ...],
    device: str,
    examples: Array | None,
    state: State,
) -> ModuleEncoding:
    encoding = ModuleEncoding(network, input_shape, device, examples)
    encoding.load(state)
    return encoding
