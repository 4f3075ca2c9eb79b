# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Decoded pictures on disk: what is read is what was decoded, whatever happened to the files."""

import logging
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.drawn_pictures import drawn, folder_of
from vynapse.core import Array
from vynapse.data import picture_store
from vynapse.data.loader import LoaderSettings
from vynapse.data.picture_list import Columns, list_pictures
from vynapse.data.picture_store import PictureStore
from vynapse.data.pictures import PictureForm, decode
from vynapse.errors import DataError

FORM = PictureForm(8, 8)
RECORD = 3 * 8 * 8 + 40


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pictures that were decoded, in order."""
    found: list[str] = []

    def counted(content: bytes, form: PictureForm, name: str) -> Array:
        found.append(Path(name).name)
        return decode(content, form, name)

    monkeypatch.setattr(picture_store, "decode", counted)
    return found


def store(root: Path, cache: float | None = 1.0) -> PictureStore:
    files, _ = list_pictures(root, Columns())
    return PictureStore(files, FORM, root, cache, LoaderSettings(threads=0))


def everything(pictures: PictureStore) -> Array:
    return pictures.pixels(np.arange(len(pictures)))


def test_pictures_are_decoded_once(tmp_path: Path, decoded: list[str]) -> None:
    root = folder_of(tmp_path / "data")
    plain = everything(store(root, None))
    decoded.clear()
    first = store(root)
    for _ in range(2):
        assert np.array_equal(everything(first), plain)
    assert len(decoded) == 30
    assert np.array_equal(everything(store(root)), plain)
    assert len(decoded) == 30, "another process finds them"


def test_one_changed_byte_is_named_and_decoded_anew(
    tmp_path: Path, decoded: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    root = folder_of(tmp_path / "data", suffix=".bmp")
    before = everything(store(root))
    changed = root / "green" / "004.bmp"
    about = changed.stat()
    content = bytearray(changed.read_bytes())
    content[-20] ^= 255
    changed.write_bytes(content)
    os.utime(changed, ns=(about.st_atime_ns, about.st_mtime_ns))  # its time does not tell
    decoded.clear()
    after = everything(store(root))
    assert decoded == ["004.bmp"]
    assert np.array_equal(after, everything(store(root, None)))
    assert not np.array_equal(after, before)
    (sentence,) = [record.message for record in caplog.records]
    assert sentence.startswith("green/004.bmp: changed since")


def test_a_file_that_changes_while_it_is_in_use_is_refused(tmp_path: Path) -> None:
    root = folder_of(tmp_path / "data", 2)
    for cache in (None, 1.0):
        pictures = store(root, cache)
        everything(pictures)
        drawn("red", 99 if cache else 98).save(root / "red" / "001.png")
        with pytest.raises(DataError, match=r"red/001.png: the file was changed while"):
            everything(pictures)


@pytest.mark.parametrize("what", ["pixels", "index", "shorter", "no index", "no pixels", "names"])
def test_a_damaged_cache_is_rebuilt_with_one_sentence(
    what: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, decoded: list[str]
) -> None:
    root = folder_of(tmp_path / "data")
    wanted = everything(store(root))
    folder = store(root).folder()
    name = "index" if "index" in what else "names" if what == "names" else "pixels"
    content = bytearray((folder / name).read_bytes())
    if what.startswith("no "):
        content = bytearray()
    elif what == "shorter":
        del content[-100:]
    else:
        content[5] ^= 255
    (folder / name).write_bytes(content)
    decoded.clear()
    assert np.array_equal(everything(store(root)), wanted)
    told = [record.message for record in caplog.records]
    # an entry that is absent or of another picture is as if it had never been there
    assert len(told) == (1 if name == "pixels" else 0)
    assert all("is damaged" in sentence for sentence in told)
    assert len(decoded) == {"no index": 30, "no pixels": 30, "names": 0}.get(what, 1)
    decoded.clear()
    assert np.array_equal(everything(store(root)), wanted)
    assert decoded == []


@pytest.mark.parametrize("slots", [1, 7, 29])
def test_the_limit_is_kept(
    slots: int, tmp_path: Path, decoded: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    root = folder_of(tmp_path / "data")
    wanted = everything(store(root))
    limit = (slots * RECORD + 5) / 1e9
    for _ in range(2):
        decoded.clear()
        pictures = store(root, limit)
        assert np.array_equal(everything(pictures), wanted)
        files = (pictures.folder() / name for name in ("index", "pixels"))
        assert sum(file.stat().st_size for file in files) <= slots * RECORD
    assert len(decoded) == 30 - slots
    assert f"{30 - slots} of 30 pictures do not fit" in caplog.text


def test_pictures_that_have_gone_make_room(tmp_path: Path, decoded: list[str]) -> None:
    root = folder_of(tmp_path / "data")
    everything(store(root))
    for number in range(5):
        (root / "red" / f"{number:03d}.png").unlink()
        drawn("blue", 500 + number).save(root / "blue" / f"new{number}.png")
    decoded.clear()
    pictures = store(root)
    assert np.array_equal(everything(pictures), everything(store(root, None)))
    assert len([name for name in decoded if name.startswith("new")]) == 10, "once each way"
    assert (pictures.folder() / "index").stat().st_size == 30 * 40


def test_another_form_has_a_cache_of_its_own(tmp_path: Path) -> None:
    root = folder_of(tmp_path / "data", 2)
    files, _ = list_pictures(root, Columns())
    for form in (FORM, PictureForm(8, 8, fit="stretch"), PictureForm(8, 8, "grey")):
        found = everything(PictureStore(files, form, root, 1.0))
        assert np.array_equal(found, everything(PictureStore(files, form, root)))


def test_equal_pictures_share_their_pixels(tmp_path: Path, decoded: list[str]) -> None:
    root = folder_of(tmp_path / "data", 2)
    Image.open(root / "red" / "000.png").save(root / "red" / "copy.png")
    (root / "red" / "twin.png").write_bytes((root / "red" / "copy.png").read_bytes())
    found = everything(store(root))
    assert np.array_equal(found[-2], found[-1])
    decoded.clear()
    everything(store(root))
    assert decoded == []


def test_threads_that_share_a_cache_read_the_same(tmp_path: Path) -> None:
    root = folder_of(tmp_path / "data")
    wanted = everything(store(root, None))
    pictures = store(root)
    order = np.random.default_rng(0).permutation(np.repeat(np.arange(30), 4))
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda number: pictures.pixels(np.array([number]))[0], order.tolist())
        for number, pixels in zip(order, found, strict=True):
            assert np.array_equal(pixels, wanted[number])


def test_a_cache_that_cannot_be_written_costs_time_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = folder_of(tmp_path / "data", 2)
    (tmp_path / "cache").write_text("no folder")
    found = everything(store(root))
    assert np.array_equal(found, everything(store(root, None)))
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "cannot be used" in record.message


@pytest.mark.parametrize("after", [1, 11, 25])
def test_killed_while_it_fills(after: int, tmp_path: Path, decoded: list[str]) -> None:
    root = folder_of(tmp_path / "data")
    wanted = everything(store(root, None))
    index = store(root).folder() / "index"
    child = os.fork()
    if child == 0:
        try:
            pictures = store(root)
            for number in range(30):
                pictures.pixels(np.array([number]))
                time.sleep(0.005)
            time.sleep(60)
        finally:
            os._exit(1)
    until = time.monotonic() + 20
    while not index.exists() or index.stat().st_size < 40 * after:
        assert time.monotonic() < until
        time.sleep(0.0005)
    os.kill(child, signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    decoded.clear()
    assert np.array_equal(everything(store(root)), wanted)
    assert len(decoded) <= 30 - after, "what was there before the kill was kept"
    decoded.clear()
    assert np.array_equal(everything(store(root)), wanted)
    assert decoded == []
