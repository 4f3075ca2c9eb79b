/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Runs a network that is given as loops over one array of floats (deploy/lowered/words.py writes
 * them): no allocation, no call of a library, and what is computed lies in the array itself.
 */
#ifndef VYNAPSE_GRAPH_ENGINE_H
#define VYNAPSE_GRAPH_ENGINE_H

#include "graph_functions.h"

enum { GRAPH_RANK = 8, GRAPH_INPUTS = 3 };
enum { GRAPH_MAP, GRAPH_FOLD, GRAPH_GATHER, GRAPH_SPARSE, GRAPH_TAKE };
enum { FOLD_SUM, FOLD_DOT, FOLD_MAX, FOLD_MIN, FOLD_ARGMAX };

enum {
#define ELEMENT(name, count, expression) ELEMENT_##name,
#include "graph_table.h"
#undef ELEMENT
};

/* A walk: where it is, and how far each index moves it. */
typedef struct {
    float *at;
    int32_t by[GRAPH_RANK];
} graph_walk;

INLINE const int32_t *graph_read(const int32_t *word, float *memory, int rank, graph_walk *walk) {
    walk->at = memory + *word++;
    for (int axis = 0; axis < rank; axis++) walk->by[axis] = *word++;
    return word;
}

/* The next index of all axes but the last `inner` ones; 0 after the last of them. */
INLINE int graph_next(int32_t *index, const int32_t *size, int outer, graph_walk *walk, int count) {
    for (int axis = outer - 1; axis >= 0; axis--) {
        for (int w = 0; w < count; w++) walk[w].at += walk[w].by[axis];
        if (++index[axis] < size[axis]) return 1;
        for (int w = 0; w < count; w++) walk[w].at -= walk[w].by[axis] * size[axis];
        index[axis] = 0;
    }
    return 0;
}

static inline void graph_line(int kind, int32_t n, const graph_walk *w, int last) {
    float *out = w[0].at;
    const float *a = w[1].at, *b = w[2].at, *c = w[3].at;
    const int32_t o = w[0].by[last], p = w[1].by[last], q = w[2].by[last], r = w[3].by[last];
    switch (kind) {
#define ELEMENT(name, count, expression)                             \
    case ELEMENT_##name:                                             \
        for (int32_t k = 0; k < n; k++) {                            \
            const float x = a[k * p];                                \
            const float y = (count) > 1 ? b[k * q] : 0.0f;           \
            const float z = (count) > 2 ? c[k * r] : 0.0f;           \
            (void)y, (void)z;                                        \
            out[k * o] = expression;                                 \
        }                                                            \
        break;
#include "graph_table.h"
#undef ELEMENT
    default:
        break;
    }
}

static inline const int32_t *graph_map(const int32_t *word, float *memory) {
    const int kind = *word++, rank = *word++, inputs = *word++;
    const int32_t *size = word;
    graph_walk walk[1 + GRAPH_INPUTS] = {{0}};
    int32_t index[GRAPH_RANK] = {0};
    word += rank;
    for (int w = 0; w < 1 + inputs; w++) word = graph_read(word, memory, rank, walk + w);
    for (int w = 1 + inputs; w < 1 + GRAPH_INPUTS; w++) walk[w] = walk[1];
    do graph_line(kind, size[rank - 1], walk, rank - 1);
    while (graph_next(index, size, rank - 1, walk, 1 + GRAPH_INPUTS));
    return word;
}

/* What rows have come to so far, and how many elements they had. */
typedef struct {
    float total, best;
    int32_t seen;
} graph_sum;

static inline void graph_fold_line(int kind, int32_t n, const float *a, int32_t p, const float *b, int32_t q,
                            graph_sum *sum) {
    if (kind == FOLD_SUM || kind == FOLD_DOT) {
        /* four sums side by side: one alone would wait for itself */
        float part[4] = {0.0f, 0.0f, 0.0f, 0.0f};
        int32_t k = 0;
        for (; k + 4 <= n; k += 4)
            for (int l = 0; l < 4; l++)
                part[l] += kind == FOLD_DOT ? a[(k + l) * p] * b[(k + l) * q] : a[(k + l) * p];
        for (; k < n; k++) part[0] += kind == FOLD_DOT ? a[k * p] * b[k * q] : a[k * p];
        sum->total += (part[0] + part[1]) + (part[2] + part[3]);
        return;
    }
    for (int32_t k = 0; k < n; k++, sum->seen++) {
        const float x = a[k * p];
        const int better = kind == FOLD_MIN ? x < sum->best : x > sum->best;
        if (sum->seen && !better && x == x) continue;
        if (sum->seen && sum->best != sum->best) continue;
        sum->best = x;
        sum->total = kind == FOLD_ARGMAX ? (float)sum->seen : x;
    }
}

static inline const int32_t *graph_fold(const int32_t *word, float *memory) {
    const int kind = *word++, outer = *word++, inner = *word++, inputs = *word++, begins = *word++;
    const int32_t *size = word, *row = word + outer;
    graph_walk walk[4] = {{0}};
    int32_t index[GRAPH_RANK] = {0};
    word += outer + inner;
    word = graph_read(word, memory, outer, walk);
    for (int w = 1; w <= inputs; w++) word = graph_read(word, memory, outer + inner, walk + w);
    if (inputs == 1) walk[2] = walk[1];
    if (begins) word = graph_read(word, memory, outer, walk + 3);
    else walk[3] = walk[0];
    do {
        graph_sum sum = {0.0f, 0.0f, 0};
        graph_walk inside[2] = {walk[1], walk[2]};
        int32_t place[GRAPH_RANK] = {0};
        for (int w = 0; w < 2; w++)
            for (int axis = 0; axis < inner; axis++) inside[w].by[axis] = walk[1 + w].by[outer + axis];
        do
            graph_fold_line(kind, row[inner - 1], inside[0].at, inside[0].by[inner - 1],
                            inside[1].at, inside[1].by[inner - 1], &sum);
        while (graph_next(place, row, inner - 1, inside, 2));
        *walk[0].at = begins ? sum.total + *walk[3].at : sum.total;
    } while (graph_next(index, size, outer, walk, 4));
    return word;
}

static inline const int32_t *graph_gather(const int32_t *word, float *memory) {
    const int32_t count = word[0], by = word[3];
    float *out = memory + word[1];
    const float *x = memory + word[2];
    word += 4;
    for (int32_t k = 0; k < count; k++, word++) out[k] = *word < 0 ? 0.0f : x[*word * by];
    return word;
}

static inline const int32_t *graph_sparse(const int32_t *word, float *memory) {
    const int32_t edges = word[0], size = word[1], x_by = word[4], weighted = word[5], by = word[7];
    float *out = memory + word[2];
    const float *x = memory + word[3], *weight = memory + word[6];
    const int32_t *source = word + 8, *target = source + edges;
    for (int32_t k = 0; k < size; k++) out[k] = 0.0f;
    for (int32_t k = 0; k < edges; k++) {
        const float value = x[source[k] * x_by];
        out[target[k]] += weighted ? value * weight[k * by] : value;
    }
    return target + edges;
}

static inline const int32_t *graph_take(const int32_t *word, float *memory) {
    const int32_t count = word[0], rows = word[1], width = word[2], by = word[5];
    float *out = memory + word[3];
    const float *number = memory + word[4], *table = memory + word[6];
    for (int32_t k = 0; k < count; k++) {
        const float wanted = number[k * by];
        const int32_t row = wanted > 0.0f ? (wanted < (float)rows ? (int32_t)wanted : rows - 1) : 0;
        for (int32_t c = 0; c < width; c++) out[k * width + c] = table[row * width + c];
    }
    return word + 7;
}

/* Run all loops; the words end with -1. Returns 0, or 1 where they are none that are known. */
EXPORT int32_t KERNEL(graph_run)(const int32_t *word, float *memory) {
    for (;;) {
        switch (*word++) {
        case GRAPH_MAP:
            word = graph_map(word, memory);
            break;
        case GRAPH_FOLD:
            word = graph_fold(word, memory);
            break;
        case GRAPH_GATHER:
            word = graph_gather(word, memory);
            break;
        case GRAPH_SPARSE:
            word = graph_sparse(word, memory);
            break;
        case GRAPH_TAKE:
            word = graph_take(word, memory);
            break;
        case -1:
            return 0;
        default:
            return 1;
        }
    }
}

#endif
