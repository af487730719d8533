/* SPDX-License-Identifier: Apache-2.0
 * A question to the store under way: what was asked, and what the driver found. */
#ifndef WICK_STORE_ASK_H
#define WICK_STORE_ASK_H

#include "../core/commit.h"
#include "../core/stage.h"

enum {
    STORE_ROWS_MAX = 1 << 18,               /* candles in one answer: 80 MiB */
    STORE_TEXT_MAX = 64 << 20,              /* bytes of one answer in text */
    STORE_LIMIT = 10000, STORE_ASKS_MAX = 4096, STORE_INTERVALS_MAX = 64
};

typedef struct store store;

typedef struct store_name {                 /* a market as the database has it */
    int64_t  id;
    uint32_t flags;                         /* WICK_MARK_F_* */
    char     name[MARKET_NAME_MAX + 1], symbol[MARKET_NAME_MAX + 1];
} store_name;

typedef struct store_era {                  /* who speaks for a market (core/eras.h), as the database has it */
    uint32_t name, number, flags;           /* name: index into names */
    int64_t  from_ns;
    char     source[MARKET_NAME_MAX + 1], symbol[MARKET_NAME_MAX + 1];
} store_era;

enum { ASK_CANDLES, ASK_ROWS, ASK_RESTORE, ASK_MIGRATE, ASK_FORGET };

typedef struct store_ask {
    int         kind, rc;
    store      *s;
    uint32_t    tag;
    char        why[512];
    wick_query  q;                          /* CANDLES */
    const char *name;                       /* its market; NULL: all */
    wick_candle *rows;                      /* .market is an index into names */
    uint32_t    row_count, row_cap;
    store_name *names;
    uint32_t    name_count, name_cap;
    store_era  *eras;  uint32_t era_count, era_cap;         /* of names, ascending in each */
    const char *what;                       /* ROWS; MIGRATE: "up" "down" */
    buf         text;
    restore_ask restore;
    char        log_id[40], topic[64];
    uint32_t    intervals[STORE_INTERVALS_MAX], interval_count;     /* RESTORE: those that are kept */
    commit     *state;                      /* markets in it are indexes into names */
    int64_t     before_ns;                  /* FORGET: candles that begin before it */
    int         forgot;                     /* some were there */
} store_ask;

store_ask *ask_new(store *s, int kind, uint32_t tag);       /* NULL: no memory, or STORE_ASKS_MAX under way */
void ask_free(store_ask *a);
/* For drivers, any thread: one more candle, one more name of an answer; NULL: over the bound or no memory. */
wick_candle *ask_row(store_ask *a);
store_name  *ask_name(store_ask *a);
store_era   *ask_era(store_ask *a);

#endif
