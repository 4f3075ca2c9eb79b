# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The executor `c`: a graph by the C engine, one example after the other.

It is the engine that the exports `wasm` and `html` carry, and is here to be compared with eager.
"""

from __future__ import annotations

import ctypes
from typing import Any, final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vynapse.core import Array
from vynapse.deploy.lowered.lower import lowered
from vynapse.deploy.lowered.words import Words, words_of
from vynapse.errors import ConfigError
from vynapse.graph.execute.interface import check_inputs
from vynapse.graph.ir import Graph
from vynapse.kernels import native
from vynapse.seeding import F32


@final
class CEngine:
    """Runs a graph by compiled loops; any executor's interface.

    Raises:
        GraphError: an op has no form as loops.
        ConfigError: the kernels were not compiled.
    """

    name = "c"

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._words = words_of(lowered(graph))

    def run(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        check_inputs(self.graph, inputs)
        count = len(inputs[0]) if self.graph.batch is not None else 1
        outputs = self.run_arrays([x.numpy() for x in inputs])
        shapes = [self.graph[name].shape for name in self.graph.outputs]
        dtypes = [self.graph[name].dtype for name in self.graph.outputs]
        return tuple(
            torch.from_numpy(out).reshape(_at(shape, count)).to(getattr(torch, dtype))
            for out, shape, dtype in zip(outputs, shapes, dtypes, strict=True)
        )

    def run_arrays(self, inputs: list[Array]) -> list[F32]:
        """Outputs (n, o) for inputs (n, …)."""
        count = len(inputs[0]) if self.graph.batch is not None else 1
        return run(self._words, [x.reshape(count, -1) for x in inputs])


def run(words: Words, inputs: list[Array]) -> list[F32]:
    """Outputs (n, o) of a program for inputs (n, i), by the compiled engine.

    Raises:
        ConfigError: the kernels were not compiled.
    """
    function = _function()
    memory: F32 = np.zeros(words.memory.size, np.float32)
    memory[: len(words.memory.fixed)] = words.memory.fixed
    found = [np.empty((len(inputs[0]), count), np.float32) for _, count in words.outputs]
    for row in range(len(inputs[0])):
        for (begin, count), given in zip(words.inputs, inputs, strict=True):
            memory[begin : begin + count] = given[row]
        if function(_pointer(words.words), _pointer(memory)):
            raise AssertionError("the engine met words that it does not know")
        for (begin, count), out in zip(words.outputs, found, strict=True):
            out[row] = memory[begin : begin + count]
    return found


def _function() -> Any:
    library = native.status().library
    if library is None:
        raise ConfigError(
            "executor c: compiled kernels were wanted, they are not here: install a C compiler, "
            "then vynapse again"
        )
    address = ctypes.c_void_p
    return library.function("graph_run", ctypes.c_int32, address, address)


def _pointer(array: npt.NDArray[Any]) -> int:
    return int(array.ctypes.data)


def _at(shape: tuple[Any, ...], batch: int) -> tuple[int, ...]:
    return tuple(size if isinstance(size, int) else size.at(batch) for size in shape)
