/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Children of a generation of NEAT: reference/neat_reproduce.py and neat_cross.py.
 */
#include "neat_registry.h"

/* The order of neat_law.Draw. */
enum {
    DRAW_FIRST, DRAW_MATES, DRAW_ABROAD, DRAW_POOL, DRAW_SECOND, DRAW_AVERAGES, DRAW_WEIGHTS,
    DRAW_TOGGLE, DRAW_TOGGLED, DRAW_ACTIVATION, DRAW_ACTIVATED, DRAW_ACTIVATION_KIND,
    DRAW_DELETE_GENE, DRAW_DELETED_GENE, DRAW_DELETE_NODE, DRAW_DELETED_NODE, DRAW_ADD_GENE,
    DRAW_GENE_WEIGHT, DRAW_ADD_NODE, DRAW_SPLIT, DRAW_NODE_KIND
};

/* The bits of neat_law.Operator. */
enum {
    BY_CROSSOVER = 1, BY_INTERSPECIES = 2, BY_WEIGHTS = 4, BY_TOGGLE = 8, BY_ACTIVATION = 16,
    BY_DELETE = 32, BY_ADD_GENE = 64, BY_ADD_NODE = 128
};

typedef struct {
    const int32_t *kinds;
    Stream decisions, crossing, weights, normal, links;
    uint32_t generation;
    int32_t tries, kind_count, is_normal, recurrent;
    float mutation_only, interspecies, averaging, disabled, mutate, perturb, toggle, activation;
    float delete_gene, delete_node, add_gene, add_node, power, replace, initial, limit;
} Rates;

typedef struct {
    const int32_t *members;       /* rows that may be parents */
    const int32_t *begin, *size;  /* (species,) */
    const int32_t *pool, *copy;   /* (children,) */
    const double *losses;         /* of the parents */
    int64_t species;
} Plan;

typedef struct {
    int32_t *first, *second;
    uint8_t *operator;
} Births;

/* Words of one stream for one child, AT_ONCE at a time. */
typedef struct {
    const Source *source;
    uint32_t individual, generation;
    int64_t held;
    uint32_t words[AT_ONCE];
} Words;

static __attribute__((noinline)) void KERNEL(fill_words)(Words *from, int64_t part) {
    const bits blocks = counted((uint32_t)part * WIDTH);
    bits drawn[1][4];
    philox_of_individual(from->source, &blocks, from->individual, from->generation, 1, drawn);
    EACH_LANE(l) for (int w = 0; w < 4; w++) from->words[4 * l + w] = drawn[0][w][l];
    from->held = part;
}

INLINE uint32_t word_at(Words *from, int64_t index) {
    if (index / AT_ONCE != from->held) KERNEL(fill_words)(from, index / AT_ONCE);
    return from->words[index % AT_ONCE];
}

INLINE int happens(Words *from, int64_t index, float rate) {
    return uniform_one(word_at(from, index)) < rate;
}

INLINE int32_t below(uint32_t word, int32_t bound) {
    return (int32_t)((uint64_t)word * (uint64_t)bound >> 32);
}

INLINE int32_t draw_below(Words *from, int64_t index, int32_t bound) {
    return below(word_at(from, index), bound);
}

/* Uniform in (-1, 1). */
INLINE float signed_one(uint32_t word) { return 2.0f * uniform_one(word) - 1.0f; }

/* One birth. */
typedef struct {
    const Rates *rates;
    Words decisions, crossing, weights, links;
    const Source *normal;
    Genome child;
    uint8_t *flag;  /* gene_room: scratch for genes */
    int32_t *from, *to, *reached;  /* gene_room, gene_room, node_room */
} Birth;

INLINE int operand(Birth *birth, int64_t index, float rate) {
    return happens(&birth->decisions, index, rate);
}

INLINE void copy_gene(const Genome *to, int32_t at, const Genome *from, int32_t g) {
    to->innovation[at] = from->innovation[g];
    to->source[at] = from->source[g];
    to->target[at] = from->target[g];
    to->weight[at] = from->weight[g];
    to->enabled[at] = from->enabled[g];
}

INLINE void copy_node(const Genome *to, int32_t at, const Genome *from, int32_t k) {
    to->node[at] = from->node[k];
    to->activation[at] = from->activation[k];
}

INLINE void copy_genome(Genome *to, const Genome *from) {
    for (int32_t g = 0; g < from->genes; g++) copy_gene(to, g, from, g);
    for (int32_t k = 0; k < from->nodes; k++) copy_node(to, k, from, k);
    to->genes = from->genes;
    to->nodes = from->nodes;
}

/* Whether genes that are not flagged lead from row `begin` to row `end` of the nodes. */
INLINE int leads(const Birth *birth, int32_t begin, int32_t end) {
    const Genome *const child = &birth->child;
    if (begin == end) return 1;
    if (end < 0) return 0;
    for (int32_t k = 0; k < child->nodes; k++) birth->reached[k] = k == begin;
    for (int changed = 1; changed && !birth->reached[end];) {
        changed = 0;
        for (int32_t g = 0; g < child->genes; g++) {
            if (birth->flag[g] || birth->from[g] < 0 || !birth->reached[birth->from[g]]) continue;
            if (birth->reached[birth->to[g]]) continue;
            changed = birth->reached[birth->to[g]] = 1;
        }
    }
    return birth->reached[end];
}

INLINE void find_rows(const Birth *birth) {
    const Genome *const child = &birth->child;
    for (int32_t g = 0; g < child->genes; g++) {
        birth->from[g] = row_of(child, child->source[g]);
        birth->to[g] = row_of(child, child->target[g]);
    }
}

/* Flagged genes go, then hidden nodes without a gene. */
INLINE void drop_flagged(Birth *birth) {
    Genome *const child = &birth->child;
    int32_t kept = 0;
    for (int32_t g = 0; g < child->genes; g++)
        if (!birth->flag[g]) copy_gene(child, kept++, child, g);
    child->genes = kept;
    for (int32_t k = 0; k < child->nodes; k++) birth->reached[k] = k < child->outputs;
    for (int32_t g = 0; g < child->genes; g++) {
        const int32_t from = row_of(child, child->source[g]);
        if (from >= 0) birth->reached[from] = 1;
        birth->reached[row_of(child, child->target[g])] = 1;
    }
    kept = 0;
    for (int32_t k = 0; k < child->nodes; k++)
        if (birth->reached[k]) copy_node(child, kept++, child, k);
    child->nodes = kept;
}

INLINE void merge_nodes(Genome *child, const Genome *a, const Genome *b, int equal) {
    int32_t i = 0, j = 0;
    child->nodes = 0;
    while (i < a->nodes || (equal && j < b->nodes)) {
        const int mine = i < a->nodes && (!equal || j >= b->nodes || a->node[i] <= b->node[j]);
        if (mine) {
            if (equal && j < b->nodes && b->node[j] == a->node[i]) j++;
            copy_node(child, child->nodes++, a, i++);
        } else {
            copy_node(child, child->nodes++, b, j++);
        }
    }
}

enum { TAKEN, REFUSED, TENTATIVE };

/* The child of a and of b, which is not fitter. */
INLINE void cross(Birth *birth, const Genome *a, const Genome *b, int equal) {
    Genome *const child = &birth->child;
    const int averages = operand(birth, DRAW_AVERAGES, birth->rates->averaging);
    int32_t i = 0, j = 0, count = 0, tentative = 0;
    merge_nodes(child, a, b, equal);
    for (int64_t g = 0; i < a->genes || j < b->genes; g++) {
        const int in_a = i < a->genes && (j >= b->genes || a->innovation[i] <= b->innovation[j]);
        const int in_b = j < b->genes && (i >= a->genes || b->innovation[j] <= a->innovation[i]);
        const int second = word_at(&birth->crossing, 2 * g) >> 31;
        const int unlucky = happens(&birth->crossing, 2 * g + 1, birth->rates->disabled);
        const int off = (in_a && !a->enabled[i]) || (in_b && !b->enabled[j]);
        const int wanted = in_a ? in_b || !(equal && second) : equal && second;
        if (wanted) {
            if (in_a)
                copy_gene(child, count, a, i);
            else
                copy_gene(child, count, b, j);
            if (in_a && in_b && averages)
                child->weight[count] = 0.5f * (a->weight[i] + b->weight[j]);
            else if (in_a && in_b && second)
                child->weight[count] = b->weight[j];
            child->enabled[count] = !(off && unlucky);
            birth->flag[count] = !in_a && !birth->rates->recurrent ? TENTATIVE : TAKEN;
            tentative |= birth->flag[count++];
        }
        i += in_a;
        j += in_b;
    }
    child->genes = count;
    if (tentative) find_rows(birth);
    for (int32_t g = 0; g < count && tentative; g++)
        if (birth->flag[g])
            birth->flag[g] = leads(birth, birth->to[g], birth->from[g]) ? REFUSED : TAKEN;
    drop_flagged(birth);
}

INLINE int mutate_weights(Birth *birth) {
    const Rates *const rates = birth->rates;
    Genome *const child = &birth->child;
    lanes drawn[4] = {{0}};
    bits words[1][4];
    if (!operand(birth, DRAW_WEIGHTS, rates->mutate)) return 0;
    for (int32_t g = 0; g < child->genes; g++) {
        const int little = happens(&birth->weights, 2 * g, rates->perturb);
        const float plain = signed_one(word_at(&birth->weights, 2 * g + 1));
        float step = plain;
        if (rates->is_normal) {
            const int32_t within = g % AT_ONCE;
            if (within == 0) {
                const bits blocks = counted((uint32_t)(g / 4));
                philox_of_individual(birth->normal, &blocks, birth->decisions.individual,
                                     rates->generation, 1, words);
                normal_pairs(words[0], 2, drawn);
            }
            step = drawn[within % 4][within / 4];
        }
        const float mutated = little ? child->weight[g] + rates->power * step : rates->replace * plain;
        child->weight[g] = clamp_one(mutated, -rates->limit, rates->limit);
    }
    return BY_WEIGHTS;
}

INLINE int mutate_parts(Birth *birth) {
    const Rates *const rates = birth->rates;
    Genome *const child = &birth->child;
    const int32_t hidden = child->nodes - child->outputs;
    int operator = 0;
    if (child->genes && operand(birth, DRAW_TOGGLE, rates->toggle)) {
        child->enabled[draw_below(&birth->decisions, DRAW_TOGGLED, child->genes)] ^= 1;
        operator |= BY_TOGGLE;
    }
    if (hidden && operand(birth, DRAW_ACTIVATION, rates->activation)) {
        const int32_t which = draw_below(&birth->decisions, DRAW_ACTIVATED, hidden);
        child->activation[child->outputs + which] =
            rates->kinds[draw_below(&birth->decisions, DRAW_ACTIVATION_KIND, rates->kind_count)];
        operator |= BY_ACTIVATION;
    }
    return operator;
}

INLINE int take_away(Birth *birth) {
    Genome *const child = &birth->child;
    int operator = 0;
    if (child->genes && operand(birth, DRAW_DELETE_GENE, birth->rates->delete_gene)) {
        const int32_t gone = draw_below(&birth->decisions, DRAW_DELETED_GENE, child->genes);
        for (int32_t g = 0; g < child->genes; g++) birth->flag[g] = g == gone;
        drop_flagged(birth);
        operator = BY_DELETE;
    }
    const int32_t hidden = child->nodes - child->outputs;
    if (hidden && operand(birth, DRAW_DELETE_NODE, birth->rates->delete_node)) {
        const int32_t which = draw_below(&birth->decisions, DRAW_DELETED_NODE, hidden);
        const int32_t gone = child->node[child->outputs + which];
        for (int32_t g = 0; g < child->genes; g++)
            birth->flag[g] = child->source[g] == gone || child->target[g] == gone;
        drop_flagged(birth);
        operator = BY_DELETE;
    }
    return operator;
}

INLINE int add_gene(Birth *birth, const Pending *pending, int64_t row) {
    const Rates *const rates = birth->rates;
    const Genome *const child = &birth->child;
    const int32_t before = child->inputs + 1;
    if (!operand(birth, DRAW_ADD_GENE, rates->add_gene)) return 0;
    find_rows(birth);
    for (int32_t g = 0; g < child->genes; g++) birth->flag[g] = TAKEN;
    for (int32_t attempt = 0; attempt < rates->tries; attempt++) {
        const uint32_t one = word_at(&birth->links, 2 * attempt);
        const int32_t pick = below(one, before + child->nodes) - before;
        const int32_t to = draw_below(&birth->links, 2 * attempt + 1, child->nodes);
        const int32_t source = pick < 0 ? pick + before : child->node[pick];
        const int32_t target = child->node[to];
        int32_t g = 0;
        while (g < child->genes && !(child->source[g] == source && child->target[g] == target)) g++;
        if (g < child->genes) continue;
        if (!rates->recurrent &&
            ((pick >= 0 && pick < child->outputs) || leads(birth, to, pick < 0 ? -1 : pick)))
            continue;
        const uint32_t word = word_at(&birth->decisions, DRAW_GENE_WEIGHT);
        pending->source[row] = source;
        pending->target[row] = target;
        pending->weight[row] = rates->initial * signed_one(word);
        return BY_ADD_GENE;
    }
    return 0;
}

INLINE int add_node(Birth *birth, const Pending *pending, int64_t row) {
    const Rates *const rates = birth->rates;
    const Genome *const child = &birth->child;
    int32_t able = 0;
    if (!operand(birth, DRAW_ADD_NODE, rates->add_node)) return 0;
    for (int32_t g = 0; g < child->genes; g++)
        able += child->enabled[g] && child->source[g] != child->inputs;
    if (able == 0) return 0;
    int32_t left = draw_below(&birth->decisions, DRAW_SPLIT, able);
    for (int32_t g = 0; g < child->genes; g++) {
        if (!child->enabled[g] || child->source[g] == child->inputs || left--) continue;
        child->enabled[g] = 0;
        pending->split[row] = child->innovation[g];
        break;
    }
    pending->kind[row] =
        rates->kinds[draw_below(&birth->decisions, DRAW_NODE_KIND, rates->kind_count)];
    return BY_ADD_NODE;
}

/* Rows of the parents: the fitter first; second -1 without. */
INLINE int couple(Birth *birth, const Plan *plan, int32_t pool, int32_t *first, int32_t *second) {
    Words *const drawn = &birth->decisions;
    int operator = BY_CROSSOVER;
    int32_t other = pool;
    *first = plan->members[plan->begin[pool] + draw_below(drawn, DRAW_FIRST, plan->size[pool])];
    *second = -1;
    if (operand(birth, DRAW_MATES, birth->rates->mutation_only)) return 0;
    if (plan->species > 1 && operand(birth, DRAW_ABROAD, birth->rates->interspecies)) {
        operator |= BY_INTERSPECIES;
        other = draw_below(drawn, DRAW_POOL, (int32_t)plan->species - 1);
        other += other >= pool;
    }
    *second = plan->members[plan->begin[other] + draw_below(drawn, DRAW_SECOND, plan->size[other])];
    if (plan->losses[*second] < plan->losses[*first]) {
        const int32_t fitter = *second;
        *second = *first;
        *first = fitter;
    }
    return operator;
}

INLINE void be_born(Birth *birth, const Genomes *parents, const Plan *plan, const Births *births,
                    const Pending *pending, int64_t row) {
    Genome *const child = &birth->child;
    int32_t first = plan->copy[row], second = -1;
    int operator = 0;
    if (first >= 0) {
        const Genome parent = genome_at(parents, first);
        copy_genome(child, &parent);
    } else {
        operator = couple(birth, plan, plan->pool[row], &first, &second);
        const Genome a = genome_at(parents, first);
        if (second >= 0 && second != first) {
            const Genome b = genome_at(parents, second);
            cross(birth, &a, &b, plan->losses[first] == plan->losses[second]);
        } else {
            copy_genome(child, &a);
        }
        operator |= mutate_weights(birth);
        operator |= mutate_parts(birth);
        operator |= take_away(birth);
        operator |= add_gene(birth, pending, row);
        operator |= add_node(birth, pending, row);
    }
    births->first[row] = first;
    births->second[row] = second;
    births->operator[row] = (uint8_t)operator;
}

/* Children from `begin` to `end` - 1; work: 2.25 * gene_room + node_room numbers, rounded up. */
EXPORT void KERNEL(neat_reproduce)(const Genomes *parents, const Plan *plan, const Rates *rates,
                                   const Genomes *children, const Births *births,
                                   const Pending *pending, int32_t *work, int64_t begin,
                                   int64_t end) {
    const Source decisions = source_of(rates->decisions), crossing = source_of(rates->crossing);
    const Source weights = source_of(rates->weights), normal = source_of(rates->normal);
    const Source links = source_of(rates->links);
    const int32_t genes = children->gene_room;
    Birth birth;
    birth.rates = rates;
    birth.normal = &normal;
    birth.from = work;
    birth.to = work + genes;
    birth.reached = work + 2 * genes;
    birth.flag = (uint8_t *)(birth.reached + children->node_room);
    for (int64_t row = begin; row < end; row++) {
        const Source *const sources[] = {&decisions, &crossing, &weights, &links};
        Words *const streams[] = {&birth.decisions, &birth.crossing, &birth.weights, &birth.links};
        for (int k = 0; k < 4; k++) {
            streams[k]->source = sources[k];
            streams[k]->individual = (uint32_t)row;
            streams[k]->generation = rates->generation;
            streams[k]->held = -1;
        }
        birth.child = genome_at(children, row);
        pending->source[row] = pending->split[row] = -1;
        pending->target[row] = pending->kind[row] = 0;
        pending->weight[row] = 0;
        be_born(&birth, parents, plan, births, pending, row);
        children->nodes[row] = birth.child.nodes;
        children->genes[row] = birth.child.genes;
    }
}
