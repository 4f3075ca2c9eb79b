# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Who may speak with whom: addresses, tokens and certificates.

On this machine nothing is asked for. Beyond it a token says that the coordinator may ask. TLS keeps
it secret, and says that the worker is the one that was meant. Without both nothing is sent.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from vynapse.errors import ConfigError

TOKEN: Final = "VYNAPSE_WORKER_TOKEN"  # noqa: S105 - the name of a variable
"""The environment variable that may hold the token."""
LEAST: Final = 12
"""Characters of a token, at least."""
UNIX: Final = "unix:"
"""Begins the address of a socket that is a file, which its owner alone can open."""


@final
@dataclass(frozen=True, slots=True)
class Address:
    """Where a worker listens.

    Attributes:
        text: the form of gRPC: host:port, [host]:port, or unix:PATH.
        here: it can be reached from this machine alone.
    """

    text: str
    here: bool


def address_of(text: str, key: str) -> Address:
    """The address of HOST:PORT or unix:PATH.

    Raises:
        ConfigError: it is none.
    """
    if text.startswith(UNIX) and len(text) > len(UNIX):
        return Address(text, here=True)
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"{key}: HOST:PORT or unix:PATH was wanted, got {text[:99]!r}")
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return Address(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", here)


def token_of(file: Path | str | None, key: str) -> str | None:
    """The token in a file, or in the environment; None where there is none.

    Raises:
        ConfigError: the file cannot be read, or the token is too short.
    """
    if file is None:
        token = os.environ.get(TOKEN)
        where = f"variable {TOKEN}"
    else:
        where = f"{key} {file}"
        try:
            token = Path(file).read_text().strip()
        except (OSError, ValueError) as error:
            raise ConfigError(f"{key}: the token in {file} cannot be read: {error}") from None
    if token is not None and (len(token) < LEAST or not token.isascii() or " " in token):
        raise ConfigError(f"{where}: a token of at least {LEAST} ASCII characters was wanted")
    return token


def refuse_open(address: Address, token: str | None, tls: bool, wanted: str) -> None:
    """Refuse an address beyond this machine without a token and TLS.

    Args:
        address: where the worker listens.
        token: what the coordinator proves itself with.
        tls: the worker has a certificate.
        wanted: what to give, for the sentence.

    Raises:
        ConfigError: one of them is absent.
    """
    if not address.here and (token is None or not tls):
        raise ConfigError(
            f"{address.text} can be reached from other machines, so a token and TLS are needed: "
            f"give {wanted}"
        )


def read_pem(path: Path | str, key: str) -> bytes:
    """The content of a file with a key or certificates.

    Raises:
        ConfigError: it cannot be read, or holds none.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"{key}: {path} cannot be read: {error.strerror}") from None
    if b"-----BEGIN" not in content:
        raise ConfigError(f"{key}: {path} is no file in PEM format")
    return content
