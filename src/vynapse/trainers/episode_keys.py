# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys of evolutionary modes on control tasks. What plays the episodes is not loaded for them."""

from __future__ import annotations

from pydantic import Field

from vynapse.errors import ConfigError
from vynapse.settings import Settings
from vynapse.trainers.mode import Stage


class EpisodeKeys(Settings):
    """Keys that matter on tasks of control alone."""

    episodes: int = Field(
        5,
        ge=1,
        description="control tasks: episodes that a genome plays in a generation; one where all "
        "begin alike",
    )
    renew_episodes: bool = Field(
        True, description="control tasks: every generation plays other episodes"
    )
    normalize_observations: bool = Field(
        False,
        description="control tasks: observations are shifted and scaled to mean 0 and standard "
        "deviation 1, as measured so far",
    )


def refuse_normalization(stage: Stage, keys: EpisodeKeys) -> None:
    """Refuse the key where there are no observations.

    Raises:
        ConfigError: it is set.
    """
    if keys.normalize_observations:
        raise ConfigError(
            f"normalize_observations: task {stage.task.name!r} shows no observations: remove it, "
            "or choose a control task"
        )
