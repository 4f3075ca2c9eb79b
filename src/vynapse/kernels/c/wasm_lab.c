/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The browser lab as a WebAssembly module without imports: the kernels of weight evolution, NEAT and
 * the control tasks, and what a run does between two calls of them. */
#define INSTRUCTION_SET wasm
#include "lab_memory.h"
#include "lab_evolve.h"
#include "lab_play.h"
#include "lab_neat.h"

/* Uniform numbers of one address of a stream, from index 0 on. */
SHOWN void lab_uniform(uint32_t seed_low, uint32_t seed_high, uint32_t word, uint32_t generation,
                        uint32_t individual, int32_t count, float *out) {
    const Stream stream = {seed_low, seed_high, word};
    KERNEL(draw)(stream, generation, &individual, 1, 0, count, DRAW_UNIFORM, out);
}

/* Two words of one address: Stream.seed_for. */
SHOWN void lab_words(uint32_t seed_low, uint32_t seed_high, uint32_t word, uint32_t generation,
                      uint32_t individual, uint32_t *out) {
    const Stream stream = {seed_low, seed_high, word};
    const Source source = source_of(stream);
    const bits blocks = counted(0);
    bits words[1][4];
    philox_of_individual(&source, &blocks, individual, generation, 1, words);
    for (int w = 0; w < 2; w++) out[w] = words[0][w][0];
}
