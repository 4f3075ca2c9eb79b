# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Workers that speak gRPC: the same losses, and peers that are broken or mean."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import psutil
import pytest

from tests.distributed.crews import asleep, refuse_leaks, sphere
from vynapse.core import Array
from vynapse.distributed.evaluator import Distributed
from vynapse.distributed.grpc_server import MESSAGE, Limits, make_server
from vynapse.errors import ConfigError, TrainingError
from vynapse.evaluation.v1 import evaluation_pb2 as messages
from vynapse.evaluation.v1 import evaluation_pb2_grpc as services
from vynapse.evolution.box import Box
from vynapse.evolution.choice import choose_encoding
from vynapse.evolution.encoding import ArrayEncoding
from vynapse.evolution.episodes import EpisodesObjective
from vynapse.evolution.evaluators.kind import EVALUATORS
from vynapse.evolution.function import FunctionObjective
from vynapse.evolution.neat.encoding import NeatEncoding
from vynapse.evolution.objective import TrainingExamples
from vynapse.evolution.policies import Policy
from vynapse.evolution.terms import TermsObjective
from vynapse.evolution.vectors import VectorEncoding
from vynapse.kernels.reference.neat_genomes import Genomes
from vynapse.networks.factory import Factory
from vynapse.networks.mlp import MLP
from vynapse.networks.state import initial_state
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_any_task, make_task
from vynapse.testing import check_evaluator

VECTORS = VectorEncoding(Box(-np.inf, np.inf, np.zeros(3)))


def genomes(size: int, count: int = 9) -> Array:
    return Streams(0).stream("genomes").normal(size, 0, np.arange(count))


def evaluator(*addresses: str, **keys: Any) -> Distributed:
    content = {"kind": "grpc", "workers": list(addresses), "heartbeat": 0.3, "patience": 1.0}
    built: Distributed = EVALUATORS.choose({**content, **keys}).build()
    return built


@contextmanager
def served(limits: Limits | None = None) -> Iterator[str]:
    """A worker in a thread of this process."""
    server = make_server(limits or Limits(allowed=None))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@pytest.fixture(autouse=True)
def _networks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "networks_far_away.py").write_text(
        "from torch import nn\n"
        "def build():\n"
        "    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize("structure", [0, 1])
def test_networks_are_measured_as_they_are_here(structure: int) -> None:
    known = MLP(sizes=(2, 3, 2), output="identity")
    network = initial_state(
        [known, Factory(factory="networks_far_away:build")][structure], Streams(1)
    )
    encoding = choose_encoding(network, (2,))
    some = genomes(encoding.encode(None, network).size)
    with served() as address, evaluator(address) as measuring:
        for batch in (None, 16):
            examples = TrainingExamples(
                make_task("spirals", {}), batch, Streams(0).stream("examples")
            )
            for generation in range(2):
                check_evaluator(measuring, examples.objective(generation), encoding, some)
    refuse_leaks(measuring)


def first_of_neat(inputs: int, outputs: int) -> tuple[NeatEncoding, Genomes]:
    from vynapse.evolution.neat.settings import NeatSettings
    from vynapse.evolution.neat.start import from_mlp
    from vynapse.kernels.neat_registry import registry

    network = initial_state(MLP(sizes=(inputs, 3, outputs), output="sigmoid"), Streams(1))
    layers = network.structure.dense()
    assert layers is not None
    settings = NeatSettings(population=8)
    numbers = registry(inputs + 1 + outputs)
    some = from_mlp(settings, layers, network.tensors, numbers, Streams(2))
    return NeatEncoding(inputs, outputs), some


def test_graphs_play_episodes_and_are_measured_by_terms() -> None:
    encoding, some = first_of_neat(4, 1)
    task: Any = make_any_task("cartpole", {})
    with served() as address, evaluator(address) as measuring:
        check_evaluator(measuring, EpisodesObjective(task, 2, 7), encoding, some)
    task = make_task("spirals", {})
    examples = TrainingExamples(task, None, Streams(0).stream("examples")).objective(0)
    with served() as address, evaluator(address) as measuring:
        encoding, some = first_of_neat(2, 2)
        for weights in (None, (1.0, 0.5, 0.01)):
            terms = TermsObjective(examples, ("loss", "error", "parameters"), weights)
            check_evaluator(measuring, terms, encoding, some)


def test_functions_are_measured_and_their_exceptions_come_back() -> None:
    objective = FunctionObjective(sphere, Policy())
    with served() as address, evaluator(address, address) as measuring:
        check_evaluator(measuring, objective, VECTORS, genomes(3))
        failing = FunctionObjective(np.linalg.inv, Policy())
        with pytest.raises(TrainingError, match="raised LinAlgError for genome 0"):
            measuring(failing, VECTORS, genomes(3))
        with pytest.raises(ConfigError, match="function: .*<lambda> cannot be sent"):
            measuring(FunctionObjective(lambda _: 0.0, Policy()), VECTORS, genomes(3))


def test_a_worker_imports_what_it_was_told_to_allow() -> None:
    objective = FunctionObjective(sphere, Policy())
    with served(Limits(allowed=("numpy",))) as address, evaluator(address) as measuring:
        check_evaluator(measuring, FunctionObjective(np.linalg.norm, Policy()), VECTORS, genomes(3))
        with pytest.raises(ConfigError, match="may not import 'tests.distributed.crews': start it"):
            measuring(objective, VECTORS, genomes(3))


def test_a_token_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "right").write_text("the right token\n".replace(" ", "-"))
    (tmp_path / "wrong").write_text("another-token-is-this")
    limits = Limits(allowed=None, token="the-right-token")
    objective = FunctionObjective(sphere, Policy())
    with served(limits) as address:
        with evaluator(address, token_file=str(tmp_path / "right")) as measuring:
            check_evaluator(measuring, objective, VECTORS, genomes(3))
        for keys in ({"token_file": str(tmp_path / "wrong")}, {}):
            with (
                evaluator(address, **keys) as measuring,
                pytest.raises(TrainingError, match="the token is not that of this worker"),
            ):
                measuring(objective, VECTORS, genomes(3))


def test_beyond_this_machine_token_and_tls_are_needed(tmp_path: Path) -> None:
    for address in ("10.0.0.1:50051", "[2001:db8::1]:1", "example.org:1"):
        with pytest.raises(ConfigError, match="a token and TLS are needed: give evaluator.token_f"):
            evaluator(address)
    with pytest.raises(ConfigError, match=r"evaluator.workers: HOST:PORT or unix:PATH was wanted"):
        evaluator("nonsense")
    with pytest.raises(ConfigError, match="workers are started here, or named by workers"):
        evaluator("127.0.0.1:1", count=2)
    (tmp_path / "short").write_text("short")
    with pytest.raises(ConfigError, match="a token of at least 12 ASCII characters was wanted"):
        evaluator("127.0.0.1:1", token_file=str(tmp_path / "short"))


class Odd(services.EvaluationServiceServicer):
    """A peer that speaks the protocol, in a way."""

    def __init__(self, protocol: int, answer: Any) -> None:
        self._protocol, self._answer = protocol, answer

    def GetCapabilities(self, request: Any, context: Any) -> Any:
        return messages.GetCapabilitiesResponse(protocol=self._protocol)

    def PutObjective(self, request_iterator: Any, context: Any) -> Any:
        for _ in request_iterator:
            pass
        return messages.PutObjectiveResponse()

    def EvaluateBatch(self, request: Any, context: Any) -> Any:
        return self._answer(request, context)


@contextmanager
def odd(protocol: int = 1, answer: Any = None) -> Iterator[str]:
    server = grpc.server(
        ThreadPoolExecutor(4), options=[("grpc.max_send_message_length", 2 * MESSAGE)]
    )
    services.add_EvaluationServiceServicer_to_server(Odd(protocol, answer), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@contextmanager
def raw(said: bytes) -> Iterator[str]:
    """A peer that accepts connections, says so much, and nothing more."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                held.append(listener.accept()[0])
                held[-1].sendall(said)
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for one in held:
            one.close()


def oversize(request: Any, context: Any) -> Any:
    answer = messages.EvaluateBatchResponse()
    answer.losses.data = bytes(MESSAGE + 1)
    return answer


def truncated(request: Any, context: Any) -> Any:
    answer = messages.EvaluateBatchResponse()
    answer.losses.dtype = "f8"
    answer.losses.shape.append(10**9)
    return answer


def lost(request: Any, context: Any) -> Any:
    context.abort(grpc.StatusCode.NOT_FOUND, "never heard of it")


PEERS = {
    "another version": lambda: odd(protocol=2),
    "no answers": lambda: odd(answer=truncated),
    "answers beyond all measure": lambda: odd(answer=oversize),
    "a short memory": lambda: odd(answer=lost),
    "an internal error": lambda: odd(answer=lambda *_: 1 / 0),
    "silence": lambda: raw(b""),
    "garbage": lambda: raw(b"\x00\xff garbage \r\n\r\n" * 50),
    "http": lambda: raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"),
}


@pytest.mark.parametrize("name", PEERS)
def test_a_broken_peer_harms_nobody(name: str, capfd: Any) -> None:
    """The good worker measures everything; the other one is told of, in bounded time."""
    objective = FunctionObjective(asleep, Policy())
    some = genomes(3, 12)
    began = time.monotonic()
    with (
        served() as good,
        PEERS[name]() as bad,
        evaluator(bad, good, patience=0.3) as measuring,
    ):
        measured = measuring(objective, VECTORS, some)
    assert time.monotonic() - began < 8
    inside = VECTORS.inside(some)
    np.testing.assert_array_equal(measured.losses, [sphere(vector) for vector in inside])
    refuse_leaks(measuring)


def test_what_a_coordinator_sends_is_checked() -> None:
    """A worker answers with a status, and lives on."""
    codes = []
    with served(Limits(allowed=(), objective=1000)) as address:
        channel = grpc.insecure_channel(address)
        stub = services.EvaluationServiceStub(channel)
        bad = [messages.PutObjectiveRequest(sha256="00", size=3, data=b"abc")]
        calls: list[Any] = [
            lambda: stub.PutObjective(iter(bad)),
            lambda: stub.PutObjective(iter([])),
            lambda: stub.PutObjective(
                iter([messages.PutObjectiveRequest(sha256="00", size=2000, data=b"")])
            ),
            lambda: stub.EvaluateBatch(messages.EvaluateBatchRequest(objective="00")),
            lambda: channel.unary_unary("/vynapse.evaluation.v1.EvaluationService/EvaluateBatch")(
                b"\xff\xff garbage"
            ),
        ]
        for call in calls:
            with pytest.raises(grpc.RpcError) as caught:
                call()
            codes.append(caught.value.code().name)
        assert stub.GetCapabilities(messages.GetCapabilitiesRequest(protocol=9)).protocol == 1
        assert not stub.CancelBatch(messages.CancelBatchRequest(batch="1")).cancelled
        channel.close()
    assert codes[:4] == ["INVALID_ARGUMENT", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "NOT_FOUND"]


def children() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


def test_local_workers_die_and_are_started_anew_and_leave_nothing_behind() -> None:
    before, folder = children(), None
    objective = FunctionObjective(asleep, Policy())
    some = genomes(3, 200)
    chosen = {"kind": "grpc", "count": 2, "heartbeat": 0.5}
    with EVALUATORS.choose(chosen).build() as measuring:
        found = measuring.measurements(objective, VECTORS.inside(some))
        rows = dict([next(found)])
        while len(measuring.journal.notes) < 3:  # both are connected
            rows |= dict([next(found)])
        victims = [one for one in psutil.Process().children() if one.pid not in before]
        folder = Path(measuring._crew._folder.path)
        os.kill(victims[0].pid, signal.SIGKILL)
        os.kill(victims[-1].pid, signal.SIGSTOP)
        rows |= dict(found)
    losses = [sphere(vector) for vector in VECTORS.inside(some)]
    assert [rows[row].values for row in range(200)] == losses
    refuse_leaks(measuring)
    assert measuring.journal.counts["repeats"] > 0
    assert children() == before
    assert not folder.exists()


def test_an_array_encoding_stays_an_array_encoding() -> None:
    from vynapse.distributed.described import encoding_data, encoding_of

    encoding = ArrayEncoding(MLP(sizes=(2, 3, 2)))
    again = encoding_of(encoding_data(encoding))
    assert again.layout == encoding.layout
