# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Means over seeds with their bands, and pictures that stand within a page."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.experiment.bands import band_of, bands_picture
from vynapse.experiment.drawn import _number, _power, picture, svg_of, with_unique_ids
from vynapse.statistics import mean_of
from vynapse.telemetry.reading import read_metrics

Values = st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=6)


@given(Values)
def test_the_band_at_the_end_is_the_interval_of_the_last_values(values: list[float]) -> None:
    lines = [([1.0, 2.0 + place], [5.0, value]) for place, value in enumerate(values)]
    band = band_of(lines, of_logarithms=False)
    mean = mean_of(values)
    assert mean is not None
    assert mean.half_width is not None
    assert math.isclose(band.middle[-1], mean.value)
    assert math.isclose(band.high[-1] - band.middle[-1], mean.half_width, abs_tol=1e-9)
    decades = band_of(lines, of_logarithms=True)
    assert math.isclose(decades.middle[-1], math.exp(np.log(values).mean()))
    assert (decades.low > 0).all()


def test_runs_hold_their_last_value_and_begin_together() -> None:
    band = band_of([([1, 10], [4, 2]), ([2, 100], [8, 6])], of_logarithms=False)
    assert band.x[0] == 2
    assert band.x[-1] == pytest.approx(100)
    assert band.middle[0] == 6
    assert band.middle[np.searchsorted(band.x, 11)] == 5
    assert band.middle[-1] == 4
    alone = band_of([([3], [1])], of_logarithms=False)
    assert alone.low.tolist() == alone.high.tolist() == alone.middle.tolist()


def test_pictures_have_no_style_sheet_no_date_and_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    runs = []
    for seed in range(2):
        run = tmp_path / f"$x$ {seed}"
        run.mkdir()
        text = "stage,step,loss,flops,seconds\n0,1,1.0,10,0\n0,2,,20,0\n0,3,0.5,30,0\n"
        (run / "metrics.csv").write_text(text)
        runs.append(run)
    drawn = [
        bands_picture({"$a$<b>": runs}, gained=False, title="t", purpose="x") for _ in range(2)
    ]
    assert drawn[0] == drawn[1]
    assert drawn[0] is not None
    assert drawn[0].startswith("<svg")
    assert "<style" not in drawn[0]
    assert "metadata" not in drawn[0]
    assert "currentColor" in drawn[0]
    assert "$a$&lt;b&gt; (2 seeds)" in drawn[0]
    assert bands_picture({"none": [tmp_path]}, gained=False, purpose="x") is None


def test_ids_and_what_refers_to_them_are_renamed_together() -> None:
    pytest.importorskip("matplotlib")
    with picture("x") as figure:
        figure.add_subplot().plot([1, 2], [1, 2], marker="o")
        svg = with_unique_ids(svg_of(figure), "p1-")
    ids = {part.split('"')[0] for part in svg.split(' id="')[1:]}
    assert ids
    assert all(name.startswith("p1-") for name in ids)
    used = {part.split(")")[0] for part in svg.split("url(#")[1:]}
    used |= {part.split('"')[0] for part in svg.split('href="#')[1:]}
    assert used
    assert used <= ids


def test_numbers_of_axes() -> None:
    assert [_power(value) for value in (1e-5, 0.01, 1000, 1e7)] == ["10⁻⁵", "0.01", "1,000", "10⁷"]
    assert [_number(value) for value in (0, 0.25, 20000, 2e6)] == ["0", "0.25", "20,000", "2×10⁶"]


def test_rows_for_a_picture_have_losses_and_the_end(tmp_path: Path) -> None:
    file = tmp_path / "metrics.csv"
    lines = ["stage,step,loss,seconds"]
    lines += [f"0,{step},{1 / step if step % 10 == 0 else ''},0" for step in range(1, 5006)]
    file.write_text("\n".join(lines) + "\n")
    rows = read_metrics(file, 50)
    assert 50 <= len(rows) <= 54
    assert [row["step"] for row in rows[-2:]] == ["5000", "5005"]
    assert all("loss" in row for row in rows[:-1])
    assert read_metrics(file, 10_000) == read_metrics(file)
