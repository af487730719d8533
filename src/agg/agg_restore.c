/* SPDX-License-Identifier: Apache-2.0
 * Starting: the store gives back what this log has come to, open buckets are put together again,
 * the log is read on from there. Records that the store has already only fill identity windows. */
#include "agg_work.h"
#include "../core/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_MS = 1000 };

static wick_stage *bus_of(const agg *a)
{
    for (uint32_t i = 0; i < a->stage.in_count; i++)
        if (a->stage.in[i]->ops->seek)
            return a->stage.in[i];
    return NULL;
}

static wick_stage *store_of(const agg *a)
{
    for (uint32_t i = 0; i < a->stage.out_count; i++)
        if (a->stage.out[i]->ops->restore)
            return a->stage.out[i];
    return NULL;
}

static void again(uv_timer_t *t)
{
    agg *a = t->data;

    a->asked = 0;
    agg_start(a);
}

static void fail(agg *a, int rc)
{
    ctx_log(a->stage.w, 0, "agg: %s", wick_error(a->stage.w));
    stage_event_text(&a->stage, WICK_EV_FULL, rc, a->stage.tag, wick_error(a->stage.w));
    uv_timer_start(a->timer, again, RETRY_MS, 0);
}

/* ---- putting together ------------------------------------------------------------------------ */

static int load_offsets(agg *a, const commit *c)
{
    for (uint32_t i = 0; i < c->offset_count; i++) {
        uint32_t n = c->offsets[i].partition;
        agg_partition *part = agg_part(a, n);

        if (!part)
            return n < PARTS_MAX ? WICK_E_NOMEM : WICK_E_DATA;
        part->next_offset = c->offsets[i].next_offset;
    }
    return WICK_OK;
}

static int load_market(agg *a, const commit *c, const commit_market *s)
{
    agg_market *m = agg_market_get(a, s->market, UINT32_MAX);
    uint32_t ids_len = s->ids_len;
    cover_kept kept;
    int64_t newest;

    if (!m)
        return WICK_E_NOMEM;
    m->known_ns = s->known_to_ns;
    m->cov.from_ns = s->covered_from_ns;
    m->cov.to_ns = s->covered_to_ns;
    m->cov.watermark_ns = s->watermark_ns;
    if (__builtin_add_overflow(s->watermark_ns, a->delay_ns, &newest) ||
        s->watermark_ns == INT64_MIN)
        newest = s->watermark_ns;
    m->cov.top[0] = m->cov.top[1] = newest;
    if (s->ids_at > c->byte_count || ids_len > c->byte_count - s->ids_at)
        return WICK_OK;
    if (ids_len >= sizeof kept &&           /* an older wick wrote identities alone */
        (ids_len - sizeof kept) % sizeof(ident) == 0) {
        ids_len -= (uint32_t)sizeof kept;
        memcpy(&kept, c->bytes + s->ids_at + ids_len, sizeof kept);
        cover_again(&m->cov, &kept);
    }
    if (ids_len > WINDOW_KEEP * sizeof(ident))
        m->win.keep = ids_len / sizeof(ident) < WINDOW_MAX ? ids_len / (uint32_t)sizeof(ident)
                                                           : WINDOW_MAX;
    for (uint32_t i = 0; i + sizeof(ident) <= ids_len; i += sizeof(ident)) {
        ident id;
        memcpy(&id, c->bytes + s->ids_at + i, sizeof id);
        if (window_restore(a->stage.w, &m->win, &id, 1, newest) < 0)
            return WICK_E_NOMEM;
    }
    m->win.keep = WINDOW_KEEP;
    return WICK_OK;
}

/* The row of what is observed also tells how the connection stood. */
static void load_state(agg_market *m, const commit_span *s)
{
    char state[16] = "", text[sizeof s->evidence + 1] = "";
    uint64_t conn = 0;
    uint32_t left = 0, part = 0;

    memcpy(text, s->evidence, sizeof s->evidence);
    if (sscanf(text, "%15s conn=%" SCNx64 " part=%u left=%u", state, &conn, &part, &left) != 4)
        return;
    m->partition = part;
    m->cov.conn = conn;
    m->cov.state = COVER_CLOSED;
    if (strcmp(state, "open") == 0)
        m->cov.state = COVER_OPEN;
    if (strcmp(state, "begun") == 0)
        m->cov.state = COVER_BEGUN;
    m->cov.fresh = left > 0 || m->cov.state == COVER_BEGUN;
    m->cov.repeats = left;
    m->told_from = s->from_ns;
}

/* A gap, and what its evidence says of the trades that are missing in it. */
static cover_gap gap_of(const commit_span *s)
{
    cover_gap g = { .from_ns = s->from_ns,
              .to_ns = s->to_ns == INT64_MAX ? s->to_ns : s->to_ns - 1,
              .missing = GAP_UNCOUNTED };
    char text[sizeof s->evidence + 1] = "";
    const char *at;
    char open = 0;

    memcpy(text, s->evidence, sizeof s->evidence);
    if ((at = strstr(text, " after=")) &&
        sscanf(at, " after=%" SCNu64 " before=%" SCNu64 " missing=%" SCNu64 "%c", &g.lo, &g.hi,
               &g.missing, &open) >= 3)
        g.pending = open == '?';
    return g;
}

static int load_span(agg *a, const commit_span *s)
{
    agg_market *m = agg_market_get(a, s->market, UINT32_MAX);
    cover_gap g = gap_of(s);
    cover_span *told;

    if (!m)
        return WICK_E_NOMEM;
    if (s->state == SPAN_OBSERVED) {
        load_state(m, s);
        return WICK_OK;
    }
    if (!(told = mem_resize(a->stage.w, m->told, (m->told_count + 1) * sizeof *told)))
        return WICK_E_NOMEM;
    m->told = told;
    m->told[m->told_count++] = (cover_span){ g.from_ns, g.to_ns };
    if (strncmp(s->evidence, "fresh", 5) != 0)
        return gaps_add(a->stage.w, &m->cov.gaps, g);
    m->cov.fresh = 1;
    m->cov.gap = g;
    m->cov.bound_ns = g.to_ns;
    return WICK_OK;
}

static int early_then_long(const void *x, const void *y)
{
    const wick_candle *a = x, *b = y;

    if (a->market != b->market)
        return a->market < b->market ? -1 : 1;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return (a->end_ns < b->end_ns) - (a->end_ns > b->end_ns);
}

/* Fill one open parent from closed rows in order, the longest that fit side by side. */
static int load_parent(agg *a, agg_market *m, uint32_t row, const wick_candle *c, uint32_t count)
{
    uint32_t interval = a->plan.rows[row].interval;
    int64_t at = wick_bucket(interval, m->cov.watermark_ns);
    bar *p = NULL;

    for (uint32_t i = 0; i < count; i++) {
        if (!(c[i].flags & WICK_CANDLE_CLOSED) || c[i].time_ns < at ||
            c[i].end_ns > m->cov.watermark_ns || c[i].interval == interval ||
            !wick_interval_divides(c[i].interval, interval))
            continue;
        if ((!p || c[i].time_ns >= p->end_ns) && !(p = shelf_get(a, m, row, c[i].time_ns)))
            return WICK_E_NOMEM;
        bar_merge(p, &c[i]);
        at = c[i].end_ns;
    }
    return WICK_OK;
}

/* All candles of one market. */
static int load_candles(agg *a, agg_market *m, const wick_candle *c, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        bar *b;
        if ((c[i].flags & WICK_CANDLE_CLOSED) ||
            !wick_interval_divides(c[i].interval, a->plan.rows[0].interval))
            continue;                           /* of a base that does not fit into this one */
        if (!(b = shelf_get(a, m, 0, c[i].time_ns)))
            return WICK_E_NOMEM;
        bar_merge(b, &c[i]);
        if (c[i].last.time_ns > m->cov.top[0])
            m->cov.top[0] = c[i].last.time_ns;
    }
    for (uint32_t k = 0; k < a->plan.count; k++)    /* a root too: the base may have been finer */
        if (load_parent(a, m, k, c, count) < 0)
            return WICK_E_NOMEM;
    return WICK_OK;
}

static int load(agg *a, commit *c)
{
    int rc = load_offsets(a, c);

    for (uint32_t i = 0; i < c->market_count && rc == WICK_OK; i++)
        rc = load_market(a, c, &c->markets[i]);
    rc = rc == WICK_OK ? agg_era_load(a, c) : rc;
    for (uint32_t i = 0; i < c->span_count && rc == WICK_OK; i++)
        rc = load_span(a, &c->spans[i]);
    if (c->candle_count)
        qsort(c->candles, c->candle_count, sizeof *c->candles, early_then_long);
    for (uint32_t i = 0, n; i < c->candle_count && rc == WICK_OK; i += n) {
        agg_market *m = agg_market_get(a, c->candles[i].market, UINT32_MAX);
        for (n = 1; i + n < c->candle_count && c->candles[i + n].market == c->candles[i].market;)
            n++;
        rc = m ? load_candles(a, m, c->candles + i, n) : WICK_E_NOMEM;
    }
    for (uint32_t i = 0; i < a->market_count; i++) {
        a->markets[i]->told_changed = a->markets[i]->cov.changed;
        a->markets[i]->dirty = 0;
    }
    return rc;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void read_on(agg *a, const commit *c)
{
    wick_stage *bus = bus_of(a);
    int rc;

    a->ready = 1;
    if (bus &&
        (rc = bus->ops->seek(bus, &a->stage, c ? c->offsets : NULL, c ? c->offset_count : 0)) < 0) {
        a->ready = 0;
        fail(a, rc);
        return;
    }
    if (!bus)
        stage_ready(&a->stage);
}

static void restored(wick_stage *s, int rc, commit *c)
{
    agg *a = (agg *)s;

    if (rc == WICK_OK && c)
        rc = load(a, c);
    if (rc < 0) {
        commit_free(c);
        fail(a, rc);
        return;
    }
    a->epoch = c ? c->epoch : 1;
    if (c && c->offset_count == 0 && c->market_count)
        ctx_log(a->stage.w, 1, "agg: the store is of another log than %s; of what comes again what "
                "is not known goes to quarantine as other-log", a->log_id);
    read_on(a, c);
    commit_free(c);
}

void agg_start(agg *a)
{
    wick_stage *bus = bus_of(a), *store = store_of(a);
    restore_ask ask = { .asker = &a->stage, .topic = "tick-data", .base = a->plan.rows[0].interval,
                        .largest = a->plan.rows[a->plan.count - 1].interval, .done = restored,
                        .log_id = a->log_id,
                        .log_end = bus ? bus->ops->log_end(bus) : UINT64_MAX };
    int rc;

    if (a->ready || a->asked || (!store && !a->stage.to_script))
        return;
    if (!bus && a->stage.in_count == 0)
        return;                                     /* who writes to it is not known yet */
    a->asked = 1;
    if (bus)
        snprintf(a->log_id, sizeof a->log_id, "%s", bus->ops->log_id(bus));
    else
        snprintf(a->log_id, sizeof a->log_id, "direct-%016" PRIx64, ctx_random(a->stage.w));
    if (!store)
        read_on(a, NULL);
    else if ((rc = store->ops->restore(store, &ask)) < 0)
        fail(a, rc);
}
