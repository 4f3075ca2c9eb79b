/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Blocks of random numbers, one row for each individual: `uniform` and `normal` of seeding.Stream.
 */
#include "philox.h"

enum { DRAW_UNIFORM, DRAW_NORMAL };

/* out (rows, count), from index `start` (a multiple of 4) on. */
EXPORT void KERNEL(draw)(Stream stream, uint32_t generation, const uint32_t *individuals,
                         int64_t rows, int64_t start, int64_t count, int32_t kind, float *out) {
    const Source source = source_of(stream);
    for (int64_t row = 0; row < rows; row++) {
        float *to = out + row * count;
        const bits who = same_bits(individuals[row]);
        for (int64_t from = 0; from < count; from += 4 * WIDTH) {
            const bits block = counted((uint32_t)((start + from) / 4));
            lanes numbers[4];
            float mixed[4 * WIDTH];
            if (kind == DRAW_UNIFORM)
                uniforms(&source, block, who, generation, numbers);
            else
                normals(&source, block, who, generation, numbers);
            EACH_LANE(l) for (int w = 0; w < 4; w++) mixed[4 * l + w] = numbers[w][l];
            const int64_t left = count - from;
            if (left >= 4 * WIDTH)
                for (int i = 0; i < 4 * WIDTH; i++) to[from + i] = mixed[i];
            else
                for (int64_t i = 0; i < left; i++) to[from + i] = mixed[i];
        }
    }
}

/* Child r (count,) is a parent plus sigma times the normals of individual r. */
EXPORT void KERNEL(perturb)(Stream stream, uint32_t generation, const uint32_t *individuals,
                            const float *parents, const int64_t *chosen, const float *sigmas,
                            int64_t rows, int64_t count, float *out) {
    const Source source = source_of(stream);
    for (int64_t row = 0; row < rows; row++) {
        const float *parent = parents + chosen[row] * count;
        const float sigma = sigmas[row];
        float *child = out + row * count;
        const bits who = same_bits(individuals[row]);
        for (int64_t from = 0; from < count; from += 4 * WIDTH) {
            lanes numbers[4];
            float mixed[4 * WIDTH];
            normals(&source, counted((uint32_t)(from / 4)), who, generation, numbers);
            EACH_LANE(l) for (int w = 0; w < 4; w++) mixed[4 * l + w] = numbers[w][l];
            const int64_t left = count - from;
            if (left >= 4 * WIDTH)
                for (int i = 0; i < 4 * WIDTH; i++)
                    child[from + i] = parent[from + i] + sigma * mixed[i];
            else
                for (int64_t i = 0; i < left; i++)
                    child[from + i] = parent[from + i] + sigma * mixed[i];
        }
    }
}
