# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the JSON files of a run hold, checked where they are read.

Other versions may write more keys, so keys that are not known here are passed over.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vynapse.errors import RunDirectoryError

Figures = dict[str, float | None]


class _Form(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", defer_build=True)


class _TaskForm(_Form):
    name: str


class _StageForm(_Form):
    mode: str


class _RecipeForm(_Form):
    task: _TaskForm
    network: dict[str, Any]
    seed: int
    stages: list[_StageForm] = Field(min_length=1)


class _ProvenanceForm(_Form):
    vynapse: str
    packages: dict[str, str]
    data_sha256: str
    device: str


class _BlueprintForm(_Form):
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    inputs: list[int]


class FormatForm(_Form):
    """What run.json holds in every version."""

    format: int = Field(ge=1)


class RecordForm(FormatForm):
    """run.json."""

    recipe: _RecipeForm
    provenance: _ProvenanceForm
    reproducible: bool
    weights_sha256: str | None = None
    preprocessing_sha256: str | None = None
    blueprints: dict[str, _BlueprintForm] = Field(default_factory=dict)
    record_sha256: str | None = None


class _EndedStageForm(_Form):
    mode: str
    steps: int
    loss: float | None
    stop: str
    cost: dict[str, float]
    choices: dict[str, str] = Field(default_factory=dict)
    timings: dict[str, float] = Field(default_factory=dict)


class SummaryForm(_Form):
    """summary.json."""

    run: str
    task: str
    mode: str
    seed: int
    status: str
    loss: float | None
    metrics: Figures
    test: Figures | None
    converged: bool | None
    stop: str
    steps: int
    seconds: float
    cost: dict[str, float]
    parameters: int
    network_sha256: str
    stages: list[_EndedStageForm] = Field(min_length=1)
    device: str
    threads: int
    reproducible: bool
    record_sha256: str | None = None


class _ReportForm(_Form):
    step: int
    loss: float
    cost: dict[str, float | None]
    renewed: bool = False
    metrics: dict[str, float]


class _ProgressForm(_Form):
    report: _ReportForm | None
    best_loss: float
    best_step: int
    stop: str | None


class PositionForm(_Form):
    """What a checkpoint holds beside the trainer's state."""

    stage: int = Field(ge=0)
    progress: _ProgressForm
    trainer: dict[str, Any] | None
    start: dict[str, Any] | None
    start_structure: dict[str, Any] | None
    finished: list[_EndedStageForm]
    earlier: dict[str, float | None]
    timings: dict[str, float]
    metrics: int = Field(ge=0)
    events: int = Field(ge=0)
    record_sha256: str | None = None


def read_json(path: Path, form: type[BaseModel] | None = None) -> dict[str, Any] | None:
    """Content of a JSON file; None when it does not exist.

    Args:
        path: the file.
        form: what it has to hold; None for any object.

    Raises:
        RunDirectoryError: it cannot be read, or does not hold that.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RunDirectoryError(f"{path} cannot be read: {reason}") from None
    if not isinstance(content, dict):
        raise _changed(path, f"an object was wanted, got {_short(content)}")
    if form is not None:
        refuse_misfit(path, content, form)
    return content


def refuse_misfit(path: Path, content: dict[str, Any], form: type[BaseModel]) -> None:
    """Refuse the content of a file that does not hold what it has to.

    Raises:
        RunDirectoryError: what is wrong with it.
    """
    if (problem := misfit(content, form)) is not None:
        raise _changed(path, problem)


def misfit(content: object, form: type[BaseModel]) -> str | None:
    """Why something does not hold what it has to; None where it does."""
    try:
        form.model_validate(content)
    except ValidationError as error:
        detail = error.errors()[0]
        key = ".".join(str(part) for part in detail["loc"])
        if detail["type"] == "missing":
            return f"the key {key} is missing"
        wanted = detail["msg"].removeprefix("Input should be ")
        if detail["type"] in ("model_type", "dict_type"):
            wanted = "an object"
        return f"{key}: {wanted} was wanted, got {_short(detail['input'])}"
    return None


def _changed(path: Path, what: str) -> RunDirectoryError:
    return RunDirectoryError(f"{path}: {what}: restore the file from a copy")


def _short(value: object) -> str:
    text = json.dumps(value, default=lambda other: type(other).__name__)
    return text if len(text) <= 40 else f"{text[:40]}…"
