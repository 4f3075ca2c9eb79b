/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Memory of the browser lab: room is taken piece by piece and given back all at once. */
#ifndef VYNAPSE_LAB_MEMORY_H
#define VYNAPSE_LAB_MEMORY_H

#include "lanes.h"
#include "wasm_memory.h"

/* The page calls what is SHOWN; kernels are called from here alone, so that those that nobody calls
 * are left out. */
#define SHOWN __attribute__((visibility("default")))
#undef EXPORT
#define EXPORT static

extern char __heap_base;

static uintptr_t lab_next;

/* Zeros; a null pointer where the browser has no more memory. */
SHOWN void *lab_room(int32_t bytes) {
    enum { PAGE = 65536, ALIGNED = 16 };
    if (!lab_next) lab_next = ((uintptr_t)&__heap_base + ALIGNED - 1) / ALIGNED * ALIGNED;
    const uintptr_t place = lab_next;
    const uintptr_t end = place + ((uintptr_t)bytes + ALIGNED - 1) / ALIGNED * ALIGNED;
    const uintptr_t there = __builtin_wasm_memory_size(0) * PAGE;
    if (end > there && __builtin_wasm_memory_grow(0, (end - there + PAGE - 1) / PAGE) == (__SIZE_TYPE__)-1)
        return 0;
    lab_next = end;
    memset((void *)place, 0, (__SIZE_TYPE__)bytes);
    return (void *)place;
}

/* All room is free again; what points there may not be used any more. */
SHOWN void lab_clear(void) { lab_next = 0; }

#define ROOM(type, count) ((type *)lab_room((int32_t)((count) * (int64_t)sizeof(type))))

#endif
