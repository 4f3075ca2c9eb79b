/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Equations of motion, observations and rewards of control tasks: reference/control.py.
 */
#ifndef VYNAPSE_CONTROL_H
#define VYNAPSE_CONTROL_H

#include "lanes.h"

enum { CARTPOLE, ACROBOT, MOUNTAIN_CAR, PENDULUM, DOUBLE_POLE, DOUBLE_POLE_NO_VELOCITIES };
enum { MOST_STATES = 6, MOST_SEEN = 6 };

#define PI 3.141592653589793
#define ROUND 6755399441055744.0

typedef struct {
    double sine, cosine;
} Circle;

typedef struct {
    double reward;
    int over;
} Outcome;

INLINE Circle sin_cos(double x) {
    const double n = (x * 0.6366197723675814 + ROUND) - ROUND;
    const double r = ((x - n * 1.57079632673412561417) - n * 6.07710050630396597660e-11) -
                     n * 2.02226624879595063154e-21;
    const double z = r * r;
    double p = z * 1.58969099521155010221e-10 + -2.50507602534068634195e-08;
    p = p * z + 2.75573137070700676789e-06;
    p = p * z + -1.98412698298579493134e-04;
    p = p * z + 8.33333333332248946124e-03;
    p = p * z + -1.66666666666666324348e-01;
    double q = z * -1.13596475577881948265e-11 + 2.08757232129817482790e-09;
    q = q * z + -2.75573143513906633035e-07;
    q = q * z + 2.48015872894767294178e-05;
    q = q * z + -1.38888888888741095749e-03;
    q = q * z + 4.16666666666666019037e-02;
    const double sine = r + r * z * p;
    const double cosine = (1.0 - 0.5 * z) + z * z * q;
    const int32_t quadrant = (int32_t)n & 3;
    const double first = quadrant & 1 ? cosine : sine, second = quadrant & 1 ? sine : cosine;
    const Circle circle = {quadrant >= 2 ? -first : first,
                           ((quadrant == 1) | (quadrant == 2)) ? -second : second};
    return circle;
}

INLINE double clip(double x, double low, double high) {
    const double below = x > high ? high : x;
    return x < low ? low : below;
}

INLINE Outcome cartpole_step(double *s, double action) {
    const Circle pole = sin_cos(s[2]);
    const double force = action > 0.5 ? 10.0 : -10.0;
    const double pushed = (force + 0.05 * (s[3] * s[3]) * pole.sine) / 1.1;
    const double turned = (9.8 * pole.sine - pole.cosine * pushed) /
                          (0.5 * (4.0 / 3.0 - 0.1 * (pole.cosine * pole.cosine) / 1.1));
    const double moved = pushed - 0.05 * turned * pole.cosine / 1.1;
    const double limit = 12 * 2 * PI / 360;
    s[0] = s[0] + 0.02 * s[1];
    s[1] = s[1] + 0.02 * moved;
    s[2] = s[2] + 0.02 * s[3];
    s[3] = s[3] + 0.02 * turned;
    const Outcome outcome = {
        1.0, (s[0] < -2.4) | (s[0] > 2.4) | (s[2] < -limit) | (s[2] > limit)};
    return outcome;
}

INLINE void acrobot_slopes(const double *s, double torque, double *slopes) {
    const Circle elbow = sin_cos(s[1]);
    const double d1 = 0.25 + (1.25 + elbow.cosine) + 2.0;
    const double d2 = (0.25 + 0.5 * elbow.cosine) + 1.0;
    const double phi2 = 4.9 * sin_cos(s[0] + s[1]).sine;
    const double phi1 = -0.5 * (s[3] * s[3]) * elbow.sine - s[3] * s[2] * elbow.sine +
                        14.700000000000001 * sin_cos(s[0]).sine + phi2;
    const double bent = (torque + d2 / d1 * phi1 - 0.5 * (s[2] * s[2]) * elbow.sine - phi2) /
                        (1.25 - d2 * d2 / d1);
    slopes[0] = s[2];
    slopes[1] = s[3];
    slopes[2] = -(d2 * bent + phi1) / d1;
    slopes[3] = bent;
}

INLINE void poles_slopes(const double *s, double force, double *slopes) {
    const double weights[] = {0.1, 0.01}, lengths[] = {0.5, 0.05};
    double cosines[2], falls[2], push = force, mass = 1.0;
    for (int pole = 0; pole < 2; pole++) {
        const double turning = s[3 + 2 * pole], weight = weights[pole], length = lengths[pole];
        const Circle at = sin_cos(s[2 + 2 * pole]);
        const double fall = -9.8 * at.sine, friction = 0.000002 * turning / (length * weight);
        push = push + (length * weight * (turning * turning) * at.sine +
                       0.75 * weight * at.cosine * (friction + fall));
        mass = mass + weight * (1.0 - 0.75 * (at.cosine * at.cosine));
        cosines[pole] = at.cosine;
        falls[pole] = fall + friction;
    }
    slopes[0] = s[1];
    slopes[1] = push / mass;
    for (int pole = 0; pole < 2; pole++) {
        slopes[2 + 2 * pole] = s[3 + 2 * pole];
        slopes[3 + 2 * pole] =
            -0.75 * (slopes[1] * cosines[pole] + falls[pole]) / lengths[pole];
    }
}

INLINE void slopes_of(int acrobot, const double *s, double action, double *slopes) {
    if (acrobot)
        acrobot_slopes(s, action, slopes);
    else
        poles_slopes(s, action, slopes);
}

INLINE void runge_kutta(int acrobot, double *s, double action, double step) {
    const int count = acrobot ? 4 : 6;
    const double half = step / 2;
    double k1[MOST_STATES], k2[MOST_STATES], k3[MOST_STATES], k4[MOST_STATES], at[MOST_STATES];
    slopes_of(acrobot, s, action, k1);
    for (int k = 0; k < count; k++) at[k] = s[k] + half * k1[k];
    slopes_of(acrobot, at, action, k2);
    for (int k = 0; k < count; k++) at[k] = s[k] + half * k2[k];
    slopes_of(acrobot, at, action, k3);
    for (int k = 0; k < count; k++) at[k] = s[k] + step * k3[k];
    slopes_of(acrobot, at, action, k4);
    for (int k = 0; k < count; k++)
        s[k] = s[k] + step / 6.0 * (k1[k] + 2.0 * k2[k] + 2.0 * k3[k] + k4[k]);
}

INLINE double wrapped(double angle) {
    for (int turn = 0; turn < 2; turn++) {
        angle = angle > PI ? angle - 2 * PI : angle;
        angle = angle < -PI ? angle + 2 * PI : angle;
    }
    return angle;
}

INLINE Outcome acrobot_step(double *s, double action) {
    runge_kutta(1, s, action - 1.0, 0.2);
    s[0] = wrapped(s[0]);
    s[1] = wrapped(s[1]);
    s[2] = clip(s[2], -4 * PI, 4 * PI);
    s[3] = clip(s[3], -9 * PI, 9 * PI);
    const int over = -sin_cos(s[0]).cosine - sin_cos(s[1] + s[0]).cosine > 1.0;
    const Outcome outcome = {over ? 0.0 : -1.0, over};
    return outcome;
}

INLINE Outcome mountain_car_step(double *s, double action) {
    const double force = clip(action, -1.0, 1.0);
    double speed = s[1] + (force * 0.0015 - 0.0025 * sin_cos(3.0 * s[0]).cosine);
    speed = clip(speed, -0.07, 0.07);
    const double position = clip(s[0] + speed, -1.2, 0.6);
    speed = ((position == -1.2) & (speed < 0.0)) ? 0.0 : speed;
    const int over = (position >= 0.45) & (speed >= 0.0);
    s[0] = (double)(float)position;
    s[1] = (double)(float)speed;
    const Outcome outcome = {(over ? 100.0 : 0.0) - action * action * 0.1, over};
    return outcome;
}

INLINE Outcome pendulum_step(double *s, double action) {
    const double torque = clip(action, -2.0, 2.0);
    const double turns = ((s[0] + PI) / (2 * PI) - 0.5 + ROUND) - ROUND;
    const double upright = s[0] - turns * (2 * PI);
    const double cost = upright * upright + 0.1 * (s[1] * s[1]) + 0.001 * (torque * torque);
    const double turning = s[1] + (15.0 * sin_cos(s[0]).sine + 3.0 * torque) * 0.05;
    s[1] = clip(turning, -8.0, 8.0);
    s[0] = s[0] + s[1] * 0.05;
    const Outcome outcome = {-cost, 0};
    return outcome;
}

INLINE Outcome double_pole_step(double *s, double action) {
    const double force = 10.0 * clip(action, -1.0, 1.0), limit = 36 * 2 * PI / 360;
    runge_kutta(0, s, force, 0.01);
    runge_kutta(0, s, force, 0.01);
    const Outcome outcome = {1.0, (s[0] < -2.4) | (s[0] > 2.4) | (s[2] < -limit) |
                                      (s[2] > limit) | (s[4] < -limit) | (s[4] > limit)};
    return outcome;
}

INLINE int states_of(int task) {
    return task == MOUNTAIN_CAR || task == PENDULUM ? 2 : task < DOUBLE_POLE ? 4 : 6;
}

INLINE int seen_of(int task) {
    return task == CARTPOLE ? 4 : task == MOUNTAIN_CAR ? 2
         : task == PENDULUM || task == DOUBLE_POLE_NO_VELOCITIES ? 3 : 6;
}

INLINE Outcome step_of(int task, double *s, double action) {
    return task == CARTPOLE       ? cartpole_step(s, action)
           : task == ACROBOT      ? acrobot_step(s, action)
           : task == MOUNTAIN_CAR ? mountain_car_step(s, action)
           : task == PENDULUM     ? pendulum_step(s, action)
                                  : double_pole_step(s, action);
}

INLINE void see(int task, const double *s, double *seen) {
    if (task == ACROBOT) {
        const Circle shoulder = sin_cos(s[0]), elbow = sin_cos(s[1]);
        seen[0] = shoulder.cosine;
        seen[1] = shoulder.sine;
        seen[2] = elbow.cosine;
        seen[3] = elbow.sine;
        seen[4] = s[2];
        seen[5] = s[3];
    } else if (task == PENDULUM) {
        const Circle pole = sin_cos(s[0]);
        seen[0] = pole.cosine;
        seen[1] = pole.sine;
        seen[2] = s[1];
    } else if (task == DOUBLE_POLE) {
        const double scales[] = {4.8, 2.0, 0.52, 2.0, 0.52, 2.0};
        for (int k = 0; k < 6; k++) seen[k] = s[k] / scales[k];
    } else if (task == DOUBLE_POLE_NO_VELOCITIES) {
        seen[0] = s[0] / 4.8;
        seen[1] = s[2] / 0.52;
        seen[2] = s[4] / 0.52;
    } else {
        for (int k = 0; k < states_of(task); k++) seen[k] = s[k];
    }
}

/* One action in each of n episodes; states (n, s) are changed in place. */
EXPORT void KERNEL(control_step)(int32_t task, double *states, const float *actions,
                                 double *rewards, uint8_t *over, int64_t n) {
    const int size = states_of(task);
    for (int64_t k = 0; k < n; k++) {
        const Outcome outcome = step_of(task, states + k * size, (double)actions[k]);
        rewards[k] = outcome.reward;
        over[k] = (uint8_t)outcome.over;
    }
}

/* What a network sees (n, observations). */
EXPORT void KERNEL(control_observe)(int32_t task, const double *states, float *seen, int64_t n) {
    const int size = states_of(task), count = seen_of(task);
    double numbers[MOST_SEEN];
    for (int64_t k = 0; k < n; k++) {
        see(task, states + k * size, numbers);
        for (int j = 0; j < count; j++) seen[k * count + j] = (float)numbers[j];
    }
}

#endif
