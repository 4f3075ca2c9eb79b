# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tables of the documentation that repeat what the code knows are written from it."""

import subprocess
import sys
from pathlib import Path

import pytest

from vynapse.catalogue import CATALOGUE

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import reference_tables  # noqa: E402


def test_the_pages_are_up_to_date() -> None:
    script = ROOT / "scripts" / "reference_tables.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_table_that_lags_behind_is_written_anew() -> None:
    page = "before\n<!-- table: keys tasks parity -->\nold\n<!-- end of table -->\nafter\n"
    text = reference_tables.filled(page)
    assert text.startswith("before\n<!-- table: keys tasks parity -->\n| key | default |")
    assert "| `bits` | `3` | number of input bits; there are 2^bits patterns (≥ 2; ≤ 16) |" in text
    assert "old" not in text
    assert text.endswith("<!-- end of table -->\nafter\n")
    assert reference_tables.filled(text) == text


def test_what_has_no_default_is_required() -> None:
    assert "| `target` | required |" in reference_tables.table("keys tasks csv")


def test_the_keys_of_all_kinds_of_a_group_say_whose_they_are() -> None:
    rows = [row.split(" | ") for row in reference_tables.table("keys strategies").splitlines()[2:]]
    holders = {(key.strip("| "), of) for key, of, *_ in rows}
    assert ("`restart_patience`", "all") in holders
    assert ("`crossover`", "all but `openai-es`, `snes`, `cma-es`") in holders
    assert ("`learning_rate`", "`openai-es`") in holders
    assert {("`mu`", "`mu+lambda`"), ("`mu`", "`steady-state`")} <= holders


def test_every_group_of_entry_points_has_a_row() -> None:
    rows = reference_tables.table("extensions").splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [f"vynapse.{group}" for group in CATALOGUE]


@pytest.mark.parametrize("wanted", ["keys tasks xro", "kinds lamps", "keys nothing", "everything"])
def test_a_table_that_nobody_can_write_is_an_error(wanted) -> None:
    with pytest.raises(ValueError, match="there is no table"):
        reference_tables.table(wanted)
