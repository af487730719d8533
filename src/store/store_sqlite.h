/* SPDX-License-Identifier: Apache-2.0
 * The store in a SQLite file: a connection and thread that writes, one of each that answers;
 * in WAL mode neither waits for the other. */
/* lint: allow size what its files share of one driver */
#ifndef WICK_STORE_SQLITE_H
#define WICK_STORE_SQLITE_H

#include "../core/db.h"
#include "../core/worker.h"
#include "migrate.h"
#include "store.h"

enum { STORE_APPLICATION = 0x7769636b, CHECKPOINT_PAGES = 4096, FORGET_ROWS = 10000,
       WRITER_KIB = 16384 };            /* pages that the writer keeps: open rows, states, ends of series */

/* A candle's columns behind its key, in the order of the table; SQ_KEY in front of them. */
#define SQ_KEY "market, method, kind, interval, time_ns"
#define SQ_VALUES "closed, complete, rev, open, open_exp, high, high_exp, low, low_exp, close, close_exp," \
    " volume, buy, sell, volume_exp, quote, quote_exp, trades, digest"
#define SQ_COLUMNS "time_ns, " SQ_VALUES ", first_key, last_key"

typedef struct sq_reader {              /* what both connections can read; each has its own */
    sqlite3 *db;
    sqlite3_stmt *market, *markets, *intervals, *range, *range_desc, *before, *last, *gaps;
    sqlite3_stmt *open_range, *open_before, *open_ends, *eras;
} sq_reader;

typedef struct sq_row {                 /* what a row's statement points to until it was stepped */
    uint32_t interval;
    int      size;
    char     text[24];                  /* of the interval */
    uint8_t  first[5 * 10 + 40], last[5 * 10 + 40];     /* PACK_MAX is 10 */
} sq_row;

typedef struct sq_market {              /* a market as the writer knows it, by id of the context */
    int64_t  id;                        /* 0: not known */
    uint32_t base;                      /* interval of its open rows, 0: none yet */
    int      open_prev, has_open;       /* it may have open rows */
    uint64_t symbol;                    /* hash of its symbol */
    int64_t  closed_ns;                 /* no closed row of its base begins at or behind it */
} sq_market;

typedef struct store_sqlite {
    store    store;
    char     path[DB_PATH_MAX];
    migration list[MIGRATE_MAX];
    int      list_count;
    int      as_is;                     /* the schema is left alone */
    worker  *writing, *reading;
    sq_reader writer, reader;
    sqlite3_stmt *market_put, *market_base, *market_state, *candle_put, *candle_get, *candle_set, *open_put, *open_get,
        *open_drop, *open_others, *revision_put, *span_put, *span_drop, *refusal_put, *offset_get, *offset_put,
        *era_put;
    sq_market *markets;                 /* writer's thread */
    uint32_t market_cap;
    sq_row   row;
} store_sqlite;

/* store_sqlite_row.c: candles as columns */
int  sq_bind(sqlite3_stmt *q, int64_t market, const wick_candle *c, sq_row *row);   /* 26; number of the next */
int  sq_bind_values(sqlite3_stmt *q, int at, const wick_candle *c, int revision);
/* SQ_COLUMNS from column 0; interval is known. DATA: damaged. */
int  sq_candle(sqlite3_stmt *q, uint32_t interval, wick_candle *out);
void sq_bind_interval(sqlite3_stmt *q, int at, uint32_t interval);
int  sq_migrate(store_sqlite *s, int up, char *why);
int  sq_applied(store_sqlite *s, char *why);            /* how many migrations it has */
int  sq_reader_open(sq_reader *r, char *why);
void sq_reader_close(sq_reader *r);
int  sq_writer_open(store_sqlite *s, char *why);
/* The eras of a name of the answer, behind a->eras. */
int  sq_eras(sq_reader *r, store_ask *a, uint32_t name, char *why);
int  sq_query(sq_reader *r, store_ask *a, char *why);
int  sq_rows(store_sqlite *s, store_ask *a, char *why);
int  sq_restore(store_sqlite *s, store_ask *a, char *why);
int  sq_forget(store_sqlite *s, store_ask *a, char *why);

#endif
