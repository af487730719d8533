/* SPDX-License-Identifier: Apache-2.0
 * How a source's batches move: bursts to batches, back-pressure, the ends of connections and inputs.
 * One batch at most waits for what lies behind; while it waits the transport is stopped, so that a slow
 * store is felt by the venue's socket, memory stays bounded and nothing is lost. */
#include <stdio.h>
#include <string.h>

#include "source_impl.h"

/* ---- moving on ---- */

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
            hearing_stalled(&c->ear, ns);
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

/* A batch of what the decoder lent and s->marks; nothing at all is no batch. */
static void make_batch(source *s, const wick_batch *b, int64_t recv_ns)
{
    if (!b->tick_count && !s->marks.count)
        return;
    s->batch = *b;
    s->batch.marks = s->marks.list;
    s->batch.mark_count = s->marks.count;
    s->batch.recv_ns = recv_ns;
    s->batch.offset = s->ordinal++;
    s->has_batch = 1;
}

/* The marks of an end, and then the end itself. 1: there was something to do. */
static int close_next(source *s)
{
    session *c = s->closing;
    int64_t lag;

    if (!c)
        return 0;
    if (!s->closing_marked++) {
        if (session_marks(c, &(wick_batch){0}) < 0 || hearing_close(&c->ear, 0, &s->marks) < 0)
            source_fail(s, ctx_fail(s->base.w, WICK_E_NOMEM, "source: no memory for marks"));
        make_batch(s, &(wick_batch){0}, c->last_ns);
        return 1;
    }
    if ((lag = hearing_lag(&c->ear)) != HEARING_NO_LAG)
        s->carried_ns = lag;
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
        make_batch(s, &(wick_batch){0}, source_now(s));
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
        make_batch(s, &(wick_batch){0}, source_now(s));
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

/* ---- what a transport calls ---- */

int source_session(source *s, int kind, session **out)
{
    return session_new(s, kind, out);
}

int source_opened(source *s, session **out)
{
    int rc = s->over ? WICK_E_CLOSED : out ? session_new(s, SESSION_LIVE, out) : WICK_OK;

    if (rc < 0)
        return rc;
    s->base.stats[STAT_CONNECTS]++;
    stage_event(&s->base, WICK_EV_OPENED, WICK_OK, s->base.tag);
    return WICK_OK;
}

int source_message(source *s, session *c, const void *bytes, size_t size, int form,
                   int64_t recv_ns)
{
    int rc;

    if (s->over)
        return 1;
    s->burst = c;
    s->base.stats[STAT_MESSAGES]++;
    s->base.stats[STAT_BYTES] += (int64_t)size;
    if (c->kind != SESSION_ROWS)
        s->base.stats[STAT_LAST_MS] = recv_ns / 1000000;
    if ((rc = session_message(c, bytes, size, form, recv_ns)) < 0)
        source_fail(s, rc);
    return s->over || s->told || c->ticks >= BURST_TICKS || s->refused_count == REFUSALS_MAX;
}

int source_broken(source *s, const char *reason, const void *bytes, size_t size)
{
    source_refuse(s, reason, bytes, size);
    return s->refused_count == REFUSALS_MAX;
}

/* Ticks that option `after` lets through; the marks stay, their places move. */
static int keep_after(source *s, session *c, wick_batch *b)
{
    uint32_t n = 0, m = 0;

    if (c->kind == SESSION_LIVE)
        return WICK_OK;
    if (c->kind == SESSION_RECORDED) {
        if (c->last_ns < s->after_ns)
            b->tick_count = 0;
    } else {
        if (b->tick_count > s->kept_cap) {
            wick_tick *kept = mem_resize(s->base.w, s->kept, b->tick_count * sizeof *kept);

            if (!kept)
                return WICK_E_NOMEM;
            s->kept = kept;
            s->kept_cap = b->tick_count;
        }
        for (uint32_t i = 0; i <= b->tick_count; i++) {
            while (m < s->marks.count && s->marks.list[m].at == i)
                s->marks.list[m++].at = n;
            if (i < b->tick_count && b->ticks[i].time_ns >= s->after_ns)
                s->kept[n++] = b->ticks[i];
        }
        b->ticks = s->kept;
        b->tick_count = n;
    }
    for (m = 0; m < s->marks.count; m++)
        if (s->marks.list[m].at > b->tick_count)
            s->marks.list[m].at = b->tick_count;
    return WICK_OK;
}

int source_burst_end(source *s)
{
    session *c = s->burst;
    wick_batch b = {0};
    int64_t lag;
    int rc;

    source_tell_refused(s);
    s->told = 0;
    s->burst = NULL;
    if (s->over)
        return WICK_E_CLOSED;
    if (!c)
        return WICK_OK;
    rc = c->fresh ? wick_decoder_batch(c->decoder, &b) : WICK_OK;
    c->fresh = 0;
    if (rc == WICK_OK)
        rc = session_marks(c, &b);
    if (rc == WICK_OK && s->after_ns)
        rc = keep_after(s, c, &b);
    if (rc < 0) {
        source_fail(s, ctx_fail(s->base.w, rc, "source: no memory for a batch"));
        return rc;
    }
    if (c->kind != SESSION_ROWS && b.tick_count && (lag = hearing_lag(&c->ear)) != HEARING_NO_LAG)
        s->base.stats[STAT_LAG_MS] = lag / 1000000;
    make_batch(s, &b, c->kind == SESSION_ROWS ? source_now(s) : c->last_ns);
    if (s->has_batch)
        source_advance(s);
    return s->over ? WICK_E_CLOSED : s->stopped ? WICK_E_AGAIN : WICK_OK;
}

static int end_session(source *s, session *c, int quiet)
{
    if (s->burst == c)
        source_burst_end(s);
    s->closing = c;
    s->closing_marked = 0;
    s->closing_quiet = quiet;
    if (!s->stopped)
        source_advance(s);
    return s->over ? WICK_E_CLOSED : s->stopped ? WICK_E_AGAIN : WICK_OK;
}

int source_session_end(source *s, session *c)
{
    return s->over ? WICK_E_CLOSED : end_session(s, c, 1);
}

void source_closed(source *s, session *c, int status, const char *why)
{
    if (s->over)
        return;
    snprintf(s->why, sizeof s->why, "%s", why ? why : "");
    s->closing_status = status;
    if (!c) {                                   /* it never stood */
        stage_event_text(&s->base, WICK_EV_CLOSED, status, s->base.tag, s->why);
        return;
    }
    end_session(s, c, 0);
}

void source_end(source *s, int status, const char *why)
{
    if (s->over || s->ending)
        return;
    source_burst_end(s);
    snprintf(s->why, sizeof s->why, "%s", why ? why : "");
    s->end_status = status;
    s->ending = 1;
    if (!s->stopped)
        source_advance(s);
}

int source_burst_cut(source *s)
{
    int rc;

    s->more = 1;
    rc = source_burst_end(s);
    s->more = 0;
    return rc;
}

void source_place(source *s, uint64_t line)
{
    s->line = line;
}
