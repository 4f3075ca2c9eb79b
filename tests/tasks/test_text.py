# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The next character of a text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vynapse.core import Array, Stateless, SupervisedTask
from vynapse.errors import ConfigError, DataError
from vynapse.tasks.registry import make_task
from vynapse.testing import check_task

ALPHABET = "abcdefghij klmn\nöß日"
COUNTS = {"length": 8, "train": 60, "validation": 12, "test": 12}


def write(folder: Path, content: str, name: str = "own.txt") -> Path:
    path = folder / name
    path.write_bytes(content.encode())
    return path


def some_text(seed: int, characters: int = 1000) -> str:
    """Every character of the alphabet early on, then as it comes."""
    drawn = np.random.default_rng(seed).integers(len(ALPHABET), size=characters)
    return (ALPHABET + "".join(ALPHABET[number] for number in drawn))[:characters]


def read_back(task: SupervisedTask, name: str) -> list[str]:
    """The windows of a split with the next character, as text."""
    assert task.preprocessing is not None
    characters = task.preprocessing["vocabulary"]
    split = task.split(name).take(slice(None))  # type: ignore[arg-type]
    rows = np.concatenate([task.prepare(split.inputs).astype(int), split.targets[:, None]], axis=1)
    return ["".join(characters[number] for number in row) for row in rows.tolist()]


def test_it_keeps_the_promises_of_a_task(tmp_path: Path) -> None:
    options = {**COUNTS, "file": str(write(tmp_path, some_text(0)))}
    check_task(lambda: make_task("text", options))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_windows_are_pieces_of_their_own_part(seed: int, tmp_path: Path) -> None:
    content = some_text(seed)
    task = make_task("text", {**COUNTS, "file": str(write(tmp_path, content))})
    parts = {"train": content[:800], "validation": content[800:900]}
    for name, part in parts.items():
        windows = read_back(task, name)
        assert len(windows) == COUNTS[name]
        # in their order, the first from the beginning, evenly spaced: no other place would do
        places = len(part) - 8
        starts = [number * places // len(windows) for number in range(len(windows))]
        assert windows == [part[start : start + 9] for start in starts]
    whole = make_task("text", {**COUNTS, "file": str(write(tmp_path, content)), "validation": 92})
    assert read_back(whole, "validation") == [content[i : i + 9] for i in range(800, 892)]


def test_the_test_part_is_the_last_tenth(tmp_path: Path) -> None:
    content = "ab" * 400 + "ba" * 50 + "ab" * 49 + "aa"
    task = make_task("text", {**COUNTS, "file": str(write(tmp_path, content)), "test": 92})
    seen: list[Array] = []

    def predict(inputs: Array) -> Array:
        seen.append(inputs)
        likely: Array = np.eye(2, dtype=np.float32)[(1 - inputs[:, -1]).astype(int)]
        return likely

    result = task.final_test(Stateless(predict))
    assert result is not None
    assert result.metrics["accuracy"] == pytest.approx(91 / 92)  # all but the last, after an a
    assert "".join("ab"[int(row[0])] for row in seen[0]) == content[900:992]


def test_the_vocabulary_is_sorted_and_named_so_that_it_can_be_seen(tmp_path: Path) -> None:
    task = make_task("text", {**COUNTS, "file": str(write(tmp_path, some_text(0)))})
    vocabulary = "".join(sorted(ALPHABET))
    assert task.preprocessing == {"vocabulary": vocabulary, "length": 8}
    assert task.output_size == len(ALPHABET)
    assert task.classes is not None
    assert task.classes[:3] == ("'\\n'", "' '", "a")
    assert task.classes[-1] == "日"
    assert task.input_shape == (8,)
    prepared = task.prepare(task.split("train").take(slice(None)).inputs)
    assert prepared.dtype == np.float32
    assert (prepared.min(), prepared.max()) == (0, len(ALPHABET) - 1)


def test_lines_are_read_as_they_are_written(tmp_path: Path) -> None:
    task = make_task("text", {**COUNTS, "file": str(write(tmp_path, "ab\r\n" * 250))})
    assert task.preprocessing is not None
    assert task.preprocessing["vocabulary"] == "\n\rab"


def test_the_data_folder_is_searched_for_the_default_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VYNAPSE_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(DataError) as caught:
        make_task("text", COUNTS)
    assert str(caught.value) == (
        f"task 'text' needs tinyshakespeare.txt: put it into {tmp_path}, set VYNAPSE_DATA to the "
        "folder that holds it, or set task.file to a text of your own"
    )
    (tmp_path / "small").mkdir()
    write(tmp_path / "small", some_text(0), "tinyshakespeare.txt")
    small = make_task("text", COUNTS).fingerprint()
    write(tmp_path, some_text(1), "tinyshakespeare.txt")
    assert make_task("text", COUNTS).fingerprint() != small


def test_tiny_shakespeare(real_data: Path) -> None:
    if not (real_data / "small" / "tinyshakespeare.txt").exists():
        pytest.skip("tiny Shakespeare is not there")
    task = make_task("text", {})
    assert (task.input_shape, task.output_size) == ((32,), 65)
    assert (len(task.split("train")), len(task.split("validation"))) == (20_000, 2000)
    assert read_back(task, "train")[0] == "First Citizen:\nBefore we proceed "
    assert len(set(read_back(task, "train"))) > 19_900


TOO_SHORT = (
    "{} windows of {} characters and the next one were wanted for {}, there are {} of the text: "
    "lower task.{} or task.length, or give a longer text"
)
UNKNOWN = (
    "line 302: character 'ü' is nowhere in the first 80 % of the text, which train: replace it in "
    "the file"
)


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        (b"ab" * 40 + b"\xff", {}, "a text in UTF-8 was wanted, byte 80 is none: convert it"),
        (b"", {}, "a text of two or more different characters was wanted"),
        (b"a" * 1000, {}, "a text of two or more different characters was wanted"),
        (b"ab\n" * 300 + "a\nü".encode() * 25, {}, UNKNOWN),
        (
            b"ab" * 50,
            {"train": 73},
            TOO_SHORT.format(73, 8, "train", "72 between 0 % and 80 %", "train"),
        ),
        (
            b"ab" * 50,
            {"train": 72},
            TOO_SHORT.format(12, 8, "validation", "2 between 80 % and 90 %", "validation"),
        ),
        (
            b"ab" * 50,
            {"train": 5, "validation": 2, "length": 10},
            TOO_SHORT.format(2, 10, "validation", "0 between 80 % and 90 %", "validation"),
        ),
    ],
)
def test_a_text_that_will_not_do_is_refused(content, options, sentence, tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        make_task("text", {**COUNTS, **options, "file": str(path)})
    assert str(caught.value) == f"{path}: {sentence}"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.txt: cannot be read: No such file or directory"):
        make_task("text", {"file": str(tmp_path / "absent.txt")})
    with pytest.raises(DataError, match="a folder with .txt files, was wanted, it has none"):
        make_task("text", {"file": str(tmp_path)})


def test_the_file_is_kept_as_an_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vynapse.tasks.text import TextSettings

    monkeypatch.chdir(tmp_path)
    assert TextSettings(file="own.txt").file == str(tmp_path / "own.txt")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert TextSettings(file="~/own.txt").file == str(tmp_path / "own.txt")


@pytest.mark.parametrize("options", [{"length": 0}, {"train": 0}, {"file": ""}, {"fil": "x"}])
def test_wrong_keys_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=rf"^task\.{next(iter(options))}: "):
        make_task("text", options)


def test_a_folder_is_one_text_in_the_order_of_its_names(tmp_path: Path) -> None:
    content = some_text(4)
    folder = tmp_path / "texts"
    (folder / "b").mkdir(parents=True)
    write(folder, content[:300], "a.txt")
    write(folder / "b", content[300:], "c.txt")
    write(folder, "not read", "d.md")
    whole = make_task("text", {**COUNTS, "file": str(write(tmp_path, content))})
    parts = make_task("text", {**COUNTS, "file": str(folder)})
    assert parts.fingerprint() == whole.fingerprint()
    assert [Path(file).name for file in parts.data_files] == ["a.txt", "c.txt"]
    write(folder / "b", content[300:] + "\nü", "c.txt")
    with pytest.raises(DataError, match=r"c.txt: line \d+: character 'ü' is nowhere"):
        make_task("text", {**COUNTS, "file": str(folder)})
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="a text, or a folder with .txt files, was wanted"):
        make_task("text", {**COUNTS, "file": str(tmp_path / "empty")})
