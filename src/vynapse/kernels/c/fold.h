/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Sums of the elements of a vector by halves: element l takes element l + half, for half = a half,
 * a quarter, ... of the width.
 */
#ifndef VYNAPSE_FOLD_H
#define VYNAPSE_FOLD_H

#include "lanes.h"

typedef float floats_4 __attribute__((vector_size(16), aligned(4)));
typedef float floats_8 __attribute__((vector_size(32), aligned(4)));
typedef float floats_16 __attribute__((vector_size(64), aligned(4)));

/* Down to four elements. */
INLINE floats_4 halved_8(floats_8 v) {
    const floats_4 low = {v[0], v[1], v[2], v[3]}, high = {v[4], v[5], v[6], v[7]};
    return low + high;
}

INLINE floats_4 halved_16(floats_16 v) {
    const floats_8 low = {v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]};
    const floats_8 high = {v[8], v[9], v[10], v[11], v[12], v[13], v[14], v[15]};
    return halved_8(low + high);
}

INLINE floats_4 halved_4(floats_4 v) { return v; }

INLINE float folded_4(floats_4 v) { return (v[0] + v[2]) + (v[1] + v[3]); }

/* The sums of four vectors beside each other. */
INLINE floats_4 folded_together(floats_4 a, floats_4 b, floats_4 c, floats_4 d) {
    const floats_4 ab_low = {a[0], a[1], b[0], b[1]}, ab_high = {a[2], a[3], b[2], b[3]};
    const floats_4 cd_low = {c[0], c[1], d[0], d[1]}, cd_high = {c[2], c[3], d[2], d[3]};
    const floats_4 ab = ab_low + ab_high, cd = cd_low + cd_high;
    const floats_4 even = {ab[0], ab[2], cd[0], cd[2]}, odd = {ab[1], ab[3], cd[1], cd[3]};
    return even + odd;
}

#endif
