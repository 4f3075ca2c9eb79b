# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Spans sent to a collector by OTLP: protobuf over HTTP.

The SDK of OpenTelemetry writes them in its format, and the request is made here. Its own exporter
waits between two tries for a time that it draws from Python's global random generator, which
belongs to the user's code.
"""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final, final

from pydantic import Field, field_validator

from vynapse import __version__
from vynapse.settings import Settings
from vynapse.telemetry.events import Event
from vynapse.telemetry.sink import Row, SinkKind
from vynapse.telemetry.sinks.needs import demand
from vynapse.telemetry.span import Span

BATCH: Final = 512
"""Spans of one request, at most."""
PAUSE: Final = 1.0
"""Seconds between two requests, at least, where fewer spans wait."""
TIMEOUT: Final = 2.0
"""Seconds that the collector has for an answer."""
GIVE_UP: Final = 30.0
"""Seconds without an answer after which the sink ends itself."""


class OtlpSettings(Settings):
    """Where spans go. Headers, as a token, come from OTEL_EXPORTER_OTLP_HEADERS alone."""

    endpoint: str | None = Field(
        None,
        description="URL of the collector; null: that of OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or "
        "OTEL_EXPORTER_OTLP_ENDPOINT, else http://127.0.0.1:4318/v1/traces",
    )

    @field_validator("endpoint")
    @classmethod
    def _web(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("http://HOST:PORT/v1/traces or https://…")
        return value


@final
class OtlpSink:
    """Gathers spans and sends them in batches.

    Args:
        endpoint: URL of the collector.

    Raises:
        OSError: the collector has not answered for a while, or when the run ended.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._waiting: list[Span] = []
        self._sent_at = self._answered_at = time.monotonic()

    def event(self, event: Event) -> None:
        """Events are no spans."""

    def row(self, row: Row) -> None:
        """Rows are no spans."""

    def span(self, span: Span) -> None:
        """Send what waits if it is time."""
        self._waiting.append(span)
        since = time.monotonic() - self._sent_at
        if since >= PAUSE or (len(self._waiting) >= BATCH and since >= TIMEOUT / 10):
            self._send(last=False)

    def close(self) -> None:
        """Send what is left."""
        if self._waiting:
            self._send(last=True)

    def _send(self, *, last: bool) -> None:
        try:
            while self._waiting:
                self._post(self._waiting[:BATCH])
                del self._waiting[:BATCH]
                self._answered_at = time.monotonic()
        except OSError as error:
            if last or time.monotonic() - self._answered_at >= GIVE_UP:
                reason = getattr(error, "reason", error)
                raise OSError(f"{self._endpoint} does not take spans: {reason}") from None
        finally:
            self._sent_at = time.monotonic()

    def _post(self, spans: list[Span]) -> None:
        request = urllib.request.Request(  # noqa: S310 - the settings allow http and https alone
            self._endpoint,
            data=encoded(spans),
            headers={"Content-Type": "application/x-protobuf", **_headers()},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT):  # noqa: S310 - as above
            pass


def encoded(spans: list[Span]) -> bytes:
    """Spans as an ExportTraceServiceRequest."""
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext, TraceFlags

    about = Resource({"service.name": "vynapse", "service.version": __version__})

    def context(span: Span, span_id: str) -> SpanContext:
        flags = TraceFlags(TraceFlags.SAMPLED)
        return SpanContext(int(span.trace_id, 16), int(span_id, 16), False, flags)

    request = encode_spans(
        [
            ReadableSpan(
                span.name,
                context(span, span.span_id),
                parent=None if span.parent_id is None else context(span, span.parent_id),
                resource=about,
                attributes=dict(span.attributes),
                start_time=span.start,
                end_time=span.end,
            )
            for span in spans
        ]
    )
    return bytes(request.SerializeToString())


def _headers() -> dict[str, str]:
    from opentelemetry.util.re import parse_env_headers

    said = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS")
    said = said or os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", "")
    return dict(parse_env_headers(said, liberal=True))


def _check(_settings: OtlpSettings) -> None:
    module = "opentelemetry.exporter.otlp.proto.common"
    demand(module, "opentelemetry-exporter-otlp-proto-http", "otlp", "sink otlp")
    demand("opentelemetry.sdk", "opentelemetry-sdk", "otlp", "sink otlp")


def _build(settings: OtlpSettings, _directory: Path) -> OtlpSink:
    _check(settings)
    base = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    said = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return OtlpSink(settings.endpoint or said or f"{base.rstrip('/')}/v1/traces")


KIND = SinkKind(
    "otlp", "what lasted how long, sent to a collector by OTLP", OtlpSettings, _build, _check
)
