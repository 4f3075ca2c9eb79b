# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What mode `policy` warns of: a policy that no longer explores, a critic that explains nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, final

from vynapse.core import State
from vynapse.core.compatible import refuse_misfit
from vynapse.telemetry.story import Story

EVENTS: Final[Mapping[str, str]] = {
    "policy.collapse": "the policy no longer explores: round, entropy (nats), the largest one, "
    "and of which factor of an action, if it is made of factors",
    "policy.unexplained": "the critic explains nothing of the returns: round, explained variance",
}
"""Kinds of events and what their data hold."""

_WINDOW: Final = 20
"""Over so many rounds a figure has to be bad before it is warned of."""
_COLLAPSED: Final = 0.02
"""Entropy below this share of the largest one counts as none."""
_EXPLAINED: Final = 0.05
"""Explained variance below this counts as none."""

Told = tuple[str, Mapping[str, Any]]


@final
class Warnings:
    """Counts bad rounds in a row, and warns once in a run of each kind.

    Args:
        factors: those that an action is made of, by name; each is watched.
    """

    def __init__(self, factors: Iterable[str] = ()) -> None:
        self._bad = dict.fromkeys((*EVENTS, *(f"policy.collapse.{name}" for name in factors)), 0)

    def told(
        self, step: int, figures: Mapping[str, float], largest: Mapping[str, float]
    ) -> tuple[Told, ...]:
        """What is to be told after a round.

        Args:
            step: its number.
            figures: what was measured in it.
            largest: entropies of choosing blindly: nats, by the name of the figure.
        """
        told: list[Told] = []
        explained = figures.get("explained_variance")
        for name, most in largest.items():
            _, _, factor = name.partition(".")
            kind = f"policy.collapse.{factor}" if factor else "policy.collapse"
            if self._counted(kind, figures[name] < _COLLAPSED * most):
                data = {"round": step, "entropy": figures[name], "largest": most}
                told.append(("policy.collapse", {**data, "factor": factor} if factor else data))
        if explained is not None and self._counted("policy.unexplained", explained < _EXPLAINED):
            told.append(("policy.unexplained", {"round": step, "explained_variance": explained}))
        return tuple(told)

    def state(self) -> State:
        """Bad rounds in a row by kind; more than the window once it was told."""
        return dict(self._bad)

    def load(self, state: State) -> None:
        """Go on from `state`."""
        refuse_misfit("warnings", self.state(), state)
        self._bad = dict(state)

    def _counted(self, kind: str, bad: bool) -> bool:
        """Whether this is the round in which a kind is to be told."""
        if self._bad[kind] > _WINDOW:  # it was
            return False
        self._bad[kind] = self._bad[kind] + 1 if bad else 0
        return self._bad[kind] > _WINDOW


def _happening(kind: str, data: Mapping[str, Any]) -> str | None:
    if kind == "policy.collapse":
        of = f" in factor {data['factor']} of its actions" if "factor" in data else ""
        return (
            f"round {data['round']}: the policy hardly explores any more{of} (entropy "
            f"{data['entropy']:.3g} of {data['largest']:.3g} nats): raise entropy, or lower "
            "learning_rate"
        )
    if kind == "policy.unexplained":
        return (
            f"round {data['round']}: the critic explains nothing of the returns (explained "
            f"variance {data['explained_variance']:.3g}): make it larger, or set normalize_rewards"
        )
    return None


def _tell(events: Any, _steps: int) -> list[str]:
    lines = (_happening(event["kind"], event["data"]) for event in events)
    return [line for line in lines if line is not None]


STORY: Final = Story(
    happening=_happening,
    tell=_tell,
    curves={
        "training episodes": {"episode_return": 1.0},
        "entropy, nats": {"entropy": 1.0},
        "explained variance": {"explained_variance": 1.0},
    },
)
