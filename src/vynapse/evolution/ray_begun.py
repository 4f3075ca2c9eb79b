# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ray, begun quietly where it is not there yet: no dashboard, nothing leaves this machine."""

from __future__ import annotations

import os
from typing import Any

from vynapse.errors import ConfigError, MissingExtra


def ray_at(place: str, count: int, purpose: str) -> tuple[Any, bool]:
    """The package, connected, and whether that happened here, so that it has to end here.

    A Ray that this process has begun before is used as it is.

    Args:
        place: ray (on this machine), auto or ray://HOST:PORT (a cluster).
        count: processes that work at the same time; on this machine each has a core of its own in
            Ray's books, however many there are.
        purpose: what needs it, the begin of sentences.

    Raises:
        MissingExtra: Ray is not installed.
        ConfigError: there is no cluster.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError:
        raise MissingExtra("ray", "ray", purpose) from None
    if ray.is_initialized():
        return ray, False
    quiet: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
    if place == "ray":
        cores = max(count, os.cpu_count() or 1)
        ray.init(num_cpus=cores, include_dashboard=False, _node_ip_address="127.0.0.1", **quiet)
        return ray, True
    try:
        ray.init(address=place, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ConfigError(
            f"{purpose}: a cluster of Ray at {place!r} was wanted, there is none ({error}): start "
            "it, or write ray for this machine"
        ) from None
    return ray, True
