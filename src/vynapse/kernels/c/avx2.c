/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(BASELINE_ONLY)
#pragma GCC target("avx2,bmi,bmi2")
#define INSTRUCTION_SET avx2
#include "kernels.h"
#else
typedef int only_the_baseline_is_built_here;
#endif
