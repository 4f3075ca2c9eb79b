/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Historical markings: reference/neat_registry.py.
 */
#include "neat_genomes.h"

/* Pairs of numbers, each known by its place; found through a table of places + 1, 0 for none,
 * that is at most half full. */
typedef struct {
    int32_t *pairs;  /* (room, 2) */
    int32_t *table;  /* (2^bits,) */
    int64_t count;
    int64_t bits;
} Numbers;

typedef struct {
    int32_t *source, *target;  /* (p,) */
    float *weight;             /* (p,) */
    int32_t *split, *kind;     /* (p,) */
} Pending;

/* The place of a pair, a new one for one never seen. */
INLINE int32_t number_of(Numbers *numbers, int32_t first, int32_t second) {
    const uint64_t key = (uint64_t)(uint32_t)first << 32 | (uint32_t)second;
    const uint64_t mask = ((uint64_t)1 << numbers->bits) - 1;
    uint64_t at = key * 0x9E3779B97F4A7C15u >> (64 - numbers->bits);
    while (numbers->table[at]) {
        const int32_t place = numbers->table[at] - 1;
        if (numbers->pairs[2 * place] == first && numbers->pairs[2 * place + 1] == second)
            return place;
        at = (at + 1) & mask;
    }
    const int32_t place = (int32_t)numbers->count++;
    numbers->pairs[2 * place] = first;
    numbers->pairs[2 * place + 1] = second;
    numbers->table[at] = place + 1;
    return place;
}

INLINE void insert_node(const Genomes *genomes, int64_t row, int32_t node, int32_t kind) {
    const Genome to = genome_at(genomes, row);
    const int32_t at = place_of(to.node, to.nodes, node);
    for (int32_t k = to.nodes; k > at; k--) {
        to.node[k] = to.node[k - 1];
        to.activation[k] = to.activation[k - 1];
    }
    to.node[at] = node;
    to.activation[at] = kind;
    genomes->nodes[row]++;
}

INLINE void insert_gene(const Genomes *genomes, int64_t row, int32_t innovation, int32_t source,
                        int32_t target, float weight) {
    const Genome to = genome_at(genomes, row);
    const int32_t at = place_of(to.innovation, to.genes, innovation);
    for (int32_t k = to.genes; k > at; k--) {
        to.innovation[k] = to.innovation[k - 1];
        to.source[k] = to.source[k - 1];
        to.target[k] = to.target[k - 1];
        to.weight[k] = to.weight[k - 1];
        to.enabled[k] = to.enabled[k - 1];
    }
    to.innovation[at] = innovation;
    to.source[at] = source;
    to.target[at] = target;
    to.weight[at] = weight;
    to.enabled[at] = 1;
    genomes->genes[row]++;
}

INLINE void split_gene(const Genomes *genomes, int64_t row, int32_t innovation, int32_t kind,
                       int32_t first_hidden, Numbers *connections, Numbers *splits) {
    const Genome child = genome_at(genomes, row);
    const int32_t gene = place_of(child.innovation, child.genes, innovation);
    const int32_t source = child.source[gene], target = child.target[gene];
    const float weight = child.weight[gene];
    int32_t node, at, ordinal = 0;
    do {
        node = first_hidden + number_of(splits, innovation, ordinal++);
        at = place_of(child.node, child.nodes, node);
    } while (at < child.nodes && child.node[at] == node);
    insert_node(genomes, row, node, kind);
    const int32_t entering = number_of(connections, source, node);
    const int32_t leaving = number_of(connections, node, target);
    insert_gene(genomes, row, entering, source, node, 1.0f);
    insert_gene(genomes, row, leaving, node, target, weight);
}

/* Numbers for all that is pending, put into the genomes. */
EXPORT void KERNEL(neat_settle)(const Genomes *genomes, const Pending *pending, int64_t count,
                                int32_t first_hidden, Numbers *connections, Numbers *splits) {
    for (int64_t row = 0; row < count; row++) {
        const int32_t source = pending->source[row], target = pending->target[row];
        if (source >= 0)
            insert_gene(genomes, row, number_of(connections, source, target), source, target,
                        pending->weight[row]);
        if (pending->split[row] >= 0)
            split_gene(genomes, row, pending->split[row], pending->kind[row], first_hidden,
                       connections, splits);
    }
}

/* Put the pairs into an empty table. */
EXPORT void KERNEL(neat_index)(Numbers *numbers) {
    const int64_t count = numbers->count;
    numbers->count = 0;
    for (int64_t k = 0; k < count; k++)
        number_of(numbers, numbers->pairs[2 * k], numbers->pairs[2 * k + 1]);
}

EXPORT int32_t KERNEL(neat_number)(Numbers *numbers, int32_t first, int32_t second) {
    return number_of(numbers, first, second);
}
