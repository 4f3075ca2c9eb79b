/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The engine as a WebAssembly module without imports. What it runs is appended to the module as data
 * (deploy/wasm_image.py): a head, the words of the loops, and the array of floats that they work on.
 */
#define INSTRUCTION_SET wasm
#include "graph_engine.h"
#include "wasm_memory.h"

typedef struct {
    int32_t words, memory;             /* bytes from here to the loops, and to the array */
    int32_t input, inputs;             /* where in the array they begin, and how many they are */
    int32_t output, outputs;
    int32_t state, after, states;      /* the state, and the next one */
} image;

extern image __heap_base;

static float *array(int32_t place) { return (float *)((char *)&__heap_base + __heap_base.memory) + place; }

EXPORT int32_t net_inputs(void) { return __heap_base.inputs; }
EXPORT int32_t net_outputs(void) { return __heap_base.outputs; }
EXPORT int32_t net_states(void) { return __heap_base.states; }
EXPORT float *net_in(void) { return array(__heap_base.input); }
EXPORT float *net_out(void) { return array(__heap_base.output); }
EXPORT float *net_state(void) { return array(__heap_base.state); }

EXPORT void net_reset(void) {
    for (int32_t k = 0; k < __heap_base.states; k++) array(__heap_base.state)[k] = 0.0f;
}

/* Outputs of the inputs; a network with a state takes one step. Returns 0. */
EXPORT int32_t net_forward(void) {
    const int32_t *words = (const int32_t *)((const char *)&__heap_base + __heap_base.words);
    const int32_t failed = KERNEL(graph_run)(words, array(0));
    for (int32_t k = 0; k < __heap_base.states; k++)
        array(__heap_base.state)[k] = array(__heap_base.after)[k];
    return failed;
}
