/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Episodes of CartPole for the browser lab: EpisodesObjective (evolution/episodes.py). */
#ifndef VYNAPSE_LAB_PLAY_H
#define VYNAPSE_LAB_PLAY_H

#include "control_episode.h"
#include "lab_evolve.h"

enum { LIMIT = 500, SEEN = 4 };

static double *play_starts, *play_returns, *play_wiggle;
static int32_t *play_steps;
static uint8_t *play_over;
static float *play_work;
static float shift[SEEN], scale[SEEN];
static int64_t play_room, slot_room;
static Programs dense;

INLINE void room_to_play(int64_t count, int64_t slots) {
    if (count > play_room) {
        play_room = 2 * count;
        play_starts = ROOM(double, play_room * SEEN);
        play_returns = ROOM(double, play_room);
        play_wiggle = ROOM(double, play_room);
        play_steps = ROOM(int32_t, play_room);
        play_over = ROOM(uint8_t, play_room);
    }
    if (slots > slot_room) {
        slot_room = 2 * slots;
        play_work = ROOM(float, 2 * slot_room * SPAN);
    }
}

/* Losses (count,) of the first networks: minus the mean return of the episodes, whose starts are
 * drawn from a stream. */
INLINE void play_all(const Programs *programs, int32_t count, int32_t episodes, Stream starts,
                     double *losses) {
    ExampleCall trial = {0};
    int64_t next = 0;
    float drawn[SEEN];
    room_to_play((int64_t)count * episodes, programs->inputs + 1 + programs->node_room);
    for (uint32_t e = 0; e < (uint32_t)episodes; e++) {
        KERNEL(draw)(starts, 0, &e, 1, 0, SEEN, DRAW_UNIFORM, drawn);
        for (int k = 0; k < SEEN; k++)
            play_starts[e * SEEN + (uint32_t)k] = -0.05 + (0.05 - -0.05) * (double)drawn[k];
    }
    for (int k = 0; k < SEEN; k++) scale[k] = 1.0f;
    trial.starts = play_starts;
    trial.shift = shift;
    trial.scale = scale;
    trial.returns = play_returns;
    trial.steps = play_steps;
    trial.over = play_over;
    trial.wiggle = play_wiggle;
    trial.episodes = episodes;
    trial.task = CARTPOLE;
    trial.limit = LIMIT;
    trial.updates = 1;
    trial.actions = 2;
    trial.gain = 2.0f;
    trial.offset = -1.0f;
    KERNEL(control_play)(&trial, programs, play_work, &next, count);
    for (int32_t row = 0; row < count; row++) {
        double sum = 0;
        for (int32_t e = 0; e < episodes; e++) sum += play_returns[row * episodes + e];
        losses[row] = -(sum / episodes);
    }
}

/* The layers as a graph of single nodes, for `most` networks: evolution/programs.py. */
SHOWN void dense_shape(void) {
    const Problem *const problem = &problems[0];
    int32_t nodes = 0, from = 0, slot = problem->sizes[0] + 1, node = 0, edge = 0;
    for (int32_t n = 0; n < problem->layers; n++) nodes += problem->sizes[n + 1];
    dense = (Programs){0};
    dense.inputs = problem->sizes[0];
    dense.outputs = problem->sizes[problem->layers];
    dense.node_room = nodes;
    dense.gene_room = problem->parameters;
    dense.steps = ROOM(int32_t, most);
    dense.kind = ROOM(int32_t, most * nodes);
    dense.first = ROOM(int32_t, most * (nodes + 1));
    dense.origin = ROOM(int32_t, most * problem->parameters);
    dense.weight = ROOM(float, most * problem->parameters);
    dense.result = ROOM(int32_t, most * dense.outputs);
    for (int32_t n = 0; n < problem->layers; n++) {
        for (int32_t o = 0; o < problem->sizes[n + 1]; o++) {
            dense.kind[node] = n == problem->layers - 1 ? problem->output : problem->hidden;
            for (int32_t i = 0; i < problem->sizes[n]; i++) dense.origin[edge++] = from + i;
            if (problem->bias) dense.origin[edge++] = dense.inputs;
            dense.first[++node] = edge;
        }
        from = slot;
        slot += problem->sizes[n + 1];
    }
    for (int32_t o = 0; o < dense.outputs; o++) dense.result[o] = from + o;
    for (int64_t row = 0; row < most; row++) {
        dense.steps[row] = nodes;
        for (int32_t k = 0; k < nodes; k++) dense.kind[row * nodes + k] = dense.kind[k];
        for (int32_t k = 0; k <= nodes; k++) dense.first[row * (nodes + 1) + k] = dense.first[k];
        for (int32_t k = 0; k < edge; k++) dense.origin[row * edge + k] = dense.origin[k];
        for (int32_t k = 0; k < dense.outputs; k++)
            dense.result[row * dense.outputs + k] = dense.result[k];
    }
}

/* Losses of `count` genomes (count, parameters) that play the same episodes. */
SHOWN void dense_play(const float *genomes, int32_t count, int32_t episodes, uint32_t seed_low,
                       uint32_t seed_high, uint32_t word, double *losses) {
    const Problem *const problem = &problems[0];
    const Stream starts = {seed_low, seed_high, word};
    for (int32_t row = 0; row < count; row++) {
        const float *weights = genomes + (int64_t)row * problem->parameters;
        float *to = dense.weight + (int64_t)row * problem->parameters;
        for (int32_t n = 0; n < problem->layers; n++) {
            const int32_t inputs = problem->sizes[n], outputs = problem->sizes[n + 1];
            for (int32_t o = 0; o < outputs; o++) {
                for (int32_t i = 0; i < inputs; i++) *to++ = weights[o * inputs + i];
                if (problem->bias) *to++ = weights[inputs * outputs + o];
            }
            weights += (inputs + problem->bias) * outputs;
        }
    }
    play_all(&dense, count, episodes, starts, losses);
}

#endif
