# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The structures of NEAT as C knows them."""

from __future__ import annotations

import ctypes
import functools
from ctypes import c_double, c_float, c_int32, c_int64, c_uint32, c_void_p
from dataclasses import fields
from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

from vynapse.kernels import native
from vynapse.kernels.reference.neat_distance import Measure
from vynapse.kernels.reference.neat_genomes import GENE_ARRAYS, NODE_ARRAYS, Genomes, Programs
from vynapse.kernels.reference.neat_law import Births, Chance, Plan, Rates
from vynapse.kernels.reference.neat_registry import Pending
from vynapse.seeding import F32

_GENOMES: Final = ("nodes", "genes", *NODE_ARRAYS, *GENE_ARRAYS)
_PROGRAMS: Final = ("steps", "node", "level", "kind", "first", "origin", "weight", "result")
_LANES: Final = 16
"""Representatives that the widest C looks at at once."""
_STREAMS: Final = tuple(part.name for part in fields(Chance))


class _Genomes(ctypes.Structure):
    _fields_ = (
        *((name, c_void_p) for name in _GENOMES),
        *((name, c_int32) for name in ("inputs", "outputs", "node_room", "gene_room")),
    )


class _Programs(ctypes.Structure):
    _fields_ = (
        *((name, c_void_p) for name in _PROGRAMS),
        *((name, c_int32) for name in ("inputs", "outputs", "node_room", "gene_room")),
        ("recurrent", c_int32),
    )


class _Compatibility(ctypes.Structure):
    _fields_ = (
        *((name, c_double) for name in ("excess", "disjoint", "weights", "threshold")),
        ("small", c_int64),
    )


class _Desk(ctypes.Structure):
    _fields_ = tuple((name, c_void_p) for name in ("weight", "has", "tail", "open"))


class _Examples(ctypes.Structure):
    _fields_ = (
        *((name, c_void_p) for name in ("inputs", "targets", "state")),
        ("examples", c_int64),
        ("stride", c_int64),
        ("updates", c_int32),
    )


class _Pending(ctypes.Structure):
    _fields_ = tuple((name, c_void_p) for name in ("source", "target", "weight", "split", "kind"))


class _Births(ctypes.Structure):
    _fields_ = tuple((name, c_void_p) for name in ("first", "second", "operator"))


class _Plan(ctypes.Structure):
    _fields_ = (
        *((name, c_void_p) for name in ("members", "begin", "size", "pool", "copy", "losses")),
        ("species", c_int64),
    )


_RATES: Final = (
    *("mutation_only", "interspecies", "averaging", "disabled", "weights", "perturb", "toggle"),
    *("activation", "delete_gene", "delete_node", "add_gene", "add_node", "power", "replace"),
    *("initial", "limit"),
)


class _Rates(ctypes.Structure):
    _fields_ = (
        ("kinds", c_void_p),
        *((f"{name}_stream", native.Address) for name in _STREAMS),
        ("generation", c_uint32),
        *((name, c_int32) for name in ("tries", "kind_count", "normal", "recurrent")),
        *((name, c_float) for name in _RATES),
    )


class Numbers(ctypes.Structure):
    """Pairs of numbers known by their places, and a table that finds them."""

    _fields_ = (
        ("pairs", c_void_p),
        ("table", c_void_p),
        ("count", c_int64),
        ("bits", c_int64),
    )


def pointers(owner: Any, names: tuple[str, ...]) -> dict[str, int | None]:
    """Addresses of arrays that are attributes of `owner`."""
    return {name: native.pointer(getattr(owner, name)) for name in names}


def genomes(population: Genomes) -> Any:
    """A reference to the population; it lives as long as its arrays."""
    if population.foreign is None:
        structure = _Genomes(
            **pointers(population, _GENOMES),
            inputs=population.inputs,
            outputs=population.outputs,
            node_room=population.node_room,
            gene_room=population.gene_room,
        )
        population.foreign = (structure, ctypes.byref(structure))
    return population.foreign[1]


def programs(networks: Programs) -> Any:
    """A reference to compiled networks."""
    if networks.foreign is None:
        structure = _Programs(
            **pointers(networks, _PROGRAMS),
            inputs=networks.inputs,
            outputs=networks.outputs,
            node_room=networks.node.shape[1],
            gene_room=networks.weight.shape[1],
            recurrent=networks.recurrent,
        )
        networks.foreign = (structure, ctypes.byref(structure))
    return networks.foreign[1]


def compatibility(measure: Measure, threshold: float = 0.0) -> Any:
    """A reference to the coefficients."""
    return ctypes.byref(
        _Compatibility(measure.excess, measure.disjoint, measure.weights, threshold, measure.small)
    )


@final
class Desk:
    """Where genomes are sorted into species; kept from call to call, for one caller at a time."""

    def __init__(self) -> None:
        self._rooms = (0, 0, 0)
        self._arrays: tuple[npt.NDArray[Any], ...] = ()
        self._structure = _Desk()
        self._reference = ctypes.byref(self._structure)

    def reference(self, innovations: int, genes: int, genomes: int) -> Any:
        """A reference to room for so many innovations, genes of a genome, and genomes."""
        wanted = innovations, genes + 1, genomes
        if any(more > room for more, room in zip(wanted, self._rooms, strict=True)):
            # twice, so that a run that grows seldom comes here
            self._rooms = rooms = (2 * wanted[0], 2 * wanted[1], genomes)
            self._arrays = (
                np.empty((rooms[0], _LANES), np.float32),
                np.zeros((rooms[0], _LANES), np.int32),
                np.empty((rooms[1], _LANES), np.int32),
                np.empty(rooms[2], np.int32),
            )
            self._structure = _Desk(*map(native.pointer, self._arrays))
            self._reference = ctypes.byref(self._structure)
        return self._reference


def pending(births: Pending) -> Any:
    """A reference to new structure; it lives as long as its arrays."""
    if births.foreign is None:
        names = ("source", "target", "weight", "split", "kind")
        structure = _Pending(**pointers(births, names))
        births.foreign = (structure, ctypes.byref(structure))
    return births.foreign[1]


def births(children: Births) -> Any:
    """A reference to origins; it lives as long as their arrays."""
    if children.foreign is None:
        structure = _Births(**pointers(children, ("first", "second", "operator")))
        children.foreign = (structure, ctypes.byref(structure))
    return children.foreign[1]


def plan(parents: Plan, losses: npt.NDArray[np.float64]) -> Any:
    """A reference to who may be a parent."""
    names = ("members", "begin", "size", "pool", "copy")
    structure = _Plan(
        **pointers(parents, names), losses=native.pointer(losses), species=len(parents.begin)
    )
    return ctypes.byref(structure)


def rates(how: Rates, chance: Chance, generation: int) -> tuple[Any, Any]:
    """A reference to rates, and what must live as long."""
    made, kinds = _rates(how, chance)
    structure = _Rates.from_buffer_copy(made)
    structure.generation = generation
    return ctypes.byref(structure), kinds


@functools.lru_cache(maxsize=16)
def _rates(how: Rates, chance: Chance) -> tuple[_Rates, npt.NDArray[np.int32]]:
    kinds = np.array(how.kinds, np.int32)
    structure = _Rates(
        kinds=native.pointer(kinds),
        **{f"{name}_stream": native.address(getattr(chance, name)) for name in _STREAMS},
        kind_count=len(kinds),
        **{name: getattr(how, name) for name in ("tries", "normal", "recurrent", *_RATES)},
    )
    return structure, kinds


def examples(inputs: F32, targets: F32 | None, state: F32 | None, count: int, updates: int) -> Any:
    """A reference to examples that lie side by side, padded to the stride of `inputs`."""
    structure = _Examples(
        inputs=native.pointer(inputs),
        targets=native.pointer(targets),
        state=native.pointer(state),
        examples=count,
        stride=inputs.shape[1],
        updates=updates,
    )
    return ctypes.byref(structure)
