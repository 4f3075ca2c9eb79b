/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * NEAT genomes made into networks, and what these compute: reference/neat_forward.py.
 */
#ifndef VYNAPSE_NEAT_FORWARD_H
#define VYNAPSE_NEAT_FORWARD_H

#include "neat_genomes.h"

/* After the activations of functions.h, in the order of NODE_ACTIVATIONS. */
enum { STEEP_SIGMOID = GELU + 1, GAUSS };

/* Room for one thread: 3 * gene_room + 4 * node_room + 2 numbers. */
typedef struct {
    int32_t *edge, *from, *to;       /* gene_room each */
    int32_t *needed, *level, *slot;  /* node_room each */
    int32_t *filled;                 /* node_room + 2 */
} Bench;

INLINE Bench bench_in(int32_t *work, const Genomes *genomes) {
    const int32_t n = genomes->node_room, c = genomes->gene_room;
    int32_t *const nodes = work + 3 * c;
    const Bench bench = {work, work + c, work + 2 * c, nodes, nodes + n, nodes + 2 * n, nodes + 3 * n};
    return bench;
}

/* Enabled genes from which an output can be reached; returns how many. */
INLINE int32_t live_edges(const Genome *genome, const Bench *at) {
    int32_t edges = 0, kept = 0;
    for (int32_t g = 0; g < genome->genes; g++) {
        if (!genome->enabled[g]) continue;
        at->edge[edges] = g;
        at->from[edges] = row_of(genome, genome->source[g]);
        at->to[edges++] = row_of(genome, genome->target[g]);
    }
    for (int32_t k = 0; k < genome->nodes; k++) at->needed[k] = k < genome->outputs;
    for (int changed = 1; changed;) {
        changed = 0;
        for (int32_t e = 0; e < edges; e++)
            if (at->from[e] >= 0 && at->needed[at->to[e]] && !at->needed[at->from[e]])
                changed = at->needed[at->from[e]] = 1;
    }
    for (int32_t e = 0; e < edges; e++) {
        if (!at->needed[at->to[e]]) continue;
        at->edge[kept] = at->edge[e];
        at->from[kept] = at->from[e];
        at->to[kept++] = at->to[e];
    }
    return kept;
}

/* Longest paths; returns the highest level, or -1 where there is a cycle. */
INLINE int32_t levels_of(const Genome *genome, const Bench *at, int32_t edges) {
    int32_t highest = 1;
    for (int32_t k = 0; k < genome->nodes; k++) at->level[k] = at->needed[k];
    for (int changed = 1; changed;) {
        changed = 0;
        for (int32_t e = 0; e < edges; e++) {
            if (at->from[e] < 0 || at->level[at->to[e]] > at->level[at->from[e]]) continue;
            const int32_t level = at->level[at->from[e]] + 1;
            if (level > genome->nodes) return -1;
            at->level[at->to[e]] = level;
            highest = level > highest ? level : highest;
            changed = 1;
        }
    }
    return highest;
}

INLINE void compile_one(const Genomes *genomes, const Programs *programs, int64_t row,
                        const Bench *at) {
    const Genome genome = genome_at(genomes, row);
    const int32_t before = genome.inputs + 1;
    const int64_t n = row * programs->node_room, c = row * programs->gene_room;
    int32_t *const first = programs->first + row * (programs->node_room + 1);
    const int32_t edges = live_edges(&genome, at);
    int32_t lowest = 0, highest = 0, steps = 0;
    if (programs->recurrent) {
        for (int32_t k = 0; k < genome.nodes; k++) at->level[k] = 0;
    } else {
        lowest = 1;
        highest = levels_of(&genome, at, edges);
        if (highest < 0) {
            programs->steps[row] = -1;
            return;
        }
    }
    for (int32_t level = lowest; level <= highest; level++)
        for (int32_t k = 0; k < genome.nodes; k++) {
            if (!at->needed[k] || at->level[k] != level) continue;
            at->slot[k] = steps;
            programs->node[n + steps] = k;
            programs->level[n + steps] = level;
            programs->kind[n + steps++] = genome.activation[k];
        }
    programs->steps[row] = steps;
    for (int32_t o = 0; o < genome.outputs; o++)
        programs->result[row * genome.outputs + o] = before + at->slot[o];
    for (int32_t k = 0; k <= steps; k++) at->filled[k] = 0;
    for (int32_t e = 0; e < edges; e++) at->filled[at->slot[at->to[e]] + 1]++;
    for (int32_t k = 0; k < steps; k++) at->filled[k + 1] += at->filled[k];
    for (int32_t k = 0; k <= steps; k++) first[k] = at->filled[k];
    for (int32_t e = 0; e < edges; e++) {
        const int64_t to = c + at->filled[at->slot[at->to[e]]]++;
        const int32_t from = at->from[e];
        programs->origin[to] = from < 0 ? genome.source[at->edge[e]] : before + at->slot[from];
        programs->weight[to] = genome.weight[at->edge[e]];
    }
}

/* Networks of the genomes from `begin` to `end` - 1; work: see Bench. */
EXPORT void KERNEL(neat_compile)(const Genomes *genomes, const Programs *programs, int32_t *work,
                                 int64_t begin, int64_t end) {
    const Bench bench = bench_in(work, genomes);
    for (int64_t row = begin; row < end; row++) compile_one(genomes, programs, row, &bench);
}

/* Activations of `count` <= SIDES vectors, in place. */
INLINE void node_activate(int32_t kind, lanes *x, int count) {
    if (kind == STEEP_SIGMOID) {
        SIDE_BY_SIDE x[v] = 4.9f * x[v];
        activate(SIGMOID, x, count);
    } else if (kind == GAUSS) {
        SIDE_BY_SIDE x[v] = exp_lanes(-(x[v] * x[v]));
    } else {
        activate(kind, x, count);
    }
}

/* One compiled network. */
typedef struct {
    int32_t steps, inputs, outputs, recurrent;
    const int32_t *kind, *first, *origin, *result;
    const float *weight;
} Program;

INLINE Program program_at(const Programs *all, int64_t row) {
    const int64_t n = row * all->node_room, c = row * all->gene_room;
    const Program program = {all->steps[row],     all->inputs,
                             all->outputs,        all->recurrent,
                             all->kind + n,       all->first + row * (all->node_room + 1),
                             all->origin + c,     all->result + row * all->outputs,
                             all->weight + c};
    return program;
}

/* A slot of values holds SPAN examples, of which `count` vectors are in use. */
enum { SPAN = SIDES * WIDTH };

/* All computed nodes from values `known` (slots, SPAN) into `values`, which may be the same. */
INLINE void compute_nodes(const Program *program, const float *known, float *values, int count) {
    float *to = values + (program->inputs + 1) * SPAN;
    for (int32_t k = 0; k < program->steps; k++, to += SPAN) {
        lanes total[SIDES];
        SIDE_BY_SIDE total[v] = all(0.0f);
        for (int32_t e = program->first[k]; e < program->first[k + 1]; e++) {
            const float *const from = known + program->origin[e] * SPAN;
            const lanes weight = all(program->weight[e]);
            SIDE_BY_SIDE total[v] = total[v] + weight * load(from + v * WIDTH);
        }
        node_activate(program->kind[k], total, count);
        SIDE_BY_SIDE store(to + v * WIDTH, total[v]);
    }
}

/* Values of a network whose inputs and bias are in their slots; recurrent ones use as many slots
 * again behind `slots`. */
INLINE void network_values(const Program *program, float *values, int64_t slots, int32_t updates,
                           int count) {
    const int64_t before = (program->inputs + 1) * SPAN, size = before + program->steps * SPAN;
    float *const known = values + slots * SPAN;
    if (!program->recurrent) {
        if (count == 1)
            compute_nodes(program, values, values, 1);
        else
            compute_nodes(program, values, values, count);
        return;
    }
    for (int32_t update = 0; update < updates; update++) {
        for (int64_t k = 0; k < size; k++) known[k] = values[k];
        compute_nodes(program, known, values, count);
    }
}

typedef struct {
    const float *inputs;   /* (inputs, stride), examples beside each other */
    const float *targets;  /* (outputs, stride), or null */
    float *state;          /* (p, node_room, stride), or null */
    int64_t examples, stride;
    int32_t updates;
} Examples;

/* Inputs, bias and state of the examples from `from` on into their slots; returns the number of
 * vectors. */
INLINE int fill_slots(const Programs *programs, const Program *program, const Examples *examples,
                      int64_t row, int64_t from, float *values) {
    const int64_t left = examples->examples - from;
    const int count = left >= SPAN ? SIDES : (int)((left + WIDTH - 1) / WIDTH);
    const int32_t inputs = program->inputs;
    for (int32_t k = 0; k < inputs; k++)
        SIDE_BY_SIDE store(values + k * SPAN + v * WIDTH,
                           load(examples->inputs + k * examples->stride + from + v * WIDTH));
    SIDE_BY_SIDE store(values + inputs * SPAN + v * WIDTH, all(1.0f));
    if (!program->recurrent) return count;
    for (int32_t k = 0; k < program->steps; k++) {
        float *const to = values + (inputs + 1 + k) * SPAN;
        const float *const held =
            examples->state + (row * programs->node_room + k) * examples->stride + from;
        SIDE_BY_SIDE store(to + v * WIDTH,
                           examples->state ? load(held + v * WIDTH) : all(0.0f));
    }
    return count;
}

/* outputs (p, outputs, stride); work: 2 * (inputs + 1 + node_room) * 64 floats. */
EXPORT void KERNEL(neat_forward)(const Programs *programs, const Examples *examples,
                                 float *outputs, float *work, int64_t begin, int64_t end) {
    const int64_t slots = programs->inputs + 1 + programs->node_room, stride = examples->stride;
    for (int64_t row = begin; row < end; row++) {
        const Program program = program_at(programs, row);
        for (int64_t from = 0; from < examples->examples; from += SPAN) {
            const int count = fill_slots(programs, &program, examples, row, from, work);
            network_values(&program, work, slots, examples->updates, count);
            for (int32_t o = 0; o < program.outputs; o++)
                SIDE_BY_SIDE store(outputs + (row * program.outputs + o) * stride + from + v * WIDTH,
                                   load(work + program.result[o] * SPAN + v * WIDTH));
            if (!examples->state) continue;
            for (int32_t k = 0; k < program.steps; k++)
                SIDE_BY_SIDE store(examples->state + (row * programs->node_room + k) * stride +
                                       from + v * WIDTH,
                                   load(work + (program.inputs + 1 + k) * SPAN + v * WIDTH));
        }
    }
}

/* Mean squared errors (p,); work as above. */
EXPORT void KERNEL(neat_squares)(const Programs *programs, const Examples *examples,
                                 double *losses, float *work, int64_t begin, int64_t end) {
    const int64_t slots = programs->inputs + 1 + programs->node_room, stride = examples->stride;
    for (int64_t row = begin; row < end; row++) {
        const Program program = program_at(programs, row);
        double total = 0;
        for (int64_t from = 0; from < examples->examples; from += SPAN) {
            const int count = fill_slots(programs, &program, examples, row, from, work);
            network_values(&program, work, slots, examples->updates, count);
            const int64_t left = examples->examples - from, use = left < SPAN ? left : SPAN;
            for (int64_t b = 0; b < use; b++)
                for (int32_t o = 0; o < program.outputs; o++) {
                    const float error = work[program.result[o] * SPAN + b] -
                                        examples->targets[o * stride + from + b];
                    total = total + (double)(error * error);
                }
        }
        losses[row] = total / (double)(examples->examples * programs->outputs);
    }
}

#endif
