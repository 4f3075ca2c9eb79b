/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The steps of train.h for SPAN examples side by side; included once for each width.
 */
#if SPAN < WIDTH
#define SIDE SPAN
#else
#define SIDE WIDTH
#endif
#define WIDE(name) JOIN(name, SPAN)
#define vec JOIN(floats, SIDE)
#define VEC(array, i) (*(vec *)((array) + (int64_t)(i) * SIDE))
#define EACH(l) for (int l = 0; l < SIDE; l++)

/* An array in between, as the compiler makes no vectors of loops over the elements of one. */
#define ELEMENTWISE(name, function)                  \
    INLINE vec WIDE(name)(vec x) {                   \
        float each[SIDE];                            \
        VEC(each, 0) = x;                            \
        EACH(l) each[l] = function(each[l]);         \
        return VEC(each, 0);                         \
    }
ELEMENTWISE(exponentials, exp_one)
ELEMENTWISE(logarithms, log_one)
ELEMENTWISE(tangents, tanh_one)
ELEMENTWISE(rectified, relu_one)
ELEMENTWISE(positive, positive_one)

/* Activations and their derivatives of `count` vectors of sums, in place. */
static void WIDE(activate)(int32_t kind, float *values, float *slopes, int64_t count) {
    for (int64_t v = 0; v < count; v++) {
        const vec x = VEC(values, v);
        vec y = x, slope;
        switch (kind) {
        case TANH:
            y = WIDE(tangents)(x);
            slope = 1.0f - y * y;
            break;
        case SIGMOID:
            y = 0.5f * WIDE(tangents)(0.5f * x) + 0.5f;
            slope = y * (1.0f - y);
            break;
        case RELU:
            y = WIDE(rectified)(x);
            slope = WIDE(positive)(x);
            break;
        case GELU: {
            const vec t = WIDE(tangents)(0.7978845608f * (x + 0.044715f * x * x * x));
            const vec inner = 0.7978845608f * (1.0f + 0.134145f * x * x);
            slope = 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * inner;
            y = 0.5f * x * (1.0f + t);
            break;
        }
        default:
            slope = 1.0f - (vec){0};
        }
        VEC(values, v) = y;
        VEC(slopes, v) = slope;
    }
}

/* sum[u][v] += from[i] * weights[u, i] for `terms` i in rising order; some units and vectors. */
INLINE void WIDE(accumulate)(vec sum[TILE_UNITS][TILE_VECTORS], const float *weights,
                             int64_t unit_step, int64_t term_step, const float *from,
                             int32_t terms, int64_t stride, int units, int vectors) {
    for (int32_t i = 0; i < terms; i++) {
        for (int u = 0; u < units; u++) {
            const float weight = weights[u * unit_step + i * term_step];
            for (int v = 0; v < vectors; v++) sum[u][v] += weight * VEC(from + i * stride, v);
        }
    }
}

/* Sums of some units of a layer for some vectors of examples. */
INLINE void WIDE(forward_tile)(const float *weights, const float *biases, const float *from,
                               float *to, int32_t inputs, int64_t stride, int units,
                               int vectors) {
    vec sum[TILE_UNITS][TILE_VECTORS];
    for (int u = 0; u < units; u++)
        for (int v = 0; v < vectors; v++) sum[u][v] = (biases ? biases[u] : 0.0f) - (vec){0};
    WIDE(accumulate)(sum, weights, inputs, 1, from, inputs, stride, units, vectors);
    for (int u = 0; u < units; u++)
        for (int v = 0; v < vectors; v++) VEC(to + u * stride, v) = sum[u][v];
}

/* Derivatives of some units below a layer, in the place of their slopes. */
INLINE void WIDE(backward_tile)(const float *weights, const float *above, float *below,
                                int32_t inputs, int32_t outputs, int64_t stride, int units,
                                int vectors) {
    vec sum[TILE_UNITS][TILE_VECTORS];
    for (int u = 0; u < units; u++)
        for (int v = 0; v < vectors; v++) sum[u][v] = (vec){0};
    WIDE(accumulate)(sum, weights, 1, inputs, above, outputs, stride, units, vectors);
    for (int u = 0; u < units; u++)
        for (int v = 0; v < vectors; v++)
            VEC(below + u * stride, v) = sum[u][v] * VEC(below + u * stride, v);
}

/* Sums over the examples of above[r] * from[c], or of above[r] alone where `from` is null: lane by
 * lane over the blocks, then by halves. */
INLINE void WIDE(gradient_tile)(const float *above, const float *from, float *gradient,
                                int64_t row_step, int64_t stride, int rows, int columns) {
    enum { GROUPS = SPAN / SIDE };
    vec sums[GROUPS][TILE_ROWS][4];
    for (int g = 0; g < GROUPS; g++) {
        vec sum[TILE_ROWS][4];
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++) sum[r][c] = (vec){0};
        for (int64_t v = g; v < stride / SIDE; v += GROUPS)
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < columns; c++) {
                    const vec delta = VEC(above + r * stride, v);
                    sum[r][c] += from ? delta * VEC(from + c * stride, v) : delta;
                }
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++) sums[g][r][c] = sum[r][c];
    }
    for (int r = 0; r < rows; r++) {
        floats_4 quarter[4];
        for (int c = 0; c < columns; c++) {
            for (int half = GROUPS / 2; half > 0; half /= 2)
                for (int g = 0; g < half; g++) sums[g][r][c] += sums[g + half][r][c];
            quarter[c] = JOIN(halved, SIDE)(sums[0][r][c]);
        }
        if (columns == 4)
            *(floats_4 *)(gradient + r * row_step) =
                folded_together(quarter[0], quarter[1], quarter[2], quarter[3]);
        else
            for (int c = 0; c < columns; c++) gradient[r * row_step + c] = folded_4(quarter[c]);
    }
}

INLINE void WIDE(forward_layer)(const float *weights, const float *biases, const float *from,
                                float *to, float *slopes, int32_t inputs, int32_t outputs,
                                int64_t stride, int32_t kind) {
    const int64_t vectors = stride / SIDE;
    for (int32_t u = 0; u < outputs;) {
        const int many = u + TILE_UNITS <= outputs;
        const float *w = weights + (int64_t)u * inputs, *b = biases ? biases + u : 0;
        for (int64_t v = 0; v < vectors;) {
            const float *a = from + v * SIDE;
            float *y = to + u * stride + v * SIDE;
            const int wide = SPAN == LANES && v + TILE_VECTORS <= vectors;
            if (many && wide)
                WIDE(forward_tile)(w, b, a, y, inputs, stride, TILE_UNITS, TILE_VECTORS);
            else if (many)
                WIDE(forward_tile)(w, b, a, y, inputs, stride, TILE_UNITS, 1);
            else
                WIDE(forward_tile)(w, b, a, y, inputs, stride, 1, 1);
            v += many && wide ? TILE_VECTORS : 1;
        }
        u += many ? TILE_UNITS : 1;
    }
    WIDE(activate)(kind, to, slopes, outputs * vectors);
}

INLINE void WIDE(backward_layer)(const float *weights, const float *above, float *below,
                                 int32_t inputs, int32_t outputs, int64_t stride) {
    const int64_t vectors = stride / SIDE;
    for (int32_t u = 0; u < inputs;) {
        const int many = u + TILE_UNITS <= inputs;
        for (int64_t v = 0; v < vectors;) {
            const float *d = above + v * SIDE, *w = weights + u;
            float *to = below + u * stride + v * SIDE;
            const int wide = SPAN == LANES && v + TILE_VECTORS <= vectors;
            if (many && wide)
                WIDE(backward_tile)(w, d, to, inputs, outputs, stride, TILE_UNITS, TILE_VECTORS);
            else if (many)
                WIDE(backward_tile)(w, d, to, inputs, outputs, stride, TILE_UNITS, 1);
            else
                WIDE(backward_tile)(w, d, to, inputs, outputs, stride, 1, 1);
            v += many && wide ? TILE_VECTORS : 1;
        }
        u += many ? TILE_UNITS : 1;
    }
}

INLINE void WIDE(gradient_layer)(const float *above, const float *from, float *weights,
                                 float *biases, int32_t inputs, int32_t outputs, int64_t stride) {
    for (int32_t o = 0; o < outputs;) {
        const int many = o + TILE_ROWS <= outputs;
        const float *d = above + o * stride;
        for (int32_t i = 0; i < inputs;) {
            const float *a = from + i * stride;
            float *g = weights + (int64_t)o * inputs + i;
            const int wide = many && i + 4 <= inputs;
            if (wide)
                WIDE(gradient_tile)(d, a, g, inputs, stride, TILE_ROWS, 4);
            else
                for (int r = 0; r < (many ? TILE_ROWS : 1); r++)
                    WIDE(gradient_tile)(d + r * stride, a, g + (int64_t)r * inputs, 0, stride, 1,
                                        1);
            i += wide ? 4 : 1;
        }
        o += many ? TILE_ROWS : 1;
    }
    for (int32_t o = 0; biases && o < outputs; o++)
        WIDE(gradient_tile)(above + o * stride, 0, biases + o, 0, stride, 1, 1);
}

/* Squared errors of the examples of one vector; outputs become derivatives times `share`. */
INLINE vec WIDE(squared_errors)(const float *outputs, const float *targets, float *deltas,
                                int32_t count, int64_t stride, vec share) {
    vec loss = {0};
    for (int32_t o = 0; o < count; o++) {
        const vec gap = VEC(outputs + o * stride, 0) - VEC(targets + o * stride, 0);
        loss += gap * gap;
        VEC(deltas + o * stride, 0) = gap * share * VEC(deltas + o * stride, 0);
    }
    return loss;
}

/* Cross-entropies of the examples of one vector. */
INLINE vec WIDE(cross_entropies)(float *outputs, const float *classes, float *deltas,
                                 int32_t count, int64_t stride, vec share) {
    const vec class = VEC(classes, 0);
    vec highest = VEC(outputs, 0), own = {0}, sum = {0};
    for (int32_t o = 0; o < count; o++) {
        const vec z = VEC(outputs + o * stride, 0);
        EACH(l) highest[l] = z[l] > highest[l] ? z[l] : highest[l];
        EACH(l) own[l] = class[l] == (float)o ? z[l] : own[l];
    }
    for (int32_t o = 0; o < count; o++) {
        const vec part = WIDE(exponentials)(VEC(outputs + o * stride, 0) - highest);
        VEC(outputs + o * stride, 0) = part;
        sum += part;
    }
    for (int32_t o = 0; o < count; o++) {
        vec hot;
        EACH(l) hot[l] = class[l] == (float)o ? 1.0f : 0.0f;
        const vec gap = VEC(outputs + o * stride, 0) / sum - hot;
        VEC(deltas + o * stride, 0) = gap * share * VEC(deltas + o * stride, 0);
    }
    return WIDE(logarithms)(sum) - (own - highest) + (sum - sum);
}

/* Losses of the examples, 0 for their copies. */
INLINE vec WIDE(counted)(vec losses, vec counts) {
    float loss[SIDE], count[SIDE];
    VEC(loss, 0) = losses;
    VEC(count, 0) = counts;
    EACH(l) loss[l] = count[l] > 0.0f ? loss[l] : 0.0f;
    return VEC(loss, 0);
}

/* The mean loss, and its derivatives by what goes into the activations of the last layer. */
INLINE float WIDE(loss)(const Lesson *lesson, const Pass *pass, float *outputs, float *deltas,
                        int32_t batch) {
    enum { GROUPS = SPAN / SIDE };
    const int32_t count = lesson->sizes[lesson->layers];
    const int squares = lesson->loss == TRAIN_MSE;
    const float terms = (float)(squares ? (int64_t)batch * count : (int64_t)batch);
    const float share = (squares ? 2.0f : 1.0f) / terms;
    vec sums[GROUPS] = {{0}};
    for (int64_t v = 0; v < pass->stride / SIDE; v += GROUPS)
        for (int g = 0; g < GROUPS; g++) {
            const int64_t at = (v + g) * SIDE;
            const vec counts = VEC(pass->counts + at, 0);
            const vec losses =
                squares ? WIDE(squared_errors)(outputs + at, pass->targets + at, deltas + at,
                                               count, pass->stride, share * counts)
                        : WIDE(cross_entropies)(outputs + at, pass->targets + at, deltas + at,
                                                count, pass->stride, share * counts);
            sums[g] += WIDE(counted)(losses, counts);
        }
    for (int half = GROUPS / 2; half > 0; half /= 2)
        for (int g = 0; g < half; g++) sums[g] += sums[g + half];
    return folded_4(JOIN(halved, SIDE)(sums[0])) / terms;
}

/* Put the examples `rows` (null: the first ones) into lanes; places behind them take the last. */
INLINE void WIDE(gather)(const Lesson *lesson, const Pass *pass, const int32_t *rows,
                         int32_t batch) {
    const int32_t inputs = lesson->sizes[0], targets = train_target_rows(lesson);
    for (int64_t from = 0; from < pass->stride; from += SIDE) {
        const float *input[SIDE], *target[SIDE];
        EACH(l) {
            const int64_t place = from + l, e = place < batch ? place : batch - 1;
            const int64_t row = rows ? rows[e] : e;
            pass->counts[place] = place < batch ? 1.0f : 0.0f;
            input[l] = lesson->inputs + row * inputs;
            target[l] = lesson->targets + row * targets;
        }
        for (int32_t i = 0; i < inputs; i++)
            EACH(l) pass->activations[i * pass->stride + from + l] = input[l][i];
        for (int32_t t = 0; t < targets; t++)
            EACH(l) pass->targets[t * pass->stride + from + l] = target[l][t];
    }
}

/* Loss and gradient of the examples that lie in the lanes. */
INLINE float WIDE(differentiate)(const Lesson *lesson, const Pass *pass, const float *parameters,
                                 int32_t batch) {
    const int64_t stride = pass->stride;
    const int32_t *sizes = lesson->sizes, last = lesson->layers - 1;
    float *from = pass->activations, *to = from + sizes[0] * stride, *deltas = pass->deltas;
    int64_t at = 0;
    for (int32_t n = 0; n <= last; n++) {
        const int32_t inputs = sizes[n], outputs = sizes[n + 1];
        const float *weights = parameters + at;
        at += (int64_t)inputs * outputs;
        WIDE(forward_layer)(weights, lesson->bias ? parameters + at : 0, from, to, deltas, inputs,
                            outputs, stride, n == last ? lesson->output : lesson->hidden);
        at += lesson->bias ? outputs : 0;
        from = to;
        to += outputs * stride;
        deltas += outputs * stride;
    }
    deltas -= sizes[last + 1] * stride;
    const float loss = WIDE(loss)(lesson, pass, from, deltas, batch);
    for (int32_t n = last; n >= 0; n--) {
        const int32_t inputs = sizes[n], outputs = sizes[n + 1];
        at -= lesson->bias ? outputs : 0;
        float *biases = lesson->bias ? pass->gradient + at : 0;
        at -= (int64_t)inputs * outputs;
        from -= inputs * stride;
        WIDE(gradient_layer)(deltas, from, pass->gradient + at, biases, inputs, outputs, stride);
        if (n > 0) {
            WIDE(backward_layer)(parameters + at, deltas, deltas - inputs * stride, inputs,
                                 outputs, stride);
            deltas -= inputs * stride;
        }
    }
    return loss;
}

static int64_t WIDE(train)(const Lesson *lesson, const Descent *descent, const Learner *learner,
                           int64_t steps) {
    const int32_t batch = descent->batch, padded = lesson->padded;
    const Pass pass = pass_in(lesson, batch, learner->work);
    for (int32_t q = 0; q < padded; q++) pass.gradient[q] = 0.0f;
    for (int64_t step = 0; step < steps; step++) {
        if (descent->rows || step == 0)
            WIDE(gather)(lesson, &pass, descent->rows ? descent->rows + step * batch : 0, batch);
        const float loss = WIDE(differentiate)(lesson, &pass, learner->parameters, batch);
        const float norm = norm_of(pass.gradient, padded);
        learner->losses[step] = loss;
        learner->norms[step] = norm;
        if (loss - loss != 0.0f || norm - norm != 0.0f) return step;
        const float factor = descent->clip_norm / (norm + 1e-6f);
        update(descent, learner, pass.gradient, padded, step, factor < 1.0f ? factor : 1.0f);
    }
    return steps;
}

#undef SIDE
#undef WIDE
#undef vec
#undef VEC
#undef EACH
#undef ELEMENTWISE
