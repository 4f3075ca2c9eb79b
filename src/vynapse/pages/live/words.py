# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Events, recipes and networks in words, for people who look at a run in a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from vynapse.errors import UNREADABLE
from vynapse.pages.figures import number
from vynapse.telemetry.story import Story

_LONGEST: Final = 300
"""Characters that the words of one event take."""
Data = Mapping[str, Any]

_TOLD: Final[Mapping[str, Callable[[Data], str]]] = {
    "run.started": lambda data: f"The run began: {data.get('task')}, seed {data.get('seed')}.",
    "run.resumed": lambda _: "A process took the run up again.",
    "stage.started": lambda data: f"A stage of mode {data.get('mode')} began.",
    "stage.finished": lambda data: (
        f"The stage of mode {data.get('mode')} ended by {data.get('stop')}"
        f" with the loss {figure(data.get('loss'))}."
    ),
    "checkpoint.saved": lambda _: "The state was saved.",
    "warning": lambda data: f"Warning: {data.get('message')}",
    "run.interrupted": lambda _: "The run was interrupted; its state was saved first.",
    "run.failed": lambda data: f"The run failed: {data.get('message')}",
    "run.finished": lambda data: f"The run finished with the loss {figure(data.get('loss'))}.",
}
_QUIET: Final = frozenset({"checkpoint.saved"})
"""Events of every run that are no news."""
_LEVELS: Final[Mapping[str, str]] = {
    "warning": "warning",
    "run.failed": "bad",
    "run.interrupted": "warning",
    "run.finished": "good",
}


def figure(value: object) -> str:
    """A number in four digits; any other value as text, and a dash for none."""
    if isinstance(value, bool) or value is None:
        return "–" if value is None else str(value).lower()
    return number(value).replace("-", "−") if isinstance(value, int | float) else str(value)


def of_event(event: Mapping[str, Any], story: Story) -> dict[str, Any]:
    """An event for a list: its place and time, its words, and whether a person wants them at once.

    Args:
        event: the envelope.
        story: how the mode of its stage tells its own events.
    """
    kind, data = str(event["kind"]), event["data"]
    text, news = _words(kind, data, story)
    return {
        "seq": event.get("seq"),
        "time": event.get("time"),
        "stage": event["stage"],
        "step": event["step"],
        "kind": kind,
        "text": text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…",
        "news": news,
        "level": _LEVELS.get(kind, ""),
    }


def _words(kind: str, data: Data, story: Story) -> tuple[str, bool]:
    if tell := _TOLD.get(kind):
        return tell(data), kind not in _QUIET
    try:
        happening = story.happening(kind, data)
    except UNREADABLE:
        happening = None
    if happening is not None:
        return happening, True
    about = ", ".join(f"{name} {_short(value)}" for name, value in data.items())
    return f"{kind}: {about}", False


def _short(value: object) -> str:
    if isinstance(value, Mapping):
        return f"({len(value)} keys)"
    if isinstance(value, (list, tuple)):
        plain = all(isinstance(item, (int, float, str)) for item in value) and len(value) <= 6
        return f"[{', '.join(map(figure, value))}]" if plain else f"({len(value)} items)"
    return figure(value)


def of_recipe(recipe: Mapping[str, Any], summaries: Sequence[str]) -> str:
    """A sentence or two about what was to be done.

    Args:
        recipe: that of run.json.
        summaries: a line about the mode of each stage; empty where it is not known.
    """
    task = recipe["task"]
    given = {key: value for key, value in task.items() if key != "name" and value not in (None, [])}
    options = [f"{key.replace('_', ' ')} {_short(value)}" for key, value in given.items()]
    what = f"Task {task['name']}" + (f" ({', '.join(options)})" if options else "")
    stages: list[str] = []
    for stage, summary in zip(recipe["stages"], summaries, strict=True):
        begin = "Then mode" if stages else "Mode"
        stages.append(f"{begin} {stage['mode']}" + (f" – {summary}." if summary else "."))
    return f"{what}, {of_network(recipe['network'])}. {' '.join(stages)}"


def of_network(key: Mapping[str, Any]) -> str:
    """The `network` key in a few words."""
    for kind, content in key.items():
        if isinstance(content, (list, tuple)):
            return f"network {kind} {'-'.join(map(figure, content))}".replace(",", "")
        if isinstance(content, Mapping):
            sizes = [value for value in content.values() if isinstance(value, (list, tuple))]
            plain = [size for size in sizes if size and all(isinstance(n, int) for n in size)]
            return f"network {kind}" + (f" {'-'.join(map(str, plain[0]))}" if plain else "")
        return f"network {kind} {str(content)[:80]}"
    return "no network named"
