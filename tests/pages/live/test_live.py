# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the server says of runs that go on, have ended, were killed or are damaged."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.pages.live.conftest import STEPS
from tests.pages.live.serving import Served, Writer
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Observer, Session, StageReport
from vynapse.experiment.store import read_summary
from vynapse.pages.live.app import make_app
from vynapse.pages.live.listing import Listing
from vynapse.pages.live.places import Places
from vynapse.pages.live.stream import MOST, ListWatch, Streams

STREAM = sys.modules[Streams.__module__]
"""Its module, also where a test has loaded another one of that name since."""

Serve = Callable[..., Served]
SOON = 5.0
"""Seconds in which news arrive on a machine with much to do; on others half a second is enough."""


def test_the_list_has_a_line_for_each_run(root: Path, serve: Serve, writer: Writer) -> None:
    first, going = serve(root).ask("/api/runs").json
    summary = read_summary(root / "first")
    for name in ("task", "mode", "seed", "status", "loss", "steps", "seconds"):
        assert first[name] == summary[name]
    assert (first["metric"], first["value"]) == ("accuracy", summary["metrics"]["accuracy"])
    assert (going["id"], going["status"], going["steps"]) == ("going", "running", 3)


def test_a_damaged_run_is_in_the_list_with_its_reason(root: Path, serve: Serve) -> None:
    (root / "first" / "run.json").write_text("{")
    served = serve(root)
    [line] = served.ask("/api/runs").json
    assert line["status"] == "unreadable"
    assert "run.json" in line["reason"]
    message = served.ask("/api/run?id=first").json
    assert message["state"]["summary"]["status"] == "unreadable"


def test_nothing_is_written_to_a_run(root: Path, serve: Serve, writer: Writer) -> None:
    def content() -> dict[Path, tuple[int, bytes]]:
        files = [path for path in root.rglob("*") if path.is_file()]
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}

    before = content()
    served = serve(root)
    for path in ("/api/runs", "/api/run?id=first", "/api/run?id=going"):
        assert served.ask(path).status == 200
    following = served.events("?run=going&run=first")
    next(following)
    following.close()
    assert content() == before


def test_a_new_row_arrives_at_once(root: Path, serve: Serve, writer: Writer) -> None:
    following = serve(root).events("?run=going")
    name, message = next(following)
    assert (name, message["id"], message["restart"]) == ("run", "going", True)
    assert message["rows"]["#step"] == [1, 2, 3]
    writer.row()
    begin = time.monotonic()
    _, message = next(following)
    assert time.monotonic() - begin < SOON
    assert (message["restart"], message["rows"]["step"]) == (False, [4])
    following.close()


def test_events_and_the_end_of_a_process_arrive(root: Path, serve: Serve, writer: Writer) -> None:
    following = serve(root).events("?run=going")
    next(following)
    writer.event("warning", {"message": "a loss is large"})
    _, message = next(following)
    assert [event["text"] for event in message["events"]] == ["Warning: a loss is large"]
    writer.kill()
    for _, message in following:
        if message["state"]["summary"]["status"] != "running":
            break
    assert message["state"]["summary"]["status"] == "unfinished"
    following.close()


def test_several_runs_come_in_one_stream(root: Path, serve: Serve, writer: Writer) -> None:
    following = serve(root).events("?run=going&run=first&run=absent")
    got = {next(following)[1]["id"] for _ in range(2)}
    assert got == {"going", "first"}
    following.close()


def test_the_list_tells_what_changes(root: Path, serve: Serve, writer: Writer) -> None:
    following = serve(root).events()
    name, message = next(following)
    assert (name, message["restart"], len(message["changed"])) == ("list", True, 2)
    writer.row()
    _, message = next(following)
    assert [(line["id"], line["steps"]) for line in message["changed"]] == [("going", 4)]
    shutil.rmtree(root / "first")
    _, message = next(following)
    assert message == {"restart": False, "changed": [], "gone": ["first"]}
    following.close()


def test_one_message_of_a_finished_run_holds_it_all(root: Path, serve: Serve) -> None:
    message = serve(root).ask("/api/run?id=first").json
    state = message["state"]
    assert state["summary"] == read_summary(root / "first")
    assert message["rows"]["step"] == list(range(1, STEPS + 1))
    assert state["budget"]["share"] == 1
    assert state["words"].startswith("Task xor, network mlp 2-2-1. Mode deap – ")
    assert ["reproducible", "yes"] in state["provenance"]
    assert "mode: deap" in state["recipe"]


def test_a_genome_is_drawn(root: Path, evolved: Path, serve: Serve) -> None:
    shutil.copytree(evolved, root / "evolved")
    answer = serve(root).ask("/api/network.svg?id=evolved")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert answer.text.startswith("<svg")


def test_a_graph_is_drawn_by_another_process(root: Path, serve: Serve) -> None:
    served = serve(root)
    answer = served.ask("/api/network.svg?id=first")
    assert (answer.status, "addmm" in answer.text) == (200, True)
    again = time.monotonic()
    assert served.ask("/api/network.svg?id=first").body == answer.body
    assert time.monotonic() - again < 1


def test_code_of_the_users_is_not_run_to_be_looked_at(root: Path, serve: Serve) -> None:
    record = root / "first" / "run.json"
    text = record.read_text()
    assert '"name": "xor"' in text
    record.write_text(text.replace('"name": "xor"', '"name": "os.path:join"', 1))
    served = serve(root)
    answer = served.ask("/api/network.svg?id=first")
    assert answer.status == 409
    assert "code of yours" in answer.text
    record.write_text(text.replace('"mode": "deap"', '"mode": "absent_module:Mode"', 1))
    assert served.ask("/api/run?id=first").json["state"]["words"].endswith("absent_module:Mode.")


def test_a_run_without_a_network_says_so(root: Path, serve: Serve) -> None:
    (root / "first" / "best.safetensors").unlink()
    answer = serve(root).ask("/api/network.svg?id=first")
    assert (answer.status, answer.text) == (409, "The run has saved no network yet.")


def test_a_closed_browser_ends_its_task(root: Path) -> None:
    """The task sees a disconnect, whatever it waits for."""
    streams = Streams(lambda: False)

    async def browser() -> None:
        sent: list[Any] = []
        closed = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await closed.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)
            if len(sent) == 2:
                assert streams.listening == 1
                closed.set()

        response = streams.response(ListWatch(Listing(Places(root))))
        await asyncio.wait_for(response({"type": "http", "method": "GET"}, receive, send), 10)

    asyncio.run(browser())
    assert streams.listening == 0


def test_a_browser_that_takes_nothing_is_let_go(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(STREAM, "_PATIENCE", 0.05)
    streams = Streams(lambda: False)

    async def browser() -> None:
        async def receive() -> dict[str, Any]:
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                await asyncio.sleep(60)

        response = streams.response(ListWatch(Listing(Places(root))))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(response({"type": "http", "method": "GET"}, receive, send), 10)

    begin = time.monotonic()
    asyncio.run(browser())
    assert time.monotonic() - begin < 9
    assert streams.listening == 0


def test_too_many_browsers_are_told_so(
    root: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(STREAM, "MOST", 1)
    assert MOST > 1
    served = serve(root)
    following = served.events()
    next(following)
    assert served.ask("/events").status == 503
    following.close()
    deadline = time.monotonic() + SOON
    while time.monotonic() < deadline and served.ask("/events", method="HEAD").status == 503:
        time.sleep(0.05)
    assert served.ask("/events", method="HEAD").status == 200


def test_the_server_ends_while_browsers_listen(root: Path, serve: Serve) -> None:
    served = serve(root)
    following = served.events()
    next(following)
    begin = time.monotonic()
    served.close()
    assert time.monotonic() - begin < SOON
    following.close()


def test_a_port_can_be_had_again_at_once(root: Path) -> None:
    for _ in range(2):
        served = Served(root)
        assert served.ask("/api/runs").status == 200
        served.close()


def test_only_files_of_the_page_are_static(root: Path) -> None:
    app = make_app(root, lambda: False)
    assert {route.path for route in app.routes if hasattr(route, "path")} == {
        "/",
        "/static/{name}",
        "/api/runs",
        "/api/run",
        "/api/network.svg",
        "/events",
    }


def test_a_run_ends_as_a_silent_one_though_a_browser_listens_and_goes_away(
    root: Path, serve: Serve, tmp_path: Path
) -> None:
    def run(folder: Path, observers: Sequence[Observer] = ()) -> list[bytes]:
        limits = {"target": None, "patience": None, "steps": 200}
        Session.create(load_recipe("xor", "deap", budget=limits, seed=3), folder).run(observers)
        lines = (folder / "metrics.csv").read_bytes().splitlines()
        rows = [line.rpartition(b",")[0] for line in lines]  # all but the seconds
        return [*rows, (folder / "best.safetensors").read_bytes()]

    served = serve(root)
    heard: list[tuple[str, Any]] = []

    def browser(item: StageReport) -> None:
        if item.report.step == 100:
            following = served.events("?run=watched")
            heard.append(next(following))
            following.close()

    assert run(root / "watched", [browser]) == run(tmp_path / "silent")
    assert len(heard) == 1
