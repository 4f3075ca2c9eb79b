# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a seed's body may be: blueprints by name, and any module of the user's.

    blueprint("conv_heavy").body((64, 16, 16))       # a body for features of this shape
    blueprint("my_package.parts:build").body((32,))  # what build((32,)) returns, made 0 at birth
    offers(["conv_light", "mlp"], (64, 16, 16))      # those that fit, and what they would cost

Another blueprint is a `Blueprint` and one line of the catalogue, or an entry point of the group
`vynapse.blueprints`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import torch
from torch import Tensor, nn

from vynapse.catalogue import CATALOGUE
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.scaled import Scaled
from vynapse.esper.kasmina.seed import Seed
from vynapse.esper.leyline.observation import Offer
from vynapse.esper.leyline.options import Operator
from vynapse.networks.flops import module_flops
from vynapse.networks.modules import isolated_generators
from vynapse.registry import Kind, Registry

Shape = tuple[int, ...]
"""The shape of features without the batch: (c, h, w), (l, d) or (d,)."""

_LAYOUTS: Final[Mapping[int, str]] = MappingProxyType(
    {1: "vectors (d,)", 2: "sequences (l, d)", 3: "pictures (c, h, w)"}
)


@dataclass(frozen=True, slots=True)
class Blueprint(Kind[nn.Module]):
    """How to make the body of a seed. `build(settings, shape)` returns a module.

    The module maps features (batch, *shape) to features of the same shape.

    Attributes:
        layouts: numbers of dimensions, without the batch, of the features that it is for.
        zero_at_birth: the body gives exactly 0 at birth by itself. Of any other the output is
            checked and multiplied by a learned factor per channel that begins at 0.
        positions: the places of sequences (l,) or pictures (h, w) that it is for; None for any.
    """

    layouts: frozenset[int] = frozenset(_LAYOUTS)
    zero_at_birth: bool = False
    positions: tuple[int, ...] | None = None

    def fits(self, shape: Shape) -> bool:
        """Whether it is for features of this shape."""
        positions = positions_of(shape)
        return len(shape) in self.layouts and (
            self.positions is None or positions in ((), self.positions)
        )

    def wanted(self) -> str:
        """The features that it is for, for sentences."""
        names = [_LAYOUTS[layout] for layout in sorted(self.layouts)]
        if self.positions is not None:
            names[-1] += f" of {'x'.join(map(str, self.positions))} positions"
        return " and ".join(names)

    def body(self, shape: Shape) -> nn.Module:
        """A body for features of `shape`, which draws its weights from torch's global generator.

        Raises:
            ConfigError: it is for features of another layout, or a module of the user's is not
                what was wanted.
        """
        if not self.fits(shape):
            fitting = [name for name in blueprint_names() if len(shape) in blueprint(name).layouts]
            advice = f": choose one of {', '.join(fitting)}" if fitting else ""
            raise ConfigError(
                f"blueprint {self.name!r}: features must be {self.wanted()}, those of the slot "
                f"have the shape {shape}{advice}"
            )
        return self.build(self.settings(), shape) if self.zero_at_birth else _scaled(self, shape)


_NONE: Final[Mapping[str, Blueprint]] = MappingProxyType({})

BLUEPRINTS: Final = Registry("blueprints", "blueprint", Blueprint)


def positions_of(shape: Shape) -> tuple[int, ...]:
    """The places at which features are given: (l,) of (l, d), (h, w) of (c, h, w), else none."""
    return shape[1:] if len(shape) == 3 else shape[:-1]


def blueprint(name: str, own: Mapping[str, Blueprint] = _NONE) -> Blueprint:
    """The blueprint of this name.

    Args:
        name: the name of a registered blueprint, or "package.module:factory". There factory(shape)
            returns a module from (batch, *shape) to (batch, *shape). Its output is multiplied by a
            learned factor per channel, 0 at birth.
        own: blueprints that are known here alone, by name.

    Raises:
        ConfigError: there is no such blueprint, or the user's factory cannot be imported.
    """
    return own[name] if name in own else BLUEPRINTS.get(name)


def blueprint_names() -> tuple[str, ...]:
    """The built-in blueprints: those for pictures first, each sort from light to heavy.

    Those of other packages have to be named: else a run would depend on what is installed.
    """
    return tuple(CATALOGUE[BLUEPRINTS.group])


def offers(
    names: Iterable[str],
    shape: Shape,
    operator: Operator = "add",
    own: Mapping[str, Blueprint] = _NONE,
) -> tuple[Offer, ...]:
    """What the blueprints that fit features of `shape` would cost there, in the given order.

    Every body is built and run once on one example of zeros; the global generators stay as they
    are.

    Raises:
        ConfigError: there is no such blueprint, or a module of the user's is not what was wanted.
    """
    fitting = [known for name in names if (known := blueprint(name, own)).fits(shape)]
    return tuple(_offer(known, shape, operator) for known in fitting)


def _offer(known: Blueprint, shape: Shape, operator: Operator) -> Offer:
    with isolated_generators(0):
        body = known.body(shape)
    seed = Seed(body, known.name, operator, shape)
    parameters = sum(parameter.numel() for parameter in seed.parameters())
    return Offer(known.name, parameters, module_flops(body, shape))


def _scaled(known: Blueprint, shape: Shape) -> nn.Module:
    """The module of a blueprint that promises nothing, checked, and 0 at birth."""
    name = known.name
    try:
        module: object = known.build(known.settings(), shape)
    except Exception as error:
        raise ConfigError(
            f"blueprint {name!r}: it failed for the shape {shape}: {_first_line(error)}"
        ) from error
    if not isinstance(module, nn.Module):
        raise ConfigError(
            f"blueprint {name!r}: it must return a torch.nn.Module, it returned "
            f"{type(module).__name__}"
        )
    check_output(name, module, shape)
    # a copy: a factory that returns the same module each time would tie seeds together
    return Scaled(copy.deepcopy(module), shape)


def check_output(name: str, module: nn.Module, shape: Shape) -> None:
    """Try a module that is to become a body.

    Raises:
        ConfigError: it cannot take features of the shape, or does not return as many finite
            numbers that are not all 0.
    """
    example = torch.linspace(-1, 1, 2 * math.prod(shape)).reshape(2, *shape)
    try:
        # a copy, because running a module may change its buffers
        with isolated_generators(0), torch.no_grad():
            output: Any = copy.deepcopy(module).eval()(example)
    except Exception as error:
        raise ConfigError(
            f"blueprint {name!r}: its module cannot take features of shape {tuple(example.shape)} "
            f"(batch, *shape of the slot): {_first_line(error)}"
        ) from error
    if not isinstance(output, Tensor) or output.shape != example.shape:
        came = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
        raise ConfigError(
            f"blueprint {name!r}: its module must return a tensor of the shape of its input, "
            f"{tuple(example.shape)}, it returned {came}"
        )
    if not output.isfinite().all():
        raise ConfigError(
            f"blueprint {name!r}: its module must return finite numbers, it returned infinity or "
            f"NaN for inputs between -1 and 1"
        )
    if not output.any():
        raise ConfigError(
            f"blueprint {name!r}: its module must not return zeros only, because the factor before "
            f"it begins at 0 and neither could learn: initialise its last layer as usual"
        )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
