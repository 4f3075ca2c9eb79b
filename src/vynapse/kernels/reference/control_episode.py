# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whole episodes of a population of NEAT. `c/control_episode.h` gives the same bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vynapse.kernels.reference.control import Control, observe, step
from vynapse.kernels.reference.law import F64, I32, Bits
from vynapse.kernels.reference.neat_forward import forward
from vynapse.kernels.reference.neat_genomes import Programs
from vynapse.seeding import F32

WIGGLES = 100
"""Steps at the end of an episode over which movement is added up."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """How a network sees and acts.

    Attributes:
        shift, scale: an observation o is seen as (o - shift) * scale (observations,).
        gain, offset: a single output y acts as the number gain * y + offset; where there are two
            actions, as the second of them if that number is above 0. Of several outputs the
            highest chooses the action, of equals the first.
        updates: the updates of a recurrent network in a step.
    """

    shift: F32
    scale: F32
    gain: float
    offset: float
    updates: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """What became of episodes, (p, e) each.

    Attributes:
        returns: sums of rewards.
        steps: how long they were.
        over: they ended by themselves, not at the limit.
        wiggle: double poles: sum over the last 100 steps of |x| + |speed| + |angle| + |turning| of
            cart and long pole; 0 for shorter episodes and for other tasks.
    """

    returns: F64
    steps: I32
    over: Bits
    wiggle: F64

    @classmethod
    def room(cls, count: int, episodes: int) -> Played:
        """For the episodes of `count` networks."""
        shape = count, episodes
        return cls(
            np.zeros(shape), np.zeros(shape, np.int32), np.zeros(shape, bool), np.zeros(shape)
        )


def play(programs: Programs, task: Control, view: View, starts: F64, limit: int) -> Played:
    """Every network in every episode.

    Args:
        programs: the networks.
        task: the task.
        view: how they see and act.
        starts: first states (p or 1, e, s).
        limit: steps after which an episode is cut off.
    """
    played = Played.room(len(programs), starts.shape[1])
    for row in range(len(programs)):
        _play(_only(programs, row), task, view, starts[row % len(starts)], limit, played, row)
    return played


def _only(programs: Programs, row: int) -> Programs:
    """One network by itself."""
    this = slice(row, row + 1)
    return Programs(
        programs.inputs,
        programs.outputs,
        programs.recurrent,
        programs.steps[this],
        programs.node[this],
        programs.level[this],
        programs.kind[this],
        programs.first[this],
        programs.origin[this],
        programs.weight[this],
        programs.result[this],
    )


def _play(
    program: Programs,
    task: Control,
    view: View,
    starts: F64,
    limit: int,
    played: Played,
    row: int,
) -> None:
    states, episodes = starts.copy(), len(starts)
    alive, moves = np.ones(episodes, bool), np.zeros((WIGGLES, episodes))
    memory = np.zeros((1, program.node.shape[1], episodes), np.float32)
    for time in range(limit):
        seen = (observe(task, states) - view.shift) * view.scale
        held = memory if program.recurrent else None
        actions = _act(task, view, forward(program, seen, view.updates, held)[0])
        after, rewards, over = step(task, states, actions)
        states = np.where(alive[:, None], after, states)
        played.returns[row] = np.where(alive, played.returns[row] + rewards, played.returns[row])
        played.steps[row] += alive
        played.over[row] |= alive & over
        if task.states == 6:
            sums = np.add.accumulate(np.abs(states[:, :4]), axis=1)[:, -1]
            moves[time % WIGGLES] = np.where(alive, sums, moves[time % WIGGLES])
        alive = alive & ~over
        if not alive.any():
            break
    for episode, steps in enumerate(played.steps[row].tolist()):
        if task.states == 6 and steps >= WIGGLES:
            order = (steps + np.arange(WIGGLES)) % WIGGLES
            played.wiggle[row, episode] = np.add.accumulate(moves[order, episode])[-1]


def _act(task: Control, view: View, outputs: F32) -> F32:
    if outputs.shape[1] > 1:
        best: F32 = np.argmax(outputs, axis=1).astype(np.float32)
        return best
    action: F32 = np.float32(view.gain) * outputs[:, 0] + np.float32(view.offset)
    chosen: F32 = (action > 0).astype(np.float32) if task.actions else action
    return chosen
