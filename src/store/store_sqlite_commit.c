/* SPDX-License-Identifier: Apache-2.0
 * One commit, one transaction, on the writer's thread: fence, candles, revisions, markets, spans, quarantine and
 * offsets. Whatever fails takes all of it back. The same commit twice changes nothing the second time. */
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "../agg/fold.h"
#include "../core/time.h"
#include "store_sqlite.h"

static void bind_text(sqlite3_stmt *q, int at, const char *text)
{
    sqlite3_bind_text(q, at, text, -1, SQLITE_STATIC);
}

static int run(sq_job *j, sqlite3_stmt *q)
{
    return db_step(j->s->writer.db, q, j->why);
}

/* ---- fence and offsets ------------------------------------------------------------------------------- */

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
    rc = rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : db_error(j->s->writer.db, "read offsets", j->why);
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
        rc = run(j, q);
    }
    return rc;
}

/* ---- markets ----------------------------------------------------------------------------------------- */

static int known_row(sq_job *j, uint32_t market)
{
    store_sqlite *s = j->s;
    uint32_t cap = s->market_cap ? s->market_cap : 64;
    sq_market *rows;

    if (market < s->market_cap)
        return WICK_OK;
    while (cap <= market)
        cap *= 2;
    if (!(rows = mem_resize(s->store.stage.w, s->markets, cap * sizeof *rows))) {
        snprintf(j->why, sizeof j->why, "no memory");
        return WICK_E_NOMEM;
    }
    memset(rows + s->market_cap, 0, (cap - s->market_cap) * sizeof *rows);
    s->markets = rows;
    s->market_cap = cap;
    return WICK_OK;
}

static int put_market(sq_job *j, const sq_named *n)
{
    const char *symbol = n->symbol_len ? (const char *)j->symbols.data + n->symbol_at : NULL;
    uint64_t hash = symbol ? XXH3_64bits(symbol, n->symbol_len) : 0;
    sqlite3_stmt *q = j->s->market_put;
    sq_market *m;
    int rc = known_row(j, n->market);

    if (rc < 0)
        return rc;
    m = &j->s->markets[n->market];
    if (m->id && (m->symbol == hash || !symbol) && (m->open_prev || !n->open_prev))
        return WICK_OK;
    bind_text(q, 1, n->name);
    sqlite3_bind_text(q, 2, symbol, (int)n->symbol_len, SQLITE_STATIC);
    sqlite3_bind_int(q, 3, n->open_prev != 0);
    rc = WICK_OK;
    if (sqlite3_step(q) == SQLITE_ROW) {
        const char *base = (const char *)sqlite3_column_text(q, 1);
        int64_t code = base ? wick_interval(base, strlen(base)) : 0;

        *m = (sq_market){.id = sqlite3_column_int64(q, 0), .base = code > 0 ? (uint32_t)code : 0,
                         .open_prev = sqlite3_column_int(q, 2), .symbol = hash};
    } else {
        rc = db_error(j->s->writer.db, "put a market", j->why);
    }
    sqlite3_reset(q);
    sqlite3_clear_bindings(q);
    return rc;
}

/* The base is the interval of the open rows; until there was one, the finest. */
static int note_base(sq_job *j, const wick_candle *c)
{
    sq_market *m = &j->s->markets[c->market];
    sqlite3_stmt *q = j->s->market_base;

    if (m->base == c->interval || c->method != WICK_METHOD_TRADES)
        return WICK_OK;
    if ((c->flags & WICK_CANDLE_CLOSED) && m->base && !wick_interval_divides(c->interval, m->base))
        return WICK_OK;
    m->base = c->interval;
    sq_bind_interval(q, 1, c->interval);
    sqlite3_bind_int64(q, 2, m->id);
    return run(j, q);
}

static int put_states(sq_job *j)
{
    sqlite3_stmt *q = j->s->market_state;
    int rc = WICK_OK;

    for (uint32_t i = 0; i < j->c->market_count && rc == WICK_OK; i++) {
        const commit_market *m = &j->c->markets[i];

        sqlite3_bind_int64(q, 1, m->watermark_ns);
        sqlite3_bind_int64(q, 2, m->covered_from_ns);
        sqlite3_bind_int64(q, 3, m->covered_to_ns);
        if (m->ids_len && m->ids_at <= j->c->byte_count && m->ids_len <= j->c->byte_count - m->ids_at)
            sqlite3_bind_blob(q, 4, j->c->bytes + m->ids_at, (int)m->ids_len, SQLITE_STATIC);
        sqlite3_bind_int64(q, 5, j->s->markets[m->market].id);
        rc = run(j, q);
    }
    return rc;
}

/* ---- candles ----------------------------------------------------------------------------------------- */

/* The stored row of c's key: 1, 0: there is none. */
static int old_row(sq_job *j, const wick_candle *c, wick_candle *out)
{
    sqlite3_stmt *q = j->s->candle_get;
    int rc;

    sqlite3_bind_int64(q, 1, j->s->markets[c->market].id);
    sqlite3_bind_int(q, 2, (int)c->method);
    sq_bind_interval(q, 3, c->interval);
    sqlite3_bind_int64(q, 4, c->time_ns);
    if ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        rc = sq_candle(q, c->interval, out) < 0 ? WICK_E_IO : 1;
        if (rc < 0)
            snprintf(j->why, sizeof j->why, "a stored candle is damaged");
        out->market = c->market;
        out->method = c->method;
        out->flags |= c->flags & WICK_CANDLE_OPEN_PREV;
    } else {
        rc = rc == SQLITE_DONE ? 0 : db_error(j->s->writer.db, "read a candle", j->why);
    }
    sqlite3_reset(q);
    return rc;
}

static int put_row(sq_job *j, sqlite3_stmt *q, const wick_candle *c)
{
    sq_bind(q, j->s->markets[c->market].id, c);
    return run(j, q);
}

static int put_revision(sq_job *j, const wick_candle *old)
{
    sqlite3_stmt *q = j->s->revision_put;

    sqlite3_bind_int64(q, 1, j->s->markets[old->market].id);
    sqlite3_bind_int(q, 2, (int)old->method);
    sqlite3_bind_int(q, 3, 0);
    sq_bind_interval(q, 4, old->interval);
    sqlite3_bind_int64(q, 5, old->time_ns);
    sqlite3_bind_int64(q, 6, old->rev);
    sqlite3_bind_int64(q, 7, j->now_ms);
    sq_bind_values(q, 8, old, 1);
    return run(j, q);
}

static int same(const wick_candle *a, const wick_candle *b)
{
    wick_candle x = *a;

    x.rev = b->rev;
    return memcmp(&x, b, sizeof x) == 0;
}

/* Put c over the old row; a closed one that changes counts up and leaves its old values. */
static int replace(sq_job *j, const wick_candle *old, wick_candle *c)
{
    int rc = WICK_OK;

    c->rev = old->rev;
    if (same(c, old))
        return WICK_OK;
    if (old->flags & WICK_CANDLE_CLOSED) {
        c->rev++;
        rc = put_revision(j, old);
    }
    if (rc == WICK_OK)
        rc = put_row(j, j->s->candle_set, c);
    if (rc == WICK_OK)
        j->changed[j->changed_count++] = *c;
    return rc;
}

/* A late delta: merged into the stored row, whose flags become the delta's. */
static int put_delta(sq_job *j, wick_candle *c)
{
    wick_candle old, row;
    int rc;

    if (j->repeated)
        return WICK_OK;
    if ((rc = old_row(j, c, &old)) < 0)
        return rc;
    if (rc == 0 && c->trades == 0)
        return WICK_OK;
    if (rc == 0) {
        if ((rc = put_row(j, j->s->candle_set, c)) == WICK_OK)
            j->changed[j->changed_count++] = *c;
        return rc;
    }
    row = old;
    if (!fold_merge(&row, c)) {
        snprintf(j->why, sizeof j->why, "a late trade takes a candle over 38 digits");
        return WICK_E_DATA;
    }
    row.flags = c->flags;
    return replace(j, &old, &row);
}

static int put_candle(sq_job *j, const wick_candle *given)
{
    wick_candle c = *given, old;
    int rc;

    c.flags &= ~(uint32_t)WICK_CANDLE_DELTA;
    c.spare = 0;
    if (c.first.id_len < sizeof c.first.id)
        memset(c.first.id + c.first.id_len, 0, sizeof c.first.id - c.first.id_len);
    if (c.last.id_len < sizeof c.last.id)
        memset(c.last.id + c.last.id_len, 0, sizeof c.last.id - c.last.id_len);
    if ((rc = note_base(j, &c)) < 0)
        return rc;
    if (given->flags & WICK_CANDLE_DELTA)
        return put_delta(j, &c);
    if ((rc = put_row(j, j->s->candle_put, &c)) < 0)
        return rc;
    if (sqlite3_changes(j->s->writer.db)) {             /* new, or over an open row */
        j->changed[j->changed_count++] = c;
        return WICK_OK;
    }
    if ((rc = old_row(j, &c, &old)) <= 0)
        return rc;
    return replace(j, &old, &c);
}

/* ---- the ledger and quarantine ----------------------------------------------------------------------- */

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
            sqlite3_bind_text(q, 6, x->evidence, (int)strnlen(x->evidence, sizeof x->evidence), SQLITE_STATIC);
        }
        rc = run(j, q);
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
    if (x->market != WICK_NO_MARKET)
        sqlite3_bind_int64(q, 7, j->s->markets[x->market].id);
    sqlite3_bind_int64(q, 8, t->time_ns);
    sqlite3_bind_int64(q, 9, t->price);
    sqlite3_bind_int(q, 10, t->price_exp);
    sqlite3_bind_int64(q, 11, t->qty);
    sqlite3_bind_int(q, 12, t->qty_exp);
    if (x->id_len && x->id_at <= j->c->byte_count && x->id_len <= j->c->byte_count - x->id_at)
        sqlite3_bind_text(q, 13, (const char *)j->c->bytes + x->id_at, (int)x->id_len, SQLITE_STATIC);
    sqlite3_bind_int64(q, 14, t->flags);
    sqlite3_bind_int64(q, 15, j->now_ms);
    return run(j, q);
}

/* ---- the transaction --------------------------------------------------------------------------------- */

static int fill(sq_job *j)
{
    int rc = check(j);

    if (rc != WICK_OK)
        return rc;
    for (uint32_t i = 0; i < j->named_count && rc == WICK_OK; i++)
        rc = put_market(j, &j->named[i]);
    for (uint32_t i = 0; i < j->c->candle_count && rc == WICK_OK; i++)
        rc = put_candle(j, &j->c->candles[i]);
    if (rc == WICK_OK)
        rc = put_states(j);
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
