/* SPDX-License-Identifier: Apache-2.0
 * Which source speaks for a market from when on: rows of market_era, written with a commit, and
 * read with whatever names the market. */
#include <stdio.h>
#include <string.h>

#include "store_commit.h"
#include "store_cover.h"

int sq_put_eras(sq_job *j)
{
    sqlite3_stmt *q = j->s->era_put;
    int rc = WICK_OK;

    for (uint32_t i = 0; i < j->c->era_count && rc == WICK_OK; i++) {
        const commit_era *x = &j->c->eras[i];
        const char *source = x->era.source ? x->era.source : "";
        const char *symbol = x->era.symbol ? x->era.symbol : "";

        sqlite3_bind_int64(q, 1, j->s->markets[x->market].id);
        sqlite3_bind_int64(q, 2, x->era.from_ns);
        sqlite3_bind_int64(q, 3, x->era.number);
        sqlite3_bind_text(q, 4, source, -1, SQLITE_STATIC); /* names of the context outlive it */
        sqlite3_bind_text(q, 5, symbol, -1, SQLITE_STATIC);
        sqlite3_bind_int(q, 6, (x->era.flags & WICK_MARK_F_OPEN_PREV) != 0);
        rc = sq_run(j, q);
    }
    return rc;
}

static void copy(sqlite3_stmt *q, int column, char out[MARKET_NAME_MAX + 1])
{
    const char *text = (const char *)sqlite3_column_text(q, column);

    snprintf(out, MARKET_NAME_MAX + 1, "%s", text ? text : "");
}

int sq_eras(sq_reader *r, store_ask *a, uint32_t name, char *why)
{
    sqlite3_stmt *q = r->eras;
    int step = SQLITE_DONE, rc = WICK_OK;

    sqlite3_bind_int64(q, 1, a->names[name].id);
    while (rc == WICK_OK && (step = sqlite3_step(q)) == SQLITE_ROW) {
        store_era *x = ask_era(a);

        if (!x) {
            snprintf(why, DB_ERROR_MAX, "no memory");
            rc = WICK_E_NOMEM;
            break;
        }
        *x = (store_era){.name = name,
                         .from_ns = sqlite3_column_int64(q, 0),
                         .number = (uint32_t)sqlite3_column_int64(q, 1),
                         .flags = sqlite3_column_int(q, 4) ? WICK_MARK_F_OPEN_PREV : 0};
        copy(q, 2, x->source);
        copy(q, 3, x->symbol);
    }
    if (rc == WICK_OK && step != SQLITE_DONE)
        rc = db_error(r->db, "read the sources of a market", why);
    sqlite3_reset(q);
    return rc;
}
