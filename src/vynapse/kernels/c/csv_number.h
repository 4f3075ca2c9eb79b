/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Decimal text -> the nearest float64, ties to even, as Python's float() has it.
 *
 * Up to 19 digits make a whole number w, and w * 10^q is rounded by two 64-bit products with a
 * table of powers of five: Lemire, "Number parsing at a gigabyte per second", Software: Practice
 * and Experience 51 (2021), 1700-1727. What it does not decide (a number of more digits whose
 * neighbours differ, one that overflows) is left to the caller as text.
 */
#include "lanes.h"

enum { CSV_LOWEST = -342, CSV_HIGHEST = 308 };

INLINE uint64_t csv_product(uint64_t a, uint64_t b, uint64_t *high) {
#if defined(__SIZEOF_INT128__)
    const unsigned __int128 product = (unsigned __int128)a * b;
    *high = (uint64_t)(product >> 64);
    return (uint64_t)product;
#else
    const uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    const uint64_t low = a0 * b0, mid = a1 * b0 + (low >> 32), cross = a0 * b1 + (uint32_t)mid;
    *high = a1 * b1 + (mid >> 32) + (cross >> 32);
    return cross << 32 | (uint32_t)low;
#endif
}

INLINE int csv_leading_zeros(uint64_t x) {
    int count = 0;
    for (int step = 32; step; step >>= 1)
        if (!(x >> (64 - step))) {
            x <<= step;
            count += step;
        }
    return count;
}

/* The bits of w * 10^q, w > 0; 0 is returned where it is not decided. */
INLINE int csv_nearest(uint64_t w, int64_t q, const uint64_t *powers, uint64_t *bits) {
    *bits = 0;
    if (q < CSV_LOWEST) return 1;
    if (q > CSV_HIGHEST) return 0;
    const int shift = csv_leading_zeros(w);
    w <<= shift;
    const uint64_t *power = powers + 2 * (q - CSV_LOWEST);
    uint64_t high, low = csv_product(w, power[0], &high);
    if ((high & 0x1FF) == 0x1FF) {
        uint64_t second;
        csv_product(w, power[1], &second);
        low += second;
        if (second > low) high++;
        if (low == UINT64_MAX && (q < -27 || q > 55)) return 0;
    }
    const int upper = (int)(high >> 63);
    const int drop = upper + 64 - 52 - 3;
    uint64_t mantissa = high >> drop;
    int64_t exponent = (((152170 + 65536) * q) >> 16) + 63 + upper - shift + 1023;
    if (exponent <= 0) { /* subnormal */
        if (1 - exponent >= 64) return 1;
        mantissa >>= 1 - exponent;
        mantissa += mantissa & 1;
        mantissa >>= 1;
        *bits = mantissa; /* one that is rounded up to 2^52 is the first normal number */
        return 1;
    }
    if (low <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 && mantissa << drop == high)
        mantissa &= ~(uint64_t)1;
    mantissa += mantissa & 1;
    mantissa >>= 1;
    if (mantissa >= (uint64_t)2 << 52) {
        mantissa = (uint64_t)1 << 52;
        exponent++;
    }
    if (exponent >= 2047) return 0;
    *bits = (mantissa & ~((uint64_t)1 << 52)) | (uint64_t)exponent << 52;
    return 1;
}

/* Whether the bytes are a decimal number that is decided here, and which. */
INLINE int csv_number(const uint8_t *at, const uint8_t *end, int32_t decimal,
                      const uint64_t *powers, double *value) {
    static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    uint64_t w = 0, bits, next;
    int64_t q = 0, digits = 0, significant = 0, dropped = 0;
    int negative = 0, fraction = 0;
    if (at < end && (*at == '-' || *at == '+')) negative = *at++ == '-';
    for (; at < end; at++) {
        const uint32_t digit = (uint32_t)*at - '0';
        if (digit < 10) {
            digits++;
            if (significant < 19) {
                w = 10 * w + digit;
                significant += w != 0;
                q -= fraction;
            } else {
                dropped |= digit != 0;
                q += !fraction;
            }
        } else if (*at == decimal && !fraction) {
            fraction = 1;
        } else {
            break;
        }
    }
    if (!digits) return 0;
    if (at < end && (*at == 'e' || *at == 'E')) {
        int minus = 0;
        int64_t power = 0;
        if (++at < end && (*at == '-' || *at == '+')) minus = *at++ == '-';
        if (at == end) return 0;
        for (; at < end; at++) {
            const uint32_t digit = (uint32_t)*at - '0';
            if (digit > 9) return 0;
            if (power < 100000) power = 10 * power + digit;
        }
        q += minus ? -power : power;
    }
    if (at < end) return 0;
    if (!dropped && w < (uint64_t)1 << 53 && q >= -22 && q <= 22) {
        const double whole = (double)(int64_t)w;
        const double result = q < 0 ? whole / exact[-q] : whole * exact[q];
        *value = negative ? -result : result;
        return 1;
    }
    bits = 0;
    if (w && !csv_nearest(w, q, powers, &bits)) return 0;
    if (dropped && (!csv_nearest(w + 1, q, powers, &next) || next != bits)) return 0;
    union { uint64_t bits; double value; } word = {bits | (uint64_t)negative << 63};
    *value = word.value;
    return 1;
}
