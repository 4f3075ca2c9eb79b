# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""An id leads to a run below the folder or nowhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.errors import RunDirectoryError
from vynapse.pages.live.places import Places


def test_runs_of_comparisons_are_found_and_hidden_folders_are_not(root: Path) -> None:
    shutil.copytree(root / "first", root / "compared" / "arm" / "s1")
    shutil.copytree(root / "first", root / ".7-1.staging")
    (root / "empty").mkdir()
    assert list(Places(root).runs()) == ["compared/arm/s1", "first"]


def test_what_lies_in_a_run_is_no_run(root: Path) -> None:
    shutil.copytree(root / "first", root / "first" / "inner")
    assert list(Places(root).runs()) == ["first"]


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../first", "first/..", "/first", "first/", "first/../first", "//", "a\0"],
)
def test_other_ids_lead_nowhere(root: Path, name: str) -> None:
    assert Places(root).path(name) is None


@given(name=st.text(max_size=20))
def test_no_id_leads_out(finished: Path, name: str) -> None:
    path = Places(finished.parent).path(name)
    assert path is None or path == (finished.parent / name).resolve()


def test_links_are_not_followed(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    shutil.copytree(root / "first", outside)
    (root / "linked").symlink_to(outside)
    (root / "around").symlink_to(root)
    places = Places(root)
    assert list(places.runs()) == ["first"]
    assert places.path("linked") is None


@pytest.mark.parametrize("name", ["metrics.csv", "events.jsonl", "summary.json", "lock"])
def test_a_run_whose_files_are_links_or_pipes_is_refused(root: Path, name: str) -> None:
    file = root / "first" / name
    file.unlink()
    file.symlink_to("/etc/hostname")
    assert Places(root).path("first") is None
    file.unlink()
    os.mkfifo(file)
    assert Places(root).path("first") is None


def test_a_folder_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="is not a folder of runs"):
        Places(tmp_path / "absent")


def test_a_linked_folder_may_be_served(root: Path, tmp_path: Path) -> None:
    (tmp_path / "other").symlink_to(root)
    assert list(Places(tmp_path / "other").runs()) == ["first"]
