# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""One run of a function, recorded op by op, below autograd: what torch really executes."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, fx
from torch._guards import TracingContext, tracing
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._python_dispatch import TorchDispatchMode

from vynapse.errors import GraphError, VynapseError
from vynapse.graph.schema import ATTENTION, INDEX

Flat = Callable[..., list[Any]]
"""Takes tensors, gives a list of results."""

_OURS: Final = Path(__file__).parent
_TORCH: Final = Path(torch.__file__).parent


def capture(function: Flat, example: Sequence[Tensor]) -> fx.GraphModule:
    """What `function` does with tensors like these, as torch's own graph of ATen ops.

    Writes into tensors are made pure where torch can; the generators are as before afterwards.

    Raises:
        GraphError: what it does depends on the values in tensors, or it draws random numbers; the
            user's line is named.
    """
    # one mode for the shapes of all values: torch would make one, and format the stack, for each
    shapes = TracingContext(FakeTensorMode(allow_fallback_kernels=True))
    with _as_eager(), tracing(shapes):
        found = _record(function, example)
        _tell_writes(found)
        if any(_writes(node) for node in found.graph.nodes):
            # of the recording, not of the function: composite ops hide their writes
            found = make_fx(torch.func.functionalize(found))(*example)
    return found


def _record(function: Flat, example: Sequence[Tensor]) -> fx.GraphModule:
    def guarded(*tensors: Tensor) -> list[Any]:
        with _Guard():  # type: ignore[no-untyped-call]
            return function(*tensors)

    try:
        return make_fx(guarded)(*example)
    except _Refused as error:
        raise GraphError(f"{_line(error)}: {error}") from None
    except VynapseError:  # also a sentence about what a user's own loss gave
        raise
    except Exception as error:
        text = str(error)
        if "tracing tensor" in text or "data-dependent" in text.lower():
            raise GraphError(
                f"{_line(error)}: what happens here depends on values in a tensor, so it is no "
                "graph: use torch.where, or leave the choice outside"
            ) from None
        first = next(iter(text.strip().splitlines()), type(error).__name__)
        raise GraphError(f"{_line(error)}: it fails while it is traced: {first[:200]}") from error


class _Refused(Exception):
    """An op that cannot be in a graph."""


class _Guard(TorchDispatchMode):
    """Refuses ops at the place where they are called, so that the traceback names it."""

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: Any = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        attention = str(func) == ATTENTION and not (args[3] if len(args) > 3 else None)
        if torch.Tag.nondeterministic_seeded in func.tags and not attention:
            raise _Refused(
                f"{func} draws random numbers, so it is no graph: "
                "make them an input, or put the module in evaluation mode"
            )
        whole = str(func) == INDEX and not any(_is_mask(item) for item in args[1])
        if torch.Tag.dynamic_output_shape in func.tags and not whole:
            raise _Refused(f"the size of what {func} gives depends on values in a tensor")
        return func(*args, **(kwargs or {}))


def _is_mask(index: Tensor | None) -> bool:
    return index is not None and index.dtype in {torch.bool, torch.uint8}


@contextmanager
def _as_eager() -> Iterator[None]:
    """No kernels that eager uses in inference alone, which have no reverse pass."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def _writes(node: fx.Node) -> bool:
    target = node.target
    return isinstance(target, torch._ops.OpOverload) and target._schema.is_mutable


def _tell_writes(recording: fx.GraphModule) -> None:
    """Batch norm in training writes its statistics, which the op that eager calls does not say."""
    for node in recording.graph.nodes:
        if node.target is torch.ops.aten.native_batch_norm.default:
            trains, tracked = node.args[5], node.args[3] is not None
            if trains and tracked:
                node.target = torch.ops.aten._native_batch_norm_legit.default
    recording.recompile()


def _line(error: BaseException) -> str:
    """Where in the user's code it happened, e.g. "net.py, line 12 (if x.sum() > 0:)"."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not Path(frame.filename).is_relative_to(_TORCH) and not _own(Path(frame.filename))
    ]
    if not frames:
        return "trace"
    # the user's own code rather than what wraps it; a user's module may be an installed one
    written = [frame for frame in frames if "site-packages" not in Path(frame.filename).parts]
    last = (written or frames)[-1]
    return f"{last.filename}, line {last.lineno} ({(last.line or '').strip()})"


def _own(file: Path) -> bool:
    return file.is_relative_to(_OURS) or str(file).startswith("<")
