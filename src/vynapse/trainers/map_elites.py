# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode `map-elites`: the best vector for each kind of behaviour of a function."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from vynapse.core import Array, State
from vynapse.errors import ConfigError
from vynapse.evolution.map_elites import Grid, IsoLine, MapElites
from vynapse.settings import Settings, Size
from vynapse.trainers.evaluated import EvaluatorKeys, function_of, vector_trainer
from vynapse.trainers.mode import Mode, Stage
from vynapse.trainers.population import COLUMNS, PopulationTrainer

Numbers = float | list[float]


class GridSettings(Settings):
    """The space of descriptors, divided evenly."""

    low: Numbers = Field(0.0, description="lowest descriptors, one for all or one for each")
    high: Numbers = Field(1.0, description="highest descriptors, one for all or one for each")
    cells: Size | list[Size] = Field(
        10, description="parts that each side is divided into, one for all or one for each"
    )


class _Keys(Settings):
    grid: GridSettings = Field(
        default_factory=GridSettings, description="what the archive is kept over"
    )
    batch: Size = Field(100, description="vectors measured in a generation")
    iso: float = Field(
        0.1, ge=0, description="standard deviation of every number of a child round its elite"
    )
    line: float = Field(
        0.2, ge=0, description="standard deviation along the line to another elite; 0 for none"
    )
    initial_sigma: float = Field(
        1.0, ge=0, description="standard deviation of the first batch round the start"
    )


class MapElitesSettings(EvaluatorKeys, _Keys):
    """Keys of mode `map-elites`."""


def build(stage: Stage, settings: MapElitesSettings) -> PopulationTrainer[Array]:
    """The trainer of one stage; the winner has the lowest loss of all elites.

    Raises:
        ConfigError: the grid does not fit the descriptors.
    """
    task = function_of(stage)
    encoding, count = task.encoding(), task.descriptors
    grid = Grid(
        _side("low", settings.grid.low, count),
        _side("high", settings.grid.high, count),
        _side("cells", settings.grid.cells, count),
    )
    given = encoding.encode(None, stage.network)
    centre = task.start.astype(np.float32) if stage.fresh else given
    population = MapElites(
        centre,
        grid,
        stage.streams,
        variation=IsoLine(settings.iso, settings.line),
        initial_sigma=settings.initial_sigma,
        batch=settings.batch,
    )

    def front() -> State:
        cells, genomes, losses, descriptors = population.elites()
        vectors = encoding.inside(genomes)
        return {"cells": cells, "vectors": vectors, "losses": losses, "descriptors": descriptors}

    return vector_trainer(stage, settings.evaluator, population, centre, front)


def _side(name: str, value: Any, count: int) -> tuple[Any, ...]:
    side = [value] * count if isinstance(value, int | float) else value
    if len(side) != count:
        raise ConfigError(
            f"grid.{name}: one number or one for each of {count} descriptors were wanted, got "
            f"{len(side)}"
        )
    return tuple(side)


MODE = Mode(
    name="map-elites",
    summary="MAP-Elites: the best vector for each kind of behaviour of a function",
    settings=MapElitesSettings,
    build=build,
    accepts=("descriptors",),
    counts=("forwards",),
    columns=(*COLUMNS, "coverage", "best"),
    in_arrays=True,
    how=frozenset({"evaluator"}),
)
