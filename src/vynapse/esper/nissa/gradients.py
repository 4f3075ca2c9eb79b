# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whether gradients can be used, layer by layer, and how far an epoch has moved the weights.

A layer is the parameters that one module owns: biases and gains belong to theirs. Its gradient is
judged by its norm relative to the size of the layer,

    |g| / max(|w|, sqrt(rows)),

where rows is the length of its parameters along the first axis. A weight matrix that keeps the
variance of what passes through it has rows of norm about 1. So sqrt(rows) is the size that the
layer is going to have, and a layer that begins at 0 is judged by that. The gradient is *usable*
unless

    it is not finite;
    it has vanished (Hochreiter 1991): the ratio is below 1e-6. At a learning rate of 0.1 such an
        update is less than the spacing of float32 numbers, 1.2e-7 of the weight, and its elements
        come down to the 1e-8 at which Adam begins to ignore them;
    it has exploded (Pascanu, Mikolov and Bengio 2013): the ratio is above 10. At a learning rate
        of 0.1 one such update is as large as the layer.

Whether successive gradients agree is left out on purpose: those of a layer that has learnt all it
can are noise, and it is in good health.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from torch import Tensor, nn

from vynapse.core import Array, State
from vynapse.esper.leyline.measurement import Measurement

VANISHED: Final = 1e-6
EXPLODED: Final = 10.0

Parameters = Mapping[str, nn.Parameter]
"""Parameters by their full names within a group, e.g. "layers.0.weight"."""


@dataclass(frozen=True, slots=True)
class LayerGradients:
    """What the gradients of a layer were like over the steps in which its group was trained.

    Attributes:
        usable: share of the steps whose gradient was usable.
        size: median of the norm relative to the size of the layer, over the steps in which it was
            finite; None where it never was.
    """

    usable: float
    size: float | None


@final
class GradientMonitor:
    """Watches the gradients of groups of parameters, over an epoch.

    It takes one norm of each gradient at a step and reads `grad` alone; nothing is moved off the
    device before a result is asked for. A step in which no parameter of a group has a gradient did
    not train that group, and is not counted; in one that did, a layer without any is unusable.
    Parameters that do not require a gradient are not watched.

    Args:
        groups: parameters by name, by group. Make a new monitor when they change.
    """

    def __init__(self, groups: Mapping[str, Parameters]) -> None:
        self._parameters: list[nn.Parameter] = []
        self._layers: dict[str, dict[str, list[int]]] = {}
        for group, parameters in groups.items():
            layers = self._layers[group] = {}
            for name, parameter in parameters.items():
                if parameter.requires_grad:
                    layers.setdefault(layer_of(name), []).append(len(self._parameters))
                    self._parameters.append(parameter)
        self._weights = _norms([parameter.detach() for parameter in self._parameters])
        self._steps: list[tuple[list[int], Tensor]] = []

    def after_step(self, scale: Tensor | None = None) -> None:
        """Look at the gradients of this step: once they are there and until they are cleared.

        Args:
            scale: what a `GradScaler` has multiplied them by; None: nothing.
        """
        gradients = [parameter.grad for parameter in self._parameters]
        present = [index for index, gradient in enumerate(gradients) if gradient is not None]
        found = [gradient for gradient in gradients if gradient is not None]
        if found:
            with torch.no_grad():
                norms = _norms(found)
                self._steps.append((present, norms if scale is None else norms / scale))

    def state(self) -> State:
        """What it has seen so far; tensors are not copied."""
        steps = [{"present": list(present), "norms": norms} for present, norms in self._steps]
        return {"weights": self._weights, "steps": steps}

    def load(self, state: State) -> None:
        """Become the monitor of the same groups whose `state()` this was."""
        self._weights = state["weights"].to(self._weights)
        self._steps = [(list(step["present"]), step["norms"]) for step in state["steps"]]

    def health(self) -> dict[str, Measurement | None]:
        """The share of (layer, step) pairs with a usable gradient, for each group.

        The unit is "share" and a sample is a step. None for a group that was not trained. The
        uncertainty over steps takes their shares for a stationary series of which each depends
        directly on the one before (an autoregression of order 1). It is never below 3 / steps: what
        happens in so large a share of all steps is still missed by this many with a probability
        of 5 % (Hanley and Lippman-Hand 1983).
        """
        result: dict[str, Measurement | None] = {}
        norms = self._norms()
        for group in self._layers:
            sizes = self._sizes(group, norms)
            result[group] = _mean_over_steps(_usable(sizes).mean(axis=1)) if len(sizes) else None
        return result

    def layers(self) -> dict[str, dict[str, LayerGradients]]:
        """The gradients by group and layer; a group that was not trained is absent."""
        norms, result = self._norms(), {}
        for group, layers in self._layers.items():
            sizes = self._sizes(group, norms)
            if not len(sizes):
                continue
            result[group] = {
                layer: LayerGradients(float(_usable(column).mean()), _median(column))
                for layer, column in zip(layers, sizes.T, strict=True)
            }
        return result

    def _norms(self) -> Array:
        """Norms of the gradients, (steps, parameters): inf where not finite, -1 where there was
        none.
        """
        table = np.full((len(self._steps), len(self._parameters)), -1.0)
        if self._steps:
            found = torch.cat([norms for _, norms in self._steps]).double().cpu().numpy()
            found[np.isnan(found)] = np.inf
            rows = np.repeat(np.arange(len(table)), [len(present) for present, _ in self._steps])
            table[rows, np.concatenate([present for present, _ in self._steps])] = found
        return table

    def _sizes(self, group: str, norms: Array) -> Array:
        """Relative to their layers, (steps that trained the group, layers); 0 for no gradient."""
        layers = list(self._layers[group].values())
        members = [index for indices in layers for index in indices]
        norms = norms[(norms[:, members] >= 0).any(axis=1)]
        weights = self._weights.double().cpu().numpy()
        sizes = np.empty((len(norms), len(layers)))
        for layer, indices in enumerate(layers):
            rows = max(len(p) if p.dim() else 1 for p in (self._parameters[i] for i in indices))
            reference = max(_length(weights[indices]), math.sqrt(rows))
            sizes[:, layer] = _length(np.maximum(norms[:, indices], 0)) / reference
        return sizes


def layer_of(name: str) -> str:
    """The module that owns the parameter `name`; the name itself for one of the root's."""
    return name.rpartition(".")[0] or name


def snapshot(parameters: Parameters) -> dict[str, Tensor]:
    """Copies of parameters as they are now."""
    return {name: parameter.detach().clone() for name, parameter in parameters.items()}


def update_ratios(before: Mapping[str, Tensor], parameters: Parameters) -> dict[str, float]:
    """How far the weights of each layer have moved relative to their norm.

    The norm is the larger of those before and after, so that the ratio lies in [0, 2] and is 1 for
    a layer that has left 0. A layer that was and is 0, or is not finite, has none: it is absent.

    Args:
        before: a snapshot of the same parameters.
        parameters: the parameters as they are now.

    Raises:
        ValueError: the names differ.
    """
    if before.keys() != parameters.keys():
        odd = sorted(before.keys() ^ parameters.keys())
        raise ValueError(f"the same parameters as in the snapshot were wanted, {odd} differ")
    old, new = list(before.values()), [p.detach() for p in parameters.values()]
    moves = torch._foreach_sub(new, old) if new else []
    table = _norms([*moves, *old, *new]).double().cpu().numpy().reshape(3, -1)
    layers: dict[str, list[int]] = {}
    for index, name in enumerate(parameters):
        layers.setdefault(layer_of(name), []).append(index)
    result = {}
    for layer, indices in layers.items():
        move, first, last = _length(table[:, indices]).tolist()
        if max(first, last) > 0 and math.isfinite(move) and math.isfinite(first):
            result[layer] = move / max(first, last)
    return result


def _norms(tensors: list[Tensor]) -> Tensor:
    """Euclidean norm of each: (len(tensors),)."""
    return torch.stack(list(torch._foreach_norm(tensors))) if tensors else torch.empty(0)


def _length(norms: Array) -> Array:
    """Norm of the whole from the norms of its parts along the last axis."""
    return np.asarray(np.sqrt(np.square(norms).sum(axis=-1)))


def _usable(sizes: Array) -> Array:
    return (sizes >= VANISHED) & (sizes <= EXPLODED)


def _median(sizes: Array) -> float | None:
    """The median of the finite sizes; None without one."""
    finite = sizes[np.isfinite(sizes)]
    return float(np.median(finite)) if len(finite) else None


def _mean_over_steps(shares: Array) -> Measurement:
    """The mean of a series of shares; see `GradientMonitor.health`."""
    count, mean = len(shares), float(shares.mean())
    if count == 1:
        return Measurement(mean, None, 1, "share")
    deviations = shares - mean
    square = float(deviations @ deviations)
    half_width = 0.0
    if square > 0:
        correlation = max(0.0, float(deviations[1:] @ deviations[:-1]) / square)
        independent = max(1.0, count * (1 - correlation) / (1 + correlation))
        half_width = 1.96 * math.sqrt(square / (count - 1) / independent)
    return Measurement(mean, min(1.0, max(half_width, 3 / count)), count, "share")
