/* SPDX-License-Identifier: Apache-2.0
 * What open buckets are made of. Parents are not stored while they are open: their trades stand in
 * closed rows of finer intervals and in the open base row. Rows are taken as coarse as may be; what
 * a level has no row for is looked for in the finer ones, so that an interval that was added later
 * misses nothing. lint: allow include ../agg/fold.h one fold for live, roll-up and what is merged
 * on reading */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../agg/fold.h"
#include "store_cover.h"

/* Of the first bucket behind 1970: calendar intervals have no length of their own. */
static int64_t nominal(uint32_t interval)
{
    return wick_bucket_end(interval, wick_bucket(interval, 0)) - wick_bucket(interval, 0);
}

static int by_length(const void *a, const void *b)
{
    int64_t x = nominal(*(const uint32_t *)a), y = nominal(*(const uint32_t *)b);

    return (x < y) - (x > y);
}

int sq_intervals(sq_reader *r, int64_t market, uint32_t out[STORE_INTERVALS_MAX], char *why)
{
    char last[24] = "";
    int count = 0, step = SQLITE_DONE;

    while (count < STORE_INTERVALS_MAX) {
        int64_t code;

        sqlite3_bind_int64(r->intervals, 1, market);
        sqlite3_bind_text(r->intervals, 2, last, -1, SQLITE_STATIC);
        if ((step = sqlite3_step(r->intervals)) != SQLITE_ROW)
            break;
        snprintf(last, sizeof last, "%s", (const char *)sqlite3_column_text(r->intervals, 0));
        sqlite3_reset(r->intervals);
        if ((code = wick_interval(last, strlen(last))) > 0)
            out[count++] = (uint32_t)code;
    }
    sqlite3_reset(r->intervals);
    if (step != SQLITE_DONE && step != SQLITE_ROW)
        return db_error(r->db, "read intervals", why);
    qsort(out, (size_t)count, sizeof *out, by_length);
    return count;
}

int sq_market_state(sqlite3_stmt *q, sq_state *m)
{
    const char *base = (const char *)sqlite3_column_text(q, 1);
    int64_t code = base ? wick_interval(base, strlen(base)) : 0;

    *m = (sq_state){.id = sqlite3_column_int64(q, 0),
                    .base = code > 0 ? (uint32_t)code : 0,
                    .flags = sqlite3_column_int(q, 2) ? WICK_MARK_F_OPEN_PREV : 0,
                    .has_watermark = sqlite3_column_int64(q, 3) > 0,
                    .watermark_ns = sqlite3_column_int64(q, 3),
                    .covered_from_ns = sqlite3_column_int64(q, 4)};
    return m->base != 0;
}

/* Rows of one level in [lo, hi): a list of its own, since finer levels use the same statement. */
static int level_rows(sq_cover *v, uint32_t level, int64_t lo, int64_t hi, wick_candle **out,
                      uint32_t *count)
{
    sqlite3_stmt *q = v->r->range;
    uint32_t cap = 0;
    int step, rc = WICK_OK;

    *out = NULL;
    *count = 0;
    sqlite3_bind_int64(q, 1, v->market);
    sq_bind_interval(q, 2, v->levels[level]);
    sqlite3_bind_int64(q, 3, lo);
    sqlite3_bind_int64(q, 4, hi);
    sqlite3_bind_int(q, 5, !(v->open && level + 1 == v->level_count));
    sqlite3_bind_int64(q, 6, STORE_ROWS_MAX);
    while ((step = sqlite3_step(q)) == SQLITE_ROW && rc == WICK_OK) {
        if (*count == cap) {
            wick_candle *rows = mem_resize(v->w, *out, (cap = cap ? cap * 2 : 64) * sizeof *rows);

            if (!rows) {
                rc = WICK_E_NOMEM;
                snprintf(v->why, DB_ERROR_MAX, "no memory");
                break;
            }
            *out = rows;
        }
        if ((rc = sq_candle(q, v->levels[level], &(*out)[(*count)++])) < 0)
            snprintf(v->why, DB_ERROR_MAX, "a stored candle is damaged");
    }
    if (rc == WICK_OK && step != SQLITE_DONE)
        rc = db_error(v->r->db, "read candles", v->why);
    sqlite3_reset(q);
    return rc;
}

int sq_cover_run(sq_cover *v, uint32_t level, int64_t lo, int64_t hi)
{
    wick_candle *rows;
    uint32_t count;
    int rc;

    if (lo >= hi || level >= v->level_count)
        return WICK_OK;
    rc = level_rows(v, level, lo, hi, &rows, &count);
    for (uint32_t i = 0; i < count && rc == WICK_OK; i++) {
        if (rows[i].end_ns > hi || rows[i].end_ns > v->until[level])
            continue;
        if ((rc = sq_cover_run(v, level + 1, lo, rows[i].time_ns)) == WICK_OK)
            rc = v->emit(v, &rows[i]);
        lo = rows[i].end_ns;
    }
    mem_free(v->w, rows);
    return rc == WICK_OK ? sq_cover_run(v, level + 1, lo, hi) : rc;
}

int sq_open_from(sq_reader *r, const sq_state *m, int64_t *out, char *why)
{
    sqlite3_stmt *q = r->last;
    int step, seen = 0;

    *out = m->has_watermark ? m->watermark_ns : INT64_MAX;
    sqlite3_bind_int64(q, 1, m->id);
    sq_bind_interval(q, 2, m->base);
    while ((step = sqlite3_step(q)) == SQLITE_ROW && !sqlite3_column_int(q, 1)) {
        int64_t time_ns = sqlite3_column_int64(q, 0);

        *out = time_ns < *out ? time_ns : *out;
        seen = 1;
    }
    if (step == SQLITE_ROW && !seen &&
        !m->has_watermark) /* all are closed: from the end of the newest */
        *out = wick_bucket_end(m->base, sqlite3_column_int64(q, 0));
    sqlite3_reset(q);
    return step == SQLITE_ROW || step == SQLITE_DONE ? WICK_OK
                                                     : db_error(r->db, "read open candles", why);
}

/* ---- open parents ---------------------------------------------------------------------------- */

typedef struct merge {
    sq_cover    cover;              /* begins with it: emit() finds the rest behind */
    wick_candle sum;
    int         complete;
} merge;

static int add(sq_cover *v, const wick_candle *c)
{
    merge *m = (merge *)v;

    if (!fold_merge(&m->sum, c)) {
        snprintf(v->why, DB_ERROR_MAX, "an open candle is over 38 digits");
        return WICK_E_DATA;
    }
    m->complete &= (c->flags & WICK_CANDLE_COMPLETE) != 0;
    return WICK_OK;
}

/* Whether a missing span touches [from, to): 1, 0, or an error. */
static int missing(sq_reader *r, int64_t market, int64_t from, int64_t to, char *why)
{
    int step;

    sqlite3_bind_int64(r->gaps, 1, market);
    sqlite3_bind_int64(r->gaps, 2, from);
    sqlite3_bind_int64(r->gaps, 3, to);
    step = sqlite3_step(r->gaps);
    sqlite3_reset(r->gaps);
    return step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : db_error(r->db, "read coverage", why);
}

/* The newest begin of a base row, INT64_MIN: there is none. */
static int64_t newest(sq_reader *r, const sq_state *m)
{
    int64_t time_ns = INT64_MIN;

    sqlite3_bind_int64(r->last, 1, m->id);
    sq_bind_interval(r->last, 2, m->base);
    if (sqlite3_step(r->last) == SQLITE_ROW)
        time_ns = sqlite3_column_int64(r->last, 0);
    sqlite3_reset(r->last);
    return time_ns;
}

static int is_stored(sq_reader *r, int64_t market, uint32_t interval, int64_t time_ns)
{
    sqlite3_stmt *q = r->range;
    int step;

    sqlite3_bind_int64(q, 1, market);
    sq_bind_interval(q, 2, interval);
    sqlite3_bind_int64(q, 3, time_ns);
    sqlite3_bind_int64(q, 4, time_ns + 1);
    sqlite3_bind_int(q, 5, 0);
    sqlite3_bind_int(q, 6, 1);
    step = sqlite3_step(q);
    sqlite3_reset(q);
    return step == SQLITE_ROW;
}

/* One open bucket, merged, as one more row of the answer. */
static int bucket(sq_reader *r, store_ask *a, const sq_state *m, merge *x, int64_t begin,
                  uint32_t name)
{
    int64_t end = wick_bucket_end(a->q.interval, begin);
    wick_candle *row;
    int rc, gap;

    fold_begin(&x->sum, name, a->q.interval, begin, end);
    x->complete = 1;
    if ((rc = sq_cover_run(&x->cover, 0, begin, end)) < 0 || x->sum.trades == 0)
        return rc;
    if ((gap = missing(r, m->id, begin, end, x->cover.why)) < 0)
        return gap;
    if (x->complete && !gap && m->covered_from_ns <= begin && m->has_watermark &&
        end <= m->watermark_ns)                 /* what is not over is not heard whole */
        x->sum.flags |= WICK_CANDLE_COMPLETE;
    if (!(row = ask_row(a)))
        return WICK_E_NOMEM;
    *row = x->sum;
    return WICK_OK;
}

int sq_parents(sq_reader *r, store_ask *a, const sq_state *m, uint32_t name, char *why)
{
    uint32_t all[STORE_INTERVALS_MAX], interval = a->q.interval;
    merge x = {
        .cover = {.w = a->s->stage.w, .r = r, .market = m->id, .open = 1, .emit = add, .why = why}};
    int count, rc;
    int64_t from, to;

    if (!m->base || interval == m->base || !wick_interval_divides(m->base, interval))
        return WICK_OK;
    if ((count = sq_intervals(r, m->id, all, why)) < 0 || (rc = sq_open_from(r, m, &from, why)) < 0)
        return count < 0 ? count : rc;
    for (int i = 0; i < count; i++)
        if (all[i] != interval && all[i] != m->base && wick_interval_divides(all[i], interval) &&
            wick_interval_divides(m->base, all[i])) {
            x.cover.until[x.cover.level_count] = INT64_MAX;
            x.cover.levels[x.cover.level_count++] = all[i];
        }
    x.cover.until[x.cover.level_count] = INT64_MAX;
    x.cover.levels[x.cover.level_count++] = m->base;
    if (from == INT64_MAX || (to = newest(r, m)) == INT64_MIN)
        return WICK_OK;
    for (from = wick_bucket(interval, from); from <= to && from < a->q.end_ns && rc == WICK_OK;
         from = wick_bucket_end(interval, from))
        if (from >= a->q.start_ns && !is_stored(r, m->id, interval, from) &&
            a->row_count < STORE_ROWS_MAX - 1)
            rc = bucket(r, a, m, &x, from, name);
    return rc;
}
