# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is known of a network that a run has trained before."""

from __future__ import annotations

from pathlib import Path

from vynapse.esper.tolaria.existing import for_a_trained_network
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.overrides import Override


def existing_network_overrides(checkpoint: Path) -> list[Override]:
    """Keys of mode `grow` for a network that is in use and must not get worse.

    Args:
        checkpoint: a run directory or a file of weights.

    Raises:
        RunDirectoryError: a folder that holds no run.
    """
    stages = (
        RunDirectory.open(checkpoint).record()["recipe"]["stages"] if checkpoint.is_dir() else []
    )
    keys = for_a_trained_network((stage["mode"], stage) for stage in stages)
    return list(keys.items())
