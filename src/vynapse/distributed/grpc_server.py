# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The worker's side of the protocol: what `vynapse worker` serves.

One batch is measured at a time; some may wait. A call whose coordinator has gone is given up. What
a coordinator may do is bounded: the size of a message and of an objective, how many calls wait, how
many objectives are kept, and what is imported.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, NoReturn, final

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

import vynapse
from vynapse.distributed import described, wire, work
from vynapse.distributed.answers import answer_message, outcomes_message
from vynapse.errors import UNREADABLE, ConfigError, VynapseError
from vynapse.evaluation.v1 import evaluation_pb2 as messages
from vynapse.evaluation.v1 import evaluation_pb2_grpc as services

PROTOCOL: Final = 1
"""The version of the protocol."""
MESSAGE: Final = 64 << 20
"""Bytes of a message, at most."""
_WAITING: Final = 8
"""Batches that wait or are measured, at most; the others are refused."""
_THREADS: Final = _WAITING + 8
_UPLOADS: Final = 2
_KEPT: Final = 4
"""Objectives that are kept ready."""
_HEALTH: Final = "/grpc.health.v1.Health/"


@final
@dataclass(frozen=True, slots=True)
class Limits:
    """What coordinators may do.

    Attributes:
        allowed: packages and modules that descriptions may name; None for any.
        objective: bytes of an objective, at most.
        token: what a coordinator has to know; None for nothing.
    """

    allowed: tuple[str, ...] | None = ()
    objective: int = 2 << 30
    token: str | None = None


@final
class Evaluations(services.EvaluationServiceServicer):
    """Measures batches, one at a time.

    Args:
        limits: what coordinators may do.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._described: OrderedDict[str, Any] = OrderedDict()
        self._made: OrderedDict[str, tuple[Any, Any]] = OrderedDict()
        self._working, self._lock = threading.Lock(), threading.Lock()
        self._places = threading.BoundedSemaphore(_WAITING)
        self._uploads = threading.BoundedSemaphore(_UPLOADS)
        self._stops: dict[str, threading.Event] = {}

    def GetCapabilities(  # noqa: N802 - the protocol's name
        self, request: messages.GetCapabilitiesRequest, context: grpc.ServicerContext
    ) -> messages.GetCapabilitiesResponse:
        """What this worker is, whatever the coordinator speaks."""
        return messages.GetCapabilitiesResponse(
            protocol=PROTOCOL,
            program=f"vynapse {vynapse.__version__}",
            processor=work.processor(),
            objectives=described.KINDS,
            max_message_bytes=MESSAGE,
        )

    def PutObjective(  # noqa: N802 - the protocol's name
        self,
        request_iterator: Iterator[messages.PutObjectiveRequest],
        context: grpc.ServicerContext,
    ) -> messages.PutObjectiveResponse:
        """Keep an objective, if it is what its hash says."""
        if not self._uploads.acquire(blocking=False):
            _abort(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "too many uploads at once")
        try:
            sha256, content = self._received(request_iterator, context)
            tree = messages.Tree.FromString(content)
            value = wire.tree_of(tree)
            described.refuse_foreign(value, self._limits.allowed)
        except (wire.Malformed, DecodeError) as error:
            _abort(context, grpc.StatusCode.INVALID_ARGUMENT, f"no objective: {error}")
        except ConfigError as error:
            _abort(context, grpc.StatusCode.FAILED_PRECONDITION, str(error))
        finally:
            self._uploads.release()
        with self._lock:
            self._described[sha256] = value
            while len(self._described) > _KEPT:
                gone, _ = self._described.popitem(last=False)
                self._made.pop(gone, None)
        return messages.PutObjectiveResponse()

    def _received(
        self, pieces: Iterator[messages.PutObjectiveRequest], context: grpc.ServicerContext
    ) -> tuple[str, bytes]:
        first = next(pieces, None)
        if first is None or not first.sha256:
            raise wire.Malformed("the first piece has no hash")
        if first.size > self._limits.objective:
            limit = self._limits.objective >> 20
            _abort(context, grpc.StatusCode.RESOURCE_EXHAUSTED, f"more than {limit} MiB")
        content, size = bytearray(first.data), first.size
        for piece in pieces:
            content += piece.data
            if len(content) > size:
                break
        if len(content) != size or hashlib.sha256(content).hexdigest() != first.sha256:
            raise wire.Malformed("its bytes are not those of its size and hash")
        return first.sha256, bytes(content)

    def EvaluateBatch(  # noqa: N802 - the protocol's name
        self, request: messages.EvaluateBatchRequest, context: grpc.ServicerContext
    ) -> messages.EvaluateBatchResponse:
        """Measure a batch, once those before it are done."""
        if not self._places.acquire(blocking=False):
            _abort(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "too many batches wait")
        stop = threading.Event()
        context.add_callback(stop.set)
        self._stops[request.batch] = stop
        try:
            while not self._working.acquire(timeout=0.2):
                if stop.is_set():
                    raise work.GivenUp
            try:
                return self._evaluated(request, context, stop)
            finally:
                self._working.release()
        except work.GivenUp:
            _abort(context, grpc.StatusCode.CANCELLED, "the batch was given up")
        except wire.Malformed as error:
            _abort(context, grpc.StatusCode.INVALID_ARGUMENT, str(error))
        finally:
            self._stops.pop(request.batch, None)
            self._places.release()

    def CancelBatch(  # noqa: N802 - the protocol's name
        self, request: messages.CancelBatchRequest, context: grpc.ServicerContext
    ) -> messages.CancelBatchResponse:
        """Give up a batch that waits, or that is a function's and between two vectors."""
        stop = self._stops.get(request.batch)
        if stop is not None:
            stop.set()
        return messages.CancelBatchResponse(cancelled=stop is not None)

    def _evaluated(
        self,
        request: messages.EvaluateBatchRequest,
        context: grpc.ServicerContext,
        stop: threading.Event,
    ) -> messages.EvaluateBatchResponse:
        if request.objective not in self._described:
            _abort(context, grpc.StatusCode.NOT_FOUND, "the objective is not here")
        vectors = request.WhichOneof("genomes") == "vectors"
        genomes = wire.array_of(request.vectors) if vectors else wire.tree_of(request.graphs)
        began = time.perf_counter()
        try:
            objective, encoding = self._objective(request.objective)
            if encoding is None:
                found = work.outcomes(objective, genomes, stop.is_set)
                answer = outcomes_message(found, objective.width)
            else:
                answer = answer_message(work.measured(objective, encoding, genomes))
        except VynapseError as error:
            answer = answer_message(error)
        answer.seconds = time.perf_counter() - began
        return answer

    def _objective(self, sha256: str) -> tuple[Any, Any]:
        """Objective and encoding, made once.

        Raises:
            VynapseError: they cannot be made here.
        """
        if sha256 not in self._made:
            value = self._described[sha256]
            try:
                encoding = value["encoding"]
                self._made[sha256] = (
                    described.objective_of(value["objective"]),
                    None if encoding is None else described.encoding_of(encoding),
                )
            except UNREADABLE as error:
                raise ConfigError(f"evaluator: an objective that is none: {error!r:.200}") from None
        return self._made[sha256]


@final
class _Tokens(grpc.ServerInterceptor):  # type: ignore[misc]
    """Whoever does not know the token is refused; health is told to all."""

    def __init__(self, token: str) -> None:
        self._wanted = f"Bearer {token}".encode()

    def intercept_service(self, continuation: Any, details: grpc.HandlerCallDetails) -> Any:
        """The handler of a call, or one that refuses it."""
        handler = continuation(details)
        given = dict(details.invocation_metadata or ()).get("authorization", "")
        raw = given if isinstance(given, bytes) else given.encode()
        known = hmac.compare_digest(raw, self._wanted)
        if handler is None or known or details.method.startswith(_HEALTH):
            return handler
        make: Any = (
            grpc.stream_unary_rpc_method_handler
            if handler.request_streaming
            else grpc.unary_unary_rpc_method_handler
        )
        return make(_refuse)


def _refuse(_: object, context: grpc.ServicerContext) -> NoReturn:
    _abort(context, grpc.StatusCode.UNAUTHENTICATED, "the token is not that of this worker")


def _abort(context: grpc.ServicerContext, code: grpc.StatusCode, message: str) -> NoReturn:
    context.abort(code, message[:1000])
    raise AssertionError("abort raises")


def make_server(limits: Limits) -> grpc.Server:
    """A server that listens nowhere yet.

    Args:
        limits: what coordinators may do.
    """
    server = grpc.server(
        ThreadPoolExecutor(_THREADS, "call"),
        interceptors=[] if limits.token is None else [_Tokens(limits.token)],
        maximum_concurrent_rpcs=4 * _THREADS,
        options=[
            ("grpc.max_receive_message_length", MESSAGE),
            ("grpc.max_send_message_length", MESSAGE),
            ("grpc.so_reuseport", 0),
        ],
    )
    services.add_EvaluationServiceServicer_to_server(Evaluations(limits), server)
    alive = health.HealthServicer()
    for service in ("", "vynapse.evaluation.v1.EvaluationService"):
        alive.set(service, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(alive, server)
    return server
