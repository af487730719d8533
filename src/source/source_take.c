/* SPDX-License-Identifier: Apache-2.0
 * What transports call: connections and messages become sessions and batches, which
 * source_flow.c moves on. Here is what a burst is, and what it leaves out. */
#include <stdio.h>
#include <string.h>

#include "source_impl.h"

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

/* When a burst was received. Rows have no such time: the newest of them so far is their clock. */
static int64_t received(source *s, const session *c)
{
    int64_t ns = c->kind == SESSION_ROWS ? s->reel.last_ns : lag_least(&c->ear.lag);

    if (c->kind == SESSION_ROWS) {
        if (ns != INT64_MIN)
            source_clock(s, ns);
        return ns == INT64_MIN ? 0 : ns;
    }
    if (ns != LAG_NONE)
        s->base.stats[STAT_LAG_MS] = ns / 1000000;
    return c->last_ns;
}

int source_burst_end(source *s)
{
    session *c = s->burst;
    wick_batch b = {0};
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
    source_batch(s, &b, received(s, c));
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
