/* SPDX-License-Identifier: Apache-2.0
 * Making a commit: rows that closed or changed, the open base rows, each changed market's state,
 * spans and identities, and how far the log was read. Always between two records. */
#include "agg_work.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int put_open_rows(agg *a, agg_market *m)
{
    for (uint32_t k = 0; k < a->plan.count; k++) {
        shelf *s = &m->shelves[k];
        if (a->plan.rows[k].root != k)
            continue;
        for (uint32_t i = 0; i < s->cap; i++) {
            bar *b = s->slots[i];
            wick_candle *c;
            if (!b || !b->dirty)
                continue;
            if (!(c = commit_candle(a->rows.c)))
                return WICK_E_NOMEM;
            bar_read(b, c);
            c->flags = agg_flags(m, b->time_ns, b->end_ns);
        }
    }
    return WICK_OK;
}

static int put_ids(agg *a, const agg_market *m, commit_market *out)
{
    ident ids[WINDOW_MAX + 4];
    cover_kept kept = cover_keep(&m->cov);
    uint32_t n = window_ids(&m->win, ids, WINDOW_MAX);

    _Static_assert(sizeof kept == 56 && sizeof *ids == 16, "how the two are told apart");
    memcpy(ids + n, &kept, sizeof kept);
    out->ids_len = n * (uint32_t)sizeof *ids + (uint32_t)sizeof kept;
    return commit_bytes(a->rows.c, ids, out->ids_len, &out->ids_at);
}

static int put_market(agg *a, const agg_market *m)
{
    commit_market *out = commit_market_add(a->rows.c);

    if (!out)
        return WICK_E_NOMEM;
    out->market = m->id;
    out->flags = agg_era(m, INT64_MAX)->flags;
    out->watermark_ns = m->cov.watermark_ns;
    out->covered_from_ns = m->cov.from_ns;
    out->covered_to_ns = m->cov.to_ns;
    return put_ids(a, m, out);
}

/* ---- the ledger ------------------------------------------------------------------------------ */

static commit_span *put_span(agg *a, const agg_market *m, uint32_t state, int64_t from_ns,
                             int64_t to_ns)
{
    commit_span *s = commit_span_add(a->rows.c);

    if (s)
        *s = (commit_span){ .market = m->id, .state = state, .from_ns = from_ns, .to_ns = to_ns };
    return s;
}

static int stands(const cover_span *all, uint32_t count, int64_t from_ns)
{
    for (uint32_t i = 0; i < count; i++)
        if (all[i].from_ns == from_ns)
            return 1;
    return 0;
}

/* Ends are inclusive here and exclusive in the ledger. */
static int64_t behind(int64_t to_ns)
{
    return to_ns == INT64_MAX ? to_ns : to_ns + 1;
}

static int put_gap(agg *a, const agg_market *m, const cover_gap *g, const char *state,
                   cover_span *told)
{
    commit_span *s = put_span(a, m, SPAN_MISSING, g->from_ns, behind(g->to_ns));
    uint64_t after = g->lo ? g->lo : m->cov.gaps.top.number;

    if (!s)
        return WICK_E_NOMEM;
    *told = (cover_span){ g->from_ns, g->to_ns };
    snprintf(s->evidence, sizeof s->evidence,
             g->missing == GAP_UNCOUNTED || !after ? "%s"
             : g->pending ? "%s after=%" PRIu64 " before=%" PRIu64 " missing=%" PRIu64 "?"
                          : "%s after=%" PRIu64 " before=%" PRIu64 " missing=%" PRIu64,
             state, after, g->hi, g->missing);
    return WICK_OK;
}

/* One row says what is observed and how the connection stands; the others what is missing in it.
 * Spans that have gone are told as empty ones. */
static int put_spans(agg *a, agg_market *m)
{
    const cover *c = &m->cov;
    static const char *const STATES[] = { "never", "closed", "begun", "open" };
    uint32_t n = 0, count = c->gaps.count;
    cover_span *told;
    commit_span *s;

    if (m->told_changed == c->changed || c->from_ns == INT64_MAX)
        return WICK_OK;
    if (!(told = mem_alloc(a->stage.w, (count + 1) * sizeof *told)))
        return WICK_E_NOMEM;
    if (m->told_from != INT64_MAX && m->told_from != c->from_ns &&
        !put_span(a, m, SPAN_OBSERVED, m->told_from, m->told_from))
        goto no_memory;
    if (!(s = put_span(a, m, SPAN_OBSERVED, c->from_ns,
                       c->to_ns > c->from_ns ? c->to_ns : c->from_ns + 1)))
        goto no_memory;
    snprintf(s->evidence, sizeof s->evidence, "%s conn=%016" PRIx64 " part=%u left=%u",
             STATES[c->state], c->conn, m->partition,
             c->fresh && c->repeats > c->seen ? c->repeats - c->seen : 0);
    for (; n < count; n++)
        if (put_gap(a, m, &c->gaps.all[n], "not heard", &told[n]) < 0)
            goto no_memory;
    if (gap_is(&c->gap) && !stands(told, n, c->gap.from_ns) &&
        put_gap(a, m, &c->gap, "fresh", &told[n++]) < 0)
        goto no_memory;
    for (uint32_t i = 0; i < m->told_count; i++)
        if (!stands(told, n, m->told[i].from_ns) &&
            !put_span(a, m, SPAN_MISSING, m->told[i].from_ns, m->told[i].from_ns))
            goto no_memory;
    mem_free(a->stage.w, m->told);
    m->told = told;
    m->told_count = n;
    m->told_from = c->from_ns;
    m->told_changed = c->changed;
    return WICK_OK;
no_memory:
    mem_free(a->stage.w, told);
    return WICK_E_NOMEM;
}

/* ---- offsets --------------------------------------------------------------------------------- */

/* A market that has fallen quiet must not hold the log's window back for ever: all of it is
 * written once. */
static void settle_quiet(agg *a, agg_market *m)
{
    const agg_partition *p = m->partition < a->part_count ? &a->parts[m->partition] : NULL;

    if (p && window_oldest(&m->win) != UINT64_MAX &&
        p->next_offset - m->last_offset > AGG_IDLE_RECORDS) {
        window_pin(&m->win);
        m->dirty = 1;
    }
}

static int put_offsets(agg *a)
{
    for (uint32_t i = 0; i < a->part_count; i++) {
        commit_offset *o;
        if (!a->parts[i].touched)
            continue;
        if (!(o = commit_offset_add(a->rows.c)))
            return WICK_E_NOMEM;
        *o = (commit_offset){ i, 0, a->parts[i].next_offset, a->parts[i].next_offset };
    }
    for (uint32_t i = 0; i < a->market_count; i++) {
        uint64_t oldest = window_oldest(&a->markets[i]->win);
        for (uint32_t k = 0; k < a->rows.c->offset_count; k++) {
            commit_offset *o = &a->rows.c->offsets[k];
            if (o->partition == a->markets[i]->partition && oldest < o->window_offset)
                o->window_offset = oldest;
        }
    }
    return WICK_OK;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* No store behind: the script gets the rows. */
static int to_script(agg *a)
{
    commit *c = a->pending;
    wick_event ev = { .kind = WICK_EV_CANDLES,
                      .from = a->stage.id,
                      .tag = a->stage.tag,
                      .data = c->candles,
                      .count = c->candle_count,
                      .stride = sizeof *c->candles };

    if (c->candle_count && event_push(a->stage.w, &ev, c->candles, mem_release) < 0)
        return WICK_E_AGAIN;
    if (c->candle_count)
        c->candles = NULL;
    commit_free(c);
    return WICK_OK;
}

int agg_send(agg *a)
{
    uint32_t candles;
    int rc;

    if (!a->pending)
        return WICK_OK;
    if (a->stage.held)
        return WICK_E_AGAIN;
    candles = a->pending->candle_count;
    rc = fault_hit(a->stage.w, "agg.commit") ? WICK_E_AGAIN
       : a->stage.out_count ? stage_commit(&a->stage, a->pending) : to_script(a);
    a->stage.stats[AGG_WAITING] = rc < 0;
    if (rc < 0)
        return rc;
    a->pending = NULL;
    a->stage.stats[AGG_COMMITS]++;
    a->stage.stats[AGG_CANDLES] += candles;
    return WICK_OK;
}

int agg_commit(agg *a)
{
    commit *c;

    if (a->pending)
        return WICK_E_AGAIN;
    if (!a->dirty)
        return WICK_OK;
    if (rows_begin(a) < 0)
        return WICK_E_NOMEM;
    c = a->rows.c;
    c->market_count = c->era_count = 0;                     /* of a try that ran out of memory */
    c->span_count = c->offset_count = 0;
    for (uint32_t i = 0; i < a->market_count; i++) {
        agg_market *m = a->markets[i];
        settle_quiet(a, m);
        if (m->dirty && (put_open_rows(a, m) < 0 || put_market(a, m) < 0 || agg_era_put(a, m) < 0 ||
                         put_spans(a, m) < 0))
            return WICK_E_NOMEM;
    }
    if (put_offsets(a) < 0)
        return WICK_E_NOMEM;
    for (uint32_t i = 0; i < a->market_count; i++) {
        agg_market *m = a->markets[i];
        for (uint32_t k = 0; m->dirty && k < a->plan.count; k++)
            for (uint32_t s = 0; s < m->shelves[k].cap; s++)
                if (m->shelves[k].slots[s])
                    m->shelves[k].slots[s]->dirty = 0;
        m->dirty = m->eras_changed = 0;
    }
    for (uint32_t i = 0; i < a->part_count; i++)
        a->parts[i].touched = 0;
    memcpy(c->log_id, a->log_id, sizeof c->log_id);
    c->topic = "tick-data";
    c->epoch = a->epoch;
    a->pending = c;
    a->rows.c = NULL;
    a->ticks = 0;
    a->dirty = 0;
    return agg_send(a);
}
