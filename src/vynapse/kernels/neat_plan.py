# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Children of species, in C or where it is absent in NumPy: `reference.neat_plan` says which."""

from __future__ import annotations

import ctypes
import functools
from ctypes import c_double, c_int32, c_int64, c_void_p
from typing import Any, Final

import numpy as np

from vynapse.kernels import native
from vynapse.kernels.reference import neat_plan as reference
from vynapse.kernels.reference.law import F64, I32
from vynapse.kernels.reference.neat_law import Plan
from vynapse.kernels.reference.neat_plan import Sharing, Succession
from vynapse.seeding import I64

_ARRAYS: Final = (
    *("losses", "of", "best", "improved", "order", "pool", "copy", "begin", "survivors", "kept"),
    *("chosen", "numbers", "work"),
)
_NUMBERS: Final = ("generation", "stagnation", "protected", "refocus_species", "champion_size")


class _Succession(ctypes.Structure):
    _fields_ = (
        *((name, c_void_p) for name in _ARRAYS),
        ("survival", c_double),
        *((name, c_int64) for name in ("count", "species", *_NUMBERS)),
        ("stream", native.Address),
        ("refocus", c_int32),
    )


@functools.cache
def _kernel(library: native.Library) -> Any:
    return library.function("neat_plan", c_int64, c_void_p)


@functools.lru_cache(maxsize=16)
def _template(how: Sharing) -> _Succession:
    return _Succession(
        survival=how.survival,
        stagnation=how.stagnation,
        protected=how.protected,
        refocus_species=how.refocus_species,
        champion_size=how.champion_size,
        stream=native.address(how.stream),
    )


def plan(
    how: Sharing,
    losses: F64,
    of: I32,
    best: F64,
    improved: I64,
    generation: int,
    refocus: bool,
    library: native.Library | None = None,
) -> Succession:
    """See `reference.neat_plan.plan`; `library` as in `kernels.neat`."""
    library = library or native.status().library
    if library is None:
        return reference.plan(how, losses, of, best, improved, generation, refocus)
    count, species = len(losses), len(best)
    order, pool, copy = (np.empty(count, np.int32) for _ in range(3))
    begin, survivors = np.empty(species, np.int32), np.empty(species, np.int32)
    kept, chosen = np.empty(species, np.int64), np.empty(species, np.int64)
    numbers, work = np.empty(3 * species), np.empty(count + 5 * species, np.int32)
    structure = _Succession.from_buffer_copy(_template(how))
    arrays = (losses, of, best, improved, order, pool, copy, begin, survivors, kept, chosen)
    for name, array in zip(_ARRAYS, (*arrays, numbers, work), strict=True):
        setattr(structure, name, native.pointer(array))
    structure.count, structure.species = count, species
    structure.generation, structure.refocus = generation, refocus
    going = _kernel(library)(ctypes.byref(structure))
    return Succession(
        Plan(order, begin[:going], survivors[:going], pool, copy), kept[:going], chosen[:going]
    )


__all__ = ["Sharing", "Succession", "plan"]
