# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The task images: classes, splits, what is refused, and the same bytes however it is read."""

import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.data.drawn_pictures import COLORS, drawn, folder_of
from vynapse.core import Split
from vynapse.errors import ConfigError, DataError, VynapseError
from vynapse.seeding import Streams
from vynapse.tasks.images import ImagesReader
from vynapse.tasks.registry import make_task
from vynapse.testing import check_task
from vynapse.trainers import feed as feed_module
from vynapse.trainers.feed import Feed


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return folder_of(tmp_path / "data")


def whole(task: Any) -> Split:
    parts = [task.split(name).take(slice(None)) for name in ("train", "validation")]
    return Split(*(np.concatenate([getattr(p, key) for p in parts]) for key in Split.__slots__))


def test_classes_are_the_folders_and_splits_are_stratified(root: Path) -> None:
    task = make_task("images", {"path": str(root)})
    assert task.classes == ("blue", "green", "red")
    assert task.input_shape == (3, 12, 10)
    train, validation = (task.split(name).take(slice(None)) for name in ("train", "validation"))
    assert np.bincount(train.targets).tolist() == [6, 6, 6]
    assert np.bincount(validation.targets).tolist() == [2, 2, 2]
    names = np.array(task.classes)[train.targets]
    strongest = np.array(COLORS)[train.inputs.mean(axis=(2, 3)).argmax(axis=1)]
    assert (names == strongest).all()
    assert "18 train, 6 validation, 6 test" in task.description


def test_it_keeps_the_promises_of_a_task(root: Path) -> None:
    check_task(lambda: make_task("images", {"path": str(root), "cache": 0.1}))


def test_a_table_means_the_same_as_folders(root: Path, tmp_path: Path) -> None:
    folders = make_task("images", {"path": str(root)})
    lines = [f"data/{p.parent.name}/{p.name},{p.parent.name}" for p in sorted(root.rglob("*.png"))]
    table = tmp_path / "table.csv"
    table.write_text("\ufeffpath,label\n" + "\n".join(lines) + "\n", "utf-8")
    other = make_task("images", {"path": str(table)})
    assert other.fingerprint() == folders.fingerprint()
    absolute = [f"{tmp_path}/{line}" for line in lines]
    table.write_text("where,kind,note\n" + "\n".join(f"{line},x" for line in absolute))
    named = {"path": str(table), "path_column": "where", "label_column": "kind"}
    assert make_task("images", named).fingerprint() == folders.fingerprint()


@pytest.mark.parametrize("validation", ["validation", "val"])
def test_given_splits_are_kept(validation: str, tmp_path: Path) -> None:
    folder_of(tmp_path / "set" / "train", 4)
    folder_of(tmp_path / "set" / validation, 3)
    task = make_task("images", {"path": str(tmp_path / "set"), "test": 0.0})
    assert (len(task.split("train")), len(task.split("validation"))) == (12, 9)
    lines = [
        f"set/train/{color}/00{n}.png,{color},{split}"
        for color in COLORS
        for n, split in enumerate(["train", "train", "val", "test"])
    ]
    (tmp_path / "t.csv").write_text("path,label,part\n" + "\n".join(lines))
    task = make_task("images", {"path": str(tmp_path / "t.csv"), "split_column": "part"})
    assert (len(task.split("train")), len(task.split("validation"))) == (6, 3)


def test_the_fingerprint_is_that_of_the_content(root: Path, tmp_path: Path) -> None:
    first = make_task("images", {"path": str(root)}).fingerprint()
    moved = shutil.copytree(root, tmp_path / "elsewhere")
    assert make_task("images", {"path": str(moved)}).fingerprint() == first
    assert make_task("images", {"path": str(root), "size": [6, 5]}).fingerprint() != first
    drawn("red", 77).save(moved / "red" / "004.png")
    assert make_task("images", {"path": str(moved)}).fingerprint() != first


LOADERS = [{"threads": threads, "ahead": ahead} for threads in (0, 1, 2, 4) for ahead in (1, 5)]


@pytest.mark.parametrize("cache", [None, 0.1])
@pytest.mark.parametrize("augment", [[], ["flip", {"crop": 2}, {"noise": 0.1}]])
def test_batches_are_the_same_at_any_number_of_threads(
    cache: float | None, augment: list[Any], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "_KEEP_BYTES", 0)
    steps = [0, 1, 2, 3, 4, 5, 5, 6, 2, 3, 9]
    found = []
    for loader in LOADERS:
        options = {"path": str(root), "augment": augment, "cache": cache, "loader": loader}
        feed = Feed(make_task("images", options), 5, Streams(3), torch.device("cpu"))
        batches = [tuple(t.clone() for t in feed.batch(step)) for step in steps]
        assert feed.waited > 0
        feed.close()
        found.append(batches)
    for other in found[1:]:
        for batch, twin in zip(found[0], other, strict=True):
            assert all(map(torch.equal, batch, twin))
    assert all(map(torch.equal, found[0][2], found[0][8])), "a batch that is kept never changes"


def test_small_sets_are_decoded_once_and_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = make_task("images", {"path": str(root)})
    feed = Feed(task, 5, Streams(0), torch.device("cpu"))
    shutil.rmtree(root)
    feed.batch(7)
    assert feed.waited == 0


def test_pixels_are_scaled_by_mean_and_deviation(root: Path) -> None:
    options = {"path": str(root), "color": "grey", "mean": [0.25], "deviation": [0.5]}
    task = make_task("images", options)
    raw = task.split("train").take(slice(0, 3)).inputs
    assert raw.shape == (3, 1, 12, 10)
    assert np.allclose(task.prepare(raw), (raw / 255 - 0.25) / 0.5, atol=1e-6)


def test_what_a_run_keeps_reads_files_as_the_task_does(root: Path) -> None:
    task = make_task("images", {"path": str(root), "size": [7, 9], "fit": "pad"})
    assert task.preprocessing is not None
    reader = ImagesReader(task.preprocessing)
    paths = sorted((root / "blue").iterdir())
    assert np.array_equal(reader.inputs(paths), task.prepare(task.raw([str(p) for p in paths])))
    prepared = task.prepare(whole(task).inputs)
    assert any(np.array_equal(reader.inputs([paths[0]])[0], own) for own in prepared)
    assert reader.scoring.classes == ("blue", "green", "red")


def break_some(root: Path) -> None:
    (root / "red" / "003.png").write_bytes(b"")
    jpeg = io.BytesIO()
    drawn("blue", 1).save(jpeg, "JPEG")
    (root / "blue" / "002.png").write_bytes(jpeg.getvalue()[:-20])  # its head is in order


def test_damaged_pictures_are_refused_by_name(root: Path) -> None:
    break_some(root)
    with pytest.raises(DataError, match=r"red/003.png: a picture was wanted"):
        make_task("images", {"path": str(root)})
    (root / "red" / "003.png").unlink()
    task = make_task("images", {"path": str(root)})
    with pytest.raises(DataError, match=r"blue/002.png: the picture is damaged"):
        whole(task)


@pytest.mark.parametrize("cache", [None, 0.1])
@pytest.mark.parametrize("threads", [0, 2])
def test_damaged_pictures_are_left_out_by_choice(
    root: Path, tmp_path: Path, cache: float | None, threads: int
) -> None:
    sound = shutil.copytree(root, tmp_path / "sound")
    break_some(root)
    for name in ("red/003.png", "blue/002.png"):
        (sound / name).unlink()
    options = {"corrupt": "skip", "cache": cache, "loader": {"threads": threads}}
    for _ in range(2):  # the second time it is known
        task = make_task("images", {"path": str(root), **options})
        (warning,) = task.warnings
        assert warning.startswith("2 damaged pictures are left out: ")
        assert "red/003.png" in warning
        assert "blue/002.png" in warning
        assert task.fingerprint() == make_task("images", {"path": str(sound)}).fingerprint()
        assert len(whole(task)) == 22, "28 pictures, less those that test"


def test_files_that_are_no_pictures_by_name_are_passed_over_aloud(root: Path) -> None:
    before = make_task("images", {"path": str(root)})
    (root / "README.txt").write_text("red, green, blue")
    (root / "red" / "notes.md").write_text("of 2026")
    (root / ".hidden").mkdir()
    (root / "red" / ".DS_Store").write_text("x")
    task = make_task("images", {"path": str(root)})
    assert before.warnings == ()
    assert "2 files have no name of a picture" in task.warnings[0]
    assert task.fingerprint() == before.fingerprint()


def _zero(root: Path) -> None:
    (root / "red" / "000.png").write_bytes(b"")


def _text(root: Path) -> None:
    (root / "red" / "a.jpg").write_text("roses are red")


def _truncated(root: Path) -> None:
    drawn("red", 1, 99, 99).save(root / "red" / "a.jpg")
    (root / "red" / "a.jpg").write_bytes((root / "red" / "a.jpg").read_bytes()[:700])


def _loop(root: Path) -> None:
    (root / "red" / "again").symlink_to(root, target_is_directory=True)


def _itself(root: Path) -> None:
    (root / "red" / "a.png").symlink_to("a.png")


def _nowhere(root: Path) -> None:
    (root / "red" / "a.png").symlink_to("not-there.png")


def _one_class(root: Path) -> None:
    shutil.rmtree(root / "red")
    shutil.rmtree(root / "green")


def _empty_class(root: Path) -> None:
    (root / "violet").mkdir()


def _no_classes(root: Path) -> None:
    for color in COLORS:
        shutil.rmtree(root / color)


def _beside(root: Path) -> None:
    drawn("red", 1).save(root / "a.png")


def _other_size(root: Path) -> None:
    drawn("red", 1, 5, 5).save(root / "red" / "a.png")


def _animated(root: Path) -> None:
    drawn("red", 1).save(root / "red" / "a.gif", save_all=True, append_images=[drawn("red", 2)])


def _bomb(root: Path) -> None:
    Image.new("1", (9_000, 8_000)).save(root / "red" / "a.png")


def _floats(root: Path) -> None:
    Image.new("F", (10, 12), 0.5).save(root / "red" / "a.tif")


def _folder_as_picture(root: Path) -> None:
    (root / "red" / "a.png").mkdir()
    (root / "red" / "a.png" / "b.png").mkdir()
    (root / "red" / "a.png" / "b.png" / "c.png").write_bytes(b"\x89PNG")


def _pipe(root: Path) -> None:
    os.mkfifo(root / "red" / "a.png")


def _twice_named_split(root: Path) -> None:
    for name in ("train", "val", "valid"):
        (root / name).mkdir()
    for color in COLORS:
        (root / color).rename(root / "train" / color)


def _absent(root: Path) -> None:
    shutil.rmtree(root)


FOLDERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "zero bytes": (_zero, "red/000.png: a picture was wanted"),
    "a text named .jpg": (_text, "red/a.jpg: a picture was wanted"),
    "a truncated JPEG": (_truncated, "red/a.jpg: the picture is damaged"),
    "a loop of links": (_loop, "red/again/red: the link leads back"),
    "a link to itself": (_itself, "red/a.png:"),
    "a link to nowhere": (_nowhere, "red/a.png: a link, cannot be read: No such file"),
    "one class": (_one_class, "data: two or more classes were wanted, got blue alone"),
    "an empty class": (_empty_class, "data/violet: a picture or more were wanted"),
    "no classes": (_no_classes, "data: a folder for each class was wanted"),
    "a picture beside the classes": (_beside, "data/a.png: a picture lies beside"),
    "another size": (_other_size, "red/a.png: 5x5 pixels"),
    "an animated GIF": (_animated, "red/a.gif: a still picture was wanted, it holds 2"),
    "a decompression bomb": (_bomb, "red/a.png: a picture of at most 67,108,864 pixels"),
    "floating point": (_floats, "red/a.tif: grey, RGB, CMYK, a palette or 16-bit grey"),
    "a folder like a picture": (_folder_as_picture, "c.png: a picture was wanted"),
    "a pipe": (_pipe, "red/a.png: the file of a picture was wanted, it is none"),
    "two folders of one split": (_twice_named_split, "one folder for each split was wanted"),
    "nothing there": (_absent, "data: cannot be read: No such file"),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_ill_formed_folders_are_one_sentence_with_the_file(name: str, root: Path) -> None:
    spoil, sentence = FOLDERS[name]
    spoil(root)
    size = {} if name in ("another size",) else {"size": [12, 10]}
    with pytest.raises(DataError) as caught:
        whole(make_task("images", {"path": str(root), **size}))
    assert sentence in str(caught.value)
    assert str(root) in str(caught.value)
    assert "\n" not in str(caught.value)


ROWS = "".join(f"data/{c}/00{n}.png,{c},train\n" for c in COLORS for n in range(8))
TABLES: dict[str, tuple[str | bytes, str]] = {
    "a missing file": (f"path,label\n{ROWS.replace(',train', '')}no.png,red\n", "line 26: no.png:"),
    "a path twice": (
        "path,label\ndata/red/000.png,red\ndata/../data/red/000.png,red\n",
        "line 3: data/../data/red/000.png stands in line 2 already",
    ),
    "no such column": ("path,kind\na.png,red\n", "line 1: no column 'label'"),
    "a column twice": ("path,label,label\na.png,red,red\n", "line 1: the column 'label'"),
    "too many cells": ("path,label\ndata/red/000.png,red,9\n", "line 2: 2 cells were wanted"),
    "an empty label": ("path,label\ndata/red/000.png,\n", "line 2: column 'label': a value"),
    "an empty path": ("path,label\n,red\n", "line 2: column 'path': a value"),
    "only a header": ("path,label\n", "a line for each picture was wanted"),
    "nothing": ("", "line 1: no column 'path'"),
    "one class": ("path,label\ndata/red/000.png,red\n", "two or more classes were wanted"),
    "Latin-1": ("path,label\ndata/red/000.png,vert\ndata/red/001.png,bl\xe9\n".encode("latin-1"),
                "line 3: UTF-8 was wanted"),
    "a quote that is left open": ('path,label\n"data/red/000.png,red\n', "line 2: "),
    "a folder as a picture": ("path,label\ndata/red,red\n", "line 2: data/red: the file of a"),
    "a NUL character": ("path,label\na\0b.png,red\n", "line 2: "),
    "outside, no picture": ("path,label\n/etc/passwd,red\n", "line 2: /etc/passwd: a picture was"),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_ill_formed_tables_are_one_sentence_with_file_and_line(
    name: str, root: Path, tmp_path: Path
) -> None:
    content, sentence = TABLES[name]
    table = tmp_path / "table.csv"
    table.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        make_task("images", {"path": str(table), "size": [12, 10]})
    assert sentence in str(caught.value)
    assert str(caught.value).startswith(f"{table}: ")
    assert "\n" not in str(caught.value)


def test_an_unknown_split_is_one_sentence(root: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"path,label,part\n{ROWS}data/red/009.png,red,dev\n")
    options = {"path": str(tmp_path / "t.csv"), "split_column": "part"}
    with pytest.raises(DataError, match=r"t.csv: line 26: column 'part': train, validation"):
        make_task("images", options)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"validation": 0.5, "test": 0.5}, "validation + test below 1"),
        ({"color": "grey", "mean": [0.1, 0.2, 0.3]}, "one number was wanted"),
        ({"size": [0, 4]}, "task.size.0"),
        ({"size": [4]}, "task.size"),
        ({"deviation": [1, 0, 1]}, "task.deviation.1"),
        ({"corrupt": "ignore"}, "task.corrupt"),
        ({"loader": {"threads": -1}}, "task.loader.threads"),
        ({"loader": {"thread": 1}}, "did you mean 'threads'"),
        ({"cache": 0}, "task.cache"),
        ({"augment": ["spin"]}, "task.augment"),
    ],
)
def test_wrong_keys_are_refused(options: dict[str, Any], sentence: str, root: Path) -> None:
    with pytest.raises(VynapseError) as caught:
        make_task("images", {"path": str(root), **options})
    assert isinstance(caught.value, ConfigError)
    assert sentence in str(caught.value)
