/* SPDX-License-Identifier: Apache-2.0
 * What a store must do: make commits durable in one transaction each, and answer questions meanwhile. store.c is
 * the only door: it numbers, retries, tells; a driver knows one kind of database. */
#ifndef WICK_STORE_STORE_H
#define WICK_STORE_STORE_H

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

enum { ASK_CANDLES, ASK_ROWS, ASK_RESTORE, ASK_MIGRATE, ASK_FORGET };

typedef struct store_ask {                  /* a question under way; the driver answers with store_answered() */
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
    const char *what;                       /* ROWS; MIGRATE: "up" "down" */
    buf         text;
    restore_ask restore;
    char        log_id[40], topic[64];
    uint32_t    intervals[STORE_INTERVALS_MAX], interval_count;     /* RESTORE: those that are kept */
    commit     *state;                      /* markets in it are indexes into names */
    int64_t     before_ns;                  /* FORGET: candles that begin before it */
} store_ask;

typedef struct store_driver {
    const char *name;                       /* "sqlite" */
    size_t      self_size;                  /* its struct, which begins with store */
    int  (*open)(store *s, const char *rest);       /* migrates; after a failure close() is not called */
    /* Make a commit durable, all or nothing; ends with store_committed(). IO, NOMEM: it may be tried again;
     * CLOSED: a newer writer has taken over; DATA: its offsets go back. The commit stays the door's. */
    void (*commit)(store *s, const commit *c);
    void (*ask)(store *s, store_ask *a);
    void (*close)(store *s);                /* ends what is under way */
} store_driver;

struct store {
    wick_stage  stage;
    const store_driver *drv;
    commit     *pending;                    /* not yet durable */
    uv_timer_t *retry, *forget;
    int64_t     backoff_ms, retention_ns;
    uint32_t    asks;
    int         busy, failing, closing, refused;
};

enum { STORE_COMMITS, STORE_CANDLES, STORE_CHANGED, STORE_ERRORS, STORE_WAITING, STORE_QUERIES, STORE_REFUSALS };

/* `rows` (count, from mem_alloc, NULL when none changed) is what the commit changed, as it is now. */
void store_committed(store *s, int rc, const char *why, wick_candle *rows, uint32_t count);
void store_answered(store_ask *a);          /* a->rc, a->why; frees it */
/* For drivers: one more candle, one more name of an answer; NULL: over the bound or no memory. */
wick_candle *ask_row(store_ask *a);
store_name  *ask_name(store_ask *a);

extern const store_driver store_sqlite_driver;

#endif
