/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Elementary functions: the expressions of reference/functions.py and of `log` in seeding.py.
 */
#ifndef VYNAPSE_FUNCTIONS_H
#define VYNAPSE_FUNCTIONS_H

#include "lanes.h"

enum { IDENTITY, TANH, SIGMOID, RELU, GELU };  /* the order of reference.functions.ACTIVATIONS */

INLINE float as_float(uint32_t bits) {
    float value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

INLINE uint32_t as_bits(float value) {
    uint32_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The order of the operands keeps NaN, and is that of the machine's minimum and maximum. */
INLINE float clamp_one(float x, float low, float high) {
    x = high < x ? high : x;
    return low > x ? low : x;
}

INLINE float tanh_one(float x) {
    x = clamp_one(x, -7.90531110763549805f, 7.90531110763549805f);
    const float y = x * x;
    float p = -2.76076847742355e-16f;
    p = p * y + 2.00018790482477e-13f;
    p = p * y + -8.60467152213735e-11f;
    p = p * y + 5.12229709037114e-08f;
    p = p * y + 1.48572235717979e-05f;
    p = p * y + 6.37261928875436e-04f;
    p = p * y + 4.89352455891786e-03f;
    float q = 1.19825839466702e-06f;
    q = q * y + 1.18534705686654e-04f;
    q = q * y + 2.26843463243900e-03f;
    q = q * y + 4.89352518554385e-03f;
    return p * x / q;
}

INLINE float relu_one(float x) { return x < 0.0f ? 0.0f : x; }

INLINE float exp_one(float x) {
    x = clamp_one(x, -87.0f, 88.0f);
    const float shifted = x * 1.44269504088896341f + 127.5f;
    const int32_t exponent = (int32_t)(shifted == shifted ? shifted : 0.0f);
    const float n = (float)(exponent - 127);
    float rest = x - n * 0.693359375f;
    rest = rest - n * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * rest + 1.3981999507e-3f;
    p = p * rest + 8.3334519073e-3f;
    p = p * rest + 4.1665795894e-2f;
    p = p * rest + 1.6666665459e-1f;
    p = p * rest + 5.0000001201e-1f;
    p = p * (rest * rest) + rest + 1.0f;
    return p * as_float((uint32_t)exponent << 23);
}

INLINE float log_one(float x) {
    const uint32_t bits = as_bits(x);
    float exponent = (float)((int32_t)(bits >> 23) - 126);
    const float mantissa = as_float((bits & 0x7FFFFFu) | 0x3F000000u);
    const int low = mantissa < 0.70710678f;
    exponent = low ? exponent - 1.0f : exponent;
    const float t = (low ? mantissa + mantissa : mantissa) - 1.0f;
    const float square = t * t;
    float p = 7.0376836292e-2f;
    p = p * t + -1.1514610310e-1f;
    p = p * t + 1.1676998740e-1f;
    p = p * t + -1.2420140846e-1f;
    p = p * t + 1.4249322787e-1f;
    p = p * t + -1.6668057665e-1f;
    p = p * t + 2.0000714765e-1f;
    p = p * t + -2.4999993993e-1f;
    p = p * t + 3.3333331174e-1f;
    p = p * t * square;
    p = p - 0.5f * square;
    return (t + p) + exponent * 0.6931471805599453f;
}

/* The functions below work on up to SIDES vectors side by side: each is a chain of operations that
 * wait for each other, and one chain alone leaves the machine half idle. */
enum { SIDES = 4 };
#define SIDE_BY_SIDE for (int v = 0; v < count; v++)

INLINE void tanh_sides(lanes *x, int count) {
    static const float above[] = {2.00018790482477e-13f, -8.60467152213735e-11f,
                                  5.12229709037114e-08f, 1.48572235717979e-05f,
                                  6.37261928875436e-04f, 4.89352455891786e-03f};
    static const float below[] = {2.26843463243900e-03f, 4.89352518554385e-03f};
    lanes y[SIDES], p[SIDES], q[SIDES];
    SIDE_BY_SIDE x[v] = clamp(x[v], -7.90531110763549805f, 7.90531110763549805f);
    SIDE_BY_SIDE y[v] = x[v] * x[v];
    SIDE_BY_SIDE p[v] = -2.76076847742355e-16f * y[v] + above[0];
    SIDE_BY_SIDE q[v] = 1.19825839466702e-06f * y[v] + 1.18534705686654e-04f;
    for (int term = 1; term < 6; term++) {
        SIDE_BY_SIDE p[v] = p[v] * y[v] + above[term];
        if (term < 3) SIDE_BY_SIDE q[v] = q[v] * y[v] + below[term - 1];
    }
    SIDE_BY_SIDE x[v] = p[v] * x[v] / q[v];
}

INLINE lanes tanh_lanes(lanes x) {
    tanh_sides(&x, 1);
    return x;
}

INLINE void log_sides(lanes *x, int count) {
    static const float coefficients[] = {-1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f,
                                         1.4249322787e-1f,  -1.6668057665e-1f, 2.0000714765e-1f,
                                         -2.4999993993e-1f, 3.3333331174e-1f};
    lanes exponent[SIDES], t[SIDES], square[SIDES], p[SIDES];
    SIDE_BY_SIDE {
        const whole bits = (whole)x[v];
        exponent[v] = __builtin_convertvector((bits >> 23) - 126, lanes);
        t[v] = (lanes)((bits & 0x7FFFFF) | 0x3F000000);
    }
    SIDE_BY_SIDE exponent[v] =
        if_below(t[v], all(0.70710678f), exponent[v] - 1.0f, exponent[v]);
    SIDE_BY_SIDE t[v] = if_below(t[v], all(0.70710678f), t[v] + t[v], t[v]) - 1.0f;
    SIDE_BY_SIDE square[v] = t[v] * t[v];
    SIDE_BY_SIDE p[v] = 7.0376836292e-2f * t[v] + coefficients[0];
    for (int term = 1; term < 8; term++) SIDE_BY_SIDE p[v] = p[v] * t[v] + coefficients[term];
    SIDE_BY_SIDE p[v] = p[v] * t[v] * square[v];
    SIDE_BY_SIDE p[v] = p[v] - 0.5f * square[v];
    SIDE_BY_SIDE x[v] = (t[v] + p[v]) + exponent[v] * 0.6931471805599453f;
}

INLINE lanes log_lanes(lanes x) {
    log_sides(&x, 1);
    return x;
}

INLINE void exp_sides(lanes *x, int count) {
    static const float coefficients[] = {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
                                         1.6666665459e-1f, 5.0000001201e-1f};
    whole exponent[SIDES];
    lanes rest[SIDES], p[SIDES];
    SIDE_BY_SIDE {
        const lanes limited = clamp(x[v], -87.0f, 88.0f);
        const lanes shifted = limited * 1.44269504088896341f + 127.5f;
        /* positive, or NaN, which has no exponent */
        const lanes known = if_below(all(0.0f), shifted, shifted, all(0.0f));
        exponent[v] = __builtin_convertvector(known, whole);
        const lanes n = __builtin_convertvector(exponent[v] - 127, lanes);
        rest[v] = limited - n * 0.693359375f;
        rest[v] = rest[v] - n * -2.12194440e-4f;
        p[v] = all(1.9875691500e-4f);
    }
    for (int term = 0; term < 5; term++) SIDE_BY_SIDE p[v] = p[v] * rest[v] + coefficients[term];
    SIDE_BY_SIDE p[v] = p[v] * (rest[v] * rest[v]) + rest[v] + 1.0f;
    SIDE_BY_SIDE x[v] = p[v] * (lanes)(exponent[v] << 23);
}

INLINE lanes exp_lanes(lanes x) {
    exp_sides(&x, 1);
    return x;
}

/* Activations of `count` <= SIDES vectors, in place. */
INLINE void activate(int32_t kind, lanes *x, int count) {
    lanes y[SIDES];
    switch (kind) {
    case TANH:
        tanh_sides(x, count);
        break;
    case SIGMOID:
        SIDE_BY_SIDE x[v] = 0.5f * x[v];
        tanh_sides(x, count);
        SIDE_BY_SIDE x[v] = 0.5f * x[v] + 0.5f;
        break;
    case RELU:
        SIDE_BY_SIDE x[v] = if_below(x[v], all(0.0f), all(0.0f), x[v]);
        break;
    case GELU:
        SIDE_BY_SIDE y[v] = 0.7978845608f * (x[v] + 0.044715f * x[v] * x[v] * x[v]);
        tanh_sides(y, count);
        SIDE_BY_SIDE x[v] = 0.5f * x[v] * (1.0f + y[v]);
        break;
    default:
        break;
    }
}

#endif
