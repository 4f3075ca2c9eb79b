# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run in words and tables: what it was, how it ended, what it cost, how it is made again."""

from __future__ import annotations

import itertools
import re
import shlex
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from vynapse.experiment.endings import episodes_of, told
from vynapse.pages.report.blocks import Block, Code, Grid, Section, Words
from vynapse.pages.report.looking import Seen
from vynapse.pages.report.wording import (
    called,
    cost_words,
    duration,
    end_words,
    listed,
    measured,
    metrics_words,
    number,
)
from vynapse.trainers.mode import MODES

_HAPPENED: Final[Mapping[str, str]] = {
    "run.interrupted": "interruptions",
    "run.resumed": "taken up again",
    "checkpoint.saved": "checkpoints saved",
}
_LINE: Final = 100
"""Letters of a line from which it is a sentence rather than a drawing."""


def lead(seen: Seen) -> list[str]:
    """What was run, how it ended, how good it is and what it cost, in a few sentences."""
    summary = seen.summary
    about = f" ({seen.task.description})" if seen.task and seen.task.description else ""
    modes = listed(
        [f"{name} ({MODES.get(name).summary})" for name in dict.fromkeys(seen.found.modes)]
    )
    many = "modes" if len(set(seen.found.modes)) > 1 else "mode"
    first = f"Task {summary['task']}{about}, in {many} {modes}, with seed {summary['seed']}."
    return [first, " ".join([*_ended(seen), *_good(seen), *_spent(summary)])]


def _ended(seen: Seen) -> list[str]:
    summary = seen.summary
    at = f" at step {summary['step']:,}" if "step" in summary else ""
    if summary["status"] == "finished":
        why = end_words(str(summary["stop"]))
        steps = "1 step" if summary["steps"] == 1 else f"{summary['steps']:,} steps"
        took = f"{steps} and {duration(summary['seconds'])}"
        return [f"It ended after {took}, because {why}."]
    if summary["status"] == "running":
        return [f"It is still running: what follows is its state{at or ' before its first step'}."]
    if summary["status"] == "failed":
        errors = [event["data"] for event in seen.found.events if event["kind"] == "run.failed"]
        reason = f": {errors[-1].get('message', '')}" if errors else ""
        return [f"It failed{at}{reason}."]
    how = "interrupted" if summary["status"] == "interrupted" else "cut off before its end"
    return [f"It was {how}{at}: vynapse resume {shlex.quote(str(seen.path))} goes on with it."]


def _good(seen: Seen) -> list[str]:
    summary, words = seen.summary, []
    measure = seen.task.measure if seen.task else None
    if isinstance(summary.get("loss"), (int, float)) and "return" not in summary:
        name = f" ({called(measure.name)})" if measure else ""
        words.append(f"loss{name} {number(float(summary['loss']))}")
    words += metrics_words(summary.get("metrics") or {})
    found = [f"On the validation split the best network has {listed(words)}."] if words else []
    if summary.get("test"):
        test = [f"loss {number(summary['test']['loss'])}"] if "return" not in summary else []
        test += metrics_words(summary["test"])
        found.append(f"On the test split, which is read once at the end, it has {listed(test)}.")
    ended = episodes_of(summary)
    if ended is not None:
        found.append(
            f"Of its {ended.split} episodes {100 * ended.terminated:.4g} % ended by themselves."
        )
    return found


def _spent(summary: Mapping[str, Any]) -> list[str]:
    found = []
    if "parameters" in summary:
        found.append(f"The network has {summary['parameters']:,} parameters.")
    if words := cost_words(summary.get("cost", {})):
        found.append(f"Training took {listed(words)}.")
    return found


def costs(seen: Seen) -> Section:
    """What each stage spent, and where its time went."""
    stages = seen.summary.get("stages") or []
    header = ["stage", "mode", "steps", "forward passes", "backward passes", "FLOP", "time"]
    episodic = any("env_steps" in stage["cost"] for stage in stages)
    header += ["steps of the environment"] if episodic else []
    rows, shares = [], []
    for place, stage in enumerate(stages):
        cost = stage["cost"]
        row = [str(place), stage["mode"], number(stage["steps"])]
        row += [number(cost.get("forwards")), number(cost.get("backwards"))]
        row += [f"{cost['flops']:.3g}" if "flops" in cost else "–", duration(cost.get("seconds"))]
        rows.append([*row, number(cost.get("env_steps"))] if episodic else row)
        parts = dict(stage.get("timings", {}))
        total = parts.pop("total", 0.0)
        if parts and total > 0:
            parts["bookkeeping"] = max(0.0, total - sum(parts.values()))
            spent = [f"{name} {100 * part / total:.0f} %" for name, part in parts.items()]
            path = stage.get("choices", {}).get("path")
            how = f" ({path})" if path else ""
            shares.append(f"Time of stage {place}, {stage['mode']}{how}: {listed(spent)}.")
            if walked := cost.get("env_steps"):
                speed = number(round(walked / total))
                shares[-1] += f" That is {speed} steps of the environment per second."
    blocks: list[Block] = [Grid(header, rows)] if rows else []
    return Section("Costs", [*blocks, *map(Words, shares)])


def endings(seen: Seen) -> Section:
    """What ended the stages and the episodes, and what happened to the run on the way."""
    summary = seen.summary
    stages = summary.get("stages") or []
    rows = [
        [f"stage {place} ({stage['mode']})", f"ended because {end_words(stage['stop'])}"]
        for place, stage in enumerate(stages)
    ]
    rows += [["episodes", line] for line in told(summary)[1:]]
    kinds = Counter(event["kind"] for event in seen.found.events)
    for kind, words in _HAPPENED.items():
        rows += [[words, f"{kinds[kind]:,}"]] if kinds[kind] else []
    warnings = dict.fromkeys(
        str(event["data"].get("message", ""))
        for event in seen.found.events
        if event["kind"] == "warning"
    )
    rows += [["warning", text] for text in warnings]
    return Section("How it ended", [Grid([], rows)] if rows else [])


def results(seen: Seen) -> Section:
    """Every metric by split, and the classes one by one."""
    summary = seen.summary
    validation, test = summary.get("metrics") or {}, summary.get("test") or {}
    names = dict.fromkeys([*validation, *(name for name in test if name != "loss")])
    rows = [["loss", number(_real(summary.get("loss"))), number(test.get("loss"))]]
    for name in names:
        parts = (validation.get(name), test.get(name))
        cells = ["–" if value is None else measured(name, value) for value in parts]
        rows.append([called(name), *cells])
    if not test:
        rows = [row[:2] for row in rows]
    header = ["", "validation", *(["test"] if test else [])]
    blocks: list[Block] = [Grid(header, rows)] if summary.get("metrics") else []
    split = "test" if summary.get("test_per_class") else "validation"
    classes = summary.get("test_per_class") or summary.get("per_class") or {}
    if classes and blocks:
        blocks.append(by_class(classes, split))
    for part, reasons in (summary.get("undefined") or {}).items():
        whole = {name: why for name, why in reasons.items() if " of " not in name}
        blocks += [Words(f"{part}: no {called(name)}: {why}.") for name, why in whole.items()]
    return Section("Results", blocks)


def by_class(classes: Mapping[str, Mapping[str, float | None]], split: str) -> Grid:
    """Figures of each class or label as shares, of each output of a regression as numbers."""
    columns = list(dict.fromkeys(name for own in classes.values() for name in own))
    shares = {"recall", "precision", "f1", "accuracy"}
    about = [
        [name, *(_share(own.get(k)) if k in shares else number(own.get(k)) for k in columns)]
        for name, own in classes.items()
    ]
    header = ["examples" if name == "support" else called(name) for name in columns]
    if "recall" not in columns:
        return Grid(["output", *header], about, f"Outputs on the {split} split.")
    note = (
        f"Classes on the {split} split. Recall is the share of a class that was found, and "
        "precision the share of what was said that is right."
    )
    return Grid(["class", *header], about, note)


def _real(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def story(seen: Seen) -> Section:
    """What the modes tell of their own events."""
    blocks: list[Block] = []
    silent = dict[str, None]()
    for stage, own in enumerate(seen.found.stories):
        lines = seen.found.of_stage(stage, own.tell)
        for prose, part in itertools.groupby(filter(None, lines), lambda line: len(line) > _LINE):
            own_lines = list(part)
            blocks += map(Words, own_lines) if prose else [Code("\n".join(own_lines))]
        if lines:
            continue
        if own.silence is not None:
            silent[own.silence] = None
    return Section("What happened", [*map(Words, silent), *blocks])


def provenance(record: Mapping[str, Any], summary: Mapping[str, Any]) -> Section:
    """What a run depends on beside its recipe."""
    held = record["provenance"]
    again = "the same recipe gives the same bytes" if record["reproducible"] else "not promised"
    threads = record["recipe"].get("threads")
    rows = [
        [
            "Vynapse",
            held["vynapse"] + (f", revision {held['revision']}" if held.get("revision") else ""),
        ],
        ["packages", ", ".join(f"{name} {version}" for name, version in held["packages"].items())],
        ["machine", ", ".join(filter(None, [held.get("processor"), held.get("platform")]))],
        ["device", f"{held['device']}, threads: {threads}, kernels: {held.get('kernels', '–')}"],
        ["data", f"SHA-256 {held['data_sha256']}"],
    ]
    if summary.get("network_sha256"):
        rows.append(["network", f"SHA-256 {summary['network_sha256']}"])
    return Section("Provenance", [Grid([], [*rows, ["reproducible", again]])])


def reproduce(record: Mapping[str, Any], path: Path) -> Section:
    """The commands that make the run again, and its recipe."""
    recipe = yaml.safe_dump(dict(record["recipe"]), sort_keys=False, allow_unicode=True)
    lines = [*install_lines(record), "vynapse run --recipe recipe.yaml --out again"]
    blocks: list[Block] = [Code("\n".join(lines), "sh")]
    command = record["provenance"].get("command")
    if command:
        blocks.append(Words(f"It was started by: {command_words(command)}"))
    held = "start.safetensors" if (path / "start.safetensors").exists() else None
    if held or list(path.glob("blueprint-*.safetensors")):
        blocks.append(
            Words(
                "The recipe names networks of other runs. The directory of this run holds copies "
                "of them: name those where the originals are gone."
            )
        )
    return Section("Make it again", [*blocks, Words("recipe.yaml:"), Code(recipe, "yaml")])


def install_lines(record: Mapping[str, Any]) -> list[str]:
    """What sets up the same versions, as far as a registry has them."""
    held = record["provenance"]
    versions = {name: held["packages"][name] for name in held["packages"] if name != "python"}
    pins = [f"vynapse=={held['vynapse']}"]
    pins += [f"{name}=={re.sub('[+].*', '', version)}" for name, version in versions.items()]
    lines = [f"# Python {held['packages'].get('python', '')}".rstrip()]
    if held.get("revision"):
        lines.append(f"# from the source tree at revision {held['revision']}")
    return [*lines, f"pip install {' '.join(shlex.quote(pin) for pin in pins)}"]


def command_words(command: list[str]) -> str:
    """A command line as it would be typed, without the folder of the program."""
    name, *words = [str(word) for word in command]
    program = Path(name).name
    program = "python -m vynapse" if program == "__main__.py" else program
    return shlex.join([*program.split(), *words])
