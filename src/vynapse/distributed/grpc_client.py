# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The coordinator's side of the protocol: one worker that speaks gRPC.

Whatever a worker does, or does not, is bounded: the time to reach it, the time between heartbeats,
the size of what it says. What it says is checked before it is used.
"""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol, final, runtime_checkable

import grpc
import numpy as np
from grpc_health.v1 import health_pb2, health_pb2_grpc

from vynapse.distributed.answers import answer_of
from vynapse.distributed.crew import Answer, Fault, WorkerFailed, WorkerRefused
from vynapse.distributed.grpc_server import MESSAGE, PROTOCOL
from vynapse.distributed.wire import Malformed, array_message, tree_message
from vynapse.errors import ConfigError
from vynapse.evaluation.v1 import evaluation_pb2 as messages
from vynapse.evaluation.v1 import evaluation_pb2_grpc as services

_PIECE: Final = 1 << 20
"""Bytes of an objective in one message."""
_UPLOAD: Final = 600.0
"""Seconds that handing over an objective may take."""
_LOOK: Final = 1.0
"""Seconds between two looks whether a worker that does not answer yet still lives."""
_BATCHES: Final = itertools.count(1)
_CODES: Final[dict[grpc.StatusCode, Fault]] = {
    grpc.StatusCode.UNAVAILABLE: "death",
    grpc.StatusCode.CANCELLED: "death",
    grpc.StatusCode.DEADLINE_EXCEEDED: "silent",
}
"""What a status says of a worker; any other one is garbage."""
_FINAL: Final = (
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNIMPLEMENTED,
)
"""Statuses that no second try would change."""


@final
@dataclass(frozen=True, slots=True)
class GrpcJob:
    """An objective and an encoding, as bytes with their hash.

    Attributes:
        content: a serialised Tree.
        sha256: its hash.
        width: numbers that a function gives; None where it is no function.
    """

    content: bytes
    sha256: str
    width: int | None

    @classmethod
    def of(cls, value: Any, width: int | None) -> GrpcJob:
        """From descriptions.

        Raises:
            ConfigError: they hold something that cannot be sent.
        """
        try:
            content = tree_message(value).SerializeToString(deterministic=True)
        except (Malformed, ValueError) as error:
            raise ConfigError(f"evaluator: the objective cannot be sent: {error}") from None
        return cls(content, hashlib.sha256(content).hexdigest(), width)

    def pieces(self) -> Iterator[messages.PutObjectiveRequest]:
        """The job as messages."""
        size = len(self.content)
        for first in range(0, size, _PIECE):
            data = self.content[first : first + _PIECE]
            yield messages.PutObjectiveRequest(sha256=self.sha256, size=size, data=data)


@runtime_checkable
class Line(Protocol):
    """How a worker is reached."""

    def open(self) -> grpc.Channel:
        """A channel to it, which may not be connected yet; a worker of our own is started first."""

    def failed(self) -> str | None:
        """Why it can be reached no more, where that is known."""

    def close(self) -> None:
        """A worker of our own ends."""


@final
class GrpcWorker:
    """One worker.

    Args:
        name: what it is called.
        line: how it is reached.
        token: what it wants to know; None for nothing.
        patience: seconds to reach it.
    """

    def __init__(self, name: str, line: Line, token: str | None, patience: float) -> None:
        self.name, self._line, self._patience = name, line, patience
        self._proof = () if token is None else (("authorization", f"Bearer {token}"),)
        self._threads = ThreadPoolExecutor(3, f"worker {name}")
        self.processor = ""
        self._channel: grpc.Channel | None = None
        self._known: set[str] = set()
        self._lock, self._opening = threading.Lock(), threading.Lock()
        self._ended = 0  # how often it was let go of

    def connect(self) -> Future[None]:
        """Reach it, and ask what it is."""
        return self._threads.submit(self._connect, self._ended)

    def begin(self, job: GrpcJob, payload: Any) -> Future[Answer]:
        """Let it measure a batch."""
        return self._threads.submit(self._measure, self._channel, job, payload)

    def beat(self, seconds: float) -> Future[None]:
        """Ask the standard service for its health."""
        answered: Future[None] = Future()
        asked = health_pb2_grpc.HealthStub(self._channel).Check.future(
            health_pb2.HealthCheckRequest(), timeout=seconds, metadata=self._proof
        )

        def told(done: Any) -> None:
            with suppress(InvalidStateError):
                try:
                    serving = done.result().status == health_pb2.HealthCheckResponse.SERVING
                except (grpc.RpcError, grpc.FutureCancelledError) as error:
                    answered.set_exception(self._failure(error, "a heartbeat"))
                    return
                if serving:
                    answered.set_result(None)
                else:
                    answered.set_exception(WorkerFailed("silent", "it says that it does not serve"))

        asked.add_done_callback(told)
        return answered

    def end(self) -> None:
        """Hang up; what it was at is lost. A worker of our own is killed."""
        with self._opening:
            self._ended += 1
            channel, self._channel = self._channel, None
            self._known = set()
            if channel is not None:
                channel.close()
            self._line.close()

    def _connect(self, ended: int) -> None:
        with self._opening:
            if self._ended != ended:
                raise WorkerFailed("death", "it was let go of")
            self._channel = self._line.open()
            stub = services.EvaluationServiceStub(self._channel)
        found = self._call("what it is", lambda: self._asked(stub))
        self.processor = found.processor[:200]
        if found.protocol != PROTOCOL:
            raise WorkerRefused(
                f"it speaks version {found.protocol} of the protocol, version {PROTOCOL} was "
                "wanted: install the same version of Vynapse there"
            )

    def _asked(self, stub: Any) -> messages.GetCapabilitiesResponse:
        """What it is, asked until it answers, ends or patience does."""
        asked, late = messages.GetCapabilitiesRequest(protocol=PROTOCOL), 0.0
        while True:
            look = min(_LOOK, self._patience - late)
            try:
                found: messages.GetCapabilitiesResponse = stub.GetCapabilities(
                    asked, timeout=look, wait_for_ready=True, metadata=self._proof
                )
            except grpc.RpcError as error:
                late += look
                waiting = error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
                if not waiting or late >= self._patience or self._line.failed() is not None:
                    raise
            else:
                return found

    def _measure(self, channel: grpc.Channel | None, job: GrpcJob, payload: Any) -> Answer:
        if channel is None:
            raise WorkerFailed("death", "the connection was closed")
        stub = services.EvaluationServiceStub(channel)
        request = messages.EvaluateBatchRequest(batch=str(next(_BATCHES)), objective=job.sha256)
        if isinstance(payload, np.ndarray):
            request.vectors.CopyFrom(array_message(payload))
        else:
            request.graphs.CopyFrom(tree_message(payload))
        count = _count(payload)
        try:
            for _ in range(2):
                refused = self._put(stub, job)
                if refused is not None:
                    return Answer(refused, 0.0)
                try:
                    answer = self._call(
                        "a batch", lambda: stub.EvaluateBatch(request, metadata=self._proof)
                    )
                    return answer_of(answer, count, job.width)
                except LookupError:
                    self._known.discard(job.sha256)
        except Malformed as error:
            raise WorkerFailed("garbage", f"an answer that is none: {error}") from None
        raise WorkerFailed("garbage", "it loses the objective again and again")

    def _put(self, stub: Any, job: GrpcJob) -> ConfigError | None:
        """Hand over the objective, once; the error that says why it takes none."""
        with self._lock:
            if job.sha256 in self._known:
                return None
            try:
                self._call(
                    "the objective",
                    lambda: stub.PutObjective(job.pieces(), timeout=_UPLOAD, metadata=self._proof),
                )
            except ConfigError as error:
                return ConfigError(f"evaluator: worker {self.name}: {error}")
            self._known.add(job.sha256)
            return None

    def _call(self, what: str, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except grpc.RpcError as error:
            code = error.code()
            if code == grpc.StatusCode.NOT_FOUND:
                raise LookupError(what) from None
            if code == grpc.StatusCode.FAILED_PRECONDITION:
                raise ConfigError((error.details() or "")[:1000]) from None
            raise self._failure(error, what) from None
        except ValueError as error:  # the channel was closed meanwhile
            raise WorkerFailed("death", str(error)) from None

    def _failure(self, error: Any, what: str) -> Exception:
        code = error.code() if isinstance(error, grpc.RpcError) else grpc.StatusCode.CANCELLED
        said = error.details() if isinstance(error, grpc.RpcError) else ""
        reason = f"{what}: {code.name.lower()}: {' '.join((said or '').split())[:200]}"
        if code in _FINAL:
            return WorkerRefused(reason)
        own = self._line.failed()
        return WorkerFailed(_CODES.get(code, "garbage"), own or reason)


def _count(payload: Any) -> int:
    """Genomes in a payload: every array of it has a row for each."""
    if isinstance(payload, np.ndarray):
        return len(payload)
    return len(next(iter(payload.values())))


def channel_to(address: str, certificates: bytes | None) -> grpc.Channel:
    """A channel on which messages are bounded; with TLS where there are certificates.

    Args:
        address: the address, in the form of gRPC.
        certificates: who may vouch for the worker, in PEM format; None for no TLS.
    """
    options = [
        ("grpc.max_receive_message_length", MESSAGE),
        ("grpc.max_send_message_length", MESSAGE),
        ("grpc.max_metadata_size", 16 << 10),
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 1000),
        ("grpc.enable_http_proxy", 0),
    ]
    if certificates is None:
        return grpc.insecure_channel(address, options)
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(certificates), options)
