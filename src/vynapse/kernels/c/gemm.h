/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * C = alpha A B + beta C: the law of reference/gemm.py.
 *
 * A panel of B is copied so that it lies in the order in which it is read, a block of its rows at a
 * time; tiles of C stay in registers over a block. Sums are kept between blocks, so that each is
 * made in rising k whatever the blocks.
 */
#include "lanes.h"

/* As many sums as the registers hold. */
#if defined(__AVX512F__)
enum { GEMM_ROWS = 8, GEMM_VECTORS = 3 };
#else
enum { GEMM_ROWS = 4, GEMM_VECTORS = 2 };
#endif
enum { GEMM_PANEL = GEMM_VECTORS * WIDTH, GEMM_BLOCK = 512 };

/* sums (rows, GEMM_PANEL) += a (rows, count) panel (count, GEMM_PANEL). */
INLINE void gemm_tile(const float *a, int64_t a_row, const float *panel, float *sums, int64_t count,
                      int rows) {
    lanes sum[GEMM_ROWS][GEMM_VECTORS];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < GEMM_VECTORS; v++)
            sum[r][v] = load(sums + (r * GEMM_VECTORS + v) * WIDTH);
    for (int64_t p = 0; p < count; p++)
        for (int r = 0; r < rows; r++)
            for (int v = 0; v < GEMM_VECTORS; v++)
                sum[r][v] += a[r * a_row + p] * load(panel + (p * GEMM_VECTORS + v) * WIDTH);
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < GEMM_VECTORS; v++)
            store(sums + (r * GEMM_VECTORS + v) * WIDTH, sum[r][v]);
}

/* `count` rows of b from column `j` on; columns that b does not have are zeros. */
INLINE void gemm_pack(const float *b, int64_t n, int64_t j, int64_t count, float *panel) {
    const int64_t width = n - j < GEMM_PANEL ? n - j : GEMM_PANEL;
    for (int64_t p = 0; p < count; p++)
        for (int64_t l = 0; l < GEMM_PANEL; l++)
            panel[p * GEMM_PANEL + l] = l < width ? b[p * n + j + l] : 0.0f;
}

/* Floats of workspace for a product with m rows. */
EXPORT int64_t KERNEL(gemm_workspace)(int64_t m) { return (m + GEMM_BLOCK) * GEMM_PANEL; }

/* a (m, k), b (k, n), c (m, n); c is not read where beta is 0. */
EXPORT void KERNEL(gemm)(const float *a, const float *b, float *c, int64_t m, int64_t n, int64_t k,
                         float alpha, float beta, float *work) {
    float *panel = work, *sums = work + GEMM_BLOCK * GEMM_PANEL;
    for (int64_t j = 0; j < n; j += GEMM_PANEL) {
        const int64_t width = n - j < GEMM_PANEL ? n - j : GEMM_PANEL;
        for (int64_t s = 0; s < m * GEMM_PANEL; s++) sums[s] = 0.0f;
        for (int64_t from = 0; from < k; from += GEMM_BLOCK) {
            const int64_t count = k - from < GEMM_BLOCK ? k - from : GEMM_BLOCK;
            gemm_pack(b + from * n, n, j, count, panel);
            int64_t i = 0;
            for (; i + GEMM_ROWS <= m; i += GEMM_ROWS)
                gemm_tile(a + i * k + from, k, panel, sums + i * GEMM_PANEL, count, GEMM_ROWS);
            for (; i < m; i++)
                gemm_tile(a + i * k + from, k, panel, sums + i * GEMM_PANEL, count, 1);
        }
        for (int64_t i = 0; i < m; i++) {
            const float *sum = sums + i * GEMM_PANEL;
            float *to = c + i * n + j;
            if (beta == 0.0f)
                for (int64_t l = 0; l < width; l++) to[l] = alpha * sum[l];
            else
                for (int64_t l = 0; l < width; l++) to[l] = alpha * sum[l] + beta * to[l];
        }
    }
}
