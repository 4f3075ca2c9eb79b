# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A population of NEAT: ask for the generation, tell its losses, and the next one is there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

from vynapse.core import State
from vynapse.core.compatible import (
    ARRAYS,
    MADE,
    NUMBER,
    Kind,
    Named,
    Numbers,
    refuse_misfit,
    refuse_other,
)
from vynapse.errors import CheckpointError, ConfigError
from vynapse.evolution.fitness import Losses, usable
from vynapse.evolution.neat.ancestry import Ancestor, Ancestry
from vynapse.evolution.neat.guests import guest_of, seat, seated, together
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.evolution.neat.species import Species
from vynapse.evolution.neat.start import activation_number, first_generation
from vynapse.evolution.neat.states import genomes_of
from vynapse.kernels import neat
from vynapse.kernels.neat_registry import Innovations, registry
from vynapse.kernels.reference.law import I32
from vynapse.kernels.reference.neat_genomes import Genomes, Programs, blank
from vynapse.kernels.reference.neat_law import Births, Chance, Rates
from vynapse.kernels.reference.neat_registry import Pending
from vynapse.seeding import I64, Streams

_SUCCESS = 0.2
_GROWTH = 1.1
"""sigma_adaptation: a generation with more than a fifth of successes makes sigma larger by this
factor, one with fewer makes it smaller by the fourth root (Rechenberg's rule of the fifth)."""


@final
class Neat:
    """The search.

    Args:
        settings: its keys.
        inputs, outputs: the numbers of inputs and outputs of the networks.
        streams: random numbers; the same streams, the same run, whatever computes it.
        start: the first generation and the registry that numbered it; None for the one that
            `settings.topology` names.

    Attributes:
        generation: number of the current generation, from 0.
        champion: the best genome told so far, alone in its population; None before.
        champion_id, champion_loss: its id and loss.
        sigma: the standard deviation of perturbations.

    Raises:
        ConfigError: `start` has another number of genomes, inputs or outputs.
    """

    def __init__(
        self,
        settings: NeatSettings,
        inputs: int,
        outputs: int,
        streams: Streams,
        start: tuple[Genomes, Innovations] | None = None,
    ) -> None:
        self.settings, self._chance = settings, Chance.of(streams)
        self._rates = _rates(settings)
        if start is None:
            self._registry = registry(inputs + 1 + outputs)
            self._genomes = first_generation(settings, inputs, outputs, self._registry, streams)
        else:
            self._genomes, self._registry = start
            shape = len(self._genomes), self._genomes.inputs, self._genomes.outputs
            if shape != (settings.population, inputs, outputs):
                raise ConfigError(
                    f"start: {settings.population} genomes with {inputs} inputs and {outputs} "
                    f"outputs were wanted, got {shape[0]} with {shape[1]} and {shape[2]}"
                )
        self.generation, self.sigma = 0, settings.sigma
        self.champion: Genomes | None = None
        self.champion_id, self.champion_loss = -1, np.inf
        self._waited = 0
        self._inherited: Losses = np.full(settings.population, np.nan)
        self._spare: Genomes | None = None
        self._programs: Programs | None = None
        self._old_programs: Programs | None = None
        self._said = Births.room(settings.population), Pending.none(settings.population)
        self._metrics: dict[str, float] = {}
        self._told: tuple[Losses, I32] | None = None
        self._ancestry = Ancestry(settings.population)
        nobody = np.full(settings.population, -1, np.int64)
        self._ancestry.born(0, nobody, nobody, np.zeros(settings.population, np.uint8))
        self._species = Species(settings, streams)
        self._species.assign(self._genomes, None, 0)

    def ask(self) -> Genomes:
        """The current generation; not to be changed, and valid until the next `tell`."""
        return self._genomes

    def programs(self) -> Programs:
        """The networks of the current generation, valid until the next `tell`."""
        if self._programs is None:
            self._programs = neat.compile_genomes(
                self._genomes, self.settings.recurrent, into=self._old_programs
            )
        return self._programs

    def tell(self, losses: npt.ArrayLike, ranks: Losses | None = None) -> None:
        """Losses of the current generation, lower is better; the next generation replaces it.

        Args:
            losses: (p,); what is not finite counts as the worst.
            ranks: what parents are chosen by in place of the losses (p,); champions and progress
                still go by the losses, since ranks of two generations do not compare.

        Raises:
            ConfigError: there are not as many losses as genomes.
            TrainingError: not one loss is finite.
        """
        given = np.asarray(losses)
        if given.shape != (len(self._genomes),):
            raise ConfigError(
                f"tell: losses of shape ({len(self._genomes)},) were wanted, got shape "
                f"{given.shape}"
            )
        values, invalid = usable(given)
        self._remember(values, invalid)
        self._adapt_sigma(values)
        refocus = self._waited > self.settings.population_stagnation
        if refocus:
            self._waited = 0
        self._told = values, self._species.of
        plan, members = self._species.plan(values, self.generation, refocus, ranks)
        children = self._room()
        if self.sigma != self._rates.power:
            self._rates = dataclasses.replace(self._rates, power=self.sigma)
        births, pending = neat.reproduce(
            self._genomes,
            values if ranks is None else ranks,
            plan,
            self._rates,
            self._chance,
            self.generation + 1,
            children,
            into=self._said,
        )
        self._registry.settle(children, pending)
        self._inherited = np.where(plan.copy < 0, values[births.first], np.nan)
        self._spare, self._genomes = self._genomes, children
        self._old_programs, self._programs = self._programs or self._old_programs, None
        self._record(births)
        self.generation += 1
        self._species.assign(children, self._spare, self.generation, members)

    def _remember(self, losses: Losses, invalid: int) -> None:
        """Champion, ancestry and metrics of the generation that was told."""
        self._ancestry.told(losses)
        best = int(np.argmin(losses))
        self._waited += 1
        if losses[best] < self.champion_loss:
            self.champion, self._waited = self._genomes[best], 0
            self.champion_id = self.generation * len(losses) + best
            self.champion_loss = float(losses[best])
        finite = losses[np.isfinite(losses)] if invalid else losses
        genomes, count = self._genomes, len(losses)
        self._metrics = {
            "best_loss": float(losses[best]),
            "mean_loss": float(finite.mean()),
            "invalid": invalid,
            "species": len(self._species),
            "threshold": self._species.threshold,
            "sigma": self.sigma,
            "hidden": int(genomes.nodes.sum()) / count - genomes.outputs,
            "connections": int(genomes.genes.sum()) / count,
            "best_hidden": genomes.nodes.item(best) - genomes.outputs,
            "best_connections": int(genomes.enabled[best, : genomes.genes[best]].sum()),
        }

    def _adapt_sigma(self, losses: Losses) -> None:
        settings = self.settings
        if settings.sigma_adaptation == "none":
            return
        bred = ~np.isnan(self._inherited)
        if not bred.any():
            return
        better = np.count_nonzero(losses[bred] < self._inherited[bred])
        grows = better > _SUCCESS * np.count_nonzero(bred)
        moved = self.sigma * (_GROWTH if grows else _GROWTH**-0.25)
        self.sigma = min(settings.sigma_max, max(settings.sigma_min, moved))

    def _room(self) -> Genomes:
        """For children of any pair of parents; the generation before last gives way."""
        parents, spare = self._genomes, self._spare
        nodes, genes = 2 * int(parents.nodes.max()) + 1, 2 * int(parents.genes.max()) + 3
        if spare is not None and spare.node_room >= nodes and spare.gene_room >= genes:
            return spare
        more = nodes + nodes // 2, genes + genes // 2
        return blank(len(parents), parents.inputs, parents.outputs, *more)

    def _record(self, births: Births) -> None:
        base = self.generation * len(self._genomes)
        first, second = births.first + np.int64(base), births.second + np.int64(base)
        second[births.second < 0] = -1
        self._ancestry.born(self.generation + 1, first, second, births.operator.copy())

    def leavers(self, count: int) -> tuple[Genomes, Losses, I64]:
        """At most `count` genomes worth sending elsewhere, their losses and ids; best first.

        The first is the best genome so far; the others are the best of the other species of the
        generation told last. After `load` these are not known until the next `tell`.
        """
        champion = self.champion
        if champion is None or count < 1:
            return self._genomes[:0], np.zeros(0), np.zeros(0, np.int64)
        losses, ids = [self.champion_loss], [self.champion_id]
        parts = [champion]
        if self._told is not None and self._spare is not None and count > 1:
            known, of = self._told
            order = np.argsort(known, kind="stable")
            best = order[np.sort(np.unique(of[order], return_index=True)[1])]
            base = (self.generation - 1) * len(known)
            rows = best[np.isfinite(known[best]) & (best + base != self.champion_id)][: count - 1]
            losses += known[rows].tolist()
            ids += (rows + base).tolist()
            parts.append(self._spare.take(rows))
        return together(parts), np.array(losses), np.array(ids, np.int64)

    @property
    def markings(self) -> dict[str, I32]:
        """What the genes of this search are known by, for `admit` of another one."""
        return {"connections": self._registry.connections, "splits": self._registry.splits}

    def admit(self, genomes: Genomes, row: int, markings: Mapping[str, Any] | None = None) -> int:
        """Put a genome of another search into the current generation; its id, -1 without a place.

        It takes the place of a child of the largest species, and belongs to the species that it is
        compatible with; where there is none it founds one.

        Args:
            genomes: those of the other search.
            row: which of them.
            markings: the markings there. None: they are not known, so its hidden nodes are new.
        """
        base = self.generation * len(self._genomes)
        place = seat(self._species.of, [id - base for id in self._ancestry.strangers()])
        if place is None:
            return -1
        guest = guest_of(genomes, row, markings, self._registry)
        self._genomes = seated(self._genomes, guest, place)
        self._species.join(self._genomes, place, self.generation)
        self._inherited[place] = np.nan
        self._ancestry.replaced(self.generation, place)
        self._programs = None
        return base + place

    def metrics(self) -> dict[str, float]:
        """Metrics of the generation told last; empty before the first."""
        return dict(self._metrics)

    def species(self) -> dict[int, int]:
        """Members of each species of the current generation, by its number."""
        sizes = self._species.sizes().tolist()
        return dict(zip(self._species.number.tolist(), sizes, strict=True))

    def alive(self) -> list[int]:
        """Numbers of the species of the current generation."""
        numbers: list[int] = self._species.number.tolist()
        return numbers

    def chain(self, identity: int) -> list[Ancestor]:
        """How a champion, or a living genome, came about: see `Ancestry.chain`."""
        return self._ancestry.chain(identity)

    def lineage(self, identity: int) -> Iterator[Ancestor]:
        """The same as `chain`, one after the other."""
        return self._ancestry.lineage(identity)

    @property
    def last_champion(self) -> int:
        """Id of the best genome of the generation told last."""
        return self._ancestry.champions[-1]

    def champions(self) -> list[int]:
        """Id of the best genome of each generation told."""
        return list(self._ancestry.champions)

    def state(self) -> State:
        """All that `load` needs, as copies."""
        champion = None if self.champion is None else self.champion.arrays()
        return {
            MADE: self._made(),
            "generation": self.generation,
            "inputs": self._genomes.inputs,
            "outputs": self._genomes.outputs,
            "waited": self._waited,
            "numbers": np.array([self.sigma, self.champion_loss]),
            "champion_id": self.champion_id,
            "champion": champion,
            "genomes": self._genomes.arrays(),
            "inherited": self._inherited.copy(),
            "connections": self._registry.connections,
            "splits": self._registry.splits,
            "species": self._species.state(),
            "ancestry": self._ancestry.state(),
            "metrics": dict(self._metrics),
        }

    def load(self, state: State) -> None:
        """Go on from `state`, in a search made like the one it came from.

        Raises:
            CheckpointError: the state is that of other networks or another population, or it was
                damaged; nothing was loaded.
        """
        refuse_other("NEAT", self._made(), state)
        inherited = Numbers(np.float64, (len(self._genomes),))
        refuse_misfit("NEAT", {**self.state(), **_FORM, "inherited": inherited}, state)
        inputs, outputs = self._genomes.inputs, self._genomes.outputs
        came = state["inputs"], state["outputs"], len(state["genomes"].get("nodes", ()))
        if came != (inputs, outputs, len(self._genomes)):
            raise CheckpointError(
                f"the state is that of {came[2]} genomes with {came[0]} inputs and {came[1]} "
                f"outputs, this search has {len(self._genomes)} with {inputs} and {outputs}"
            )
        held = state["champion"]
        champion = None if held is None else genomes_of(inputs, outputs, held)
        genomes = genomes_of(inputs, outputs, state["genomes"])
        self._species.refuse(state["species"], len(genomes))
        self._ancestry.refuse(state["ancestry"])
        self.generation, self._waited = state["generation"], state["waited"]
        self.sigma, self.champion_loss = state["numbers"].tolist()
        self.champion_id, self._metrics = state["champion_id"], dict(state["metrics"])
        self.champion = champion
        self._genomes, self._spare, self._told = genomes, None, None
        self._programs, self._inherited = None, state["inherited"].copy()
        self._registry.load(state["connections"], state["splits"])
        self._species.load(state["species"])
        self._ancestry.load(state["ancestry"])

    def _made(self) -> dict[str, Any]:
        keys = set(NeatSettings.model_fields)  # those of the mode beside them change no genome
        return {
            "kind": "neat",
            "networks": [self._genomes.inputs, self._genomes.outputs],
            "settings": self.settings.model_dump(mode="json", include=keys),
            "seed": self._chance.decisions.seed,
        }


_FORM: Final[State] = {
    "metrics": Named(NUMBER),
    "champion": Kind("arrays by name, or nothing", (dict, type(None))),
    "genomes": ARRAYS,
    "connections": Numbers(np.int32, (-1, 2)),
    "splits": Numbers(np.int32, (-1, 2)),
    "species": Kind("names and values", (dict,)),
    "ancestry": Kind("names and values", (dict,)),
}
"""The parts of a state that grow with the search."""


def _rates(settings: NeatSettings) -> Rates:
    kinds = settings.activations or (settings.activation,)
    return Rates(
        mutation_only=settings.mutation_only,
        interspecies=settings.interspecies,
        averaging=settings.averaging,
        disabled=settings.disabled,
        weights=settings.weight_mutation,
        perturb=settings.perturbation,
        toggle=settings.toggle,
        activation=settings.activation_mutation,
        delete_gene=settings.delete_connection,
        delete_node=settings.delete_node,
        add_gene=settings.add_connection,
        add_node=settings.add_node,
        power=settings.sigma,
        replace=settings.replacement,
        initial=settings.initial_weight,
        limit=settings.weight_limit,
        normal=settings.perturbation_kind == "normal",
        recurrent=settings.recurrent,
        tries=settings.connection_tries,
        kinds=tuple(activation_number(name) for name in kinds),
    )
