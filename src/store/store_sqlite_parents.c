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

int sq_by_time(const void *a, const void *b)
{
    const wick_candle *x = a, *y = b;

    return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
}

typedef struct list { wick_candle *rows; uint32_t count, cap; } list;

void sq_bind_range(sqlite3_stmt *q, int64_t market, uint32_t interval, int64_t lo, int64_t hi)
{
    sqlite3_bind_int64(q, 1, market);
    sq_bind_interval(q, 2, interval);
    sqlite3_bind_int64(q, 3, lo);
    sqlite3_bind_int64(q, 4, hi);
    sqlite3_bind_int64(q, 5, STORE_ROWS_MAX);
}

/* Rows of one level in [lo, hi), by range or open_range: a list of its own, since finer levels use
 * the same statement. */
static int level_rows(sq_cover *v, sqlite3_stmt *q, uint32_t level, int64_t lo, int64_t hi,
                      list *out)
{
    int step, rc = WICK_OK;

    sq_bind_range(q, v->market, v->levels[level], lo, hi);
    while ((step = sqlite3_step(q)) == SQLITE_ROW && rc == WICK_OK) {
        if ((rc = MEM_GROW(v->w, out->rows, out->cap, (uint64_t)out->count + 1, UINT32_MAX)) < 0) {
            snprintf(v->why, DB_ERROR_MAX, "no memory");
            break;
        }
        if ((rc = sq_candle(q, v->levels[level], &out->rows[out->count++])) < 0)
            snprintf(v->why, DB_ERROR_MAX, "a stored candle is damaged");
    }
    if (rc == WICK_OK && step != SQLITE_DONE)
        rc = db_error(v->r->db, "read candles", v->why);
    sqlite3_reset(q);
    return rc;
}

int sq_cover_run(sq_cover *v, uint32_t level, int64_t lo, int64_t hi)
{
    list all = {0};
    uint32_t closed;
    int rc;

    if (lo >= hi || level >= v->level_count)
        return WICK_OK;
    rc = level_rows(v, v->r->range, level, lo, hi, &all);
    closed = all.count;
    if (rc == WICK_OK && v->open && level + 1 == v->level_count)
        rc = level_rows(v, v->r->open_range, level, lo, hi, &all);
    if (rc == WICK_OK && all.count > closed)
        qsort(all.rows, all.count, sizeof *all.rows, sq_by_time);
    for (uint32_t i = 0; i < all.count && rc == WICK_OK; i++) {
        const wick_candle *row = &all.rows[i];

        if (row->end_ns > hi || row->end_ns > v->until[level])
            continue;
        if ((rc = sq_cover_run(v, level + 1, lo, row->time_ns)) == WICK_OK)
            rc = v->emit(v, row);
        lo = row->end_ns;
    }
    mem_free(v->w, all.rows);
    return rc == WICK_OK ? sq_cover_run(v, level + 1, lo, hi) : rc;
}

int sq_open_ends(sq_reader *r, const sq_state *m, int64_t *oldest, int64_t *newest, char *why)
{
    sqlite3_stmt *q = r->open_ends;
    int step, some;

    sqlite3_bind_int64(q, 1, m->id);
    sq_bind_interval(q, 2, m->base);
    step = sqlite3_step(q);
    some = step == SQLITE_ROW && sqlite3_column_type(q, 0) != SQLITE_NULL;
    *oldest = some ? sqlite3_column_int64(q, 0) : INT64_MAX;
    *newest = some ? sqlite3_column_int64(q, 1) : INT64_MIN;
    sqlite3_reset(q);
    return step == SQLITE_ROW ? some : db_error(r->db, "read open candles", why);
}

int sq_closed_to(sq_reader *r, const sq_state *m, int64_t *out, char *why)
{
    int step;

    sqlite3_bind_int64(r->last, 1, m->id);
    sq_bind_interval(r->last, 2, m->base);
    step = sqlite3_step(r->last);
    *out = INT64_MIN;
    if (step == SQLITE_ROW)
        *out = wick_bucket_end(m->base, sqlite3_column_int64(r->last, 0));
    sqlite3_reset(r->last);
    return step == SQLITE_ROW || step == SQLITE_DONE ? WICK_OK
                                                     : db_error(r->db, "read candles", why);
}

int sq_open_from(sq_reader *r, const sq_state *m, int64_t *out, char *why)
{
    int64_t oldest, newest, closed = INT64_MIN;
    int some = sq_open_ends(r, m, &oldest, &newest, why), rc;

    if (some < 0)
        return some;
    if (!some && !m->has_watermark) {       /* all are closed: from the end of the newest */
        rc = sq_closed_to(r, m, &closed, why);
        *out = closed == INT64_MIN ? INT64_MAX : closed;
        return rc;
    }
    *out = m->has_watermark && m->watermark_ns < oldest ? m->watermark_ns : oldest;
    return WICK_OK;
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

static int is_stored(sq_reader *r, int64_t market, uint32_t interval, int64_t time_ns)
{
    sqlite3_stmt *q = r->range;
    int step;

    sq_bind_range(q, market, interval, time_ns, time_ns + 1);
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
    int64_t from, to, oldest, newest;

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
    if (from == INT64_MAX)
        return WICK_OK;
    if ((rc = sq_closed_to(r, m, &to, why)) < 0 ||
        (rc = sq_open_ends(r, m, &oldest, &newest, why)) < 0)
        return rc;
    to = newest >= to ? newest + 1 : to;
    to = to < a->q.end_ns ? to : a->q.end_ns;
    for (from = wick_bucket(interval, from), rc = WICK_OK; from < to && rc == WICK_OK;
         from = wick_bucket_end(interval, from))
        if (from >= a->q.start_ns && !is_stored(r, m->id, interval, from) &&
            a->row_count < STORE_ROWS_MAX - 1)
            rc = bucket(r, a, m, &x, from, name);
    return rc;
}
