/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Populations of NEAT genomes and of compiled networks: reference/neat_genomes.py says what the
 * arrays hold. Rows are genomes.
 */
#ifndef VYNAPSE_NEAT_GENOMES_H
#define VYNAPSE_NEAT_GENOMES_H

#include "philox.h"

typedef struct {
    int32_t *nodes, *genes;                     /* (p,) */
    int32_t *node, *activation;                 /* (p, node_room) */
    int32_t *innovation, *source, *target;      /* (p, gene_room) */
    float *weight;                              /* (p, gene_room) */
    uint8_t *enabled;                           /* (p, gene_room) */
    int32_t inputs, outputs, node_room, gene_room;
} Genomes;

typedef struct {
    int32_t *steps;                             /* (p,) */
    int32_t *node, *level, *kind;               /* (p, node_room) */
    int32_t *first;                             /* (p, node_room + 1) */
    int32_t *origin;                            /* (p, gene_room) */
    float *weight;                              /* (p, gene_room) */
    int32_t *result;                            /* (p, outputs) */
    int32_t inputs, outputs, node_room, gene_room, recurrent;
} Programs;

/* One genome of a population. */
typedef struct {
    int32_t nodes, genes, inputs, outputs;
    int32_t *node, *activation, *innovation, *source, *target;
    float *weight;
    uint8_t *enabled;
} Genome;

INLINE Genome genome_at(const Genomes *all, int64_t row) {
    const int64_t n = row * all->node_room, c = row * all->gene_room;
    const Genome genome = {all->nodes[row],      all->genes[row],     all->inputs,
                           all->outputs,         all->node + n,       all->activation + n,
                           all->innovation + c,  all->source + c,     all->target + c,
                           all->weight + c,      all->enabled + c};
    return genome;
}

/* The first place in rising numbers that is not below `wanted`. */
INLINE int32_t place_of(const int32_t *numbers, int32_t count, int32_t wanted) {
    int32_t low = 0, high = count;
    while (low < high) {
        const int32_t middle = (low + high) >> 1;
        if (numbers[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The row of a node in its genome, -1 for inputs and the bias. */
INLINE int32_t row_of(const Genome *genome, int32_t id) {
    const int32_t output = id - genome->inputs - 1;
    if (output < 0) return -1;
    return output < genome->outputs ? output : place_of(genome->node, genome->nodes, id);
}

#endif
