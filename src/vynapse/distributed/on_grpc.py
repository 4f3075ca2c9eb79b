# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evaluator `grpc`: workers that speak `vynapse.evaluation.v1`, started here or by others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, final

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from vynapse.distributed.crew import CrewKeys, Worker
from vynapse.distributed.evaluator import Distributed
from vynapse.distributed.needs import refuse_without
from vynapse.distributed.security import Address, address_of, read_pem, refuse_open, token_of
from vynapse.evolution.evaluators.kind import EvaluatorKind
from vynapse.settings import NESTED

if TYPE_CHECKING:
    from vynapse.distributed.lines import Folder

_KEY: Final = "evaluator"
_STARTUP: Final = 60.0
"""Seconds that a process of our own has to listen."""
_NEEDED: Final = (("grpc", "grpcio"), ("grpc_health", "grpcio-health-checking"))
"""Modules, and the packages that bring them."""


class GrpcKeys(CrewKeys):
    """Keys of evaluator `grpc`."""

    count: int | None = Field(
        None,
        ge=1,
        le=1024,
        description="how many workers are started on this machine; null for two, or for none "
        "where workers are named",
    )
    workers: tuple[str, ...] = Field(
        (), description="addresses HOST:PORT of workers that others have started"
    )
    patience: float = Field(10.0, gt=0, description="seconds to reach a worker that others started")
    token_file: str | None = Field(
        None,
        description="a file with the token of the workers; null for the variable "
        "VYNAPSE_WORKER_TOKEN",
    )
    tls_ca: str | None = Field(
        None, description="a .pem file with the certificates that vouch for the workers"
    )

    @model_validator(mode="after")
    def _either(self) -> GrpcKeys:
        if self.workers and self.count is not None:
            problem = "count: workers are started here, or named by workers, but not both: drop one"
            raise PydanticCustomError(NESTED, "wrong", {"problems": [problem]})
        return self


@final
class GrpcCrew:
    """Workers, and the folder with the sockets of those that are started here.

    Args:
        keys: those of the evaluator.

    Raises:
        ConfigError: an address is none, or one beyond this machine has no token or no TLS.
    """

    largest: int | None = 16 << 20  # a quarter of what a message may have

    def __init__(self, keys: GrpcKeys) -> None:
        self._keys = keys
        self._folder: Folder | None = None
        self._addresses = [address_of(text, f"{_KEY}.workers") for text in keys.workers]
        self._token = token_of(keys.token_file, f"{_KEY}.token_file")
        wanted = f"{_KEY}.token_file and {_KEY}.tls_ca"
        for address in self._addresses:
            refuse_open(address, self._token, keys.tls_ca is not None, wanted)
        self._certificates = (
            None if keys.tls_ca is None else read_pem(keys.tls_ca, f"{_KEY}.tls_ca")
        )

    def workers(self) -> list[Worker]:
        """One for each process or address."""
        from vynapse.distributed.grpc_client import GrpcWorker
        from vynapse.distributed.lines import Folder, Local

        if self._addresses:
            return [self._remote(address) for address in self._addresses]
        self._folder = Folder()
        return [
            GrpcWorker(f"worker {number}", Local(self._folder, number), None, _STARTUP)
            for number in range(self._keys.count or 2)
        ]

    def _remote(self, address: Address) -> Worker:
        from vynapse.distributed.grpc_client import GrpcWorker
        from vynapse.distributed.lines import Remote

        certificates = None if address.text.startswith("unix:") else self._certificates
        line = Remote(address.text, certificates)
        return GrpcWorker(address.text, line, self._token, self._keys.patience)

    def job(self, objective: Any, encoding: Any) -> Any:
        """Both described as data."""
        from vynapse.distributed.described import encoding_data, objective_data
        from vynapse.distributed.grpc_client import GrpcJob

        value = {
            "objective": objective_data(objective),
            "encoding": None if encoding is None else encoding_data(encoding),
        }
        return GrpcJob.of(value, objective.width if encoding is None else None)

    def close(self) -> None:
        """The folder is removed."""
        if self._folder is not None:
            self._folder.close()
        self._folder = None


def build(settings: GrpcKeys) -> Distributed:
    """Nothing is started before the first use.

    Raises:
        MissingExtra: gRPC is not installed.
        ConfigError: workers are wrong.
    """
    for module, package in _NEEDED:
        refuse_without(module, package, "grpc", "evaluator grpc")
    return Distributed(GrpcCrew(settings), settings)


EVALUATOR = EvaluatorKind(
    "grpc",
    "by workers that speak gRPC, on this machine or others",
    GrpcKeys,
    build,
    elsewhere=True,
    count="count",
)
