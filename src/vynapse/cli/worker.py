# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse worker`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def worker(
    *,
    listen: str = "127.0.0.1:50051",
    token_file: Path | None = None,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    allow: list[str] | None = None,
    with_parent: Annotated[bool, Parameter(show=False)] = False,
) -> None:
    """Measure genomes for runs on this or other machines.

    Args:
        listen: HOST:PORT or unix:PATH; port 0 for a free one. On another than a loopback address a
            token and TLS are needed.
        token_file: a file with the token that coordinators have to know, of at least 12 characters;
            else the variable VYNAPSE_WORKER_TOKEN.
        tls_cert: certificate chain of this worker, a .pem file.
        tls_key: its private key, a .pem file.
        allow: a package or module that runs may name for functions, tasks, losses and networks; may
            be repeated, * for any.
        with_parent: end when standard input ends.
    """
    from vynapse.cli.output import print_line
    from vynapse.distributed.needs import refuse_without

    for module, package in (("grpc", "grpcio"), ("grpc_health", "grpcio-health-checking")):
        refuse_without(module, package, "grpc", "worker")
    from vynapse.distributed.serve import Serving, serve

    def told(address: str) -> None:
        print_line(f"listening at {address}  (Ctrl-C ends it)")
        sys.stdout.flush()

    serve(Serving(listen, token_file, tls_cert, tls_key, tuple(allow or ()), with_parent), told)
