# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Searches of `simic_gym.py`, and what they found, which results/simic_gym/ keeps."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vynapse.esper.simic.gym import choosing, compact, continuing, schedules, searching
from vynapse.esper.simic.gym.playing import Decider, play
from vynapse.seeding import Streams

KEPT = Path(__file__).parent / "results" / "simic_gym"
TRIALS = 1500
ROUND = (10, 11)
"""Seeds of the searches that had equal time."""

SEARCHES: dict[str, tuple[searching.Family, npt.NDArray[np.float64] | None, dict[str, Any]]] = {
    "schedule": (
        schedules.Schedules,
        schedules.START,
        {"strategy": "cma-es", "sigma": 0.5, "size": 12, "tasks": 48},
    ),
    "evolved-widener": (
        compact.wideners,
        compact.WIDENER_START,
        {"strategy": "cma-es", "sigma": 0.5, "size": 12, "tasks": 48},
    ),
    "evolved-widener-from-trials": (
        compact.wideners,
        None,
        {"strategy": "cma-es", "sigma": 0.2, "size": 12, "tasks": 48},
    ),
    "evolved-paced-schedule": (
        schedules.Paced,
        None,
        {"strategy": "cma-es", "sigma": 0.15, "size": 12, "tasks": 48},
    ),
    **{
        f"evolved-{hidden}-{strategy}": (
            compact.Family(hidden),
            compact.start(hidden),
            {"strategy": strategy, "sigma": 0.3, "size": 16, "tasks": 64},
        )
        for hidden in (0, 4, 8)
        for strategy in ("snes", "cma-es")
    },
}


def search(name: str, seconds: float, seed: int, processes: int) -> None:
    """Search, and keep what was found after every look.

    A search for a schedule also keeps what it had found at half of its time.
    """
    family, start, keys = SEARCHES[name]
    before, episodes = 0.0, 0
    if name == "evolved-paced-schedule":
        tuned = begun(seed)
        pace = np.zeros(schedules.PACED - schedules.GENES)
        start, before = np.concatenate([tuned["genome"], pace]), tuned["seconds"]
        episodes = tuned["episodes"]
    elif start is None:
        root = Streams(seed).stream("gym.continuing").seed_for()
        found = continuing.trials(None, 0, root, TRIALS, processes)
        start, before = continuing.linear_start(found), found.seconds

    halves: list[searching.Found] = []

    def tell(found: searching.Found) -> None:
        generation, spent, score = found.story[-1]
        print(f"{name}: generation {generation}, {spent:.0f} s: {score:.4f}", flush=True)
        whole = replace(found, seconds=found.seconds + before, episodes=found.episodes + episodes)
        keep(name, seed, whole, keys)
        if name == "schedule" and spent >= seconds / 2 and not halves:
            halves.append(found)
            keep(HALF, seed, found, keys)

    searching.search(
        family, start, seconds=seconds - before, seed=seed, processes=processes, tell=tell, **keys
    )


CHOOSER = "tuned-schedule-at-a-chosen-pace"
CHOSEN_ON = 12_000
HALF = "schedule-at-half-of-its-time"


def begun(seed: int) -> dict[str, Any]:
    """What the search for a schedule had found at half of its time: where learning begins."""
    found: dict[str, Any] = json.loads((KEPT / f"{HALF}-{seed}.json").read_text())
    return found


def choose(seed: int, processes: int) -> None:
    """Learn to choose the pace of the tuned schedule, and keep the chooser."""
    tuned = begun(seed)
    root = Streams(seed).stream("gym.choosing").seed_for()
    chooser, seconds = choosing.learn(
        np.array(tuned["genome"]), root, CHOSEN_ON, processes=processes
    )
    at = time.process_time()
    looked = play(chooser.decider(512), searching.VALIDATION, np.arange(512))
    seconds += time.process_time() - at
    about = {
        "name": CHOOSER,
        "seed": seed,
        "middle": np.round(chooser.middle, 6).tolist(),
        "scale": np.round(chooser.scale, 6).tolist(),
        "weights": np.round(chooser.weights, 7).tolist(),
        "schedule": tuned["genome"],
        "validation": float(looked.scores.mean()),
        "generations": tuned["generations"],
        "episodes": tuned["episodes"] + CHOSEN_ON * len(choosing.PACES) + 512,
        "seconds": round(tuned["seconds"] + seconds, 1),
    }
    (KEPT / f"{CHOOSER}-{seed}.json").write_text(json.dumps(about) + "\n")


def policy(name: str) -> dict[str, Any]:
    """What controller paced takes, of the winner by validation."""
    about = of_the_round(name)[0]
    if name == CHOOSER:
        parts = {part: about[part] for part in ("middle", "scale", "weights")}
        return {"schedule": about["schedule"], "chooser": parts}
    schedule, pace = np.split(np.array(about["genome"]), [schedules.GENES])
    feedback = {"feedback": pace.tolist()} if len(pace) else {}
    return {"schedule": schedule.tolist(), **feedback}


def of_the_round(name: str) -> list[dict[str, Any]]:
    """What the searches of equal time found, the best by validation first."""
    found = [json.loads((KEPT / f"{name}-{seed}.json").read_text()) for seed in ROUND]
    return sorted(found, key=lambda about: -about["validation"])


def decider_of(about: dict[str, Any], count: int) -> Decider:
    """What a search found, for so many episodes side by side."""
    if about["name"] == CHOOSER:
        parts = (np.array(about[part]) for part in ("schedule", "middle", "scale", "weights"))
        return choosing.Chooser(*parts).decider(count)
    family = SEARCHES[about["name"]][0]
    return family(np.array(about["genome"])[None], np.zeros(count, np.int64))


def keep(name: str, seed: int, found: searching.Found, keys: dict[str, Any]) -> None:
    KEPT.mkdir(exist_ok=True)
    about = {
        "name": name,
        "seed": seed,
        "keys": keys,
        "genome": np.round(found.genome, 6).tolist(),
        "validation": found.score,
        "generations": found.generations,
        "episodes": found.episodes,
        "seconds": round(found.seconds, 1),
        "story": [[int(g), round(s, 1), round(v, 4)] for g, s, v in found.story],
    }
    (KEPT / f"{name}-{seed}.json").write_text(json.dumps(about, indent=1) + "\n")


EQUAL = {
    "schedule": "tuned schedule",
    "evolved-paced-schedule": "schedule paced by what is seen",
    CHOOSER: "schedule at a chosen pace",
}
"""Searches that had equal time, and what their rows are called."""
