# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Scripted players that try to be rewarded for what helps nobody.

Each sees what is legal and how many steps it has made, so the same script plays on task `growth`
and on task `growth-gym`. It always takes the smallest size.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from vynapse.core import Array
from vynapse.core.control import Environments, Legal
from vynapse.esper.simic.schema import CHOICES, meanings
from vynapse.rl.behaviour import Choose

WORDS = [word.split()[0] for word in meanings()[:CHOICES]]
PLACES = [word.partition(" ")[2] for word in meanings()[:CHOICES]]
KINDS = {kind: [i for i, word in enumerate(WORDS) if word == kind] for kind in set(WORDS)}

Script = Callable[[Legal, int, int, dict[str, int]], int]
"""What is legal (CHOICES,), the step, steps that there are at most, and a memory: a choice."""


def first(legal: Legal, *kinds: str) -> int:
    """The first legal choice of the first kind that has one; to wait where there is none."""
    for kind in kinds:
        for choice in KINDS[kind]:
            if legal[choice]:
                return choice
    return 0


def waiter(legal: Legal, step: int, steps: int, memory: dict[str, int]) -> int:
    """Does nothing."""
    return 0


def farmer(legal: Legal, step: int, steps: int, memory: dict[str, int]) -> int:
    """Germinates wherever it can, and culls the seed at the next look."""
    return first(legal, "cull", "germinate", "deepen", "widen")


def early(legal: Legal, step: int, steps: int, memory: dict[str, int]) -> int:
    """Germinates at the first looks, to claim what the host learns by itself."""
    kinds = ("germinate",) if step < 2 else ()
    return first(legal, "fossilize", "blend", *kinds)


def indispensable(legal: Legal, step: int, steps: int, memory: dict[str, int]) -> int:
    """Puts a part in at once, lets the host come to depend on it, and fossilises it at the end."""
    if step == 0:
        return first(legal, "deepen", "germinate")
    return first(legal, "blend", *(("fossilize",) if step >= steps - 2 else ()))


def splitter(legal: Legal, step: int, steps: int, memory: dict[str, int]) -> int:
    """Puts a part into every place at once and has each paid for at the end."""
    if step < steps // 3:
        return first(legal, "blend", "deepen", "germinate")
    return first(legal, *(("fossilize",) if step >= steps - 5 else ()))


def jitterer(legal: Legal, step: int, steps: int, memory: dict[str, int]) -> int:
    """Lets alpha rise in one place, gives the part up before it is full, and begins again."""
    place = PLACES[1]
    own = {kind: i for i, kind in enumerate(WORDS) if PLACES[i] == place}
    if memory.pop("rising", None) is not None and legal[own["cull"]]:
        return own["cull"]
    if legal[own["blend"]]:
        memory["rising"] = step
        return own["blend"]
    return own["germinate"] if legal[own["germinate"]] else 0


def fossiliser(legal: Legal, step: int, steps: int, memory: dict[str, int]) -> int:
    """Takes in and fossilises as many parts as it can, as fast as it can."""
    return first(legal, "fossilize", "blend", "germinate", "deepen")


ADVERSARIES: Mapping[str, Script] = {
    script.__name__: script
    for script in (waiter, farmer, early, indispensable, splitter, jitterer, fossiliser)
}


@final
@dataclass(frozen=True)
class Scripted:
    """A script in every episode.

    Attributes:
        script: what it does.
        steps: how many steps an episode has, at most.
    """

    script: Script
    steps: int

    def begin(self, environments: Environments, count: int, seed: int) -> Choose:
        """A fresh memory for each episode."""
        memories: list[dict[str, int]] = [{} for _ in range(count)]
        done = 0

        def choose(seen: Array, legal: Legal | None) -> Array:
            nonlocal done
            assert legal is not None
            actions = np.zeros((count, 2), np.int64)
            for row, memory in enumerate(memories):
                actions[row, 0] = self.script(legal[row, :CHOICES], done, self.steps, memory)
            done += 1
            return actions

        return choose


def returns(behaviour: Any, task: Any, count: int, seed: int) -> Array:
    """The return of one episode in each of so many environments (count,)."""
    environments = task.environments(count, seed)
    seen = environments.reset()
    choose = behaviour.begin(environments, count, seed)
    total, going = np.zeros(count), np.ones(count, bool)
    while going.any():
        actions = choose(seen, environments.masks())
        seen, rewards, ended, cut = environments.step(actions)
        total += np.where(going, rewards, 0)
        going &= ~(ended | cut)
    return total
