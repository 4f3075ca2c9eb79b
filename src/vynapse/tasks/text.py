# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The next character of a text, from those before it.

The first 80 % of the text train, the next 10 % validate, the last 10 % test. An example is a window
of the text; no window reaches over the border of its part. The vocabulary is what the training part
holds, in the order of code points; a text with other characters further on is refused, because no
network could have learnt them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import Field, field_validator

from vynapse.core import Array, Split
from vynapse.data.locate import absolute_path, data_folder, find
from vynapse.errors import DataError
from vynapse.seeding import I64
from vynapse.settings import Settings, Size
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.losses.cross_entropy import CrossEntropy
from vynapse.tasks.reader import Reader
from vynapse.tasks.scoring import Scoring

_DEFAULT: Final = "tinyshakespeare.txt"
_PARTS: Final = {"train": (0, 8), "validation": (8, 9), "test": (9, 10)}
"""Where each part begins and ends, in tenths of the text."""


class TextSettings(Settings):
    """Keys of the task text."""

    file: str | None = Field(
        None,
        min_length=1,
        description="a text in UTF-8, or a folder, whose .txt files are read as one text in the "
        "order of their names; by default tinyshakespeare.txt in the data folder or its folder "
        "small",
    )
    length: Size = Field(32, description="characters that a network sees")
    train: Size = Field(20_000, description="windows that train, evenly spaced")
    validation: Size = Field(2000, description="windows that validate, evenly spaced")
    test: Size = Field(2000, description="windows that test, evenly spaced")

    @field_validator("file")
    @classmethod
    def _absolute(cls, value: str | None) -> str | None:
        """So that a run can be resumed from any folder."""
        return None if value is None else absolute_path(value)


def text(settings: TextSettings) -> ArrayTask:
    """Inputs (length,): numbers of characters as float32; one output for each character.

    Raises:
        DataError: the file is absent, no text in UTF-8 or too short, or it holds characters that
            its training part does not.
    """
    path = _path(settings)
    texts = {file: _code_points(file) for file in _files(path)}
    points = np.concatenate(list(texts.values()))
    parts = {name: _part(points, name) for name in _PARTS}
    vocabulary = np.unique(parts["train"])
    characters = [chr(point) for point in vocabulary.tolist()]
    if len(characters) < 2:
        raise DataError(f"{path}: a text of two or more different characters was wanted")
    _refuse_unknown(texts, vocabulary)
    wanted = {"train": settings.train, "validation": settings.validation, "test": settings.test}
    windows = {
        name: _windows(path, name, np.searchsorted(vocabulary, parts[name]), count, settings.length)
        for name, count in wanted.items()
    }
    task = ArrayTask(
        "text",
        Splits(windows["train"], windows["validation"], windows["test"]),
        input_shape=(settings.length,),
        output_size=len(characters),
        loss="cross_entropy",
        classes=tuple(map(_shown, characters)),
        description=(
            f"the next of {len(characters)} characters from the {settings.length} before it, in "
            f"{path.name}: {settings.train} windows of the first 80 % train, "
            f"{settings.validation} of the next 10 % validate, {settings.test} of the last 10 % "
            "test"
        ),
        preprocessing={"vocabulary": "".join(characters), "length": settings.length},
    )
    task.data_files = tuple(map(str, texts))
    return task


class TextReader(Reader):
    """The last characters of texts as inputs; a prediction is the character that follows each.

    Args:
        encoding: content of preprocessing.json.
    """

    def __init__(self, encoding: Mapping[str, Any]) -> None:
        self._length, vocabulary = int(encoding["length"]), str(encoding["vocabulary"])
        self._numbers = {character: place for place, character in enumerate(vocabulary)}
        self.output_size = len(vocabulary)
        self.scoring = Scoring(CrossEntropy(), tuple(map(_shown, vocabulary)))

    def inputs(self, rows: Any) -> Array:
        texts = [rows] if isinstance(rows, str) else list(rows)
        if not texts:
            raise DataError("rows: one or more texts were wanted, got none")
        return np.array([self._window(text) for text in texts], np.float32)

    def _window(self, text: Any) -> list[int]:
        if not isinstance(text, str) or len(text) < self._length:
            raise DataError(
                f"rows: texts of {self._length} or more characters were wanted, got {text!r:.99}"
            )
        window = text[len(text) - self._length :]
        unknown = [character for character in window if character not in self._numbers]
        if unknown:
            raise DataError(
                f"rows: character {unknown[0]!r} is nowhere in the text that trained the network"
            )
        return [self._numbers[character] for character in window]


TEXT = TaskKind(
    "text",
    "the next character of a text, from those before it",
    TextSettings,
    text,
    network={"factory": "vynapse.esper.kasmina.hosts:transformer", "options": {}},
    comparison={"flops": 2e12},
    reader=TextReader,
)


def _path(settings: TextSettings) -> Path:
    if settings.file is not None:
        return Path(settings.file)
    found = find(_DEFAULT) or find(f"small/{_DEFAULT}")
    if found is None:
        raise DataError(
            f"task 'text' needs {_DEFAULT}: put it into {data_folder()}, set VYNAPSE_DATA to the "
            "folder that holds it, or set task.file to a text of your own"
        )
    return found


def _files(path: Path) -> list[Path]:
    """The file, or the .txt files of a folder and of those within it, in the order of their names.

    Raises:
        DataError: the folder has none.
    """
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.rglob("*.txt") if file.is_file())
    if not found:
        raise DataError(f"{path}: a text, or a folder with .txt files, was wanted, it has none")
    return found


def _code_points(path: Path) -> I64:
    try:
        content = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: a text in UTF-8 was wanted, byte {error.start} is none: convert it"
        ) from None
    return np.frombuffer(content.encode("utf-32-le"), np.uint32).astype(np.int64)


def _part(points: I64, name: str) -> I64:
    begin, end = (len(points) * tenths // 10 for tenths in _PARTS[name])
    return points[begin:end]


def _windows(path: Path, name: str, numbers: I64, count: int, length: int) -> Split:
    """`count` windows at even distances over the whole part."""
    places = len(numbers) - length
    if places < count:
        begin, end = (10 * tenths for tenths in _PARTS[name])
        raise DataError(
            f"{path}: {count} windows of {length} characters and the next one were wanted for "
            f"{name}, there are {max(places, 0)} between {begin} % and {end} % of the text: lower "
            f"task.{name} or task.length, or give a longer text"
        )
    starts = np.arange(count) * places // count
    windows = np.lib.stride_tricks.sliding_window_view(numbers, length + 1)[starts]
    return Split(windows[:, :-1].astype(np.int32), windows[:, -1].copy())


def _refuse_unknown(texts: Mapping[Path, I64], vocabulary: I64) -> None:
    for path, points in texts.items():
        unknown = np.flatnonzero(~np.isin(points, vocabulary))
        if len(unknown):
            first = int(unknown[0])
            line = 1 + int((points[:first] == ord("\n")).sum())
            raise DataError(
                f"{path}: line {line}: character {chr(points[first])!r} is nowhere in the first "
                "80 % of the text, which train: replace it in the file"
            )


def _shown(character: str) -> str:
    """A name for tables: the character itself where it can be seen."""
    visible = character.isprintable() and not character.isspace()
    return character if visible else repr(character)
