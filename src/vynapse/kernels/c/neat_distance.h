/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Compatibility of NEAT genomes: reference/neat_distance.py.
 */
#include "neat_genomes.h"

typedef struct {
    double excess, disjoint, weights, threshold;
    int64_t small;
} Compatibility;

/* The number of disjoint genes from which on genomes are not compatible for certain. */
INLINE int32_t too_disjoint(const Compatibility *measure, double size) {
    const double limit = measure->threshold * size * 1.001;
    if (limit >= measure->disjoint * 0x1p30) return INT32_MAX;
    return (int32_t)(limit / measure->disjoint) + 1;
}

/* With `stops`, only whether the distance is below the threshold is right: every term is at least
 * 0, so once the disjoint genes alone are too many the rest does not matter. */
INLINE double distance_between(const Compatibility *measure, const Genomes *a, int64_t row,
                               const Genomes *b, int64_t other, int stops) {
    const int32_t n = a->genes[row], m = b->genes[other];
    const int32_t *const mine = a->innovation + row * a->gene_room;
    const int32_t *const theirs = b->innovation + other * b->gene_room;
    const float *const weight = a->weight + row * a->gene_room;
    const float *const against = b->weight + other * b->gene_room;
    const int32_t larger = n > m ? n : m;
    const double size = larger < measure->small ? 1 : larger;
    const int32_t most = stops ? too_disjoint(measure, size) : INT32_MAX;
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
        if (disjoint >= most) return measure->threshold;
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
        out[k] = distance_between(measure, a, left[k], b, right[k], 0);
}

/* The first compatible representative of the genomes from `begin` to `end` - 1, or -1. */
EXPORT void KERNEL(neat_match)(const Compatibility *measure, const Genomes *genomes,
                               const Genomes *representatives, int64_t known, int32_t *species,
                               int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
        species[row] = -1;
        for (int64_t other = 0; other < known && species[row] < 0; other++)
            if (distance_between(measure, genomes, row, representatives, other, 1) <
                measure->threshold)
                species[row] = (int32_t)other;
    }
}

/* New species, from number `known` on, for genomes that have none; returns how many. */
EXPORT int64_t KERNEL(neat_found)(const Compatibility *measure, const Genomes *genomes,
                                  int64_t count, int64_t known, int32_t *species,
                                  int32_t *founders) {
    int64_t fresh = 0;
    for (int64_t row = 0; row < count; row++) {
        if (species[row] >= 0) continue;
        int64_t number = 0;
        while (number < fresh && !(distance_between(measure, genomes, row, genomes,
                                                    founders[number], 1) < measure->threshold))
            number++;
        if (number == fresh) founders[fresh++] = (int32_t)row;
        species[row] = (int32_t)(known + number);
    }
    return fresh;
}
