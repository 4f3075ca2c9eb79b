/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Compatibility of NEAT genomes: reference/neat_distance.py.
 */
#ifndef VYNAPSE_NEAT_DISTANCE_H
#define VYNAPSE_NEAT_DISTANCE_H

#include "neat_genomes.h"

typedef struct {
    double excess, disjoint, weights, threshold;
    int64_t small;
} Compatibility;

INLINE double distance_between(const Compatibility *measure, const Genomes *a, int64_t row,
                               const Genomes *b, int64_t other) {
    const int32_t n = a->genes[row], m = b->genes[other];
    const int32_t *const mine = a->innovation + row * a->gene_room;
    const int32_t *const theirs = b->innovation + other * b->gene_room;
    const float *const weight = a->weight + row * a->gene_room;
    const float *const against = b->weight + other * b->gene_room;
    const int32_t larger = n > m ? n : m;
    const double size = larger < measure->small ? 1 : larger;
    int32_t i = 0, j = 0, matching = 0, disjoint = 0;
    double apart = 0, mean = 0;
    /* without branches that depend on the genes: no processor could foretell them */
    while (i < n && j < m) {
        const int32_t x = mine[i], y = theirs[j], same = x == y;
        const uint32_t magnitude = as_bits(weight[i] - against[j]) & 0x7FFFFFFFu;
        apart = apart + (double)as_float(magnitude & (0u - (uint32_t)same));
        matching += same;
        disjoint += !same;
        i += x <= y;
        j += y <= x;
    }
    const int32_t excess = n - i + m - j;
    if (matching) mean = apart / matching;
    const double shape =
        measure->excess * excess / size + measure->disjoint * disjoint / size;
    return shape + measure->weights * mean;
}

/* Distances between genomes `left` of a and `right` of b, one for each pair. */
EXPORT void KERNEL(neat_distance)(const Compatibility *measure, const Genomes *a,
                                  const int32_t *left, const Genomes *b, const int32_t *right,
                                  int64_t pairs, double *out) {
    for (int64_t k = 0; k < pairs; k++)
        out[k] = distance_between(measure, a, left[k], b, right[k]);
}

#endif
