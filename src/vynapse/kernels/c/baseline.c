/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#define INSTRUCTION_SET baseline
#include "kernels.h"

/* Changes with the arguments and structures of the kernels; native.py wants the same number. */
EXPORT int32_t layout(void) { return 9; }

/* The best instruction set of this machine that was compiled in: 0 baseline, 1 AVX2, 2 AVX-512.
 * BASELINE_ONLY leaves the others out, where compiling should be quick. */
EXPORT int32_t instruction_set(void) {
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(BASELINE_ONLY)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return 2;
    if (__builtin_cpu_supports("avx2")) return 1;
#endif
    return 0;
}
