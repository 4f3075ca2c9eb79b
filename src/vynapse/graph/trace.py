# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A module, a loss, a training step or a generation step becomes a graph.

    graph = trace(module, x)                         # forward pass, weights carried by the graph
    graph = trace(step, parameters, memory, x, y)    # any function of trees of tensors

The function runs once, and what torch executes is recorded. Python has run by then: loops are
unrolled, numbers are constants, and a branch on the values in a tensor is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from vynapse.errors import GraphError
from vynapse.graph.capture import capture
from vynapse.graph.convert import convert, follow_batch
from vynapse.graph.ir import Graph


def trace(
    target: nn.Module | Callable[..., Any],
    *example: Any,
    dynamic_batch: bool | Sequence[int] = False,
) -> Graph:
    """The graph of what `target` does with inputs like these.

    Args:
        target: a module, whose parameters and buffers the graph carries, or a function of tensors
            and of lists, tuples and dictionaries of them. It gives such a tree back; the outputs of
            the graph are its tensors in order.
        example: arguments. Numbers among them become constants of the graph.
        dynamic_batch: let sizes follow the first axis of every tensor argument, or of those at
            these positions. The function then runs at three sizes of the batch.

    Returns:
        The graph; its inputs are the tensors of `example` in order.

    Raises:
        GraphError: it is no graph; the user's own line or the node is named.
    """
    leaves, tree = pytree.tree_flatten(example)
    names = _names(target, example)
    held, learnt = _held(target)
    if not dynamic_batch:
        return _trace(target, leaves, tree, names, held, learnt)
    follows = _followers(example, dynamic_batch)
    size = int(next(leaves[i] for i in follows).shape[0])
    batches = (max(size, 2), max(size, 2) + 1, max(size, 2) + 3)
    graphs = []
    for batch in batches:
        resized = [_resized(v, batch) if i in follows else v for i, v in enumerate(leaves)]
        graphs.append(_trace(target, resized, tree, names, held, learnt))
    return follow_batch(graphs, batches)


def _trace(
    target: Any,
    leaves: list[Any],
    tree: Any,
    names: Sequence[str],
    held: dict[str, Tensor],
    learnt: frozenset[str],
) -> Graph:
    places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Tensor)]
    # copies, since the function may write into them
    given = [leaves[i].detach().clone().contiguous() for i in places]
    for place, tensor in zip(places, given, strict=True):
        tensor.requires_grad_(leaves[place].requires_grad)

    def flat(*tensors: Tensor) -> list[Any]:
        own = dict(zip(held, tensors, strict=False))
        filled = list(leaves)
        for place, tensor in zip(places, tensors[len(held) :], strict=True):
            filled[place] = tensor
        arguments = pytree.tree_unflatten(filled, tree)
        if isinstance(target, nn.Module):
            result = torch.func.functional_call(target, own, tuple(arguments))
        else:
            result = target(*arguments)
        return [part for part in pytree.tree_leaves(result) if part is not None]

    own = [t.detach().clone().requires_grad_(t.requires_grad) for t in held.values()]
    recording = capture(flat, [*own, *given])
    ordered = [*held, *(names[i] for i in places)]
    return convert(recording, ordered, held, learnt)


def _held(target: Any) -> tuple[dict[str, Tensor], frozenset[str]]:
    """Tensors of a module, each once, and the names of its parameters."""
    if not isinstance(target, nn.Module):
        return {}, frozenset()
    # kernels are chosen by whether a tensor requires a gradient, so that has to be as it was
    learnt = {
        name: p.detach().requires_grad_(p.requires_grad) for name, p in target.named_parameters()
    }
    fixed = {name: b.detach() for name, b in target.named_buffers()}
    return {**learnt, **fixed}, frozenset(learnt)


def _names(target: Any, example: tuple[Any, ...]) -> list[str]:
    """A name for each leaf of the arguments, e.g. "x" or "memory.exp_avg.0"."""
    import inspect

    function = target.forward if isinstance(target, nn.Module) else target
    try:
        kinds = inspect.signature(function).parameters.values()
        known = [p.name for p in kinds if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    except (TypeError, ValueError):
        known = []
    taken = {name for name, _ in _tensors(target)}
    found = []
    for path, _ in pytree.tree_flatten_with_path(example)[0]:
        place = int(str(_key(path[0])))
        first = known[place] if place < len(known) else f"input.{place}"
        name = ".".join([first, *(str(_key(key)) for key in path[1:])])
        found.append(f"input.{name}" if name in taken else name)
    return found


def _tensors(target: Any) -> list[tuple[str, Tensor]]:
    if not isinstance(target, nn.Module):
        return []
    return [*target.named_parameters(), *target.named_buffers()]


def _key(key: Any) -> object:
    return getattr(key, "key", getattr(key, "idx", getattr(key, "name", key)))


def _followers(example: tuple[Any, ...], which: bool | Sequence[int]) -> set[int]:
    """Places among the leaves whose first axis is the batch."""
    wanted = range(len(example)) if isinstance(which, bool) else which
    found, place, sizes = set(), 0, set()
    for position, argument in enumerate(example):
        if position in wanted and isinstance(argument, Tensor) and argument.dim():
            found.add(place)
            sizes.add(int(argument.shape[0]))
        elif position in wanted and not isinstance(which, bool):
            raise GraphError(f"dynamic_batch: argument {position} is no tensor with a first axis")
        place += len(pytree.tree_leaves(argument))
    if len(sizes) != 1:
        raise GraphError(
            "dynamic_batch: tensors with the same first axis were wanted, "
            f"got sizes {sorted(sizes)}"
        )
    return found


def _resized(tensor: Tensor, batch: int) -> Tensor:
    return tensor.detach()[torch.arange(batch) % len(tensor)]
