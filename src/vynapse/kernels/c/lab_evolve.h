/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Weight evolution for the browser lab: EvolutionStrategy and FusedStepper (evolution) round
 * the kernels. */
#ifndef VYNAPSE_LAB_EVOLVE_H
#define VYNAPSE_LAB_EVOLVE_H

#include "draw.h"
#include "lab_memory.h"
#include "neat_plan.h"
#include "select.h"

enum { MOST_ROWS = 1024 };  /* generations of a call */

/* How children are made, as the page gives it. */
typedef struct {
    double mu, offspring, kept, tournament, adaptation, crossover_rate, mutation_rate, sigma_min,
        tau, min_delta, patience, seed_low, seed_high, uniform, normal;
} Asked;

static Problem problems[2];  /* training and validation */
static Law law;
static State state;
static History history;
static float *workspace, *rows;  /* rows (individuals, parameters): a generation, one by one */
static uint32_t *individuals;
static int64_t *firsts;
static float *spreads;
static int32_t *ranked, *spare_ranked;
static int64_t most;  /* individuals of a generation */

SHOWN int32_t evolve_problem(int32_t which, const int32_t *sizes, int32_t layers,
                              const float *inputs, const float *targets, const int32_t *labels,
                              int32_t examples, int32_t bias, int32_t hidden, int32_t output,
                              int32_t loss) {
    Problem *const to = &problems[which];
    to->sizes = sizes;
    to->layers = layers;
    to->inputs = inputs;
    to->targets = targets;
    to->labels = labels;
    to->examples = examples;
    to->bias = bias;
    to->hidden = hidden;
    to->output = output;
    to->loss = loss;
    to->parameters = 0;
    for (int32_t k = 0; k < layers; k++) to->parameters += (sizes[k] + bias) * sizes[k + 1];
    return to->parameters;
}

SHOWN void evolve_law(const Asked *asked) {
    const Stream stream = {(uint32_t)asked->seed_low, (uint32_t)asked->seed_high, 0};
    law.mask = 0;
    law.step_sizes = 0;
    law.min_delta = asked->min_delta;
    law.patience = (int64_t)asked->patience;
    law.uniform = law.normal = stream;
    law.uniform.word = (uint32_t)asked->uniform;
    law.normal.word = (uint32_t)asked->normal;
    law.mu = (int32_t)asked->mu;
    law.offspring = (int32_t)asked->offspring;
    law.kept = (int32_t)asked->kept;
    law.tournament = (int32_t)asked->tournament;
    law.adaptation = (int32_t)asked->adaptation;
    law.crossover_rate = (float)asked->crossover_rate;
    law.mutation_rate = (float)asked->mutation_rate;
    law.sigma_min = (float)asked->sigma_min;
    law.tau = (float)asked->tau;

    const int32_t parameters = problems[0].parameters;
    const int64_t more = law.mu > law.offspring ? law.mu : law.offspring;
    const int64_t chunks = (more + LANES - 1) / LANES;
    most = law.mu + more;
    state = (State){0};
    state.parents = ROOM(float, law.mu * row_length(&problems[0]));
    state.losses = ROOM(float, law.mu);
    state.children = ROOM(float, chunks * parameters * LANES);
    state.child_losses = ROOM(float, chunks * LANES);
    state.child_sigmas = ROOM(float, chunks * LANES);
    state.order = ROOM(uint64_t, more);
    state.spare_order = ROOM(uint64_t, more);
    state.champion = ROOM(float, parameters);
    history.best = ROOM(float, MOST_ROWS);
    history.mean = ROOM(double, MOST_ROWS);
    history.sigma = ROOM(double, MOST_ROWS);
    history.invalid = ROOM(int32_t, MOST_ROWS);
    rows = ROOM(float, most * parameters);
    individuals = ROOM(uint32_t, most);
    firsts = ROOM(int64_t, most);
    spreads = ROOM(float, most);
    ranked = ROOM(int32_t, most);
    spare_ranked = ROOM(int32_t, most);
    const int64_t half = half_workspace(&problems[0]);
    workspace = ROOM(float, 2 * half + LANES * (parameters + 1));
}

/* Rows into lanes; places behind the last row are 0. */
INLINE void into_lanes(const float *from, int64_t count, int32_t parameters, float *to) {
    for (int64_t i = 0; i < (count + LANES - 1) / LANES * LANES; i++)
        for (int32_t q = 0; q < parameters; q++)
            to[(i / LANES * parameters + q) * LANES + i % LANES] =
                i < count ? from[i * parameters + q] : 0.0f;
}

/* The first generation after a (re)start as rows: the centre and normal variations of it. */
SHOWN int32_t evolve_begin(const float *centre, double spread) {
    const int32_t parameters = problems[0].parameters;
    const int64_t count = law.mu > law.offspring ? law.mu : law.offspring;
    for (int64_t i = 0; i < count; i++) {
        individuals[i] = (uint32_t)i;
        firsts[i] = 0;
        spreads[i] = (float)spread;
    }
    KERNEL(perturb)(law.normal, (uint32_t)state.generation, individuals, centre, firsts, spreads,
                    count, parameters, rows);
    for (int32_t q = 0; q < parameters; q++) rows[q] = centre[q];
    return (int32_t)count;
}

/* Losses of the rows, by the kernel. */
INLINE void measure_rows(int64_t count) {
    into_lanes(rows, count, problems[0].parameters, state.children);
    KERNEL(measure)(&problems[0], state.children, state.child_losses, workspace, 0,
                    (count + LANES - 1) / LANES);
}

INLINE void become_parent(int64_t rank, const float *genome, float sigma, float loss) {
    float *const parent = state.parents + rank * row_length(&problems[0]);
    for (int32_t q = 0; q < problems[0].parameters; q++) parent[q] = genome[q];
    parent[problems[0].parameters] = sigma;
    state.losses[rank] = loss;
}

/* Begin and measure; a row of the history is made. Returns 0 where no loss is finite. */
SHOWN int32_t evolve_first(const float *centre, double spread, double sigma) {
    const int64_t count = evolve_begin(centre, spread);
    measure_rows(count);
    const Law told = law;
    law.offspring = (int32_t)count;
    state.champion_loss = __builtin_inff();
    const int usable = report(&problems[0], &law, &state, &history, 0);
    law = told;
    if (!usable) return 0;
    for (int64_t i = 0; i < count; i++) state.order[i] = sortable(state.child_losses[i], i);
    const uint64_t *keys = sorted(state.order, state.spare_order, count);
    for (int64_t rank = 0; rank < law.mu; rank++) {
        const int64_t i = (int64_t)(keys[rank] & 0xFFFFFFFFu);
        become_parent(rank, rows + i * problems[0].parameters, (float)sigma,
                      state.child_losses[i]);
    }
    history.sigma[0] = sigma;
    state.reference = (double)state.losses[0];
    state.referenced = 1;
    state.waited = 0;
    state.generation++;
    return 1;
}

/* Up to `generations` generations, at most MOST_ROWS; returns how many were made. */
SHOWN int32_t evolve_run(int32_t generations, double target) {
    state.champion_loss = __builtin_inff();
    law.target = target;
    return (int32_t)KERNEL(evolve)(&problems[0], &law, &state, &history, workspace,
                                   generations < MOST_ROWS ? generations : MOST_ROWS);
}

SHOWN int32_t evolve_stop(void) { return state.stop; }
SHOWN int32_t evolve_generation(void) { return (int32_t)state.generation; }
SHOWN int32_t evolve_waited(void) { return (int32_t)state.waited; }
SHOWN float *evolve_champion(void) { return state.champion; }
SHOWN float evolve_champion_loss(void) { return state.champion_loss; }
SHOWN float *evolve_best(void) { return history.best; }
SHOWN double *evolve_mean(void) { return history.mean; }
SHOWN double *evolve_sigma(void) { return history.sigma; }
SHOWN float *evolve_rows(void) { return rows; }

/* The loss of one genome on the examples of training (0) or validation (1). */
SHOWN float evolve_measure(int32_t which, const float *genome) {
    float *const lanes_of_one = workspace + 2 * half_workspace(&problems[0]);
    const int32_t parameters = problems[which].parameters;
    into_lanes(genome, 1, parameters, lanes_of_one);
    float *const losses = lanes_of_one + (int64_t)parameters * LANES;
    KERNEL(measure)(&problems[which], lanes_of_one, losses, workspace, 0, 1);
    return losses[0];
}

/* Children as rows behind the `again` best parents, who are measured once more; returns all. */
SHOWN int32_t evolve_breed(int32_t again) {
    const int32_t parameters = problems[0].parameters;
    KERNEL(vary)(&problems[0], &law, &state, 0.0f, 0, (law.offspring + LANES - 1) / LANES);
    for (int64_t i = 0; i < again; i++)
        for (int32_t q = 0; q < parameters; q++)
            rows[i * parameters + q] = state.parents[i * row_length(&problems[0]) + q];
    for (int64_t i = 0; i < law.offspring; i++)
        for (int32_t q = 0; q < parameters; q++)
            rows[(again + i) * parameters + q] =
                state.children[(i / LANES * parameters + q) * LANES + i % LANES];
    return again + law.offspring;
}

/* The mu best of `count` rows are the parents, the first `again` of which were parents before; of
 * equals the earlier ones. A sigma of 0 is that which each has. */
SHOWN void evolve_tell(const double *losses, int32_t count, int32_t again, double sigma) {
    const int64_t length = row_length(&problems[0]);
    const int32_t parameters = problems[0].parameters;
    for (int32_t i = 0; i < count; i++)
        spreads[i] = sigma > 0 ? (float)sigma
                     : i < again ? state.parents[i * length + parameters]
                                 : state.child_sigmas[i - again];
    rising(losses, ranked, spare_ranked, count);
    for (int64_t rank = 0; rank < law.mu; rank++) {
        const int32_t i = ranked[rank];
        become_parent(rank, rows + (int64_t)i * parameters, spreads[i], (float)losses[i]);
    }
    history.sigma[0] = mean_sigma(&problems[0], &law, &state);
    state.generation++;
}

#endif
