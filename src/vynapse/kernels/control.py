# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Control tasks, many episodes at once: in C, or where it is absent in NumPy, with the same bits.

`reference.control` names the tasks and says what is computed.
"""

from __future__ import annotations

import ctypes
from ctypes import c_float, c_int32, c_int64, c_void_p
from typing import Final

import numpy as np

from vynapse.core import Array
from vynapse.kernels import native, neat_native, random
from vynapse.kernels.reference import control as reference
from vynapse.kernels.reference import control_episode
from vynapse.kernels.reference.control import CONTROL, Control
from vynapse.kernels.reference.control_episode import WIGGLES, Played, View
from vynapse.kernels.reference.law import F64, Bits
from vynapse.kernels.reference.neat_genomes import Programs
from vynapse.seeding import F32, I64, Stream, Streams

_SPAN: Final = 64
_GRUAU_STEPS: Final = 1000


class _Trial(ctypes.Structure):
    _fields_ = (
        *((name, c_void_p) for name in ("starts", "shift", "scale", "returns", "steps")),
        ("over", c_void_p),
        ("wiggle", c_void_p),
        ("episodes", c_int64),
        ("apart", c_int64),
        *((name, c_int32) for name in ("task", "limit", "updates", "actions")),
        ("gain", c_float),
        ("offset", c_float),
    )


def reset(task: Control, stream: Stream, episodes: I64, generation: int = 0) -> F64:
    """First states (n, s) of episodes: uniform between the bounds of `task.starts`.

    Args:
        task: the task.
        stream: the stream of random numbers, addressed by generation and episode.
        episodes: their numbers (n,); the same number, the same start.
        generation: another one, other starts.
    """
    low, high = np.array(task.starts).T
    drawn = random.uniform(stream, task.states, generation, episodes).astype(np.float64)
    states: F64 = low + (high - low) * drawn
    return states


def starts(task: Control, seed: int, rows: I64, episode: int = 0) -> F64:
    """First states (n, s) of environments made from a seed, in their episode of that number."""
    return reset(task, Streams(seed).stream("control.starts"), rows, episode)


def generalisation_starts() -> F64:
    """The 625 starts of the test of double pole balancing without velocities (625, 6).

    Gruau, Whitley & Pyeatt (1996): x, speed, angle and turning of cart and long pole at 0.05, 0.25,
    0.5, 0.75 and 0.95 of ±2.16 m, ±1.35 m/s, ±3.6° and ±8.6°/s; the short pole is upright.
    """
    parts = 2 * np.array([0.05, 0.25, 0.5, 0.75, 0.95]) - 1
    degree = reference.PI / 180
    grid = np.meshgrid(*(parts * most for most in (2.16, 1.35, 3.6 * degree, 8.6 * degree)))
    starts = np.zeros((625, 6))
    starts[:, :4] = np.stack(grid, axis=-1).reshape(625, 4)
    return starts


def gruau_fitness(played: Played) -> F64:
    """0.1 t / 1000 + 0.9 f (p, e), where f is 0.75 / wiggle, or 0 for fewer than 100 steps.

    Stanley & Miikkulainen (2002), section 4.3, equations 3 and 4; of episodes of 1000 steps.
    """
    moved = np.where(played.steps >= WIGGLES, played.wiggle, np.inf)
    steady: F64 = 0.1 * played.steps / _GRUAU_STEPS + 0.9 * 0.75 / moved
    return steady


def step(
    task: Control, states: F64, actions: Array, library: native.Library | None = None
) -> tuple[F64, F64, Bits]:
    """States after an action, rewards (n,), and whether the episode is over (n,).

    Args:
        task: the task.
        states: (n, s).
        actions: (n,) numbers; of a discrete task, which action.
        library: compiled kernels to use; by default those in use, else NumPy.

    Raises:
        ValueError: there is no such action, or there are not as many as states.
    """
    acts = np.ascontiguousarray(actions, np.float32)
    if acts.shape != (len(states),):
        raise ValueError(f"actions: shape ({len(states)},) was wanted, got {acts.shape}")
    if task.actions and not np.isin(acts, np.arange(task.actions)).all():
        raise ValueError(f"actions: 0 to {task.actions - 1} were wanted, got {actions}")
    library = library or native.status().library
    if library is None:
        return reference.step(task, states, acts)
    after, count = np.array(states, np.float64, order="C"), len(states)
    rewards, over = np.empty(count), np.empty(count, np.uint8)
    kernel = library.function("control_step", None, c_int32, *(c_void_p,) * 4, c_int64)
    at = native.pointer
    kernel(task.number, at(after), at(acts), at(rewards), at(over), count)
    return after, rewards, over != 0


def observe(task: Control, states: F64, library: native.Library | None = None) -> F32:
    """What a network sees (n, observations)."""
    library = library or native.status().library
    if library is None:
        return reference.observe(task, states)
    held = np.ascontiguousarray(states, np.float64)
    seen = np.empty((len(held), task.observations), np.float32)
    kernel = library.function("control_observe", None, c_int32, *(c_void_p,) * 2, c_int64)
    kernel(task.number, native.pointer(held), native.pointer(seen), len(held))
    return seen


def view_of(
    task: Control,
    *,
    sigmoid: bool,
    updates: int = 1,
    shift: F32 | None = None,
    scale: F32 | None = None,
) -> View:
    """How a network sees observations, and one output covers the actions.

    Args:
        task: the task.
        sigmoid: outputs lie in (0, 1), else in (-1, 1).
        updates: the updates of a recurrent network in a step.
        shift, scale: an observation o is seen as (o - shift) * scale; None for as it is.
    """
    shift = np.zeros(task.observations, np.float32) if shift is None else shift
    scale = np.ones(task.observations, np.float32) if scale is None else scale
    gain, offset = (2.0, -1.0) if sigmoid else (1.0, 0.0)
    if task.actions == 0:
        half, middle = (task.high - task.low) / 2, (task.high + task.low) / 2
        gain, offset = gain * half, offset * half + middle
    return View(shift, scale, gain, offset, updates)


def play(
    programs: Programs,
    task: Control,
    view: View,
    starts: F64,
    limit: int | None = None,
    library: native.Library | None = None,
    threads: int = 1,
) -> Played:
    """Every network of a population in every episode.

    Args:
        programs: the networks, with the task's observations as inputs.
        task: the task.
        view: how they see and act.
        starts: first states (e, s), the same for all networks, or (p, e, s).
        limit: steps after which an episode is cut off; the task's by default.
        library: compiled kernels to use; by default those in use, else NumPy.
        threads: that share the networks: each takes the next as soon as it is idle. They end with
            the call and change no bit.

    Raises:
        ValueError: networks, starts and task do not fit each other.
    """
    starts = np.ascontiguousarray(starts if starts.ndim == 3 else starts[None], np.float64)
    limit = task.limit if limit is None else limit
    _check(programs, task, starts)
    library = library or native.status().library
    if library is None:
        return control_episode.play(programs, task, view, starts, limit)
    played = Played.room(len(programs), starts.shape[1])
    shift, scale = (np.ascontiguousarray(part, np.float32) for part in (view.shift, view.scale))
    trial = _Trial(
        starts=native.pointer(starts),
        shift=native.pointer(shift),
        scale=native.pointer(scale),
        **neat_native.pointers(played, ("returns", "steps", "over", "wiggle")),
        episodes=starts.shape[1],
        apart=starts[0].size if len(starts) > 1 else 0,
        task=task.number,
        limit=limit,
        updates=view.updates,
        actions=task.actions,
        gain=view.gain,
        offset=view.offset,
    )
    threads = min(threads, len(programs))
    slots, following = programs.inputs + 1 + programs.node.shape[1], c_int64(0)
    work = np.empty((threads, 2 * slots * _SPAN), np.float32)
    kernel = library.function("control_play", None, *(c_void_p,) * 4, c_int64)
    shared = ctypes.byref(trial), neat_native.programs(programs)

    def share(thread: int) -> None:
        own = native.pointer(work[thread])
        kernel(*shared, own, ctypes.addressof(following), len(programs))

    native.in_threads(share, threads)
    return played


def _check(programs: Programs, task: Control, starts: F64) -> None:
    if programs.inputs != task.observations:
        raise ValueError(
            f"networks with {task.observations} inputs were wanted, got {programs.inputs}"
        )
    if programs.outputs > 1 and programs.outputs != task.actions:
        raise ValueError(
            f"networks with 1 output{f' or {task.actions}' if task.actions else ''} were wanted, "
            f"got {programs.outputs}"
        )
    if programs.outputs == 1 and task.actions > 2:
        raise ValueError(f"networks with {task.actions} outputs were wanted, got 1")
    if len(starts) not in (1, len(programs)) or starts.shape[2] != task.states:
        raise ValueError(
            f"starts: (e, {task.states}) or ({len(programs)}, e, {task.states}) were wanted, got "
            f"{starts.shape}"
        )


__all__ = [
    "CONTROL",
    "Control",
    "Played",
    "View",
    "generalisation_starts",
    "gruau_fitness",
    "observe",
    "play",
    "reset",
    "starts",
    "step",
    "view_of",
]
