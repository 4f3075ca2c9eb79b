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
#define JOIN_HALVES(low, high) _mm512_mask_blend_epi32(0xAAAA, (__m512i)(low), (__m512i)(high))
#elif defined(__AVX2__)
enum { PLACES = 4 };
#define MULTIPLY(a, b) ((places)_mm256_mul_epu32((__m256i)(a), (__m256i)(b)))
#define JOIN_HALVES(low, high) _mm256_blend_epi32((__m256i)(low), (__m256i)(high), 0xAA)
#elif defined(__SSE2__)
enum { PLACES = 2 };
#define MULTIPLY(a, b) ((places)_mm_mul_epu32((__m128i)(a), (__m128i)(b)))
#define JOIN_HALVES(low, high) (((low) & 0xFFFFFFFFu) | (high))
#else
enum { PLACES = 2 };
#define MULTIPLY(a, b) (((a) & 0xFFFFFFFFu) * (b))
#define JOIN_HALVES(low, high) (((low) & 0xFFFFFFFFu) | (high))
#endif
typedef uint64_t places __attribute__((vector_size(PLACES * 8)));
enum { AT_ONCE = 4 * WIDTH };  /* words of a vector of blocks */
typedef uint32_t bits __attribute__((vector_size(WIDTH * sizeof(uint32_t)), aligned(4)));

#define FIRST_FACTOR 0xD2511F53u
#define SECOND_FACTOR 0xCD9E8D57u

INLINE places everywhere(uint64_t word) { return word + (places){0}; }

INLINE bits load_bits(const uint32_t *from) { return *(const bits *)from; }

INLINE bits same_bits(uint32_t word) { return word + (bits){0}; }

INLINE bits counted(uint32_t from) {
    uint32_t words[WIDTH];
    EACH_LANE(l) words[l] = from + (uint32_t)l;
    return load_bits(words);
}

/* Every other word of a vector, in places; the rounds of the two halves run beside each other. */
typedef struct {
    places half[2];
} Halves;

INLINE Halves halves(bits words) {
    const places low = (places)words;
    return (Halves){{low, low >> 32}};
}

INLINE bits joined(Halves words) { return (bits)JOIN_HALVES(words.half[0], words.half[1] << 32); }

/* Vectors of individuals that are worked on side by side, where one alone leaves the machine idle. */
enum { BESIDE = WIDTH < LANES ? 2 : 1 };
#define EACH_BESIDE(v) for (int v = 0; v < BESIDE; v++)

/* The rounds from `round` on, on the words a, b, c and d of `count` <= BESIDE times WIDTH blocks. */
INLINE void rounds(const Source *source, int round, Halves *a, Halves *b, Halves *c, Halves *d,
                   int count, bits words[][4]) {
#pragma GCC unroll 10
    for (; round < 10; round++) {
        const places k0 = everywhere(source->keys[round][0]);
        const places k1 = everywhere(source->keys[round][1]);
        for (int v = 0; v < count; v++) {
            for (int h = 0; h < 2; h++) {
                const places first = MULTIPLY(a[v].half[h], everywhere(FIRST_FACTOR));
                const places second = MULTIPLY(c[v].half[h], everywhere(SECOND_FACTOR));
                a[v].half[h] = (second >> 32) ^ b[v].half[h] ^ k0;
                c[v].half[h] = (first >> 32) ^ d[v].half[h] ^ k1;
                b[v].half[h] = second;
                d[v].half[h] = first;
            }
        }
    }
    for (int v = 0; v < count; v++) {
        words[v][0] = joined(a[v]);
        words[v][1] = joined(b[v]);
        words[v][2] = joined(c[v]);
        words[v][3] = joined(d[v]);
    }
}

/* The four words of the blocks (block[v][l], individual, generation), for v below `count`. Only
 * blocks differ, so half of the first two rounds is the same in every lane. */
INLINE void philox_of_individual(const Source *source, const bits *block, uint32_t individual,
                                 uint32_t generation, int count, bits words[][4]) {
    const uint64_t(*keys)[2] = source->keys;
    const uint64_t second_1 = (uint64_t)generation * SECOND_FACTOR;
    const uint32_t a_1 = (uint32_t)(second_1 >> 32 ^ individual ^ keys[0][0]);
    const uint64_t first_2 = (uint64_t)a_1 * FIRST_FACTOR;
    Halves a[BESIDE], b[BESIDE], c[BESIDE], d[BESIDE];
    for (int v = 0; v < count; v++) {
        a[v] = halves(block[v]);
        for (int h = 0; h < 2; h++) {
            const places first_1 = MULTIPLY(a[v].half[h], everywhere(FIRST_FACTOR));
            const places c_1 =
                (first_1 >> 32) ^ everywhere((uint32_t)(source->word ^ keys[0][1]));
            const places second_2 = MULTIPLY(c_1, everywhere(SECOND_FACTOR));
            a[v].half[h] = (second_2 >> 32) ^ everywhere((uint32_t)(second_1 ^ keys[1][0]));
            b[v].half[h] = second_2;
            c[v].half[h] = first_1 ^ everywhere((uint32_t)(first_2 >> 32 ^ keys[1][1]));
            d[v].half[h] = everywhere((uint32_t)first_2);
        }
    }
    rounds(source, 2, a, b, c, d, count, words);
}

/* The four words of the blocks (block, individual[v][l], generation). Only individuals differ, so
 * half of the first three rounds is the same in every lane. */
INLINE void philox_of_block(const Source *source, uint32_t block, const bits individual[BESIDE],
                            uint32_t generation, bits words[BESIDE][4]) {
    const uint64_t(*keys)[2] = source->keys;
    const uint64_t first_1 = (uint64_t)block * FIRST_FACTOR;
    const uint64_t second_1 = (uint64_t)generation * SECOND_FACTOR;
    const uint32_t a_1 = (uint32_t)(second_1 >> 32 ^ keys[0][0]);  /* and the individual */
    const uint32_t c_1 = (uint32_t)(first_1 >> 32 ^ source->word ^ keys[0][1]);
    const uint64_t second_2 = (uint64_t)c_1 * SECOND_FACTOR;
    const uint32_t a_2 = (uint32_t)(second_2 >> 32 ^ second_1 ^ keys[1][0]);
    const uint64_t first_3 = (uint64_t)a_2 * FIRST_FACTOR;
    Halves a[BESIDE], b[BESIDE], c[BESIDE], d[BESIDE];
    EACH_BESIDE(v) {
        a[v] = halves(individual[v] ^ a_1);
        for (int h = 0; h < 2; h++) {
            const places first_2 = MULTIPLY(a[v].half[h], everywhere(FIRST_FACTOR));
            const places c_2 = (first_2 >> 32) ^ everywhere((uint32_t)(first_1 ^ keys[1][1]));
            const places second_3 = MULTIPLY(c_2, everywhere(SECOND_FACTOR));
            a[v].half[h] = (second_3 >> 32) ^ everywhere((uint32_t)(second_2 ^ keys[2][0]));
            b[v].half[h] = second_3;
            c[v].half[h] = first_2 ^ everywhere((uint32_t)(first_3 >> 32 ^ keys[2][1]));
            d[v].half[h] = everywhere((uint32_t)first_3);
        }
    }
    rounds(source, 3, a, b, c, d, BESIDE, words);
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

INLINE lanes uniform_lanes(bits words) {
    return (__builtin_convertvector((whole)(words >> 9), lanes) + 0.5f) * 0x1p-23f;
}

/* Box and Muller: WIDTH words and as many again make two normals each; `count` such pairs. */
INLINE void normal_pairs(const bits *words, int count, lanes *numbers) {
    lanes radius[SIDES], quarter[SIDES], y[SIDES], sine[SIDES], cosine[SIDES], doubled[SIDES];
    SIDE_BY_SIDE radius[v] = uniform_lanes(words[2 * v]);
    SIDE_BY_SIDE quarter[v] =
        __builtin_convertvector((whole)words[2 * v + 1] >> 8, lanes) + 0.5f;
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
    SIDE_BY_SIDE numbers[2 * v] = radius[v] * (doubled[v] * doubled[v] - sine[v] * sine[v]);
    SIDE_BY_SIDE numbers[2 * v + 1] = radius[v] * (2.0f * sine[v] * doubled[v]);
}

#endif
