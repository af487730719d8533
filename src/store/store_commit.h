/* SPDX-License-Identifier: Apache-2.0
 * A commit on its way through the writer's thread of the SQLite store. */
#ifndef WICK_STORE_COMMIT_H
#define WICK_STORE_COMMIT_H

#include "store_sqlite.h"

typedef struct sq_named { uint32_t market, symbol_at, symbol_len; int open_prev; const char *name; } sq_named;

typedef struct sq_job {
    job       job;
    store_sqlite *s;
    const commit *c;
    store_ask *ask;                     /* a question instead */
    int       rc;
    char      why[DB_ERROR_MAX];
    sq_named *named;                    /* the commit's markets */
    uint32_t  named_count;
    buf       symbols;
    wick_candle *changed;
    uint32_t  changed_count;
    int       inserted;                 /* the last row put was new, or over one */
    int       repeated;                 /* the commit's offsets are in the store already */
    int64_t   now_ms;
} sq_job;

/* store_sqlite_put.c: parts of a commit */
int  sq_run(sq_job *j, sqlite3_stmt *q);
int  sq_put_market(sq_job *j, const sq_named *n);
int  sq_put_states(sq_job *j);
int  sq_put_eras(sq_job *j);                /* store_sqlite_era.c */
int  sq_put_candle(sq_job *j, const wick_candle *given);
void sq_commit_run(job *j);

#endif
