/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What all kernels share: types, lanes, and the marks of an instruction set.
 *
 * The library is freestanding C99: no allocation, no library call, every buffer is the caller's.
 * It is compiled once for each instruction set (baseline.c, avx2.c, avx512.c); exported names end in
 * that set's name and the caller picks. No set changes a bit: products and sums are never
 * contracted or reordered (see the compiler flags in pyproject.toml).
 */
#ifndef VYNAPSE_LANES_H
#define VYNAPSE_LANES_H

#include <stdint.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#define INLINE static inline __attribute__((always_inline))

#define JOIN_(name, set) name##_##set
#define JOIN(name, set) JOIN_(name, set)
#define KERNEL(name) JOIN(name, INSTRUCTION_SET)

/* Individuals or examples that lie side by side in memory: the same for every instruction set. */
enum { LANES = 16 };

/* Of these, as many as a register holds are worked on at once. Wider vectors would be cut to pieces
 * that live in memory; arithmetic is elementwise, so the width changes no bit. */
#if defined(__AVX512F__)
#define WIDTH 16
#elif defined(__AVX2__)
#define WIDTH 8
#else
#define WIDTH 4
#endif

typedef float lanes __attribute__((vector_size(WIDTH * sizeof(float)), aligned(4)));
typedef int32_t whole __attribute__((vector_size(WIDTH * sizeof(int32_t)), aligned(4)));
typedef double wide __attribute__((vector_size(WIDTH * sizeof(double)), aligned(8)));

#define EACH_LANE(l) for (int l = 0; l < WIDTH; l++)

INLINE lanes load(const float *from) { return *(const lanes *)from; }

INLINE void store(float *to, lanes value) { *(lanes *)to = value; }

INLINE lanes all(float value) { return value - (lanes){0}; }

/* a < b ? x : y in every lane; false where one of them is NaN */
INLINE lanes if_below(lanes a, lanes b, lanes x, lanes y) {
#if defined(__AVX512F__)
    const __mmask16 below = _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LT_OQ);
    return (lanes)_mm512_mask_blend_ps(below, (__m512)y, (__m512)x);
#elif defined(__AVX2__)
    const __m256 below = _mm256_cmp_ps((__m256)a, (__m256)b, _CMP_LT_OQ);
    return (lanes)_mm256_blendv_ps((__m256)y, (__m256)x, below);
#else
    const whole below = a < b;
    return (lanes)((below & (whole)x) | (~below & (whole)y));
#endif
}

/* Bit l says whether a[l] < b[l]. */
INLINE uint32_t mask_below(lanes a, lanes b) {
#if defined(__AVX512F__)
    return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LT_OQ);
#elif defined(__AVX2__)
    return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps((__m256)a, (__m256)b, _CMP_LT_OQ));
#else
    uint32_t mask = 0;
    EACH_LANE(l) mask |= (uint32_t)(a[l] < b[l]) << l;
    return mask;
#endif
}

/* The order of the operands keeps NaN. */
INLINE lanes clamp(lanes x, float low, float high) {
#if defined(__AVX512F__)
    const __m512 below = _mm512_min_ps((__m512)all(high), (__m512)x);
    return (lanes)_mm512_max_ps((__m512)all(low), below);
#elif defined(__AVX2__)
    const __m256 below = _mm256_min_ps((__m256)all(high), (__m256)x);
    return (lanes)_mm256_max_ps((__m256)all(low), below);
#else
    x = if_below(all(high), x, all(high), x);
    return if_below(x, all(low), all(low), x);
#endif
}

/* The quarters (four elements) of the result q are, one after the other, the elements 4k + q of the
 * four vectors, for k = 0, 1, ...: each quarter of a vector is a square, and all are transposed. */
INLINE void transposed(const lanes from[4], lanes to[4]) {
#if defined(__SSE2__)
#if defined(__AVX512F__)
#define UNPACKED(a, b, half) (__m512d) _mm512_unpack##half##_ps((__m512)(a), (__m512)(b))
#define PAIRED(a, b, half) (lanes) _mm512_unpack##half##_pd(a, b)
    typedef __m512d pairs;
#elif defined(__AVX2__)
#define UNPACKED(a, b, half) (__m256d) _mm256_unpack##half##_ps((__m256)(a), (__m256)(b))
#define PAIRED(a, b, half) (lanes) _mm256_unpack##half##_pd(a, b)
    typedef __m256d pairs;
#else
#define UNPACKED(a, b, half) (__m128d) _mm_unpack##half##_ps((__m128)(a), (__m128)(b))
#define PAIRED(a, b, half) (lanes) _mm_unpack##half##_pd(a, b)
    typedef __m128d pairs;
#endif
    const pairs low_01 = UNPACKED(from[0], from[1], lo), high_01 = UNPACKED(from[0], from[1], hi);
    const pairs low_23 = UNPACKED(from[2], from[3], lo), high_23 = UNPACKED(from[2], from[3], hi);
    to[0] = PAIRED(low_01, low_23, lo);
    to[1] = PAIRED(low_01, low_23, hi);
    to[2] = PAIRED(high_01, high_23, lo);
    to[3] = PAIRED(high_01, high_23, hi);
#undef UNPACKED
#undef PAIRED
#else
    for (int q = 0; q < 4; q++) EACH_LANE(l) to[q][l] = from[l % 4][l / 4 * 4 + q];
#endif
}

/* Elements `from` to `from` + 3 of the rows at row[l]: one vector for each. Rows are read as they lie
 * and turned in registers: to gather single numbers takes several times as long. */
INLINE void turned(const float *const row[WIDTH], int64_t from, lanes to[4]) {
    lanes four[4];
    for (int r = 0; r < 4; r++) {
        const float *const *of = row + r;
#if defined(__AVX512F__)
        __m512 quarters = _mm512_castps128_ps512(_mm_loadu_ps(of[0] + from));
        quarters = _mm512_insertf32x4(quarters, _mm_loadu_ps(of[4] + from), 1);
        quarters = _mm512_insertf32x4(quarters, _mm_loadu_ps(of[8] + from), 2);
        four[r] = (lanes)_mm512_insertf32x4(quarters, _mm_loadu_ps(of[12] + from), 3);
#elif defined(__AVX2__)
        const __m256 low = _mm256_castps128_ps256(_mm_loadu_ps(of[0] + from));
        four[r] = (lanes)_mm256_insertf128_ps(low, _mm_loadu_ps(of[4] + from), 1);
#else
        four[r] = load(of[0] + from);
#endif
    }
    transposed(four, to);
}

#endif
