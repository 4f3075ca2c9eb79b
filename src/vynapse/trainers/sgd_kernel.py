# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The engine of mode `sgd` for small MLPs: many steps in one call of a kernel, without torch."""

from __future__ import annotations

import itertools
import math
from typing import Final, final

import numpy as np

from vynapse.core import Array, Evaluation, SupervisedTask, block_of
from vynapse.data.loader import read_all
from vynapse.errors import ConfigError
from vynapse.kernels import native
from vynapse.kernels.train import Problem, Rule, Training, fresh
from vynapse.networks import arrays
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import Structure
from vynapse.seeding import F32
from vynapse.trainers.mode import Stage
from vynapse.trainers.order import order_of
from vynapse.trainers.sgd_engine import F64, Found, Memory
from vynapse.trainers.sgd_settings import SgdSettings

WORK: Final = 2**22
"""Most parameters times examples of a batch: beyond it torch's matrix products may be faster."""
WORK_IN_NUMPY: Final = 2**13
"""The same where the kernel is not compiled."""
_KEEP_BYTES: Final = 256 * 2**20


def suits(task: SupervisedTask, structure: Structure, settings: SgdSettings) -> bool:
    """Whether the kernel is the engine for this network on the CPU: a matter of sizes.

    It knows some losses (`Loss.kernel`) and the rules sgd, adam and adamw. All prepared examples
    are kept in memory, at most 256 MiB, so none may be augmented.
    """
    layers = structure.dense()
    if layers is None or task.loss.kernel is None:
        return False
    if settings.optimizer == "rmsprop" or task.augment is not None:
        return False
    examples = len(task.split("train"))
    parameters = sum(math.prod(shape) for shape in arrays.layout(layers).values())
    work = parameters * min(settings.batch_size or examples, examples)
    kept = 4 * examples * math.prod(task.input_shape)
    most = _KEEP_BYTES // 4 if block_of(task.split("train")) else _KEEP_BYTES
    return kept <= most and work <= (WORK if native.status().library else WORK_IN_NUMPY)


@final
class KernelEngine:
    """Trains the fully connected layers of `stage`, which `suits`."""

    path = "kernel"
    many = True
    waited = 0.0

    def __init__(self, stage: Stage, settings: SgdSettings) -> None:
        structure = stage.network.structure
        layers = structure.dense()
        if layers is None:
            raise TypeError(f"the kernel trains layers, got {type(structure).__name__}")
        self.flops = structure.flops(stage.supervised.input_shape)
        self._task = stage.supervised
        self._layers, self._settings = layers, settings
        self._order = order_of(stage.supervised, settings.batch_size, stage.streams)
        train, loss = read_all(stage.supervised.split("train")), stage.supervised.loss.kernel
        if loss is None:
            raise ConfigError(f"the kernel does not know the loss {stage.supervised.loss.name!r}")
        inputs = stage.supervised.prepare(train.inputs).reshape(len(train), -1)
        problem = Problem(
            layers.sizes,
            layers.hidden,
            layers.output or "identity",
            layers.bias,
            loss,
            np.ascontiguousarray(inputs),
            train.targets,
        )
        rule = Rule(
            "sgd" if settings.optimizer == "rmsprop" else settings.optimizer,
            settings.momentum,
            settings.nesterov,
            settings.betas,
            settings.weight_decay,
            settings.clip_norm,
        )
        self._training = Training(problem, rule, native.status().library)
        self._count = problem.parameters
        self.begin(stage.network)

    def begin(self, network: NetworkState) -> None:
        names = arrays.layout(self._layers)
        self._learner = fresh(arrays.flatten({name: network.tensors[name] for name in names}))

    def update(self, step: int, rates: F64) -> Found:
        if self._order.batch_size is None:
            steps = self._training.run(self._learner, rates)
            return Found(steps.losses.astype(np.float64), steps.norms.astype(np.float64))
        parts: list[Found] = []
        batches = [self._order.indices(step + n) for n in range(len(rates))]
        made = 0
        # the last batch of an epoch may be shorter: a call of its own
        for _, group in itertools.groupby(batches, key=len):
            rows = np.stack(list(group)).astype(np.int32)
            steps = self._training.run(self._learner, rates[made : made + len(rows)], rows)
            parts.append(Found(steps.losses.astype(np.float64), steps.norms.astype(np.float64)))
            made += len(rows)
            if not parts[-1].finite:
                break
        return Found(
            np.concatenate([part.losses for part in parts]),
            np.concatenate([part.norms for part in parts]),
        )

    def tensors(self) -> dict[str, Array]:
        return self._unflatten(self._learner.parameters)

    def evaluate(self, network: NetworkState, step: int) -> Evaluation:
        return self._task.evaluate(network.predictor(), "validation")

    def memory(self) -> Memory:
        entries = {name: self._unflatten(array) for name, array in self._entries().items()}
        count = {"step": np.array(self._learner.step, np.float64)} if "exp_avg" in entries else {}
        return {
            name: {**count, **{entry: parts[name] for entry, parts in entries.items()}}
            for name in arrays.layout(self._layers)
        }

    def remember(self, memory: Memory) -> None:
        names = arrays.layout(self._layers)
        for entry, array in self._entries().items():
            array[: self._count] = arrays.flatten({name: memory[name][entry] for name in names})
        self._learner.step = int(memory[next(iter(names))].get("step", 0))

    def close(self) -> None:
        return

    def _entries(self) -> dict[str, F32]:
        """The memory of the rule by torch's names."""
        if self._settings.optimizer != "sgd":
            return {"exp_avg": self._learner.first, "exp_avg_sq": self._learner.second}
        return {"momentum_buffer": self._learner.first} if self._settings.momentum else {}

    def _unflatten(self, padded: F32) -> dict[str, Array]:
        return arrays.unflatten(self._layers, padded[: self._count])
