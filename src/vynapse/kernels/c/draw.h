/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Blocks of random numbers, one row for each individual: `uniform` and `normal` of seeding.Stream.
 */
#include "philox.h"

enum { DRAW_UNIFORM, DRAW_NORMAL };
enum { DRAWN = BESIDE * AT_ONCE };

/* Blocks that a vector holds, in the order in which `transposed` lays their words out. */
INLINE bits spread_blocks(uint32_t from) {
    uint32_t blocks[WIDTH];
    EACH_LANE(l) blocks[l] = from + (uint32_t)(l % 4 * (WIDTH / 4) + l / 4);
    return load_bits(blocks);
}

/* DRAWN numbers of one individual, from index 4 * block on. */
INLINE void sequence(const Source *source, uint32_t block, uint32_t individual,
                     uint32_t generation, int32_t kind, lanes numbers[BESIDE][4]) {
    bits blocks[BESIDE], words[BESIDE][4];
    lanes made[BESIDE][4];
    EACH_BESIDE(v) blocks[v] = spread_blocks(block + (uint32_t)v * WIDTH);
    philox_of_individual(source, blocks, individual, generation, BESIDE, words);
    if (kind == DRAW_UNIFORM)
        EACH_BESIDE(v) for (int w = 0; w < 4; w++) made[v][w] = uniform_lanes(words[v][w]);
    else
        normal_pairs(words[0], 2 * BESIDE, made[0]);
    EACH_BESIDE(v) transposed(made[v], numbers[v]);
}

/* out (rows, count), from index `start` (a multiple of 4) on. */
EXPORT void KERNEL(draw)(Stream stream, uint32_t generation, const uint32_t *individuals,
                         int64_t rows, int64_t start, int64_t count, int32_t kind, float *out) {
    const Source source = source_of(stream);
    for (int64_t row = 0; row < rows; row++) {
        float *to = out + row * count;
        for (int64_t from = 0; from < count; from += DRAWN) {
            lanes numbers[BESIDE][4];
            float rest[DRAWN];
            const int64_t left = count - from;
            float *place = left < DRAWN ? rest : to + from;
            sequence(&source, (uint32_t)((start + from) / 4), individuals[row], generation, kind,
                     numbers);
            for (int i = 0; i < 4 * BESIDE; i++)
                store(place + i * WIDTH, numbers[i / 4][i % 4]);
            if (left < DRAWN)
                for (int64_t i = 0; i < left; i++) to[from + i] = rest[i];
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
        for (int64_t from = 0; from < count; from += DRAWN) {
            lanes numbers[BESIDE][4];
            float rest[DRAWN];
            const int64_t left = count - from;
            sequence(&source, (uint32_t)(from / 4), individuals[row], generation, DRAW_NORMAL,
                     numbers);
            if (left >= DRAWN) {
                for (int i = 0; i < 4 * BESIDE; i++)
                    store(child + from + i * WIDTH, load(parent + from + i * WIDTH) +
                                                        all(sigma) * numbers[i / 4][i % 4]);
            } else {
                for (int i = 0; i < 4 * BESIDE; i++) store(rest + i * WIDTH, numbers[i / 4][i % 4]);
                for (int64_t i = 0; i < left; i++)
                    child[from + i] = parent[from + i] + sigma * rest[i];
            }
        }
    }
}
