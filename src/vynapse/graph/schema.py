# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The signature of an op: which of its arguments are tensors, and what may be said beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import torch

from vynapse.errors import GraphError, suggestion
from vynapse.graph.values import Attribute, Input, decode

STRUCTURAL: Final = frozenset({"input", "parameter", "constant", "getitem"})
"""Nodes that are no op of torch: what is given, learnt or fixed, and a part of a tuple."""

ATTENTION: Final = "aten._scaled_dot_product_flash_attention_for_cpu.default"
"""Draws random numbers where it is told a dropout, else none, whatever torch's tag says."""

INDEX: Final = "aten.index.Tensor"
"""Gives a result of a size that depends on the data where it is told truth values."""

_NAMESPACES: Final = ("aten", "mkldnn")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an op.

    Attributes:
        name: the name as torch spells it.
        tensor: whether it is a tensor or a list of tensors.
        required: whether it has no default.
        default: the default as plain data; None where there is none.
        keyword: whether it is passed by name.
    """

    name: str
    tensor: bool
    required: bool
    default: object
    keyword: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """An op that a graph may hold."""

    op: str
    call: torch._ops.OpOverload
    arguments: tuple[Argument, ...]
    several: bool

    @property
    def tensors(self) -> tuple[Argument, ...]:
        """The tensor arguments, in order; a node's inputs are these."""
        return tuple(argument for argument in self.arguments if argument.tensor)

    @property
    def required(self) -> int:
        """How many inputs there are at least."""
        return sum(argument.required for argument in self.tensors)

    def default(self, name: str) -> object:
        """What an attribute is where the node does not say."""
        return next(a.default for a in self.arguments if a.name == name)

    def bind(
        self, inputs: tuple[object, ...], attributes: Mapping[str, Attribute]
    ) -> tuple[list[object], dict[str, object]]:
        """Positional and named arguments of the call.

        Args:
            inputs: what takes the place of the tensor arguments, in order.
            attributes: the others, sizes as numbers.
        """
        positional: list[object] = []
        named: dict[str, object] = {}
        rest = list(inputs)
        for argument in self.arguments:
            if argument.tensor:
                value = rest.pop(0) if rest else argument.default
            elif argument.name in attributes:
                value = decode(attributes[argument.name])
            else:
                value = argument.default
            if argument.keyword:
                if argument.tensor or argument.name in attributes:
                    named[argument.name] = value
            else:
                positional.append(value)
        return positional, named


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """Every op of torch, as a graph writes it."""
    schemas = torch._C._jit_get_all_schemas()
    own = (s for s in schemas if s.name.startswith("aten::"))
    return frozenset(f"{s.name.replace('::', '.')}.{s.overload_name or 'default'}" for s in own)


@lru_cache(maxsize=4096)
def signature(op: str) -> Signature:
    """The signature of "aten.mul.Tensor" and the like.

    Raises:
        GraphError: torch has no such op, or it is none for a graph: it writes into its arguments
            or draws random numbers.
    """
    found = _find(op)
    if found is None:
        hint = suggestion(op, _known()) if op else ""
        raise GraphError(f"unknown op {op!r}{hint}"[:300])
    if found._schema.is_mutable:
        raise GraphError(f"the op {op!r} writes into its arguments; a graph holds pure ops alone")
    if torch.Tag.nondeterministic_seeded in found.tags and op != ATTENTION:
        raise GraphError(f"the op {op!r} draws random numbers: make them an input of the graph")
    sizes = {torch.Tag.dynamic_output_shape, torch.Tag.data_dependent_output}
    if sizes & set(found.tags) and op != INDEX:
        raise GraphError(f"the op {op!r} gives a result whose size depends on the data")
    returns = [str(r.type) for r in found._schema.returns]
    if not returns or not all("Tensor" in kind for kind in returns):
        raise GraphError(f"the op {op!r} does not give tensors")
    arguments = tuple(
        Argument(
            a.name,
            "Tensor" in str(a.type),
            not a.has_default_value(),
            a.default_value,
            a.kwarg_only,
        )
        for a in found._schema.arguments
    )
    return Signature(op, found, arguments, len(returns) > 1 or "List" in returns[0])


def is_op(op: str) -> bool:
    """Whether torch has an op of this full name."""
    return _find(op) is not None


def _find(op: str) -> torch._ops.OpOverload | None:
    namespace, _, rest = op.partition(".")
    packet, _, overload = rest.partition(".")
    if namespace not in _NAMESPACES or not (packet.isidentifier() and overload.isidentifier()):
        return None
    owner = getattr(getattr(torch.ops, namespace), packet, None)
    found = getattr(owner, overload, None)
    return found if isinstance(found, torch._ops.OpOverload) else None


def check_arguments(
    op: str, inputs: tuple[Input, ...], attributes: Mapping[str, Attribute]
) -> None:
    """Arity and names of the attributes.

    Raises:
        GraphError: too few or too many inputs, an attribute that is unknown or wanting.
    """
    known = signature(op)
    least, most = known.required, len(known.tensors)
    if not least <= len(inputs) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise GraphError(f"{op} takes {wanted} inputs, got {len(inputs)}")
    names = {a.name for a in known.arguments if not a.tensor}
    tracked = op == "aten.native_batch_norm.default" and inputs[3:4] != (None,)
    if tracked and attributes.get("training"):
        raise GraphError(f"{op} writes its statistics; use _native_batch_norm_legit_functional")
    if op == ATTENTION and attributes.get("dropout_p"):
        raise GraphError(f"{op} draws random numbers where dropout_p is not 0")
    for name in attributes:
        if name not in names:
            raise GraphError(f"{op} has no attribute {name!r}{suggestion(name, names)}")
    for argument in known.arguments:
        if not argument.tensor and argument.required and argument.name not in attributes:
            raise GraphError(f"{op} needs the attribute {argument.name!r}")
