/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The elementary functions by which the engine computes, without a library. They agree with those of
 * a C library to a few units in the last place.
 */
#ifndef VYNAPSE_GRAPH_FUNCTIONS_H
#define VYNAPSE_GRAPH_FUNCTIONS_H

#include "functions.h"

/* Functions that are rare are compiled once, so that modules are small. */
#define APART static __attribute__((noinline, unused))

#define FABS(x) ((x) > 0.0f ? (x) : 0.0f - (x))
#define EXP(x) exp_full(x)
#define EXPM1(x) expm1_one(x)
#define LOG(x) log_full(x)
#define LOG1P(x) log1p_one(x)
#define SQRT(x) __builtin_sqrtf(x)
#define SIN(x) sin_one(x)
#define COS(x) sin_one_at(x, 1)
#define ERF(x) erf_one(x)
#define TANH(x) tanh_near(x)
#define FLOOR(x) floor_one(x)
#define NEAREST(x) round_one(x)
#define POW(x, y) pow_one(x, y)
#define FMOD(x, y) fmod_one(x, y)

INLINE float floor_one(float x) {
    if (!(x > -8388608.0f && x < 8388608.0f)) return x; /* these are whole, or NaN */
    const float whole_part = (float)(int32_t)x;
    return whole_part > x ? whole_part - 1.0f : whole_part;
}

/* Halves go to the even neighbour. */
INLINE float round_one(float x) {
    const float low = floor_one(x), rest = x - low;
    if (rest == 0.5f) return 2.0f * floor_one(0.5f * low + 0.5f);
    return rest < 0.5f ? low : low + 1.0f;
}

/* Beyond the range of exp_one: 0, and infinity from where float32 ends. */
INLINE float exp_full(float x) {
    const int far = x > 88.0f;
    const float value = exp_one(far ? x - 1.0f : x) * (far ? 2.71828183f : 1.0f);
    return x > 88.7228394f ? as_float(0x7F800000u) : x < -87.0f ? 0.0f : value;
}

INLINE float log_full(float x) {
    if (x < 0.0f || x != x) return as_float(0x7FC00000u);
    if (x == 0.0f) return as_float(0xFF800000u);
    const int tiny = x < 1.17549435e-38f; /* too small for log_one */
    const float value = log_one(tiny ? x * 8388608.0f : x) - (tiny ? 15.9423851f : 0.0f);
    return x == as_float(0x7F800000u) ? x : value;
}

/* tanh_one loses relative accuracy near 0 only, where tanh is its argument. */
INLINE float tanh_near(float x) { return x > -4e-4f && x < 4e-4f ? x : tanh_one(x); }

/* Kahan: the error of 1 + x, and that of the logarithm, cancel. */
INLINE float log1p_one(float x) {
    const float u = 1.0f + x;
    if (u == 1.0f || u == as_float(0x7F800000u)) return x;
    return log_full(u) * (x / (u - 1.0f));
}

INLINE float expm1_one(float x) {
    if (x > -0.5f && x < 0.5f) {
        /* tanh has no cancellation: exp(x) - 1 = 2 t / (1 - t) with t = tanh(x / 2) */
        const float t = tanh_near(0.5f * x);
        return 2.0f * t / (1.0f - t);
    }
    return exp_full(x) - 1.0f;
}

/* Cephes: the argument is brought to within an eighth of a turn, in double precision. NaN beyond 1e9,
 * where neighbours in float32 lie more than ten turns apart. */
APART float sin_one_at(float x, int quarter) {
    if (!(x > -1e9f && x < 1e9f)) return as_float(0x7FC00000u);
    const double quarters = (double)x * 0.63661977236758134;
    const int32_t turns = (int32_t)(quarters + (x < 0.0f ? -0.5 : 0.5));
    const float r = (float)((double)x - (double)turns * 1.5707963267948966);
    const int part = (turns + quarter) & 3;
    const float z = r * r;
    const float sine = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
    const float cosine =
        ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z -
        0.5f * z + 1.0f;
    const float value = part & 1 ? cosine : sine;
    return part & 2 ? -value : value;
}

INLINE float sin_one(float x) { return sin_one_at(x, 0); }

/* Abramowitz & Stegun 7.1.26 beyond 1, its error 1.5e-7; a polynomial in the square below. */
APART float erf_one(float x) {
    const float a = FABS(x);
    if (a < 1.0f) {
        const float z = x * x;
        float p = -9.67359109e-06f;
        p = p * z + 0.00011268254f;
        p = p * z + -0.000848439657f;
        p = p * z + 0.00522105341f;
        p = p * z + -0.0268654383f;
        p = p * z + 0.112837826f;
        p = p * z + -0.376126385f;
        p = p * z + 1.12837917f;
        return p * x;
    }
    const float t = 1.0f / (1.0f + 0.3275911f * a);
    const float p =
        ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
    const float value = 1.0f - p * exp_full(-a * a);
    return x < 0.0f ? -value : value;
}

/* What a division by y leaves of x, with the sign of x: y is subtracted, doubled as often as it fits,
 * which float32 does exactly. */
APART float fmod_one(float x, float y) {
    const float infinite = as_float(0x7F800000u), limit = FABS(y);
    float rest = FABS(x), step = limit;
    if (!(rest < infinite) || !(limit > 0.0f)) return as_float(0x7FC00000u);
    while (step <= 0.5f * rest) step *= 2.0f;
    for (; step >= limit && rest >= limit; step *= 0.5f) rest -= rest >= step ? step : 0.0f;
    return x < 0.0f ? -rest : rest;
}

/* Whole powers by products, all others by logarithms. */
APART float pow_one(float x, float y) {
    if (y == 0.0f || x == 1.0f) return 1.0f;
    if (x != x || y != y) return x + y;
    if (x == -1.0f && FABS(y) == as_float(0x7F800000u)) return 1.0f;
    const int is_whole = floor_one(y) == y;
    if (is_whole && y > -64.0f && y < 64.0f) {
        int32_t n = (int32_t)(y < 0.0f ? -y : y);
        float product = 1.0f;
        for (float factor = x; n; n >>= 1, factor *= factor)
            if (n & 1) product *= factor;
        return y < 0.0f ? 1.0f / product : product;
    }
    const float size = exp_full(y * log_full(FABS(x)));
    if (x >= 0.0f) return size;
    if (!is_whole) return x < -3.4e38f ? size : as_float(0x7FC00000u);
    return floor_one(0.5f * y) * 2.0f == y ? size : -size;
}

#endif
