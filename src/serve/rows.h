/* SPDX-License-Identifier: Apache-2.0
 * Candles as text, inside: rows.c walks the rows and frames them (CSV, NDJSON, JSON), rows_cell.c
 * knows every column and writes one cell. Numbers are core/dec.h's, envelopes are Lua's. */
#ifndef WICK_SERVE_ROWS_H
#define WICK_SERVE_ROWS_H

#include "../core/ctx.h"

enum {
    ROWS_COLUMN_MAX = 32,                   /* columns there are at most, and in one answer */
    ROWS_CELL_MAX = 340,                    /* bytes of a cell that is no name, at most */
    ROWS_NAME_MAX = 6 * MARKET_NAME_MAX + 8 /* bytes of an escaped market or symbol */
};

typedef struct rows rows;
/* Write one cell at `at` and return its end: there is room. `c` is the candle as it is printed. */
typedef char *(*rows_cell)(const rows *r, const wick_candle *c, char *at);

typedef struct rows_column {
    const char *name;
    rows_cell   cell;
} rows_column;

typedef struct rows_name {                  /* a name as the format writes it, made once a market */
    char     text[ROWS_NAME_MAX];
    size_t   len;
} rows_name;

struct rows {
    wick       *w;
    int         format, flags;
    int64_t     unit;                       /* nanoseconds of the unit of time */
    const rows_column *columns[ROWS_COLUMN_MAX];
    int         column_count;
    const wick_candle *prev;                /* the one before, of the same series; NULL: none */
    wick_candle shown;                      /* the rule of the open applied */
    uint32_t    market, interval;           /* those of the names below */
    const char *symbol_text;                /* that symbol is made of */
    rows_name   market_name, symbol, interval_name;
};

static inline int rows_csv(const rows *r) { return r->format == WICK_FMT_CSV; }

/* Fill columns from a list of names (NULL: the standard set); ARG with the place of the mistake. */
int rows_columns(rows *r, const char *list);
/* Make the names of c's market and interval ready; they are cached. */
int rows_names(rows *r, const wick_candle *c);
char *rows_quote(const rows *r, const char *text, size_t size, char *at);

#endif
