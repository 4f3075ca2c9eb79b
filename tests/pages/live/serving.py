# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A served folder, what is asked of it, and a run that is written while it is looked at."""

from __future__ import annotations

import http.client
import json
import shutil
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vynapse.experiment.directory import RunDirectory
from vynapse.pages.live.server import bind


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Served:
    """A live page in a thread of this process."""

    def __init__(self, root: Path, host: str = "127.0.0.1", token: str | None = None) -> None:
        self.live = bind(root, host, 0, token)
        self.port = int(self.live.bound.getsockname()[1])
        self.address = self.live.address
        self._thread = threading.Thread(target=self.live.run)
        self._thread.start()
        while not self.live.server.started:
            time.sleep(0.005)

    def close(self) -> None:
        self.live.server.should_exit = True
        self._thread.join()

    def ask(
        self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> Answer:
        """The answer to a path that is sent as it stands: nothing is made tidy on the way."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return Answer(
                answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
            )
        finally:
            connection.close()

    def events(self, query: str = "") -> Generator[tuple[str, Any], None, None]:
        """Names and values of server-sent events; closing the iterator closes the connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", f"/events{query}")
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            name = ""
            while line := answer.readline():
                kind, _, value = line.decode().rstrip("\n").partition(": ")
                if kind == "event":
                    name = value
                elif kind == "data":
                    yield name, json.loads(value)
        finally:
            connection.close()


class Writer:
    """A run that a process holds, and that gets a row or an event when the test says so.

    It has saved no network yet.

    Args:
        finished: the run whose rows it gets.
        path: where.
        rows: how many it has at first.
    """

    def __init__(self, finished: Path, path: Path, rows: int = 3) -> None:
        shutil.copytree(finished, path)
        (path / "summary.json").unlink()
        (path / "best.safetensors").unlink()
        self.files = RunDirectory(path)
        lines = self.files.metrics.read_text().splitlines(keepends=True)
        self._left = lines[1 + rows :]
        self.files.metrics.write_text("".join(lines[: 1 + rows]))
        events = self.files.events.read_text().splitlines(keepends=True)
        self.files.events.write_text("".join(events[:2]))
        self._sequence = 2
        self._held = ExitStack()

    def __enter__(self) -> Writer:
        self._held.enter_context(self.files.locked())
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def row(self) -> None:
        with self.files.metrics.open("a") as file:
            file.write(self._left.pop(0))

    def event(self, kind: str, data: Mapping[str, Any]) -> None:
        event = {"v": 1, "seq": self._sequence, "time": "2026-03-01T12:00:00.000Z", "kind": kind}
        self._sequence += 1
        with self.files.events.open("a") as file:
            file.write(json.dumps(event | {"stage": 0, "step": 3, "data": dict(data)}) + "\n")

    def kill(self) -> None:
        self._held.close()
