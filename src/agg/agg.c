/* SPDX-License-Identifier: Apache-2.0
 * The aggregation stage (agg.h): opening and closing, taking records, and when a commit is due. */
#include "agg_work.h"

#include <stdio.h>
#include <string.h>

static const char *const STATS[] = { "trades",  "duplicates", "late",    "quarantined",
                                     "commits", "candles",    "markets", "open",
                                     "waiting", "lag_ms",     "gaps",    "cuts",       NULL };

/* ---- records --------------------------------------------------------------------------------- */

agg_partition *agg_part(agg *a, uint32_t i)
{
    return MEM_GROW_ZERO(a->stage.w, a->parts, a->part_count, (uint64_t)i + 1, PARTS_MAX) < 0
               ? NULL : &a->parts[i];
}

/* A record that is in the store already: its trades only stand in identity windows. */
static int refill(agg *a, const wick_batch *b)
{
    for (uint32_t i = 0; i < b->tick_count; i++)
        if (agg_refill(a, b, i) < 0)
            return WICK_E_NOMEM;
    return WICK_OK;
}

static int record(agg *a, const wick_batch *b)
{
    uint32_t mark = 0;
    int rc = WICK_OK;

    for (uint32_t i = 0; i < b->tick_count && rc == WICK_OK; i++) {
        while (mark < b->mark_count && b->marks[mark].at <= i && rc == WICK_OK)
            rc = agg_mark(a, b, &b->marks[mark++]);
        if (rc == WICK_OK)
            rc = agg_tick(a, b, i);
    }
    while (mark < b->mark_count && rc == WICK_OK)
        rc = agg_mark(a, b, &b->marks[mark++]);
    return rc;
}

static void due(uv_timer_t *t)
{
    agg *a = t->data;

    if (agg_commit(a) == WICK_E_NOMEM)
        uv_timer_start(t, due, AGG_COMMIT_MS, 0);
}

/* A commit is due soon, or now. */
static void changed(agg *a)
{
    a->dirty = 1;
    if (a->ticks >= AGG_TICKS && !a->pending)
        agg_commit(a);
    else if (!uv_is_active((uv_handle_t *)a->timer))
        uv_timer_start(a->timer, due, AGG_COMMIT_MS, 0);
}

static int take(wick_stage *s, const wick_batch *b)
{
    agg *a = (agg *)s;
    agg_partition *p;
    int rc;

    if (!a->ready)
        agg_start(a);
    if (!a->ready || (a->pending && a->ticks >= AGG_TICKS)) {
        a->full = 1;
        return WICK_E_AGAIN;
    }
    if (a->finished)
        return ctx_fail(s->w, WICK_E_CLOSED, "agg: the replay is finished");
    if (!(p = agg_part(a, b->partition)))
        return ctx_fail(s->w, WICK_E_NOMEM, "agg: no memory for partition %u", b->partition);
    if (!a->replay && b->offset < p->next_offset)
        rc = refill(a, b);
    else if ((rc = record(a, b)) == WICK_OK && !a->replay) {
        p->next_offset = b->offset + 1;
        p->touched = 1;
        a->ticks += b->tick_count;
        changed(a);
    }
    agg_tell_refused(a);
    return rc < 0 ? ctx_fail(s->w, rc, "agg: no memory for record %llu of partition %u",
                             (unsigned long long)b->offset, b->partition) : WICK_OK;
}

/* ---- flow ------------------------------------------------------------------------------------ */

static void drain(wick_stage *s)
{
    agg *a = (agg *)s;

    if (!a->replay && (agg_send(a) < 0 || agg_commit(a) < 0))
        return;                                 /* ready() goes on */
    stage_drained(s);
}

/* The store has room, a link was made, or flow() was called. */
static void ready(wick_stage *s)
{
    agg *a = (agg *)s;

    if (!a->ready)
        agg_start(a);
    if (!a->ready || agg_send(a) < 0)
        return;
    if (a->ticks >= AGG_TICKS || s->draining)
        agg_commit(a);
    else if (a->dirty)
        changed(a);
    if (s->draining && !a->pending)
        drain(s);
    if (a->full && !(a->pending && a->ticks >= AGG_TICKS)) {
        a->full = 0;
        stage_ready(s);
    }
}

static void linked(wick_stage *s, wick_stage *from)
{
    (void)from;
    agg_start((agg *)s);
}

/* ---- opening and closing --------------------------------------------------------------------- */

static void timer_gone(uv_handle_t *h)
{
    mem_free(h->loop->data, h);
}

static void close_stage(wick_stage *s)
{
    agg *a = (agg *)s;

    if (a->timer) {
        uv_timer_stop(a->timer);
        uv_close((uv_handle_t *)a->timer, timer_gone);
    }
    for (uint32_t i = 0; i < a->market_count; i++)
        agg_market_free(a, a->markets[i]);
    mem_free(s->w, a->markets);
    mem_free(s->w, a->index);
    mem_free(s->w, a->parts);
    mem_free(s->w, a->refused);
    idset_fini(s->w, &a->seen);
    commit_free(a->pending);
    rows_fini(a);
}

static const stage_ops OPS = { .kind = "agg",
                               .linked = linked,
                               .take = take,
                               .ready = ready,
                               .drain = drain,
                               .close = close_stage };

static int settings(agg *a, const char *options)
{
    wick *w = a->stage.w;
    int64_t replay = 0, partial = 0;
    const char *list;
    size_t size = 0;
    int rc;

    if (options_int(options, "replay", 0, &replay) < 0 ||
        options_int(options, "partial", 0, &partial) < 0)
        return ctx_fail(w, WICK_E_ARG, "agg: replay and partial are 0 or 1");
    a->replay = replay != 0;
    a->partial = partial != 0;
    a->lateness_ns = conf_ns(w->conf, "lateness");
    a->skew_ns = conf_ns(w->conf, "skew");
    a->delay_ns = conf_ns(w->conf, "close.delay");
    a->window_ns = conf_ns(w->conf, "dedup.window");
    a->last_ns = INT64_MIN;
    if (!(list = options_find(options, "intervals", &size))) {
        list = conf_text(w->conf, "intervals");
        size = strlen(list);
    }
    if ((rc = plan_make(w, list, size, !a->replay, &a->plan)) < 0)
        return rc;
    return WICK_OK;
}

int wick_agg_open(wick *w, const char *options, uint32_t tag, wick_stage **out)
{
    agg *a;
    int rc;

    if (!w || !out)
        return WICK_E_ARG;
    if (!(a = stage_new(w, &OPS, sizeof *a, tag, STATS)))
        return WICK_E_NOMEM;
    if ((rc = settings(a, options ? options : "")) < 0) {
        stage_abandon(&a->stage);
        return rc;
    }
    if (!(a->timer = mem_zero(w, sizeof *a->timer))) {
        stage_abandon(&a->stage);
        return ctx_fail(w, WICK_E_NOMEM, "agg: no memory");
    }
    uv_timer_init(&w->loop, a->timer);
    a->timer->data = a;
    a->ready = a->replay;
    *out = &a->stage;
    return WICK_OK;
}

int wick_agg_finish(wick_stage *s, uint32_t tag)
{
    agg *a = (agg *)s;

    if (!s || s->ops != &OPS)
        return WICK_E_ARG;
    if (!a->replay)
        return ctx_fail(s->w, WICK_E_ARG, "agg: only a replay finishes");
    if (a->finished)
        return ctx_fail(s->w, WICK_E_ARG, "agg: this replay is finished already");
    a->finished = 1;
    agg_tell_refused(a);
    return agg_replay_finish(a, tag);
}
