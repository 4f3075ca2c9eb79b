# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ray, begun quietly where it is not there yet: no dashboard, nothing leaves this machine."""

from __future__ import annotations

import logging
import os
import sys
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
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # as Ray will have it
    if place == "ray":
        # read when Ray is imported: one that is started then listens at the loopback alone
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    try:
        import ray
    except ImportError:
        raise MissingExtra("ray", "ray", purpose) from None
    if ray.is_initialized():
        return ray, False
    common: dict[str, Any] = {
        "log_to_driver": False,
        "logging_level": logging.ERROR,
        "configure_logging": False,
        "runtime_env": {"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}},
    }
    cores = max(count, os.cpu_count() or 1)
    own = {"num_cpus": cores, "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    try:
        ray.init(**common, **(own if place == "ray" else {"address": place}))
    except (ConnectionError, RuntimeError, OSError, ValueError) as error:
        where = "this machine" if place == "ray" else repr(place)
        raise ConfigError(
            f"{purpose}: Ray cannot be used at {where}: {error}: start it, or correct the address"
        ) from None
    return ray, True
