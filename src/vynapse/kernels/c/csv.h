/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Rows of CSV text as numbers: one pass over the bytes, RFC 4180 as Python's csv module reads it in
 * strict mode. A cell that is a decimal number becomes that float64; any other cell becomes a
 * not-a-number whose lower 32 bits are its place, from 1, in a dictionary of different texts, and 0
 * for an empty cell. Memory comes from the caller.
 */
#include "csv_number.h"

enum {
    CSV_MORE = 0,        /* all whole rows of the text have been read */
    CSV_FULL = 1,        /* no space is left for rows */
    CSV_GROW = 2,        /* the dictionary needs space */
    CSV_RAGGED = 3,      /* a row has another number of cells */
    CSV_QUOTE = 4,       /* a quote is not closed, or something follows one that is */
    CSV_LONG = 5,        /* a cell is too long */
};

/* The order is that of `State` in kernels/csv.py. */
typedef struct {
    const uint8_t *text;     /* (size) */
    const int8_t *modes;     /* (columns) 0 left out, 1 numbers and texts, 2 texts alone */
    const int32_t *places;   /* (columns) place among the kept columns */
    const uint64_t *powers;  /* powers of five */
    double *values;          /* (capacity, kept) */
    int32_t *coded;          /* (2 * kept) the cells of a row that are no numbers */
    int64_t *empty;          /* (kept) number of empty cells */
    int64_t *first_empty;    /* (kept) row of the first of them, -1 for none */
    int32_t *slots;          /* (slot_mask + 1) places in the dictionary, 0 for free */
    uint64_t *hashes;        /* (entries_capacity) */
    int32_t *owners;         /* (entries_capacity) kept column of each text */
    int64_t *starts;         /* (entries_capacity + 1) where each text begins in `arena` */
    int64_t *counts;         /* (entries_capacity) */
    int64_t *firsts;         /* (entries_capacity) row of the first cell */
    uint8_t *arena;          /* (arena_capacity) */
    uint8_t *scratch;        /* (4 * longest + 8) a cell without its doubled quotes */
    int64_t *breaks;         /* (2 * breaks_capacity) rows from which line - row is another */
    int64_t size, capacity, slot_mask, entries_capacity, arena_capacity, breaks_capacity;
    int64_t longest;         /* most characters of a cell */
    int64_t entries, break_count;
    int64_t row;             /* rows before `values` */
    int64_t line;            /* lines read so far */
    int64_t shift;           /* line - row of the last row */
    int64_t consumed, rows;  /* results: bytes read, rows written */
    int64_t first_line, last_line, cells; /* results: where the fault is */
    int32_t columns, kept, separator, quote, decimal, final;
} CsvState;

INLINE int csv_blank(uint8_t byte) {
    return byte == ' ' || (byte >= 9 && byte <= 13) || (byte >= 28 && byte <= 31);
}

/* Whether a cell is blank as str.strip has it. */
INLINE int csv_all_blank(const uint8_t *at, const uint8_t *end) {
    while (at < end) {
        if (csv_blank(*at)) {
            at++;
            continue;
        }
        const int64_t left = end - at;
        if (left >= 2 && at[0] == 0xC2 && (at[1] == 0x85 || at[1] == 0xA0)) {
            at += 2;
            continue;
        }
        if (left < 3) return 0;
        const int known = (at[0] == 0xE1 && at[1] == 0x9A && at[2] == 0x80) ||
                          (at[0] == 0xE2 && at[1] == 0x80 &&
                           (at[2] <= 0x8A || at[2] == 0xA8 || at[2] == 0xA9 || at[2] == 0xAF)) ||
                          (at[0] == 0xE2 && at[1] == 0x81 && at[2] == 0x9F) ||
                          (at[0] == 0xE3 && at[1] == 0x80 && at[2] == 0x80);
        if (!known) return 0;
        at += 3;
    }
    return 1;
}

INLINE int64_t csv_characters(const uint8_t *at, const uint8_t *end) {
    int64_t count = 0;
    for (; at < end; at++) count += (*at & 0xC0) != 0x80;
    return count;
}

/* The place of a text in the dictionary, from 1; 0 where it needs space. */
INLINE int32_t csv_code(CsvState *s, int32_t place, const uint8_t *text, int64_t size) {
    uint64_t hash = 0x9E3779B97F4A7C15u ^ ((uint64_t)(uint32_t)place << 32) ^ (uint64_t)size;
    for (int64_t i = 0; i < size; i++) hash = (hash ^ text[i]) * 0x100000001B3u;
    hash ^= hash >> 29;
    int64_t slot = (int64_t)(hash & (uint64_t)s->slot_mask);
    for (; s->slots[slot]; slot = (slot + 1) & s->slot_mask) {
        const int32_t entry = s->slots[slot] - 1;
        if (s->hashes[entry] != hash || s->owners[entry] != place) continue;
        const int64_t start = s->starts[entry];
        if (s->starts[entry + 1] - start != size) continue;
        int64_t i = 0;
        while (i < size && s->arena[start + i] == text[i]) i++;
        if (i == size) return entry + 1;
    }
    const int64_t entry = s->entries, start = s->starts[entry];
    if (entry >= s->entries_capacity || 2 * entry > s->slot_mask ||
        start + size > s->arena_capacity)
        return 0;
    for (int64_t i = 0; i < size; i++) s->arena[start + i] = text[i];
    s->hashes[entry] = hash;
    s->owners[entry] = place;
    s->starts[entry + 1] = start + size;
    s->counts[entry] = 0;
    s->firsts[entry] = -1;
    s->slots[slot] = (int32_t)(entry + 1);
    s->entries = entry + 1;
    return (int32_t)(entry + 1);
}

INLINE double csv_coded(int32_t code) {
    union { uint64_t bits; double value; } word = {0x7FF8000000000000u | (uint32_t)code};
    return word.value;
}

/* Take in a cell of column `column`; 0 where the dictionary needs space. */
INLINE int csv_cell(CsvState *s, int64_t column, const uint8_t *at, const uint8_t *end,
                    double *row, int64_t *coded) {
    const int8_t mode = s->modes[column];
    if (!mode) return 1;
    const int32_t place = s->places[column];
    if (mode == 1 && csv_number(at, end, s->decimal, s->powers, row + place)) return 1;
    while (at < end && csv_blank(*at)) at++;
    while (at < end && csv_blank(end[-1])) end--;
    if (mode == 1 && csv_number(at, end, s->decimal, s->powers, row + place)) return 1;
    const int32_t code = at == end ? 0 : csv_code(s, place, at, end - at);
    if (at != end && !code) return 0;
    row[place] = csv_coded(code);
    s->coded[2 * *coded] = place;
    s->coded[2 * *coded + 1] = code;
    ++*coded;
    return 1;
}

/* Read whole rows of `text`. A row that is not whole is left, unless the text is final. */
EXPORT int32_t KERNEL(csv_rows)(CsvState *s) {
    const uint8_t *const begin = s->text, *const end = begin + s->size;
    const uint8_t *at = begin;
    const uint8_t separator = (uint8_t)s->separator;
    const int32_t quote = s->quote;
    s->consumed = s->rows = 0;
    while (at < end) {
        if (s->rows == s->capacity || s->break_count == s->breaks_capacity) return CSV_FULL;
        double *const row = s->values + s->rows * s->kept;
        int64_t line = s->line, cells = 0, coded = 0;
        const uint8_t *first = at, *first_end = at;
        for (;;) { /* cells of a row */
            const uint8_t *cell = at, *cell_end;
            if (at < end && *at == quote) {
                const uint8_t *from = ++at;
                uint8_t *to = s->scratch;
                int64_t copied = 0;
                for (;;) {
                    while (at < end && *at != quote && *at != '\n' && *at != '\r') at++;
                    if (at < end && *at != quote) {
                        if (*at == '\r') {
                            if (at + 1 == end && !s->final) return CSV_MORE;
                            if (at + 1 < end && at[1] == '\n') at++;
                        }
                        line++;
                        at++;
                        if (at < end && at - from + copied <= s->longest) continue;
                    }
                    if (at - from + copied > s->longest &&
                        (at - from + copied > 4 * s->longest || /* no UTF-8, and no space for it */
                         csv_characters(from, at) + csv_characters(to, to + copied) > s->longest)) {
                        s->first_line = s->line + 1;
                        s->last_line = line + 1;
                        return CSV_LONG;
                    }
                    if (at < end && *at != quote) continue;
                    if (at == end) {
                        if (!s->final) return CSV_MORE;
                        s->first_line = s->line + 1;
                        s->last_line = line + (end[-1] != '\n' && end[-1] != '\r');
                        return CSV_QUOTE;
                    }
                    if (at + 1 == end && !s->final) return CSV_MORE;
                    if (at + 1 < end && at[1] == quote) { /* a doubled quote is one */
                        at++;
                        for (const uint8_t *p = from; p < at; p++) to[copied++] = *p;
                        from = ++at;
                        continue;
                    }
                    break;
                }
                cell = from;
                cell_end = at;
                if (copied) {
                    for (const uint8_t *p = from; p < at; p++) to[copied++] = *p;
                    cell = to;
                    cell_end = to + copied;
                }
                at++;
                if (at < end && *at != separator && *at != '\n' && *at != '\r') {
                    s->first_line = s->line + 1;
                    s->last_line = line + 1;
                    return CSV_QUOTE;
                }
            } else {
                while (at < end && *at != separator && *at != '\n' && *at != '\r') at++;
                cell_end = at;
                if (cell_end - cell > s->longest && csv_characters(cell, cell_end) > s->longest) {
                    s->first_line = s->line + 1;
                    s->last_line = line + 1;
                    return CSV_LONG;
                }
            }
            if (at == end && !s->final) return CSV_MORE;
            if (!cells) {
                first = cell;
                first_end = cell_end;
            }
            if (cells < s->columns && !csv_cell(s, cells, cell, cell_end, row, &coded))
                return CSV_GROW;
            cells++;
            if (at < end && *at == separator) {
                at++;
                continue;
            }
            break;
        }
        if (at < end) {
            if (*at == '\r') {
                if (at + 1 == end && !s->final) return CSV_MORE;
                if (at + 1 < end && at[1] == '\n') at++;
            }
            at++;
        }
        line++;
        if (cells == 1 && csv_all_blank(first, first_end)) {
            s->line = line;
            s->consumed = at - begin;
            continue;
        }
        if (cells != s->columns) {
            s->first_line = s->line + 1;
            s->last_line = line;
            s->cells = cells;
            return CSV_RAGGED;
        }
        const int64_t number = s->row + s->rows;
        for (int64_t i = 0; i < coded; i++) {
            const int32_t place = s->coded[2 * i], code = s->coded[2 * i + 1];
            if (code) {
                if (!s->counts[code - 1]++) s->firsts[code - 1] = number;
            } else if (!s->empty[place]++) {
                s->first_empty[place] = number;
            }
        }
        if (line - number != s->shift) {
            s->shift = line - number;
            s->breaks[2 * s->break_count] = number;
            s->breaks[2 * s->break_count + 1] = s->shift;
            s->break_count++;
        }
        s->line = line;
        s->rows++;
        s->consumed = at - begin;
    }
    return CSV_MORE;
}
