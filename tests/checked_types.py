# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Annotations are checked while the tests run, at the cost of beartype alone.

jaxtyping's hook decorates every function of the package. Its decorator binds the arguments of each
call and checks them twice, so that dimensions can be compared: that took more than half of the
tests' time. Only annotations with shapes need it, and nothing else gets it.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from types import FunctionType, SimpleNamespace
from typing import Any, Final, get_args, get_type_hints

import jaxtyping
from beartype import BeartypeConf, beartype
from jaxtyping import AbstractArray, TypeCheckError

# as for mypy, an int will do where a float is wanted
_CHECK: Final = beartype(conf=BeartypeConf(is_pep484_tower=True, violation_type=TypeCheckError))
_WITH_SHAPES: Final = jaxtyping.jaxtyped


def jaxtyped(subject: Any = None, *, typechecker: Any) -> Any:
    """Stands for `jaxtyping.jaxtyped`: of a class, what `dataclass` wrote is checked."""
    if subject is None:
        return functools.partial(jaxtyped, typechecker=typechecker)
    if not inspect.isclass(subject):
        return _function(subject, typechecker)
    begin = vars(subject).get("__init__")
    if dataclasses.is_dataclass(subject) and begin and not hasattr(begin, "__wrapped__"):
        subject.__init__ = _function(begin, typechecker)  # type: ignore[method-assign]
    return subject


def _function(function: FunctionType, typechecker: Any) -> Callable[..., Any]:
    known = _known(function)
    # a wrapped generator would look at its arguments only when it is asked for an item
    if inspect.isgeneratorfunction(function) or any(map(_has_shape, known.values())):
        found: Callable[..., Any] = _WITH_SHAPES(function, typechecker=typechecker)
        return found
    twin = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    twin.__kwdefaults__ = function.__kwdefaults__
    twin.__module__, twin.__qualname__ = function.__module__, function.__qualname__
    twin.__annotations__ = known
    checked: Callable[..., Any] = _CHECK(twin)
    return function if checked is twin else functools.wraps(function)(checked)


def _known(function: FunctionType) -> dict[str, Any]:
    """The annotations that have a meaning at run time; the others name what is imported later."""
    known = {}
    for name, annotation in function.__annotations__.items():
        holder = SimpleNamespace(__annotations__={name: annotation})
        try:
            known.update(get_type_hints(holder, function.__globals__, include_extras=True))
        except Exception:  # noqa: BLE001 - as jaxtyping does: it is not checked
            continue
    return known


def _has_shape(hint: Any) -> bool:
    if inspect.isclass(hint) and issubclass(hint, AbstractArray):
        return True
    return any(map(_has_shape, get_args(hint)))


def install() -> None:
    """From now on modules of the package are decorated with it when they are imported."""
    jaxtyping.jaxtyped = jaxtyped  # type: ignore[assignment]
