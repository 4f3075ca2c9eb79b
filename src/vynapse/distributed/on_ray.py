# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evaluator `ray`: actors of a Ray cluster, or of a Ray that is started here.

A Ray that runs already in this process is used, and left running. Objective and encoding are put
into the object store once; each actor keeps what it made of the last two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from pydantic import Field

from vynapse.distributed.crew import CrewKeys, Worker
from vynapse.distributed.evaluator import Distributed
from vynapse.distributed.needs import refuse_without
from vynapse.evolution.evaluators.kind import EvaluatorKind
from vynapse.evolution.ray_begun import ray_at

if TYPE_CHECKING:
    from vynapse.distributed.ray_actors import Actor


class RayKeys(CrewKeys):
    """Keys of evaluator `ray`."""

    count: int | None = Field(
        None, ge=1, le=100_000, description="how many actors measure; null for one a processor"
    )
    address: str | None = Field(
        None,
        description="the cluster: auto for the one that this machine is part of, or "
        "ray://HOST:PORT; null for a Ray that is started here",
    )
    cpus: float = Field(1.0, ge=0, description="processors that an actor asks the cluster for")


@final
class RayCrew:
    """Actors, and the Ray that they live in.

    Args:
        keys: those of the evaluator.
    """

    largest: int | None = None

    def __init__(self, keys: RayKeys) -> None:
        self._keys = keys
        self._own = False
        self._actors: list[Actor] = []

    def workers(self) -> list[Worker]:
        """One for each actor; Ray is started where it is not."""
        keys = self._keys
        ray, own = ray_at(keys.address or "ray", keys.count or 1, "evaluator.address")
        self._own = self._own or own
        from vynapse.distributed.ray_actors import Actor

        resources: dict[str, float] = ray.cluster_resources()
        count = keys.count or max(1, int(resources.get("CPU", 1) / (keys.cpus or 1)))
        self._actors = [Actor(f"actor {number}", keys.cpus) for number in range(count)]
        return [*self._actors]

    def job(self, objective: Any, encoding: Any) -> Any:
        """A reference to both in the object store."""
        from vynapse.distributed.ray_actors import stored

        return stored(objective, encoding)

    def close(self) -> None:
        """A Ray that was started here ends."""
        import ray

        self._actors = []
        if self._own and ray.is_initialized():
            ray.shutdown()
        self._own = False


def build(settings: RayKeys) -> Distributed:
    """Nothing is started before the first use.

    Raises:
        MissingExtra: Ray is not installed.
    """
    refuse_without("ray", "ray", "ray", "evaluator ray")
    return Distributed(RayCrew(settings), settings)


EVALUATOR = EvaluatorKind(
    "ray",
    "by actors of Ray, on this machine or a cluster",
    RayKeys,
    build,
    elsewhere=True,
    count="count",
)
