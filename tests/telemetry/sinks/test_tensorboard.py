# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""TensorBoard's own definitions read what the sink writes."""

import json
import math
import struct
from pathlib import Path
from typing import Any

import pytest
from tensorboardX.crc32c import crc32c
from tensorboardX.proto.event_pb2 import Event as Record

from vynapse.telemetry.events import Event
from vynapse.telemetry.sinks.tensorboard import TensorBoardSink

TIME = "2026-03-01T12:00:00.000Z"


def masked(content: bytes) -> int:
    crc: int = crc32c(content)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(folder: Path) -> list[Any]:
    """All records of a folder, their checksums compared with those of tensorboardX."""
    found = []
    for path in sorted(folder.iterdir(), key=lambda path: int(path.name.rpartition(".")[2])):
        content = path.read_bytes()
        while content:
            size, check = struct.unpack_from("<QI", content)
            assert check == masked(content[:8])
            body = content[12 : 12 + size]
            assert struct.unpack_from("<I", content, 12 + size) == (masked(body),)
            found.append(Record.FromString(body))
            content = content[16 + size :]
    return found


def scalars(folder: Path, tag: str) -> list[tuple[int, float]]:
    return [
        (record.step, value.simple_value)
        for record in records(folder)
        for value in record.summary.value
        if value.tag == tag and not value.HasField("tensor")
    ]


def event(kind: str, stage: int, step: int, **data: Any) -> Event:
    return Event(0, TIME, kind, stage, step, data)


def test_columns_are_scalars_over_the_steps_of_all_stages(tmp_path) -> None:
    sink = TensorBoardSink(tmp_path, every_seconds=0)
    sink.event(event("run.started", 0, 0, task="xor", seed=1))
    sink.row({"stage": 0, "step": 1, "loss": 0.5, "word": "text"})
    sink.row({"stage": 0, "step": 300, "loss": 0.25})
    sink.event(event("stage.finished", 0, 300))
    sink.row({"stage": 1, "step": 1, "loss": math.inf, "forwards": 10**15})
    sink.close()
    folder = tmp_path / "tensorboard"
    assert scalars(folder, "loss") == [(1, 0.5), (300, 0.25), (301, math.inf)]
    assert scalars(folder, "forwards") == [(301, struct.unpack("f", struct.pack("f", 1e15))[0])]
    assert not scalars(folder, "step")
    assert records(folder)[0].file_version == "brain.Event:2"


def test_an_event_is_a_text(tmp_path) -> None:
    sink = TensorBoardSink(tmp_path)
    sink.event(event("warning", 0, 200, message="é | b", deep={"list": [1]}))
    sink.close()
    (record,) = [r for r in records(tmp_path / "tensorboard") if r.summary.value]
    (value,) = record.summary.value
    assert (record.step, value.tag, record.wall_time) == (200, "warning", 1772366400.0)
    assert value.metadata.plugin_data.plugin_name == "text"
    (text,) = value.tensor.string_val
    assert text.decode() == 'message: é | b\n\ndeep: {"list": [1]}'
    assert [dim.size for dim in value.tensor.tensor_shape.dim] == [1]


def test_a_fast_run_is_sampled_but_its_last_row_is_there(tmp_path) -> None:
    sink = TensorBoardSink(tmp_path)
    for step in range(1, 5001):
        sink.row({"stage": 0, "step": step, "loss": 1 / step})
    sink.close()
    found = scalars(tmp_path / "tensorboard", "loss")
    assert found[0][0] == 1
    assert found[-1][0] == 5000
    assert len(found) <= 50


def test_events_of_a_mode_are_sampled_but_those_of_every_run_are_all_there(tmp_path) -> None:
    sink = TensorBoardSink(tmp_path)
    for step in range(50):
        sink.event(event("neat.champion", 0, step, id=step))
        sink.event(event("warning", 0, step, message="slow"))
    sink.close()
    tags = [v.tag for r in records(tmp_path / "tensorboard") for v in r.summary.value]
    assert tags.count("warning") == 50
    assert 1 <= tags.count("neat.champion") <= 5


def test_a_resumed_run_hides_what_it_does_again(tmp_path) -> None:
    finished = event("stage.finished", 0, 300).to_json()
    killed = TensorBoardSink(tmp_path, every_seconds=0)
    killed.row({"stage": 1, "step": 90, "loss": 0.5})
    killed.close()
    (tmp_path / "events.jsonl").write_text(finished + "\n")
    sink = TensorBoardSink(tmp_path, every_seconds=0)
    sink.event(event("run.resumed", 1, 40))
    sink.row({"stage": 1, "step": 41, "loss": 0.25})
    sink.close()
    (start,) = [r for r in records(tmp_path / "tensorboard") if r.HasField("session_log")]
    assert (start.step, start.session_log.status) == (341, 1)
    assert scalars(tmp_path / "tensorboard", "loss")[-1] == (341, 0.25)


@pytest.mark.parametrize("value", [0.0, -0.0, 1e300, -1e300, 3.4e38, 1e-300, float("nan")])
def test_any_number_can_be_written(value, tmp_path) -> None:
    sink = TensorBoardSink(tmp_path)
    sink.row({"stage": 0, "step": 0, "loss": value})
    sink.close()
    ((step, found),) = scalars(tmp_path / "tensorboard", "loss")
    assert step == 0
    assert str(found) == str(value) or abs(value) > 3e38 or abs(value) < 1e-40
    assert json.loads(json.dumps(str(found)))
