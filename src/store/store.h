/* SPDX-License-Identifier: Apache-2.0
 * What a store must do: make commits durable in one transaction each, and answer questions meanwhile. store.c is
 * the only door: it numbers, retries, tells; a driver knows one kind of database. */
#ifndef WICK_STORE_STORE_H
#define WICK_STORE_STORE_H

#include "store_ask.h"

typedef struct store_driver {
    const char *name;                       /* "sqlite" */
    size_t      self_size;                  /* its struct, which begins with store */
    int  (*open)(store *s, const char *rest);       /* migrates; after a failure close() is not called */
    /* Make a commit durable, all or nothing; ends with store_committed(). IO, NOMEM: it may be tried again;
     * CLOSED: a newer writer has taken over; DATA: its offsets go back. The commit stays the door's. */
    void (*commit)(store *s, const commit *c);
    void (*ask)(store *s, store_ask *a);    /* ends with store_answered() */
    void (*close)(store *s);                /* ends what is under way */
} store_driver;

struct store {
    wick_stage  stage;
    const store_driver *drv;
    commit     *pending;                    /* not yet durable */
    uv_timer_t *retry, *forget;
    int64_t     backoff_ms, retention_ns;
    uint32_t    asks;
    int         busy;                       /* a commit is on its way */
    int         failing;                    /* it failed, and will be tried again */
    int         refused;                    /* this writer has been taken over */
    int         closing;
};

enum { STORE_COMMITS, STORE_CANDLES, STORE_CHANGED, STORE_ERRORS, STORE_WAITING, STORE_QUERIES, STORE_REFUSALS };

/* `rows` (count, from mem_alloc, NULL when none changed) is what the commit changed, as it is now. */
void store_committed(store *s, int rc, const char *why, wick_candle *rows, uint32_t count);
void store_answered(store_ask *a);          /* a->rc, a->why; frees it */
/* store_ask.c */
int  store_restore(wick_stage *stage, const restore_ask *ask);
void store_forget_due(uv_timer_t *t);

extern const store_driver store_sqlite_driver;

#endif
