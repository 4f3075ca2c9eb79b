/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Gradient descent of a small MLP: the law of reference/train.py, many steps a call.
 *
 * Examples lie in lanes: activations are (units, stride), where a batch fills `stride` places, the
 * last of them with copies of its last example that count for nothing. Parameters, gradient and
 * moments are padded with zeros to a multiple of LANES.
 */
#include "functions.h"
#include "fold.h"

enum { TRAIN_MSE, TRAIN_CROSS_ENTROPY };
enum { RULE_SGD, RULE_ADAM, RULE_ADAMW };

typedef struct {
    const int32_t *sizes;  /* widths, inputs first: (layers + 1,) */
    const float *inputs;   /* (examples, sizes[0]) */
    const float *targets;  /* (examples, outputs), or classes as numbers: (examples,) */
    int32_t layers, bias, hidden, output, loss, padded;  /* padded: number of parameters */
} Lesson;

typedef struct {
    const float *rates;    /* (steps,) */
    const float *scales;   /* adam, adamw: of the root of the second moment: (steps,) */
    const float *shrinks;  /* adamw: of the parameters: (steps,) */
    const int32_t *rows;   /* examples of each batch: (steps, batch), or null for all of them */
    int32_t batch, rule, nesterov, clips;
    float momentum, beta1, rest1, beta2, rest2, epsilon, weight_decay, clip_norm;
} Descent;

typedef struct {
    float *parameters, *first, *second;  /* (padded,); first: momentum or first moment */
    float *losses, *norms;               /* (steps,) */
    float *work;                         /* train_workspace lanes */
} Learner;

typedef struct {
    float *activations;  /* (all units, stride) */
    float *deltas;       /* (units behind the inputs, stride): first slopes, then derivatives */
    float *targets;      /* (outputs or 1, stride) */
    float *counts;       /* 1 for an example, 0 for a copy: (stride,) */
    float *gradient;     /* (padded,) */
    int64_t stride;
} Pass;

/* As many sums as the registers hold. */
#if defined(__AVX512F__)
enum { TILE_UNITS = 4, TILE_VECTORS = 4, TILE_ROWS = 4 };
#else
enum { TILE_UNITS = 4, TILE_VECTORS = 2, TILE_ROWS = 2 };
#endif

/* How many examples are worked on side by side; part of the law. */
INLINE int32_t train_span(int32_t batch) { return batch <= 4 ? 4 : batch <= 8 ? 8 : LANES; }

INLINE int64_t train_stride(int32_t batch) {
    const int32_t width = train_span(batch);
    return ((int64_t)batch + width - 1) / width * width;
}

INLINE int32_t train_target_rows(const Lesson *lesson) {
    return lesson->loss == TRAIN_MSE ? lesson->sizes[lesson->layers] : 1;
}

INLINE Pass pass_in(const Lesson *lesson, int32_t batch, float *work) {
    int64_t units = 0;
    for (int32_t n = 0; n <= lesson->layers; n++) units += lesson->sizes[n];
    Pass pass = {0};
    pass.stride = train_stride(batch);
    pass.activations = work;
    pass.deltas = pass.activations + units * pass.stride;
    pass.targets = pass.deltas + (units - lesson->sizes[0]) * pass.stride;
    pass.counts = pass.targets + train_target_rows(lesson) * pass.stride;
    pass.gradient = pass.counts + pass.stride;
    return pass;
}

/* Floats of workspace for batches of `batch` examples. */
EXPORT int64_t KERNEL(train_workspace)(const Lesson *lesson, int32_t batch) {
    return pass_in(lesson, batch, 0).gradient - (float *)0 + lesson->padded;
}

/* Roots and quotients of wider vectors take as long in all and longer each. */
#if WIDTH > 8
#define ENTRIES 8
#else
#define ENTRIES WIDTH
#endif
typedef JOIN(floats, ENTRIES) entries;
#define ENTRIES_AT(array, i) (*(entries *)((array) + (int64_t)(i) * ENTRIES))

INLINE entries root(entries x) {
    float each[ENTRIES];
    ENTRIES_AT(each, 0) = x;
    for (int l = 0; l < ENTRIES; l++) each[l] = __builtin_sqrtf(each[l]);
    return ENTRIES_AT(each, 0);
}

INLINE float positive_one(float x) { return x > 0.0f ? 1.0f : 0.0f; }

/* L2 norm: parameter q goes to lane q % LANES. */
INLINE float norm_of(const float *gradient, int32_t padded) {
    enum { PARTS = LANES / ENTRIES };
    entries sums[PARTS] = {{0}};
    for (int32_t q = 0; q < padded / ENTRIES; q += PARTS)
        for (int p = 0; p < PARTS; p++) {
            const entries part = ENTRIES_AT(gradient, q + p);
            sums[p] += part * part;
        }
    for (int half = PARTS / 2; half > 0; half /= 2)
        for (int p = 0; p < half; p++) sums[p] += sums[p + half];
    return __builtin_sqrtf(folded_4(JOIN(halved, ENTRIES)(sums[0])));
}

INLINE void update(const Descent *descent, const Learner *learner, const float *gradient,
                   int32_t padded, int64_t step, float factor) {
    const float rate = descent->rates[step], decay = descent->weight_decay;
    for (int32_t q = 0; q < padded / ENTRIES; q++) {
        entries x = ENTRIES_AT(learner->parameters, q), g = ENTRIES_AT(gradient, q);
        if (descent->clips) g = g * factor;
        if (descent->rule != RULE_ADAMW) g = g + decay * x;
        if (descent->rule == RULE_SGD) {
            entries way = g;
            if (descent->momentum != 0.0f) {
                const entries m = descent->momentum * ENTRIES_AT(learner->first, q) + g;
                ENTRIES_AT(learner->first, q) = m;
                way = descent->nesterov ? g + descent->momentum * m : m;
            }
            x = x - rate * way;
        } else {
            if (descent->rule == RULE_ADAMW) x = x * descent->shrinks[step];
            const entries m = descent->beta1 * ENTRIES_AT(learner->first, q) + descent->rest1 * g;
            const entries v =
                descent->beta2 * ENTRIES_AT(learner->second, q) + descent->rest2 * g * g;
            ENTRIES_AT(learner->first, q) = m;
            ENTRIES_AT(learner->second, q) = v;
            x = x - rate * m / (root(v) * descent->scales[step] + descent->epsilon);
        }
        ENTRIES_AT(learner->parameters, q) = x;
    }
}

#define SPAN 4
#include "train_span.h"
#undef SPAN
#define SPAN 8
#include "train_span.h"
#undef SPAN
#define SPAN 16
#include "train_span.h"
#undef SPAN

/* Up to `steps` steps, and how many were made: after the first whose loss or gradient norm is not
 * finite, which is not made, none follows. */
EXPORT int64_t KERNEL(train)(const Lesson *lesson, const Descent *descent, const Learner *learner,
                             int64_t steps) {
    switch (train_span(descent->batch)) {
    case 4: return train_4(lesson, descent, learner, steps);
    case 8: return train_8(lesson, descent, learner, steps);
    default: return train_16(lesson, descent, learner, steps);
    }
}
