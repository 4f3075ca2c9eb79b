# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Control tasks: equations of motion, observations, rewards. `c/control.h` gives the same bits.

Four are those of Gymnasium 1.x under the names CartPole-v1, Acrobot-v1, MountainCarContinuous-v0
and Pendulum-v1. Double pole balancing is that of Wieland (1991) as Stanley & Miikkulainen (2002),
section 4.3, use it: fourth-order Runge-Kutta steps of 0.01 s, two for each action.

States are float64 (n, s), actions float32 (n,), episodes the rows. A discrete action is its number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from vynapse.kernels.reference.law import F64, Bits
from vynapse.seeding import F32

Columns = list[F64]
"""A state, one array (n,) for each of its numbers."""

PI: Final = 3.141592653589793
_TWO_OVER_PI: Final = 0.6366197723675814
_ROUND: Final = 6755399441055744.0
"""1.5 * 2^52: added and taken away again it rounds to the nearest integer, ties to even."""
_HALF_PI: Final = (1.57079632673412561417, 6.07710050630396597660e-11, 2.02226624879595063154e-21)
_SIN: Final = (
    1.58969099521155010221e-10,
    -2.50507602534068634195e-08,
    2.75573137070700676789e-06,
    -1.98412698298579493134e-04,
    8.33333333332248946124e-03,
    -1.66666666666666324348e-01,
)
_COS: Final = (
    -1.13596475577881948265e-11,
    2.08757232129817482790e-09,
    -2.75573143513906633035e-07,
    2.48015872894767294178e-05,
    -1.38888888888741095749e-03,
    4.16666666666666019037e-02,
)


def sin_cos(x: F64) -> tuple[F64, F64]:
    """Sine and cosine for |x| < 10^6, error below 2.3e-16: the polynomials of fdlibm."""
    n = (x * _TWO_OVER_PI + _ROUND) - _ROUND
    r = ((x - n * _HALF_PI[0]) - n * _HALF_PI[1]) - n * _HALF_PI[2]
    z = r * r
    sine = r + r * z * _polynomial(_SIN, z)
    cosine = (1.0 - 0.5 * z) + z * z * _polynomial(_COS, z)
    quadrant = n.astype(np.int32) & 3
    odd = (quadrant & 1) == 1
    first, second = np.where(odd, cosine, sine), np.where(odd, sine, cosine)
    first = np.where(quadrant >= 2, -first, first)
    second = np.where((quadrant == 1) | (quadrant == 2), -second, second)
    return first, second


def _polynomial(coefficients: tuple[float, ...], x: F64) -> F64:
    result: F64 = x * coefficients[0] + coefficients[1]
    for coefficient in coefficients[2:]:
        result = result * x + coefficient
    return result


def _clip(x: F64, low: float, high: float) -> F64:
    result: F64 = np.where(x < low, low, np.where(x > high, high, x))
    return result


Step = Callable[[Columns, F64], tuple[Columns, F64, Bits]]
"""State and action to the state after it, the reward, and whether the episode is over."""


def _cartpole(state: Columns, action: F64) -> tuple[Columns, F64, Bits]:
    x, speed, angle, turning = state
    sine, cosine = sin_cos(angle)
    force = np.where(action > 0.5, 10.0, -10.0)
    pushed = (force + 0.05 * (turning * turning) * sine) / 1.1
    turned = (9.8 * sine - cosine * pushed) / (0.5 * (4.0 / 3.0 - 0.1 * (cosine * cosine) / 1.1))
    moved = pushed - 0.05 * turned * cosine / 1.1
    x, speed = x + 0.02 * speed, speed + 0.02 * moved
    angle, turning = angle + 0.02 * turning, turning + 0.02 * turned
    limit = 12 * 2 * PI / 360
    over = (x < -2.4) | (x > 2.4) | (angle < -limit) | (angle > limit)
    return [x, speed, angle, turning], np.ones(len(x)), over


def _acrobot_slopes(state: Columns, torque: F64) -> Columns:
    first, second, turning, bending = state
    sine, cosine = sin_cos(second)
    d1 = 0.25 + (1.25 + cosine) + 2.0
    d2 = (0.25 + 0.5 * cosine) + 1.0
    # the cosines of angles less a right angle are sines here
    phi2 = 4.9 * sin_cos(first + second)[0]
    phi1 = (
        -0.5 * (bending * bending) * sine
        - bending * turning * sine
        + 14.700000000000001 * sin_cos(first)[0]
        + phi2
    )
    bent = (torque + d2 / d1 * phi1 - 0.5 * (turning * turning) * sine - phi2) / (
        1.25 - d2 * d2 / d1
    )
    return [turning, bending, -(d2 * bent + phi1) / d1, bent]


def _runge_kutta(
    slopes: Callable[[Columns, F64], Columns], state: Columns, action: F64, step: float
) -> Columns:
    half = step / 2
    k1 = slopes(state, action)
    k2 = slopes([y + half * k for y, k in zip(state, k1, strict=True)], action)
    k3 = slopes([y + half * k for y, k in zip(state, k2, strict=True)], action)
    k4 = slopes([y + step * k for y, k in zip(state, k3, strict=True)], action)
    return [
        y + step / 6.0 * (a + 2.0 * b + 2.0 * c + d)
        for y, a, b, c, d in zip(state, k1, k2, k3, k4, strict=True)
    ]


def _wrap(angle: F64) -> F64:
    """Into [-pi, pi]; one turn is enough for what the speeds allow, two are made."""
    for _ in range(2):
        angle = np.where(angle > PI, angle - 2 * PI, angle)
        angle = np.where(angle < -PI, angle + 2 * PI, angle)
    return angle


def _acrobot(state: Columns, action: F64) -> tuple[Columns, F64, Bits]:
    after = _runge_kutta(_acrobot_slopes, state, action - 1.0, 0.2)
    first, second = _wrap(after[0]), _wrap(after[1])
    turning, bending = _clip(after[2], -4 * PI, 4 * PI), _clip(after[3], -9 * PI, 9 * PI)
    over = -sin_cos(first)[1] - sin_cos(second + first)[1] > 1.0
    return [first, second, turning, bending], np.where(over, 0.0, -1.0), over


def _mountain_car(state: Columns, action: F64) -> tuple[Columns, F64, Bits]:
    position, speed = state
    force = _clip(action, -1.0, 1.0)
    speed = speed + (force * 0.0015 - 0.0025 * sin_cos(3.0 * position)[1])
    speed = _clip(speed, -0.07, 0.07)
    position = _clip(position + speed, -1.2, 0.6)
    speed = np.where((position == -1.2) & (speed < 0.0), 0.0, speed)
    over = (position >= 0.45) & (speed >= 0.0)
    reward = np.where(over, 100.0, 0.0) - action * action * 0.1
    # Gymnasium keeps this state, and no other, in float32
    kept = [part.astype(np.float32).astype(np.float64) for part in (position, speed)]
    return kept, reward, over


def _pendulum(state: Columns, action: F64) -> tuple[Columns, F64, Bits]:
    angle, turning = state
    torque = _clip(action, -2.0, 2.0)
    turns = ((angle + PI) / (2 * PI) - 0.5 + _ROUND) - _ROUND
    upright = angle - turns * (2 * PI)
    cost = upright * upright + 0.1 * (turning * turning) + 0.001 * (torque * torque)
    turning = turning + (15.0 * sin_cos(angle)[0] + 3.0 * torque) * 0.05
    turning = _clip(turning, -8.0, 8.0)
    return [angle + turning * 0.05, turning], -cost, np.zeros(len(angle), bool)


def _poles_slopes(state: Columns, force: F64) -> Columns:
    push, turned, mass = force, [], np.full(len(force), 1.0)
    for pole, (weight, length) in enumerate(((0.1, 0.5), (0.01, 0.05))):
        angle, turning = state[2 + 2 * pole], state[3 + 2 * pole]
        sine, cosine = sin_cos(angle)
        fall, friction = -9.8 * sine, 0.000002 * turning / (length * weight)
        push = push + (
            length * weight * (turning * turning) * sine
            + 0.75 * weight * cosine * (friction + fall)
        )
        mass = mass + weight * (1.0 - 0.75 * (cosine * cosine))
        turned.append((cosine, fall + friction, length))
    moved = push / mass
    slopes = [state[1], moved]
    for pole, (cosine, fall, length) in enumerate(turned):
        slopes += [state[3 + 2 * pole], -0.75 * (moved * cosine + fall) / length]
    return slopes


def _double_pole(state: Columns, action: F64) -> tuple[Columns, F64, Bits]:
    force = 10.0 * _clip(action, -1.0, 1.0)
    for _ in range(2):
        state = _runge_kutta(_poles_slopes, state, force, 0.01)
    limit = 36 * 2 * PI / 360
    over = (state[0] < -2.4) | (state[0] > 2.4)
    for angle in (state[2], state[4]):
        over = over | (angle < -limit) | (angle > limit)
    return state, np.ones(len(over)), over


def _as_it_is(state: Columns) -> Columns:
    return state


def _observe_acrobot(state: Columns) -> Columns:
    (sine1, cosine1), (sine2, cosine2) = sin_cos(state[0]), sin_cos(state[1])
    return [cosine1, sine1, cosine2, sine2, state[2], state[3]]


def _observe_pendulum(state: Columns) -> Columns:
    sine, cosine = sin_cos(state[0])
    return [cosine, sine, state[1]]


def _observe_poles(state: Columns) -> Columns:
    scales = (4.8, 2.0, 0.52, 2.0, 0.52, 2.0)
    return [part / scale for part, scale in zip(state, scales, strict=True)]


def _observe_angles(state: Columns) -> Columns:
    return [state[0] / 4.8, state[2] / 0.52, state[4] / 0.52]


@dataclass(frozen=True, slots=True)
class Control:
    """A task.

    Attributes:
        number: C knows it by.
        states: numbers of a state.
        observations: numbers that a network sees.
        actions: how many there are to choose from; 0 where the action is a number.
        low, high: the bounds of that number.
        limit: steps after which an episode is cut off.
        starts: lowest and highest of each number of a first state.
    """

    number: int
    states: int
    observations: int
    actions: int
    low: float
    high: float
    limit: int
    starts: tuple[tuple[float, float], ...]
    motion: Step
    view: Callable[[Columns], Columns]


_POLES: Final = ((0.0, 0.0), (0.0, 0.0), (0.07, 0.07), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0))
"""The long pole leans by 4 degrees, as in the program of Stanley & Miikkulainen."""
CONTROL: Final[dict[str, Control]] = {
    "cartpole": Control(0, 4, 4, 2, 0, 1, 500, ((-0.05, 0.05),) * 4, _cartpole, _as_it_is),
    "acrobot": Control(1, 4, 6, 3, 0, 2, 500, ((-0.1, 0.1),) * 4, _acrobot, _observe_acrobot),
    "mountain-car": Control(
        2, 2, 2, 0, -1, 1, 999, ((-0.6, -0.4), (0.0, 0.0)), _mountain_car, _as_it_is
    ),
    "pendulum": Control(
        3, 2, 3, 0, -2, 2, 200, ((-PI, PI), (-1.0, 1.0)), _pendulum, _observe_pendulum
    ),
    "double-pole": Control(4, 6, 6, 0, -1, 1, 100_000, _POLES, _double_pole, _observe_poles),
    "double-pole-no-velocities": Control(
        5, 6, 3, 0, -1, 1, 100_000, _POLES, _double_pole, _observe_angles
    ),
}
"""The environments by name."""


def step(task: Control, states: F64, actions: F32) -> tuple[F64, F64, Bits]:
    """States after an action, rewards (n,), and whether the episode is over (n,)."""
    columns, rewards, over = task.motion(list(states.T), actions.astype(np.float64))
    return np.ascontiguousarray(np.stack(columns, axis=1)), rewards, over


def observe(task: Control, states: F64) -> F32:
    """What a network sees (n, observations)."""
    seen = np.stack(task.view(list(states.T)), axis=1)
    return np.ascontiguousarray(seen).astype(np.float32)
