/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(BASELINE_ONLY)
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx2,bmi,bmi2")
#pragma GCC target("prefer-vector-width=512")
#define INSTRUCTION_SET avx512
#include "kernels.h"
#else
typedef int only_the_baseline_is_built_here;
#endif
