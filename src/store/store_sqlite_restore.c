/* SPDX-License-Identifier: Apache-2.0
 * What a writer goes on from, and the claim that makes it the only one: in one transaction the next
 * epoch is taken, so that whoever wrote before is refused from then on, and the state of its log is
 * read. A log that the store does not know has no offsets; markets, their identities and open rows
 * are there all the same. */
#include <stdio.h>
#include <string.h>

#include "store_cover.h"

typedef struct gather {
    sq_cover   cover;                       /* begins with it */
    commit    *c;
    uint32_t   name;
    int        strange;                     /* the store was made of other logs than this one */
    sqlite3_stmt *ledger, *known, *known_put;
} gather;

static int no_memory(char *why)
{
    snprintf(why, DB_ERROR_MAX, "no memory");
    return WICK_E_NOMEM;
}

static int keep(sq_cover *v, const wick_candle *row)
{
    gather *g = (gather *)v;
    wick_candle *c = commit_candle(g->c);

    if (!c)
        return no_memory(v->why);
    *c = *row;
    c->market = g->name;
    return WICK_OK;
}

/* The earliest end that rows of this interval may have: none may reach into an open bucket that it
 * does not divide. */
static int64_t until(const uint32_t *all, uint32_t count, uint32_t interval, int64_t from)
{
    int64_t end = INT64_MAX;

    for (uint32_t i = 0; i < count; i++)
        if (all[i] != interval && !wick_interval_divides(interval, all[i]) &&
            wick_bucket(all[i], from) < end)
            end = wick_bucket(all[i], from);
    return end;
}

/* The levels of a market's rows, and where the oldest open bucket begins: of the intervals that are
 * kept, and of those that the market has. */
static int levels(gather *g, const store_ask *a, const sq_state *m, int64_t from, int64_t *oldest)
{
    uint32_t all[2 * STORE_INTERVALS_MAX];
    int own = sq_intervals(g->cover.r, m->id, all, g->cover.why);
    uint32_t count = own < 0 ? 0 : (uint32_t)own;

    if (own < 0)
        return own;
    g->cover.level_count = 0;
    *oldest = wick_bucket(m->base, from);
    for (uint32_t i = 0; i < a->interval_count; i++)
        all[count++] = a->intervals[i];
    for (uint32_t i = 0; i < count; i++)
        if (wick_bucket(all[i], from) < *oldest)
            *oldest = wick_bucket(all[i], from);
    for (uint32_t i = 0; i <= (uint32_t)own && g->cover.level_count < STORE_INTERVALS_MAX; i++) {
        uint32_t interval = i < (uint32_t)own ? all[i] : m->base, n = g->cover.level_count;

        if (i < (uint32_t)own && (interval == m->base || !wick_interval_divides(m->base, interval)))
            continue;
        g->cover.levels[n] = interval;
        g->cover.until[n] = interval == m->base ? INT64_MAX : until(all, count, interval, from);
        g->cover.level_count++;
    }
    return WICK_OK;
}

static int open_rows(gather *g, const sq_state *m, int64_t from)
{
    sqlite3_stmt *q = g->cover.r->open_range;
    int step, rc = WICK_OK;
    wick_candle row;

    sq_bind_range(q, m->id, m->base, wick_bucket(m->base, from), INT64_MAX);
    while (rc == WICK_OK && (step = sqlite3_step(q)) == SQLITE_ROW) {
        if ((rc = sq_candle(q, m->base, &row)) < 0)
            snprintf(g->cover.why, DB_ERROR_MAX, "a stored candle is damaged");
        else
            rc = keep(&g->cover, &row);
    }
    if (rc == WICK_OK && step != SQLITE_DONE)
        rc = db_error(g->cover.r->db, "read open candles", g->cover.why);
    sqlite3_reset(q);
    return rc;
}

static int spans(gather *g, const sq_state *m, int64_t from)
{
    sqlite3_stmt *q = g->ledger;
    int step, rc = WICK_OK;

    sqlite3_bind_int64(q, 1, m->id);
    sqlite3_bind_int64(q, 2, from);
    while (rc == WICK_OK && (step = sqlite3_step(q)) == SQLITE_ROW) {
        commit_span *x = commit_span_add(g->c);
        const char *evidence = (const char *)sqlite3_column_text(q, 4);

        if (!x) {
            rc = no_memory(g->cover.why);
            break;
        }
        *x = (commit_span){.market = g->name,
                           .from_ns = sqlite3_column_int64(q, 0),
                           .state = (uint32_t)sqlite3_column_int64(q, 1),
                           .conn = (uint64_t)sqlite3_column_int64(q, 2),
                           .to_ns = sqlite3_column_int64(q, 3)};
        snprintf(x->evidence, sizeof x->evidence, "%s", evidence ? evidence : "");
    }
    if (rc == WICK_OK && step != SQLITE_DONE)
        rc = db_error(g->cover.r->db, "read coverage", g->cover.why);
    sqlite3_reset(q);
    return rc;
}

/* The candles that a market goes on from, and the spans that touch its open buckets. */
static int rows(gather *g, const store_ask *a, const sq_state *m)
{
    int64_t from, oldest;
    int rc;

    if (!m->base)
        return spans(g, m, m->has_watermark ? m->watermark_ns : INT64_MIN);
    if ((rc = sq_open_from(g->cover.r, m, &from, g->cover.why)) < 0 || from == INT64_MAX)
        return rc;
    g->cover.market = m->id;
    if ((rc = levels(g, a, m, from, &oldest)) == WICK_OK &&
        (rc = sq_cover_run(&g->cover, 0, oldest, INT64_MAX)) == WICK_OK &&
        (rc = open_rows(g, m, from)) == WICK_OK)
        rc = spans(g, m, oldest);
    return rc;
}

/* Up to where the market's trades are of logs that are gone: its last trade when a log was new. */
static int known_to(gather *g, const sq_state *m, int64_t *out)
{
    wick_candle last;
    int step, rc = 0;

    *out = INT64_MIN;
    sqlite3_bind_int64(g->known, 1, m->id);
    if ((step = sqlite3_step(g->known)) == SQLITE_ROW)
        *out = sqlite3_column_int64(g->known, 0);
    sqlite3_reset(g->known);
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        return db_error(g->cover.r->db, "read what lost logs held", g->cover.why);
    if (g->strange && m->base)
        rc = sq_before(g->cover.r, m, m->base, INT64_MAX, 1, &last, g->cover.why);
    if (rc <= 0 || last.last.time_ns <= *out)
        return rc < 0 ? rc : WICK_OK;
    *out = last.last.time_ns;
    sqlite3_bind_int64(g->known_put, 1, m->id);
    sqlite3_bind_int64(g->known_put, 2, *out);
    return db_step(g->cover.r->db, g->known_put, g->cover.why);
}

/* What a commit said of the market; one that only a row named has none. */
static int state(gather *g, sqlite3_stmt *q, const sq_state *m)
{
    const void *ids = sqlite3_column_blob(q, 8);
    uint32_t size = (uint32_t)sqlite3_column_bytes(q, 8);
    commit_market *x;
    int rc;

    if (sqlite3_column_type(q, 3) == SQLITE_NULL)
        return WICK_OK;
    if (!(x = commit_market_add(g->c)))
        return no_memory(g->cover.why);
    *x = (commit_market){.market = g->name, .flags = m->flags};
    x->watermark_ns = sqlite3_column_int64(q, 3);
    x->covered_from_ns = m->covered_from_ns;
    x->covered_to_ns = sqlite3_column_int64(q, 7);
    if ((rc = known_to(g, m, &x->known_to_ns)) < 0)
        return rc;
    if (ids && size && commit_bytes(g->c, ids, size, &x->ids_at) < 0)
        return no_memory(g->cover.why);
    x->ids_len = ids ? size : 0;
    return WICK_OK;
}

static int markets(gather *g, store_ask *a, sqlite3_stmt *q)
{
    int step = SQLITE_DONE, rc = WICK_OK;

    while (rc == WICK_OK && (step = sqlite3_step(q)) == SQLITE_ROW) {
        const char *symbol = (const char *)sqlite3_column_text(q, 6);
        store_name *n = ask_name(a);
        sq_state m;

        if (!n) {
            rc = no_memory(g->cover.why);
            break;
        }
        sq_market_state(q, &m);
        *n = (store_name){.id = m.id, .flags = m.flags};
        snprintf(n->name, sizeof n->name, "%s", (const char *)sqlite3_column_text(q, 5));
        snprintf(n->symbol, sizeof n->symbol, "%s", symbol ? symbol : "");
        g->name = a->name_count - 1;
        if ((rc = state(g, q, &m)) == WICK_OK && (rc = rows(g, a, &m)) == WICK_OK)
            rc = sq_eras(g->cover.r, a, g->name, g->cover.why);
    }
    if (rc == WICK_OK && step != SQLITE_DONE)
        rc = db_error(g->cover.r->db, "read markets", g->cover.why);
    sqlite3_reset(q);
    return rc;
}

/* Offsets of the log, and the claim: the epoch behind the newest that anybody had. A log without
 * any is new to the store; one that ends in front of them has lost its end. */
static int claim(store_sqlite *s, store_ask *a, int *strange, char *why)
{
    sqlite3_stmt *q;
    int step, rc = db_prepare(s->writer.db,
                              "SELECT part, next_offset, window_offset, epoch FROM bus_offset"
                              " WHERE log = ? AND topic = ? ORDER BY part",
                              &q, why);

    if (rc < 0)
        return rc;
    sqlite3_bind_text(q, 1, a->log_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, a->topic, -1, SQLITE_STATIC);
    while (rc == WICK_OK && (step = sqlite3_step(q)) == SQLITE_ROW) {
        uint64_t next = (uint64_t)sqlite3_column_int64(q, 1);
        uint64_t epoch = (uint64_t)sqlite3_column_int64(q, 3);
        commit_offset *o;

        a->state->epoch = epoch > a->state->epoch ? epoch : a->state->epoch;
        if (sqlite3_column_int64(q, 0) < 0)
            continue;
        if (!(o = commit_offset_add(a->state))) {
            rc = no_memory(why);
            break;
        }
        *strange |= next && next - 1 > a->restore.log_end;
        *o = (commit_offset){.partition = (uint32_t)sqlite3_column_int64(q, 0),
                             .next_offset = next,
                             .window_offset = (uint64_t)sqlite3_column_int64(q, 2)};
    }
    if (rc == WICK_OK && step != SQLITE_DONE)
        rc = db_error(s->writer.db, "read offsets", why);
    sqlite3_finalize(q);
    if (rc < 0)
        return rc;
    *strange |= a->state->epoch == 0;
    a->state->epoch++;
    sqlite3_bind_text(s->offset_put, 1, a->log_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(s->offset_put, 2, a->topic, -1, SQLITE_STATIC);
    sqlite3_bind_int(s->offset_put, 3, -1);
    sqlite3_bind_int(s->offset_put, 4, 0);
    sqlite3_bind_int(s->offset_put, 5, 0);
    sqlite3_bind_int64(s->offset_put, 6, (int64_t)a->state->epoch);
    return db_step(s->writer.db, s->offset_put, why);
}

/* Everything of the state, inside of a transaction. */
static int read_all(store_sqlite *s, store_ask *a, char *why)
{
    gather g = {.cover = {.w = s->store.stage.w, .r = &s->writer, .emit = keep, .why = why},
                .c = a->state};
    int rc;

    if ((rc = claim(s, a, &g.strange, why)) == WICK_OK &&
        (rc = db_prepare(s->writer.db,
                         "SELECT from_ns, state, conn, to_ns, evidence FROM coverage WHERE"
                         " market = ?1 AND to_ns >= ?2 ORDER BY from_ns, state, conn",
                         &g.ledger, why)) == WICK_OK &&
        (rc = db_prepare(s->writer.db, "SELECT time_ns FROM known_to WHERE market = ?", &g.known,
                         why)) == WICK_OK &&
        (rc = db_prepare(s->writer.db, "REPLACE INTO known_to VALUES (?, ?)", &g.known_put,
                         why)) == WICK_OK)
        rc = markets(&g, a, s->writer.markets);
    sqlite3_finalize(g.ledger);
    sqlite3_finalize(g.known);
    sqlite3_finalize(g.known_put);
    return rc;
}

int sq_restore(store_sqlite *s, store_ask *a, char *why)
{
    int rc = db_run(s->writer.db, "BEGIN IMMEDIATE", why);

    if (rc < 0)
        return rc;
    memcpy(a->state->log_id, a->log_id, sizeof a->state->log_id);
    if ((rc = read_all(s, a, why)) == WICK_OK)
        rc = db_run(s->writer.db, "COMMIT", why);
    if (rc < 0 && !sqlite3_get_autocommit(s->writer.db))
        sqlite3_exec(s->writer.db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}
