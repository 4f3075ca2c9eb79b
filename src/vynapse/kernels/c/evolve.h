/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Weight evolution of small MLPs: the law of reference/evolve.py, K generations a call.
 *
 * Children lie in lanes: (chunks, parameters, LANES). Parents are rows, sorted by loss: weights, the
 * step size, and zeros up to a multiple of four. A network is measured on TILE examples at a time,
 * so that a weight is read once for all.
 */
#include "philox.h"

enum { TILE = SIDES };
enum { LOSS_MSE, LOSS_CROSS_ENTROPY };
enum { SIGMA_INHERITED, SIGMA_SCHEDULED, SIGMA_SELF_ADAPTED };
enum { STOP_NONE, STOP_TARGET, STOP_STAGNANT, STOP_INVALID };

typedef struct {
    const int32_t *sizes;   /* widths, inputs first: (layers + 1,) */
    const float *inputs;    /* (examples, sizes[0]) */
    const float *targets;   /* mean squared error: (examples, outputs) */
    const int32_t *labels;  /* cross-entropy: (examples,) */
    int32_t layers, bias, hidden, output, loss, examples, parameters;
} Problem;

typedef struct {
    const uint8_t *mask;      /* weights that are mutated: (parameters,), or null for all */
    const float *step_sizes;  /* SIGMA_SCHEDULED: one for each generation of the call */
    double target;            /* stop once a child's loss is below */
    double min_delta;
    int64_t patience;         /* 0: never stagnant */
    Stream uniform, normal;
    int32_t mu, offspring, kept, tournament, adaptation;
    float crossover_rate, mutation_rate, sigma_min, tau;
} Law;

typedef struct {
    float *parents;                   /* (mu, row_length) */
    float *losses;                    /* (mu,) */
    float *children;                  /* (chunks, parameters, LANES) */
    float *child_losses, *child_sigmas;  /* (chunks * LANES,) */
    uint64_t *order, *spare_order;    /* (offspring,) */
    float *champion;                  /* (parameters,) */
    double reference;                 /* loss that counted as improvement last */
    int64_t waited;
    int64_t generation;
    uint64_t ticks[3];                /* variation, evaluation, selection */
    float champion_loss;
    int32_t referenced, stop;
} State;

typedef struct {
    float *best;       /* lowest loss of the children of each generation */
    double *mean;      /* mean of their finite losses */
    double *sigma;     /* mean step size of the parents chosen */
    int32_t *invalid;  /* losses that were not finite */
} History;

INLINE uint64_t ticks_now(void) {
#if defined(__x86_64__) || defined(__i386__)
    return __builtin_ia32_rdtsc();
#else
    return 0;
#endif
}

/* Floats of a parent: as many as there are normals for a child. */
INLINE int64_t row_length(const Problem *problem) { return problem->parameters / 4 * 4 + 4; }

/* Sequential numbers of one stream for BESIDE vectors of individuals, from any index on. */
typedef struct {
    const Source *source;
    const bits *individual;
    uint32_t generation, index;
    lanes numbers[4][BESIDE];
} Reader;

INLINE const lanes *next_uniform(Reader *reader) {
    const uint32_t w = reader->index % 4;
    if (w == 0) {
        bits words[BESIDE][4];
        philox_of_block(reader->source, reader->index / 4, reader->individual, reader->generation,
                        words);
        for (int i = 0; i < 4; i++)
            EACH_BESIDE(v) reader->numbers[i][v] = uniform_lanes(words[v][i]);
    }
    reader->index++;
    return reader->numbers[w];
}

INLINE void read_from(Reader *reader, const Source *source, const bits *individual,
                      uint32_t generation, uint32_t index) {
    reader->source = source;
    reader->individual = individual;
    reader->generation = generation;
    reader->index = index - index % 4;
    while (reader->index < index) next_uniform(reader);
}

/* What BESIDE vectors of children are made of. */
typedef struct {
    Reader reader, hits;
    lanes crossing[BESIDE], sigma[BESIDE];
    const float *first[BESIDE][WIDTH], *second[BESIDE][WIDTH];  /* the parents */
} Family;

/* The parents that win a tournament: they are sorted, so the lowest rank wins. */
INLINE void tournament(const Law *law, Reader *reader, const float *parents, int64_t length,
                       const float *winner[BESIDE][WIDTH]) {
    lanes lowest[BESIDE];
    EACH_BESIDE(v) lowest[v] = all(1.0f);
    for (int32_t k = 0; k < law->tournament; k++) {
        const lanes *drawn = next_uniform(reader);
        EACH_BESIDE(v) lowest[v] = if_below(drawn[v], lowest[v], drawn[v], lowest[v]);
    }
    EACH_BESIDE(v) {
        /* uniforms are odd multiples of 2^-24, so that this is exact */
        Halves ranks = halves((bits)__builtin_convertvector(lowest[v] * 0x1p24f, whole));
        for (int h = 0; h < 2; h++)
            ranks.half[h] = MULTIPLY(ranks.half[h], everywhere((uint32_t)law->mu)) >> 24;
        const bits rank = joined(ranks);
        EACH_LANE(l) winner[v][l] = parents + (int64_t)rank[l] * length;
    }
}

/* The step sizes of children, from what they inherit and a normal number each. */
INLINE void adapt(const Law *law, lanes sigma[BESIDE], lanes number[BESIDE], float scheduled) {
    if (law->adaptation == SIGMA_INHERITED) return;
    if (law->adaptation == SIGMA_SCHEDULED) {
        EACH_BESIDE(v) sigma[v] = all(scheduled);
        return;
    }
    const lanes lowest = all(law->sigma_min);
    EACH_BESIDE(v) number[v] = all(law->tau) * number[v];
    exp_sides(number, BESIDE);
    EACH_BESIDE(v) {
        sigma[v] = sigma[v] * number[v];
        sigma[v] = if_below(lowest, sigma[v], sigma[v], lowest);
    }
}

/* The first 2 * pairs normals of a block. */
INLINE void some_normals(const Source *source, uint32_t block, const bits individual[BESIDE],
                         uint32_t generation, int pairs, lanes numbers[BESIDE][4]) {
    bits words[BESIDE][4], used[2 * SIDES];
    lanes made[2 * SIDES];
    philox_of_block(source, block, individual, generation, words);
    EACH_BESIDE(v) for (int w = 0; w < 2 * pairs; w++) used[2 * pairs * v + w] = words[v][w];
    normal_pairs(used, pairs * BESIDE, made);
    EACH_BESIDE(v) for (int w = 0; w < 2 * pairs; w++) numbers[v][w] = made[2 * pairs * v + w];
}

/* Weights `from` to `from` + count - 1 of the children, at most four, given normals; `own` and
 * `other` are those of the two parents. */
INLINE void mutate(const Law *law, Family *family, int32_t from, int count, lanes own[BESIDE][4],
                   lanes other[BESIDE][4], lanes normal[BESIDE][4], float *child, int mates,
                   int chosen) {
    for (int e = 0; e < count; e++) {
        const int kept = law->mask && !law->mask[from + e];
        const lanes *either = mates ? next_uniform(&family->reader) : 0;
        const lanes *hit = chosen ? next_uniform(&family->hits) : 0;
        EACH_BESIDE(v) {
            lanes base = own[v][e];
            if (mates) {
                const lanes mixed = if_below(either[v], all(0.5f), base, other[v][e]);
                base = if_below(family->crossing[v], all(law->crossover_rate), mixed, base);
            }
            lanes mutant = base + family->sigma[v] * normal[v][e];
            if (chosen) mutant = if_below(hit[v], all(law->mutation_rate), mutant, base);
            store(child + (int64_t)(from + e) * LANES + v * WIDTH, kept ? base : mutant);
        }
    }
}

/* Choose the parents of a family and its step sizes. The step size of a parent, and the number that
 * adapts it, are behind its weights: `own` and `other` are the last elements of the parents. */
INLINE void found(const Problem *problem, const Law *law, const Source *uniform,
                  const bits individual[BESIDE], State *state, Family *family,
                  lanes own[BESIDE][4], lanes other[BESIDE][4], int mates, int chosen) {
    const int32_t parameters = problem->parameters, rest = parameters % 4;
    const uint32_t generation = (uint32_t)state->generation;
    const int64_t length = row_length(problem);
    read_from(&family->reader, uniform, individual, generation, 0);
    tournament(law, &family->reader, state->parents, length, family->first);
    EACH_BESIDE(v) turned(family->first[v], parameters - rest, own[v]);
    EACH_BESIDE(v) family->sigma[v] = own[v][rest];
    if (mates) {
        tournament(law, &family->reader, state->parents, length, family->second);
        const lanes *crossing = next_uniform(&family->reader);
        EACH_BESIDE(v) {
            turned(family->second[v], parameters - rest, other[v]);
            const lanes mean = (family->sigma[v] + other[v][rest]) * all(0.5f);
            family->crossing[v] = crossing[v];
            family->sigma[v] =
                if_below(crossing[v], all(law->crossover_rate), mean, family->sigma[v]);
        }
    }
    if (chosen)
        read_from(&family->hits, uniform, individual, generation,
                  family->reader.index + (mates ? (uint32_t)parameters : 0));
}

/* BESIDE * WIDTH children of one chunk, from `individual` on, and their step sizes. */
INLINE void vary_lanes(const Problem *problem, const Law *law, const Source *uniform,
                       const Source *normal, State *state, int64_t individual, float scheduled,
                       int mates, int chosen) {
    const int32_t parameters = problem->parameters, rest = parameters % 4;
    const uint32_t generation = (uint32_t)state->generation;
    float *child =
        state->children + individual / LANES * parameters * LANES + individual % LANES;
    lanes own[BESIDE][4], other[BESIDE][4], numbers[BESIDE][4];
    lanes last_own[BESIDE][4], last_other[BESIDE][4], last[BESIDE][4], step[BESIDE];
    bits who[BESIDE];
    Family family;

    EACH_BESIDE(v) who[v] = counted((uint32_t)individual + (uint32_t)v * WIDTH);
    found(problem, law, uniform, who, state, &family, last_own, last_other, mates, chosen);
    if (rest < 2)
        some_normals(normal, (uint32_t)parameters / 4, who, generation, 1, last);
    else
        some_normals(normal, (uint32_t)parameters / 4, who, generation, 2, last);
    EACH_BESIDE(v) step[v] = last[v][rest];
    adapt(law, family.sigma, step, scheduled);
    EACH_BESIDE(v) store(state->child_sigmas + individual + v * WIDTH, family.sigma[v]);
    for (int32_t q = 0; q < parameters - rest; q += 4) {
        some_normals(normal, (uint32_t)q / 4, who, generation, 2, numbers);
        EACH_BESIDE(v) {
            turned(family.first[v], q, own[v]);
            if (mates) turned(family.second[v], q, other[v]);
        }
        mutate(law, &family, q, 4, own, other, numbers, child, mates, chosen);
    }
    mutate(law, &family, parameters - rest, rest, last_own, last_other, last, child, mates, chosen);
}

/* One layer on `count` <= TILE examples. `scalars` (examples, inputs) are the same for all lanes;
 * where it is null, `from` (inputs, TILE, WIDTH) are activations. */
INLINE void layer(const float *weights, const float *biases, const float *scalars,
                  const float *from, float *to, int32_t inputs, int32_t outputs, int32_t activation,
                  int count) {
    for (int32_t o = 0; o < outputs; o++) {
        const float *w = weights + (int64_t)o * inputs * LANES;
        lanes sum[TILE];
        for (int t = 0; t < count; t++)
            sum[t] = biases ? load(biases + (int64_t)o * LANES) : all(0.0f);
        for (int32_t i = 0; i < inputs; i++) {
            const lanes weight = load(w + (int64_t)i * LANES);
            for (int t = 0; t < count; t++)
                sum[t] += weight * (scalars ? all(scalars[(int64_t)t * inputs + i])
                                            : load(from + ((int64_t)i * TILE + t) * WIDTH));
        }
        activate(activation, sum, count);
        for (int t = 0; t < count; t++) store(to + ((int64_t)o * TILE + t) * WIDTH, sum[t]);
    }
}

/* The outputs (outputs, TILE, WIDTH) of `count` examples from `example` on. */
INLINE const float *forward_tile(const Problem *problem, const float *weights, int64_t example,
                                 float *work, int64_t half, int count) {
    const float *from = 0;
    float *to = work;
    for (int32_t n = 0; n < problem->layers; n++) {
        const int32_t inputs = problem->sizes[n], outputs = problem->sizes[n + 1];
        const float *biases = problem->bias ? weights + (int64_t)inputs * outputs * LANES : 0;
        const int32_t kind = n == problem->layers - 1 ? problem->output : problem->hidden;
        if (n == 0)
            layer(weights, biases, problem->inputs + example * inputs, 0, to, inputs, outputs, kind,
                  count);
        else
            layer(weights, biases, 0, from, to, inputs, outputs, kind, count);
        weights += ((int64_t)inputs + (problem->bias ? 1 : 0)) * outputs * LANES;
        from = to;
        to = to == work ? work + half : work;
    }
    return from;
}

INLINE lanes example_loss(const Problem *problem, const float *outputs, int64_t example, int tile,
                          lanes total) {
    const int32_t count = problem->sizes[problem->layers];
    if (problem->loss == LOSS_MSE) {
        const float *targets = problem->targets + example * count;
        for (int32_t o = 0; o < count; o++) {
            const lanes gap = load(outputs + (o * TILE + tile) * WIDTH) - all(targets[o]);
            total += gap * gap;
        }
        return total;
    }
    lanes highest = load(outputs + tile * WIDTH), sum = all(0.0f);
    for (int32_t o = 1; o < count; o++) {
        const lanes output = load(outputs + (o * TILE + tile) * WIDTH);
        highest = if_below(highest, output, output, highest);
    }
    for (int32_t o = 0; o < count; o++)
        sum += exp_lanes(load(outputs + (o * TILE + tile) * WIDTH) - highest);
    const lanes own = load(outputs + (problem->labels[example] * TILE + tile) * WIDTH);
    return total + (log_lanes(sum) - (own - highest) + (sum - sum));
}

/* Mean losses of WIDTH networks of one chunk; infinity where a loss is not finite. */
INLINE void measure_lanes(const Problem *problem, const float *weights, float *losses, float *work,
                          int64_t half) {
    lanes total = all(0.0f);
    int64_t example = 0;
    for (; example + TILE <= problem->examples; example += TILE) {
        const float *outputs = forward_tile(problem, weights, example, work, half, TILE);
        for (int t = 0; t < TILE; t++)
            total = example_loss(problem, outputs, example + t, t, total);
    }
    for (; example < problem->examples; example++) {
        const float *outputs = forward_tile(problem, weights, example, work, half, 1);
        total = example_loss(problem, outputs, example, 0, total);
    }
    const int32_t outputs = problem->sizes[problem->layers];
    const int32_t terms = problem->examples * (problem->loss == LOSS_MSE ? outputs : 1);
    const lanes mean = total / all((float)terms);
    store(losses, if_below(mean - mean, all(0.5f), mean, all(__builtin_inff())));
}

/* Floats of workspace that one thread needs. */
INLINE int64_t half_workspace(const Problem *problem) {
    int32_t widest = 1;
    for (int32_t n = 1; n <= problem->layers; n++)
        widest = problem->sizes[n] > widest ? problem->sizes[n] : widest;
    return (int64_t)widest * TILE * WIDTH;
}

/* Losses of the children of the chunks [from, to). */
EXPORT void KERNEL(measure)(const Problem *problem, const float *children, float *losses,
                            float *work, int64_t from, int64_t to) {
    const int64_t half = half_workspace(problem);
    for (int64_t individual = from * LANES; individual < to * LANES; individual += WIDTH) {
        const int64_t chunk = individual / LANES, lane = individual % LANES;
        measure_lanes(problem, children + chunk * problem->parameters * LANES + lane,
                      losses + individual, work, half);
    }
}

/* Children of the chunks [from, to) of the next generation. */
EXPORT void KERNEL(vary)(const Problem *problem, const Law *law, State *state, float scheduled,
                         int64_t from, int64_t to) {
    const Source uniform = source_of(law->uniform), normal = source_of(law->normal);
    const int mates = law->crossover_rate > 0.0f, chosen = law->mutation_rate < 1.0f;
    /* the common case has code of its own, without a question for every weight */
    for (int64_t individual = from * LANES; individual < to * LANES; individual += BESIDE * WIDTH) {
        if (mates || chosen)
            vary_lanes(problem, law, &uniform, &normal, state, individual, scheduled, mates,
                       chosen);
        else
            vary_lanes(problem, law, &uniform, &normal, state, individual, scheduled, 0, 0);
    }
}
