/* SPDX-License-Identifier: Apache-2.0
 * Markets and candles of a commit, on the writer's thread: new rows, open rows replaced, late
 * deltas merged, closed rows revised. A bucket that is over stays over.
 * lint: allow include ../agg/fold.h one fold for live, roll-up and late trades */
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "../agg/fold.h"
#include "store_commit.h"
#include "store_cover.h"

/* Bindings stay, and with them the memory that they hold: the next row overwrites all of them. */
int sq_run(sq_job *j, sqlite3_stmt *q)
{
    int rc = sqlite3_step(q) == SQLITE_DONE
                 ? WICK_OK
                 : db_error(j->s->writer.db, "write a row", j->why);

    sqlite3_reset(q);
    return rc;
}

/* ---- markets --------------------------------------------------------------------------------- */

static int known_row(sq_job *j, uint32_t market)
{
    store_sqlite *s = j->s;
    int rc = MEM_GROW_ZERO(s->store.stage.w, s->markets, s->market_cap, (uint64_t)market + 1,
                           UINT32_MAX);

    if (rc < 0)
        snprintf(j->why, sizeof j->why, "no memory");
    return rc;
}

/* What rows of its base a market has. */
static int know_base(sq_job *j, sq_market *m)
{
    sq_state state = {.id = m->id, .base = m->base};
    int64_t oldest, newest;
    int rc = sq_open_ends(&j->s->writer, &state, &oldest, &newest, j->why);

    m->has_open = rc > 0;
    return rc < 0 ? rc : sq_closed_to(&j->s->writer, &state, &m->closed_ns, j->why);
}

int sq_put_market(sq_job *j, const sq_named *n)
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
    sqlite3_bind_text(q, 1, n->name, -1, SQLITE_STATIC);
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
    return rc == WICK_OK && m->base ? know_base(j, m) : rc;
}

/* The base is the interval of the open rows; until there was one, the finest. */
static int note_base(sq_job *j, const wick_candle *c)
{
    sq_market *m = &j->s->markets[c->market];
    int rc = WICK_OK;

    if (m->base == c->interval || c->method != WICK_METHOD_TRADES)
        return WICK_OK;
    if ((c->flags & WICK_CANDLE_CLOSED) && m->base && !wick_interval_divides(c->interval, m->base))
        return WICK_OK;
    m->base = c->interval;
    sq_bind_interval(j->s->market_base, 1, c->interval);
    sqlite3_bind_int64(j->s->market_base, 2, m->id);
    if ((rc = sq_run(j, j->s->market_base)) < 0)
        return rc;
    if (!(c->flags & WICK_CANDLE_CLOSED)) {     /* what was open in the old one is in the new one */
        sqlite3_bind_int64(j->s->open_others, 1, m->id);
        sq_bind_interval(j->s->open_others, 2, c->interval);
        rc = sq_run(j, j->s->open_others);
    }
    return rc == WICK_OK ? know_base(j, m) : rc;
}

int sq_put_states(sq_job *j)
{
    sqlite3_stmt *q = j->s->market_state;
    int rc = WICK_OK;

    for (uint32_t i = 0; i < j->c->market_count && rc == WICK_OK; i++) {
        const commit_market *m = &j->c->markets[i];

        sqlite3_bind_int64(q, 1, m->watermark_ns);
        sqlite3_bind_int64(q, 2, m->covered_from_ns);
        sqlite3_bind_int64(q, 3, m->covered_to_ns);
        if (m->ids_len && m->ids_at <= j->c->byte_count &&
            m->ids_len <= j->c->byte_count - m->ids_at)
            sqlite3_bind_blob(q, 4, j->c->bytes + m->ids_at, (int)m->ids_len, SQLITE_STATIC);
        else
            sqlite3_bind_null(q, 4);
        sqlite3_bind_int64(q, 5, j->s->markets[m->market].id);
        rc = sq_run(j, q);
    }
    return rc;
}

/* ---- candles --------------------------------------------------------------------------------- */

static void bind_key(sq_job *j, sqlite3_stmt *q, const wick_candle *c)
{
    sqlite3_bind_int64(q, 1, j->s->markets[c->market].id);
    sqlite3_bind_int(q, 2, (int)c->method);
    sq_bind_interval(q, 3, c->interval);
    sqlite3_bind_int64(q, 4, c->time_ns);
}

/* The row of c's key that candle_get or open_get finds: 1, 0: there is none. */
static int old_row(sq_job *j, sqlite3_stmt *q, const wick_candle *c, wick_candle *out)
{
    int rc;

    bind_key(j, q, c);
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

/* A row into its table by q; one that is closed is open no more. */
static int put_row(sq_job *j, sqlite3_stmt *q, const wick_candle *c)
{
    sq_market *m = &j->s->markets[c->market];
    int rc;

    sq_bind(q, m->id, c, &j->s->row);
    rc = sq_run(j, q);
    j->inserted = sqlite3_changes(j->s->writer.db);
    if (rc < 0 || c->interval != m->base)
        return rc;
    if (!(c->flags & WICK_CANDLE_CLOSED)) {
        m->has_open = 1;
        return WICK_OK;
    }
    if (c->end_ns > m->closed_ns)
        m->closed_ns = c->end_ns;
    if (!m->has_open)
        return WICK_OK;
    bind_key(j, j->s->open_drop, c);
    return sq_run(j, j->s->open_drop);
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
    return sq_run(j, q);
}

static int same(const wick_candle *a, const wick_candle *b)
{
    wick_candle x = *a;

    x.rev = b->rev;
    return memcmp(&x, b, sizeof x) == 0;
}

static int tell(sq_job *j, int rc, const wick_candle *c)
{
    if (rc == WICK_OK)
        j->changed[j->changed_count++] = *c;
    return rc;
}

/* Closed rows and open ones have tables of their own. */
static sqlite3_stmt *home(const sq_job *j, const wick_candle *c)
{
    return c->flags & WICK_CANDLE_CLOSED ? j->s->candle_set : j->s->open_put;
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
    return rc < 0 ? rc : tell(j, put_row(j, home(j, c), c), c);
}

/* A late delta: merged into the stored row, whose flags become the delta's. */
static int put_delta(sq_job *j, wick_candle *c)
{
    wick_candle old, row;
    int rc;

    if (j->repeated)
        return WICK_OK;
    if ((rc = old_row(j, j->s->candle_get, c, &old)) == 0)
        rc = old_row(j, j->s->open_get, c, &old);
    if (rc < 0 || (rc == 0 && c->trades == 0))
        return rc;
    if (rc == 0)
        return tell(j, put_row(j, home(j, c), c), c);
    row = old;
    if (!fold_merge(&row, c)) {
        snprintf(j->why, sizeof j->why, "a late trade takes a candle over 38 digits");
        return WICK_E_DATA;
    }
    row.flags = c->flags | (old.flags & WICK_CANDLE_CLOSED);
    return replace(j, &old, &row);
}

int sq_put_candle(sq_job *j, const wick_candle *given)
{
    const sq_market *m = &j->s->markets[given->market];
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
    if (!(c.flags & WICK_CANDLE_CLOSED)) {
        if (c.interval == m->base && c.time_ns >= m->closed_ns)
            return tell(j, put_row(j, j->s->open_put, &c), &c);
        if ((rc = old_row(j, j->s->candle_get, &c, &old)) <= 0)
            return rc < 0 ? rc : tell(j, put_row(j, j->s->open_put, &c), &c);
        c.flags |= WICK_CANDLE_CLOSED;
        return replace(j, &old, &c);
    }
    if ((rc = put_row(j, j->s->candle_put, &c)) < 0)
        return rc;
    if (j->inserted)
        return tell(j, WICK_OK, &c);
    if ((rc = old_row(j, j->s->candle_get, &c, &old)) <= 0)
        return rc;
    return replace(j, &old, &c);
}
