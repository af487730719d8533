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

/* The candle before the range, in front. */
static int read_before(sq_reader *r, store_ask *a, const sq_state *m, uint32_t name, char *why)
{
    sqlite3_stmt *all[] = {r->before, r->open_before};
    int rc = WICK_OK, count = a->q.flags & WICK_Q_PARTIAL ? 2 : 1;
    uint32_t at = a->row_count;

    if (!(a->q.flags & WICK_Q_PREV) || a->q.start_ns == INT64_MIN)
        return WICK_OK;
    for (int i = 0; i < count && rc == WICK_OK; i++) {
        sqlite3_bind_int64(all[i], 1, m->id);
        sq_bind_interval(all[i], 2, a->q.interval);
        sqlite3_bind_int64(all[i], 3, a->q.start_ns);
        rc = read_rows(r, all[i], a, name, why);
    }
    if (a->row_count == at + 2) {           /* of an open and a closed one the later */
        if (a->rows[at + 1].time_ns > a->rows[at].time_ns)
            a->rows[at] = a->rows[at + 1];
        a->row_count--;
    }
    return rc;
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
    return rc;
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
    return rc == 1 ? market_rows(r, a, &m, name, a->q.limit, why) : rc;
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
        if ((rc = add_name(a, q, &m, &name)) == WICK_OK)
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
