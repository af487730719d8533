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

int source_address(session *c, const char *url)
{
    int rc = wick_decoder_address(c->decoder, url);

    return rc == WICK_E_DATA ? WICK_OK : rc;
}

int source_csv(const source *s)
{
    return feed_csv(s->feed);
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

/* The log behind this source that knows places, if it was asked to go on where that ends. */
static wick_stage *log_of(const source *s)
{
    for (uint32_t i = 0; s->placed && i < s->base.out_count; i++)
        if (s->base.out[i]->ops->place)
            return s->base.out[i];
    return NULL;
}

/* Where the ticks of a burst stand; c NULL: rows in order. */
static int place(source *s, const session *c, const wick_batch *b)
{
    int rc = placing_begin(&s->placing, b);
    uint32_t end = b->tick_count;

    if (rc < 0)
        return rc;
    if (!c || c->kind == SESSION_ROWS)
        return placing_ticks(&s->placing, b, 0, end, INT64_MIN);
    if (c->kind == SESSION_LIVE)
        placing_live(&s->placing, b);
    else
        for (uint32_t i = 0, at = 0, to; i < c->note_count && rc == WICK_OK; i++, at = to) {
            to = i + 1 < c->note_count && c->notes[i + 1].at < end ? c->notes[i + 1].at : end;
            rc = placing_ticks(&s->placing, b, at, to, c->notes[i].recv_ns);
        }
    return rc;
}

/* The marks of a burst, and what of it is not in the log already. */
static int mark(source *s, session *c, wick_batch *b)
{
    int rc = WICK_OK;

    if ((s->placing.log = log_of(s)))
        rc = place(s, c, b);
    if (rc == WICK_OK)
        rc = c ? session_marks(c, b) : reel_ticks(&s->reel, b->ticks, b->tick_count, &s->marks);
    if (rc == WICK_OK && s->placing.log)
        rc = placing_end(&s->placing, b, &s->marks);
    if (rc < 0)
        source_fail(s, ctx_fail(s->base.w, rc, "source: no memory for a batch"));
    return rc;
}

/* When a burst was received. Rows have no such time: the newest of them so far is their clock. */
static int64_t received(source *s, const session *c)
{
    int rows = !c || c->kind == SESSION_ROWS;
    int64_t ns = rows ? s->reel.last_ns : lag_least(&c->ear.lag);

    if (rows) {
        if (ns != INT64_MIN)
            source_clock(s, ns);
        return ns == INT64_MIN ? 0 : ns;
    }
    if (ns != LAG_NONE)
        s->base.stats[STAT_LAG_MS] = ns / 1000000;
    return c->last_ns;
}

static int hand_on(source *s)
{
    if (s->has_batch)
        source_advance(s);
    return s->over ? WICK_E_CLOSED : s->stopped ? WICK_E_AGAIN : WICK_OK;
}

static int gather(source *s, session *c, const wick_batch *b)
{
    int rc = pile_add(&s->pile, b);

    c->ticks = c->note_count = 0;
    if (rc == WICK_E_AGAIN)
        return ctx_fail(s->base.w, WICK_E_DATA, "source: rows over %zu MiB cannot be put in the "
                        "order of their times", s->pile.max >> 20);
    if (rc < 0)
        source_fail(s, ctx_fail(s->base.w, rc, "source: no memory for rows"));
    return rc;
}

void source_gather(source *s)
{
    s->pile.on = 1;
}

int source_gathers(const source *s)
{
    return s->pile.on;
}

int source_sorted(source *s)
{
    wick_batch b;
    int rc = pile_end(&s->pile);

    if (rc == WICK_OK && (rc = pile_next(&s->pile, &b)) == 0)
        return 0;
    if (rc < 0) {
        source_fail(s, ctx_fail(s->base.w, rc, "source: no memory for rows"));
        return rc;
    }
    if ((rc = mark(s, NULL, &b)) < 0)
        return rc;
    source_batch(s, &b, received(s, NULL));
    return (rc = hand_on(s)) == WICK_OK ? 1 : rc;
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
    if (rc == WICK_OK && c->kind == SESSION_ROWS && s->pile.on)
        return gather(s, c, &b);
    if (rc < 0) {
        source_fail(s, ctx_fail(s->base.w, rc, "source: no memory for a batch"));
        return rc;
    }
    if ((rc = mark(s, c, &b)) < 0)
        return rc;
    source_batch(s, &b, received(s, c));
    return hand_on(s);
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
