/* SPDX-License-Identifier: Apache-2.0
 * Marks of one connection out of its ticks, confirmations and frames; the rules are in
 * hearing.h. */
#include "hearing.h"

#include <string.h>

void hearing_init(hearing *h, wick *w, uint64_t conn)
{
    *h = (hearing){.w = w, .conn = conn, .carried_ns = LAG_NONE, .burst_ns = LAG_NONE,
                   .alive_to_ns = INT64_MIN};
}

void hearing_fini(hearing *h)
{
    mem_free(h->w, h->slots);
    h->slots = NULL;
}

/* ---- the table of markets ---- */

static heard *market_of(hearing *h, uint32_t market)
{
    if (h->last && h->last->slot == market + 1)
        return h->last;
    if (table_room(h->w, &h->slots, &h->slot_count, sizeof *h->slots, h->used) < 0)
        return NULL;
    h->last = table_row(h->slots, h->slot_count, sizeof *h->slots, market);
    if (!h->last->slot) {
        *h->last = (heard){.slot = market + 1, .lag_ns = LAG_NONE,
                           .symbol = market_text(h->w, wick_market_symbol(h->w, market))};
        if (owners_other(h->owners, market) != WICK_NO_MARKET)
            h->last->state = HEARD_OTHER;
        h->used++;
    }
    return h->last;
}

/* ---- opening ---- */

static int64_t careful(const hearing *h)
{
    int64_t ns = lag_careful(&h->lag);

    return ns == LAG_NONE ? h->carried_ns : ns;
}

/* from_ns INT64_MAX: begun, and not covered yet. */
static int put_open(hearing *h, const heard *m, int64_t from_ns, uint32_t at, marks *out)
{
    wick_mark *mark = marks_add(out, WICK_MARK_OPEN, m->slot - 1, h->conn, at);

    if (!mark)
        return WICK_E_NOMEM;
    mark->from_ns = from_ns;
    mark->source = h->source;
    mark->repeats = h->repeats;
    mark->flags = h->flags;
    mark->symbol = m->symbol;
    return WICK_OK;
}

static int open_from(hearing *h, heard *m, int64_t from_ns, uint32_t at, marks *out)
{
    if (put_open(h, m, from_ns, at, out) < 0)
        return WICK_E_NOMEM;
    h->waiting -= m->state == HEARD_CONFIRMED;
    m->state = HEARD_OPEN;
    h->open++;
    return WICK_OK;
}

/* From when a market is covered that was confirmed and whose trades are so far behind. */
static int64_t covered_from(const hearing *h, const heard *m, int64_t lag_ns)
{
    int64_t from_ns = m->confirm_ns - lag_ns;

    if (!(m->count ? m->coarse : h->coarse))
        return from_ns;
    from_ns += 2 * (HEARING_SECOND_NS - 1);
    return from_ns - from_ns % HEARING_SECOND_NS;
}

/* Open a confirmed market if anything tells its lag at last_ns. */
static int try_open(hearing *h, heard *m, uint32_t at, marks *out)
{
    int64_t ns = LAG_NONE;

    if (h->live)
        ns = lag_least(&h->lag);
    else if (m->count)
        ns = m->lag_ns;
    else if (h->last_ns - m->confirm_ns >= HEARING_WAIT_NS && h->carried_ns <= HEARING_WAIT_NS &&
             h->carried_ns >= -HEARING_WAIT_NS)
        ns = h->carried_ns;
    return ns == LAG_NONE ? WICK_OK : open_from(h, m, covered_from(h, m, ns), at, out);
}

static int try_all(hearing *h, uint32_t at, marks *out)
{
    for (uint32_t i = 0; i < h->slot_count && h->waiting; i++)
        if (h->slots[i].slot && h->slots[i].state == HEARD_CONFIRMED &&
            try_open(h, &h->slots[i], at, out) < 0)
            return WICK_E_NOMEM;
    return WICK_OK;
}

static void confirm(hearing *h, heard *m, int64_t recv_ns)
{
    m->before = m->count;
    m->confirm_ns = recv_ns;
    m->state = HEARD_CONFIRMED;
    h->waiting++;
}

int hearing_confirmed(hearing *h, uint32_t market, int64_t recv_ns, uint32_t at, marks *out)
{
    heard *m = market_of(h, market);

    if (!m)
        return WICK_E_NOMEM;
    if (recv_ns > h->last_ns)
        h->last_ns = recv_ns;
    if (m->state == HEARD_CONFIRMED || m->state == HEARD_OPEN || m->state == HEARD_OTHER)
        return WICK_OK;                         /* the first confirmation counts */
    confirm(h, m, recv_ns);
    return try_open(h, m, at, out);
}

int hearing_left(hearing *h, uint32_t market, uint32_t at, marks *out)
{
    heard *m = market_of(h, market);
    wick_mark *mark;

    if (!m)
        return WICK_E_NOMEM;
    if (m->state == HEARD_OPEN) {
        if (!(mark = marks_add(out, WICK_MARK_CLOSE, market, h->conn, at)))
            return WICK_E_NOMEM;
        mark->source = h->source;
        mark->to_ns = h->last_ns - careful(h);
        h->open--;
    }
    h->waiting -= m->state == HEARD_CONFIRMED;
    *m = (heard){.slot = m->slot, .lag_ns = LAG_NONE, .symbol = m->symbol,
                 .state = m->state == HEARD_OTHER ? HEARD_OTHER : HEARD_LEFT};
    return WICK_OK;
}

/* ---- ticks and frames ---- */

/* A trade of a market that nobody confirmed. Where the feed confirms, this is what a subscription
 * repeats, until there are too many of them for that and too long. */
static int unconfirmed(hearing *h, heard *m, const wick_tick *t, uint32_t at, int64_t recv_ns,
                       marks *out)
{
    int sure = h->confirms && (m->count < h->repeats || recv_ns - m->first_ns < HEARING_WAIT_NS);
    int64_t since = h->since && (!sure || !m->count) ? h->since(h->user, t->market, sure) : 0;

    if (since) {
        confirm(h, m, since);
        return WICK_OK;
    }
    return sure || t->flags & WICK_TICK_SNAPSHOT ? WICK_OK : open_from(h, m, t->time_ns, at, out);
}

static int take(hearing *h, const wick_tick *t, uint32_t at, int64_t recv_ns, marks *out)
{
    heard *m = market_of(h, t->market);

    if (!m)
        return WICK_E_NOMEM;
    if (!m->count && m->state == HEARD_OTHER &&
        owners_mark(h->owners, t->market, h->conn, at, out) < 0)
        return WICK_E_NOMEM;
    if (!m->count)
        m->first_ns = recv_ns;
    if (m->state == HEARD_TRADES && unconfirmed(h, m, t, at, recv_ns, out) < 0)
        return WICK_E_NOMEM;
    m->count++;
    m->coarse |= (t->flags & WICK_TICK_SECONDS) != 0;
    h->coarse |= m->coarse;
    if (recv_ns - t->time_ns < m->lag_ns)
        m->lag_ns = recv_ns - t->time_ns;
    if (!h->recorded || !(t->flags & WICK_TICK_SNAPSHOT))
        lag_add(&h->lag, recv_ns - t->time_ns);
    h->due |= m->state == HEARD_CONFIRMED;
    if (!(t->flags & WICK_TICK_SNAPSHOT) &&
        (m->state == HEARD_CONFIRMED || m->state == HEARD_OPEN) &&
        (m->before || m->count > h->repeats)) {
        if (recv_ns - t->time_ns < h->burst_ns)
            h->burst_ns = recv_ns - t->time_ns;
        if (!h->live++ && try_all(h, at, out) < 0)
            return WICK_E_NOMEM;
        h->live = 1;
    }
    if (m->count > 1 || m->state >= HEARD_OPEN)
        return WICK_OK;
    return put_open(h, m, INT64_MAX, at, out);      /* what comes is this connection's already */
}

int hearing_ticks(hearing *h, const wick_tick *ticks, uint32_t from, uint32_t to, int64_t recv_ns,
                  marks *out)
{
    int rc = WICK_OK;

    if (recv_ns > h->last_ns)
        h->last_ns = recv_ns;
    for (uint32_t i = from; i < to && rc == WICK_OK; i++)
        rc = take(h, &ticks[i], i, recv_ns, out);
    return rc;
}

static int alive(hearing *h, uint32_t at, marks *out)
{
    int64_t ns = careful(h), to_ns;
    wick_mark *mark;

    if (!h->open || ns == LAG_NONE ||
        (h->alive_recv_ns && h->last_ns - h->alive_recv_ns < HEARING_SECOND_NS))
        return WICK_OK;
    if (h->burst_ns != LAG_NONE && h->burst_ns > ns)
        ns = h->burst_ns;
    if ((to_ns = h->last_ns - ns) <= h->alive_to_ns)
        return WICK_OK;
    if (!(mark = marks_add(out, WICK_MARK_ALIVE, WICK_NO_MARKET, h->conn, at)))
        return WICK_E_NOMEM;
    mark->source = h->source;
    mark->to_ns = h->alive_to_ns = to_ns;
    h->alive_recv_ns = h->last_ns;
    return WICK_OK;
}

int hearing_frames(hearing *h, int64_t last_ns, int more, uint32_t at, marks *out)
{
    int rc = WICK_OK;

    if (last_ns > h->last_ns)
        h->last_ns = last_ns;
    if (h->waiting && (h->due || h->last_ns - h->check_ns >= HEARING_SECOND_NS)) {
        h->check_ns = h->last_ns;
        h->due = 0;
        rc = try_all(h, at, out);
    }
    if (rc == WICK_OK && !more)
        rc = alive(h, at, out);
    h->burst_ns = LAG_NONE;
    return rc;
}

/* What still waits: its own trades tell the lag; without any there is nothing to be covered. */
static int open_rest(hearing *h, uint32_t at, marks *out)
{
    for (uint32_t i = 0; i < h->slot_count; i++) {
        heard *m = &h->slots[i];
        int64_t since = m->slot && m->state == HEARD_TRADES && m->count && h->since
                      ? h->since(h->user, m->slot - 1, 0) : 0;

        if (since)
            confirm(h, m, since);
        if (m->slot && m->state == HEARD_CONFIRMED && try_open(h, m, at, out) < 0)
            return WICK_E_NOMEM;
    }
    return WICK_OK;
}

int hearing_close(hearing *h, uint32_t at, marks *out)
{
    wick_mark *mark;

    if (open_rest(h, at, out) < 0)
        return WICK_E_NOMEM;
    if (!h->open || careful(h) == LAG_NONE)
        return WICK_OK;
    if (!(mark = marks_add(out, WICK_MARK_CLOSE, WICK_NO_MARKET, h->conn, at)))
        return WICK_E_NOMEM;
    mark->source = h->source;
    mark->to_ns = h->last_ns - careful(h);
    h->open = 0;
    return WICK_OK;
}
