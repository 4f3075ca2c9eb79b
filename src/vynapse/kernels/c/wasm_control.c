/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The control tasks as a WebAssembly module: one episode, whose state lies in its memory. */
#define INSTRUCTION_SET wasm
#include "control.h"
#include "wasm_memory.h"

static double state[MOST_STATES], reward;
static float seen[MOST_SEEN];

EXPORT double *control_state(void) { return state; }
EXPORT float *control_seen(void) { return seen; }
EXPORT int32_t control_states(int32_t task) { return states_of(task); }

/* What a network sees of the state. */
EXPORT void control_look(int32_t task) { KERNEL(control_observe)(task, state, seen, 1); }

/* One action; whether the episode has ended by itself. */
EXPORT int32_t control_act(int32_t task, float action) {
    uint8_t over;
    KERNEL(control_step)(task, state, &action, &reward, &over, 1);
    return over;
}

EXPORT double control_reward(void) { return reward; }
