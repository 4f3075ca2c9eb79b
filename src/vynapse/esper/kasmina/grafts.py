# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Blueprints that are networks: a seed begins as a copy of a network that was evolved or trained.

    graft("evolved", structure, (2,), tensors).body((32,))

Features of width d (channels, where they are pictures) rarely have the size that the network takes.
Where they have not, a learned linear map of them goes before it, and another behind it. All of it
is multiplied by a learned factor per channel that begins at 0, as any module of the user's, so
that the seed is the identity at birth.

    features      network takes     it is asked
    (d,)          anything          once
    (l, d)        (n,)              at each place, for the d numbers there
    (c, h, w)     (n,)              at each pixel, for the c numbers there
    (l, d)        (l, n)            once, and its answer is added at every place
    (c, h, w)     (n, h, w)         once, and its answer is added at every pixel
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor, nn

from vynapse.core import Array
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.blueprints import Blueprint, Shape, check_output, positions_of
from vynapse.esper.kasmina.plan import DonorPlan
from vynapse.esper.kasmina.scaled import Scaled
from vynapse.networks import modules
from vynapse.networks.donor import Donor
from vynapse.networks.structure import Structure, from_json
from vynapse.registry import NoKeys


@final
class Grafted(nn.Module):
    """A network between two linear maps: features (batch, *shape) -> the same shape.

    Args:
        network: (batch, *inputs) -> (batch, outputs).
        inputs: the shape of one of its inputs, without the batch.
        outputs: how many numbers it answers with.
        shape: the shape of the features.
    """

    def __init__(self, network: nn.Module, inputs: Shape, outputs: int, shape: Shape) -> None:
        super().__init__()
        self._rank, self._inputs = len(shape), inputs
        self._positions = positions_of(shape)
        self._whole = len(shape) > 1 and len(inputs) == len(shape)
        width = shape[0] if len(shape) == 3 else shape[-1]
        taken = math.prod(inputs)
        if self._whole:
            taken //= math.prod(positions_of(inputs))
        self.front = nn.Identity() if taken == width else nn.Linear(width, taken)
        self.network = network
        self.back = nn.Identity() if outputs == width else nn.Linear(outputs, width)

    def forward(self, h: Tensor) -> Tensor:
        rows = h.permute(0, 2, 3, 1) if self._rank == 3 else h
        if self._whole:
            return self._everywhere(self.back(self.network(self._channels_first(self.front(rows)))))
        if self._rank > 1:
            rows = rows.flatten(0, -2)
        rows = self.front(rows)
        answer: Tensor = self.back(
            self.network(rows if len(self._inputs) == 1 else rows.unflatten(1, self._inputs))
        )
        if self._rank == 1:
            return answer
        return self._channels_first(answer.unflatten(0, (-1, *self._positions)))

    def _channels_first(self, rows: Tensor) -> Tensor:
        return rows.permute(0, 3, 1, 2) if self._rank == 3 else rows

    def _everywhere(self, answer: Tensor) -> Tensor:
        """The answer (batch, d) at every place."""
        if self._rank == 2:
            return answer[:, None, :].expand(-1, *self._positions, -1)
        return answer[:, :, None, None].expand(-1, -1, *self._positions)


def graft(
    name: str, structure: Structure, inputs: Shape, tensors: Mapping[str, Array] | None = None
) -> Blueprint:
    """A network as a blueprint.

    Args:
        name: what the blueprint is called.
        structure: the network's, fitted to its task.
        inputs: the shape of one of its inputs, without the batch.
        tensors: its weights, as which a seed begins. None, where the weights of the seed are known
            and are going to be loaded; then nothing is tried.
    """

    def build(_settings: NoKeys, shape: Shape) -> nn.Module:
        network = modules.build(structure, None if tensors is None else dict(tensors))
        body = Grafted(network, inputs, _outputs(name, network, inputs), shape)
        if tensors is not None:
            check_output(name, body, shape)
            _check_gradient(name, network, inputs)
        return Scaled(body, shape)

    plain = len(inputs) == 1
    return Blueprint(
        name,
        "a network that was there before",
        NoKeys,
        build,
        layouts=frozenset({1, 2, 3} if plain else {1, len(inputs)}),
        zero_at_birth=True,
        positions=None if plain else positions_of(inputs),
    )


def grafts(plans: Mapping[str, DonorPlan], donors: Mapping[str, Donor]) -> dict[str, Blueprint]:
    """Blueprints of the networks that are known without weights, and of those with, by name."""
    known = {
        name: graft(name, from_json(plan.structure), plan.inputs) for name, plan in plans.items()
    }
    whole = {
        name: graft(name, donor.network.structure, donor.inputs, donor.network.tensors)
        for name, donor in donors.items()
    }
    return known | whole


def planned(donors: Mapping[str, Donor]) -> dict[str, DonorPlan]:
    """What has to be kept of networks so that what grew of them can be loaded."""
    return {
        name: DonorPlan(donor.network.structure.model_dump(mode="json"), donor.inputs)
        for name, donor in donors.items()
    }


def _outputs(name: str, network: nn.Module, inputs: Shape) -> int:
    """How many numbers a network answers one input with."""
    example = torch.zeros(2, *inputs)
    with modules.isolated_generators(0), modules.evaluation_mode(network), torch.no_grad():
        try:
            answer = modules.call(network, example, modules.shown_shape(example), ConfigError)
        except ConfigError as error:
            raise ConfigError(f"blueprint {name!r}: {error}") from None
    if answer.dim() != 2 or len(answer) != 2:
        raise ConfigError(
            f"blueprint {name!r}: a network that answers each input with some numbers was wanted, "
            f"got outputs of shape {tuple(answer.shape)} for 2 inputs"
        )
    return answer.shape[1]


def _check_gradient(name: str, network: nn.Module, inputs: Shape) -> None:
    """What lies before the network has to be able to learn."""
    example = torch.linspace(-1, 1, 2 * math.prod(inputs)).reshape(2, *inputs).requires_grad_()
    with modules.isolated_generators(0), modules.evaluation_mode(network), torch.enable_grad():
        answer = network(example)
        found = (
            torch.autograd.grad(answer.sum(), example, allow_unused=True)[0]
            if answer.requires_grad
            else None
        )
    if found is None:
        raise ConfigError(
            f"blueprint {name!r}: a network of features was wanted, but this one lets no gradient "
            "through to its inputs, as one that looks up tokens: name another"
        )
