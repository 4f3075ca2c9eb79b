# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A worker that listens at an address until it is told to end."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import final

import grpc

from vynapse.distributed.grpc_server import Limits, make_server
from vynapse.distributed.security import UNIX, Address, address_of, read_pem, refuse_open, token_of
from vynapse.distributed.work import end_with
from vynapse.errors import ConfigError

_GRACE = 2.0
"""Seconds that what is being measured has to finish."""


@final
@dataclass(frozen=True, slots=True)
class Serving:
    """How a worker serves.

    Attributes:
        listen: HOST:PORT or unix:PATH; port 0 for a free one.
        token_file: a file with the token; None for the environment variable, or no token.
        certificate, key: .pem files for TLS; None for no TLS.
        allow: packages and modules that objectives may name; "*" for any.
        with_parent: end when standard input ends.
    """

    listen: str
    token_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    allow: tuple[str, ...] = ()
    with_parent: bool = False


def serve(serving: Serving, told: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Args:
        serving: how.
        told: is given the address once it is listened to.

    Raises:
        ConfigError: the address is wrong or taken, or one beyond this machine has no token or no
            TLS.
    """
    address = address_of(serving.listen, "--listen")
    token = token_of(serving.token_file, "--token-file")
    if (serving.certificate is None) != (serving.key is None):
        raise ConfigError("--tls-cert and --tls-key: both or none were wanted, got one")
    tls = serving.certificate is not None
    refuse_open(address, token, tls, "--token-file, --tls-cert and --tls-key")
    limits = Limits(None if "*" in serving.allow else serving.allow, token=token)
    server = make_server(limits)
    port = _bound(server, address, _credentials(serving))
    if serving.with_parent:
        end_with(sys.stdin.fileno())
    server.start()
    signal.signal(signal.SIGTERM, lambda *_: server.stop(_GRACE))
    unix = address.text.startswith(UNIX)
    told(address.text if unix else f"{address.text.rpartition(':')[0]}:{port}")
    try:
        server.wait_for_termination()
    except KeyboardInterrupt:
        server.stop(_GRACE).wait()


def _credentials(serving: Serving) -> grpc.ServerCredentials | None:
    if serving.certificate is None or serving.key is None:
        return None
    key, chain = read_pem(serving.key, "--tls-key"), read_pem(serving.certificate, "--tls-cert")
    return grpc.ssl_server_credentials([(key, chain)])


def _bound(
    server: grpc.Server, address: Address, credentials: grpc.ServerCredentials | None
) -> int:
    """The port that is listened to.

    Raises:
        ConfigError: it is taken.
    """
    try:
        if credentials is None:
            return int(server.add_insecure_port(address.text))
        return int(server.add_secure_port(address.text, credentials))
    except RuntimeError:
        raise ConfigError(
            f"--listen: nothing can listen at {address.text}: it is taken or not ours: choose "
            "another"
        ) from None
