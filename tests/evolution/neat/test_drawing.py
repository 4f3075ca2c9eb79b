# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Pictures of genomes: every node and gene is there, in its place and its colour."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from vynapse.cli.main import main
from vynapse.evolution.neat import drawing
from vynapse.evolution.neat.population import Neat
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.evolution.neat.structure import WEIGHT, structure_of
from vynapse.experiment.store import load
from vynapse.networks.normalized import Seen, normalized
from vynapse.networks.state import NetworkState
from vynapse.seeding import Streams

NAME = "{http://www.w3.org/2000/svg}"


def network(seed: int, *, recurrent: bool) -> NetworkState:
    """One that has grown for some generations."""
    settings = NeatSettings(
        population=8, add_node=0.5, add_connection=0.7, toggle=0.2, recurrent=recurrent
    )
    search = Neat(settings, 3, 2, Streams(seed))
    for _ in range(12):
        search.tell(np.random.default_rng(seed).normal(size=8))
    genomes = search.ask()
    structure = structure_of(genomes, 0, recurrent, 1)
    return NetworkState(structure, {WEIGHT: genomes.weight[0, : genomes.genes[0]].copy()})


def picture_of(state: NetworkState) -> ET.Element:
    text = state.structure.picture(state.tensors)
    assert text is not None
    return ET.fromstring(text)


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_every_node_and_gene_is_drawn(seed: int, recurrent: bool) -> None:
    state = network(seed, recurrent=recurrent)
    structure = state.structure
    root = picture_of(state)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    circles = root.findall(f"{NAME}circle")
    nodes = structure.model_dump()["nodes"]
    assert len(circles) == 3 + 1 + len(nodes)
    places = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in circles]
    assert len(set(places)) == len(places)
    assert all(0 < x < width and 0 < y < height for x, y in places)
    ids = [*range(4), *(node["id"] for node in nodes)]
    column = {node: x for node, (x, _) in zip(ids, places, strict=True)}
    assert {column[node] for node in range(4)} == {min(column.values())}
    assert {column[node] for node in ids[4:6]} == {max(column.values())}
    told = {}
    for path in root.findall(f"{NAME}path"):
        title = path.findtext(f"{NAME}title")
        assert title is not None
        told[title] = path.attrib
    genes = structure.model_dump()["connections"]
    assert len(told) == len(genes)
    for gene, weight in zip(genes, state.tensors[WEIGHT].tolist(), strict=True):
        source, target, enabled = gene["source"], gene["target"], gene["enabled"]
        (look,) = [
            look
            for title, look in told.items()
            if title.startswith(f"{source} to {target}: weight {weight:.4g}")
        ]
        assert ("stroke-dasharray" in look) == (not enabled)
        if enabled:
            assert look["stroke"] == ("#1f77b4" if weight >= 0 else "#d6272b")
            assert recurrent or column[source] < column[target]


def test_a_recurrent_genome_has_arcs_and_loops() -> None:
    for seed in range(20):
        state = network(seed, recurrent=True)
        genes = state.structure.model_dump()["connections"]
        loops = [g for g in genes if g["source"] == g["target"]]
        if loops:
            text = state.structure.picture(state.tensors)
            assert text is not None
            assert len(re.findall(r'd="M[^"]* C', text)) >= len(loops)
            return
    pytest.fail("no seed has a loop")


def test_one_that_normalises_is_drawn_as_what_is_inside() -> None:
    state = network(0, recurrent=False)
    seen = Seen(np.zeros(3, np.float32), np.ones(3, np.float32))
    outer = normalized(state, seen, (3,))
    assert outer.structure.picture(outer.tensors) == state.structure.picture(state.tensors)


def test_graph_draws_the_winner_of_a_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = ["--mode", "neat", "--steps", "3", "--set", "population=10", "--out", str(run)]
    assert main(["run", "xor", *words]) == 0
    file = tmp_path / "winner.svg"
    for source in (run, run / "best.safetensors"):
        assert main(["graph", str(source), "--format", "svg", "--out", str(file)]) == 0
        found = load(run).network
        assert file.read_text() == found.structure.picture(found.tensors)
    assert main(["graph", str(run), "--format", "dot", "--out", str(tmp_path / "w.dot")]) == 0
    assert "index" in (tmp_path / "w.dot").read_text()


def test_a_deep_network_has_room_for_its_long_connections() -> None:
    nodes = [drawing.Node(0, "input", "input"), drawing.Node(1, "output", "tanh")]
    nodes += [drawing.Node(number, "hidden", "tanh") for number in range(2, 22)]
    chain = [0, *range(2, 22), 1]
    edges = [drawing.Edge(a, b, 1.0, True, a) for a, b in pairwise(chain)]
    svg = ET.fromstring(
        drawing.to_svg(nodes, [*edges, drawing.Edge(0, 1, 1.0, True, 99)], recurrent=False)
    )
    bent = [path.attrib["d"] for path in svg.iter(f"{NAME}path") if "Q" in path.attrib["d"]]
    for path in bent:
        y, middle, to_y = (float(pair.split(",")[1]) for pair in re.split("[MQ ]+", path) if pair)
        assert (y + 2 * middle + to_y) / 4 >= 0
    circles = [float(node.attrib["cy"]) for node in svg.iter(f"{NAME}circle")]
    assert max(circles) < float(svg.attrib["height"])
