/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The second half of a generation: who survives, what is reported, and when to stop.
 */
#include "evolve.h"

enum { TIMED = 16 };  /* one generation of so many is timed, as reading the clock takes time too */

/* Unsigned numbers in the order of the losses (no loss is -0 or NaN), the index below. */
INLINE uint64_t sortable(float loss, int64_t index) {
    const uint32_t bits = as_bits(loss);
    const uint32_t key = bits >> 31 ? ~bits : bits | 0x80000000u;
    return (uint64_t)key << 32 | (uint64_t)index;
}

/* Sort by the upper half of the keys, whose lower half rises: by insertion where they are few, else
 * byte by byte (least significant first), which has no branch to guess wrong. Returns where the
 * result is. */
INLINE uint64_t *sorted(uint64_t *keys, uint64_t *spare, int64_t count) {
    enum { FEW = 24, BYTES = 4, VALUES = 256 };
    if (count <= FEW) {
        for (int64_t i = 1; i < count; i++) {
            const uint64_t key = keys[i];
            int64_t j = i;
            for (; j > 0 && keys[j - 1] > key; j--) keys[j] = keys[j - 1];
            keys[j] = key;
        }
        return keys;
    }
    uint32_t places[BYTES][VALUES] = {{0}};
    for (int64_t i = 0; i < count; i++)
        for (int byte = 0; byte < BYTES; byte++) places[byte][keys[i] >> (32 + 8 * byte) & 255]++;
    for (int byte = 0; byte < BYTES; byte++) {
        uint32_t *place = places[byte], before = 0;
        if (place[keys[0] >> (32 + 8 * byte) & 255] == count) continue;
        for (int value = 0; value < VALUES; value++) {
            const uint32_t own = place[value];
            place[value] = before;
            before += own;
        }
        for (int64_t i = 0; i < count; i++)
            spare[place[keys[i] >> (32 + 8 * byte) & 255]++] = keys[i];
        uint64_t *swap = keys;
        keys = spare;
        spare = swap;
    }
    return keys;
}

/* The children that may become parents, as sortable keys. Parents win ties, so where all of them
 * compete only children better than the worst are of interest. */
INLINE int64_t candidates(const Law *law, const State *state, uint64_t *keys) {
    const int every = law->kept < law->mu;
    const lanes limit = all(state->losses[law->mu - 1]);
    int64_t count = 0;
    for (int64_t from = 0; from < law->offspring; from += WIDTH) {
        const int64_t left = law->offspring - from;
        const uint32_t there = left < WIDTH ? (1u << left) - 1 : (uint32_t)((1ull << WIDTH) - 1);
        uint32_t mask = every ? there : mask_below(load(state->child_losses + from), limit) & there;
        for (; mask; mask &= mask - 1) {
            const int64_t i = from + __builtin_ctz(mask);
            keys[count++] = sortable(state->child_losses[i], i);
        }
    }
    return count;
}

/* The parent of rank `rank` moves to rank `to`. */
INLINE void move_parent(State *state, int64_t length, int64_t rank, int64_t to) {
    const float *from = state->parents + rank * length;
    for (int64_t q = 0; q < length; q++) state->parents[to * length + q] = from[q];
    state->losses[to] = state->losses[rank];
}

/* Child i becomes the parent of rank `to`. */
INLINE void promote_child(State *state, int32_t parameters, int64_t length, int64_t i,
                          int64_t to) {
    const float *from = state->children + i / LANES * parameters * LANES + i % LANES;
    float *parent = state->parents + to * length;
    for (int64_t q = 0; q < parameters; q++) parent[q] = from[q * LANES];
    parent[parameters] = state->child_sigmas[i];
    state->losses[to] = state->child_losses[i];
}

/* The mu best of the kept parents and the children, in rising order, parents first among equals.
 * They are merged from the worst to the best, in place: parents better than every child stay where
 * they are. */
INLINE void choose_parents(const Problem *problem, const Law *law, State *state) {
    const int32_t mu = law->mu;
    const int64_t length = row_length(problem), count = candidates(law, state, state->order);
    const uint64_t *keys = sorted(state->order, state->spare_order, count);
    int64_t children = 0;  /* child j finds a place if the parent that it would drive out is worse */
    for (; children < count && children < mu; children++) {
        const int64_t i = (int64_t)(keys[children] & 0xFFFFFFFFu), last = mu - 1 - children;
        if (last < law->kept && !(state->child_losses[i] < state->losses[last])) break;
    }
    int64_t parent = mu - children - 1;
    for (int64_t rank = mu - 1; children > 0; rank--) {
        const int64_t i = (int64_t)(keys[children - 1] & 0xFFFFFFFFu);
        if (parent >= 0 && !(state->losses[parent] <= state->child_losses[i])) {
            move_parent(state, length, parent, rank);
            parent--;
        } else {
            promote_child(state, problem->parameters, length, i, rank);
            children--;
        }
    }
}

/* Sum in LANES partial sums, added by halves: the order of reference.evolve.ordered_sum. */
INLINE double folded(double sums[LANES]) {
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++) sums[l] += sums[l + half];
    return sums[0];
}

INLINE int report(const Problem *problem, const Law *law, State *state, History *history,
                  int64_t row) {
    double sums[LANES] = {0};
    int32_t valid[LANES] = {0};
    float lowest[LANES];
    for (int l = 0; l < LANES; l++) lowest[l] = __builtin_inff();
    const int64_t chunks = (law->offspring + LANES - 1) / LANES;
    for (int64_t i = law->offspring; i < chunks * LANES; i++)
        state->child_losses[i] = __builtin_inff();
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
        const float *losses = state->child_losses + chunk * LANES;
        for (int l = 0; l < LANES; l++) {
            const int finite = losses[l] < __builtin_inff();
            sums[l] += finite ? (double)losses[l] : 0.0;
            valid[l] += finite;
            lowest[l] = losses[l] < lowest[l] ? losses[l] : lowest[l];
        }
    }
    int32_t usable = 0;
    float best = __builtin_inff();
    for (int l = 0; l < LANES; l++) {
        usable += valid[l];
        best = lowest[l] < best ? lowest[l] : best;
    }
    history->best[row] = best;
    history->invalid[row] = law->offspring - usable;
    if (usable == 0) return 0;
    history->mean[row] = folded(sums) / (double)usable;
    if (best < state->champion_loss) {
        int64_t i = 0;
        while (state->child_losses[i] != best) i++;
        const float *from = state->children + (i / LANES) * problem->parameters * LANES + i % LANES;
        for (int64_t q = 0; q < problem->parameters; q++) state->champion[q] = from[q * LANES];
        state->champion_loss = best;
    }
    return 1;
}

INLINE double mean_sigma(const Problem *problem, const Law *law, const State *state) {
    const float *sigmas = state->parents + problem->parameters;
    const int64_t length = row_length(problem);
    double sums[LANES] = {0};
    for (int32_t r = 0; r < law->mu; r++) sums[r % LANES] += (double)sigmas[r * length];
    return folded(sums) / (double)law->mu;
}

/* evolution.restarts.Stagnation.update */
INLINE int stagnant(const Law *law, State *state) {
    const double loss = (double)state->losses[0], last = state->reference;
    const double magnitude = last < 0.0 ? -last : last;
    if (!state->referenced || loss < last - law->min_delta * magnitude) {
        state->reference = loss;
        state->referenced = 1;
        state->waited = 0;
    } else {
        state->waited++;
    }
    return law->patience > 0 && state->waited >= law->patience;
}

/* Report the generation as row `row`, choose the next parents, and say in state->stop whether to
 * go on. */
EXPORT void KERNEL(select)(const Problem *problem, const Law *law, State *state, History *history,
                           int64_t row) {
    if (!report(problem, law, state, history, row)) {
        state->stop = STOP_INVALID;
        return;
    }
    choose_parents(problem, law, state);
    history->sigma[row] = mean_sigma(problem, law, state);
    state->generation++;
    if (stagnant(law, state)) state->stop = STOP_STAGNANT;
    if ((double)history->best[row] < law->target) state->stop = STOP_TARGET;
}

/* Up to `generations` generations; the number that were made. */
EXPORT int64_t KERNEL(evolve)(const Problem *problem, const Law *law, State *state,
                              History *history, float *work, int64_t generations) {
    const int64_t chunks = (law->offspring + LANES - 1) / LANES;
    int64_t row = 0;
    state->stop = STOP_NONE;
    while (row < generations && state->stop == STOP_NONE) {
        const int timed = row % TIMED == 0;
        const uint64_t begin = timed ? ticks_now() : 0;
        KERNEL(vary)(problem, law, state, law->step_sizes ? law->step_sizes[row] : 0.0f, 0, chunks);
        const uint64_t varied = timed ? ticks_now() : 0;
        KERNEL(measure)(problem, state->children, state->child_losses, work, 0, chunks);
        const uint64_t measured = timed ? ticks_now() : 0;
        KERNEL(select)(problem, law, state, history, row++);
        if (timed) {
            state->ticks[0] += varied - begin;
            state->ticks[1] += measured - varied;
            state->ticks[2] += ticks_now() - measured;
        }
    }
    return row;
}
