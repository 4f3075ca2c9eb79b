/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Who is of which species: reference/neat_distance.py, match and found. A genome is compared with
 * as many representatives at once as a register has lanes; each lane adds in the order of the
 * reference.
 */
#include "neat_distance.h"

/* Doubles of a register: what an array of wider vectors would not be kept in. */
enum { HALF = WIDTH / 2 };
typedef float narrow __attribute__((vector_size(HALF * sizeof(float)), aligned(4)));
typedef int32_t counts __attribute__((vector_size(HALF * sizeof(int32_t)), aligned(4)));
typedef double exact __attribute__((vector_size(HALF * sizeof(double)), aligned(8)));

#define BOTH for (int h = 0; h < 2; h++)

/* Room of the caller: `weight` may hold anything, `has` is 0 before and after. */
typedef struct {
    float *weight;  /* (innovations, WIDTH): weights of the representatives */
    int32_t *has;   /* (innovations, WIDTH): -1 where a representative has the gene */
    int32_t *tail;  /* (genes + 1, WIDTH): innovations of each from the last on, then -1 */
    int32_t *open;  /* (p,): genomes that have no species yet */
} Desk;

/* Representatives side by side. */
typedef struct {
    const Desk *desk;
    int count;
    int32_t longest;
    Genome member[WIDTH];
    int32_t genes[WIDTH], last[WIDTH];
} Bank;

INLINE void clear_bank(Bank *bank) {
    for (int l = 0; l < bank->count; l++)
        for (int32_t g = 0; g < bank->genes[l]; g++)
            bank->desk->has[(int64_t)bank->member[l].innovation[g] * WIDTH + l] = 0;
    bank->count = 0;
    bank->longest = 0;
    EACH_LANE(l) bank->genes[l] = 0;
    EACH_LANE(l) bank->last[l] = -1;
    EACH_LANE(l) bank->desk->tail[l] = -1;
}

INLINE void seat(Bank *bank, const Genomes *from, int64_t row) {
    const Genome genome = genome_at(from, row);
    const int l = bank->count++;
    int32_t *const tail = bank->desk->tail;
    for (; bank->longest < genome.genes; bank->longest++)
        EACH_LANE(k) tail[(bank->longest + 1) * WIDTH + k] = -1;
    for (int32_t g = 0; g < genome.genes; g++) {
        const int64_t at = (int64_t)genome.innovation[g] * WIDTH + l;
        bank->desk->weight[at] = genome.weight[g];
        bank->desk->has[at] = -1;
        tail[(genome.genes - 1 - g) * WIDTH + l] = genome.innovation[g];
    }
    bank->member[l] = genome;
    bank->genes[l] = genome.genes;
    bank->last[l] = genome.genes ? genome.innovation[genome.genes - 1] : -1;
}

INLINE exact each_exact(double value) { return value - (exact){0}; }

INLINE counts each_count(int32_t value) { return value - (counts){0}; }

INLINE counts counts_at(const int32_t *from) { return *(const counts *)from; }

INLINE exact as_exact(counts numbers) { return __builtin_convertvector(numbers, exact); }

/* Whether any lane is not 0. */
INLINE int any_of(counts a, counts b) {
    int32_t found = 0;
    const counts either = a | b;
    for (int l = 0; l < HALF; l++) found |= either[l];
    return found != 0;
}

/* Genes of the representatives behind the last one of a genome. */
INLINE void count_behind(const Bank *bank, int32_t last, counts *excess) {
    for (const int32_t *tail = bank->desk->tail;; tail += WIDTH) {
        const counts low = counts_at(tail) > each_count(last);
        const counts high = counts_at(tail + HALF) > each_count(last);
        if (!any_of(low, high)) return;
        excess[0] -= low;
        excess[1] -= high;
    }
}

/* Bit l: representative l is nearer than the threshold. */
INLINE uint32_t near_ones(const Compatibility *measure, const Bank *bank, const Genome *genome) {
    const int32_t n = genome->genes, last = n ? genome->innovation[n - 1] : -1;
    const int32_t limit = measure->small > INT32_MAX ? INT32_MAX : (int32_t)measure->small;
    counts matching[2] = {{0}}, excess[2] = {{0}};
    exact apart[2] = {{0}};
    uint32_t near = 0;
    for (int32_t g = 0; g < n; g++) {
        const int32_t innovation = genome->innovation[g];
        const int64_t at = (int64_t)innovation * WIDTH;
        const narrow weight = genome->weight[g] - (narrow){0};
        BOTH {
            const counts has = counts_at(bank->desk->has + at + h * HALF);
            const narrow gap = weight - *(const narrow *)(bank->desk->weight + at + h * HALF);
            const narrow magnitude = (narrow)((counts)gap & 0x7FFFFFFF & has);
            apart[h] = apart[h] + __builtin_convertvector(magnitude, exact);
            matching[h] -= has;
            excess[h] -= each_count(innovation) > counts_at(bank->last + h * HALF);
        }
    }
    count_behind(bank, last, excess);
    BOTH {
        const counts theirs = counts_at(bank->genes + h * HALF), mine = each_count(n);
        const counts more = theirs > mine, larger = (theirs & more) | (mine & ~more);
        const counts small = larger < each_count(limit);
        const exact size = as_exact((each_count(1) & small) | (larger & ~small));
        const counts disjoint = theirs + mine - 2 * matching[h] - excess[h];
        /* the sum is 0 where nothing matches */
        const counts terms = matching[h] + ((matching[h] == 0) & 1);
        const exact shape = measure->excess * as_exact(excess[h]) / size +
                            measure->disjoint * as_exact(disjoint) / size;
        const exact distance = shape + measure->weights * (apart[h] / as_exact(terms));
        for (int l = 0; l < HALF; l++)
            near |= (uint32_t)(distance[l] < measure->threshold) << (h * HALF + l);
    }
    return near & ((1u << bank->count) - 1);
}

/* The species of each genome: the first whose representative is near enough. Where there is none
 * the genome founds one, whose number follows those of the `known` representatives, which are the
 * genomes `rows`. Returns how many were founded. */
EXPORT int64_t KERNEL(neat_speciate)(const Compatibility *measure, const Genomes *genomes,
                                     const Genomes *representatives, const int64_t *rows,
                                     int64_t count, int64_t known, const Desk *desk,
                                     int32_t *species, int32_t *founders) {
    int64_t left = count, seated = 0, fresh = 0;
    Bank bank;
    bank.desk = desk;
    bank.count = 0;
    for (int64_t row = 0; row < count; row++) desk->open[row] = (int32_t)row;
    for (int64_t number = 0; left; number += WIDTH) {
        int64_t kept = 0;
        clear_bank(&bank);
        while (seated < known && bank.count < WIDTH) seat(&bank, representatives, rows[seated++]);
        for (int64_t k = 0; k < left; k++) {
            const int32_t row = desk->open[k];
            const Genome genome = genome_at(genomes, row);
            const uint32_t near = near_ones(measure, &bank, &genome);
            if (near) {
                species[row] = (int32_t)number + __builtin_ctz(near);
            } else if (bank.count < WIDTH) {
                species[row] = (int32_t)number + bank.count;
                founders[fresh++] = row;
                seat(&bank, genomes, row);
            } else {
                desk->open[kept++] = row;
            }
        }
        left = kept;
    }
    clear_bank(&bank);
    return fresh;
}

/* One more than the highest innovation. */
EXPORT int64_t KERNEL(neat_innovations)(const Genomes *genomes, int64_t count) {
    int32_t most = -1;
    for (int64_t row = 0; row < count; row++) {
        const int32_t genes = genomes->genes[row];
        if (!genes) continue;
        const int32_t last = genomes->innovation[row * genomes->gene_room + genes - 1];
        most = last > most ? last : most;
    }
    return (int64_t)most + 1;
}

/* Enabled genes of each genome. */
EXPORT void KERNEL(neat_expressed)(const Genomes *genomes, int64_t count, int32_t *out) {
    for (int64_t row = 0; row < count; row++) {
        const uint8_t *const enabled = genomes->enabled + row * genomes->gene_room;
        int32_t found = 0;
        for (int32_t g = 0; g < genomes->genes[row]; g++) found += enabled[g] != 0;
        out[row] = found;
    }
}
