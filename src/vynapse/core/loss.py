# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What training minimises, as an object."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from vynapse.core.network import Array
from vynapse.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

KernelLoss = Literal["mse", "cross_entropy"]
"""The losses that the compiled kernels compute."""


class Loss(abc.ABC):
    """A differentiable loss: the mean over examples. One method is needed, the rest has defaults.

    Shapes: `b` examples, `o` outputs; `...` stands for leading population dimensions, which are
    kept: each network of a population gets a loss of its own.

    Attributes:
        name: e.g. "mse".
        unit: e.g. "nats".
        kernel: what the compiled kernels call it, where they know it; a subclass that changes what
            is computed is another loss, so it inherits None.
        multi_label: whether each output stands for a label that is there or not, by itself.
    """

    name: str
    unit: str
    kernel: ClassVar[KernelLoss | None] = None
    multi_label: ClassVar[bool] = False

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "kernel" not in cls.__dict__:
            cls.kernel = None

    @abc.abstractmethod
    def tensor(self, output: Tensor, target: Tensor) -> Tensor:
        """(..., b, o) and the targets of b examples -> (...), differentiable in `output`.

        Write it with operations on tensors alone: a trainer may take it apart by `torch.vmap`.
        """

    def array(self, output: Array, target: Array) -> Array:
        """The same in NumPy; by default through torch, which weight evolution else does not load.

        A population of one gives the same bits as the same network within a larger one.
        """
        import torch

        targets = torch.tensor(target)
        networks = output.reshape(-1, *output.shape[-2:])
        with torch.no_grad():  # one by one: the last bit of a sum may depend on what is beside it
            losses = [self.tensor(torch.tensor(one), targets).numpy() for one in networks]
        return np.stack(losses).reshape(output.shape[:-2])

    @property
    def in_numpy(self) -> bool:
        """Whether `array` is the loss's own, so that it needs no torch."""
        return type(self).array is not Loss.array

    def chance(self, targets: Array) -> float | None:
        """What the best constant output scores on these targets; None where nobody knows.

        A trainer recognises by it that a network has collapsed.
        """
        return None

    def misfit(self, targets: Array, outputs: int) -> str | None:
        """What is wrong with the targets of some examples, as a clause; None for good ones.

        Args:
            targets: the targets of all examples of a split, or of some.
            outputs: number of outputs of the network.
        """
        return None

    def classes(self, outputs: int) -> tuple[str, ...] | None:
        """Names of the classes of a task that names none; None where targets are no classes."""
        return None

    def predicted(self, output: Array) -> Array:
        """Outputs (b, o) of a classifier -> (b,) int64 classes.

        By default the highest output; one output is read at the threshold 0.5.
        """
        best = output.argmax(axis=-1) if output.shape[-1] > 1 else output[:, 0] > 0.5
        return np.asarray(best, np.int64)

    def labels(self, targets: Array) -> Array:
        """Targets of a classifier -> (b,) int64 classes: as they are, or as outputs are read."""
        return targets.astype(np.int64) if targets.ndim == 1 else self.predicted(targets)

    def probabilities(self, output: Array) -> Array | None:
        """Outputs (b, o) of a classifier -> probability of each class (b, classes), float64.

        None where the outputs are no probabilities.
        """
        return None


def loss_of_arrays(loss: Loss, output: Array, target: Array) -> Array:
    """What a loss says of arrays: its `array`, where that gives real numbers.

    Args:
        loss: may be a user's own.
        output, target: (..., b, o) and the targets of b examples.

    Returns:
        (...)

    Raises:
        ConfigError: it gave something else, such as complex numbers.
    """
    values = np.asarray(loss.array(output, target))
    if values.dtype.kind not in "fiu":
        raise _not_real(loss, values.dtype)
    return values


def loss_of_tensors(loss: Loss, output: Tensor, target: Tensor) -> Tensor:
    """What a loss says of tensors: its `tensor`, where that gives real numbers.

    Args:
        loss: may be a user's own.
        output, target: (..., b, o) and the targets of b examples.

    Returns:
        (...)

    Raises:
        ConfigError: it gave something else, such as complex numbers.
    """
    value = loss.tensor(output, target)
    dtype = getattr(value, "dtype", type(value).__name__)
    if not getattr(dtype, "is_floating_point", False):
        raise _not_real(loss, dtype)
    return value


def _not_real(loss: Loss, dtype: object) -> ConfigError:
    return ConfigError(
        f"loss {loss.name}: real numbers were wanted, it gave {str(dtype).removeprefix('torch.')}"
        ": return real ones, of complex numbers for example the absolute value"
    )


def as_loss(found: object) -> Loss | None:
    """The object, where it is a loss."""
    return found if isinstance(found, Loss) else None
