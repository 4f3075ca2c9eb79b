# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Watching changes nothing: a run with every sink on ends as a silent one, also if sinks fail."""

import csv
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.telemetry.collector import Collector, closed_port
from vynapse.experiment.checkpoint import read_checkpoint
from vynapse.experiment.config import load_recipe
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.sent_on import send_on
from vynapse.experiment.session import Session
from vynapse.telemetry.metrics.endpoint import Endpoint
from vynapse.telemetry.sinks.prometheus import watched
from vynapse.telemetry.span import read_spans

RUNS = {
    "sgd": ("digits", "sgd", {"epochs": 2}),
    "static": ("xor", "static", {"steps": 60}),
    "deap": ("xor", "deap", {"steps": 300}),
    "neat": ("xor", "neat", {"steps": 12}),
    "hybrid": ("xor", "hybrid", {"steps": 6}),
    "grow": ("spirals", "grow", {"steps": 60}),
}
EVERYTHING = ["spans", "tensorboard", {"kind": "prometheus", "port": 0}]


def session(name: str, out: Path, sinks: list[Any], **keys: Any) -> Session:
    task, mode, limits = RUNS[name]
    budget = {"target": None, "patience": None, **limits}
    saved = {"every_steps": 5, "every_seconds": None}
    telemetry = {"sinks": sinks}
    asked = {"budget": budget, "checkpoint": saved, "telemetry": telemetry, "seed": 3, **keys}
    return Session.create(load_recipe(task, mode, **asked), out)


def warnings_in(run: Path) -> list[str]:
    lines = map(json.loads, (run / "events.jsonl").read_text().splitlines())
    return [line["data"]["message"] for line in lines if line["kind"] == "warning"]


def rows(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open() as file:
        return [{**row, "seconds": ""} for row in csv.DictReader(file)]


def without_times(state: Any) -> Any:
    """A checkpoint as text, without what the clock says and what differs in the record."""
    if isinstance(state, dict):
        gone = ("seconds", "timings", "record_sha256", "metrics", "events")
        return {key: without_times(value) for key, value in state.items() if key not in gone}
    if isinstance(state, (list, tuple)):
        return [without_times(value) for value in state]
    return state.tobytes() if hasattr(state, "tobytes") else state


@pytest.mark.parametrize("name", RUNS)
def test_a_run_with_every_sink_ends_as_a_silent_one(name, tmp_path) -> None:
    silent, watched_run = tmp_path / "silent", tmp_path / "watched"
    session(name, silent, []).run()
    with Collector() as collector:
        otlp = {"kind": "otlp", "endpoint": collector.url}
        one = session(name, watched_run, [*EVERYTHING, otlp])
        endpoint = Endpoint(0)
        one.run(sinks=watched(watched_run, endpoint.folder, "a", endpoint))
        endpoint.close()
        sent = collector.spans()
    assert warnings_in(watched_run) == warnings_in(silent)
    assert one.missed == {}
    assert rows(watched_run) == rows(silent)
    best = [(run / "best.safetensors").read_bytes() for run in (silent, watched_run)]
    assert best[0] == best[1]
    last = [RunDirectory(run).list_checkpoints()[-1] for run in (silent, watched_run)]
    assert last[0].name == last[1].name
    states = [without_times(read_checkpoint(path)) for path in last]
    assert repr(states[0]) == repr(states[1])
    spans = read_spans(watched_run / "spans.jsonl")
    assert {"run", "epochs" if name in ("sgd", "static", "grow") else "steps", "evaluation"} <= {
        s.name for s in spans
    }
    assert len(sent) == len(spans)
    assert not (silent / "spans.jsonl").exists()


def test_spans_of_a_run_nest_and_their_steps_are_all_of_it(tmp_path) -> None:
    session("neat", tmp_path / "run", ["spans"]).run()
    spans = read_spans(tmp_path / "run" / "spans.jsonl")
    known = {span.span_id: span for span in spans}
    for span in spans:
        if span.parent_id is not None:
            parent = known[span.parent_id]
            assert parent.start <= span.start <= span.end <= parent.end
    assert sum(int(s.attributes["steps"]) for s in spans if s.name == "steps") == 12
    names = [span.name for span in spans]
    assert names.count("checkpoint") == 2
    assert names.count("stage 0: neat") == names.count("run") == 1
    assert {"variation", "evaluation", "selection"} <= set(names)


def test_a_resumed_run_has_a_trace_for_each_process(tmp_path) -> None:
    begun = session("neat", tmp_path / "run", ["spans"])

    def stop(item: Any) -> None:
        if item.report.step == 7:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Exception, match="interrupted"):
        begun.run([stop])
    Session.open(tmp_path / "run").run()
    spans = read_spans(tmp_path / "run" / "spans.jsonl")
    assert len({span.trace_id for span in spans}) == 2
    assert [s.attributes.get("error") for s in spans if s.name == "run"] == ["Interrupted", None]
    assert sum(int(s.attributes["steps"]) for s in spans if s.name == "steps") == 12


def test_a_collector_that_nobody_reaches_is_told_once(tmp_path) -> None:
    url = f"http://127.0.0.1:{closed_port()}/v1/traces"
    session("deap", tmp_path / "run", [{"kind": "otlp", "endpoint": url}]).run()
    (told,) = warnings_in(tmp_path / "run")
    assert told.startswith(f"sink otlp was detached: it failed: OSError: {url} does not take spans")
    assert told.endswith("the run is not affected")


def test_a_killed_metrics_process_is_told_once(tmp_path, monkeypatch) -> None:
    run, endpoint = tmp_path / "run", Endpoint(0)
    one = session("neat", run, [])

    def kill(item: Any) -> None:
        if item.report.step == 3:
            os.kill(endpoint.pid, signal.SIGKILL)
            while endpoint.ended() is None:
                pass

    summary = one.run([kill], sinks=watched(run, endpoint.folder, "a", endpoint))
    endpoint.close()
    (told,) = warnings_in(run)
    assert "sink metrics was detached: it failed: ProcessLookupError" in told
    assert summary["status"] == "finished"
    assert summary["steps"] == 12


def test_what_a_slow_sink_misses_is_known_at_the_end(tmp_path) -> None:
    sinks: list[Any] = [{"kind": "tests.experiment.test_watching:Slow"}]
    budget = {"steps": 20_000, "target": None, "patience": None}
    saved = {"every_steps": None}
    one = session("deap", tmp_path / "run", sinks, budget=budget, checkpoint=saved)
    one.run()
    (told,) = warnings_in(tmp_path / "run")
    (count,) = one.missed.values()
    assert f"too slow: {count} events and rows were dropped" in told


def test_a_run_is_sent_on_from_its_files(tmp_path) -> None:
    from tests.telemetry.sinks.test_tensorboard import scalars

    session("deap", tmp_path / "run", ["spans"]).run()
    folder = send_on(tmp_path / "run", "tensorboard", tmp_path / "out")
    logged = [(int(row["step"]), float(row["loss"])) for row in rows(tmp_path / "run")]
    found = scalars(folder / "tensorboard", "loss")
    assert [step for step, _ in found] == [step for step, _ in logged]
    assert [loss for _, loss in found] == pytest.approx([loss for _, loss in logged], rel=1e-6)
    again = send_on(tmp_path / "run", "spans", tmp_path / "again")
    assert read_spans(again / "spans.jsonl") == read_spans(tmp_path / "run" / "spans.jsonl")
    for kind, out, sentence in (
        ("tensorboard", tmp_path / "out", "holds something already: choose another folder"),
        ("prometheus", None, "--to: prometheus shows runs that are going on"),
        ("tensorbord", None, "did you mean 'tensorboard'"),
    ):
        with pytest.raises(Exception, match=sentence):
            send_on(tmp_path / "run", kind, out)


class Slow:
    """Does not take a row before some thirteen thousand are in the record."""

    def __init__(self, directory: Path) -> None:
        self._record = directory / "metrics.csv"

    def event(self, event: Any) -> None: ...

    def row(self, row: Any) -> None:
        while self._record.stat().st_size < 2 * 2**20:
            time.sleep(0.01)

    def close(self) -> None: ...
