# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The winner on the examples of its validation split: confusion, residuals, the worst ones."""

from __future__ import annotations

import io

import numpy as np

from vynapse.errors import ConfigError, DataError, MissingExtra, RunDirectoryError
from vynapse.experiment.drawn import COLOURS, picture, plain_numbers, svg_of
from vynapse.experiment.judged import Judged, Wrong, judge
from vynapse.pages.report.blocks import Block, Grid, Picture, Section, Tile, Tiles, Words
from vynapse.pages.report.looking import Seen

_MOST_CLASSES = 20
"""Classes of which a whole matrix is shown."""
_CONFUSED = 20


def examples(seen: Seen) -> Section:
    """Nothing for a run without a network, or a task without examples."""
    title = "The validation split, example by example"
    if seen.loaded is None or seen.task is None or "examples" not in seen.task.offers:
        return Section(title, [])
    try:
        judged = judge(seen.loaded)
    except (ConfigError, DataError, MissingExtra, RunDirectoryError) as error:
        return Section(title, [Words(f"The examples cannot be looked at: {error}")])
    blocks = _classes(judged) if judged.classes else _regression(judged)
    return Section(title, [*blocks, *_worst(judged)])


def _classes(judged: Judged) -> list[Block]:
    confusion, classes = judged.confusion, judged.classes
    if confusion is None or classes is None or judged.wrong is None:
        return []
    where = f"{judged.count:,} examples ({judged.split})"
    right = judged.count - judged.wrong
    lead = Words(f"Of {where} {right:,} are classified correctly and {judged.wrong:,} are not.")
    if len(classes) <= _MOST_CLASSES:
        return [lead, confusion_grid(judged)]
    pairs = [
        (int(confusion[truth, said]), classes[truth], classes[said])
        for truth, said in np.argwhere(confusion > 0)
        if truth != said
    ]
    pairs.sort(key=lambda pair: -pair[0])
    rows = [[truth, said, f"{count:,}"] for count, truth, said in pairs[:_CONFUSED]]
    note = f"The pairs of classes that are confused most; there are {len(classes):,} classes."
    return [lead, Grid(["true class", "predicted", "examples"], rows, note)] if rows else [lead]


def confusion_grid(judged: Judged) -> Grid:
    """The whole matrix; a cell is as dark as the share of its true class."""
    classes, confusion = judged.classes or (), judged.confusion
    if confusion is None:
        return Grid([], [])
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    rows = [
        [name, *(f"{count:,}" if count else "·" for count in own)]
        for name, own in zip(classes, confusion.tolist(), strict=True)
    ]
    note = "Rows: the true class. Columns: what the network says. Dark: a large share of the row."
    return Grid(["true \\ predicted", *classes], rows, note, shares.tolist())


def _regression(judged: Judged) -> list[Block]:
    if judged.values is None:
        right = judged.count - (judged.wrong or 0)
        where = f"{judged.count:,} examples ({judged.split})"
        return [Words(f"Of {where} {right:,} have all labels right.")]
    wanted, said = judged.values.T
    error = said - wanted
    with picture("report", height=3.1) as figure:
        left, right = figure.subplots(1, 2)
        ends = [min(wanted.min(), said.min()), max(wanted.max(), said.max())]
        left.plot(ends, ends, color=COLOURS[1], linestyle=(0, (5, 2)), linewidth=1)
        left.scatter(wanted, said, s=12, color=COLOURS[0], alpha=0.6, linewidths=0)
        left.set(xlabel=f"true {judged.target}", ylabel=f"predicted {judged.target}")
        right.hist(error, bins=min(30, max(5, len(error) // 5)), color=COLOURS[0])
        right.axvline(0, color=COLOURS[1], linestyle=(0, (5, 2)), linewidth=1)
        right.set(xlabel="residual (predicted − true)", ylabel="examples")
        for axes in (left, right):
            plain_numbers(axes.xaxis)
            plain_numbers(axes.yaxis)
            axes.xaxis.set_major_locator(_few())
            axes.grid()
        svg = svg_of(figure)
    note = (
        f"{judged.count:,} examples ({judged.split}), in the units of the data. Residuals: mean "
        f"{error.mean():.4g}, standard deviation {error.std():.4g}, largest "
        f"{np.abs(error).max():.4g}."
    )
    return [Picture(svg, "predicted over true values, and the residuals", note)]


def _few() -> object:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(5)


def _worst(judged: Judged) -> list[Block]:
    if not judged.worst:
        return []
    count, sure = len(judged.worst), judged.worst[0].probability is not None
    if judged.classes is None and judged.wrong is not None:
        words = f"The {count} examples with the most wrong labels:"
    elif judged.classes is None:
        words = f"The {count} examples with the largest residuals:"
    elif count == judged.wrong:
        words = f"All {count} examples that are classified wrongly"
        words += ", those first about which the network is surest:" if sure else ":"
    else:
        words = (
            f"The {count} wrong examples about which the network is surest:"
            if sure
            else (f"{count} of the examples that are classified wrongly:")
        )
    lead = Words(words)
    if judged.worst[0].picture is not None and (tiles := _tiles(judged.worst)) is not None:
        note = "In brackets: the probability that the network gives to the true class."
        return [lead, tiles, *([Words(note)] if sure else [])]
    names = list(dict.fromkeys(name for one in judged.worst for name in one.inputs))
    header = ["row of the split", "true", "predicted", *(["P(true)"] if sure else []), *names]
    rows = [
        [
            str(one.place),
            one.truth,
            one.said,
            *([f"{one.probability:.3f}"] if sure and one.probability is not None else []),
            *(one.inputs.get(name, "") for name in names),
        ]
        for one in judged.worst
    ]
    return [lead, Grid(header, rows)]


def _tiles(worst: list[Wrong]) -> Tiles | None:
    """Pictures with what they are and what was said; None where nothing writes them."""
    try:
        from PIL import Image
    except ImportError:
        return None
    tiles = []
    for one in worst:
        if one.picture is None:
            return None
        content = io.BytesIO()
        Image.fromarray(one.picture).save(content, "PNG", optimize=True)
        sure = "" if one.probability is None else f" ({100 * one.probability:.2g} %)"
        lines = [f"true: {one.truth}{sure}", f"predicted: {one.said}", f"row {one.place}"]
        tiles.append(Tile(content.getvalue(), lines))
    return Tiles(tiles, "the worst examples")
