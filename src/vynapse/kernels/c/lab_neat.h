/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * NEAT for the browser lab: Neat and Species (evolution/neat) round the kernels. */
#ifndef VYNAPSE_LAB_NEAT_H
#define VYNAPSE_LAB_NEAT_H

#include "lab_play.h"
#include "neat_reproduce.h"
#include "neat_species.h"

/* Keys of NEAT and addresses of its random numbers, as the page gives them. */
typedef struct {
    double population, inputs, outputs, output_kind, hidden_kind;
    double excess, disjoint, weight_difference, small_genome;
    double threshold, target_species, threshold_step;
    double survival, champion_size, stagnation, protected, population_stagnation, refocus_species;
    double mutation_only, interspecies, averaging, disabled, weights, perturb, toggle, activation,
        delete_gene, delete_node, add_gene, add_node, power, replace, initial, limit;
    double tries, normal;
    double seed_low, seed_high;
    double decisions, crossing, weights_word, normal_word, links, representatives, initial_word;
} NeatKeys;

typedef struct {
    Examples examples;
    const int32_t *labels;
    const float *targets;  /* (examples, outputs) */
} Batch;

static NeatKeys keys;
static Genomes generations[2], held;  /* this one and the one before; a candidate, alone */
static int32_t now, held_room[2];
static Programs networks, single;
static Numbers connections, splits;
static int64_t connection_room, split_room;
static Rates rates;
static Pending pending;
static Births births;
static Succession succession;
static Compatibility compatibility;
static Desk desk;
static int64_t desk_innovations, desk_genes;
static Batch batches[2];
static double *species_best, *neat_all;
static int64_t *species_improved, *species_number;
static int32_t *species_of, *founders, *alive;
static int64_t species_count, species_next, neat_generation, waited;
static double champion_loss;
static float *neat_outputs, *neat_work;
static int32_t *compile_work;
static int64_t outputs_room, work_room, compile_room;

INLINE Stream stream_of(double word) {
    return (Stream){(uint32_t)keys.seed_low, (uint32_t)keys.seed_high, (uint32_t)word};
}

INLINE void room_for(Genomes *to, int64_t count, int32_t nodes, int32_t genes) {
    to->inputs = (int32_t)keys.inputs;
    to->outputs = (int32_t)keys.outputs;
    to->node_room = nodes;
    to->gene_room = genes;
    to->nodes = ROOM(int32_t, count);
    to->genes = ROOM(int32_t, count);
    to->node = ROOM(int32_t, count * nodes);
    to->activation = ROOM(int32_t, count * nodes);
    to->innovation = ROOM(int32_t, count * genes);
    to->source = ROOM(int32_t, count * genes);
    to->target = ROOM(int32_t, count * genes);
    to->weight = ROOM(float, count * genes);
    to->enabled = ROOM(uint8_t, count * genes);
}

INLINE void room_for_networks(Programs *to, int64_t count, const Genomes *like) {
    if (to->steps && to->node_room >= like->node_room && to->gene_room >= like->gene_room) return;
    const int64_t nodes = like->node_room, genes = like->gene_room;
    *to = (Programs){0};
    to->inputs = like->inputs;
    to->outputs = like->outputs;
    to->node_room = like->node_room;
    to->gene_room = like->gene_room;
    to->steps = ROOM(int32_t, count);
    to->node = ROOM(int32_t, count * nodes);
    to->level = ROOM(int32_t, count * nodes);
    to->kind = ROOM(int32_t, count * nodes);
    to->first = ROOM(int32_t, count * (nodes + 1));
    to->origin = ROOM(int32_t, count * genes);
    to->weight = ROOM(float, count * genes);
    to->result = ROOM(int32_t, count * like->outputs);
}

/* Room for so many more pairs. */
INLINE void expect(Numbers *numbers, int64_t *room, int64_t more) {
    if (numbers->count + more <= *room) return;
    const int64_t larger = 2 * (numbers->count + more) + 64;
    int32_t *const pairs = ROOM(int32_t, 2 * larger);
    for (int64_t k = 0; k < 2 * numbers->count; k++) pairs[k] = numbers->pairs[k];
    numbers->pairs = pairs;
    numbers->bits = 1;
    while ((int64_t)1 << numbers->bits < 2 * larger) numbers->bits++;
    numbers->table = ROOM(int32_t, (int64_t)1 << numbers->bits);
    *room = larger;
    KERNEL(neat_index)(numbers);
}

INLINE void room_to_sort(int64_t genes, int64_t count) {
    const int64_t innovations = connections.count;
    if (innovations <= desk_innovations && genes + 1 <= desk_genes) return;
    desk_innovations = 2 * innovations;
    desk_genes = 2 * (genes + 1);
    desk.weight = ROOM(float, desk_innovations * WIDTH);
    desk.has = ROOM(int32_t, desk_innovations * WIDTH);
    desk.tail = ROOM(int32_t, desk_genes * WIDTH);
    desk.open = ROOM(int32_t, count);
}

/* Sort a new generation into species; empty ones are gone: Species.assign. */
INLINE void assign(const Genomes *genomes, const Genomes *before) {
    const int64_t count = (int64_t)keys.population;
    int64_t genes = genomes->gene_room;
    if (before && before->gene_room > genes) genes = before->gene_room;
    room_to_sort(genes, count);
    const int64_t fresh =
        KERNEL(neat_speciate)(&compatibility, genomes, before ? before : genomes,
                              succession.chosen, count, species_count, &desk, species_of, founders);
    for (int64_t k = 0; k < fresh; k++, species_count++) {
        species_number[species_count] = species_next++;
        species_improved[species_count] = neat_generation;
        species_best[species_count] = __builtin_inf();
    }
    for (int64_t s = 0; s < species_count; s++) alive[s] = 0;
    for (int64_t row = 0; row < count; row++) alive[species_of[row]] = 1;
    int32_t kept = 0;
    for (int64_t s = 0; s < species_count; s++) {
        const int32_t lives = alive[s];
        alive[s] = kept;
        if (!lives) continue;
        species_number[kept] = species_number[s];
        species_improved[kept] = species_improved[s];
        species_best[kept++] = species_best[s];
    }
    species_count = kept;
    for (int64_t row = 0; row < count; row++) species_of[row] = alive[species_of[row]];
}

INLINE void take_rates(void) {
    static int32_t kind;
    kind = (int32_t)keys.hidden_kind;
    rates = (Rates){&kind, stream_of(keys.decisions), stream_of(keys.crossing),
                    stream_of(keys.weights_word), stream_of(keys.normal_word),
                    stream_of(keys.links), 0, (int32_t)keys.tries, 1, (int32_t)keys.normal, 0,
                    (float)keys.mutation_only, (float)keys.interspecies, (float)keys.averaging,
                    (float)keys.disabled, (float)keys.weights, (float)keys.perturb,
                    (float)keys.toggle, (float)keys.activation, (float)keys.delete_gene,
                    (float)keys.delete_node, (float)keys.add_gene, (float)keys.add_node,
                    (float)keys.power, (float)keys.replace, (float)keys.initial,
                    (float)keys.limit};
}

INLINE void take_room(int64_t count) {
    pending.source = ROOM(int32_t, count);
    pending.target = ROOM(int32_t, count);
    pending.weight = ROOM(float, count);
    pending.split = ROOM(int32_t, count);
    pending.kind = ROOM(int32_t, count);
    births.first = ROOM(int32_t, count);
    births.second = ROOM(int32_t, count);
    births.operator = ROOM(uint8_t, count);
    /* up to a species for each genome, old ones and new ones */
    const int64_t species = 2 * count;
    species_best = ROOM(double, species);
    species_improved = ROOM(int64_t, species);
    species_number = ROOM(int64_t, species);
    species_of = ROOM(int32_t, count);
    founders = ROOM(int32_t, count);
    alive = ROOM(int32_t, species);
    neat_all = ROOM(double, count);
    succession = (Succession){0};
    succession.order = ROOM(int32_t, count);
    succession.pool = ROOM(int32_t, count);
    succession.copy = ROOM(int32_t, count);
    succession.begin = ROOM(int32_t, species);
    succession.survivors = ROOM(int32_t, species);
    succession.kept = ROOM(int64_t, species);
    succession.chosen = ROOM(int64_t, species);
    succession.numbers = ROOM(double, 3 * species);
    succession.work = ROOM(int32_t, count + 5 * species);
}

/* The topology of the paper in a row: inputs and bias to every output. */
INLINE void minimal(Genomes *to, int64_t row, const float *weights) {
    const int32_t inputs = to->inputs, outputs = to->outputs;
    to->nodes[row] = outputs;
    to->genes[row] = 0;
    for (int32_t o = 0; o < outputs; o++) {
        to->node[row * to->node_room + o] = inputs + 1 + o;
        to->activation[row * to->node_room + o] = (int32_t)keys.output_kind;
        for (int32_t i = 0; i <= inputs; i++) {
            const int32_t at = o * (inputs + 1) + i;
            expect(&connections, &connection_room, 1);
            insert_gene(to, row, number_of(&connections, i, inputs + 1 + o), i, inputs + 1 + o,
                        weights[at]);
        }
    }
}

/* The first generation of a search; the candidate is the minimal network with these weights. */
SHOWN void neat_begin(const NeatKeys *asked, const float *weights) {
    keys = *asked;
    const int32_t count = (int32_t)keys.population;
    const int32_t outputs = (int32_t)keys.outputs;
    const int32_t genes = ((int32_t)keys.inputs + 1) * outputs;
    connections = splits = (Numbers){0};
    connection_room = split_room = desk_innovations = desk_genes = 0;
    outputs_room = work_room = compile_room = play_room = slot_room = 0;
    networks = single = (Programs){0};
    now = 0;
    neat_generation = waited = species_count = species_next = 0;
    champion_loss = __builtin_inf();
    generations[1] = (Genomes){0};
    take_rates();
    take_room(count);
    compatibility = (Compatibility){keys.excess, keys.disjoint, keys.weight_difference,
                                    keys.threshold, (int64_t)keys.small_genome};
    room_for(&generations[0], count, 2 * outputs + 8, 2 * genes + 8);
    held_room[0] = held_room[1] = 0;
    room_for(&held, 1, 2 * outputs + 8, 2 * genes + 8);
    float *const drawn = ROOM(float, genes);
    for (uint32_t row = 0; row < (uint32_t)count; row++) {
        KERNEL(draw)(stream_of(keys.initial_word), 0, &row, 1, 0, genes, DRAW_UNIFORM, drawn);
        for (int32_t g = 0; g < genes; g++)
            drawn[g] = (2.0f * drawn[g] - 1.0f) * (float)keys.initial;
        minimal(&generations[0], row, drawn);
    }
    minimal(&held, 0, weights);
    assign(&generations[0], 0);
}

/* Examples of training (0) or validation (1): inputs (inputs, stride) beside each other. */
SHOWN void neat_batch(int32_t which, const float *inputs, const float *targets,
                       const int32_t *labels, int32_t examples, int32_t stride) {
    batches[which] = (Batch){{inputs, 0, 0, examples, stride, 1}, labels, targets};
}

SHOWN int32_t neat_span(void) { return SPAN; }

/* Sum of numbers in the order of NumPy, up to 128 of them. */
INLINE float pairwise(const float *numbers, int32_t count) {
    float sum = 0;
    int32_t k = 0;
    if (count >= 8) {
        float r[8];
        for (int j = 0; j < 8; j++) r[j] = numbers[j];
        for (k = 8; k + 8 <= count; k += 8)
            for (int j = 0; j < 8; j++) r[j] += numbers[k + j];
        sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    }
    for (; k < count; k++) sum += numbers[k];
    return sum;
}

INLINE double loss_of(const Batch *batch, const float *outputs, int32_t width) {
    const int32_t count = (int32_t)batch->examples.examples;
    const int64_t stride = batch->examples.stride;
    enum { FEW = 128 };
    if (!batch->labels && count * width <= FEW) {
        float squares[FEW];
        for (int32_t b = 0; b < count; b++)
            for (int32_t o = 0; o < width; o++) {
                const float gap = outputs[o * stride + b] - batch->targets[b * width + o];
                squares[b * width + o] = gap * gap;
            }
        return (double)(pairwise(squares, count * width) / (float)(count * width));
    }
    double total = 0;
    for (int32_t b = 0; b < count; b++) {
        float highest = outputs[b], sum = 0;
        for (int32_t o = 1; o < width; o++)
            highest = outputs[o * stride + b] > highest ? outputs[o * stride + b] : highest;
        for (int32_t o = 0; o < width; o++) sum += exp_one(outputs[o * stride + b] - highest);
        total += (double)(log_one(sum) - (outputs[batch->labels[b] * stride + b] - highest));
    }
    return total / count;
}

INLINE void compiled(const Genomes *genomes, Programs *to, int64_t count) {
    room_for_networks(to, count, genomes);
    const int64_t room = 3 * (int64_t)genomes->gene_room + 4 * (int64_t)genomes->node_room + 2;
    const int64_t slots = 2 * ((int64_t)to->inputs + 1 + to->node_room) * SPAN;
    if (room > compile_room) compile_work = ROOM(int32_t, compile_room = 2 * room);
    if (slots > work_room) neat_work = ROOM(float, work_room = 2 * slots);
    KERNEL(neat_compile)(genomes, to, compile_work, 0, count);
}

INLINE void losses_of(const Genomes *genomes, Programs *to, int64_t count, const Batch *batch,
                      double *losses) {
    compiled(genomes, to, count);
    const int64_t size = (int64_t)genomes->outputs * batch->examples.stride;
    if (size * count > outputs_room) neat_outputs = ROOM(float, outputs_room = size * count);
    KERNEL(neat_forward)(to, &batch->examples, neat_outputs, neat_work, 0, count);
    for (int64_t row = 0; row < count; row++)
        losses[row] = loss_of(batch, neat_outputs + row * size, genomes->outputs);
}

SHOWN double *neat_losses(void) { return neat_all; }

/* Measure the generation on the training examples. */
SHOWN void neat_measure(void) {
    losses_of(&generations[now], &networks, (int64_t)keys.population, &batches[0], neat_all);
}

/* Measure the generation, or the candidate, in episodes. */
SHOWN double neat_play(int32_t candidate, int32_t episodes, uint32_t seed_low,
                        uint32_t seed_high, uint32_t word) {
    const Stream starts = {seed_low, seed_high, word};
    double loss;
    if (candidate) {
        compiled(&held, &single, 1);
        play_all(&single, 1, episodes, starts, &loss);
        return loss;
    }
    compiled(&generations[now], &networks, (int64_t)keys.population);
    play_all(&networks, (int32_t)keys.population, episodes, starts, neat_all);
    return 0;
}

/* The loss of the candidate on the validation examples. */
SHOWN double neat_score(void) {
    double loss;
    losses_of(&held, &single, 1, &batches[1], &loss);
    return loss;
}

/* A genome of the generation becomes the candidate. */
SHOWN void neat_keep(int32_t row) {
    const Genomes *const from = &generations[now];
    const int32_t nodes = from->nodes[row], genes = from->genes[row];
    if (held.node_room < nodes || held.gene_room < genes)
        room_for(&held, 1, 2 * nodes + held.node_room, 2 * genes + held.gene_room);
    const Genome it = genome_at(from, row);
    held.nodes[0] = nodes;
    held.genes[0] = genes;
    for (int32_t k = 0; k < nodes; k++) {
        held.node[k] = it.node[k];
        held.activation[k] = it.activation[k];
    }
    for (int32_t g = 0; g < genes; g++) {
        held.innovation[g] = it.innovation[g];
        held.source[g] = it.source[g];
        held.target[g] = it.target[g];
        held.weight[g] = it.weight[g];
        held.enabled[g] = it.enabled[g];
    }
}

SHOWN const Genomes *neat_held(void) { return &held; }
SHOWN int32_t neat_species(void) { return (int32_t)species_count; }

INLINE void room_for_children(void) {
    const Genomes *const parents = &generations[now];
    Genomes *const children = &generations[1 - now];
    int32_t nodes = 0, genes = 0;
    for (int64_t row = 0; row < (int64_t)keys.population; row++) {
        nodes = parents->nodes[row] > nodes ? parents->nodes[row] : nodes;
        genes = parents->genes[row] > genes ? parents->genes[row] : genes;
    }
    nodes = 2 * nodes + 1;
    genes = 2 * genes + 3;
    if (children->nodes && children->node_room >= nodes && children->gene_room >= genes) return;
    room_for(children, (int64_t)keys.population, nodes + nodes / 2, genes + genes / 2);
}

/* Who has children; returns how many species go on: Species.plan. */
INLINE int64_t planned(int refocus) {
    succession.losses = neat_all;
    succession.of = species_of;
    succession.best = species_best;
    succession.improved = species_improved;
    succession.survival = keys.survival;
    succession.count = (int64_t)keys.population;
    succession.species = species_count;
    succession.generation = neat_generation;
    succession.stagnation = (int64_t)keys.stagnation;
    succession.protected = (int64_t)keys.protected;
    succession.refocus_species = (int64_t)keys.refocus_species;
    succession.champion_size = (int64_t)keys.champion_size;
    succession.stream = stream_of(keys.representatives);
    succession.refocus = refocus;
    const int64_t going = KERNEL(neat_plan)(&succession);
    for (int64_t s = 0; s < going; s++) {
        const int64_t from = succession.kept[s];
        species_number[s] = species_number[from];
        species_improved[s] = species_improved[from];
        species_best[s] = species_best[from];
    }
    species_count = going;
    if (keys.target_species > 0 && (double)going != keys.target_species) {
        const double step = keys.threshold_step;
        const double moved = compatibility.threshold + ((double)going > keys.target_species ? step : -step);
        compatibility.threshold = moved > 0.3 ? moved : 0.3;
    }
    return going;
}

/* The losses are told, and the next generation is there: Neat.tell. */
SHOWN void neat_tell(void) {
    const int64_t count = (int64_t)keys.population;
    int64_t best = 0;
    for (int64_t row = 1; row < count; row++) best = neat_all[row] < neat_all[best] ? row : best;
    waited++;
    if (neat_all[best] < champion_loss) {
        champion_loss = neat_all[best];
        waited = 0;
    }
    const int refocus = waited > (int64_t)keys.population_stagnation;
    if (refocus) waited = 0;
    const int64_t going = planned(refocus);
    room_for_children();
    Genomes *const parents = &generations[now], *const children = &generations[1 - now];
    const Plan plan = {succession.order, succession.begin, succession.survivors, succession.pool,
                       succession.copy, neat_all, going};
    const int64_t room = 2 * (int64_t)children->gene_room + children->node_room +
                         (children->gene_room + 3) / 4;
    if (room > compile_room) compile_work = ROOM(int32_t, compile_room = 2 * room);
    rates.generation = (uint32_t)neat_generation + 1;
    KERNEL(neat_reproduce)(parents, &plan, &rates, children, &births, &pending, compile_work, 0,
                           count);
    expect(&connections, &connection_room, 3 * count);
    expect(&splits, &split_room, count);
    KERNEL(neat_settle)(children, &pending, count,
                        (int32_t)keys.inputs + 1 + (int32_t)keys.outputs, &connections, &splits);
    now = 1 - now;
    neat_generation++;
    assign(children, parents);
}

#endif
