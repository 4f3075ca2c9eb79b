# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What threads read ahead is what would have been read in the step, in any order of asking."""

import threading
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.core import Rows, Split
from vynapse.data.loader import Ahead, LoaderSettings, in_order, loader_of, read_all

LOADERS = [
    LoaderSettings(threads=threads, ahead=ahead) for threads in (0, 1, 2, 4) for ahead in (1, 3)
]


class Slow:
    """Numbered examples that are read slowly, and the threads that read them."""

    def __init__(self, count: int, loader: LoaderSettings) -> None:
        self.loader, self._count = loader, count
        self.readers: set[str] = set()

    def __len__(self) -> int:
        return self._count

    def take(self, rows: Rows) -> Split:
        self.readers.add(threading.current_thread().name)
        numbers = np.arange(self._count)[rows]
        time.sleep(0.0005 * (len(numbers) % 3))
        return Split(numbers[:, None].astype(np.float32), numbers)

    def identify(self, name: str, digest: object) -> None:
        raise AssertionError


def squares(number: int) -> Callable[[], int] | None:
    return partial(pow, number, 2) if number < 20 else None


@given(
    st.sampled_from(LOADERS),
    st.lists(st.integers(min_value=0, max_value=19), min_size=1, max_size=30),
)
def test_items_are_the_same_in_any_order_of_asking(
    loader: LoaderSettings, numbers: list[int]
) -> None:
    ahead = Ahead(squares, loader)
    try:
        assert [ahead.get(number) for number in numbers] == [number**2 for number in numbers]
    finally:
        ahead.close()


@pytest.mark.parametrize("loader", LOADERS, ids=str)
def test_there_is_nothing_after_the_last(loader: LoaderSettings) -> None:
    ahead = Ahead(squares, loader)
    assert ahead.get(19) == 361
    with pytest.raises(IndexError):
        ahead.get(20)
    ahead.close()


def test_an_error_comes_where_its_item_is_asked_for_and_again() -> None:
    def item(number: int) -> int:
        if number == 3:
            raise ValueError("three")
        return number

    ahead = Ahead(lambda number: partial(item, number), LoaderSettings(threads=2, ahead=4))
    assert [ahead.get(number) for number in range(3)] == [0, 1, 2]
    for _ in range(2):
        with pytest.raises(ValueError, match="three"):
            ahead.get(3)
    assert ahead.get(4) == 4
    ahead.close()


def test_no_more_is_made_than_the_settings_allow() -> None:
    begun: list[int] = []
    gate = threading.Event()

    def item(number: int) -> int:
        begun.append(number)
        return number

    ahead = Ahead(lambda number: partial(item, number), LoaderSettings(threads=2, ahead=3))
    ahead.get(0)
    gate.wait(0.05)
    assert sorted(begun) == [0, 1, 2, 3]
    ahead.close()


def test_the_item_asked_for_last_is_not_made_again() -> None:
    begun: list[int] = []

    def job(number: int) -> Callable[[], int]:
        begun.append(number)
        return partial(int, number)

    ahead = Ahead(job, LoaderSettings(threads=1, ahead=2))
    assert [ahead.get(0), ahead.get(0), ahead.get(1), ahead.get(1)] == [0, 0, 1, 1]
    assert begun == [0, 1, 2, 3]
    ahead.close()


def test_threads_end_with_what_they_served() -> None:
    before = threading.active_count()
    ahead = Ahead(squares, LoaderSettings(threads=3))
    ahead.get(0)
    assert threading.active_count() > before
    ahead.close()
    assert threading.active_count() == before
    assert ahead.get(2) == 4, "it can be used again"
    ahead.close()


def test_waiting_is_measured() -> None:
    ahead = Ahead(lambda _: partial(time.sleep, 0.02), LoaderSettings(threads=1, ahead=1))
    ahead.get(0)
    assert ahead.waited >= 0.015
    ahead.close()


@pytest.mark.parametrize("loader", LOADERS, ids=str)
@pytest.mark.parametrize("count", [1, 63, 64, 65, 200, 257])
@pytest.mark.parametrize("size", [64, 100])
def test_a_split_in_parts_is_the_split(loader: LoaderSettings, count: int, size: int) -> None:
    source = Slow(count, loader)
    parts = list(in_order(source, size))
    assert [len(part) for part in parts[:-1]] == [size] * (len(parts) - 1)
    assert np.concatenate([part.targets for part in parts]).tolist() == list(range(count))
    whole = read_all(source)
    assert whole.targets.tolist() == list(range(count))
    assert np.array_equal(whole.inputs[:, 0], np.arange(count, dtype=np.float32))
    assert (threading.main_thread().name in source.readers) == (loader.threads == 0)


def test_examples_in_memory_are_read_in_the_step() -> None:
    assert loader_of(Split(np.zeros((3, 1)), np.zeros(3))).threads == 0
