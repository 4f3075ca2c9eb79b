/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Which species have how many children: reference/neat_plan.py.
 */
#include "philox.h"

typedef struct {
    const double *losses;              /* (p,) */
    const int32_t *of;                 /* (p,) */
    double *best;                      /* (species,), changed */
    int64_t *improved;                 /* (species,), changed */
    int32_t *order, *pool, *copy;      /* (p,) */
    int32_t *begin, *survivors;        /* (species,) */
    int64_t *kept, *chosen;            /* (species,) */
    double *numbers;                   /* scratch (3 * species,) */
    int32_t *work;                     /* scratch (p + 5 * species,) */
    double survival;
    int64_t count, species, generation, stagnation, protected, refocus_species, champion_size;
    Stream stream;
    int32_t refocus;
} Succession;

enum { RUN = 8 };

/* The order of rising keys, equal ones as they stand; `spare` holds as many. */
INLINE void rising(const double *key, int32_t *order, int32_t *spare, int64_t count) {
    int32_t *from = order, *to = spare;
    for (int64_t i = 0; i < count; i++) {
        int64_t at = i;
        for (; at % RUN && key[i] < key[from[at - 1]]; at--) from[at] = from[at - 1];
        from[at] = (int32_t)i;
    }
    for (int64_t width = RUN; width < count; width *= 2) {
        for (int64_t low = 0; low < count; low += 2 * width) {
            const int64_t middle = low + width < count ? low + width : count;
            const int64_t high = low + 2 * width < count ? low + 2 * width : count;
            int64_t i = low, j = middle, k = low;
            while (i < middle && j < high) {
                const int32_t a = from[i], b = from[j];
                const int later = key[b] < key[a];
                to[k++] = later ? b : a;
                i += !later;
                j += later;
            }
            while (i < middle) to[k++] = from[i++];
            while (j < high) to[k++] = from[j++];
        }
        int32_t *const sorted = to;
        to = from;
        from = sorted;
    }
    if (from != order)
        for (int64_t i = 0; i < count; i++) order[i] = from[i];
}

/* Where the fitness of gap_to_worst is 0; 0 where all finite losses are equal. */
INLINE double farthest(const double *losses, const int32_t *ranked, int64_t count) {
    const double lowest = losses[ranked[0]] / 2;
    int64_t finite = count;
    while (losses[ranked[finite - 1]] == __builtin_inf()) finite--;
    const double most = losses[ranked[finite - 1]] / 2 - lowest;
    const double usual = losses[ranked[finite * 9 / 10]] / 2 - lowest;
    return usual > 0 && 4 * usual < most ? 4 * usual : most;
}

INLINE double fitness_of(double loss, double lowest, double most) {
    if (most == 0) return loss != __builtin_inf();
    const double fitness = 1 - (loss / 2 - lowest / 2) / most;
    return fitness > 0 ? fitness : 0;
}

/* Members of species and the place of the first in `order`, where the fittest come first. */
INLINE void sort_members(const Succession *how, const int32_t *ranked, int32_t *sizes,
                         int32_t *places) {
    int32_t before = 0;
    for (int64_t s = 0; s < how->species; s++) sizes[s] = 0;
    for (int64_t row = 0; row < how->count; row++) sizes[how->of[row]]++;
    for (int64_t s = 0; s < how->species; s++) {
        places[s] = how->begin[s] = before;
        before += sizes[s];
    }
    for (int64_t k = 0; k < how->count; k++)
        how->order[places[how->of[ranked[k]]]++] = ranked[k];
}

/* Whether a species may have offspring, 0 or 1. */
INLINE void allow(const Succession *how, const double *champions, int32_t *allowed, int32_t *ranked,
                  int32_t *spare) {
    int any = 0;
    rising(champions, ranked, spare, how->species);
    for (int64_t s = 0; s < how->species; s++) {
        if (champions[s] < how->best[s]) {
            how->best[s] = champions[s];
            how->improved[s] = how->generation;
        }
        allowed[s] = how->generation - how->improved[s] < how->stagnation;
    }
    for (int64_t rank = 0; rank < how->species && rank < how->protected; rank++)
        allowed[ranked[rank]] = 1;
    for (int64_t s = 0; s < how->species; s++) any |= allowed[s];
    if (any && !how->refocus) return;
    for (int64_t rank = 0; rank < how->species; rank++) {
        const int32_t s = ranked[rank];
        allowed[s] = rank < how->refocus_species;
        if (allowed[s]) how->improved[s] = how->generation;
    }
}

/* Children of each species from the sums of its members' fitness, in `shares`. */
INLINE void share_out(const Succession *how, double *shares, const int32_t *allowed,
                      const int32_t *sizes, double *missing, int32_t *children, int32_t *ranked,
                      int32_t *spare) {
    double total = 0;
    int64_t short_of = how->count, any = 0;
    for (int64_t s = 0; s < how->species; s++) {
        shares[s] = allowed[s] ? shares[s] / sizes[s] : 0;
        any |= shares[s] != 0;
    }
    for (int64_t s = 0; s < how->species; s++) {
        if (!any) shares[s] = allowed[s];
        total = total + shares[s];
    }
    const double each = (double)how->count / total;
    for (int64_t s = 0; s < how->species; s++) {
        const double wanted = shares[s] * each;
        children[s] = (int32_t)wanted;
        missing[s] = (double)children[s] - wanted;
        short_of -= children[s];
    }
    rising(missing, ranked, spare, how->species);
    for (int64_t k = 0; k < how->species && short_of > 0; k++) {
        children[ranked[k]] += allowed[ranked[k]];
        short_of -= allowed[ranked[k]];
    }
}

/* Parents, copies and representatives of the species that have children; returns their number. */
INLINE int64_t succeed(const Succession *how, const int32_t *sizes, const int32_t *children) {
    const Source source = source_of(how->stream);
    bits words[1][4];
    int64_t next = 0, kept = 0;
    for (int64_t s = 0; s < how->species; s++) {
        if (!children[s]) continue;
        const int32_t begin = how->begin[s], size = sizes[s];
        const double best = how->survival * size;
        const int32_t whole = (int32_t)best, survivors = whole + (whole < best);
        for (int32_t k = 0; k < children[s]; k++) {
            how->pool[next + k] = (int32_t)kept;
            how->copy[next + k] = -1;
        }
        if (size > how->champion_size) how->copy[next] = how->order[begin];
        next += children[s];
        if (kept % (4 * WIDTH) == 0) {
            const bits blocks = counted((uint32_t)(kept / 4));
            philox_of_individual(&source, &blocks, 0, (uint32_t)how->generation, 1, words);
        }
        const float drawn = uniform_one(words[0][kept % 4][kept % (4 * WIDTH) / 4]);
        how->kept[kept] = s;
        how->chosen[kept] = how->order[begin + (int64_t)((double)drawn * size)];
        how->begin[kept] = begin;
        how->survivors[kept++] = survivors > 1 ? survivors : 1;
    }
    return kept;
}

EXPORT int64_t KERNEL(neat_plan)(const Succession *how) {
    const int64_t species = how->species;
    double *const champions = how->numbers, *const shares = champions + species;
    double *const missing = shares + species;
    int32_t *const spare = how->work, *const sizes = spare + how->count;
    int32_t *const allowed = sizes + species, *const ranked = allowed + species;
    int32_t *const children = ranked + species, *const places = children + species;
    rising(how->losses, how->pool, spare, how->count);
    sort_members(how, how->pool, sizes, places);
    const double lowest = how->losses[how->pool[0]];
    const double most = farthest(how->losses, how->pool, how->count);
    for (int64_t s = 0; s < species; s++) {
        champions[s] = how->losses[how->order[how->begin[s]]];
        shares[s] = 0;
    }
    for (int64_t row = 0; row < how->count; row++)
        shares[how->of[row]] =
            shares[how->of[row]] + fitness_of(how->losses[row], lowest, most);
    allow(how, champions, allowed, ranked, spare);
    share_out(how, shares, allowed, sizes, missing, children, ranked, spare);
    return succeed(how, sizes, children);
}
