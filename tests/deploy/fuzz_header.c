/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Odd inputs and odd cells for an exported header: any bits as numbers, texts of any bytes. */
#include <stdio.h>
#include <string.h>
#include <stdint.h>
#include <stdlib.h>
#include "net.h"
static uint64_t seed = 88172645463325252ull;
static uint32_t next(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32);
}

/* The number of rounds is the last word. Returns 0, or what went wrong. */
int main(int count, char **words)
{
    static const char *const pieces[] = {"1", "-", ".", "e", "E+", "9999999999", "blue", "nan", " ",
                                         "\t", "\xff\xfe", "\xc3", "0", "1.0", "deep red", "N/A"};
    for (long n = atol(words[count - 1]); n > 0; n--) {
        float in[NET_INPUTS], out[NET_OUTPUTS];
        for (int i = 0; i < NET_INPUTS; i++) {
            uint32_t bits = next();
            memcpy(in + i, &bits, 4);
            if (n % 3 == 0) in[i] = n % 2 ? NAN : INFINITY;
        }
        net_forward(in, out);
        const char *cells[NET_COLUMNS];
        char *texts[NET_COLUMNS];
        for (int i = 0; i < NET_COLUMNS; i++) {
            uint32_t length = next() % (n % 50 ? 8 : 5000), at = 0;
            char *text = malloc(16 * length + 1);
            for (uint32_t k = 0; k < length; k++) {
                const char *piece = pieces[next() % (sizeof pieces / sizeof *pieces)];
                at += (uint32_t)sprintf(text + at, "%s", piece);
                if (next() % 9 == 0) text[at++] = (char)(1 + next() % 255);
            }
            text[at] = 0;
            texts[i] = text;
            cells[i] = next() % 11 ? text : 0;
        }
        const int refused = net_row(cells, in);
        if (refused < 0 || refused > NET_COLUMNS) return 1;
        for (int i = 0; i < NET_INPUTS && !refused; i++) if (!isfinite(in[i])) return 2;
        if (!refused) net_forward(in, out);
        if (net_answer(out) < 0 || net_answer(out) >= NET_OUTPUTS) return 3;
        for (int i = 0; i < NET_COLUMNS; i++) free(texts[i]);
    }
    return 0;
}
