# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys of NEAT. Defaults are those of Stanley & Miikkulainen, "Evolving Neural Networks through
Augmenting Topologies", Evolutionary Computation 10(2), 2002; each description names the section.

Where the paper gives no number, the description says so.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from vynapse.settings import Settings

NodeActivation = Literal["steep-sigmoid", "sigmoid", "tanh", "relu", "gelu", "identity", "gauss"]

Rate = Annotated[float, Field(ge=0, le=1)]


class NeatSettings(Settings):
    """Keys of NEAT."""

    population: int = Field(150, ge=2, description="genomes of a generation (section 4.1)")

    excess: float = Field(1.0, ge=0, description="c1: weight of excess genes (3.3, 4.1)")
    disjoint: float = Field(1.0, ge=0, description="c2: weight of disjoint genes (3.3, 4.1)")
    weight_difference: float = Field(
        0.4, ge=0, description="c3: weight of the mean difference of matching weights (3.3, 4.1)"
    )
    small_genome: int = Field(
        20, ge=0, description="gene counts are not normalised where both genomes are smaller (3.3)"
    )
    compatibility_threshold: float = Field(
        3.0, gt=0, description="distance below which genomes are of one species (3.3, 4.1)"
    )
    target_species: int | None = Field(
        None,
        ge=1,
        description="the threshold moves towards so many species; null for a constant threshold, "
        "as in the paper",
    )
    threshold_step: float = Field(
        0.3, gt=0, description="change of the threshold in a generation where target_species is set"
    )

    survival_threshold: float = Field(
        0.2,
        gt=0,
        le=1,
        description="best part of a species that may be parents (3.3; the number is that of the "
        "authors' program)",
    )
    champion_size: int = Field(
        5, ge=0, description="the champion of a larger species is copied unchanged (4.1)"
    )
    stagnation: int = Field(
        15,
        ge=1,
        description="generations without a better champion after which a species has no "
        "offspring (4.1)",
    )
    protected_species: int = Field(
        1,
        ge=0,
        description="best species that have offspring in spite of stagnation (not in the paper)",
    )
    population_stagnation: int = Field(
        20,
        ge=1,
        description="generations without a better genome after which, for one generation, the "
        "refocus_species alone have offspring (3.3)",
    )
    refocus_species: int = Field(2, ge=1, description="best species that are refocused on (3.3)")

    mutation_only: Rate = Field(0.25, description="children of one parent (4.1)")
    interspecies: Rate = Field(
        0.001, description="crossovers with a parent of another species (4.1)"
    )
    averaging: Rate = Field(
        0.0, description="crossovers that average matching weights; the paper takes either (3.2)"
    )
    disabled: Rate = Field(0.75, description="genes disabled in a parent that stay disabled (4.1)")

    weight_mutation: Rate = Field(0.8, description="children whose weights are mutated (4.1)")
    perturbation: Rate = Field(
        0.9, description="mutated weights that are perturbed; the others are replaced (4.1)"
    )
    perturbation_kind: Literal["uniform", "normal"] = Field(
        "uniform", description="how a perturbation is distributed (4.1)"
    )
    sigma: float = Field(
        2.5,
        gt=0,
        description="half width, or standard deviation, of a perturbation (no number in the paper; "
        "that of the authors' program)",
    )
    sigma_adaptation: Literal["none", "success"] = Field(
        "none",
        description="success: sigma grows where more than a fifth of the children are better than "
        "their parent, and shrinks otherwise; the paper's is constant",
    )
    sigma_min: float = Field(0.05, gt=0, description="lowest sigma under sigma_adaptation")
    sigma_max: float = Field(5.0, gt=0, description="highest sigma under sigma_adaptation")
    replacement: float = Field(
        4.0, gt=0, description="half width of a replaced weight (no number in the paper)"
    )
    initial_weight: float = Field(
        2.5, ge=0, description="half width of a new connection's weight (no number in the paper)"
    )
    weight_limit: float = Field(
        8.0,
        gt=0,
        description="largest magnitude of a mutated weight (none in the paper; 8 in the "
        "authors' program)",
    )

    add_node: Rate = Field(0.03, description="children with a new node on a connection (3.1, 4.1)")
    add_connection: Rate = Field(
        0.05,
        description="children with a new connection (3.1, 4.1; 0.3 for the population of 1000)",
    )
    connection_tries: int = Field(
        20, ge=1, description="pairs drawn in search of a new connection (no number in the paper)"
    )
    toggle: Rate = Field(
        0.0,
        description="children with a gene switched on or off (the paper has crossover do it: 4.1)",
    )
    delete_node: Rate = Field(
        0.0, description="children that lose a hidden node (the paper only grows)"
    )
    delete_connection: Rate = Field(
        0.0, description="children that lose a gene (the paper only grows)"
    )

    recurrent: bool = Field(
        False, description="connections may close cycles (4.3: without velocities)"
    )
    updates: int = Field(
        1, ge=1, description="updates of all nodes for each input of a recurrent network"
    )
    activation: NodeActivation = Field(
        "steep-sigmoid",
        description="activation of hidden nodes; steep-sigmoid is 1 / (1 + exp(-4.9 x)) (4.1)",
    )
    output_activation: NodeActivation | None = Field(
        None, description="activation of outputs; null for that of hidden nodes (4.1)"
    )
    activations: tuple[NodeActivation, ...] = Field(
        (), description="set from which new nodes draw one; empty for activation alone (4.1)"
    )
    activation_mutation: Rate = Field(
        0.0,
        description="children with a new activation in a hidden node (none in the paper)",
    )
    topology: Literal["minimal", "disconnected", "sparse"] = Field(
        "minimal",
        description="first connections: from inputs and bias to every output (3.4), none, or "
        "sparse: hidden nodes that each genome connects to other inputs (not in the paper)",
    )
    sparse_hidden: int = Field(16, ge=1, description="hidden nodes of a sparse first topology")
    sparse_inputs: int = Field(
        8,
        ge=1,
        description="connections, beside that of the bias, to each of them from inputs and from "
        "hidden nodes before it",
    )
