# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Pools whose processes are those of Ray, for runs that are many: compare and sweep.

What a process does is the function that it does without Ray. Runs are folders, so all machines of a
cluster have to see the same ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Final, final

from vynapse.errors import ConfigError
from vynapse.evolution.ray_begun import ray_at
from vynapse.experiment.measured import processes

LOCAL: Final = "local"


def pools_on(
    place: str, count: int, *, pools: int = 1
) -> AbstractContextManager[Sequence[Executor]]:
    """Pools of processes that end with the block.

    Args:
        place: local (processes of this machine), ray, auto or ray://HOST:PORT.
        count: processes of each pool.
        pools: how many; a process that is killed breaks its own pool alone.

    Raises:
        MissingExtra: Ray is not installed.
        ConfigError: there is no such place.
    """
    if place == LOCAL:
        return processes(count, pools=pools)
    if place not in {"ray", "auto"} and not place.startswith("ray://"):
        raise ConfigError(f"--on: local, ray, auto or ray://HOST:PORT was wanted, got {place!r}")
    return _of_ray(place, count, pools)


@contextmanager
def _of_ray(place: str, count: int, pools: int) -> Iterator[Sequence[Executor]]:
    ray, began = ray_at(place, count * pools, "--on")
    try:
        yield [RayPool(ray) for _ in range(pools)]
    finally:
        if began:
            ray.shutdown()


@final
class RayPool(Executor):
    """Each call is a task of Ray.

    Args:
        ray: the package, connected.
    """

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        # a run that was cut off is gone on with by whoever asks for it, not begun again by Ray
        self._task = ray.remote(num_cpus=1, max_retries=0)(_called)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The call, made in a process of Ray; errors come as they were raised there."""
        promised: Future[Any] = Future()
        promised.set_running_or_notify_cancel()
        answer = self._task.remote(partial(fn, *args, **kwargs), os.getcwd()).future()
        answer.add_done_callback(lambda done: self._pass_on(done, promised))
        return promised

    def _pass_on(self, done: Future[Any], promised: Future[Any]) -> None:
        error = done.exception()
        if error is None:
            promised.set_result(done.result())
        elif isinstance(error, self._ray.exceptions.RayTaskError):
            promised.set_exception(error.cause)
        else:
            promised.set_exception(BrokenProcessPool(str(error)))


def _called(work: Callable[[], Any], folder: str) -> Any:
    os.chdir(folder)  # names of files may be relative
    return work()
