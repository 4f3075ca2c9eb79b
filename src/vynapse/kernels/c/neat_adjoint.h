/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Gradients of compiled networks by the weights of their edges: reference/neat_adjoint.py.
 */
#ifndef VYNAPSE_NEAT_ADJOINT_H
#define VYNAPSE_NEAT_ADJOINT_H

#include "neat_forward.h"

/* Vectors that make up the LANES of a sum over examples. */
enum { PARTS = LANES / WIDTH };

/* Room for one genome; each slot holds SPAN examples. */
typedef struct {
    float *values;    /* slots */
    float *slopes;    /* node_room */
    float *by_value;  /* slots: derivatives of the loss by the values */
    float *sums;      /* (gene_room, LANES): gradients that are not added up yet */
} Adjoint;

INLINE Adjoint adjoint_in(float *work, const Programs *programs) {
    const int64_t slots = programs->inputs + 1 + programs->node_room;
    float *const slopes = work + slots * SPAN, *const by = slopes + programs->node_room * SPAN;
    const Adjoint desk = {work, slopes, by, by + slots * SPAN};
    return desk;
}

/* Activations of `count` vectors in place, and their derivatives. */
INLINE void node_differentiate(int32_t kind, lanes *x, lanes *slope, int count) {
    lanes before[SIDES];
    SIDE_BY_SIDE before[v] = x[v];
    node_activate(kind, x, count);
    switch (kind) {
    case TANH:
        SIDE_BY_SIDE slope[v] = 1.0f - x[v] * x[v];
        break;
    case SIGMOID:
        SIDE_BY_SIDE slope[v] = x[v] * (1.0f - x[v]);
        break;
    case RELU:
        SIDE_BY_SIDE slope[v] = if_below(all(0.0f), before[v], all(1.0f), all(0.0f));
        break;
    case GELU: {
        lanes t[SIDES];
        SIDE_BY_SIDE t[v] =
            0.7978845608f * (before[v] + 0.044715f * before[v] * before[v] * before[v]);
        tanh_sides(t, count);
        SIDE_BY_SIDE {
            const lanes inner = 0.7978845608f * (1.0f + 0.134145f * before[v] * before[v]);
            slope[v] = 0.5f * (1.0f + t[v]) + 0.5f * before[v] * (1.0f - t[v] * t[v]) * inner;
        }
        break;
    }
    case STEEP_SIGMOID:
        SIDE_BY_SIDE slope[v] = 4.9f * (x[v] * (1.0f - x[v]));
        break;
    case GAUSS:
        SIDE_BY_SIDE slope[v] = -2.0f * before[v] * x[v];
        break;
    default:
        SIDE_BY_SIDE slope[v] = all(1.0f);
    }
}

/* Values and slopes of all computed nodes. */
INLINE void forward_slopes(const Program *program, const Adjoint *at, int count) {
    float *to = at->values + (program->inputs + 1) * SPAN, *slopes = at->slopes;
    for (int32_t k = 0; k < program->steps; k++, to += SPAN, slopes += SPAN) {
        lanes total[SIDES], slope[SIDES];
        SIDE_BY_SIDE total[v] = all(0.0f);
        for (int32_t e = program->first[k]; e < program->first[k + 1]; e++) {
            const float *const from = at->values + program->origin[e] * SPAN;
            const lanes weight = all(program->weight[e]);
            SIDE_BY_SIDE total[v] = total[v] + weight * load(from + v * WIDTH);
        }
        node_differentiate(program->kind[k], total, slope, count);
        SIDE_BY_SIDE store(to + v * WIDTH, total[v]);
        SIDE_BY_SIDE store(slopes + v * WIDTH, slope[v]);
    }
}

/* Sums of all edges, from the derivatives by the outputs in `by_value`. */
INLINE void backward_sums(const Program *program, const Adjoint *at, int count) {
    const int32_t before = program->inputs + 1;
    for (int32_t k = program->steps - 1; k >= 0; k--) {
        const float *const own = at->by_value + (before + k) * SPAN;
        const float *const slopes = at->slopes + k * SPAN;
        lanes by_sum[SIDES];
        SIDE_BY_SIDE by_sum[v] = load(own + v * WIDTH) * load(slopes + v * WIDTH);
        for (int32_t e = program->first[k]; e < program->first[k + 1]; e++) {
            const int32_t origin = program->origin[e];
            const float *const from = at->values + origin * SPAN;
            float *const sum = at->sums + (int64_t)e * LANES;
            for (int part = 0; part < PARTS; part++) {
                lanes total = load(sum + part * WIDTH);
                for (int v = part; v < count; v += PARTS)
                    total = total + by_sum[v] * load(from + v * WIDTH);
                store(sum + part * WIDTH, total);
            }
            if (origin < before) continue;
            float *const to = at->by_value + origin * SPAN;
            const lanes weight = all(program->weight[e]);
            SIDE_BY_SIDE store(to + v * WIDTH, load(to + v * WIDTH) + weight * by_sum[v]);
        }
    }
}

/* Inputs and bias of the examples from `from` on, and the derivatives by the outputs. */
INLINE void set_adjoint(const Program *program, const Examples *examples, const float *given,
                     int64_t from, const Adjoint *at, int count) {
    const int32_t inputs = program->inputs;
    for (int32_t k = 0; k < inputs; k++)
        SIDE_BY_SIDE store(at->values + k * SPAN + v * WIDTH,
                           load(examples->inputs + k * examples->stride + from + v * WIDTH));
    SIDE_BY_SIDE store(at->values + inputs * SPAN + v * WIDTH, all(1.0f));
    for (int32_t k = 0; k < program->steps; k++)
        SIDE_BY_SIDE store(at->by_value + (inputs + 1 + k) * SPAN + v * WIDTH, all(0.0f));
    for (int32_t o = 0; o < program->outputs; o++)
        SIDE_BY_SIDE store(at->by_value + program->result[o] * SPAN + v * WIDTH,
                           load(given + o * examples->stride + from + v * WIDTH));
}

/* gradients (p, gene_room) in the order of the edges, from derivatives by the outputs `given`
 * (p, outputs, stride), which are 0 behind the last example. */
EXPORT void KERNEL(neat_gradients)(const Programs *programs, const Examples *examples,
                                   const float *given, float *gradients, float *work,
                                   int64_t begin, int64_t end) {
    const Adjoint at = adjoint_in(work, programs);
    const int64_t stride = examples->stride;
    for (int64_t row = begin; row < end; row++) {
        const Program program = program_at(programs, row);
        const int32_t edges = program.first[program.steps];
        float *const found = gradients + row * programs->gene_room;
        for (int64_t k = 0; k < (int64_t)edges * LANES; k++) at.sums[k] = 0.0f;
        for (int64_t from = 0; from < examples->examples; from += SPAN) {
            const int64_t left = examples->examples - from;
            const int count = left >= SPAN ? SIDES : (int)((left + LANES - 1) / LANES) * PARTS;
            set_adjoint(&program, examples, given + row * program.outputs * stride, from, &at, count);
            forward_slopes(&program, &at, count);
            backward_sums(&program, &at, count);
        }
        for (int32_t e = 0; e < edges; e++) {
            float *const sum = at.sums + (int64_t)e * LANES;
            for (int half = LANES / 2; half > 0; half /= 2)
                for (int l = 0; l < half; l++) sum[l] = sum[l] + sum[l + half];
            found[e] = sum[0];
        }
        for (int32_t e = edges; e < programs->gene_room; e++) found[e] = 0.0f;
    }
}

#endif
