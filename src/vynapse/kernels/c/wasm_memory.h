/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What compilers call where they find a loop that fills or copies memory. */
#ifndef VYNAPSE_WASM_MEMORY_H
#define VYNAPSE_WASM_MEMORY_H

__attribute__((no_builtin("memset"))) void *memset(void *to, int value, __SIZE_TYPE__ count) {
    for (__SIZE_TYPE__ k = 0; k < count; k++) ((unsigned char *)to)[k] = (unsigned char)value;
    return to;
}

__attribute__((no_builtin("memcpy"))) void *memcpy(void *to, const void *from, __SIZE_TYPE__ count) {
    for (__SIZE_TYPE__ k = 0; k < count; k++)
        ((unsigned char *)to)[k] = ((const unsigned char *)from)[k];
    return to;
}

#endif
