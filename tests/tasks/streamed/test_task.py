# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The task csv read in place agrees with the one in memory, row by row and sentence by sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evidence import many
from vynapse.core import SupervisedTask, block_of
from vynapse.errors import DataError, VynapseError
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_task
from vynapse.tasks.streamed.splits import GROUP, Splitter


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def written(path: Path, rows: int, seed: int, gaps: float = 0.0) -> Path:
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(rows, 3)) * [1, 1e4, 1e-3]
    colours = draw.choice(["red", "blue", "green", "1.0", "x y"], rows)
    kinds = draw.choice(["yes", "no", "maybe"], rows, p=[0.5, 0.4, 0.1])
    lines = ["a,b,c,colour,whole,kind"]
    for row in range(rows):
        cells = [f"{value:.6g}" for value in values[row].tolist()]
        cells += [f'"{colours[row]}"', str(row % 7)]
        cells = ["" if draw.random() < gaps else cell for cell in cells]
        lines.append(",".join([*cells, kinds[row]]))
    path.write_text("\n".join(lines) + "\n")
    return path


def both(path: Path, **keys: Any) -> tuple[SupervisedTask, SupervisedTask]:
    found = []
    for cached in (False, True):
        task = make_task("csv", {"path": str(path), "cache": cached, **keys})
        assert isinstance(task, SupervisedTask)
        found.append(task)
    return found[0], found[1]


KEYS: list[dict[str, Any]] = [
    {"target": "kind"},
    {"target": "a"},
    {"target": "whole", "categorical": ["colour"]},
    {"target": "whole", "kind": "regression"},
    {"target": "kind", "missing": "drop"},
    {"target": "kind", "missing": "mean", "test": 0.0},
    {"target": "kind", "missing": "median", "data_seed": 3},
    {"target": "kind", "missing": "most_frequent", "columns": ["a", "colour", "whole"]},
]


@pytest.mark.parametrize("keys", KEYS, ids=str)
@pytest.mark.parametrize("seed", range(many(sample=1, evidence=10)))
def test_examples_and_statistics_agree(tmp_path: Path, keys: dict[str, Any], seed: int) -> None:
    gaps = 0.02 if keys.get("missing") else 0.0
    path = written(tmp_path / "data.csv", 700 + seed, seed, gaps)
    memory, streamed = both(path, **{"categorical": ["colour"], **keys})
    assert streamed.classes == memory.classes
    assert streamed.description == memory.description
    assert streamed.warnings == memory.warnings
    assert streamed.target_scale == pytest.approx(memory.target_scale, rel=1e-12)
    assert streamed.preprocessing is not None
    assert memory.preprocessing is not None
    assert flat(streamed.preprocessing) == pytest.approx(flat(memory.preprocessing), rel=1e-9)
    for name in ("train", "validation"):
        one, other = (task.split(name) for task in (memory, streamed))
        assert len(one) == len(other)
        a, b = one.take(slice(None)), other.take(slice(None))
        np.testing.assert_allclose(b.inputs, a.inputs, rtol=2e-6, atol=2e-6)
        np.testing.assert_allclose(b.targets, a.targets, rtol=2e-6, atol=2e-6)
        assert b.targets.dtype == a.targets.dtype
        rows = np.array([5, 2, len(one) - 1])
        assert other.take(rows).inputs.tobytes() == b.inputs[rows].tobytes()


def flat(content: Any) -> dict[str, Any]:
    """Numbers by their places; other values as texts."""
    if isinstance(content, dict):
        parts = content.items()
    elif isinstance(content, list):
        parts = enumerate(content)  # type: ignore[assignment]
    else:
        return {"": content if isinstance(content, float) else hash(str(content)) % 10**6}
    return {f"{key}.{rest}": value for key, part in parts for rest, value in flat(part).items()}


def test_a_second_start_gives_the_same_task(tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv", 300, 0)
    keys = {"path": str(path), "cache": True, "target": "kind", "categorical": ["colour"]}
    first, second = make_task("csv", keys), make_task("csv", keys)
    assert first.fingerprint() == second.fingerprint()
    assert make_task("csv", {**keys, "data_seed": 1}).fingerprint() != first.fingerprint()
    rows = next((tmp_path / "cache").rglob("train.i64"))
    rows.write_bytes(rows.read_bytes()[8:] + bytes(8))
    third = make_task("csv", keys)
    assert third.split("train").take(slice(None)).inputs.tobytes() == (
        first.split("train").take(slice(None)).inputs.tobytes()
    )


@pytest.mark.parametrize(
    ("lines", "keys"),
    [
        ("x,y\n1,a\n2,b\n", {"target": "z"}),
        ("x,y\n1,a\n2,b\n", {"target": "y", "columns": ["x", "y"]}),
        ("x,y\n" + "1,a\n" * 9, {"target": "y"}),
        ("x,y\n" + "1,a\n2,b\n" * 9 + "n,a\n", {"target": "y"}),
        ("x,y\n" + "1,a\n2,b\n" * 9 + "inf,a\n", {"target": "y"}),
        ("x,y\n" + "1,a\n2,b\n" * 9 + "1e39,a\n", {"target": "y"}),
        ("x,y\n" + "1,a\n2,b\n" * 9 + ",a\n", {"target": "y"}),
        ("x,y\n" + "1,a\n2,b\n" * 9 + "1,\n", {"target": "y", "missing": "mean"}),
        ("x,y\n" + "1,1.5\n2,2.5\n" * 9 + "1,z\n", {"target": "y", "kind": "regression"}),
        ("x,y\n" + "1,1.5\n2,2.5\n" * 9 + "1,z\n", {"target": "y"}),
        ("x,y\n1,1.5\n2,2.5\n", {"target": "y"}),
        ("x,y\n" + "p,1.5\nq,2.5\n" * 9 + "rare,3\n" * 1, {"target": "y", "data_seed": 4}),
        ("y\n1\n2\n", {"target": "y"}),
        ("x,y\n,a\n,b\n", {"target": "y", "missing": "drop"}),
    ],
)
def test_what_is_wrong_is_said_in_the_same_words(
    tmp_path: Path, lines: str, keys: dict[str, Any]
) -> None:
    path = tmp_path / "data.csv"
    path.write_text(lines)
    said = []
    for cached in (False, True):
        try:
            make_task("csv", {"path": str(path), "cache": cached, **keys})
            said.append("")
        except VynapseError as error:
            said.append(str(error))
    assert said[0] == said[1] or said[0].startswith(said[1])
    assert "\n" not in said[1]


def test_groups_keep_the_fractions_of_each_label() -> None:
    labels = np.random.default_rng(0).choice(3, 200_000, p=[0.7, 0.299, 0.001])
    splitter = Splitter(np.bincount(labels), 0.2, 0.1, seed=1)
    parts = np.concatenate([splitter.parts(labels[at : at + 999]) for at in range(0, 200_000, 999)])
    for label in range(3):
        own = parts[labels == label]
        groups = -(-len(own) // GROUP)
        assert abs((own == 1).sum() - 0.2 * len(own)) <= groups
        assert abs((own == 2).sum() - 0.1 * len(own)) <= groups
    again = Splitter(np.bincount(labels), 0.2, 0.1, seed=1).parts(labels)
    assert (again == parts).all()


def test_a_run_trains_resumes_and_predicts_on_a_cache(tmp_path: Path) -> None:
    import vynapse
    from vynapse.trainers.order import order_of

    path = written(tmp_path / "data.csv", 900, 1)
    keys: dict[str, Any] = {"task.path": str(path), "task.target": "kind", "task.cache": True}
    keys |= {"task.categorical": ["colour"], "batch_size": 64}
    run = vynapse.run("csv", mode="sgd", budget={"epochs": 2}, out=tmp_path / "run", **keys)
    assert np.isfinite(run.summary["loss"])
    rows = path.read_text().splitlines()[:4]
    (tmp_path / "new.csv").write_text("\n".join(rows) + "\n")
    assert len(run.predict(str(tmp_path / "new.csv"))) == 3
    made = make_task(
        "csv", {"path": str(path), "target": "kind", "cache": True, "categorical": ["colour"]}
    )
    assert isinstance(made, SupervisedTask)
    order = order_of(made, 64, Streams(0))
    assert block_of(made.split("train")) > 0
    seen = np.concatenate([order.indices(step) for step in range(order.steps_per_epoch)])
    assert sorted(seen.tolist()) == list(range(len(made.split("train"))))


def test_keys_that_need_rows_in_memory_are_named(tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv", 50, 1)
    with pytest.raises(DataError, match="no column 'kid': did you mean 'kind'"):
        make_task("csv", {"path": str(path), "target": "kid", "cache": True})
