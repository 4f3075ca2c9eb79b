# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Parameters that enter and leave a `torch.optim` optimiser while it is in use.

A new parameter joins the group of the host's parameters that it stands beside. So it has their
options, now and after every step of a scheduler, and no list of a scheduler gets another length.
What the optimiser remembers of all others is not touched.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, final

import torch
from torch import Tensor, nn

from vynapse.core import State
from vynapse.errors import CheckpointError, ConfigError
from vynapse.esper.kasmina.carried import NAME
from vynapse.trainers.moments import carry_over

_FIXED: Final = (torch.optim.LBFGS,)
"""Optimisers that keep one vector of all parameters."""
_MATRICES: Final = (torch.optim.Muon,)
"""Optimisers for parameters of two dimensions alone."""


@final
class Members:
    """The parameters of an optimiser.

    Args:
        optimizer: any of `torch.optim`.
        model: the user's module; the optimiser has some of its parameters.

    Raises:
        ConfigError: nothing can enter such an optimiser, or it has no parameter of the model.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, model: nn.Module) -> None:
        kind = type(optimizer).__name__
        if isinstance(optimizer, _FIXED):
            raise ConfigError(
                f"optimizer: {kind} keeps one vector of all parameters, so that none can enter: "
                "take another of torch.optim, e.g. AdamW"
            )
        self.optimizer, self._model = optimizer, model
        own = {id(p) for p in model.parameters()}
        groups = [group["params"] for group in optimizer.param_groups]
        if not any(id(p) in own for group in groups for p in group):
            raise ConfigError(
                f"optimizer: {kind} has no parameter of the model: make it from model.parameters()"
            )
        self._others = {  # e.g. a temperature of the loss
            f"{number}/{index}": p
            for number, group in enumerate(groups)
            for index, p in enumerate(group)
            if id(p) not in own
        }

    def check(self, place: str, parameters: Iterable[nn.Parameter]) -> None:
        """Refuse parameters that the optimiser cannot train.

        Raises:
            ConfigError: it takes matrices alone.
        """
        odd = [tuple(p.shape) for p in parameters if p.dim() != 2]
        if isinstance(self.optimizer, _MATRICES) and odd:
            raise ConfigError(
                f"optimizer: {type(self.optimizer).__name__} takes matrices alone, a seed in "
                f"{place} has a parameter of shape {odd[0]}: take another optimiser"
            )

    def enter(self, place: str, parameters: Mapping[str, nn.Parameter]) -> None:
        """Let parameters join.

        Args:
            place: the part of the model that they stand behind.
            parameters: the parameters, by their names in the model.
        """
        near = self._near(place)
        for name, parameter in parameters.items():
            matrix = parameter.dim() > 1
            alike = [number for number, other in near if (other.dim() > 1) == matrix]
            group = self.optimizer.param_groups[[*alike, near[0][0]][0]]
            group["params"].append(parameter)
            if "param_names" in group:
                group["param_names"].append(name)

    def leave(self, parameters: Iterable[nn.Parameter]) -> None:
        """Let parameters go, with what the optimiser remembers of them."""
        gone = {id(p) for p in parameters}
        for group in self.optimizer.param_groups:
            kept = [index for index, p in enumerate(group["params"]) if id(p) not in gone]
            for key in ("params", "param_names"):
                if key in group:
                    group[key][:] = [group[key][index] for index in kept]
        for parameter in [p for p in self.optimizer.state if id(p) in gone]:
            del self.optimizer.state[parameter]

    def check_longer(self, parameters: Mapping[str, nn.Parameter]) -> None:
        """Refuse to lengthen parameters of which it is not known how they are remembered.

        Raises:
            ConfigError: what the optimiser remembers of one has another shape.
        """
        for name, parameter in parameters.items():
            for key, value in self.optimizer.state.get(parameter, {}).items():
                other = isinstance(value, Tensor) and value.shape != parameter.shape
                if other and value.numel() > 1:
                    raise ConfigError(
                        f"optimizer: {type(self.optimizer).__name__} remembers {key} of shape "
                        f"{tuple(value.shape)} of {name!r}, {tuple(parameter.shape)}, so that this "
                        "cannot become longer: take another optimiser, e.g. AdamW"
                    )

    def replace(
        self, old: nn.Parameter, new: nn.Parameter, axis: int, source: Sequence[int]
    ) -> None:
        """A longer parameter has taken the place of `old`; for the rest see `carry_over`."""
        carry_over(self.optimizer, old, new, axis, source)

    def state(self) -> State:
        """Who is in which group, by name, and all that the optimiser remembers, as copies."""
        names = {id(p): name for name, p in self._known().items()}
        groups = [[names[id(p)] for p in g["params"]] for g in self.optimizer.param_groups]
        return {"groups": groups, "optimizer": copy.deepcopy(self.optimizer.state_dict())}

    def load(self, state: State) -> None:
        """Become what `state` was made of; the model has its parameters already.

        Raises:
            CheckpointError: a parameter is not known here, or the groups are others.
        """
        known, groups = self._known(), self.optimizer.param_groups
        wanted: Sequence[Sequence[str]] = state["groups"]
        if len(wanted) != len(groups):
            raise CheckpointError(
                f"grower: the state does not fit: the optimiser has {len(groups)} groups here and "
                f"{len(wanted)} in the state"
            )
        if lost := [name for names in wanted for name in names if name not in known]:
            raise CheckpointError(
                f"grower: the state does not fit: the optimiser has no parameter {lost[0]!r} here"
            )
        for group, names in zip(groups, wanted, strict=True):
            group["params"][:] = [known[name] for name in names]
            if "param_names" in group:
                group["param_names"][:] = list(names)
        self.optimizer.state.clear()
        self.optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))

    def _known(self) -> dict[str, nn.Parameter]:
        others = {f"{NAME}/{place}": p for place, p in self._others.items()}
        return {**others, **dict(self._model.named_parameters())}

    def _near(self, place: str) -> list[tuple[int, nn.Parameter]]:
        """Parameters that are in a group, with its number: those nearest before the place first."""
        numbers = {
            id(p): number
            for number, group in enumerate(self.optimizer.param_groups)
            for p in group["params"]
        }
        before: list[nn.Parameter] = []
        after: list[nn.Parameter] = []
        passed = False
        for name, module in self._model.named_modules():
            if name.split(".")[0] == NAME:
                continue
            inside = name == place or name.startswith(f"{place}.")
            passed |= inside
            side = before if inside or not passed else after
            side += module.parameters(recurse=False)
        ordered = [*reversed(before), *after]
        return [(numbers[id(p)], p) for p in ordered if id(p) in numbers]
