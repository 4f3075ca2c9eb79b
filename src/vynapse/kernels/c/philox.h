/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Philox4x32-10 and what is made of its words, WIDTH blocks at a time: the layout and the
 * arithmetic of seeding.py.
 */
#ifndef VYNAPSE_PHILOX_H
#define VYNAPSE_PHILOX_H

#include "functions.h"

typedef struct {
    uint32_t key0, key1, word;  /* seed, low and high half; the stream */
} Stream;

/* A stream made ready: the keys of all rounds lie in memory, where broadcasting them is free. */
typedef struct {
    uint64_t keys[10][2];
    uint32_t word;
} Source;

INLINE Source source_of(Stream stream) {
    Source source;
    uint32_t k0 = stream.key0, k1 = stream.key1;
    for (int round = 0; round < 10; round++) {
        source.keys[round][0] = k0;
        source.keys[round][1] = k1;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    source.word = stream.word;
    return source;
}

/* 32-bit words in 64-bit places; the upper halves may hold anything between two rounds. */
#if defined(__AVX512F__)
enum { PLACES = 8 };
#define MULTIPLY(a, b) ((places)_mm512_mul_epu32((__m512i)(a), (__m512i)(b)))
#elif defined(__AVX2__)
enum { PLACES = 4 };
#define MULTIPLY(a, b) ((places)_mm256_mul_epu32((__m256i)(a), (__m256i)(b)))
#elif defined(__SSE2__)
enum { PLACES = 2 };
#define MULTIPLY(a, b) ((places)_mm_mul_epu32((__m128i)(a), (__m128i)(b)))
#else
enum { PLACES = 2 };
#define MULTIPLY(a, b) (((a) & 0xFFFFFFFFu) * (b))
#endif
typedef uint64_t places __attribute__((vector_size(PLACES * 8)));

INLINE places everywhere(uint64_t word) { return word + (places){0}; }

INLINE places widened(const uint32_t *words) {
    uint64_t wide[PLACES];
    places result;
    for (int l = 0; l < PLACES; l++) wide[l] = words[l];
    __builtin_memcpy(&result, wide, sizeof result);
    return result;
}

/* The four words of the blocks (block[l], individual[l], generation). */
INLINE void philox(const Source *source, const uint32_t *block, const uint32_t *individual,
                   uint32_t generation, uint32_t words[4][WIDTH]) {
    enum { SIDE = WIDTH / PLACES };  /* chains of rounds that run beside each other */
    places a[SIDE], b[SIDE], c[SIDE], d[SIDE];
    for (int s = 0; s < SIDE; s++) {
        a[s] = widened(block + s * PLACES);
        b[s] = widened(individual + s * PLACES);
        c[s] = everywhere(generation);
        d[s] = everywhere(source->word);
    }
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
        const places k0 = everywhere(source->keys[round][0]);
        const places k1 = everywhere(source->keys[round][1]);
        for (int s = 0; s < SIDE; s++) {
            const places first = MULTIPLY(a[s], everywhere(0xD2511F53u));
            const places second = MULTIPLY(c[s], everywhere(0xCD9E8D57u));
            a[s] = (second >> 32) ^ b[s] ^ k0;
            c[s] = (first >> 32) ^ d[s] ^ k1;
            b[s] = second;
            d[s] = first;
        }
    }
    for (int s = 0; s < SIDE; s++) {
        for (int l = 0; l < PLACES; l++) {
            const int lane = s * PLACES + l;
            words[0][lane] = (uint32_t)a[s][l];
            words[1][lane] = (uint32_t)b[s][l];
            words[2][lane] = (uint32_t)c[s][l];
            words[3][lane] = (uint32_t)d[s][l];
        }
    }
}

INLINE float uniform_one(uint32_t word) {
    return ((float)(int32_t)(word >> 9) + 0.5f) * 0x1p-23f;
}

INLINE lanes sqrt_lanes(lanes x) {
#if defined(__AVX512F__)
    return (lanes)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX2__)
    return (lanes)_mm256_sqrt_ps((__m256)x);
#elif defined(__SSE2__)
    return (lanes)_mm_sqrt_ps((__m128)x);
#else
    lanes y;
    EACH_LANE(l) y[l] = __builtin_sqrtf(x[l]);
    return y;
#endif
}

/* Box and Muller: WIDTH words and as many again make two normals each; `count` such pairs. */
INLINE void normal_pairs(uint32_t words[][WIDTH], int count, float numbers[][WIDTH]) {
    lanes radius[SIDES], quarter[SIDES], y[SIDES], sine[SIDES], cosine[SIDES], doubled[SIDES];
    SIDE_BY_SIDE EACH_LANE(l) radius[v][l] = uniform_one(words[2 * v][l]);
    SIDE_BY_SIDE EACH_LANE(l) quarter[v][l] = (float)((int32_t)words[2 * v + 1][l] >> 8) + 0.5f;
    log_sides(radius, count);
    SIDE_BY_SIDE radius[v] = sqrt_lanes(-2.0f * radius[v]);
    SIDE_BY_SIDE quarter[v] = quarter[v] * 0x1p-23f * 0.7853981633974483f;
    SIDE_BY_SIDE y[v] = quarter[v] * quarter[v];
    SIDE_BY_SIDE sine[v] = -1.9515295891e-4f * y[v] + 8.3321608736e-3f;
    SIDE_BY_SIDE cosine[v] = 2.443315711809948e-5f * y[v] - 1.388731625493765e-3f;
    SIDE_BY_SIDE sine[v] = (sine[v] * y[v] - 1.6666654611e-1f) * y[v] * quarter[v] + quarter[v];
    SIDE_BY_SIDE cosine[v] = (cosine[v] * y[v] + 4.166664568298827e-2f) * y[v] * y[v];
    SIDE_BY_SIDE cosine[v] = cosine[v] - 0.5f * y[v] + 1.0f;
    SIDE_BY_SIDE doubled[v] = cosine[v] * cosine[v] - sine[v] * sine[v];
    SIDE_BY_SIDE sine[v] = 2.0f * sine[v] * cosine[v];
    SIDE_BY_SIDE store(numbers[2 * v], radius[v] * (doubled[v] * doubled[v] - sine[v] * sine[v]));
    SIDE_BY_SIDE store(numbers[2 * v + 1], radius[v] * (2.0f * sine[v] * doubled[v]));
}

/* Uniforms with the indices 4 * block to 4 * block + 3 of WIDTH individuals. */
INLINE void uniforms(const Source *source, const uint32_t *block, const uint32_t *individual,
                     uint32_t generation, float numbers[4][WIDTH]) {
    uint32_t words[4][WIDTH];
    philox(source, block, individual, generation, words);
    for (int w = 0; w < 4; w++) EACH_LANE(l) numbers[w][l] = uniform_one(words[w][l]);
}

/* Normals with the indices from 4 * block on of WIDTH individuals: one pair of them, or two. */
INLINE void some_normals(const Source *source, const uint32_t *block, const uint32_t *individual,
                         uint32_t generation, int pairs, float numbers[4][WIDTH]) {
    uint32_t words[4][WIDTH];
    philox(source, block, individual, generation, words);
    if (pairs == 1)
        normal_pairs(words, 1, numbers);
    else
        normal_pairs(words, 2, numbers);
}

INLINE void normals(const Source *source, const uint32_t *block, const uint32_t *individual,
                    uint32_t generation, float numbers[4][WIDTH]) {
    some_normals(source, block, individual, generation, 2, numbers);
}

#endif
