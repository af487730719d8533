/* SPDX-License-Identifier: Apache-2.0
 * One commit, one transaction, on the writer's thread: fence, candles, revisions, markets, spans,
 * quarantine and offsets. Whatever fails takes all of it back. The same commit twice changes
 * nothing the second time. */
#include <stdio.h>
#include <string.h>

#include "store_commit.h"

static void bind_text(sqlite3_stmt *q, int at, const char *text)
{
    sqlite3_bind_text(q, at, text, -1, SQLITE_STATIC);
}

/* ---- fence and offsets ----------------------------------------------------------------------- */

/* Stored next offset and epoch of a partition; 1: there is such a row, 0: none, or an error. */
static int stored(sq_job *j, int64_t part, uint64_t *next, uint64_t *epoch)
{
    sqlite3_stmt *q = j->s->offset_get;
    int rc;

    bind_text(q, 1, j->c->log_id);
    bind_text(q, 2, j->c->topic ? j->c->topic : "");
    sqlite3_bind_int64(q, 3, part);
    if ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        *next = (uint64_t)sqlite3_column_int64(q, 0);
        *epoch = (uint64_t)sqlite3_column_int64(q, 1);
    }
    rc = rc == SQLITE_ROW    ? 1
         : rc == SQLITE_DONE ? 0
                             : db_error(j->s->writer.db, "read offsets", j->why);
    sqlite3_reset(q);
    return rc;
}

static int fenced(sq_job *j, uint64_t epoch)
{
    snprintf(j->why, sizeof j->why, "epoch %llu is over: a writer of epoch %llu has taken over",
             (unsigned long long)j->c->epoch, (unsigned long long)epoch);
    return WICK_E_CLOSED;
}

/* Whether this writer may go on, and whether its commit is in the store already. */
static int check(sq_job *j)
{
    uint32_t forward = 0, back = 0;
    uint64_t next = 0, epoch = 0;
    int rc = stored(j, -1, &next, &epoch);

    if (rc < 0 || (rc && epoch > j->c->epoch))
        return rc < 0 ? rc : fenced(j, epoch);
    for (uint32_t i = 0; i < j->c->offset_count; i++) {
        const commit_offset *o = &j->c->offsets[i];

        if ((rc = stored(j, o->partition, &next, &epoch)) < 0 || (rc && epoch > j->c->epoch))
            return rc < 0 ? rc : fenced(j, epoch);
        forward += !rc || o->next_offset > next;
        back += rc && o->next_offset < next;
    }
    if (forward && back) {
        snprintf(j->why, sizeof j->why, "some of its offsets go back");
        return WICK_E_DATA;
    }
    j->repeated = j->c->offset_count && !forward;
    return back ? 1 : WICK_OK;                  /* 1: an old commit once more, nothing to do */
}

static int put_offsets(sq_job *j)
{
    sqlite3_stmt *q = j->s->offset_put;
    int rc = WICK_OK;

    for (uint32_t i = 0; i < j->c->offset_count && rc == WICK_OK; i++) {
        const commit_offset *o = &j->c->offsets[i];

        bind_text(q, 1, j->c->log_id);
        bind_text(q, 2, j->c->topic ? j->c->topic : "");
        sqlite3_bind_int64(q, 3, o->partition);
        sqlite3_bind_int64(q, 4, (int64_t)o->next_offset);
        sqlite3_bind_int64(q, 5, (int64_t)o->window_offset);
        sqlite3_bind_int64(q, 6, (int64_t)j->c->epoch);
        rc = sq_run(j, q);
    }
    return rc;
}

/* ---- the ledger and quarantine --------------------------------------------------------------- */

static int put_spans(sq_job *j)
{
    int rc = WICK_OK;

    for (uint32_t i = 0; i < j->c->span_count && rc == WICK_OK; i++) {
        const commit_span *x = &j->c->spans[i];
        int gone = x->to_ns <= x->from_ns;              /* a span that turned out to be empty */
        sqlite3_stmt *q = gone ? j->s->span_drop : j->s->span_put;

        sqlite3_bind_int64(q, 1, j->s->markets[x->market].id);
        sqlite3_bind_int64(q, 2, x->from_ns);
        sqlite3_bind_int64(q, 3, x->state);
        sqlite3_bind_int64(q, 4, (int64_t)x->conn);
        if (!gone) {
            sqlite3_bind_int64(q, 5, x->to_ns);
            sqlite3_bind_text(q, 6, x->evidence, (int)strnlen(x->evidence, sizeof x->evidence),
                              SQLITE_STATIC);
        }
        rc = sq_run(j, q);
    }
    return rc;
}

static int put_refusal(sq_job *j, const commit_refusal *x)
{
    sqlite3_stmt *q = j->s->refusal_put;
    const wick_tick *t = &x->tick;

    bind_text(q, 1, j->c->log_id);
    bind_text(q, 2, j->c->topic ? j->c->topic : "");
    sqlite3_bind_int64(q, 3, x->partition);
    sqlite3_bind_int64(q, 4, (int64_t)x->offset);
    sqlite3_bind_int64(q, 5, x->index);
    bind_text(q, 6, x->reason ? x->reason : "");
    sqlite3_bind_null(q, 7);
    if (x->market != WICK_NO_MARKET)
        sqlite3_bind_int64(q, 7, j->s->markets[x->market].id);
    sqlite3_bind_int64(q, 8, t->time_ns);
    sqlite3_bind_int64(q, 9, t->price);
    sqlite3_bind_int(q, 10, t->price_exp);
    sqlite3_bind_int64(q, 11, t->qty);
    sqlite3_bind_int(q, 12, t->qty_exp);
    sqlite3_bind_null(q, 13);
    if (x->id_len && x->id_at <= j->c->byte_count && x->id_len <= j->c->byte_count - x->id_at)
        sqlite3_bind_text(q, 13, (const char *)j->c->bytes + x->id_at, (int)x->id_len,
                          SQLITE_STATIC);
    sqlite3_bind_int64(q, 14, t->flags);
    sqlite3_bind_int64(q, 15, j->now_ms);
    return sq_run(j, q);
}

/* ---- the transaction ------------------------------------------------------------------------- */

static int fill(sq_job *j)
{
    int rc = check(j);

    if (rc != WICK_OK)
        return rc;
    for (uint32_t i = 0; i < j->named_count && rc == WICK_OK; i++)
        rc = sq_put_market(j, &j->named[i]);
    for (uint32_t i = 0; i < j->c->candle_count && rc == WICK_OK; i++)
        rc = sq_put_candle(j, &j->c->candles[i]);
    if (rc == WICK_OK)
        rc = sq_put_states(j);
    if (rc == WICK_OK)
        rc = sq_put_eras(j);
    if (rc == WICK_OK)
        rc = put_spans(j);
    for (uint32_t i = 0; i < j->c->refusal_count && rc == WICK_OK; i++)
        rc = put_refusal(j, &j->c->refusals[i]);
    return rc == WICK_OK ? put_offsets(j) : rc;
}

void sq_commit_run(job *base)
{
    sq_job *j = (sq_job *)base;
    sqlite3 *db = j->s->writer.db;

    j->changed = mem_alloc(j->s->store.stage.w, (j->c->candle_count + 1) * sizeof *j->changed);
    if (!j->changed) {
        j->rc = WICK_E_NOMEM;
        snprintf(j->why, sizeof j->why, "no memory");
        return;
    }
    if ((j->rc = db_run(db, "BEGIN IMMEDIATE", j->why)) < 0)
        return;
    if ((j->rc = fill(j)) == WICK_OK && (j->rc = db_run(db, "COMMIT", j->why)) == WICK_OK)
        return;
    j->changed_count = 0;
    if (!sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    if (j->s->markets)                          /* ids that were made here are gone */
        memset(j->s->markets, 0, j->s->market_cap * sizeof *j->s->markets);
    if (j->rc > 0)
        j->rc = WICK_OK;
}
