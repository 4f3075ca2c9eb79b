# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What happened in the steps of a report stands in events.jsonl, once, whatever befalls the run."""

import json
import os
import signal
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from vynapse import registry
from vynapse.core import Cost, Report, State, Trainer
from vynapse.errors import Interrupted, TrainingError
from vynapse.esper.nissa.story import EVENTS, STORY, facts
from vynapse.experiment.config import load_recipe
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.session import Session, StageReport
from vynapse.networks.state import NetworkState
from vynapse.settings import Settings
from vynapse.telemetry.reading import read_events
from vynapse.testing import check_trainer
from vynapse.trainers.mode import Mode, Stage


def lived(step: int, entered: str, **more: Any) -> tuple[str, dict[str, Any]]:
    data = {"slot": "stage1", "seed": "s0", "blueprint": "norm", "to": entered, "epoch": step}
    return "growth.stage", {**data, "parameters": 8, "gates": [{"gate": "health"}], **more}


LIFE = {
    3: (lived(3, "germinated"), lived(3, "germinated", seed="s1", slot="stage2")),
    4: (lived(4, "training"),),
    7: (lived(7, "blending"), lived(7, "culled", seed="s1", slot="stage2")),
    8: (("growth.measured", {"epoch": 8, "values": {}}),),
    9: (("growth.rollback", {"reason": "it diverged", "epoch": 9, "culled": []}),),
    10: (lived(10, "fossilized"), lived(10, "dormant", seed=None, slot="stage2")),
    14: (("growth.prune", {"slot": "stage1", "seed": "s0", "epoch": 14, "parameters": 8}),),
}


class Eventful(Trainer):
    """Steps that reach nothing but have events."""

    def __init__(self, stage: Stage, settings: Settings) -> None:
        self._network, self._step = stage.network, 0

    def step(self) -> Report:
        self._step += 1
        cost = Cost(self._step, 0, self._step)
        return Report(self._step, 1.0, cost, self._step == 1, events=LIFE.get(self._step, ()))

    def winner(self) -> NetworkState:
        return self._network

    def state(self) -> State:
        return {"step": self._step}

    def load(self, state: State) -> None:
        self._step = state["step"]


MODE = Mode("eventful", "has events", Settings, Eventful, events=EVENTS, story=STORY)


@pytest.fixture(autouse=True)
def _installed(monkeypatch) -> None:
    entry = EntryPoint("eventful", f"{__name__}:MODE", "vynapse.modes")
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])
    monkeypatch.setattr(EntryPoint, "load", lambda self: MODE)


def recipe(*overrides: str) -> Recipe:
    return load_recipe("xor", "eventful", overrides=["budget={steps: 20}", *overrides])


def told(run: Path) -> list[tuple[str, int, int, dict[str, Any]]]:
    lines = (run / "events.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    assert [event["seq"] for event in found] == list(range(len(found)))
    own = [event for event in found if event["kind"].startswith("growth.")]
    return [(event["kind"], event["stage"], event["step"], event["data"]) for event in own]


EVERYTHING = [(kind, 0, step, data) for step, events in LIFE.items() for kind, data in events]


def at(step: int, number: signal.Signals):
    def observer(item: StageReport) -> None:
        if item.report.step == step:
            os.kill(os.getpid(), number)

    return observer


@pytest.mark.parametrize("every", [1, 8])
def test_each_event_stands_where_it_happened(every: int, tmp_path: Path) -> None:
    Session.create(recipe(f"log_every={every}"), tmp_path / "run").run()
    assert told(tmp_path / "run") == EVERYTHING


@pytest.mark.parametrize("step", [1, 3, 7, 9, 10, 18])
def test_an_interrupted_run_tells_each_event_once(step: int, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(Interrupted):
        Session.create(recipe(), run).run([at(step, signal.SIGINT)])
    Session.open(run).run()
    assert told(run) == EVERYTHING


@pytest.mark.parametrize("every", [1, 2, 4, 100])
@pytest.mark.parametrize("step", [3, 8, 10, 15])
def test_a_killed_run_tells_each_event_once(step: int, every: int, tmp_path: Path) -> None:
    run = tmp_path / "run"
    Session.create(recipe(f"checkpoint.every_steps={every}"), run)
    child = os.fork()
    if child == 0:
        Session.open(run).run([at(step, signal.SIGKILL)])
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert told(run) == [event for event in EVERYTHING if event[2] <= step]
    summary = Session.open(run).run()
    assert told(run) == EVERYTHING
    assert summary["growth"]["germinated"] == 2


def test_stages_tell_their_own(tmp_path: Path) -> None:
    from vynapse.experiment.config import resolve

    raw = recipe().as_file()
    raw["stages"] = [{"mode": "eventful", "budget": {"steps": 20}}] * 2
    summary = Session.create(resolve(raw), tmp_path / "run").run()
    assert [event[1] for event in told(tmp_path / "run")] == [0] * len(EVERYTHING) + [1] * len(
        EVERYTHING
    )
    assert [seed["stage"] for seed in summary["growth"]["seeds"]] == [0, 0, 1, 1]


def test_the_summary_says_what_became_of_each_seed(tmp_path: Path) -> None:
    summary = Session.create(recipe(), tmp_path / "run").run()
    assert summary["growth"] == {
        "germinated": 2,
        "fossilized": 1,
        "culled": 1,
        "pruned": 1,
        "rollbacks": 1,
        "seeds": [
            {
                "stage": 0, "slot": "stage1", "seed": "s0", "blueprint": "norm", "parameters": 8,
                "entered": {"germinated": 3, "training": 4, "blending": 7, "fossilized": 10},
                "pruned": 14,
            },
            {
                "stage": 0, "slot": "stage2", "seed": "s1", "blueprint": "norm", "parameters": 8,
                "entered": {"germinated": 3, "culled": 7},
            },
        ],
    }  # fmt: skip
    assert json.loads((tmp_path / "run" / "summary.json").read_text()) == summary
    assert facts(read_events(tmp_path / "run" / "events.jsonl")) == {"growth": summary["growth"]}


def test_a_run_in_which_nothing_grew_does_not_speak_of_growth(tmp_path: Path) -> None:
    assert "growth" not in Session.create(recipe("budget.steps=2"), tmp_path / "run").run()
    assert facts([]) == {}


def test_a_report_about_several_steps_has_its_events_at_the_last() -> None:
    import numpy as np

    report = Report(5, 1.0, Cost(), False, {}, {"x": np.arange(3.0)}, LIFE[3])
    assert [one.events for one in report.each()] == [(), (), LIFE[3]]
    assert report != Report(5, 1.0, Cost(), False)


def eventful() -> Eventful:
    from vynapse.networks.mlp import MLP
    from vynapse.networks.state import initial_state
    from vynapse.seeding import Streams
    from vynapse.tasks.registry import make_task

    streams = Streams(0)
    network = initial_state(MLP(sizes=(2, 2, 1)), streams)
    return Eventful(Stage(make_task("xor", {}), network, True, streams), Settings())


def test_a_checked_trainer_has_the_same_known_events(monkeypatch) -> None:
    check_trainer(eventful)
    count = iter(range(1000))
    monkeypatch.setitem(LIFE, 2, (("warning", {"message": "again"}),))
    check_trainer(eventful)

    class Fickle(dict[int, Any]):
        def get(self, step, default=()):
            return (("warning", {"message": str(next(count))}),)

    monkeypatch.setitem(globals(), "LIFE", Fickle())
    with pytest.raises(AssertionError, match="same seed, another report"):
        check_trainer(eventful)


def test_an_event_that_no_mode_declares_ends_the_run_with_a_sentence(monkeypatch, tmp_path) -> None:
    monkeypatch.setitem(LIFE, 2, (("growth.stgae", {}),))
    with pytest.raises(TrainingError, match=r"'growth\.stgae'.*add it to the `events` of the mode"):
        Session.create(recipe(), tmp_path / "run").run()
