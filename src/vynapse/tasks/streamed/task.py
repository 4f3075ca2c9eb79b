# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The task csv over a cached table. What was fitted stays beside the cache, for the next start."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, final

import numpy as np

from vynapse.core import Array, Source
from vynapse.data.cells import Bools
from vynapse.data.csv_cache import Wanted, cached_table
from vynapse.data.csv_format import CsvFormat
from vynapse.data.csv_table import CachedTable
from vynapse.data.encoded import ClassTarget, Missing, NumberTarget, NumericColumn
from vynapse.data.notations import advice, notation, shown
from vynapse.data.preprocessing import Column, Preprocessing
from vynapse.errors import ConfigError, DataError, suggestion
from vynapse.seeding import I64
from vynapse.tasks.columns import MOST_CLASSES, TargetKind
from vynapse.tasks.csv_reader import CsvReader
from vynapse.tasks.examples import ExampleTask
from vynapse.tasks.streamed import fit
from vynapse.tasks.streamed.columns import (
    classes_in_order,
    holds_categories,
    kind_of_target,
    labels_of,
    refuse_missing,
)
from vynapse.tasks.streamed.source import Encoder, StreamedSplit
from vynapse.tasks.streamed.splits import NAMES, Splitter, rows_in, write_splits
from vynapse.tasks.streamed.warnings import sentences


@dataclass(frozen=True, slots=True)
class Plan:
    """The keys of the task csv that say what is made of a table."""

    path: Path
    form: CsvFormat
    target: str
    columns: tuple[str, ...] | None
    categorical: tuple[str, ...]
    missing: Missing
    kind: TargetKind | None
    validation: float
    test: float
    data_seed: int

    def wanted(self) -> Wanted:
        """What of the file is kept."""
        texts: dict[str, float] = dict.fromkeys(self.categorical, math.inf)
        if self.kind != "regression":
            texts[self.target] = MOST_CLASSES if self.kind is None else math.inf
        columns = None if self.columns is None else (*self.columns, self.target)
        return Wanted(self.form, columns, tuple(sorted(texts.items())))

    def identity(self) -> str:
        """All but where the file lies."""
        keys = [self.target, self.columns, self.categorical, self.missing, self.kind]
        return json.dumps([*keys, self.validation, self.test, self.data_seed, 1])


@final
class StreamedTask(ExampleTask):
    """A CSV file of any size; examples are made of its rows when they are asked for.

    Args:
        plan: what is made of the file.

    Raises:
        ConfigError: keys contradict each other.
        DataError: the file is absent, malformed or does not hold what the keys say.
    """

    name = "csv"

    def __init__(self, plan: Plan) -> None:
        table = cached_table(plan.path, plan.wanted())
        names = _inputs(plan, table)
        folder, fitted = _fitted(plan, table, names)
        preprocessing = Preprocessing.from_json(fitted["preprocessing"])
        counts: dict[str, int] = fitted["counts"]
        encoder = Encoder(table, preprocessing)
        identity = f"{table.identity}:{plan.identity()}"
        self._parts: dict[str, Source] = {
            name: StreamedSplit(table, rows_in(folder, name), encoder, identity)
            for name in NAMES
            if counts[name]
        }
        scoring = CsvReader(preprocessing.to_json()).scoring
        self.loss, self.classes = scoring.loss, scoring.classes
        self.target_scale = scoring.target_scale
        self.input_shape, self.output_size = (preprocessing.input_size,), preprocessing.output_size
        self.preprocessing = preprocessing.to_json()
        self.warnings = tuple(fitted["warnings"])
        self.description = (
            f"{preprocessing.target.kind} of {plan.target!r} from {len(preprocessing.columns)} "
            f"columns of {plan.path}: {counts['train']} rows train, {counts['validation']} "
            f"validate, {counts['test']} test"
        )

    def source(self, name: Literal["train", "validation", "test"]) -> Source | None:
        """The examples of a split."""
        return self._parts.get(name)

    def prepare(self, inputs: Array) -> Array:
        """They are as a network takes them."""
        return inputs


def _inputs(plan: Plan, table: CachedTable) -> tuple[str, ...]:
    """Names of the input columns."""
    table.column(plan.target)
    names = plan.columns or tuple(name for name in table.texts if name != plan.target)
    for name in names:
        table.column(name)
    if plan.target in names:
        raise ConfigError(f"task.columns: {plan.target!r} is the target and cannot be an input")
    if not names:
        raise DataError(
            f"{table.path}: the target {plan.target!r} is the only column: at least one input "
            "column was wanted"
        )
    if len(set(names)) != len(names):
        raise ConfigError(f"task.columns: one or more different columns were wanted, got {names}")
    for name in plan.categorical:
        if name not in names:
            raise ConfigError(f"task.categorical: {name!r} is no input{suggestion(name, names)}")
    return names


def _fitted(plan: Plan, table: CachedTable, names: tuple[str, ...]) -> tuple[Path, dict[str, Any]]:
    """The folder of the splits, and what was fitted: as it is there, or made now."""
    own = hashlib.sha256(plan.identity().encode()).hexdigest()[:24]
    folder = table.folder / f"splits-{own}"
    try:
        found: dict[str, Any] = json.loads((folder / "fit.json").read_bytes())
        if found["sums"] == _sums(folder):
            return folder, found
    except (OSError, ValueError, KeyError):
        pass
    part = table.folder / f".splits-{own}"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    made = _Fit(plan, table, names, part).made()
    made["sums"] = _sums(part)
    (part / "fit.json").write_text(json.dumps(made))
    shutil.rmtree(folder, ignore_errors=True)
    part.replace(folder)
    return folder, made


def _sums(folder: Path) -> list[int]:
    return [zlib.crc32((folder / f"{name}.i64").read_bytes()) for name in NAMES]


class _Fit:
    """Splits a table and fits the preprocessing to its training rows."""

    def __init__(
        self, plan: Plan, table: CachedTable, names: tuple[str, ...], folder: Path
    ) -> None:
        self._plan, self._table, self._names, self._folder = plan, table, names, folder
        refuse_missing(table, plan.target, names, plan.missing)
        self._kind = plan.kind or kind_of_target(table, plan.target)
        self._categorical = [
            name for name in names if holds_categories(table, name, plan.categorical)
        ]
        self._numeric = [name for name in names if name not in self._categorical]
        if self._kind == "regression":
            self._numeric.append(plan.target)
            self._refuse_words(plan.target)
        dropping = (plan.target, *names) if plan.missing == "drop" else (plan.target,)
        self._dropping = [name for name in dropping if table.texts[name].missing]
        labels, self._label_of = labels_of(table.texts[plan.target])
        self._labels = labels if self._kind == "classification" else ()
        self._classes = classes_in_order(self._labels)
        order = {text: place for place, text in enumerate(self._classes)}
        places = np.array([*(order[text] for text in self._labels), -1], np.int64)
        self._class_of = places[self._label_of] if self._labels else places

    def made(self) -> dict[str, Any]:
        """Splits as files; preprocessing, counts and warnings as JSON values."""
        plan, table = self._plan, self._table
        totals = self._totals()
        self._refuse_classes(totals)
        splitter = Splitter(totals, plan.validation, plan.test, plan.data_seed)
        counts = write_splits(self._labelled(), splitter, self._folder)
        kept = sum(counts.values())
        if not counts["train"] or not counts["validation"] or (plan.test and not counts["test"]):
            raise DataError(
                f"{table.path}: {kept} rows are too few for the fractions validation "
                f"{plan.validation} and test {plan.test}"
            )
        moments, seen = self._pass()
        fit.refuse_large(table, moments, self._numeric)
        preprocessing = self._preprocessing(moments, seen)
        self._refuse_rare(preprocessing, seen)
        train = rows_in(self._folder, "train")
        constant = [
            name
            for at, name in enumerate(self._numeric)
            if moments.count[at] and not moments.spread(at)
        ]
        lost = len(table) - kept
        said = sentences(table, train, preprocessing, plan.categorical, lost, constant)
        return {
            "preprocessing": preprocessing.to_json(),
            "counts": counts,
            "warnings": list(said),
        }

    def _labelled(self) -> Iterator[tuple[int, I64, Bools]]:
        """First row, labels, and which rows take part, of each block."""
        table, target = self._table, self._plan.target
        place = table.places[target]
        for begin, values in table.blocks():
            taken = np.ones(len(values), np.bool_)
            for name in self._dropping:
                taken &= ~table.texts[name].column(values[:, table.places[name]]).missing
            labels = np.zeros(len(values), np.int64)
            if self._labels:
                labels = self._class_of[table.texts[target].places(values[:, place])]
            yield begin, labels, taken

    def _totals(self) -> I64:
        """Rows of each label that take part."""
        totals = np.zeros(max(1, len(self._labels)), np.int64)
        for _, labels, taken in self._labelled():
            totals += np.bincount(labels[taken], minlength=len(totals))
        return totals

    def _refuse_classes(self, totals: I64) -> None:
        table, target = self._table, self._plan.target
        if not totals.sum():
            raise DataError(f"{table.path}: every row misses a value, so none is left")
        if not self._labels:
            return
        if len(self._classes) < 2:
            raise DataError(
                f"{table.path}: the target {target!r} holds only one class, "
                f"{shown(self._classes[0])}: two or more were wanted"
            )
        if not totals.all():
            lost = self._classes[int(np.flatnonzero(totals == 0)[0])]
            raise DataError(
                f"{table.path}: missing: drop leaves no row of class {shown(lost)} of {target!r}: "
                "fill in the values, or leave out the columns that miss them"
            )
        if math.floor(int(totals.max()) * self._plan.validation + 0.5) == 0:
            raise DataError(
                f"{table.path}: the target {target!r} holds {len(totals)} classes in "
                f"{int(totals.sum())} rows, at most {int(totals.max())} rows of each: too few to "
                "validate with"
            )

    def _pass(self) -> tuple[fit.Moments, dict[str, list[I64]]]:
        """Moments of numbers, and how often each split holds each text of the categories."""
        table = self._table
        moments = fit.Moments.of(len(self._numeric))
        seen = {
            name: [np.zeros(len(table.texts[name].texts) + 1, np.int64) for _ in NAMES]
            for name in self._categorical
        }
        splits = [rows_in(self._folder, name) for name in NAMES]
        ends = [0, 0, 0]
        for begin, values in table.blocks():
            own: list[I64] = []
            for place, rows in enumerate(splits):
                end = int(np.searchsorted(rows, begin + len(values)))
                own.append(np.array(rows[ends[place] : end]) - begin)
                ends[place] = end
            kept = np.concatenate(own)
            numbers = fit.numbers_in(table, values, self._numeric)
            moments.add(numbers[kept], np.arange(len(own[0])))
            for name, counts in seen.items():
                codes = table.texts[name].places(values[:, table.places[name]])
                size = len(counts[0])
                for place, rows in enumerate(own):
                    # a gap, -1, is counted last
                    counts[place] += np.bincount(codes[rows] % size, minlength=size)
        return moments, seen

    def _preprocessing(self, moments: fit.Moments, seen: dict[str, list[I64]]) -> Preprocessing:
        plan, table = self._plan, self._table
        train = rows_in(self._folder, "train")
        columns: list[Column] = []
        for name in self._names:
            if name in seen:
                columns.append(fit.categorical_column(table, name, plan.missing, seen[name][0]))
                continue
            at = self._numeric.index(name)
            column = fit.numeric_column(table, moments, at, name, plan.missing, train, self._folder)
            fit.refuse_far(table, moments, at, name, column.mean, column.scale)
            columns.append(column)
        target: ClassTarget | NumberTarget
        if self._labels:
            target = ClassTarget(name=plan.target, classes=self._classes)
        else:
            at = self._numeric.index(plan.target)
            mean, scale = float(moments.mean[at]), moments.spread(at) or 1.0
            fit.refuse_far(table, moments, at, plan.target, mean, scale)
            target = NumberTarget(name=plan.target, mean=mean, scale=scale)
        form = None if plan.form.plain else plan.form
        return Preprocessing(columns=tuple(columns), target=target, format=form)

    def _refuse_words(self, name: str) -> None:
        """A number to predict is a number in each row."""
        column = self._table.texts[name]
        words = np.flatnonzero(np.isnan(column.numbers)).tolist()
        if words:
            first = min(words, key=lambda place: int(column.firsts[place]))
            text = column.texts[first]
            raise DataError(
                f"{self._table.path}: line {self._table.line(int(column.firsts[first]))}: column "
                f"{name!r}: a number was wanted, got {shown(text)}{advice(text)}"
            )

    def _refuse_rare(self, preprocessing: Preprocessing, seen: dict[str, list[I64]]) -> None:
        """A category that no training row holds cannot be learnt."""
        for column in preprocessing.columns:
            if isinstance(column, NumericColumn):
                continue
            texts = self._table.texts[column.name]
            labels, places = labels_of(texts)
            counts = [np.bincount(places[:-1], one[:-1], len(labels)) for one in seen[column.name]]
            rare = np.flatnonzero((counts[0] == 0) & (counts[1] + counts[2] > 0))
            if not len(rare):
                continue
            text = labels[int(rare[0])]
            own = np.flatnonzero(places[:-1] == rare[0])
            row = int(texts.firsts[own].min())
            where = f"{self._table.path}: line {self._table.line(row)}: column {column.name!r}"
            if notation(text):
                raise DataError(f"{where} holds {shown(text)}{advice(text)}")
            raise DataError(
                f"{where}: category {shown(text)} is so rare that no training row holds it: leave "
                "the column out, merge categories, or choose another data_seed"
            )
