# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The winner of a control task in fresh episodes: their returns, and what ended them."""

from __future__ import annotations

import shlex
from typing import Any, Final

from vynapse.core import with_episodes
from vynapse.errors import ConfigError, MissingExtra, TrainingError
from vynapse.experiment import playing
from vynapse.experiment.drawn import COLOURS, HATCHES, picture, plain_numbers, svg_of
from vynapse.pages.report.blocks import Grid, Picture, Section, Words
from vynapse.pages.report.looking import Seen

_EPISODES: Final = 20
_SEED: Final = 0


def episodes(seen: Seen) -> Section:
    """Nothing for a run without a network, or a task without episodes."""
    title = "Episodes"
    task = None if seen.task is None else with_episodes(seen.task)
    if seen.loaded is None or task is None:
        return Section(title, [])
    try:
        played = playing.episodes(seen.loaded, _EPISODES, _SEED)
    except (ConfigError, MissingExtra, TrainingError) as error:
        return Section(title, [Words(f"The network cannot be played here: {error}")])
    played.sort(key=lambda one: -one["return"])
    over = sum(one["ended"] == "terminated" for one in played)
    command = f"vynapse play {shlex.quote(str(seen.path))} --episodes {_EPISODES} --seed {_SEED}"
    rows = [
        ["ended by themselves", f"{over} of {_EPISODES}"],
        [f"cut off at the limit of {task.limit:,} steps", f"{_EPISODES - over} of {_EPISODES}"],
        ["mean return", f"{sum(one['return'] for one in played) / _EPISODES:.4g}"],
        ["lowest and highest return", f"{played[-1]['return']:.4g}, {played[0]['return']:.4g}"],
        ["mean length", f"{sum(one['steps'] for one in played) / _EPISODES:,.4g} steps"],
    ]
    note = "Fresh episodes, neither those of validation nor of the test."
    drawn = Picture(_drawn(played), "the return of each episode, the best first", note)
    return Section(title, [drawn, Grid([], rows), Words(f"The same in letters: {command}")])


def _drawn(played: list[dict[str, Any]]) -> str:
    looks = {
        "terminated": ("ended by itself", COLOURS[0], HATCHES[0]),
        "limit": ("cut off at the limit", COLOURS[4], HATCHES[1]),
    }
    with picture("report", height=2.7) as figure:
        axes: Any = figure.add_subplot()
        for ended, (label, colour, hatch) in looks.items():
            own = [(place, one) for place, one in enumerate(played, 1) if one["ended"] == ended]
            if own:
                axes.bar(
                    [place for place, _ in own],
                    [one["return"] for _, one in own],
                    color=colour,
                    hatch=hatch,
                    linewidth=0,
                    label=label,
                )
        axes.set(xlabel="episode, the best first", ylabel="return", xlim=(0.3, len(played) + 0.7))
        plain_numbers(axes.yaxis)
        axes.set_xticks([1, *range(5, len(played) + 1, 5)])
        axes.grid(axis="y")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
        return svg_of(figure)
