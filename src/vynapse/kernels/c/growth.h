/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Epochs of tiny networks that grow, many beside each other: reference/growth.py says what is
 * computed. The examples of a batch lie in the lanes.
 */
#ifndef VYNAPSE_GROWTH_H
#define VYNAPSE_GROWTH_H

#include "functions.h"
#include "philox.h"

enum { G_INPUTS = 8, G_WIDTH = 32, G_INNER = 16, G_OUTPUTS = 4, G_SLOTS = 2, G_PARTS = 3 };
enum { G_LONG = 48, G_CHUNKS = LANES / WIDTH };
enum { G_ABSENT, G_APART, G_WITHIN };
enum { G_TRAINED = 512, G_VALIDATED = 128, G_TESTED = 256 };

/* Rows begin with the bias, but for those of `down`, which have none. */
typedef struct {
    float in[G_WIDTH][LANES];
    float up[G_SLOTS][G_INNER][G_LONG], down[G_SLOTS][G_WIDTH][LANES];
    float out[G_OUTPUTS][G_LONG];
} GrowthWeights;

typedef struct {
    int32_t inputs, outputs, width, kept, inner[G_SLOTS], mode[G_SLOTS], live[G_SLOTS];
    int32_t examples, stride, offset, steps, active, unused;
} GrowthShape;

typedef struct {
    float alpha[G_SLOTS], rate, fall;
} GrowthRates;

typedef struct {
    double training, validation, differences[G_PARTS], squares[G_PARTS], usable[G_SLOTS];
    double best, test;
} GrowthFound;

typedef struct {
    const GrowthShape *shapes;  /* (n,) */
    const GrowthRates *rates;   /* (n,) */
    GrowthWeights *weights;     /* (n, 3): parameters, first and second moments */
    const float *inputs;        /* (n, examples of all splits, G_INPUTS) */
    const float *targets;       /* (n, examples of all splits, G_OUTPUTS) */
    GrowthFound *found;         /* (n,) */
} GrowthCall;

typedef float Row[LANES];

typedef struct {
    Row x[G_INPUTS], h[1 + G_SLOTS][G_WIDTH], u[G_SLOTS][G_INNER], y[G_OUTPUTS];
    float share[G_SLOTS];
    int32_t width, within[G_SLOTS];
} GrowthPass;

#define EACH_CHUNK(v) for (int v = 0; v < G_CHUNKS; v++)

/* to[r] = (bias of row r) + weights[r, i] * from[i], i rising. */
INLINE void growth_sums(Row *to, const float *weights, int step, int bias, const Row *from,
                        int rows, int terms) {
    int r = 0;
    for (; r + 4 <= rows; r += 4) {
        lanes sum[4][G_CHUNKS];
        const float *w = weights + r * step;
        for (int q = 0; q < 4; q++)
            EACH_CHUNK(v) sum[q][v] = all(bias ? w[q * step] : 0.0f);
        for (int i = 0; i < terms; i++)
            EACH_CHUNK(v) {
                const lanes x = load(from[i] + v * WIDTH);
                for (int q = 0; q < 4; q++) sum[q][v] += all(w[q * step + bias + i]) * x;
            }
        for (int q = 0; q < 4; q++) EACH_CHUNK(v) store(to[r + q] + v * WIDTH, sum[q][v]);
    }
    for (; r < rows; r++) {
        lanes sum[G_CHUNKS];
        const float *w = weights + r * step;
        EACH_CHUNK(v) sum[v] = all(bias ? w[0] : 0.0f);
        for (int i = 0; i < terms; i++)
            EACH_CHUNK(v) sum[v] += all(w[bias + i]) * load(from[i] + v * WIDTH);
        EACH_CHUNK(v) store(to[r] + v * WIDTH, sum[v]);
    }
}

INLINE void growth_tanh(Row *rows, int count) {
    float *values = rows[0];
    const int vectors = count * G_CHUNKS;
    int v = 0;
    for (; v + SIDES <= vectors; v += SIDES) {
        lanes x[SIDES];
        for (int s = 0; s < SIDES; s++) x[s] = load(values + (v + s) * WIDTH);
        tanh_sides(x, SIDES);
        for (int s = 0; s < SIDES; s++) store(values + (v + s) * WIDTH, x[s]);
    }
    for (; v < vectors; v++) store(values + v * WIDTH, tanh_lanes(load(values + v * WIDTH)));
}

INLINE void growth_forward(const GrowthShape *shape, const GrowthWeights *weights,
                           GrowthPass *pass) {
    const int width = pass->width;
    growth_sums(pass->h[0], weights->in[0], LANES, 1, (const Row *)pass->x, width, shape->inputs);
    growth_tanh(pass->h[0], width);
    for (int s = 0; s < G_SLOTS; s++) {
        Row d[G_WIDTH];
        const int inner = pass->within[s] ? shape->inner[s] : 0;
        if (inner) {
            growth_sums(pass->u[s], weights->up[s][0], G_LONG, 1, (const Row *)pass->h[s], inner,
                        width);
            growth_tanh(pass->u[s], inner);
            growth_sums(d, weights->down[s][0], LANES, 0, (const Row *)pass->u[s], width, inner);
        }
        for (int j = 0; j < width; j++)
            EACH_CHUNK(v) {
                const lanes h = load(pass->h[s][j] + v * WIDTH);
                store(pass->h[s + 1][j] + v * WIDTH,
                      inner ? h + all(pass->share[s]) * load(d[j] + v * WIDTH) : h);
            }
    }
    growth_sums(pass->y, weights->out[0], G_LONG, 1, (const Row *)pass->h[G_SLOTS],
                shape->outputs, width);
}

/* below[i] = above[r] * weights[r, i], r rising, added to what is there where `add`. */
INLINE void growth_below(Row *below, const float *weights, int step, int bias, const Row *above,
                         int rows, int terms, int add) {
    for (int i = 0; i < terms; i++) {
        lanes sum[G_CHUNKS];
        EACH_CHUNK(v) sum[v] = all(0.0f);
        for (int r = 0; r < rows; r++)
            EACH_CHUNK(v) sum[v] += all(weights[r * step + bias + i]) * load(above[r] + v * WIDTH);
        EACH_CHUNK(v) {
            float *to = below[i] + v * WIDTH;
            store(to, add ? load(to) + sum[v] : sum[v]);
        }
    }
}



/* Adam, begun with the first gradient. Returns the sum of the squares of the gradient. */
INLINE double growth_learn(GrowthWeights *weights, int64_t at, int step, int bias,
                           const Row *above, const Row *from, int rows, int terms, float rate) {
    float turned[LANES][G_LONG];
    float squares[LANES];
    const int chunks = (bias + terms + WIDTH - 1) / WIDTH;
    for (int e = 0; e < LANES; e++) {
        for (int i = 0; i < chunks * WIDTH; i++) turned[e][i] = 0.0f;
        if (bias) turned[e][0] = 1.0f;
        for (int i = 0; i < terms; i++) turned[e][bias + i] = from[i][e];
    }
    for (int l = 0; l < LANES; l++) squares[l] = 0.0f;
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < chunks; c++) {
            lanes g = all(0.0f);
            for (int e = 0; e < LANES; e++)
                g += all(above[r][e]) * load(turned[e] + c * WIDTH);
            const int64_t place = at + r * step + c * WIDTH;
            float *const x = (float *)weights + place;
            float *const first = (float *)(weights + 1) + place;
            float *const second = (float *)(weights + 2) + place;
            const lanes m = load(first), v = load(second);
            const lanes zero = all(0.0f);
            const lanes next_m = if_below(zero, v, 0.9f * m + 0.1f * g, g);
            const lanes next_v = if_below(zero, v, 0.99f * v + 0.01f * (g * g), g * g);
            store(first, next_m);
            store(second, next_v);
            store(x, load(x) - all(rate) * next_m / (sqrt_lanes(next_v) + 1e-8f));
            float *const sum = squares + c * WIDTH % LANES;
            store(sum, load(sum) + g * g);
        }
    double total = 0;
    for (int l = 0; l < LANES; l++) total = total + (double)squares[l];
    return total;
}

INLINE void growth_slope(Row *delta, const Row *values, int count) {
    for (int i = 0; i < count; i++)
        EACH_CHUNK(v) {
            const lanes y = load(values[i] + v * WIDTH);
            store(delta[i] + v * WIDTH, load(delta[i] + v * WIDTH) * (1.0f - y * y));
        }
}

#define GROWTH_AT(field) \
    ((int64_t)(__builtin_offsetof(GrowthWeights, field) / sizeof(float)))

/* Whether the gradient of a layer neither vanished nor exploded. */
INLINE double growth_usable(double squares, int rows) {
    const double ratio = squares / (double)rows;
    return ratio >= 1e-12 && ratio <= 100.0 ? 0.5 : 0.0;
}

/* Back through a pass: what is within learns, or where `apart` what learns apart. */
INLINE void growth_back(const GrowthShape *shape, GrowthWeights *weights, GrowthPass *pass,
                        Row *delta, float rate, int apart, GrowthFound *found) {
    Row dh[G_WIDTH], dd[G_WIDTH], du[G_INNER];
    const int width = pass->width;
    growth_below(dh, weights->out[0], G_LONG, 1, (const Row *)delta, shape->outputs, width, 0);
    if (!apart)
        growth_learn(weights, GROWTH_AT(out), G_LONG, 1, (const Row *)delta,
                     (const Row *)pass->h[G_SLOTS], shape->outputs, width, rate);
    for (int s = G_SLOTS - 1; s >= 0; s--) {
        const int inner = shape->inner[s];
        if (!pass->within[s]) continue;
        for (int j = 0; j < width; j++)
            EACH_CHUNK(v) store(dd[j] + v * WIDTH, all(pass->share[s]) * load(dh[j] + v * WIDTH));
        growth_below(du, weights->down[s][0], LANES, 0, (const Row *)dd, width, inner, 0);
        growth_slope(du, (const Row *)pass->u[s], inner);
        growth_below(dh, weights->up[s][0], G_LONG, 1, (const Row *)du, inner, width, 1);
        if (shape->mode[s] != (apart ? G_APART : G_WITHIN)) continue;
        const int64_t half = (int64_t)s * G_INNER * G_LONG;
        const double down = growth_learn(weights, GROWTH_AT(down) + s * G_WIDTH * LANES, LANES, 0,
                                         (const Row *)dd, (const Row *)pass->u[s], width, inner,
                                         rate);
        const double up = growth_learn(weights, GROWTH_AT(up) + half, G_LONG, 1, (const Row *)du,
                                       (const Row *)pass->h[s], inner, width, rate);
        found->usable[s] = found->usable[s] + growth_usable(down, width);
        found->usable[s] = found->usable[s] + growth_usable(up, inner);
    }
    if (apart) return;
    growth_slope(dh, (const Row *)pass->h[0], width);
    growth_learn(weights, GROWTH_AT(in), LANES, 1, (const Row *)dh, (const Row *)pass->x, width,
                 shape->inputs, rate);
}

INLINE void growth_shares(const GrowthShape *shape, const GrowthRates *rates, GrowthPass *pass,
                          int apart) {
    pass->width = shape->width;
    for (int s = 0; s < G_SLOTS; s++) {
        const int alone = shape->mode[s] == G_APART;
        pass->within[s] = shape->mode[s] == G_WITHIN || (apart && alone);
        pass->share[s] = alone ? 1.0f : rates->alpha[s];
    }
}

INLINE void growth_take(GrowthPass *pass, const float *inputs, const int64_t *rows, int count) {
    for (int e = 0; e < LANES; e++)
        for (int i = 0; i < count; i++) pass->x[i][e] = inputs[rows[e] * G_INPUTS + i];
}

/* The sum of the squared errors of a batch; delta is the slope of its mean. */
INLINE double growth_errors(const GrowthShape *shape, const GrowthPass *pass, const float *targets,
                            const int64_t *rows, Row *delta) {
    float losses[LANES];
    const float scale = 2.0f / (float)(shape->outputs * LANES);
    for (int e = 0; e < LANES; e++) losses[e] = 0.0f;
    for (int o = 0; o < shape->outputs; o++)
        for (int e = 0; e < LANES; e++) {
            const float gap = pass->y[o][e] - targets[rows[e] * G_OUTPUTS + o];
            losses[e] = losses[e] + gap * gap;
            delta[o][e] = scale * gap;
        }
    double sum = 0;
    for (int e = 0; e < LANES; e++) sum = sum + (double)losses[e];
    return sum / (double)(shape->outputs * LANES);
}

/* Losses of `count` examples from row `from` on. */
INLINE void growth_losses(const GrowthShape *shape, const GrowthWeights *weights, GrowthPass *pass,
                          const float *inputs, const float *targets, int64_t from, int count,
                          float *losses) {
    for (int b = 0; b < count; b += LANES) {
        int64_t rows[LANES];
        for (int e = 0; e < LANES; e++) rows[e] = from + b + e;
        growth_take(pass, inputs, rows, shape->inputs);
        growth_forward(shape, weights, pass);
        for (int e = 0; e < LANES; e++) losses[b + e] = 0.0f;
        for (int o = 0; o < shape->outputs; o++)
            for (int e = 0; e < LANES; e++) {
                const float gap = pass->y[o][e] - targets[rows[e] * G_OUTPUTS + o];
                losses[b + e] = losses[b + e] + gap * gap;
            }
        for (int e = 0; e < LANES; e++) losses[b + e] = losses[b + e] / (float)shape->outputs;
    }
}

INLINE double growth_mean(const float *losses, int count) {
    double sum = 0;
    for (int e = 0; e < count; e++) sum = sum + (double)losses[e];
    return sum / (double)count;
}

/* The validation loss, what each part on trial is worth, and the test loss of a better network. */
INLINE void growth_measure(const GrowthShape *shape, const GrowthRates *rates,
                           const GrowthWeights *weights, const float *inputs,
                           const float *targets, GrowthFound *found) {
    GrowthPass pass;
    float as_is[G_VALIDATED], other[G_TESTED];
    growth_shares(shape, rates, &pass, 0);
    growth_losses(shape, weights, &pass, inputs, targets, G_TRAINED, G_VALIDATED, as_is);
    found->validation = growth_mean(as_is, G_VALIDATED);
    if (found->validation < found->best) {
        found->best = found->validation;
        growth_losses(shape, weights, &pass, inputs, targets, G_TRAINED + G_VALIDATED, G_TESTED,
                      other);
        found->test = growth_mean(other, G_TESTED);
    }
    for (int p = 0; p < G_PARTS; p++) {
        const int alone = p < G_SLOTS && shape->mode[p] == G_APART;
        found->differences[p] = found->squares[p] = 0;
        if (p < G_SLOTS ? !shape->live[p] : shape->kept == shape->width) continue;
        growth_shares(shape, rates, &pass, 0);
        if (p < G_SLOTS)
            pass.within[p] = alone;
        else
            pass.width = shape->kept;
        growth_losses(shape, weights, &pass, inputs, targets, G_TRAINED, G_VALIDATED, other);
        for (int e = 0; e < G_VALIDATED; e++) {
            const double on = alone ? other[e] : as_is[e], off = alone ? as_is[e] : other[e];
            found->differences[p] = found->differences[p] + (off - on);
            found->squares[p] = found->squares[p] + (off - on) * (off - on);
        }
    }
}

INLINE void growth_train(const GrowthShape *shape, const GrowthRates *rates,
                         GrowthWeights *weights, const float *inputs, const float *targets,
                         GrowthFound *found) {
    GrowthPass pass;
    Row delta[G_OUTPUTS];
    double total = 0;
    const int apart = shape->mode[0] == G_APART || shape->mode[1] == G_APART;
    for (int s = 0; s < G_SLOTS; s++) found->usable[s] = 0;
    /* a division for each example would take a quarter of the time */
    const int64_t examples = shape->examples, stride = shape->stride % examples;
    int64_t row = shape->offset % examples;
    for (int32_t step = 0; step < shape->steps; step++) {
        int64_t rows[LANES];
        const float left = rates->rate - (float)step * rates->fall;
        const float rate = left < 0.0f ? 0.0f : left;
        for (int e = 0; e < LANES; e++) {
            rows[e] = row;
            row += stride;
            if (row >= examples) row -= examples;
        }
        growth_take(&pass, inputs, rows, shape->inputs);
        if (apart) {
            growth_shares(shape, rates, &pass, 1);
            growth_forward(shape, weights, &pass);
            growth_errors(shape, &pass, targets, rows, delta);
            growth_back(shape, weights, &pass, delta, rate, 1, found);
        }
        growth_shares(shape, rates, &pass, 0);
        growth_forward(shape, weights, &pass);
        total = total + growth_errors(shape, &pass, targets, rows, delta);
        growth_back(shape, weights, &pass, delta, rate, 0, found);
    }
    if (shape->steps) found->training = total / (double)shape->steps;
}

/* An epoch of the networks from `next` to `end` - 1; threads that share `next` share them. */
EXPORT void KERNEL(growth_epoch)(const GrowthCall *call, int64_t *next, int64_t end) {
    enum { EXAMPLES = G_TRAINED + G_VALIDATED + G_TESTED };
    for (int64_t n; (n = __atomic_fetch_add(next, 1, __ATOMIC_RELAXED)) < end;) {
        const GrowthShape *shape = call->shapes + n;
        const float *inputs = call->inputs + n * EXAMPLES * G_INPUTS;
        const float *targets = call->targets + n * EXAMPLES * G_OUTPUTS;
        if (!shape->active) continue;
        growth_train(shape, call->rates + n, call->weights + 3 * n, inputs, targets,
                     call->found + n);
        growth_measure(shape, call->rates + n, call->weights + 3 * n, inputs, targets,
                       call->found + n);
    }
}

/* Outputs (n, examples of all splits, G_OUTPUTS) of networks, in the place of the targets. */
EXPORT void KERNEL(growth_outputs)(const GrowthCall *call, float *outputs, int64_t count) {
    enum { EXAMPLES = G_TRAINED + G_VALIDATED + G_TESTED };
    for (int64_t n = 0; n < count; n++) {
        const GrowthShape *shape = call->shapes + n;
        const float *inputs = call->inputs + n * EXAMPLES * G_INPUTS;
        GrowthPass pass;
        growth_shares(shape, call->rates + n, &pass, 0);
        for (int64_t b = 0; b < EXAMPLES; b += LANES) {
            int64_t rows[LANES];
            for (int e = 0; e < LANES; e++) rows[e] = b + e;
            growth_take(&pass, inputs, rows, shape->inputs);
            growth_forward(shape, call->weights + 3 * n, &pass);
            for (int e = 0; e < LANES; e++)
                for (int o = 0; o < shape->outputs; o++)
                    outputs[(n * EXAMPLES + rows[e]) * G_OUTPUTS + o] = pass.y[o][e];
        }
    }
}

#endif
