# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the reproduction of NEAT is given, and what it says about the children."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag, auto
from typing import Any

import numpy as np
import numpy.typing as npt

from vynapse.kernels.reference.law import F64, I32
from vynapse.kernels.reference.neat_genomes import U8
from vynapse.seeding import Stream, Streams

I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rates:
    """How children come about; every probability in [0, 1].

    Attributes:
        mutation_only: a child has one parent.
        interspecies: the second parent is of another species.
        averaging: the child of two parents has the means of matching weights, instead of either.
        disabled: a gene that is disabled in a parent is disabled in the child.
        weights: a child's weights are mutated, each in turn.
        perturb: a mutated weight is changed a little, instead of replaced.
        toggle: a gene is switched on or off.
        activation: a hidden node gets another activation.
        delete_gene, delete_node: a gene, or a hidden node with its genes, is taken away.
        add_gene, add_node: a connection, or a node on a connection, is added.
        power: a perturbation is uniform in [-power, power], or normal with this deviation.
        replace: a replaced weight is uniform in [-replace, replace].
        initial: the weight of a new connection is uniform in [-initial, initial].
        limit: no mutated weight is larger in magnitude.
        normal: perturbations are normal.
        recurrent: connections may close cycles.
        tries: pairs of nodes drawn in search of a connection that can be added.
        kinds: activations of which new nodes and activation mutations draw one.
    """

    mutation_only: float
    interspecies: float
    averaging: float
    disabled: float
    weights: float
    perturb: float
    toggle: float
    activation: float
    delete_gene: float
    delete_node: float
    add_gene: float
    add_node: float
    power: float
    replace: float
    initial: float
    limit: float
    normal: bool
    recurrent: bool
    tries: int
    kinds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chance:
    """Streams of random words; a child is the individual.

    Attributes:
        decisions: indices as in `Draw`.
        crossing: 2 g says which parent gene g of the union of both is from, 2 g + 1 whether it is
            disabled.
        weights: 2 g says whether the weight of gene g is perturbed or replaced, 2 g + 1 by how
            much.
        normal: normal perturbation of gene g.
        links: 2 t and 2 t + 1 are source and target of try t.
    """

    decisions: Stream
    crossing: Stream
    weights: Stream
    normal: Stream
    links: Stream

    @classmethod
    def of(cls, streams: Streams) -> Chance:
        """The streams of a run."""
        names = ("decisions", "crossing", "weights", "normal", "links")
        return cls(*(streams.stream(f"neat.{name}") for name in names))


class Draw(IntEnum):
    """Indices of a child's decisions; C counts them alike."""

    FIRST = 0
    MATES = auto()
    ABROAD = auto()
    POOL = auto()
    SECOND = auto()
    AVERAGES = auto()
    WEIGHTS = auto()
    TOGGLE = auto()
    TOGGLED = auto()
    ACTIVATION = auto()
    ACTIVATED = auto()
    ACTIVATION_KIND = auto()
    DELETE_GENE = auto()
    DELETED_GENE = auto()
    DELETE_NODE = auto()
    DELETED_NODE = auto()
    ADD_GENE = auto()
    GENE_WEIGHT = auto()
    ADD_NODE = auto()
    SPLIT = auto()
    NODE_KIND = auto()


class Operator(IntFlag):
    """How a child came about; 0 is an unchanged copy."""

    CROSSOVER = auto()
    INTERSPECIES = auto()
    WEIGHTS = auto()
    TOGGLE = auto()
    ACTIVATION = auto()
    DELETE = auto()
    ADD_GENE = auto()
    ADD_NODE = auto()


@dataclass(slots=True, eq=False)
class Plan:
    """Who may be a parent of whom.

    Attributes:
        members: rows of the genomes that may be parents, species by species.
        begin, size: the part of `members` that belongs to each species (s,).
        pool: the species each child is born into (p,).
        copy: the genome a child is an unchanged copy of (p,), -1 for those that are bred.
    """

    members: I32
    begin: I32
    size: I32
    pool: I32
    copy: I32


@dataclass(slots=True, eq=False)
class Births:
    """Where children come from, (p,) each.

    Attributes:
        first: row of the parent, of two the fitter.
        second: row of the other parent, -1 without.
        operator: bits of `Operator`.
        foreign: the arrays as C knows them, made when C wants them first.
    """

    first: I32
    second: I32
    operator: U8
    foreign: Any = field(default=None, repr=False)

    @classmethod
    def room(cls, count: int) -> Births:
        """For `count` children."""
        rows = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
        return cls(*rows, np.zeros(count, np.uint8))


__all__ = ["F64", "I64", "Births", "Chance", "Draw", "Operator", "Plan", "Rates"]
