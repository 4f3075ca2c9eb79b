# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse play` and `vynapse why`."""

from __future__ import annotations

from pathlib import Path

from vynapse.cli.options import Json, Run
from vynapse.errors import UNREADABLE, ConfigError, RunDirectoryError, first_line


def play(
    run: Run,
    /,
    *,
    episodes: int = 10,
    seed: int = 0,
    render: Path | None = None,
    json: Json = False,
) -> None:
    """Let the best network of a run act.

    Args:
        run: directory of a run on a control task, or last.
        episodes: how many.
        seed: root of their beginnings.
        render: a .gif file for a film of the first episode (needs the extra images or viz).
        json: one JSON object per episode.
    """
    from vynapse.cli.output import (
        files_of,
        number,
        print_json,
        print_line,
        refuse_overwriting,
        table,
    )
    from vynapse.experiment import playing
    from vynapse.experiment.store import load

    loaded = load(run)
    played = playing.episodes(loaded, episodes, seed)
    if render is not None:
        refuse_overwriting(render, "--render", files_of(run))
        playing.render(loaded, seed, render)
    if json:
        for episode in played:
            print_json(episode)
        return
    rows = [
        [str(one["episode"]), number(one["return"]), number(one["steps"]), one["ended"]]
        for one in played
    ]
    for line in table(["episode", "return", "steps", "ended by"], rows):
        print_line(line)
    returns = [one["return"] for one in played]
    ended = sum(one["ended"] == "terminated" for one in played)
    mean = number(sum(returns) / len(returns))
    print_line(f"mean return {mean}; {ended} of {len(played)} ended by themselves")
    if render is not None:
        print_line(f"{render} shows episode 0")


def why(run: Run, identity: str | None = None, /) -> None:
    """Tell how a genome arose.

    Args:
        run: directory of a run of mode neat, or last.
        identity: id of a champion or of one of its ancestors; by default the winner's.
    """
    from vynapse.cli.output import print_line
    from vynapse.experiment.directory import RunDirectory
    from vynapse.experiment.store import read_summary
    from vynapse.telemetry.reading import read_events
    from vynapse.trainers.mode import MODES

    summary, files = read_summary(run), RunDirectory(run)
    events = read_events(files.events) if files.events.exists() else []
    refusals: list[str] = []
    for stage, name in enumerate(summary["mode"].split("+")):
        own = [event for event in events if event["stage"] == stage]
        try:
            lines = MODES.get(name).story.why(own, identity)
        except ConfigError as error:
            refusals += error.problems
            continue
        except UNREADABLE as error:
            raise RunDirectoryError(
                f"{files.events}: an event was changed ({first_line(error)}): restore the file "
                "from a copy"
            ) from None
        for line in lines:
            print_line(line)
        return
    raise ConfigError(refusals[-1:])
