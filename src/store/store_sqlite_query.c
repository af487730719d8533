/* SPDX-License-Identifier: Apache-2.0
 * Candles of a query, on the reader's thread, in one read transaction: stored rows by their key,
 * open ones merged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_cover.h"

static int read_rows(sq_reader *r, sqlite3_stmt *q, store_ask *a, uint32_t name, char *why)
{
    int step, rc = WICK_OK;

    while (rc == WICK_OK && (step = sqlite3_step(q)) == SQLITE_ROW) {
        wick_candle *row = ask_row(a);

        if (!row) {
            snprintf(why, DB_ERROR_MAX, "no memory for %u candles", a->row_count + 1);
            rc = WICK_E_NOMEM;
        } else if ((rc = sq_candle(q, a->q.interval, row)) < 0) {
            snprintf(why, DB_ERROR_MAX, "a stored candle of %s is damaged", a->names[name].name);
        } else {
            row->market = name;
        }
    }
    if (rc == WICK_OK && step != SQLITE_DONE)
        rc = db_error(r->db, "read candles", why);
    sqlite3_reset(q);
    return rc;
}

int sq_before(sq_reader *r, const sq_state *m, uint32_t interval, int64_t before_ns, int open,
              wick_candle *out, char *why)
{
    sqlite3_stmt *all[] = {r->before, r->open_before};
    int found = 0;

    for (int i = 0; i < 1 + open; i++) {
        wick_candle row;
        int rc;

        sqlite3_bind_int64(all[i], 1, m->id);
        sq_bind_interval(all[i], 2, interval);
        sqlite3_bind_int64(all[i], 3, before_ns);
        if ((rc = sqlite3_step(all[i])) == SQLITE_ROW) {
            rc = sq_candle(all[i], interval, &row) < 0 ? WICK_E_DATA : 1;
            if (rc < 0)
                snprintf(why, DB_ERROR_MAX, "a stored candle is damaged");
        } else {
            rc = rc == SQLITE_DONE ? 0 : db_error(r->db, "read candles", why);
        }
        sqlite3_reset(all[i]);
        if (rc < 0)
            return rc;
        if (rc == 1 && (!found || row.time_ns > out->time_ns))
            *out = row;
        found |= rc;
    }
    return found;
}

/* The candle before the range, in front. */
static int read_before(sq_reader *r, store_ask *a, const sq_state *m, uint32_t name, char *why)
{
    int open = (a->q.flags & WICK_Q_PARTIAL) != 0, rc;
    wick_candle before, *row;

    if (!(a->q.flags & WICK_Q_PREV) || a->q.start_ns == INT64_MIN)
        return WICK_OK;
    if ((rc = sq_before(r, m, a->q.interval, a->q.start_ns, open, &before, why)) <= 0)
        return rc;
    if (!(row = ask_row(a)))
        return WICK_E_NOMEM;
    *row = before;
    row->market = name;
    return WICK_OK;
}

/* The rule of the source that spoke for the market then. */
static uint32_t rule_at(const store_ask *a, const sq_state *m, uint32_t name, int64_t time_ns)
{
    uint32_t i = a->era_count;

    while (i > 0 && (a->eras[i - 1].name != name || a->eras[i - 1].from_ns > time_ns))
        i--;
    if ((i ? a->eras[i - 1].flags : m->flags) & WICK_MARK_F_OPEN_PREV)
        return WICK_CANDLE_OPEN_PREV;
    return 0;
}

/* Which candles of a venue that publishes open = previous close stand behind a span that was not
 * heard: from `begin` on all rows of the market in the answer, by what the ledger says. */
static int open_rule(sq_reader *r, store_ask *a, const sq_state *m, uint32_t name, uint32_t begin,
                     char *why)
{
    uint32_t count = a->row_count - begin;
    int desc = (a->q.flags & WICK_Q_DESC) != 0, open = (a->q.flags & WICK_Q_PARTIAL) != 0, rc, step;
    wick_candle *old = &a->rows[desc ? a->row_count - 1 : begin], before;
    int64_t after, reach = INT64_MIN;

    if (!(m->flags & WICK_MARK_F_OPEN_PREV) || count == 0)
        return WICK_OK;
    if ((rc = sq_before(r, m, a->q.interval, old->time_ns, open, &before, why)) < 0)
        return rc;
    after = rc ? before.last.time_ns : INT64_MAX;       /* of the first of all there is none */
    sqlite3_bind_int64(r->gaps, 1, m->id);
    sqlite3_bind_int64(r->gaps, 2, rc ? after : old->first.time_ns);
    sqlite3_bind_int64(r->gaps, 3, INT64_MAX);
    step = sqlite3_step(r->gaps);
    for (uint32_t i = 0; i < count; i++) {
        wick_candle *c = desc ? old - i : old + i;

        for (; step == SQLITE_ROW && sqlite3_column_int64(r->gaps, 0) < c->first.time_ns;
             step = sqlite3_step(r->gaps))
            if (sqlite3_column_int64(r->gaps, 1) - 1 > reach)
                reach = sqlite3_column_int64(r->gaps, 1) - 1;
        c->flags |= rule_at(a, m, name, c->time_ns);
        if ((c->flags & WICK_CANDLE_OPEN_PREV) && after != INT64_MAX &&
            (reach > after || m->covered_from_ns - 1 > after))
            c->flags = (c->flags | WICK_CANDLE_BEHIND) & ~(uint32_t)WICK_CANDLE_COMPLETE;
        after = c->last.time_ns;
    }
    sqlite3_reset(r->gaps);
    return step == SQLITE_ROW || step == SQLITE_DONE ? WICK_OK
                                                     : db_error(r->db, "read coverage", why);
}

static int descending(const void *a, const void *b)
{
    return sq_by_time(b, a);
}

/* Candles of one market behind those that there are; at most `limit` beside the one in front. */
static int market_rows(sq_reader *r, store_ask *a, const sq_state *m, uint32_t name, uint32_t limit,
                       char *why)
{
    int desc = (a->q.flags & WICK_Q_DESC) != 0, rc;
    sqlite3_stmt *q = desc ? r->range_desc : r->range;
    uint32_t begin, stored;

    if ((rc = read_before(r, a, m, name, why)) < 0)
        return rc;
    begin = a->row_count;
    sq_bind_range(q, m->id, a->q.interval, a->q.start_ns, a->q.end_ns);
    sqlite3_bind_int64(q, 5, limit);
    if ((rc = read_rows(r, q, a, name, why)) < 0)
        return rc;
    stored = a->row_count;
    if ((a->q.flags & WICK_Q_PARTIAL) && a->q.interval == m->base) {
        sq_bind_range(r->open_range, m->id, m->base, a->q.start_ns, a->q.end_ns);
        rc = read_rows(r, r->open_range, a, name, why);
    } else if (a->q.flags & WICK_Q_PARTIAL) {
        rc = sq_parents(r, a, m, name, why);
    }
    if (rc == WICK_OK && a->row_count > stored)
        qsort(a->rows + begin, a->row_count - begin, sizeof *a->rows,
              desc ? descending : sq_by_time);
    if (a->row_count - begin > limit)
        a->row_count = begin + limit;
    return rc == WICK_OK ? open_rule(r, a, m, name, begin, why) : rc;
}

static int add_name(store_ask *a, sqlite3_stmt *q, const sq_state *m, uint32_t *at)
{
    store_name *n = ask_name(a);
    const char *name = (const char *)sqlite3_column_text(q, 5),
               *symbol = (const char *)sqlite3_column_text(q, 6);

    if (!n)
        return WICK_E_NOMEM;
    *n = (store_name){.id = m->id, .flags = m->flags};
    snprintf(n->name, sizeof n->name, "%s", name ? name : "");
    snprintf(n->symbol, sizeof n->symbol, "%s", symbol ? symbol : "");
    *at = a->name_count - 1;
    return WICK_OK;
}

static int one_market(sq_reader *r, store_ask *a, char *why)
{
    sqlite3_stmt *q = r->market;
    uint32_t name = 0;
    sq_state m;
    int step, rc;

    sqlite3_bind_text(q, 1, a->name, -1, SQLITE_STATIC);
    step = sqlite3_step(q);
    rc = step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : db_error(r->db, "read a market", why);
    if (rc == 1) {
        sq_market_state(q, &m);
        rc = add_name(a, q, &m, &name) < 0 ? WICK_E_NOMEM : 1;
    }
    sqlite3_reset(q);
    if (rc == 1 && (rc = sq_eras(r, a, name, why)) == WICK_OK)
        rc = market_rows(r, a, &m, name, a->q.limit, why);
    return rc;
}

static int all_markets(sq_reader *r, store_ask *a, char *why)
{
    sqlite3_stmt *q = r->markets;
    int step = SQLITE_ROW, rc = WICK_OK;
    uint32_t name = 0, limit = a->q.limit;
    sq_state m;

    while (rc == WICK_OK && limit && (step = sqlite3_step(q)) == SQLITE_ROW) {
        uint32_t had = a->row_count;

        sq_market_state(q, &m);
        if ((rc = add_name(a, q, &m, &name)) == WICK_OK &&
            (rc = sq_eras(r, a, name, why)) == WICK_OK)
            rc = market_rows(r, a, &m, name, limit, why);
        had = a->row_count - had;
        limit -= had < limit ? had : limit;
    }
    if (rc == WICK_OK && step != SQLITE_ROW && step != SQLITE_DONE)
        rc = db_error(r->db, "read markets", why);
    sqlite3_reset(q);
    return rc;
}

int sq_query(sq_reader *r, store_ask *a, char *why)
{
    int rc = db_run(r->db, "BEGIN", why);

    if (rc < 0)
        return rc;
    rc = a->name ? one_market(r, a, why) : all_markets(r, a, why);
    if (rc == WICK_E_NOMEM && !*why)
        snprintf(why, DB_ERROR_MAX, "no memory");
    sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL);
    return rc;
}
