# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A collector gets every span as OpenTelemetry defines it; one that is away harms nothing."""

import random

import pytest

from tests.telemetry.collector import Collector, closed_port
from vynapse.telemetry.sinks import otlp
from vynapse.telemetry.sinks.otlp import KIND, OtlpSettings, OtlpSink
from vynapse.telemetry.span import Span


def spans(count: int) -> list[Span]:
    trace, parent = "ab" * 16, "cd" * 8
    about: dict[str, str | int | float] = {"cpu_seconds": 0.25, "steps": 3, "mode": "sgd"}
    return [
        Span(trace, f"{number:016x}", None if number == 1 else parent, "steps", 5, 9, about)
        for number in range(1, count + 1)
    ]


def test_a_collector_gets_names_times_parents_and_attributes() -> None:
    with Collector() as collector:
        sink = OtlpSink(collector.url)
        for span in spans(2):
            sink.span(span)
        sink.close()
        first, second = collector.spans()
    assert first.name == "steps"
    assert (first.start_time_unix_nano, first.end_time_unix_nano) == (5, 9)
    assert first.trace_id.hex() == "ab" * 16
    assert first.parent_span_id == b""
    assert second.parent_span_id.hex() == "cd" * 8
    about = {pair.key: pair.value for pair in second.attributes}
    assert about["cpu_seconds"].double_value == 0.25
    assert about["steps"].int_value == 3
    assert about["mode"].string_value == "sgd"


def test_many_spans_are_sent_in_batches(monkeypatch) -> None:
    monkeypatch.setattr(otlp, "BATCH", 10)
    with Collector() as collector:
        sink = OtlpSink(collector.url)
        for span in spans(95):
            sink.span(span)
        sink.close()
    assert len(collector.spans()) == 95
    assert 10 <= len(collector.requests) <= 12


def test_headers_come_from_the_environment(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret")
    with Collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.removesuffix("/v1/traces"))
        sink = KIND.build(OtlpSettings(), tmp_path)
        assert isinstance(sink, OtlpSink)
        sink.span(spans(1)[0])
        sink.close()
    assert collector.headers[0]["Api-Key"] == "secret"


def test_a_collector_that_is_away_for_a_while_gets_all_later(monkeypatch) -> None:
    monkeypatch.setattr(otlp, "PAUSE", 0.0)
    with Collector() as collector:
        sink = OtlpSink(f"http://127.0.0.1:{closed_port()}/v1/traces")
        for span in spans(3):
            sink.span(span)
        sink._endpoint = collector.url
        sink.close()
        assert len(collector.spans()) == 3


def test_a_collector_that_stays_away_ends_the_sink(monkeypatch) -> None:
    state = random.getstate()
    sink = OtlpSink(f"http://127.0.0.1:{closed_port()}/v1/traces")
    sink.span(spans(1)[0])
    with pytest.raises(OSError, match=r"/v1/traces does not take spans: .*refused"):
        sink.close()
    monkeypatch.setattr(otlp, "GIVE_UP", 0.0)
    monkeypatch.setattr(otlp, "PAUSE", 0.0)
    with pytest.raises(OSError, match="does not take spans"):
        sink.span(spans(1)[0])
    assert random.getstate() == state
