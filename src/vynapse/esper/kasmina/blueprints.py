# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a seed's body may be: a table of names, and any module of the user's.

    blueprint("conv_heavy").build((64, 16, 16))       # a body for features of this shape
    blueprint("my_package.parts:build").build((32,))  # what build((32,)) returns, made 0 at birth
    offers(["conv_light", "mlp"], (64, 16, 16))       # those that fit, and what they would cost

Another blueprint is one row of the table and one function in bodies.py.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import torch
from torch import Tensor, nn

from vynapse.errors import ConfigError, UnknownName
from vynapse.esper.kasmina import bodies
from vynapse.esper.kasmina.blending import Operator
from vynapse.esper.kasmina.seed import Seed
from vynapse.esper.leyline.observation import Offer
from vynapse.imports import import_object
from vynapse.networks.flops import module_flops
from vynapse.networks.modules import isolated_generators

Shape = tuple[int, ...]
"""Of features, without the batch: (c, h, w), (l, d) or (d,)."""

_LAYOUTS: Final[Mapping[int, str]] = MappingProxyType(
    {1: "vectors (d,)", 2: "sequences (l, d)", 3: "pictures (c, h, w)"}
)


@dataclass(frozen=True, slots=True)
class Blueprint:
    """How to make the body of a seed.

    Attributes:
        name: as it is written in recipes.
        summary: what it makes, in a few words.
        layouts: numbers of dimensions, without the batch, of the features that it is for.
        make: from a shape of such features to a module that maps them to a correction, exactly 0
            at birth.
    """

    name: str
    summary: str
    layouts: frozenset[int]
    make: Callable[[Shape], nn.Module]

    def build(self, shape: Shape) -> nn.Module:
        """A body for features of `shape`, which draws its weights from torch's global generator.

        Raises:
            ConfigError: it is for features of another layout, or a module of the user's is not
                what was wanted.
        """
        if len(shape) not in self.layouts:
            wanted = " and ".join(_LAYOUTS[layout] for layout in sorted(self.layouts))
            fitting = [known for known, row in _TABLE.items() if len(shape) in row.layouts]
            advice = f": choose one of {', '.join(fitting)}" if fitting else ""
            raise ConfigError(
                f"blueprint {self.name!r}: features must be {wanted}, those of the slot have the "
                f"shape {shape}{advice}"
            )
        return self.make(shape)


def blueprint(name: str) -> Blueprint:
    """The blueprint of this name.

    Args:
        name: one of `blueprint_names()`, or "package.module:factory": factory(shape) has to return
            a module from (batch, *shape) to (batch, *shape). It is multiplied by a learned factor
            per channel, 0 at birth.

    Raises:
        UnknownName: there is no such blueprint.
        ConfigError: the user's factory cannot be imported or called.
    """
    if ":" in name:
        factory = import_object(name, "blueprint")
        if not callable(factory):
            raise ConfigError(
                f"blueprint {name!r}: a function from a shape to a torch.nn.Module was wanted, "
                f"it is {type(factory).__name__}"
            )
        return Blueprint(
            name, "a module of the user's", frozenset(_LAYOUTS), partial(_own, name, factory)
        )
    if name not in _TABLE:
        raise UnknownName("blueprint", name, _TABLE)
    return _TABLE[name]


def blueprint_names() -> tuple[str, ...]:
    """Of the built-in blueprints: those for pictures first, each kind from light to heavy."""
    return tuple(_TABLE)


def offers(names: Iterable[str], shape: Shape, operator: Operator = "add") -> tuple[Offer, ...]:
    """What the blueprints that fit features of `shape` would cost there, in the given order.

    Every body is built and run once on one example of zeros; the global generators stay as they
    are.

    Raises:
        UnknownName: there is no such blueprint.
        ConfigError: a module of the user's is not what was wanted.
    """
    fitting = [known for known in map(blueprint, names) if len(shape) in known.layouts]
    return tuple(_offer(known, shape, operator) for known in fitting)


def _offer(known: Blueprint, shape: Shape, operator: Operator) -> Offer:
    with isolated_generators(0):
        body = known.build(shape)
    seed = Seed(body, known.name, operator, shape)
    parameters = sum(parameter.numel() for parameter in seed.parameters())
    return Offer(known.name, parameters, module_flops(body, shape))


def _own(name: str, factory: Callable[[Shape], object], shape: Shape) -> nn.Module:
    """The user's module, checked, and 0 at birth."""
    try:
        module = factory(shape)
    except Exception as error:
        raise ConfigError(
            f"blueprint {name!r}: it failed for the shape {shape}: {_first_line(error)}"
        ) from error
    if not isinstance(module, nn.Module):
        raise ConfigError(
            f"blueprint {name!r}: it must return a torch.nn.Module, it returned "
            f"{type(module).__name__}"
        )
    _check_output(name, module, shape)
    # a copy: a factory that returns the same module each time would tie seeds together
    return bodies.Scaled(copy.deepcopy(module), shape)


def _check_output(name: str, module: nn.Module, shape: Shape) -> None:
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


_VECTOR, _SEQUENCE, _PICTURE = (frozenset({layout}) for layout in (1, 2, 3))

_TABLE: Final[Mapping[str, Blueprint]] = MappingProxyType(
    {
        row.name: row
        for row in (
            Blueprint("norm", "batch norm", _PICTURE | _VECTOR, bodies.norm),
            Blueprint(
                "squeeze_excite",
                "a gate for each channel, from the whole picture",
                _PICTURE,
                bodies.squeeze_excite,
            ),
            Blueprint("conv1x1", "a 1x1 convolution", _PICTURE, bodies.conv1x1),
            Blueprint(
                "bottleneck",
                "a 3x3 convolution of a quarter of the channels, between two 1x1",
                _PICTURE,
                bodies.bottleneck,
            ),
            Blueprint(
                "depthwise",
                "a 3x3 convolution within channels, then 1x1",
                _PICTURE,
                bodies.depthwise,
            ),
            Blueprint("conv_light", "a 3x3 convolution", _PICTURE, bodies.conv_light),
            Blueprint("conv_heavy", "two 3x3 convolutions", _PICTURE, bodies.conv_heavy),
            Blueprint("low_rank", "a linear map of low rank", _SEQUENCE | _VECTOR, bodies.low_rank),
            Blueprint("attention", "multi-head self-attention", _SEQUENCE, bodies.attention),
            Blueprint("mlp", "one hidden layer", _SEQUENCE | _VECTOR, bodies.mlp),
            Blueprint(
                "block", "attention, then a hidden layer", _SEQUENCE, bodies.TransformerBlock
            ),
        )
    }
)
