/* SPDX-License-Identifier: Apache-2.0
 * How a source's batches move: bursts to batches, back-pressure, the ends of connections and
 * inputs. One batch at most waits for what lies behind; while it waits the transport is
 * stopped, so that a slow store is felt by the venue's socket, memory stays bounded and
 * nothing is lost. */
#include <stdio.h>
#include <string.h>

#include "source_impl.h"

void source_fail(source *s, int rc)
{
    if (s->over)
        return;
    s->over = 1;
    s->t->ops->flow(s->t, 0);
    source_turn(s, 0);
    stage_event_text(&s->base, WICK_EV_CLOSED, rc, s->base.tag, wick_error(s->base.w));
}

static void stop(source *s)
{
    s->base.stats[STAT_HELD] = 1;
    if (s->again || (s->base.to_script && !s->base.held))
        source_turn(s, 1);                      /* nobody else would say that there is room */
    if (s->stopped)
        return;
    s->stopped = 1;
    s->stop_ns = ctx_now_ns(s->base.w);
    s->t->ops->flow(s->t, 0);
}

static void go(source *s)
{
    int64_t ns = ctx_now_ns(s->base.w) - s->stop_ns;

    s->base.stats[STAT_HELD] = 0;
    if (!s->stopped)
        return;
    s->stopped = 0;
    if (s->over)
        return;
    if (!s->t->ops->own_clock && ns > 0)
        for (session *c = s->sessions; c; c = c->next)
            lag_stalled(&c->ear.lag, ns);
    s->t->ops->flow(s->t, 1);
    source_wake(s);
}

/* Push the batch that waits. OK, AGAIN, or the source has failed. */
static int push(source *s)
{
    int rc = fault_hit(s->base.w, "source.push") ? WICK_E_IO : stage_push(&s->base, &s->batch);

    if (rc == WICK_E_AGAIN)
        return rc;
    s->has_batch = 0;
    s->marks.count = 0;
    if (rc < 0) {
        source_fail(s, rc);
        return rc;
    }
    s->base.stats[STAT_BATCHES]++;
    s->base.stats[STAT_TRADES] += s->batch.tick_count;
    s->base.stats[STAT_MARKS] += s->batch.mark_count;
    return WICK_OK;
}

void source_batch(source *s, const wick_batch *b, int64_t recv_ns)
{
    if (!b->tick_count && !s->marks.count)
        return;
    s->batch = *b;
    s->batch.marks = s->marks.list;
    s->batch.mark_count = s->marks.count;
    s->batch.recv_ns = recv_ns;
    s->batch.source = wick_market_name(s->base.w, s->name);
    s->batch.offset = s->ordinal++;
    s->has_batch = 1;
}

/* The marks of an end, and then the end itself. 1: there was something to do. */
static int close_next(source *s)
{
    session *c = s->closing;
    int64_t ns;

    if (!c)
        return 0;
    if (!s->closing_marked++) {
        if (session_marks(c, &(wick_batch){0}) < 0 || hearing_close(&c->ear, 0, &s->marks) < 0)
            source_fail(s, ctx_fail(s->base.w, WICK_E_NOMEM, "source: no memory for marks"));
        source_batch(s, &(wick_batch){0}, c->last_ns);
        return 1;
    }
    if ((ns = lag_least(&c->ear.lag)) != LAG_NONE)
        s->carried_ns = ns;
    session_free(c);
    s->closing = NULL;
    if (!s->closing_quiet)
        stage_event_text(&s->base, WICK_EV_CLOSED, s->closing_status, s->base.tag, s->why);
    return 1;
}

static int end_next(source *s)
{
    if (s->ending == 1) {
        s->ending = 2;
        if (reel_close(&s->reel, &s->marks) < 0)
            source_fail(s, ctx_fail(s->base.w, WICK_E_NOMEM, "source: no memory for marks"));
        source_batch(s, &(wick_batch){0}, source_now(s));
        return 1;
    }
    if (s->ending == 2) {
        s->ending = 3;
        s->over = 1;
        stage_event_text(&s->base, WICK_EV_END, s->end_status, s->base.tag, s->why);
        return 1;
    }
    return 0;
}

/* The last words before a drain is done: every connection is closed, an input ends where it is. */
static int drain_next(source *s)
{
    if (!s->base.draining)
        return 0;
    if (s->sessions) {
        s->closing = s->sessions;
        s->closing_marked = 0;
        s->closing_quiet = 1;
        return 1;
    }
    if (!s->ending && s->reel.used) {
        if (reel_close(&s->reel, &s->marks) < 0)
            source_fail(s, ctx_fail(s->base.w, WICK_E_NOMEM, "source: no memory for marks"));
        source_batch(s, &(wick_batch){0}, source_now(s));
        return 1;
    }
    s->over = 1;
    stage_drained(&s->base);
    return 1;
}

void source_advance(source *s)
{
    int more = 1;

    s->again = s->busy;                         /* a stage may say "ready" while it still takes */
    if (s->busy)
        return;
    s->busy = 1;
    while (more) {
        if (s->has_batch && push(s) == WICK_E_AGAIN)
            break;
        more = close_next(s) || end_next(s) || drain_next(s) || s->has_batch;
    }
    s->busy = 0;
    if (s->has_batch)
        stop(s);
    else
        go(s);
}
