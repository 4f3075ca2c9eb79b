# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Children of species, in C or where it is absent in NumPy: `reference.neat_plan` says which."""

from __future__ import annotations

import ctypes
import functools
from ctypes import c_double, c_int32, c_int64, c_void_p
from typing import Any, Final

import numpy as np
import numpy.typing as npt

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
_GENOMES: Final = ("order", "pool", "copy")
_SPECIES: Final = ("begin", "survivors")
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
    structure = _Succession.from_buffer_copy(_template(how))
    given: tuple[npt.NDArray[Any], ...] = (losses, of, best, improved)
    for name, array in zip(_ARRAYS[:4], given, strict=True):
        setattr(structure, name, native.pointer(array))
    # one piece of memory for all that comes out, as the address of each array has its price
    sizes = {**dict.fromkeys(_GENOMES, count), **dict.fromkeys(_SPECIES, species)}
    rows = np.empty(sum(sizes.values()) + count + 5 * species, np.int32)
    address, begin, parts = native.pointer(rows) or 0, 0, dict[str, I32]()
    for name, size in sizes.items():
        setattr(structure, name, address + 4 * begin)
        parts[name] = rows[begin : begin + size]
        begin += size
    structure.work = address + 4 * begin
    kept, chosen = np.empty(species, np.int64), np.empty(species, np.int64)
    numbers = np.empty(3 * species)
    structure.kept, structure.chosen = native.pointer(kept), native.pointer(chosen)
    structure.numbers = native.pointer(numbers)
    structure.count, structure.species = count, species
    structure.generation, structure.refocus = generation, refocus
    going = _kernel(library)(ctypes.byref(structure))
    begins, survivors = parts["begin"][:going], parts["survivors"][:going]
    planned = Plan(parts["order"], begins, survivors, parts["pool"], parts["copy"])
    return Succession(planned, kept[:going], chosen[:going])


__all__ = ["Sharing", "Succession", "plan"]
