# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every form of export keeps its promises, and broken ones are caught."""

from __future__ import annotations

import pytest
import torch

from vynapse.deploy.target import TARGETS, Files, Subject
from vynapse.testing import check_export


@pytest.mark.parametrize("name", TARGETS.names())
def test_a_form_of_export_keeps_its_promises(name: str) -> None:
    check_export(TARGETS.choose(name).build())


def draws(subject: Subject) -> Files:
    torch.rand(())
    return Files(b"1")


def changes(subject: Subject) -> Files:
    object.__setattr__(subject.graph, "digest", "another")
    return Files(b"1")


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (lambda subject: b"bytes", "Files were wanted, got bytes"),
        (lambda subject: Files(b""), "the file is empty"),
        (lambda subject: Files(b"1", {"bin": b"2"}), "named by its ending"),
        (lambda subject: Files(b"1", {".bin": b""}), "'.bin' is empty"),
        (changes, "the graph was changed"),
        (draws, "a global random generator was changed"),
    ],
)
def test_a_broken_one_is_caught(broken, sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_export(broken)
